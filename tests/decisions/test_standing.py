"""What stands, and how precise a list was, from logs drawn in text."""

from datetime import date, datetime

import polars as pl
import pytest

from pipelines.decisions import DECISION_SCHEMA, comments, precision, standing
from tests.tables import parse


def log(text: str) -> pl.LazyFrame:
    rows = [
        {
            "worklist": row.get("worklist", "low"),
            "item_key": row["item"],
            "decision": row["decision"],
            "reason": row.get("reason") or None,
            "note": row.get("note") or None,
            "decided_by": row.get("by") or None,
            "decided_at": datetime.fromisoformat(row["decided_at"]),
            "decision_id": number,
        }
        for number, row in enumerate(parse(text), start=1)
    ]
    return pl.DataFrame([dict.fromkeys(DECISION_SCHEMA) | row for row in rows], schema=DECISION_SCHEMA).lazy()


def stands(text: str) -> dict[str, str]:
    return dict(standing(log(text)).select("item_key", "decision").collect().iter_rows())


def test_the_latest_entry_that_is_no_comment_stands():
    assert stands(
        """
        item | decision       | decided_at
        a    | ordered        | 2026-03-01
        a    | done           | 2026-03-02
        a    | comment        | 2026-03-03
        b    | comment        | 2026-03-01   # a comment alone decides nothing
        c    | done           | 2026-03-09   # the order of the log counts, not the clock of a reviewer
        c    | contacted      | 2026-03-08
        """
    ) == {"a": "done", "c": "contacted"}


def test_undo_takes_back_what_stands_and_does_not_uncover_what_was_before():
    assert stands(
        """
        item | decision | decided_at
        a    | ordered  | 2026-03-01
        a    | done     | 2026-03-02
        a    | undo     | 2026-03-03
        a    | comment  | 2026-03-04
        b    | done     | 2026-03-01
        b    | undo     | 2026-03-02
        b    | done     | 2026-03-03
        """
    ) == {"b": "done"}


def test_the_latest_comment_is_told_until_somebody_decides_knowing_it():
    told = comments(
        log(
            """
            item | decision | decided_at | note   | by
            a    | ordered  | 2026-03-01 |        | ann
            a    | comment  | 2026-03-02 | first  | ann
            a    | comment  | 2026-03-01 | second | bob   # the order of the log counts
            b    | comment  | 2026-03-01 | known  | ann
            b    | done     | 2026-03-02 |        | bob   # who had read it
            c    | comment  | 2026-03-01 | alone  | ann
            d    | comment  | 2026-03-01 | again  | ann
            d    | done     | 2026-03-02 |        | bob
            d    | undo     | 2026-03-03 |        | bob   # nothing holds: it is news again
            """
        )
    )
    assert set(told.collect().rows()) == {("a", "second", "bob"), ("c", "alone", "ann"), ("d", "again", "ann")}


def shares(text: str) -> list[tuple]:
    return precision(log(text)).collect().rows()


def test_precision_is_the_share_that_was_not_dismissed_as_the_lists_mistake():
    assert shares(
        """
        worklist | item | decision       | reason                   | decided_at
        low      | a    | done           |                          | 2026-03-01
        low      | b    | not_applicable | data_error               | 2026-03-01
        low      | c    | not_applicable | clinically_inappropriate | 2026-03-01
        low      | d    | not_applicable | declined                 | 2026-03-01  # says nothing against the list
        low      | e    | snooze         |                          | 2026-03-01
        met      | f    | not_applicable | data_error               | 2026-03-01
        """
    ) == [("low", date(2026, 3, 1), 5, 2, 0.6), ("met", date(2026, 3, 1), 1, 1, 0.0)]


def test_a_month_counts_an_item_once_with_what_stood_at_its_end():
    assert shares(
        """
        item | decision       | reason     | decided_at
        a    | done           |            | 2026-03-01
        a    | not_applicable | data_error | 2026-03-31T23:59:59  # still March
        b    | not_applicable | data_error | 2026-03-05
        b    | done           |            | 2026-04-01T00:00:00  # April: March keeps its verdict
        """
    ) == [("low", date(2026, 3, 1), 2, 2, 0.0), ("low", date(2026, 4, 1), 1, 0, 1.0)]


def test_a_month_in_which_everything_was_taken_back_has_no_precision():
    assert shares(
        """
        item | decision       | reason     | decided_at
        a    | not_applicable | data_error | 2026-03-01
        a    | undo           |            | 2026-03-02
        b    | comment        |            | 2026-05-01  # and a month of comments alone is not shown
        """
    ) == [("low", date(2026, 3, 1), 0, 0, None)]


@pytest.mark.parametrize("of", [standing, precision])
def test_a_log_without_decisions_gives_no_row(of):
    assert of(pl.LazyFrame(schema=DECISION_SCHEMA)).collect().is_empty()
