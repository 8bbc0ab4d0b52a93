"""DuckDB connections as the pipeline uses them: quiet, and bounded where they work hard."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa

DUCKDB_SHARE = 0.5
"""DuckDB's part of the memory that a run may take. The rest is for what it does not count: polars and Arrow hold the
rows that it hands over, and the process its libraries."""


def working_connection(memory_limit: str = "2GB", spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory database that stays within its share of the run's memory limit and spills beyond it."""
    amount, unit = re.fullmatch(r"([\d.]+)\s*(\w+)", memory_limit).groups()
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    con.execute(f"SET memory_limit = '{float(amount) * DUCKDB_SHARE}{unit}'")
    if spill is not None:
        con.execute(f"SET temp_directory = '{spill}'")
    return con


def memory_gb(con: duckdb.DuckDBPyConnection) -> float:
    """How much a connection may take, in GB."""
    amount, unit = scalar(con, "SELECT current_setting('memory_limit')").split()
    return float(amount) * {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}[unit] / 1e9


def reading_connection(database: Path) -> duckdb.DuckDBPyConnection:
    """A published database, read-only and without access to anything else.

    The path is resolved first: within one process DuckDB shares an open file by its path, and a path that the next
    publication moves would go on giving the old rows.
    """
    con = duckdb.connect(str(database.resolve()), read_only=True, config={"enable_external_access": "false"})
    con.execute("SET enable_progress_bar = false")
    return con


def identifier(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def scalar(con: duckdb.DuckDBPyConnection, query: str, parameters: list[Any] | None = None) -> Any:
    """The single value that a query gives; the result is fetched to its end, as the connection wants it."""
    return con.execute(query, parameters).fetchall()[0][0]


def full_batches(relation: duckdb.DuckDBPyRelation, rows_at_a_time: int) -> Iterator[pl.DataFrame]:
    """The rows, so many or a little more at a time: a scan that filters hands over a thousand or so."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in relation.to_arrow_reader(rows_at_a_time):
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= rows_at_a_time:
            yield pl.DataFrame(pa.Table.from_batches(waiting))
            waiting, rows = [], 0
    if rows:
        yield pl.DataFrame(pa.Table.from_batches(waiting))


def has_table(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Does the database hold this table? Publications of earlier releases lack some."""
    return bool(con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [name]).fetchall())
