"""Which versions of a fact are superseded at which knowledge date: settled in DuckDB, for one date or for many at once.

Rows of one source, table and id are versions of one fact, and versions of an id may name different persons: no shard of
persons holds them all.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from math import ceil

import duckdb
import polars as pl

from pipelines.contract import CORE_TABLES, core_schema
from pipelines.duck import memory_gb
from pipelines.ingest.store import Entry, Store

_PARTS_OF = {
    "labs": ("measurement",),
    "prescriptions": ("drug_exposure",),
    "diagnoses": ("condition_occurrence", "drug_exposure"),
    "procedures": ("procedure_occurrence", "drug_exposure"),
}
"""The core tables that rows of an extract table become: a recorded injection is an exposure."""


IDS_PER_GB = 8_000_000
"""Rows whose ids are compared at a time for each GB that DuckDB may take: its hash tables do not spill well."""


def open_store(con: duckdb.DuckDBPyConnection, store: Store) -> list[Entry]:
    """Give the connection the table ``entry``, a view ``stored_<part>`` of each part, and the view ``told_person``."""
    entries = store.entries()
    con.register("entry_frame", _entry_frame(entries).to_arrow())
    con.execute("CREATE OR REPLACE TEMP TABLE entry AS SELECT * FROM entry_frame")
    con.unregister("entry_frame")
    for part in (*CORE_TABLES, "withdrawal", "unmapped"):
        _create_part_view(con, store, entries, part)
    _create_told_person_view(con)
    return entries


def settle_versions(con: duckdb.DuckDBPyConnection, entries: Iterable[Entry], known_dates: Iterable[date]) -> None:
    """Create ``dead``: the rows, by ``entry`` and ``source_row``, that are superseded at each knowledge date.

    Reads the ``entries`` that ``open_store`` gave the connection, once for all dates.
    """
    entries = list(entries)
    moments = pl.DataFrame({"known_at": sorted(set(known_dates))}, schema={"known_at": pl.Date})
    con.register("moments", moments.to_arrow())
    con.execute("CREATE OR REPLACE TEMP TABLE moment AS SELECT * FROM moments")
    con.unregister("moments")
    con.execute("CREATE OR REPLACE TEMP TABLE dead (known_at DATE, entry BIGINT, source_row BIGINT)")
    for table in _PARTS_OF:
        kept = sum(entry.rows_kept + entry.parts.get("withdrawal", 0) for entry in entries if entry.table == table)
        buckets = max(1, ceil(kept / (IDS_PER_GB * memory_gb(con))))
        for bucket in range(buckets):
            _find_versions(con, table, f"hash(origin_id) % {buckets} = {bucket}" if buckets > 1 else "true")
            _bury_versions(con, table)
    _bury_replaced(con)


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
        return pl.DataFrame(schema={**stored, "is_undated": pl.Boolean, "because": pl.String})
    if part == "unmapped":
        return pl.DataFrame(schema={"entry": pl.Int64, "first_date": pl.Date})
    return pl.DataFrame(schema={**core_schema(part), **stored, "is_provisional": pl.Boolean, "replaces": pl.String})


def _create_told_person_view(con: duckdb.DuckDBPyConnection) -> None:
    """Create ``told_person``: the versions of persons, each complete.

    A version tells every column, and an empty one is empty. Only one of a source that sends what has changed names in
    ``unsaid`` those of which it says nothing: they are as the version before left them, and what stands there stands
    in where no version ever told. Filtered to a knowledge date, the latest of a person is what was known then.
    """
    details = [name for name in core_schema("person") if name not in ("person_id", "in_patients")]
    terms, source = details, "stored_person"
    if "unsaid" in con.sql("FROM stored_person LIMIT 0").columns:
        source = "(SELECT *, coalesce(string_split(unsaid, ' '), []) AS gaps FROM stored_person)"
        told = (
            f"last_value(CASE WHEN NOT list_contains(gaps, '{name}') THEN struct_pack(said := {name}) END IGNORE NULLS)"
            for name in details
        )
        terms = [
            f"CASE WHEN {last} OVER earlier IS NULL THEN {name} ELSE ({last} OVER earlier).said END AS {name}"
            for name, last in zip(details, told, strict=True)
        ]
    con.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW told_person AS
        SELECT person_id, {", ".join(terms)}, known_from, placed, source_row
        FROM {source} AS stored JOIN entry USING (entry)
        WINDOW earlier AS (
            PARTITION BY person_id ORDER BY known_from NULLS FIRST, placed, source_row ROWS UNBOUNDED PRECEDING)
        """
    )


