"""The seal of a reading: the size and digest of each of its files, and its entry once more.

A disk may return other bytes than were written, years later and without an error, and a Parquet file with one of them
changed may still be read, as another value. So every run holds every reading that it builds on against its seal before
anything is built. That costs 0.6 s of one processor for a GB, and the store of a million people is 0.15 GB; holding
only what changed by size or date against it would miss just the damage that nothing else shows.
"""

import errno
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SEAL = "seal.json"
ENTRY = "entry.json"
_UNREADABLE = frozenset({errno.EIO, errno.EISDIR, errno.ENOTDIR})
"""What a device answers where the file is no longer what it was; no right to read it, for one, is no damage."""


def seal(folder: Path) -> None:
    """Write the seal of a finished reading, durably and at once: half a seal would condemn a whole reading."""
    written = folder / (SEAL + ".part")
    files = {path.name: _stamp(path) for path in sorted(folder.iterdir()) if path not in (folder / SEAL, written)}
    text = json.dumps({"files": files, "entry": json.loads((folder / ENTRY).read_bytes())}, indent=1)
    written.write_text(text, encoding="utf-8")
    flush(written)
    written.rename(folder / SEAL)
    flush(folder)


def damage(folder: Path) -> str | None:
    """What is wrong with a sealed reading, naming the file; null where every file is as it was sealed.

    Raises:
        OSError: A file could not be looked at, for want of rights for example.
    """
    sealed = _record(folder / SEAL)
    if sealed is None:
        return f"{SEAL} is not what was written"
    for name, stamp in sealed["files"].items():
        try:
            # Comparing the size first spares reading a file that was cut.
            if (folder / name).stat().st_size != stamp[0] or _stamp(folder / name) != stamp:
                return f"{name} is not what was written"
        except FileNotFoundError:
            return f"{name} is missing"
        except OSError as error:
            if error.errno not in _UNREADABLE:
                raise
            return f"{name} cannot be read from the device"
    return None


def entry_record(folder: Path) -> dict[str, Any] | None:
    """What ``entry.json`` of a reading said, or its copy in the seal if that is damaged; null where both are lost."""
    sealed = _record(folder / SEAL)
    if sealed is None:
        return _record(folder / ENTRY)
    try:
        intact = _stamp(folder / ENTRY) == sealed["files"].get(ENTRY)
    except OSError:
        intact = False
    return _record(folder / ENTRY) if intact else sealed["entry"]


def damage_unsealed(folder: Path, parts: Mapping[str, int]) -> str | None:
    """What can be seen to be wrong with a reading from before there were seals: a part without its rows; or null."""
    for part, rows in parts.items():
        name = f"{part}.parquet"
        try:
            if pq.read_metadata(folder / name).num_rows != rows:
                return f"{name} is not what was written"
        except FileNotFoundError:
            return f"{name} is missing"
        except pa.ArrowException:
            return f"{name} is not what was written"
    return None


def _record(path: Path) -> dict[str, Any] | None:
    """A JSON object; null where there is none or it cannot be made out."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno not in _UNREADABLE:
            raise
        return None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _stamp(path: Path) -> list[int | str]:
    """Size and SHA-256 of a file, as they stand in a seal."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return [os.fstat(file.fileno()).st_size, digest]


def flush(path: Path) -> None:
    """Have the device hold what was written to a file or folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
