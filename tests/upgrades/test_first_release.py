"""A store and a decision log that the first release wrote: this release reads both, and takes the next night.

``first/`` was written by the code of two commits, on a clinic of ten: the store by that which first ran the nightly job
(7ab7fd9), on 2024-03-04 and -05; the log by that which first kept one (1be74db), from the lists of the first night.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipelines.contract import CORE_TABLES
from pipelines.duck import reading_connection
from pipelines.ingest.store import Store
from tests.practice import Practice

FIRST = Path(__file__).parent / "first"
FACTS = (*CORE_TABLES, "care_gap", "evidence", "worklist_item")
OF_THE_HOME = ("first_listed", "state", "days_listed")
"""Columns that tell how long a home has known an item."""

NEXT = """patient_id,result_id,test_code,test_name,value,unit,collected_at,reported_at,status
p05,b5,2132-9,Vitamin B12,510,ng/L,2024-02-12,2024-03-06,C
p09,b9,2132-9,Vitamin B12,90,ng/L,2024-02-15,2024-03-06,F
"""


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory) -> Callable[..., Practice]:
    """A practice with what the first release left and a new file, after the next night; by whether old files lie there."""

    def night(*, store: bool, extracts: bool = True) -> Practice:
        practice = Practice(tmp_path_factory.mktemp("upgraded"))
        if store:
            shutil.copytree(FIRST / "store", practice.home / "store")
        if extracts:
            shutil.copytree(FIRST / "extracts", practice.extracts, dirs_exist_ok=True)
        shutil.copy(FIRST / "b12.toml", practice.home)
        with sqlite3.connect(practice.home / "decisions.db") as log:
            log.executescript((FIRST / "decisions.sql").read_text(encoding="utf-8"))
        practice.put("labs_003.csv", NEXT.encode())
        practice.night(2)
        return practice

    return night


@pytest.fixture(scope="module")
def fresh(upgraded) -> Practice:
    return upgraded(store=False)


@pytest.fixture(scope="module", params=[True, False], ids=["files_still_delivered", "files_gone"])
def old(upgraded, request) -> Practice:
    return upgraded(store=True, extracts=request.param)


def facts(practice: Practice) -> dict[str, pl.DataFrame]:
    with reading_connection(practice.database) as con:
        return {
            table: con.sql(f"SELECT * FROM {table} ORDER BY ALL").pl().drop(OF_THE_HOME, strict=False)
            for table in FACTS
        }


def test_a_store_of_the_first_release_gives_the_lists_of_a_fresh_home(old, fresh):
    found = facts(old)
    for table, rows in facts(fresh).items():
        assert found[table].equals(rows), table
    assert old.listed() == {"p01", "p06", "p07", "p08", "p09"} == fresh.listed()


def test_what_the_first_release_read_keeps_its_place_and_its_first_reading(old):
    before = {entry.sha256: entry for entry in Store(FIRST / "store").entries()}
    after = {entry.sha256: entry for entry in Store(old.home / "store").entries()}
    assert len(after) == len(before) + 1
    for sha256, entry in before.items():
        assert (after[sha256].order, after[sha256].first_read_at) == (entry.order, entry.first_read_at)
        assert after[sha256].conserved


def test_the_readings_of_the_first_release_are_sealed_by_the_next_night(old):
    assert all((folder / "seal.json").exists() for folder in (old.home / "store" / "files").iterdir())


def test_decisions_of_the_first_release_stand(old, fresh):
    decided = """
        SELECT person_id, state, decision, decision_reason, decision_note, decided_by FROM worklist_item
        WHERE decision IS NOT NULL ORDER BY ALL
    """
    for practice in (old, fresh):
        assert [row[:1] + row[2:] for row in practice.rows(decided)] == [
            ("p06", "not_applicable", "declined", 'says no — "never"', "Ann Lee"),
            ("p07", "done", None, None, "Ann Lee"),
            ("p08", "ordered", None, None, "Ann Lee"),
        ]
        assert practice.rows("SELECT state FROM worklist_item WHERE person_id = 'p06' AND decision IS NOT NULL") == [
            ("dismissed",)
        ]


def test_the_fixture_is_what_the_first_release_wrote():
    """Nothing of this release crept into it."""
    for folder in (FIRST / "store" / "files").iterdir():
        assert not (folder / "seal.json").exists()
        assert set(json.loads((folder / "entry.json").read_text())) == {
            "number", "order", "source", "table", "file", "sha256", "mapping", "first_read_at", "read_at", "rows_read",
            "rows_kept", "rows_off_pathway", "rows_quarantined", "unknown_columns", "matched_entries", "parts",
        }  # fmt: skip
