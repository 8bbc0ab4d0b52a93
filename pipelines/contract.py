"""The contract: tables, views and their columns as the files under ``sql/`` declare them, and nowhere else."""

import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import polars as pl

CORE_TABLES = ("person", "measurement", "drug_exposure", "condition_occurrence", "procedure_occurrence")


def root(name: str) -> Path:
    """The folder of that name: inside an installed package, else at the top of the checkout."""
    inside = Path(__file__).parent / name
    return inside if inside.is_dir() else Path(__file__).parents[1] / name


@cache
def ddl_files() -> dict[str, Path]:
    """Every table of the contract by name, with the file that declares it."""
    folders = (root("sql") / "core", root("sql") / "published")
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.sql"))}


def ddl(table: str) -> str:
    """The DDL of one table, comments included."""
    files = ddl_files()
    if table not in files:
        raise KeyError(f"No table named {table!r}. Known tables: {', '.join(sorted(files))}.")
    return files[table].read_text(encoding="utf-8")


@cache
def view_files() -> dict[str, Path]:
    """Every analysts' view by name, with its file: each after the views that its header says it reads."""
    files = {path.stem: path for path in sorted((root("sql") / "views").glob("*.sql"))}
    needs = {
        name: sorted(set(view_reads(path.read_text(encoding="utf-8"))) & set(files)) for name, path in files.items()
    }
    return {name: files[name] for name in TopologicalSorter(needs).static_order()}


def view_reads(text: str) -> list[str]:
    """The tables and views that the header of a view says it reads."""
    return re.search(r"^-- Reads +(.+)$", text, re.MULTILINE)[1].split(", ")


@cache
def core_schema(table: str) -> dict[str, pl.DataType]:
    """Column names of a table of the contract, in order, with their polars types."""
    with duckdb.connect() as con:
        con.execute(ddl(table))
        return dict(con.sql(f"FROM {table} LIMIT 0").pl().schema)


@cache
def column_comments(table: str) -> dict[str, str]:
    """What each column of a table of the contract means, as its DDL says."""
    with duckdb.connect() as con:
        con.execute(ddl(table))
        return dict(con.execute("SELECT column_name, comment FROM duckdb_columns() WHERE NOT internal").fetchall())


def empty(table: str) -> pl.DataFrame:
    """A frame of no rows with the columns and types of a table of the contract."""
    return pl.DataFrame(schema=core_schema(table))
