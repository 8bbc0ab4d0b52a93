"""A publication in memory for tests of views: core tables drawn in text, the definitions of a profile, one run."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache

import duckdb
import polars as pl

from pipelines.contract import CORE_TABLES, core_schema, ddl_files, empty, view_files
from pipelines.profile import load_profile
from pipelines.publish.tables import definition_rows
from pipelines.worklists import worklists
from pipelines.worklists._definition import parameters
from tests.tables import parse, tables_of, typed


def publication(given: Mapping[str, str], **settings: object) -> duckdb.DuckDBPyConnection:
    """Every table of the contract and every view, on rows drawn in text; what is not drawn is empty."""
    core = tables_of({name: text for name, text in given.items() if name in CORE_TABLES})
    return publication_of(
        core | {name: _drawn(name, text) for name, text in given.items() if name not in core}, **settings
    )


def publication_of(
    tables: Mapping[str, pl.DataFrame],
    *,
    as_of: str = "2026-11-20",
    profile: str = "uk_nice_ng239",
    overrides: Mapping[str, float] | None = None,
) -> duckdb.DuckDBPyConnection:
    """The same on frames."""
    con = duckdb.connect()
    definitions = {"worklist": _definitions(profile, tuple((overrides or {}).items()))}
    run = {"run": _run(date.fromisoformat(as_of), profile)}
    for name, rows in ({name: empty(name) for name in ddl_files()} | definitions | run | dict(tables)).items():
        con.register("rows_of_table", rows.to_arrow())
        con.execute(f"CREATE TABLE {name} AS FROM rows_of_table")
    con.unregister("rows_of_table")
    for view in view_files().values():
        con.execute(view.read_text())
    return con


def answers(con: duckdb.DuckDBPyConnection, view: str, expect: str) -> None:
    """Hold the columns and rows of a view that a table in text names against it; the order of rows is free."""
    drawn = parse(expect)
    columns = list(drawn[0]) if drawn else [cell.strip() for cell in expect.strip().split("|")]
    found = con.sql(f"SELECT {', '.join(columns)} FROM {view}").pl()
    wanted = [tuple(typed(row[name], found.schema[name]) for name in columns) for row in drawn]
    assert sorted(found.rows(), key=str) == sorted(wanted, key=str)


@cache
def _definitions(profile: str, overrides: tuple) -> pl.DataFrame:
    numbers = load_profile(profile, dict(overrides))
    lists = list(worklists().values())
    return definition_rows(
        lists,
        profile=profile,
        parameters={each.name: parameters(each, numbers) for each in lists},
        hashes={each.name: "" for each in lists},
    )


def _run(as_of: date, profile: str) -> pl.DataFrame:
    at = datetime(2026, 11, 20, 2)
    earlier = {"run_id": "a", "started_at": at.replace(hour=1), "as_of": date(2020, 1, 1), "outcome": "published"}
    this = {"run_id": "b", "started_at": at, "ended_at": at, "as_of": as_of, "known_at": as_of, "profile": profile}
    return pl.DataFrame([earlier, this], schema=core_schema("run"))


def _drawn(table: str, text: str) -> pl.DataFrame:
    schema = core_schema(table)
    rows = [{name: typed(cell, schema[name]) for name, cell in row.items()} for row in parse(text)]
    return pl.DataFrame(rows, schema=schema)
