"""What became of the rows of a workbook: in counts and places for the terminal, in full for the record."""

import json
import re
from collections import Counter
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl

from pipelines.ingest.store import flush
from pipelines.sheets.files import spreadsheet_safe

Outcome = Literal["taken", "repeated", "conflict", "resolved", "unknown", "invalid"]
OUTCOMES: dict[Outcome, str] = {
    "taken": "taken",
    "repeated": "there already",
    "conflict": "conflict: decided by somebody else meanwhile",
    "resolved": "resolved meanwhile",
    "unknown": "of an item that is not known here",
    "invalid": "not understood",
}
PRIVATE = ("worklist", "person_id", "item_key", "decision", "reason", "snooze_until", "note")
"""Fields of a row that are kept in the record and shown nowhere else: anything may have been typed into a cell."""

LINES_SHOWN = 60


@dataclass(frozen=True)
class RowFate:
    """What became of a row with an entry.

    Attributes:
        sheet: its sheet.
        row: its number in the sheet, as the spreadsheet shows it.
        outcome: taken or not, and why not.
        told: the outcome in words, without a patient.
        decision_id: the entry of the log that was added, was there already, or stands in the way; else null.
        worklist: of the item; null when it is not known.
        person_id: of the item; null when it is not known.
        item_key: as the row gives it.
        decision: as entered; null when it has none.
        reason: as entered.
        snooze_until: as entered.
        note: as entered.
    """

    sheet: str
    row: int
    outcome: Outcome
    told: str
    decision_id: int | None
    worklist: str | None
    person_id: str | None
    item_key: str | None
    decision: str | None
    reason: str | None
    snooze_until: str | None
    note: str | None


@dataclass(frozen=True)
class ImportReport:
    """What became of a workbook.

    Attributes:
        file: the workbook.
        rows: the fate of each row with an entry, in the order of the sheets.
        notes: what should be known of the file as a whole.
        user: who decided.
        imported_at: local time.
        dry_run: nothing was written; ``rows`` say what would have happened.
        record: the file with the fates in full; null for a dry run.
    """

    file: Path
    rows: tuple[RowFate, ...]
    notes: tuple[str, ...]
    user: str
    imported_at: datetime
    dry_run: bool = False
    record: Path | None = None

    @property
    def open_ends(self) -> list[RowFate]:
        """The rows that somebody has to look at again: neither taken nor there already."""
        return [row for row in self.rows if row.outcome not in ("taken", "repeated")]

    @property
    def nothing_taken(self) -> str | None:
        """That no row with an entry could be taken, in a sentence; null when one was, or there is none."""
        if not self.rows or len(self.open_ends) < len(self.rows):
            return None
        would = "would be" if self.dry_run else "was"
        return (
            f"Nothing {would} taken from {self.file}: {self._counted()}. "
            "Look at these items in a fresh list, and decide again where it is still needed."
        )

    def _counted(self) -> str:
        rows = f"{len(self.rows)} row{'' if len(self.rows) == 1 else 's'} with an entry"
        counts = [f"{count} {OUTCOMES[outcome]}" for outcome, count in self.counts.items() if count]
        return f"{rows}{': ' if counts else ''}{', '.join(counts)}"

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many rows had each outcome, zeros included."""
        counted = Counter(row.outcome for row in self.rows)
        return {outcome: counted[outcome] for outcome in OUTCOMES}

    def as_text(self) -> str:
        """For people: counts, and the place of every row that was not taken; no patient is named."""
        would = "Dry run, nothing was written. " if self.dry_run else ""
        lines = [f"{self.file.name}: {would}{self._counted()}."]
        lines += [f"  {note}" for note in self.notes]
        lines += [f"  {row.sheet}, row {row.row}: {row.outcome}. {row.told}" for row in self.open_ends[:LINES_SHOWN]]
        if len(self.open_ends) > LINES_SHOWN:
            lines.append(f"  and {len(self.open_ends) - LINES_SHOWN} more.")
        if self.record:
            lines.append(f"  Every row, with its patient: {self.record}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """For programs; like the text it names no patient."""
        shown = [field.name for field in fields(RowFate) if field.name not in PRIVATE]
        return {
            "file": str(self.file),
            "user": self.user,
            "imported_at": self.imported_at.isoformat(sep=" ", timespec="seconds"),
            "dry_run": self.dry_run,
            "counts": self.counts,
            "notes": list(self.notes),
            "rows": [{name: getattr(row, name) for name in shown} for row in self.rows],
            "record": str(self.record) if self.record else None,
        }

    def as_json(self) -> str:
        """``as_dict`` as text."""
        return json.dumps(self.as_dict(), indent=1)

    def recorded(self, folder: Path) -> "ImportReport":
        """Keep the fates in full as ``<folder>/<time>-<file>.csv``, safe to open in a spreadsheet."""
        folder.mkdir(parents=True, exist_ok=True)
        stem = re.sub(r"[^\w.-]+", "_", self.file.stem).strip("._")[:80] or "workbook"
        path = _free(folder, f"{self.imported_at:%Y%m%dT%H%M%S}-{stem}")
        numbers = ("row", "decision_id")
        schema = {field.name: pl.Int64 if field.name in numbers else pl.String for field in fields(RowFate)}
        rows = pl.DataFrame([asdict(row) for row in self.rows], schema=schema)
        spreadsheet_safe(rows.with_columns(imported_by=pl.lit(self.user))).write_csv(path, include_bom=True)
        flush(path)
        return replace(self, record=path)


def _free(folder: Path, stem: str) -> Path:
    """A name that no other import took, claimed by making the file."""
    number = 1
    while True:
        path = folder / (f"{stem}.csv" if number == 1 else f"{stem}-{number}.csv")
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            return path
