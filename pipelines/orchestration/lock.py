"""One run at a time: a lock in the home folder that names its holder and that a crash releases."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pipelines.errors import B12Error


@contextmanager
def run_lock(home: Path, now: datetime, *, name: str = "run.lock") -> Iterator[None]:
    """Hold a lock of a home folder: that of the night runs, or of another name.

    Raises:
        B12Error: Another process holds it; the message says which, and since when. Or the file system has no locks.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = home / name
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = path.read_text(encoding="utf-8").strip() or "an unnamed process"
            raise B12Error(
                f"Another run holds {path}: {holder}. Wait for it to end, or stop that process; nothing was done."
            ) from None
        except OSError as error:
            raise B12Error(
                f"{path} cannot be locked ({error.strerror}), so that two runs could write at once; nothing was done. "
                "Keep the home on a file system with locks: of NFS, one whose lock service runs."
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"process {os.getpid()} since {now:%Y-%m-%d %H:%M:%S}\n".encode())
        yield
    finally:
        os.close(handle)
