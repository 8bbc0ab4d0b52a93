"""The store: what was read from every file, append-only, a folder a file; the folders are the ledger.

A file is read into a folder under ``incoming/`` and becomes part of the store by one rename, so that a crash leaves
either all of a file or none of it. A file is known by its content and by the mapping it was read with: the same
content is not read twice, and a changed mapping or code list reads it again under its old place in the order.

A reading whose files are no longer what was written is moved to ``damaged/``, where it stands for what the store has
lost until its file is read again.
"""

import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from pipelines.errors import B12Error
from pipelines.ingest.seal import ENTRY, SEAL, damage, damage_unsealed, entry_record, flush, seal

PARTS = (
    "person", "measurement", "drug_exposure", "condition_occurrence", "procedure_occurrence", "withdrawal",
    "quarantine", "unmapped",
)  # fmt: skip
"""The Parquet files an entry may hold: rows per core table, withdrawals, and what was not taken with its reason."""


@dataclass(frozen=True)
class Entry:
    """One reading of one file."""

    number: int
    order: int
    source: str
    table: str
    file: str
    sha256: str
    mapping: str
    first_read_at: datetime
    read_at: datetime
    rows_read: int
    rows_kept: int
    rows_off_pathway: int
    rows_quarantined: int
    unknown_columns: tuple[str, ...] = ()
    matched_entries: tuple[str, ...] = ()
    parts: dict[str, int] = field(default_factory=dict)

    @property
    def conserved(self) -> bool:
        """Is every physical record of the file kept, off the pathway or quarantined, and none twice?"""
        return self.rows_read == self.rows_kept + self.rows_off_pathway + self.rows_quarantined


@dataclass(frozen=True)
class Lost:
    """A reading that was damaged and set aside, and whose file has not been read again."""

    folder: Path
    entry: Entry | None
    """Null where neither its entry nor the copy of it could be read."""
    order: int
    first_read_at: datetime | None
    """Where ``entry`` is null, when the readings around it were made: right for every file but the first of a night."""

    def is_of(self, source: str, table: str, sha256: str) -> bool:
        """Was it this file that was read? Where the entry is lost, the name of the folder tells, of its bytes alone."""
        if self.entry is None:
            return sha256.startswith(self.folder.name.split("-")[1])
        return (self.entry.source, self.entry.table, self.entry.sha256) == (source, table, sha256)

    @property
    def name(self) -> str:
        """The file, as it can be asked for."""
        if self.entry is None:
            return f"the file whose SHA-256 begins with {self.folder.name.split('-')[1]}"
        entry = self.entry
        return f"{entry.file} ({entry.source}/{entry.table}, first read on {entry.first_read_at:%Y-%m-%d})"


