"""The measures of past dates on disk: a file a date, written whole or not at all, and never changed in place."""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.contract import core_schema
from pipelines.ingest.store import flush

MARKS = {"known_at": pl.Date, "definition": pl.String, "contents": pl.String}
"""What a file says of itself, on every row: by these it is seen whether its date has to be computed again."""


@dataclass(frozen=True)
class Mark:
    """What the measures of a date were computed from.

    ``definition`` is a digest of every rule, number and code list; ``contents`` one of what the store could say of
    the date. A run that was made on its date has no ``contents``: what was delivered later is not in it.
    """

    known_at: date
    definition: str
    contents: str | None


class MeasureFiles:
    """The folder ``<home>/measures``: ``<as_of>.parquet`` holds the rows of ``measure`` of that date."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, rows: pl.DataFrame, as_of: date, mark: Mark) -> None:
        """Put the rows of a date in place of those that were there, in one step that survives a crash."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(as_of)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        marks = [pl.lit(getattr(mark, name), kind).alias(name) for name, kind in MARKS.items()]
        rows.with_columns(*marks).sort("kind", "measure", "site", "age_band", "sex").write_parquet(beside)
        flush(beside)
        beside.replace(path)
        flush(self.folder)

    def mark(self, as_of: date) -> Mark | None:
        """What the file of a date was computed from; null when there is none, or none that can be read."""
        try:
            marks = pl.read_parquet(self._path(as_of), columns=list(MARKS)).unique().rows(named=True)
        except (OSError, pl.exceptions.PolarsError):
            return None
        return Mark(**marks[0]) if len(marks) == 1 else None

    def rows(self) -> pl.DataFrame:
        """The rows of all dates; a file that cannot be read is left out, and computed again by the next backfill."""
        found = [pl.DataFrame(schema=core_schema("measure"))]
        for path in sorted(self.folder.glob("????-??-??.parquet")):
            try:
                found.append(self.rows_of(date.fromisoformat(path.stem)))
            except (OSError, pl.exceptions.PolarsError):
                continue
        return pl.concat(found)

    def rows_of(self, as_of: date) -> pl.DataFrame:
        """The rows of one date."""
        schema = core_schema("measure")
        return pl.read_parquet(self._path(as_of)).select(pl.col(name).cast(kind) for name, kind in schema.items())

    def _path(self, as_of: date) -> Path:
        return self.folder / f"{as_of}.parquet"


def published_rows(files: MeasureFiles, own: pl.DataFrame, precision: pl.DataFrame) -> pl.DataFrame:
    """The whole table ``measure`` of a publication: its own date, every other date on disk, and the precision."""
    others = files.rows().join(own.select("as_of").unique(), on="as_of", how="anti")
    return pl.concat([others, own, precision])
