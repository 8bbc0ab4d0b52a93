"""From the store to the core tables: which version of each fact counts at an as-of and a knowledge date.

Rows of one source, table and id are versions of one fact. Everything here reads only what was known at the knowledge
date, so that a run for a past date is repeated exactly. It runs in DuckDB because versions of an id may name different
persons: no shard of persons holds them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipelines.contract import CORE_TABLES, core_schema
from pipelines.duck import literal, scalar
from pipelines.ingest.feeds import Activity, delivered_tables, feed_activity
from pipelines.ingest.store import Entry, Store

EVENT_DATES = {
    "measurement": "measurement_date",
    "drug_exposure": "drug_exposure_start_date",
    "condition_occurrence": "condition_start_date",
    "procedure_occurrence": "procedure_date",
}
"""The date column of each core table of events."""

ROWS_PER_SHARD = 2_500_000
"""Rows of events judged at a time: about 0.5 GB with the terms built from them."""


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
        """A core table with the columns and types of its DDL."""
        schema = core_schema(table)
        paths = self.paths(table, shard)
        if not paths:
            return pl.LazyFrame(schema=schema)
        return pl.scan_parquet(paths, hive_partitioning=False).select(
            pl.col(name).cast(kind) for name, kind in schema.items()
        )


def build_core(store: Store, *, as_of: date, known_at: date, folder: Path, con: duckdb.DuckDBPyConnection) -> Core:
    """Write the core tables under ``folder``: rows dated up to ``as_of`` in the version that counts at ``known_at``."""
    entries = store.entries()
    con.register("entry_frame", _entry_frame(entries).to_arrow())
    con.execute("CREATE OR REPLACE TEMP TABLE entry AS SELECT * FROM entry_frame")
    con.unregister("entry_frame")
    con.execute("CREATE OR REPLACE TEMP TABLE dead (entry BIGINT, source_row BIGINT)")
    for part in (*CORE_TABLES, "withdrawal", "unmapped"):
        _create_part_view(con, store, entries, part)
    for table in ("labs", "prescriptions", "diagnoses", "procedures"):
        _bury_versions(con, table, known_at)
    _bury_replaced(con, known_at)
    for table, day in EVENT_DATES.items():
        _create_event_view(con, table, day, as_of, known_at)
    _create_person_view(con, known_at)
    # What is stored and not superseded tells nearly enough of the size; to count what stands costs as much as writing.
    stored = sum(entry.parts.get(table, 0) for entry in entries for table in EVENT_DATES)
    shards = max(1, -(-(stored - scalar(con, "SELECT count(*) FROM dead")) // ROWS_PER_SHARD))
    rows = {table: _write_shards(con, table, folder / table, shards) for table in CORE_TABLES}
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


def _entry_frame(entries: Sequence[Entry]) -> pl.DataFrame:
    schema = {
        "entry": pl.Int64, "placed": pl.Int64, "source": pl.String, "origin": pl.String, "file": pl.String,
        "first_read_at": pl.Datetime("us"), "rows_read": pl.Int64,
    }  # fmt: skip
    rows = [(e.number, e.order, e.source, e.table, e.file, e.first_read_at, e.rows_read) for e in entries]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _create_part_view(con: duckdb.DuckDBPyConnection, store: Store, entries: Sequence[Entry], part: str) -> None:
    paths = store.paths(entries, part)
    if paths:
        files = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        con.execute(f"CREATE OR REPLACE TEMP VIEW stored_{part} AS FROM read_parquet([{files}], union_by_name = true)")
        return
    con.register("nothing", _empty_part(part).to_arrow())
    con.execute(f"CREATE OR REPLACE TEMP TABLE nothing_{part} AS FROM nothing")
    con.unregister("nothing")
    con.execute(f"CREATE OR REPLACE TEMP VIEW stored_{part} AS FROM nothing_{part}")


def _empty_part(part: str) -> pl.DataFrame:
    stored = {"origin_id": pl.String, "entry": pl.Int64, "source_row": pl.Int64, "known_from": pl.Datetime("us")}
    if part == "withdrawal":
        return pl.DataFrame(schema={**stored, "is_undated": pl.Boolean})
    if part == "unmapped":
        return pl.DataFrame(schema={"entry": pl.Int64, "first_date": pl.Date})
    return pl.DataFrame(schema={**core_schema(part), **stored, "is_provisional": pl.Boolean, "replaces": pl.String})


def _parts_of(table: str) -> tuple[str, ...]:
    """The core tables that rows of an extract table become: a recorded injection is an exposure."""
    return {
        "labs": ("measurement",),
        "prescriptions": ("drug_exposure",),
        "diagnoses": ("condition_occurrence", "drug_exposure"),
        "procedures": ("procedure_occurrence", "drug_exposure"),
    }[table]


def _bury_versions(con: duckdb.DuckDBPyConnection, table: str, known_at: date) -> None:
    """Add to ``dead`` every version that another version or a withdrawal of its id supersedes.

    Only ids that occur more than once are looked at. A withdrawal without a reported time of its own stands at its
    file's first reading, and above everything read up to then. A preliminary result never supersedes one that counts.
    """
    versions = " UNION ALL ".join(
        "SELECT entry, source_row, origin_id, known_from, is_provisional, false AS withdraws, false AS is_undated"
        f" FROM stored_{part}"
        for part in _parts_of(table)
    )
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE version AS
        WITH every AS (
            {versions}
            UNION ALL
            SELECT entry, source_row, origin_id, known_from, false, true, is_undated FROM stored_withdrawal
        ), known AS (
            SELECT every.*, source, placed, first_read_at
            FROM every JOIN entry USING (entry)
            WHERE origin = ? AND CAST(coalesce(known_from, first_read_at) AS DATE) <= ?
        ), repeated AS (
            SELECT source, origin_id FROM known GROUP BY ALL HAVING count(*) > 1
        )
        SELECT DISTINCT entry, source_row, source, origin_id, placed, is_provisional, withdraws, is_undated,
            coalesce(known_from, first_read_at) AS known_from, first_read_at
        FROM known SEMI JOIN repeated USING (source, origin_id)
        """,
        [table, known_at],
    )
    decides = "NOT is_provisional" if table == "labs" else "true"
    con.execute(
        f"""
        INSERT INTO dead
        WITH placed_in_time AS (
            SELECT *,
                CASE WHEN is_undated THEN greatest(first_read_at, max(known_from) OVER (
                    PARTITION BY source, origin_id ORDER BY placed, source_row ROWS UNBOUNDED PRECEDING))
                ELSE known_from END AS stands_at
            FROM version
        ), ranked AS (
            SELECT *, row_number() OVER (
                PARTITION BY source, origin_id ORDER BY stands_at, placed, source_row, withdraws) AS place
            FROM placed_in_time
        ), decided AS (
            SELECT source, origin_id, max(place) AS last_place,
                max(place) FILTER ({decides}) AS deciding_place,
                arg_max(withdraws, place) FILTER ({decides}) AS is_withdrawn
            FROM ranked GROUP BY ALL
        )
        SELECT entry, source_row
        FROM ranked JOIN decided USING (source, origin_id)
        WHERE NOT withdraws
          -- A version that counts stands alone; after a withdrawal, or among preliminary ones, only the last stands.
          AND place <> CASE WHEN is_withdrawn IS NOT DISTINCT FROM false THEN deciding_place ELSE last_place END
        """
    )


