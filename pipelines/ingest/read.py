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

from pipelines.codes import CodeBook
from pipelines.config import CODE_COLUMNS, EVENT_DATE, EXTRACT_COLUMNS, Settings
from pipelines.duck import identifier, literal
from pipelines.errors import UnreadableFile
from pipelines.ingest.outcome import Outcome, ReadSettings
from pipelines.ingest.records import Records, read_records
from pipelines.ingest.status import corrects_or_withdraws
from pipelines.ingest.store import Entry
from pipelines.ingest.transforms import TRANSFORMS, reference_digest
from pipelines.sources.native import Delivered, select_list, trimmed, unknown_columns

ASIDE = "delivered:"
"""Prefix of the delivered columns that go along with a row only so that a quarantined one can be shown whole."""

READING = 1
"""Raised when the same file and mapping would be read differently than before; every file is then read again."""

ROWS_PER_BATCH = 400_000


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
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def read_file(
    file: Delivered,
    place: Place,
    *,
    codebook: CodeBook,
    settings: Settings,
    folder: Path,
    work: Path,
    con: duckdb.DuckDBPyConnection,
) -> Entry:
    """Read a file into ``folder`` and return the entry that accounts for it; the caller commits both to the store.

    Raises:
        UnreadableFile: The file is damaged as a whole or changed while it was read; nothing of it is to be kept.
    """
    before = file.path.stat()
    records = read_records(file.path, file.format, work=work, con=con)
    reading = _Reading(file, place, records, codebook, settings, folder, con)
    if records.columns:
        reading.run()
    after = file.path.stat()
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino):
        raise UnreadableFile(
            f"{file.name} changed while it was read; nothing of it was taken. "
            "Deliver under another name and rename when complete; the next run reads it."
        )
    return reading.entry()


