"""The audit log: who saw, exported or changed what of which patients, a line of JSON each, only ever appended to.

It names patients, so that "who has looked at this patient?" can be answered; it is kept as closely as they are.
"""

import json
import os
from collections.abc import Iterable
from datetime import datetime
from errno import ENOSPC
from pathlib import Path
from threading import Lock
from typing import Any

from pipelines.review.turned import Turned

SHOWN = 200


class AuditLog:
    """One file a month in ``<home>/audit``, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()

    def record(self, at: datetime, who: str, did: str, persons: Iterable[str] = (), **what: Any) -> None:
        """Append one line, and return when it lies on the disk.

        Raises:
            Turned: It cannot be written; then nothing may be shown.
        """
        entry = {
            "at": at.isoformat(timespec="seconds"),
            "who": who,
            "did": did,
            **what,
            "persons": sorted(set(persons)),
        }
        line = json.dumps(entry, default=str, ensure_ascii=False) + "\n"
        try:
            with self._lock:
                self._append(self._folder / f"{at:%Y-%m}.jsonl", line.encode())
        except OSError:
            raise Turned(
                503,
                "The audit log cannot be written",
                "Patient data are shown and decided on only when that can be recorded, and just now it cannot.",
                "Tell whoever runs the service: the folder `audit` in the home folder is full or read-only.",
            ) from None

    def latest(self) -> list[dict[str, Any]]:
        """The newest entries, newest first; a line that a crash cut short is passed over."""
        found: list[dict[str, Any]] = []
        for path in sorted(self._folder.glob("*.jsonl"), reverse=True):
            lines = path.read_text(encoding="utf-8", errors="replace").split("\n")  # names may hold other line ends
            found += [entry for line in reversed(lines[-SHOWN - 1 :]) if (entry := _entry(line)) is not None]
            if len(found) >= SHOWN:
                break
        return found[:SHOWN]

    def _append(self, path: Path, line: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if (size := os.fstat(handle).st_size) and os.pread(handle, 1, size - 1) != b"\n":
                line = b"\n" + line  # what was cut short keeps to itself
            if os.write(handle, line) < len(line):
                raise OSError(ENOSPC, "written in part")
            os.fsync(handle)
        finally:
            os.close(handle)


def _entry(line: str) -> dict[str, Any] | None:
    try:
        return json.loads(line)
    except ValueError:
        return None