def _bury_replaced(con: duckdb.DuckDBPyConnection, known_at: date) -> None:
    """Add to ``dead`` the results that another result replaces, from the moment the replacement is known.

    A replacement holds while its own id counts, whether or not it was replaced in turn; of two that replace each
    other the later stands.
    """
    con.execute(
        """
        INSERT INTO dead
        WITH standing AS (
            SELECT source, m.entry, m.source_row, placed, origin_id, known_from, replaces, is_provisional
            FROM stored_measurement m JOIN entry USING (entry)
            WHERE CAST(known_from AS DATE) <= ?
              AND NOT EXISTS (SELECT 1 FROM dead WHERE dead.entry = m.entry AND dead.source_row = m.source_row)
        ), replacement AS (
            SELECT * FROM standing WHERE replaces IS NOT NULL AND replaces <> origin_id AND NOT is_provisional
        )
        SELECT replaced.entry, replaced.source_row
        FROM standing AS replaced
        JOIN replacement ON replacement.source = replaced.source AND replacement.replaces = replaced.origin_id
        WHERE replaced.replaces IS DISTINCT FROM replacement.origin_id
           OR (replaced.known_from, replaced.placed, replaced.source_row)
            < (replacement.known_from, replacement.placed, replacement.source_row)
        """,
        [known_at],
    )


def _create_event_view(con: duckdb.DuckDBPyConnection, table: str, day: str, as_of: date, known_at: date) -> None:
    """Create the view of a core table of events: the rows that stand."""
    # A provisional record of an injection is no injection; the other tables mark theirs.
    counts = "AND NOT is_provisional" if table == "drug_exposure" else ""
    made_here = {"known_until": "CAST(NULL AS TIMESTAMP)", "source_file": "entry.file"}
    columns = ", ".join(f"{made_here.get(name, f'stored.{name}')} AS {name}" for name in core_schema(table))
    con.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW {table} AS
        SELECT {columns}
        FROM stored_{table} AS stored JOIN entry USING (entry)
        WHERE stored.{day} <= DATE '{as_of}' AND CAST(stored.known_from AS DATE) <= DATE '{known_at}' {counts}
          AND NOT EXISTS (SELECT 1 FROM dead WHERE dead.entry = stored.entry AND dead.source_row = stored.source_row)
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
            FROM stored_person JOIN entry USING (entry)
            WHERE known_from IS NULL OR CAST(known_from AS DATE) <= DATE '{known_at}'
            QUALIFY row_number() OVER (
                PARTITION BY person_id ORDER BY known_from DESC NULLS LAST, placed DESC, source_row DESC) = 1
        )
        SELECT person_id, {", ".join(details)}, coalesce(in_patients, false) AS in_patients
        FROM registered FULL JOIN ({others}) USING (person_id)
        """
    )


def _write_shards(con: duckdb.DuckDBPyConnection, table: str, folder: Path, shards: int) -> int:
    """Write a table, a file for each shard of persons, and return its rows.

    DuckDB's partitioned writing costs nearly three times as much as reading the table again for each shard.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = 0
    for shard in range(shards):
        of_shard = f"FROM {table} WHERE hash(person_id) % {shards} = {shard}" if shards > 1 else f"FROM {table}"
        path = literal(str(folder / f"{shard:04d}.parquet"))
        rows += scalar(con, f"COPY ({of_shard}) TO {path} (FORMAT parquet)")
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
