"""Numeric conditions on results that may be bounds."""

import polars as pl
import pytest

from pipelines.clinical.numbers import (
    above,
    at_least,
    at_most,
    below,
    highest,
    highest_first,
    lowest,
    lowest_first,
)

RESULTS = pl.DataFrame({"comparator": ["=", "<", "<=", ">", ">="] * 3, "value": [9.0] * 5 + [10.0] * 5 + [11.0] * 5})


def holds(condition):
    """The results for which a condition holds, as text."""
    return (
        RESULTS.filter(condition)
        .select(pl.format("{}{}", "comparator", pl.col("value").cast(pl.Int64)))
        .to_series()
        .to_list()
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (below(10), ["=9", "<9", "<=9", "<10"]),
        (at_most(10), ["=9", "<9", "<=9", "=10", "<10", "<=10"]),
        (above(10), [">10", "=11", ">11", ">=11"]),
        (at_least(10), ["=10", ">10", ">=10", "=11", ">11", ">=11"]),
    ],
)
def test_a_condition_holds_when_it_does_for_all_that_the_result_may_be(condition, expected):
    assert holds(condition) == expected


def test_numbers_are_compared_to_nine_digits():
    close = pl.DataFrame({"comparator": ["=", "="], "value": [0.1 + 0.2, 0.300000001]})
    assert close.select(above(0.3)).to_series().to_list() == [False, True]
    assert close.select(at_most(pl.lit(0.3))).to_series().to_list() == [True, False]


def test_a_bound_is_as_abnormal_as_what_is_sure_of_it():
    assert RESULTS.head(5).select(highest()).to_series().to_list() == [9, 9, 9, float("inf"), float("inf")]
    assert RESULTS.head(5).select(lowest()).to_series().to_list() == [9, float("-inf"), float("-inf"), 9, 9]


def test_what_is_surely_beyond_a_number_comes_before_that_number():
    results = pl.DataFrame({"comparator": ["=", "<", "<=", ">", ">="], "value": [9.0] * 5})
    assert results.sort(*lowest_first())["comparator"].to_list()[0] == "<"
    assert results.sort(*highest_first())["comparator"].to_list()[0] == ">"
