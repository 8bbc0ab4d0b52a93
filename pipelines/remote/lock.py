"""One writer at a time in a home that several machines reach: an object that is created only where none is.

An object does not go when its writer dies, as the lock of a local home does. Two things end it: a run of the same
machine, which knows by its own lock that nobody else there writes; and ``b12 unlock``, for a machine that is gone.
"""

import json
import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from pipelines.errors import B12Error
from pipelines.remote.place import Place

LOG = logging.getLogger("b12.run")
LOCK = "run.lock"
IDENTITY = "identity"


@contextmanager
def remote_lock(place: Place, folder: Path, now: datetime) -> Iterator[Callable[[], None]]:
    """Hold the lock of a remote home; gives a check that raises once the lock is somebody else's.

    ``folder`` is the folder on this machine that is kept like the home, whose own lock the caller holds.

    Raises:
        B12Error: Another machine holds it; the message says which, and since when.
    """
    machine = _identity(folder)
    token = uuid4().hex
    claim = {
        "token": token,
        "folder": machine,
        "host": socket.gethostname(),
        "process": os.getpid(),
        "since": f"{now:%Y-%m-%d %H:%M:%S}",
    }
    content = json.dumps(claim, indent=1).encode()
    while not place.create(LOCK, content):
        holder = lock_holder(place)
        if holder is None:  # given back meanwhile: whoever creates it next has it
            continue
        if holder.get("folder") != machine:
            raise B12Error(
                f"Another run holds {place.url}/{LOCK}: {_named(holder)}. Wait for it to end; nothing was done. "
                f"When that process is gone for good, `b12 --home {place.url} unlock` breaks its lock."
            )
        place.remove(LOCK)  # left by a run from this folder, and this folder's own lock says that it is dead
    if place.create(LOCK, content):
        place.remove(LOCK)
        raise B12Error(
            f"{place.url} creates {LOCK} although it is there, so that two runs could write at once. Keep the home on "
            "storage that heeds If-None-Match and If-Match, as S3 does; nothing was done."
        )

    def still_held() -> None:
        holder = lock_holder(place)
        if holder is None or holder.get("token") != token:
            taken = f"is held by {_named(holder)}" if holder else "was broken"
            raise B12Error(f"{place.url}/{LOCK} {taken}, so this run writes no more. See that one machine runs.")

    try:
        yield still_held
    finally:
        _give_back(place, token)


def _give_back(place: Place, token: str) -> None:
    try:
        holder = lock_holder(place)
        if holder is not None and holder.get("token") == token:
            place.remove(LOCK)
    except B12Error as error:  # how the run ended is told; the next run from this folder takes the lock over
        LOG.error("The lock of %s could not be given back: %s", place.url, error)


def lock_holder(place: Place) -> dict[str, object] | None:
    """What the lock says of its holder; null when nobody holds it."""
    found = place.read(LOCK)
    if found is None:
        return None
    try:
        return dict(json.loads(found[0]))
    except (ValueError, TypeError):
        return {}


def break_lock(place: Place) -> str | None:
    """Remove the lock whoever holds it; returns whose it was, null when nobody held it."""
    holder = lock_holder(place)
    if holder is None:
        return None
    place.remove(LOCK)
    return _named(holder)


def _named(holder: dict[str, object]) -> str:
    if not holder:
        return "an unnamed process"
    return f"process {holder.get('process')} on {holder.get('host')} since {holder.get('since')}"


def _identity(folder: Path) -> str:
    """What this folder is called among all that ever wrote to a home."""
    path = folder / IDENTITY
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(uuid4().hex, encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()
