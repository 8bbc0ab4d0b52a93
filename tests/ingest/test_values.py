"""Result texts become numbers with comparators, or positive and negative."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.values import (
    is_above,
    is_outside,
    leading_number,
    limits,
    read_flags,
    read_values,
    read_words,
)


def value(text, decimal="."):
    return read_values(pl.Series([text], dtype=pl.String), decimal=decimal).row(0)


@pytest.mark.parametrize(
    ("text", "number", "comparator"),
    [
        ("350", 350, None),
        ("<150", 150, "<"),
        ("< 150", 150, "<"),
        (">2000", 2000, ">"),
        ("≥ 5", 5, ">="),
        ("≤5", 5, "<="),
        ("=<5", 5, "<="),
        ("&gt;5", 5, ">"),
        ("= 5", 5, "="),
        ("> or = 5", 5, ">="),
        ("</=5", 5, "<="),
        ("12.5 ", 12.5, None),
        (".5", 0.5, None),
        ("1.2e3", 1200, None),
        ("1.2E-1", 0.12, None),
        ("-5", -5, None),  # a number; no limit lets it pass
        ("1,234", 1234, None),
        ("12,345,678.9", 12345678.9, None),
        ("1\u202f234", 1234, None),
        ("GREATER THAN 2000.", 2000, ">"),
        ("more than 2000", 2000, ">"),
        ("above 2000", 2000, ">"),
        ("over 2000", 2000, ">"),
        ("Less Than 150", 150, "<"),
        ("below 150", 150, "<"),
        ("under 150", 150, "<"),
        ("LESS THAN OR EQUAL TO 5", 5, "<="),
        ("greater than or equal to 5", 5, ">="),
        ("at least 5", 5, ">="),
        ("up to 5", 5, "<="),
        ("2000 or more", 2000, ">="),
        ("150 OR LESS", 150, "<="),
    ],
)
def test_a_result_is_a_number_with_or_without_a_comparator(text, number, comparator):
    assert value(text) == (number, comparator)


@pytest.mark.parametrize(
    "text",
    [
        "haemolysed", "350 pg/mL", "5-10", "1:40", "1,23", "0,123", "1,2345", "1,234,56", "12.5.6", "350¹", "1e999", "nan",
        "inf", "<", "< < 5", "less than 5 or more", "see note 5", "5 6", "", None,
    ],
)  # fmt: skip
def test_any_other_text_is_no_result(text):
    assert value(text) == (None, None)


@pytest.mark.parametrize(
    ("text", "number", "comparator"),
    [
        ("1,23", 1.23, None),
        ("1.234", 1234, None),
        ("1.234,5", 1234.5, None),
        ("<0,5", 0.5, "<"),
        ("1,2e3", 1200, None),
        ("2000.", 2000, None),  # a full stop
        ("1.23", None, None),  # a decimal point where commas are declared
        ("0.123", None, None),
    ],
)
def test_with_a_declared_decimal_comma_points_group_thousands(text, number, comparator):
    assert value(text, decimal=",") == (number, comparator)


@pytest.mark.parametrize(
    ("text", "number"),
    [("28", 28), ("28 tablets", 28), ("28tabs", 28), ("2 x 1 mL", 2), ("1,000", 1000), ("2.5 mL", 2.5), ("30.", 30),
     ("1,5", None), ("as directed", None), (None, None)],
)  # fmt: skip
def test_an_amount_is_the_number_that_a_text_begins_with(text, number):
    assert leading_number(pl.Series([text], dtype=pl.String), decimal=".").item() == number


@pytest.mark.parametrize(
    ("text", "is_word", "expected"),
    [
        ("POS", True, 1), ("positive", True, 1), ("Positive (1:80)", True, 1), ("Strongly positive", True, 1),
        ("detected", True, 1), ("Reactive.", True, 1), ("+", True, 1), ("2+", True, 1),
        ("neg", True, 0), ("Negative", True, 0), ("NOT DETECTED", True, 0), ("non-reactive", True, 0), ("-", True, 0),
        ("Nonreactive", True, 0),
        ("equivocal", True, None), ("weak positive", True, None), ("Borderline", True, None), ("+/-", True, None),
        ("positive control failed", False, None), ("haemolysed", False, None), ("12", False, None), ("---", False, None),
        (None, False, None),
    ],
)  # fmt: skip
def test_words_are_positive_negative_or_equivocal(text, is_word, expected):
    assert read_words(pl.Series([text], dtype=pl.String)).row(0) == (is_word, expected)


def test_an_abnormal_flag_may_be_a_comparator_or_a_raised_result():
    flags = read_flags(pl.Series([">", "<", "≥", "H", "hh", "A", "POS", "L", "N", None]))
    assert flags["comparator"].to_list() == [">", "<", ">=", *[None] * 7]
    assert flags["is_raised"].to_list() == [False] * 3 + [True] * 4 + [False] * 3


def judged(rule, **columns):
    return pl.DataFrame({name: [value] for name, value in columns.items()}).select(rule).item()


@pytest.mark.parametrize(
    ("number", "comparator", "expected"),
    [
        (10.0, "=", False),  # the limit itself is not above it
        (10.1, "=", True),
        (10.0, ">", True),  # everything above 10 is
        (9.9, ">", False),
        (10.0, ">=", False),
        (10.1, ">=", True),
        (10.1, "<", False),  # may be anything below
        (10.1, "<=", False),
    ],
)
def test_a_number_is_above_a_limit_when_its_whole_interval_is(number, comparator, expected):
    assert judged(is_above(pl.col("n"), pl.col("c"), pl.lit(10.0)), n=number, c=comparator) is expected


@pytest.mark.parametrize(
    ("number", "comparator", "expected"),
    [
        (5.0, "=", False),
        (4.99999, "=", True),
        (4.9999999999, "=", False),  # the noise of a conversion
        (100.0, "=", False),
        (100.001, "=", True),
        (4.0, "<", False),  # an upper bound has no lower limit
        (4.0, "<=", False),
        (100.001, "<", True),
        (100.001, "<=", True),
        (100.001, ">", False),  # a lower bound has no upper limit
        (100.001, ">=", False),
        (4.0, ">", True),
        (4.0, ">=", True),
        (None, "=", False),
    ],
)
def test_limits_are_inclusive_and_give_way_to_comparators(number, comparator, expected):
    outside = is_outside(pl.col("n").cast(pl.Float64), pl.col("c"), pl.lit(5.0), pl.lit(100.0))
    assert judged(outside, n=number, c=comparator) is expected


def test_soft_limits_lie_within_hard_ones():
    table = limits()
    assert table.filter(
        ~((pl.col("hard_low") <= pl.col("soft_low")) & (pl.col("soft_low") < pl.col("soft_high")))
        | (pl.col("soft_high") > pl.col("hard_high"))
    ).is_empty()
    assert table["concept"].is_unique().all()


@settings(deadline=None)
@given(st.floats(min_value=1e-6, max_value=1e9), st.sampled_from(["", "<", "<=", ">", ">="]))
def test_a_number_that_python_writes_is_read_back(number, sign):
    assert value(f"{sign}{number}") == (number, sign or None)
    assert value(f"{sign} {number:,.3f}") == (round(number, 3), sign or None)


@settings(deadline=None)
@given(st.text(max_size=12))
def test_no_text_breaks_the_reading(text):
    for decimal in ".,":
        number, comparator = value(text, decimal)
        assert comparator is None or number is not None
