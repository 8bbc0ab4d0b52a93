"""Expectations are told in words that a reader who never saw Great Expectations understands."""

import json

import pytest

from pipelines.contract import root
from pipelines.docs.checks import check_row, is_among
from pipelines.publish.suites import Expectation, load_suite

WORDS = (
    ("column_values_to_not_be_null", {"column": "a"}, "`a` is known"),
    ("column_values_to_be_null", {"column": "a", "row_condition": "closed_by.notnull()"}, "`a` is empty once the gap is closed"),
    ("column_values_to_be_unique", {"column": "a"}, "`a` is there once"),
    ("compound_columns_to_be_unique", {"column_list": ["a", "b"]}, "`a`, `b` together are there once"),
    ("column_values_to_be_in_set", {"column": "a", "value_set": ["x"]}, "`a` is `x`"),
    ("column_values_to_be_in_set", {"column": "a", "value_set": [1, 2]}, "`a` is among `1`, `2`"),
    ("column_values_to_not_be_in_set", {"column": "a", "value_set": [1, 2]}, "`a` is not among `1`, `2`"),
    ("column_values_to_match_regex", {"column": "a", "regex": "x"}, "`a` matches `x`"),
    ("column_values_to_not_match_regex", {"column": "a", "regex": "x"}, "`a` does not match `x`"),
    ("column_values_to_be_between", {"column": "a", "max_value": {"$PARAMETER": "as_of"}}, "`a` is not after the as-of date"),
    ("column_values_to_be_between", {"column": "a", "min_value": {"$PARAMETER": "small_number"}}, "`a` is at least the limit of small numbers"),
    ("column_values_to_be_between", {"column": "a", "min_value": "1950-01-01"}, "`a` is not before 1950-01-01"),
    ("column_values_to_be_between", {"column": "a", "min_value": 0}, "`a` is at least 0"),
    ("column_values_to_be_between", {"column": "a", "min_value": 1, "max_value": 9, "mostly": 0.95}, "`a` is from 1 to 9, in 95% of the rows"),
    ("column_median_to_be_between", {"column": "a", "min_value": 1, "max_value": 9, "row_condition": "b == 1"}, "`a` has a median from 1 to 9, where `b == 1`"),
    ("column_pair_values_a_to_be_greater_than_b", {"column_A": "a", "column_B": "b", "or_equal": True}, "`a` is at least `b`"),
    ("column_sum_to_be_something", {"column": "a"}, '`a` column sum to be something {"column": "a"}'),
)  # fmt: skip


def expectation(kind: str = "column_values_to_not_be_null", kwargs: dict | None = None, why: str = "") -> Expectation:
    return Expectation("name", f"expect_{kind}", kwargs or {"column": "a"}, "critical", why)


@pytest.mark.parametrize(("kind", "kwargs", "words"), WORDS)
def test_an_expectation_is_said_in_words(kind, kwargs, words):
    assert check_row(expectation(kind, kwargs)).asked == words


def test_every_expectation_of_the_product_has_words_of_its_own():
    for path in sorted(root("expectations").rglob("*.json")):
        for line in load_suite(path).expectations:
            assert json.dumps(dict(line.kwargs), sort_keys=True) not in check_row(line).asked, (path.name, line.type)


def test_two_expectations_are_the_same_when_they_ask_the_same_for_the_same_reason():
    assert is_among(expectation(), [expectation(why="other"), expectation()])
    assert not is_among(expectation(), [expectation(why="other"), expectation(kwargs={"column": "b"})])