class _Reading:
    """One file on its way into the store: the parts written so far and the counts that must add up."""

    def __init__(
        self,
        file: Delivered,
        place: Place,
        records: Records,
        codebook: CodeBook,
        settings: Settings,
        folder: Path,
        con: duckdb.DuckDBPyConnection,
    ) -> None:
        self.file, self.place, self.records = file, place, records
        self.codebook, self.settings, self.folder, self.con = codebook, settings, folder, con
        self.writers: dict[str, pq.ParquetWriter] = {}
        self.parts: dict[str, int] = {}
        self.kept = self.off_pathway = self.quarantined = 0
        self.matched_entries: tuple[str, ...] = ()
        self.statuses: list[str] = []

    def run(self) -> None:
        """Map the codes, transform what is on the pathway, and write every part."""
        terms = [select_list(self.file, self.records.columns)]
        terms += [f"{trimmed(name)} AS {identifier(ASIDE + name)}" for name in self._aside()]
        self.con.execute(
            f"CREATE OR REPLACE TEMP VIEW extract AS SELECT source_row, {', '.join(terms)} FROM {self.records.relation}"
        )
        try:
            quarantined = list(self._transformed())
        except (duckdb.IOException, duckdb.OutOfMemoryException):
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

    def _aside(self) -> list[str]:
        """Delivered columns that no native column takes as they are: kept with a row until it is known to be good."""
        columns, constants = self.records.columns, self.file.mapping.constants
        filled = [self.file.mapping.columns.get(native, native) for native in constants]
        return [*unknown_columns(self.file, columns), *(name for name in filled if name in columns)]

    def entry(self) -> Entry:
        """The account of the reading."""
        return Entry(
            number=self.place.number,
            order=self.place.order,
            source=self.file.source.name,
            table=self.file.table,
            file=self.file.name,
            sha256=self.records.sha256,
            mapping=reading_key(self.file, self.codebook, self.settings),
            first_read_at=self.place.first_read_at,
            read_at=self.place.read_at,
            rows_read=self.records.count,
            rows_kept=self.kept,
            rows_off_pathway=self.off_pathway,
            rows_quarantined=self.quarantined,
            unknown_columns=tuple(unknown_columns(self.file, self.records.columns)),
            matched_entries=self.matched_entries,
            parts=self.parts,
        )

    def _transformed(self) -> Iterator[pl.DataFrame]:
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
        concepts = None if table == "patients" else self._match_codes()
        query = "SELECT * FROM extract" if concepts is None else self._pathway_query(concepts)
        for batch in self.con.sql(query).to_arrow_reader(ROWS_PER_BATCH):
            rows = pl.DataFrame(pl.from_arrow(batch))
            if not rows.height:
                continue
            outcome = transform(rows, settings) if concepts is None else transform(rows, concepts, settings)
            self._keep(outcome)
            yield self._with_raw(outcome.quarantined, rows)

    def _match_codes(self) -> pl.DataFrame:
        """Match every distinct code of the file; count and write those off the pathway."""
        code, name = CODE_COLUMNS[self.file.table]
        day = _date_sql(EVENT_DATE[self.file.table], self.file.mapping.date_formats)
        found = self.con.sql(
            f"SELECT code_system, {code} AS code, {name} AS name, status, count(*) AS row_count,"
            f" min({day}) AS first_date, max({day}) AS last_date FROM extract GROUP BY ALL"
        ).pl()
        self.statuses = found["status"].drop_nulls().unique().to_list()
        triples = found.group_by("code_system", "code", "name").agg(
            pl.col("row_count").sum(), pl.col("first_date").min(), pl.col("last_date").max()
        )
        concepts = self.codebook.match(self.file.table, triples.select("code_system", "code", "name"))
        key = ["code_system", "code", "name"]
        named = pl.col("code").is_not_null() | pl.col("name").is_not_null()
        off = (
            concepts.filter(pl.col("concept").is_null() & named)
            .join(triples, on=key, nulls_equal=True)
            .select(*key, "first_date", "last_date", "row_count", "looks_like")
        )
        self.off_pathway = int(off["row_count"].sum())
        self._write("unmapped", off)
        self.matched_entries = tuple(sorted(concepts["matched_entry"].drop_nulls().unique()))
        return concepts

    def _pathway_query(self, concepts: pl.DataFrame) -> str:
        """The rows that may matter: those whose code or name is on the pathway, that have neither, or that correct.

        The filter runs inside the scan and may let others pass; the transform tells them apart exactly.
        """
        code, name = CODE_COLUMNS[self.file.table]
        on_pathway = concepts.filter(pl.col("concept").is_not_null())
        self.con.register("wanted", on_pathway.select("code", "name").unique().to_arrow())
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE wanted_code AS SELECT DISTINCT code FROM wanted WHERE code IS NOT NULL"
        )
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE wanted_name AS"
            " SELECT DISTINCT name FROM wanted WHERE code IS NULL AND name IS NOT NULL"
        )
        self.con.unregister("wanted")
        statuses = [status for status in self.statuses if corrects_or_withdraws(self.file.table, status)]
        correcting = f" OR status IN ({', '.join(literal(status) for status in statuses)})" if statuses else ""
        return (
            f"SELECT * FROM extract WHERE {code} IN (FROM wanted_code)"
            f" OR ({code} IS NULL AND ({name} IS NULL OR {name} IN (FROM wanted_name))){correcting}"
        )

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

    def _with_raw(self, quarantined: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
        """Quarantined rows with ``raw``, the record as JSON under the names of its delivered columns."""
        refused = rows.join(quarantined.select("source_row"), on="source_row", how="semi")
        mapping, columns = self.file.mapping, self.records.columns
        named = {mapping.columns.get(native, native): native for native in EXTRACT_COLUMNS[self.file.table]}
        named |= {name: ASIDE + name for name in self._aside()}
        record = pl.struct(pl.col(named[name]).alias(name) for name in columns if name in named).struct.json_encode()
        raw = refused.select("source_row", raw=record)
        return quarantined.join(raw, on="source_row", how="left").select("source_row", "reason", "detail", "raw")


def _date_sql(column: str, formats: tuple[str, ...]) -> str:
    if formats:
        return f"CAST(try_strptime({column}, [{', '.join(literal(given) for given in formats)}]) AS DATE)"
    return f"TRY_CAST(left({column}, 10) AS DATE)"
