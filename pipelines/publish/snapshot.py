"""Build the published database: tables of the contract in a total order, and views; commented, for old clients too."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import duckdb
import polars as pl

from pipelines.contract import core_schema, ddl, view_files
from pipelines.duck import reading_connection, scalar, working_connection
from pipelines.errors import B12Error
from pipelines.ingest.store import Entry, Store

STORAGE_VERSION = "v1.0.0"
"""The oldest file format that DuckDB 2 writes: clients from 1.0 on can read it."""

RAW_SHOWN = 10_000
"""Characters of a quarantined record that are published; the store keeps all of it."""

ORDER = {
    "person": "person_id",
    "measurement": "person_id, concept, measured_at, measurement_id, source_file, source_row",
    "drug_exposure": "person_id, concept, drug_exposure_start_date, drug_exposure_id, source_file, source_row",
    "condition_occurrence": (
        "person_id, concept, condition_start_date, condition_occurrence_id, source_file, source_row"
    ),
    "procedure_occurrence": "person_id, concept, procedure_date, procedure_occurrence_id, source_file, source_row",
    "worklist": "worklist",
    "care_gap": "worklist, person_id",
    "evidence": "worklist, person_id, role, event_date, event_table, event_id, source_file, source_row",
    "worklist_item": "worklist, rank",
    "worklist_patient": "rank",
    "item_history": "on_date, worklist, person_id, item_key, event, because, run_id, decision_id",
    "attrition": "worklist, site, step, closed_by",
    "measure": "kind, measure, as_of, site, age_band, sex",
    "source_file": "first_read_at, source, extract_table, source_file, sha256",
    "quarantine": "source, extract_table, source_file, source_row",
    "unmapped_code": "row_count DESC, source, extract_table, code_system, code, name",
    "check_result": "run_id, layer, check_name",
    "run": "started_at, run_id",
}
"""The total order in which each table is written, here and nowhere else: the same rows in the same places."""


def build_database(
    path: Path, tables: Mapping[str, pl.DataFrame | list[Path]], *, memory_limit: str, spill: Path
) -> dict[str, int]:
    """Write the database and return the row count of each table.

    ``tables`` gives each table of the contract as a frame or as Parquet files; columns are taken by name. The
    analysts' views are made upon them.

    Raises:
        B12Error: The finished file does not hold what was put in.
    """
    with working_connection(memory_limit, spill) as con:
        con.execute(f"ATTACH '{path}' AS edition (STORAGE_VERSION '{STORAGE_VERSION}')")
        con.execute("USE edition")
        for table in ORDER:
            con.execute(ddl(table))
            _fill(con, table, tables[table])
        for view in view_files().values():
            con.execute(view.read_text(encoding="utf-8"))
        con.execute("CHECKPOINT edition")
        con.execute("USE memory")
        con.execute("DETACH edition")
    return _verified(path, tables)


def ledger_frames(store: Store, entries: list[Entry]) -> dict[str, pl.DataFrame]:
    """The tables that account for the files: source_file, quarantine and unmapped_code."""
    files = pl.DataFrame(
        [
            {
                "source": e.source, "extract_table": e.table, "source_file": e.file, "sha256": e.sha256,
                "first_read_at": e.first_read_at, "read_at": e.read_at, "rows_read": e.rows_read,
                "rows_kept": e.rows_kept, "rows_off_pathway": e.rows_off_pathway,
                "rows_quarantined": e.rows_quarantined, "unknown_columns": list(e.unknown_columns),
                "mapping": e.mapping,
            }
            for e in entries
        ],
        schema=core_schema("source_file"),
    )  # fmt: skip
    named = pl.LazyFrame(
        [(e.number, e.source, e.table, e.file) for e in entries],
        schema={"entry": pl.Int64, "source": pl.String, "extract_table": pl.String, "source_file": pl.String},
        orient="row",
    )
    quarantine = _scan(store.paths(entries, "quarantine"), "quarantine").join(named, on="entry", how="inner")
    unmapped = _scan(store.paths(entries, "unmapped"), "unmapped_code").join(named, on="entry", how="inner")
    key = ["source", "extract_table", "code_system", "code", "name"]
    return {
        "source_file": files,
        "quarantine": quarantine.with_columns(pl.col("raw").str.head(RAW_SHOWN))
        .select(*core_schema("quarantine"))
        .collect(),
        "unmapped_code": unmapped.group_by(key)
        .agg(
            pl.col("row_count").sum(),
            pl.col("first_date").min(),
            pl.col("last_date").max(),
            pl.col("looks_like").drop_nulls().min(),
        )
        .select(*core_schema("unmapped_code"))
        .collect(),
    }


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _scan(paths: list[str], table: str) -> pl.LazyFrame:
    if paths:
        return pl.scan_parquet(paths)
    keys = ("source", "extract_table", "source_file")
    columns = {name: kind for name, kind in core_schema(table).items() if name not in keys}
    return pl.LazyFrame(schema={**columns, "entry": pl.Int64})


def _fill(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame | list[Path]) -> None:
    columns = ", ".join(core_schema(table))
    if isinstance(rows, pl.DataFrame):
        con.register("rows_to_publish", rows.select(*core_schema(table)).to_arrow())
        origin = "rows_to_publish"
    elif rows:
        files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in rows)
        origin = f"read_parquet([{files}], hive_partitioning = false)"
    else:
        return
    con.execute(f"INSERT INTO {table} BY NAME SELECT {columns} FROM {origin} ORDER BY {ORDER[table]}")
    if isinstance(rows, pl.DataFrame):
        con.unregister("rows_to_publish")


def _verified(path: Path, tables: Mapping[str, pl.DataFrame | list[Path]]) -> dict[str, int]:
    """Open the finished file as a reader would, and count."""
    counts = {}
    with reading_connection(path) as con:
        for table, rows in tables.items():
            counts[table] = scalar(con, f"SELECT count(*) FROM {table}")
            if isinstance(rows, pl.DataFrame):
                put_in = rows.height
            else:
                put_in = pl.scan_parquet(rows, hive_partitioning=False).select(pl.len()).collect().item() if rows else 0
            if counts[table] != put_in:
                raise B12Error(
                    f"The new publication holds {counts[table]} rows of {table}, where {put_in} were written; "
                    "it was not published. Check the disk, and run again."
                )
    return counts
