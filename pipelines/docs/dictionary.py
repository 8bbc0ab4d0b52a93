"""The dictionary of the published data, read from the comments of the DDL."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import duckdb

from pipelines.contract import root
from pipelines.docs.checks import CheckRow, check_row
from pipelines.publish.suites import load_suite

PARTS = {
    "published": "Tables of the publication",
    "core": "Core tables",
    "views": "Views",
}
"""The folders of ``sql/`` in the order of the page."""


@dataclass(frozen=True)
class Column:
    """A column: type, whether it may be null (None for a view, which cannot say), and what it means."""

    name: str
    type: str
    may_be_null: bool | None
    meaning: str


@dataclass(frozen=True)
class Relation:
    """A table or view with its meaning and columns."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    checks: tuple[CheckRow, ...] = ()
    """What is asked of a table at every run; nothing of one without a suite of its own."""


def dictionary() -> dict[str, tuple[Relation, ...]]:
    """Every published table and view by the title of its part, in alphabetical order; an empty part is left out."""
    found = relations([root("sql") / part for part in ("core", "published", "views")])
    for part in ("core", "published"):
        found[part] = tuple(replace(table, checks=_checks(part, table.name)) for table in found[part])
    return {title: found[part] for part, title in PARTS.items() if found[part]}


def _checks(part: str, table: str) -> tuple[CheckRow, ...]:
    suite = root("expectations") / part / f"{table}.json"
    return tuple(check_row(line) for line in load_suite(suite).expectations) if suite.is_file() else ()


def relations(folders: Sequence[Path]) -> dict[str, tuple[Relation, ...]]:
    """What the DDL files of these folders make, by the name of the folder; a file comes after those it reads from."""
    files = {folder.name: sorted(folder.glob("*.sql")) for folder in folders}
    with duckdb.connect() as con:
        waiting = list(chain.from_iterable(files.values()))
        while waiting:
            left = [path for path in waiting if not _is_made(con, path)]
            if left == waiting:
                con.execute(left[0].read_text(encoding="utf-8"))  # raises what keeps it from being made
            waiting = left
        return {name: tuple(_relation(con, path.stem) for path in paths) for name, paths in files.items()}


def _is_made(con: duckdb.DuckDBPyConnection, path: Path) -> bool:
    try:
        con.execute(path.read_text(encoding="utf-8"))
    except duckdb.CatalogException:  # reads what is not there yet
        return False
    return True


def _relation(con: duckdb.DuckDBPyConnection, name: str) -> Relation:
    [(meaning, is_view)] = con.execute(
        "SELECT comment, false FROM duckdb_tables() WHERE table_name = $name"
        " UNION ALL SELECT comment, true FROM duckdb_views() WHERE view_name = $name",
        {"name": name},
    ).fetchall()
    columns = con.execute(
        "SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns() WHERE table_name = $name"
        " ORDER BY column_index",
        {"name": name},
    ).fetchall()
    return Relation(
        name,
        meaning or "",
        tuple(Column(column, kind, None if is_view else null, said or "") for column, kind, null, said in columns),
    )
