"""The store: what was read from every file, append-only, a folder a file; the folders are the ledger.

A file is read into a folder under ``incoming/`` and becomes part of the store by one rename, so that a crash leaves
either all of a file or none of it. A file is known by its content and by the mapping it was read with: the same
content is not read twice, and a changed mapping or code list reads it again under its old place in the order.
"""

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from pipelines.errors import B12Error

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


class Store:
    """The readings of all files, in a folder that outlives the runs."""

    def __init__(self, folder: Path, until: datetime | None = None) -> None:
        self._folder, self._until = folder, until
        self._files = folder / "files"
        self._incoming = folder / "incoming"
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
        (folder / "entry.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
        for path in folder.iterdir():
            flush(path)
        flush(folder)
        folder.rename(self._files / f"{entry.number:07d}-{entry.sha256[:12]}")
        flush(self._files)

    def entries(self) -> list[Entry]:
        """Every reading that counts: of one content, table and source only the latest, in order of number.

        Raises:
            B12Error: A reading in the store is damaged.
        """
        latest: dict[tuple[str, str, str], Entry] = {}
        for entry in self._all():
            if self._until is None or entry.first_read_at <= self._until:
                latest[entry.source, entry.table, entry.sha256] = entry
        return sorted(latest.values(), key=lambda entry: entry.number)

    def next_number(self) -> int:
        """The number of the next reading."""
        return 1 + max((int(path.name.split("-")[0]) for path in self._files.iterdir()), default=0)

    def paths(self, entries: Iterable[Entry], part: str) -> list[str]:
        """The Parquet files of one part of the given readings."""
        return [
            str(self._files / f"{entry.number:07d}-{entry.sha256[:12]}" / f"{part}.parquet")
            for entry in entries
            if entry.parts.get(part)
        ]

    def _all(self) -> list[Entry]:
        found = []
        for folder in sorted(self._files.iterdir()):
            try:
                record = json.loads((folder / "entry.json").read_text(encoding="utf-8"))
                for clock in ("first_read_at", "read_at"):
                    record[clock] = datetime.fromisoformat(record[clock])
                for names in ("unknown_columns", "matched_entries"):
                    record[names] = tuple(record[names])
                found.append(Entry(**record))
            except (OSError, ValueError, TypeError, KeyError) as error:
                raise B12Error(
                    f"The store is damaged at {folder}: its entry.json cannot be read ({type(error).__name__}). "
                    "Remove that folder and put the file it was read from back among the extracts; "
                    "the next run reads it again."
                ) from None
        return found


def flush(path: Path) -> None:
    """Have the device hold what was written to a file or folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
