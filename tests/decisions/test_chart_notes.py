"""Notes on run charts: kept as they were written, and taken back by an entry of their own."""

import threading
from datetime import date, datetime

import pytest
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from pipelines.decisions import DecisionLog
from pipelines.decisions.chart_notes import LONGEST, NewChartNote, add_note, note_problems, standing_notes, take_back
from pipelines.errors import B12Error
from tests.decisions.made import decided

NOON = datetime(2026, 3, 2, 12)


def note(**other) -> NewChartNote:
    values = {"worklist": "low", "site": None, "on_date": "2026-03-01", "note": "New assay", "written_by": "Lee"}
    return NewChartNote(**(values | {"written_at": NOON} | other))


def told(log: DecisionLog, worklist: str = "low") -> list[tuple]:
    return [(each["on_date"], each["site"], each["note"]) for each in standing_notes(log, worklist)]


def test_notes_of_a_list_come_in_the_order_of_their_days(url):
    with DecisionLog.open(url) as log:
        assert told(log) == []
        for each in (note(), note(on_date="2026-01-05", site="Old Mill"), note(worklist="other")):
            add_note(log, each)
        assert told(log) == [(date(2026, 1, 5), "Old Mill", "New assay"), (date(2026, 3, 1), None, "New assay")]


def test_a_note_is_taken_back_once(url):
    with DecisionLog.open(url) as log:
        add_note(log, note())
        add_note(log, note(note="Second"))
        (first, _) = standing_notes(log, "low")
        assert take_back(log, first, by="Bo", at=NOON)
        assert not take_back(log, first, by="Ann", at=NOON)
        assert told(log) == [(date(2026, 3, 1), None, "Second")]


def test_a_log_with_notes_is_still_a_log_of_decisions(url):
    with DecisionLog.open(url) as log:
        add_note(log, note())
        assert [fate.outcome for fate in log.append([decided()])] == ["taken"]
    with DecisionLog.open(url, read_only=True) as log:
        assert log.read().height == 1
        assert len(told(log)) == 1
        with pytest.raises(B12Error, match="Nothing was recorded"):
            add_note(log, note())


@pytest.mark.parametrize("sql", ["UPDATE chart_note SET note = 'never said'", "DELETE FROM chart_note"])
def test_the_database_refuses_to_change_or_remove_a_note(url, direct, sql):
    with DecisionLog.open(url) as log:
        add_note(log, note())
        with pytest.raises(DBAPIError, match="append-only"):
            direct(sql)
        assert len(told(log)) == 1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_sqlite_refuses_to_replace_a_note(url, direct):
    with DecisionLog.open(url) as log:
        add_note(log, note())
        with pytest.raises(DBAPIError, match="append-only"):
            direct("INSERT OR REPLACE INTO chart_note SELECT * FROM chart_note")


def test_of_many_who_write_the_first_note_at_once_all_are_kept(url):
    def write(name: str) -> None:
        with DecisionLog.open(url) as log:
            add_note(log, note(written_by=name))

    with DecisionLog.open(url):
        writers = [threading.Thread(target=write, args=(f"Lee {n}",)) for n in range(8)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    with DecisionLog.open(url) as log:
        assert {each["written_by"] for each in standing_notes(log, "low")} == {f"Lee {n}" for n in range(8)}


def test_a_note_is_kept_without_what_nobody_sees():
    assert note(note="  one\x00\r\ntwo ").note == "one\ntwo"
    assert note(note="n" * LONGEST).note == "n" * LONGEST
    assert note(on_date="2026-03-02").on_date == NOON.date()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"note": " "}, "The note is empty."),
        ({"note": "n" * (LONGEST + 1)}, "300 is the most"),
        ({"on_date": ""}, "needs the day"),
        ({"on_date": "soon"}, "The day of the note is no date."),
        ({"on_date": "2026-03-03"}, "has not come yet"),
    ],
)
def test_an_incomplete_note_is_explained_without_its_text(wrong, says):
    with pytest.raises(ValidationError) as caught:
        note(**wrong)
    (problem,) = note_problems(caught.value)
    assert says in problem
    assert "soon" not in problem
