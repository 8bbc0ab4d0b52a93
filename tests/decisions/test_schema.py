"""What the database itself refuses, and the way of a log through the versions of its tables."""

import re
from datetime import date, datetime

import pytest
from sqlalchemy.exc import DBAPIError

from pipelines.decisions import DecisionLog
from pipelines.decisions.schema import VERSION
from pipelines.errors import B12Error
from tests.decisions.made import VERSION_1, broken_chains, decided, outcomes


@pytest.fixture
def old(url, direct) -> str:
    """The URL of a log that version 1 wrote."""
    for statement in re.sub(r"--.*", "", VERSION_1.read_text(encoding="utf-8")).split(";\n"):
        if statement.strip():
            direct(statement)
    return url


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE decision SET note = 'never said'",
        "UPDATE decision SET decided_by = 'Bo Ray' WHERE decision_id = 1",
        "DELETE FROM decision",
        "DELETE FROM decision WHERE decision_id = 2",
    ],
)
def test_the_database_refuses_to_change_or_remove_an_entry(url, direct, sql):
    with DecisionLog.open(url) as log:
        log.append([decided("a"), decided("b")])
        before = log.read()
        with pytest.raises(DBAPIError, match="append-only"):
            direct(sql)
        assert log.read().equals(before)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_sqlite_refuses_to_replace_an_entry(url, direct):
    with DecisionLog.open(url) as log:
        log.append([decided("a"), decided("b")])
        before = log.read()
        columns = ", ".join(before.columns[1:])
        with pytest.raises(DBAPIError, match="append-only"):
            direct("INSERT OR REPLACE INTO decision SELECT * FROM decision")
        with pytest.raises(DBAPIError, match="append-only"):
            direct(f"INSERT OR REPLACE INTO decision ({columns}) SELECT {columns} FROM decision WHERE item_key = 'a'")
        assert log.read().equals(before)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_postgresql_refuses_to_empty_the_log(url, direct):
    with DecisionLog.open(url) as log:
        log.append([decided()])
        with pytest.raises(DBAPIError, match="append-only"):
            direct("TRUNCATE decision")
        assert len(log.read()) == 1


def test_the_database_lets_an_entry_be_followed_once(url, direct):
    with DecisionLog.open(url) as log:
        log.append([decided(), decided(after=1, decision="undo")])
        columns = ", ".join(log.read().columns[1:])
        for entry in (1, 2):
            with pytest.raises(DBAPIError):
                direct(f"INSERT INTO decision ({columns}) SELECT {columns} FROM decision WHERE decision_id = {entry}")
        assert len(log.read()) == 2


def test_a_log_of_version_1_is_migrated_and_loses_nothing(old, direct):
    kept = """SELECT decision_id, worklist, person_id, item_key, decision, reason, note, snooze_until, decided_by,
              decided_at, seen_run_id, seen_at, seen_evidence_hash, seen_priority FROM decision ORDER BY decision_id"""
    before = direct(kept)
    with DecisionLog.open(old) as log:
        assert direct(kept) == before
        entries = log.read()
        assert entries.select("decision_id", "seen_decision_id", "channel").rows() == [
            (1, None, "review"),
            (2, None, "review"),
            (4, 1, "review"),
            (7, 4, "review"),
        ]
        assert entries.row(1, named=True)["snooze_until"] == date(2026, 6, 1)
        assert entries.row(3, named=True)["note"] == 'says no — "never"'
        assert entries.row(3, named=True)["decided_at"] == datetime(2026, 1, 6, 11, 0, 1)
    assert direct("SELECT version FROM decision_log_version ORDER BY 1") == [(1,), (VERSION,)]


def test_a_migrated_log_goes_on_like_a_new_one(old, direct):
    with DecisionLog.open(old) as log:
        assert outcomes(log, decided(after=4, decided_by="Cy"), decided(after=7, decision="undo")) == [
            "conflict",
            "taken",
        ]
        assert log.read()["decision_id"].to_list() == [1, 2, 4, 7, 8]
        assert broken_chains(log) == []
        with pytest.raises(DBAPIError, match="append-only"):
            direct("DELETE FROM decision")
    with DecisionLog.open(old) as log:
        assert len(log.read()) == 5


def test_a_log_of_an_older_version_is_not_migrated_by_a_reader(old, direct):
    with pytest.raises(B12Error, match=r"has version 1, and this program reads version 2.*loses nothing"):
        DecisionLog.open(old, read_only=True)
    assert direct("SELECT max(version) FROM decision_log_version") == [(1,)]


def test_a_migration_that_fails_leaves_the_older_log_as_it_was(old, direct):
    direct("INSERT INTO decision_log_version VALUES (0)")
    direct("CREATE TABLE decision_1 (here_already INTEGER)")  # the name that the migration needs
    before = direct("SELECT * FROM decision ORDER BY decision_id")
    with pytest.raises(B12Error, match="Nothing was recorded"):
        DecisionLog.open(old)
    assert direct("SELECT * FROM decision ORDER BY decision_id") == before
    assert direct("SELECT max(version) FROM decision_log_version") == [(1,)]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_log_of_a_newer_version_is_refused_and_left_alone(url, direct, read_only):
    with DecisionLog.open(url) as log:
        log.append([decided()])
    direct(f"INSERT INTO decision_log_version VALUES ({VERSION + 1})")
    with pytest.raises(
        B12Error, match=rf"has version {VERSION + 1}, and .* up to {VERSION}.*install the newer version"
    ):
        DecisionLog.open(url, read_only=read_only)
    assert direct("SELECT count(*) FROM decision") == [(1,)]


def test_a_table_of_somebody_else_is_left_alone(url, direct):
    direct("CREATE TABLE decision (meeting TEXT)")
    with pytest.raises(B12Error, match="a table 'decision' that is not ours"):
        DecisionLog.open(url)
    assert direct("SELECT * FROM decision") == []
