"""Nights with faults drawn from a seed end as nights without any: nothing lost, nothing twice, nothing unreadable.

B12_SCHEDULES is how many schedules are lived through (1), B12_SCHEDULES_FROM the first seed (2). A failure prints the
story of its schedule; its seed tells it again, but for the moments at which processes were killed.
"""

import os
from datetime import datetime, time
from pathlib import Path
from time import monotonic

import polars as pl
import pytest

from pipelines.contract import CORE_TABLES
from pipelines.duck import reading_connection
from pipelines.ingest.store import Store
from pipelines.publish.editions import DATABASE
from tests.faults.clinic import CONFIGURATION, day_of, deliver
from tests.faults.nights import Night
from tests.faults.schedule import Disturbed

FIRST = int(os.environ.get("B12_SCHEDULES_FROM", "2"))
SEEDS = range(FIRST, FIRST + int(os.environ.get("B12_SCHEDULES", "1")))
FACTS = (*CORE_TABLES, "care_gap", "evidence", "worklist_item", "attrition")
OF_THE_HOME = ("first_listed", "state", "days_listed", "previous_people", "change")
"""Columns that tell what a home published before, which a night that failed changes."""


class Undisturbed:
    """A home without faults, for as many nights as were asked for; and how long one of them took."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._published: list[tuple[dict[str, pl.DataFrame], dict[str, tuple[int, ...]]]] = []
        self.seconds = 0.0
        self.after(1)

    def after(self, days: int) -> tuple[dict[str, pl.DataFrame], dict[str, tuple[int, ...]]]:
        """What it publishes after so many days, and what it has read by then."""
        while len(self._published) < days:
            day = len(self._published)
            deliver(self._folder / "extracts", day)
            began = monotonic()
            running = Night(self._folder, day_of(day), datetime.combine(day_of(day), time(2))).begin()
            assert running.ends() == 0, running.said
            self.seconds = monotonic() - began
            self._published.append((facts(self._folder / "home"), ledger(self._folder / "home")))
        return self._published[days - 1]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return Undisturbed(opened(tmp_path_factory.mktemp("undisturbed")))


def opened(folder: Path) -> Path:
    """The folder of a clinic before its first night."""
    for name in ("home", "extracts"):
        (folder / name).mkdir(parents=True)
    (folder / "home" / "b12.toml").write_text(CONFIGURATION)
    return folder


def facts(home: Path) -> dict[str, pl.DataFrame]:
    """What is published, but for what tells of earlier publications."""
    with reading_connection(home / "published" / DATABASE) as con:
        found = {table: con.sql(f"SELECT * FROM {table}").pl().drop(OF_THE_HOME, strict=False) for table in FACTS}
    return {table: rows.sort(rows.columns) for table, rows in found.items()}


def ledger(home: Path) -> dict[str, tuple[int, ...]]:
    """What each file read amounts to, by its content: records read, kept, off the pathway and quarantined."""
    return {
        entry.sha256: (entry.rows_read, entry.rows_kept, entry.rows_off_pathway, entry.rows_quarantined)
        for entry in Store(home / "store").entries()
        if entry.conserved
    }


def assert_histories_add_up(home: Path) -> None:
    """Listed and returned, less resolved, are the open items of every list, and nothing is told twice."""
    with reading_connection(home / "published" / DATABASE) as con:
        told = con.sql(
            """
            SELECT worklist, item_key, count(*) FILTER (event IN ('listed', 'returned'))
                - count(*) FILTER (event = 'resolved') AS open
            FROM item_history GROUP BY ALL HAVING open <> 0 ORDER BY ALL
            """
        ).fetchall()
        items = con.sql("SELECT worklist, item_key, 1 FROM worklist_item ORDER BY ALL").fetchall()
        assert told == items
        twice = con.sql("SELECT item_key, event, on_date FROM item_history GROUP BY ALL HAVING count(*) > 1").fetchall()
        assert twice == []


@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_faults_a_clean_night_gives_what_a_home_without_faults_gives(undisturbed, tmp_path, seed):
    clinic = opened(tmp_path / "clinic")
    disturbed = Disturbed(clinic, seed, undisturbed.seconds)
    try:
        days = disturbed.live_through()
        published, read = undisturbed.after(days)
        found = facts(clinic / "home")
        for table, rows in published.items():
            assert found[table].equals(rows), f"{table}: {found[table].height} rows, not {rows.height}, or others"
        assert read.items() <= ledger(clinic / "home").items()  # half of a file may have been read before the whole
        assert_histories_add_up(clinic / "home")
        assert not list((clinic / "home" / "store" / "incoming").glob("*"))
        assert not list((clinic / "home" / "work").glob("*"))
    except BaseException as error:
        print(f"Schedule {seed}:", *disturbed.told, repr(error), sep="\n  ", flush=True)  # noqa: T201 - shown by pytest where a test fails
        raise
