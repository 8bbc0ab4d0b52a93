"""In which forms dates stand, and whether day and month can be told apart."""

import polars as pl
import pytest

from pipelines.onboarding.dateforms import date_share, forms_of, is_excel_serial


def forms(*texts: str | None, month_first: bool | None = None):
    return forms_of([pl.Series("d", texts, pl.String)], month_first=month_first)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("2020-01-02", "2021-01-02 10:00", "2021-01-02T10:00:00+02:00", "20200131"), ()),
        (("25/09/2018", "05/09/2018"), ("%d/%m/%Y",)),
        (("09/25/2018", "05/09/2018"), ("%m/%d/%Y",)),
        (("5.9.2018 8:30", "2020-01-02"), ("%d.%m.%Y %H:%M", "%Y-%m-%d", "%d.%m.%Y")),
        (("15-Mar-2026", "3-apr-2025"), ("%d-%b-%Y",)),
        (("9/25/2018 1:05 PM",), ("%m/%d/%Y %I:%M %p", "%m/%d/%Y")),
        (("31.12.99", "01.01.00"), ("%d.%m.%y",)),
        ((None, "soon"), ()),
    ],
)
def test_forms_are_those_that_read_the_texts(texts, expected):
    assert forms(*texts).formats == expected


def test_a_form_with_a_time_brings_that_of_the_bare_day():
    """A time that is not known is left out, and rarely so: the sample may hold none."""
    assert forms("25/09/2018 10:00").formats == ("%d/%m/%Y %H:%M", "%d/%m/%Y")


@pytest.mark.parametrize(("last", "is_ambiguous", "told_by"), [("12/11/2018", True, 0), ("13/11/2018", False, 1)])
def test_a_day_over_twelve_settles_the_order(last, is_ambiguous, told_by):
    found = forms("05/09/2018", last)
    assert (found.is_ambiguous, found.told_by) == (is_ambiguous, told_by)


def test_other_files_decide_where_a_file_leaves_it_open_and_never_against_it():
    assert forms("05/09/2018", month_first=True).formats == ("%m/%d/%Y",)
    assert forms("05/09/2018", month_first=False).formats == ("%d/%m/%Y",)
    assert forms("25/09/2018", month_first=True).formats == ("%d/%m/%Y",)


def test_a_file_that_mixes_both_orders_is_told_and_never_read_in_both():
    found = forms("13/05/2020", "14/05/2020", "05/13/2020", "01/01/2020")
    assert found.formats == ("%d/%m/%Y",)
    assert (found.told_by, found.against) == (2, 1)


def test_texts_of_no_form_are_counted():
    assert (forms("2020-01-01", "soon", None).unread, forms("2020-01-01", "soon", None).filled) == (1, 2)


@pytest.mark.parametrize(
    ("number", "is_serial"), [("19999", False), ("20000", True), ("60000", True), ("60001", False)]
)
def test_numbers_by_which_excel_counts_days(number, is_serial):
    assert is_excel_serial(pl.Series([number])) == is_serial
    assert date_share(pl.Series([number])) == 0


def test_numbers_and_words_are_no_dates():
    assert date_share(pl.Series(["123456", "1.5", "12/5", "Smith, 1960"])) == 0
    assert date_share(pl.Series([None], dtype=pl.String)) == 0