class Store:
    """The readings of all files, in a folder that outlives the runs."""

    def __init__(self, folder: Path, until: datetime | None = None) -> None:
        self._folder, self._until = folder, until
        self._files = folder / "files"
        self._incoming = folder / "incoming"
        self._damaged = folder / "damaged"
        self._files.mkdir(parents=True, exist_ok=True)

    def as_read_by(self, moment: datetime) -> "Store":
        """The same store without the files that were first read later."""
        return Store(self._folder, until=moment)

    def clean(self) -> None:
        """Forget readings that a crash left unfinished."""
        shutil.rmtree(self._incoming, ignore_errors=True)

    def begin(self) -> Path:
        """A new folder to read a file into."""
        folder = self._incoming / uuid4().hex
        folder.mkdir(parents=True)
        return folder

    def commit(self, folder: Path, entry: Entry) -> None:
        """Make a finished reading part of the store, durably and at once."""
        record = {**asdict(entry), "first_read_at": str(entry.first_read_at), "read_at": str(entry.read_at)}
        (folder / ENTRY).write_text(json.dumps(record, indent=1), encoding="utf-8")
        seal(folder)
        for path in folder.iterdir():
            flush(path)
        flush(folder)
        folder.rename(self._files / _name(entry))
        flush(self._files)

    def entries(self) -> list[Entry]:
        """Every reading that counts: of one content, table and source only the latest, in order of number.

        Raises:
            B12Error: The entry of a reading in the store is damaged.
        """
        latest: dict[tuple[str, str, str], Entry] = {}
        for entry in self._all():
            if self._until is None or entry.first_read_at <= self._until:
                latest[entry.source, entry.table, entry.sha256] = entry
        return sorted(latest.values(), key=lambda entry: entry.number)

    def next_number(self) -> int:
        """The number of the next reading; never one that was given before."""
        return 1 + max((_number(folder) for folder in (*self._files.iterdir(), *self._set_aside())), default=0)

    def paths(self, entries: Iterable[Entry], part: str) -> list[str]:
        """The Parquet files of one part of the given readings."""
        return [str(self._files / _name(entry) / f"{part}.parquet") for entry in entries if entry.parts.get(part)]

    def set_damaged_aside(self) -> dict[Path, str]:
        """Move every damaged reading out of the store; returns the new folder of each and what is wrong with it.

        A reading from before there were seals is sealed here when it has all its rows.
        """
        found = {}
        for folder in sorted(self._files.iterdir()):
            if (wrong := self._damage(folder)) is not None:
                self._damaged.mkdir(exist_ok=True)
                found[folder.rename(self._damaged / folder.name)] = wrong
            elif not (folder / SEAL).exists():
                seal(folder)
        if found:
            flush(self._damaged)
            flush(self._files)
        return found

    def require_intact(self) -> None:
        """Pass where every reading is as it was written; for whoever reads the store and may not change it.

        Raises:
            B12Error: A reading is damaged.
        """
        for folder in sorted(self._files.iterdir()):
            if (wrong := self._damage(folder)) is not None:
                raise _damaged_at(folder, wrong)

    def read_after(self, moment: datetime) -> dict[Path, datetime]:
        """The folders of readings that were made later than a moment, and when."""
        return {self._files / _name(entry): entry.read_at for entry in self._all() if entry.read_at > moment}

    def lost(self) -> list[Lost]:
        """What was set aside and not read again since, in order of number."""
        held = self._all()
        found = []
        for folder in self._set_aside():
            entry = _entry(entry_record(folder))
            if entry is None:
                found.append(self._guessed(folder, held))
            else:
                found.append(Lost(folder, entry, entry.order, entry.first_read_at))
        return [
            each for each in found if not any(each.is_of(entry.source, entry.table, entry.sha256) for entry in held)
        ]

    @staticmethod
    def _damage(folder: Path) -> str | None:
        if (folder / SEAL).exists():
            return damage(folder)
        entry = _entry(entry_record(folder))
        if entry is None or folder.name != _name(entry):
            return f"{ENTRY} is not what was written"
        return damage_unsealed(folder, entry.parts)

    @staticmethod
    def _guessed(folder: Path, held: list[Entry]) -> Lost:
        """A reading of which only the folder's name is left, placed by the readings before and after it."""
        number = _number(folder)
        before = [entry.read_at for entry in held if entry.number < number]
        after = [entry.read_at for entry in held if entry.number > number]
        return Lost(folder, None, number, next(iter([*reversed(before), *after]), None))

    def _set_aside(self) -> list[Path]:
        return sorted(self._damaged.iterdir()) if self._damaged.exists() else []

    def _all(self) -> list[Entry]:
        found = []
        for folder in sorted(self._files.iterdir()):
            try:
                record = json.loads((folder / ENTRY).read_bytes())
            except (FileNotFoundError, ValueError):
                record = None
            if (entry := _entry(record)) is None:
                raise _damaged_at(folder, f"{ENTRY} cannot be read")
            found.append(entry)
        return found


def _damaged_at(folder: Path, wrong: str) -> B12Error:
    return B12Error(
        f"The store is damaged at {folder}: {wrong}. Run `b12 run` with the file it was read from among the extracts: "
        "the reading is set aside, and the file read again in its place."
    )


def _name(entry: Entry) -> str:
    return f"{entry.number:07d}-{entry.sha256[:12]}"


def _number(folder: Path) -> int:
    return int(folder.name.split("-")[0])


def _entry(record: dict[str, Any] | None) -> Entry | None:
    """The entry that a record tells of; null where it tells of none."""
    try:
        told = dict(record or {})
        for clock in ("first_read_at", "read_at"):
            told[clock] = datetime.fromisoformat(told[clock])
        for names in ("unknown_columns", "matched_entries"):
            told[names] = tuple(told[names])
        return Entry(**told)
    except (ValueError, TypeError, KeyError):
        return None
