"""From the store to the core tables: which version of each fact counts at an as-of and a knowledge date.

Everything here reads only what was known at the knowledge date, so that a run for a past date is repeated exactly.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from math import ceil
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq

from pipelines.contract import CORE_TABLES, core_schema
from pipelines.duck import full_batches, literal, memory_gb, scalar
from pipelines.errors import B12Error
from pipelines.ingest.feeds import Activity, delivered_tables, feed_activity
from pipelines.ingest.store import Entry, Store
from pipelines.ingest.versions import open_store, settle_versions

EVENT_DATES = {
    "measurement": "measurement_date",
    "drug_exposure": "drug_exposure_start_date",
    "condition_occurrence": "condition_start_date",
    "procedure_occurrence": "procedure_date",
}
"""The date column of each core table of events."""

ROWS_PER_GB = 1_700_000
"""Rows of events judged at a time for each GB that DuckDB may take; what is built of them takes 0.4 GB a million."""

ROWS_DEALT_OUT = 500_000
"""Rows dealt out to the shards at a time."""


@dataclass(frozen=True)
class Core:
    """The core tables of a run, as Parquet in shards of persons, and what concerns the whole population."""

    folder: Path
    shards: int
    rows: dict[str, int]
    delivered: frozenset[str]
    first_exposure: pl.DataFrame
    activity: Activity

    def paths(self, table: str, shard: int | None = None) -> list[Path]:
        """The Parquet files of a table, of one shard or of all."""
        return sorted((self.folder / table).glob("*.parquet" if shard is None else f"{shard:04d}.parquet"))

    def scan(self, table: str, shard: int | None = None) -> pl.LazyFrame:
        """A core table with the columns and types of its DDL.

        Raises:
            B12Error: The file of a shard is not there; a shard without a row has one too.
        """
        schema = core_schema(table)
        paths = self.paths(table, shard)
        if len(paths) != (self.shards if shard is None else 1):
            raise B12Error(
                f"Of {table}, {self.folder} holds not every shard that was written: people would be missing from every "
                "list. Nothing was published; run again, and if it comes back, look at the disk or share."
            )
        return pl.scan_parquet(paths, hive_partitioning=False).select(
            pl.col(name).cast(kind) for name, kind in schema.items()
        )


def build_core(
    store: Store,
    *,
    as_of: date,
    known_at: date,
    folder: Path,
    con: duckdb.DuckDBPyConnection,
    rows_per_shard: int | None = None,
) -> Core:
    """Write the core tables under ``folder``: rows dated up to ``as_of`` in the version that counts at ``known_at``."""
    entries = open_store(con, store)
    settle_versions(con, entries, [known_at])
    for table in EVENT_DATES:
        create_known_view(con, table, as_of, known_at)
        _create_event_view(con, table)
    _create_person_view(con, known_at)
    # What is stored and not superseded tells nearly enough of the size; to count what stands costs as much as writing.
    shards = shards_for(stored_events(entries) - scalar(con, "SELECT count(*) FROM dead"), con, rows_per_shard)
    rows = {table: write_shards(con, table, folder / table, shards) for table in CORE_TABLES}
    # What was written is read at a tenth of the cost of deriving it again from the store.
    written = ", ".join(literal(str(path)) for path in sorted((folder / "drug_exposure").iterdir()))
    con.execute(f"CREATE OR REPLACE TEMP VIEW drug_exposure AS FROM read_parquet([{written}])")
    return Core(
        folder=folder,
        shards=shards,
        rows=rows,
        delivered=delivered_tables(con, known_at),
        first_exposure=first_exposure(con),
        activity=feed_activity(con, known_at),
    )


def create_known_view(con: duckdb.DuckDBPyConnection, table: str, as_of: date, known_at: date) -> None:
    """Create ``known_<table>``: the rows dated and known by these dates, superseded or not, with their ``entry``."""
    # A provisional record of an injection is no injection; the other tables mark theirs.
    counts = "AND NOT is_provisional" if table == "drug_exposure" else ""
    made_here = {"known_until": "CAST(NULL AS TIMESTAMP)", "source_file": "entry.file"}
    columns = ", ".join(f"{made_here.get(name, f'stored.{name}')} AS {name}" for name in core_schema(table))
    con.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW known_{table} AS
        SELECT {columns}, stored.entry
        FROM stored_{table} AS stored JOIN entry USING (entry)
        WHERE stored.{EVENT_DATES[table]} <= DATE '{as_of}'
          AND CAST(stored.known_from AS DATE) <= DATE '{known_at}' {counts}
        """
    )


