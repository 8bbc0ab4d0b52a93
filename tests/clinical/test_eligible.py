"""Named conditions: a plain filter, and, while notes are taken, how each of them came out."""

import polars as pl
import pytest

from pipelines.clinical.eligible import eligible_if, noting

ROWS = pl.LazyFrame(
    {
        "person_id": ["both", "old", "neither", "neither", "unknown"],
        "is_low": [True, True, False, True, None],
        "days": [20, 2000, 5, 2000, 20],
    }
)
CONDITIONS = {"low": pl.col("is_low"), "dated 14 to 1095 days ago": pl.col("days").is_between(14, 1095)}


def eligible() -> list[tuple]:
    return eligible_if(ROWS, CONDITIONS, record="a result").collect().rows()


def test_it_is_a_filter_on_all_conditions_and_computes_nothing():
    asked = eligible_if(ROWS, CONDITIONS, record="a result")
    assert asked.explain() == ROWS.filter(*CONDITIONS.values()).explain()
    assert eligible() == [("both", True, 20)]


def test_while_notes_are_taken_the_rows_that_come_nearest_pass():
    with noting() as notes:
        passed = eligible()
    assert passed == [("both", True, 20), ("old", True, 2000), ("neither", True, 2000), ("unknown", None, 20)]
    (step,) = notes.steps
    assert step.record == "a result"
    assert step.rows.select("person_id", step.holds(0), step.holds(1)).rows() == [
        ("both", True, True),
        ("old", True, False),
        ("neither", True, False),
        ("unknown", False, True),  # what is not known does not hold
    ]


def test_where_rows_satisfy_everything_no_other_row_of_the_person_passes():
    rows = pl.LazyFrame({"person_id": ["p", "p", "p"], "days": [20, 30, 2000]})
    with noting():
        passed = eligible_if(rows, {"recent": pl.col("days") <= 1095}).collect()
    assert passed["days"].to_list() == [20, 30]


def test_a_later_step_judges_what_passed_the_first():
    with noting() as notes:
        rows = eligible_if(ROWS, CONDITIONS, record="a result")
        eligible_if(rows, {"very old": pl.col("days") > 1000})
    assert [step.record for step in notes.steps] == ["a result", None]
    assert notes.steps[1].rows.height == 4


def test_existence_alone_is_a_condition():
    with noting() as notes:
        assert eligible_if(ROWS, {}, record="a result").collect().height == ROWS.collect().height
    assert notes.steps[0].conditions == {}
    assert eligible_if(ROWS, {}).collect().height == ROWS.collect().height


def test_notes_end_with_their_block_also_when_a_rule_fails():
    with pytest.raises(ZeroDivisionError), noting():
        _ = 1 / 0
    assert eligible() == [("both", True, 20)]
