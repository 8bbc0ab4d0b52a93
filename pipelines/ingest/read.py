"""Read one delivered file into the store: filter to the pathway in the scan, transform, account for each record."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.codes import CodeBook, Matches
from pipelines.config import CODE_COLUMNS, Settings
from pipelines.errors import UnreadableFile
from pipelines.ingest.delivered import TRIPLE, DeliveredRows
from pipelines.ingest.outcome import Outcome, ReadSettings
from pipelines.ingest.physical import Stamp, stamp
from pipelines.ingest.records import Records
from pipelines.ingest.status import corrects_or_withdraws
from pipelines.ingest.store import Entry
from pipelines.ingest.transforms import TRANSFORMS, reference_digest
from pipelines.sources.native import Delivered

READING = 2
"""Raised when the same file and mapping would be read differently than before; every file is then read again."""


@dataclass(frozen=True)
class Place:
    """Where a reading stands in the store: its number, its place in the order of files, and its clocks."""

    number: int
    order: int
    first_read_at: datetime
    read_at: datetime


def reading_key(file: Delivered, codebook: CodeBook, settings: Settings) -> str:
    """A digest of everything besides its bytes that decides how a file is read."""
    mapping = file.mapping.model_dump(mode="json", exclude={"files"})
    source = file.source
    parts = [
        READING, mapping, source.closes_rows, source.shifts_dates, source.doses_per_quantity, settings.timezone,
        codebook.digest(file.table) if file.table in CODE_COLUMNS else None, reference_digest(),
    ]  # fmt: skip
    if file.context:
        parts.append(file.context)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def read_file(
    file: Delivered,
    place: Place,
    *,
    key: str,
    sha256: str,
    since: Stamp,
    matches: Matches,
    settings: Settings,
    folder: Path,
    work: Path,
    con: duckdb.DuckDBPyConnection,
) -> Entry:
    """Read a file into ``folder`` and return the entry that accounts for it; the caller commits both to the store.

    ``key`` is the ``reading_key`` of the file, ``sha256`` its fingerprint, ``since`` its stamp before that was taken.

    Raises:
        UnreadableFile: The file is damaged as a whole or changed while it was read; nothing of it is to be kept.
    """
    records = file.records(work, con, sha256)
    reading = _Reading(file, place, records, matches, settings, folder)
    if records.columns:
        reading.run(work, con)
    if stamp(file.path) != since:
        raise UnreadableFile(
            f"{file.name} changed while it was read; nothing of it was taken. "
            "Deliver under another name and rename when complete; the next run reads it."
        )
    return reading.entry(key)


class _Reading:
    """One file on its way into the store: the parts written so far and the counts that must add up."""

    def __init__(
        self,
        file: Delivered,
        place: Place,
        records: Records,
        matches: Matches,
        settings: Settings,
        folder: Path,
    ) -> None:
        self.file, self.place, self.records = file, place, records
        self.matches, self.settings, self.folder = matches, settings, folder
        self.writers: dict[str, pq.ParquetWriter] = {}
        self.parts: dict[str, int] = {}
        self.kept = self.off_pathway = self.quarantined = 0
        self.matched_entries: tuple[str, ...] = ()

    def run(self, work: Path, con: duckdb.DuckDBPyConnection) -> None:
        """Map the codes, transform what is on the pathway, and write every part."""
        try:
            presented = self.file.present(self.records, self.matches, work, con)
            quarantined = list(self._transformed(DeliveredRows(self.file, presented, con)))
        except (duckdb.IOException, duckdb.OutOfMemoryException):
            stamp(self.file.path)  # a file that is gone is refused
            raise  # the machine's trouble, not the file's
        except duckdb.Error as error:  # its message quotes the record
            raise UnreadableFile(
                f"{self.file.name} cannot be read through ({type(error).__name__}); nothing of it was taken. "
                "Deliver it again, complete; if it comes out the same, deliver it as Parquet."
            ) from None
        malformed = self.records.malformed.select(
            pl.col("source_row").cast(pl.Int64), pl.lit("malformed_record").alias("reason"), "detail", "raw"
        )
        refused = pl.concat([malformed, *quarantined]).sort("source_row")
        self.quarantined = refused.height
        self._write("quarantine", refused)
        for writer in self.writers.values():
            writer.close()

    def entry(self, key: str) -> Entry:
        """The account of the reading."""
        return Entry(
            number=self.place.number,
            order=self.place.order,
            source=self.file.source.name,
            table=self.file.table,
            file=self.file.name,
            sha256=self.records.sha256,
            mapping=key,
            first_read_at=self.place.first_read_at,
            read_at=self.place.read_at,
            rows_read=self.records.count,
            rows_kept=self.kept,
            rows_off_pathway=self.off_pathway,
            rows_quarantined=self.quarantined,
            unknown_columns=tuple(self.file.ignored_columns(self.records.columns)),
            matched_entries=self.matched_entries,
            parts=self.parts,
        )

    def _transformed(self, delivered: DeliveredRows) -> Iterator[pl.DataFrame]:
        """Transform batch by batch, write the kept rows, and yield what was quarantined."""
        table = self.file.table
        transform: Callable[..., Outcome] = TRANSFORMS[table]
        source, mapping = self.file.source, self.file.mapping
        settings = ReadSettings(
            source=source.name,
            first_read_on=self.place.first_read_at.date(),
            timezone=self.settings.timezone,
            date_formats=mapping.date_formats,
            decimal=mapping.decimal,
            shifts_dates=source.shifts_dates,
            closes_rows=source.closes_rows,
            doses_per_quantity=source.doses_per_quantity,
            units=mapping.units,
        )
        mapped, telling = [], None
        if table != "patients":
            concepts, telling = self._match_codes(delivered.told())
            mapped = [concepts]
        for rows in delivered.batches(telling):
            outcome = transform(rows, *mapped, settings)
            self._keep(outcome)
            refused = rows.join(outcome.quarantined, on="source_row", how="semi")
            raw = delivered.as_json(refused)
            yield outcome.quarantined.join(raw, on="source_row", how="left").select(
                "source_row", "reason", "detail", "raw"
            )

    def _match_codes(self, told: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Match every distinct code, and count and write those off the pathway.

        Returns the matches, and what of ``told`` matters: what is on the pathway, has neither code nor name, or
        corrects or withdraws.
        """
        triples = told.group_by(TRIPLE).agg(
            pl.col("row_count").sum(), pl.col("first_date").min(), pl.col("last_date").max()
        )
        concepts = self.matches.of(self.file.table, triples.select(TRIPLE))
        named = pl.col("code").is_not_null() | pl.col("name").is_not_null()
        off = (
            concepts.filter(pl.col("concept").is_null() & named)
            .join(triples, on=TRIPLE, nulls_equal=True)
            .select(*TRIPLE, "first_date", "last_date", "row_count", "looks_like")
        )
        self.off_pathway = int(off["row_count"].sum())
        self._write("unmapped", off)
        self.matched_entries = tuple(sorted(concepts["matched_entry"].drop_nulls().unique()))
        statuses = told["status"].unique()
        correcting = [status for status in statuses if corrects_or_withdraws(self.file.table, status)]
        is_off = off.select(*TRIPLE, is_off=pl.lit(True))
        matters = told.join(is_off, on=TRIPLE, how="left", nulls_equal=True).filter(
            pl.col("is_off").is_null() | pl.col("status").is_in(correcting)
        )
        return concepts, matters

    def _keep(self, outcome: Outcome) -> None:
        kept = [frame.select("source_row") for frame in outcome.core.values()]
        kept.append(outcome.withdrawals.filter(pl.col("because") == "status").select("source_row"))
        off_pathway = outcome.off_pathway.select("source_row").unique()
        self.kept += pl.concat(kept).unique().join(off_pathway, on="source_row", how="anti").height
        for part, frame in outcome.core.items():
            self._write(part, frame)
        self._write("withdrawal", outcome.withdrawals)

    def _write(self, part: str, frame: pl.DataFrame) -> None:
        if not frame.height:
            return
        table: pa.Table = frame.with_columns(entry=pl.lit(self.place.number, pl.Int64)).to_arrow()
        if part not in self.writers:
            self.writers[part] = pq.ParquetWriter(self.folder / f"{part}.parquet", table.schema, compression="zstd")
        self.writers[part].write_table(table)
        self.parts[part] = self.parts.get(part, 0) + frame.height