def _find_versions(con: duckdb.DuckDBPyConnection, table: str, in_bucket: str) -> None:
    """Create ``version``: every version and withdrawal of the ids that occur more than once by the last of the dates.

    An id that occurs once, at an earlier date or at all, may be among them, and buries nothing there. ``in_bucket``
    says in SQL which ids are looked at.
    """
    versions = " UNION ALL ".join(
        "SELECT entry, source_row, origin_id, known_from, is_provisional, false AS withdraws, false AS is_undated,"
        " false AS is_refused"
        f" FROM stored_{part}"
        for part in _PARTS_OF[table]
    )
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE version AS
        WITH every AS (
            {versions}
            UNION ALL
            SELECT entry, source_row, origin_id, known_from, false, true, is_undated, because = 'quarantined'
            FROM stored_withdrawal
        ), known AS (
            SELECT every.*, source, placed, first_read_at
            FROM every JOIN entry USING (entry)
            WHERE origin = ? AND {in_bucket}
              AND CAST(coalesce(known_from, first_read_at) AS DATE) <= (SELECT max(known_at) FROM moment)
        ), repeated AS (
            SELECT hash(source, origin_id) AS id_hash FROM known GROUP BY ALL HAVING count(*) > 1
        )
        SELECT DISTINCT entry, source_row, source, origin_id, placed, is_provisional, withdraws, is_undated, is_refused,
            coalesce(known_from, first_read_at) AS known_from, first_read_at
        FROM known SEMI JOIN repeated ON id_hash = hash(source, origin_id)
        """,
        [table],
    )


def _bury_versions(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Add to ``dead`` every version that another version or a withdrawal of its id supersedes.

    A withdrawal without a reported time of its own stands at its file's first reading, and above everything read up
    to then. A refused version without one stands above what was read up to then and below what is read later: where it
    is repeated and can be read, it counts again. A preliminary result never supersedes one that counts.
    """
    decides = "NOT is_provisional" if table == "labs" else "true"
    con.execute(
        f"""
        INSERT INTO dead
        WITH known AS (
            SELECT known_at, version.*
            FROM version JOIN moment ON CAST(version.known_from AS DATE) <= known_at
        ), placed_in_time AS (
            SELECT *,
                CASE WHEN NOT is_undated THEN known_from
                    WHEN is_refused THEN max(known_from) OVER read_up_to_then
                    ELSE greatest(first_read_at, max(known_from) OVER read_up_to_then) END AS stands_at
            FROM known
            WINDOW read_up_to_then AS (
                PARTITION BY known_at, source, origin_id ORDER BY placed, source_row ROWS UNBOUNDED PRECEDING)
        ), ranked AS (
            SELECT *, row_number() OVER (
                PARTITION BY known_at, source, origin_id ORDER BY stands_at, placed, source_row, withdraws) AS place
            FROM placed_in_time
        ), decided AS (
            SELECT known_at, source, origin_id, max(place) AS last_place,
                max(place) FILTER ({decides}) AS deciding_place,
                arg_max(withdraws, place) FILTER ({decides}) AS is_withdrawn
            FROM ranked GROUP BY ALL
        )
        SELECT known_at, entry, source_row
        FROM ranked JOIN decided USING (known_at, source, origin_id)
        WHERE NOT withdraws
          -- A version that counts stands alone; after a withdrawal, or among preliminary ones, only the last stands.
          AND place <> CASE WHEN is_withdrawn IS NOT DISTINCT FROM false THEN deciding_place ELSE last_place END
        """
    )


def _bury_replaced(con: duckdb.DuckDBPyConnection) -> None:
    """Add to ``dead`` the results that another result replaces, from the moment the replacement is known.

    A replacement holds while its own id counts, whether or not it was replaced in turn; of two that replace each
    other the later stands.
    """
    con.execute(
        """
        INSERT INTO dead
        WITH replacement AS (
            SELECT known_at, source, entry, source_row, placed, origin_id, known_from, replaces
            FROM stored_measurement JOIN entry USING (entry)
            JOIN moment ON CAST(known_from AS DATE) <= known_at
            WHERE replaces IS NOT NULL AND replaces <> origin_id AND NOT is_provisional
              AND (known_at, entry, source_row) NOT IN (SELECT (known_at, entry, source_row) FROM dead)
        )
        SELECT known_at, replaced.entry, replaced.source_row
        FROM stored_measurement AS replaced JOIN entry ON entry.entry = replaced.entry
        JOIN replacement ON replacement.source = entry.source AND replacement.replaces = replaced.origin_id
        WHERE CAST(replaced.known_from AS DATE) <= known_at
          AND (replaced.replaces IS DISTINCT FROM replacement.origin_id
            OR (replaced.known_from, entry.placed, replaced.source_row)
             < (replacement.known_from, replacement.placed, replacement.source_row))
        """
    )