def _create_event_view(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Create the view of a core table of events: the known rows that stand at the one date that was settled."""
    con.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW {table} AS
        SELECT * EXCLUDE (entry) FROM known_{table} AS known
        WHERE NOT EXISTS (SELECT 1 FROM dead WHERE dead.entry = known.entry AND dead.source_row = known.source_row)
        """
    )


def _create_person_view(con: duckdb.DuckDBPyConnection, known_at: date) -> None:
    """Create ``person``: the latest known patients row of each, and whoever only other tables know."""
    details = [name for name in core_schema("person") if name not in ("person_id", "in_patients")]
    others = " UNION ".join(f"SELECT person_id FROM {table}" for table in EVENT_DATES)
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE person AS
        WITH registered AS (
            SELECT person_id, {", ".join(details)}, true AS in_patients
            FROM told_person
            WHERE known_from IS NULL OR CAST(known_from AS DATE) <= DATE '{known_at}'
            QUALIFY row_number() OVER (
                PARTITION BY person_id ORDER BY known_from DESC NULLS LAST, placed DESC, source_row DESC) = 1
        )
        SELECT person_id, {", ".join(details)}, coalesce(in_patients, false) AS in_patients
        FROM registered FULL JOIN ({others}) USING (person_id)
        """
    )


def stored_events(entries: Iterable[Entry]) -> int:
    """How many rows of events these readings hold."""
    return sum(entry.parts.get(table, 0) for entry in entries for table in EVENT_DATES)


def shards_for(rows: int, con: duckdb.DuckDBPyConnection, rows_per_shard: int | None = None) -> int:
    """In how many shards so many rows of events are judged: of so many each where that is asked for.

    Otherwise within what the connection leaves of the memory limit.
    """
    return max(1, ceil(rows / (rows_per_shard or ROWS_PER_GB * memory_gb(con))))


def write_shards(con: duckdb.DuckDBPyConnection, table: str, folder: Path, shards: int) -> int:
    """Write a table, a file for each shard of persons, and return its rows.

    The rows are dealt out in one pass. To read the table again for each shard costs more from six shards on, and
    DuckDB's partitioned writing four times as much as writing one file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{shard:04d}.parquet" for shard in range(shards)]
    if shards == 1:
        return scalar(con, f"COPY (FROM {table}) TO {literal(str(paths[0]))} (FORMAT parquet)")
    rows = 0
    dealt = con.sql(f"SELECT *, CAST(hash(person_id) % {shards} AS USMALLINT) AS shard FROM {table}")
    with ExitStack() as files:
        schema = con.sql(f"FROM {table} LIMIT 0").pl().to_arrow().schema
        writers = [files.enter_context(pq.ParquetWriter(path, schema)) for path in paths]
        for batch in full_batches(dealt, ROWS_DEALT_OUT):
            rows += batch.height
            for (shard,), part in batch.partition_by("shard", as_dict=True, include_key=False).items():
                writers[shard].write_table(part.to_arrow())
    return rows


def first_exposure(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The earliest exposure among the persons of each site, and of all (site null): since when exposures are seen.

    Reads the core tables ``person`` and ``drug_exposure`` of the connection.
    """
    return con.sql(
        """
        SELECT site, min(drug_exposure_start_date) AS first_start
        FROM drug_exposure JOIN person USING (person_id)
        WHERE site IS NOT NULL GROUP BY site
        UNION ALL
        SELECT NULL, min(drug_exposure_start_date) FROM drug_exposure
        """
    ).pl()
