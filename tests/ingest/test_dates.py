"""Dates and times as text become local times."""

from datetime import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.dates import read_times


def local(text, *, timezone="Europe/London", formats=()):
    return read_times(pl.Series("day", [text], dtype=pl.String), timezone=timezone, formats=formats).item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29", datetime(2024, 2, 29)),
        ("2023-02-29", None),  # no leap year
        ("20240229", datetime(2024, 2, 29)),
        ("2024-2-29", None),  # neither ISO 8601 nor YYYYMMDD
        ("2024-07-05T10:20", datetime(2024, 7, 5, 10, 20)),
        ("2024-07-05 10:20:30", datetime(2024, 7, 5, 10, 20, 30)),
        ("2024-07-05T10:20:30.123456789", datetime(2024, 7, 5, 10, 20, 30, 123456)),
        ("2024-07-05T10:20:30,5", datetime(2024, 7, 5, 10, 20, 30, 500000)),
        ("2024-07-05T10:20:30Z", datetime(2024, 7, 5, 11, 20, 30)),  # summer time
        ("2024-01-05T10:20:30Z", datetime(2024, 1, 5, 10, 20, 30)),  # winter time
        ("2024-07-05T23:30Z", datetime(2024, 7, 6, 0, 30)),  # the next day, where it was taken
        ("2024-07-05T23:30:00 -05:00", datetime(2024, 7, 6, 5, 30)),
        ("2024-07-05T10:20:30.5+0200", datetime(2024, 7, 5, 9, 20, 30, 500000)),
        ("2024-07-05T10:20:30+02", datetime(2024, 7, 5, 9, 20, 30)),
        ("  2024-07-05  ", datetime(2024, 7, 5)),
        ("2024-13-01", None),
        ("2024-07-05T24:00", None),
        ("05/07/2024", None),  # day or month first? to be declared
        ("0000-00-00", None),
        ("unknown", None),
        ("", None),
        (None, None),
    ],
)
def test_without_declared_formats_dates_are_iso_8601(text, expected):
    assert local(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("05/07/2024 10:20", datetime(2024, 7, 5, 10, 20)),
        ("05/07/2024", datetime(2024, 7, 5)),
        ("5/7/2024", datetime(2024, 7, 5)),
        ("05/07/24", datetime(2024, 7, 5)),  # the third format, not the year 24
        ("2024-07-05", None),  # ISO 8601 is not among the declared formats
        ("07/25/2024", None),
    ],
)
def test_declared_formats_are_tried_in_order_and_nothing_else_is(text, expected):
    assert local(text, formats=("%d/%m/%Y %H:%M", "%d/%m/%Y", "%d/%m/%y")) == expected


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [
        ("05JUL2024", "%d%b%Y", datetime(2024, 7, 5)),
        ("05-Jul-2024 10:20:30 PM", "%d-%b-%Y %I:%M:%S %p", datetime(2024, 7, 5, 22, 20, 30)),
        ("20240705102030+0200", "%Y%m%d%H%M%S%z", datetime(2024, 7, 5, 9, 20, 30)),  # a zone is converted
        ("2024-07-05T23:30:00Z", "%Y-%m-%dT%H:%M:%SZ", datetime(2024, 7, 6, 0, 30)),  # so is the letter for UTC
        ("2024-07-05T23:30:00.5Z", "%Y-%m-%dT%H:%M:%S%.fZ", datetime(2024, 7, 6, 0, 30, 0, 500_000)),
        ("05/07/2024 23:30Z", "%d/%m/%Y %H:%M%z", datetime(2024, 7, 6, 0, 30)),
        ("05/07/2024 23:30 Z", "%d/%m/%Y %H:%M %:z", datetime(2024, 7, 6, 0, 30)),
        ("2024-01-05T23:30:00Z", "%Y-%m-%dT%H:%M:%SZ", datetime(2024, 1, 5, 23, 30)),
        ("1720171230", "%s", datetime(2024, 7, 5, 9, 20, 30)),
    ],
)
def test_a_declared_format_may_name_months_halves_of_the_day_and_zones(text, declared, expected):
    assert local(text, formats=(declared,)) == expected


def test_each_row_gets_the_time_of_its_own_text():
    texts = ["2024-07-05", None, "20240706", "2024-07-05", "x", "2024-07-05T01:00Z"]
    read = read_times(pl.Series("day", texts), timezone="UTC")
    assert read.dt.to_string("%d %H").to_list() == ["05 00", None, "06 00", "05 00", None, "05 01"]


@settings(deadline=None)
@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)))
def test_what_iso_8601_writes_is_read_back(moment):
    assert local(moment.isoformat()) == moment
    assert local(moment.isoformat(sep=" ", timespec="minutes")) == moment.replace(second=0, microsecond=0)
