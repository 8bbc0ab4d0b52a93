"""Columns of a delivered table: what their text is taken for."""

import duckdb
import pytest

from pipelines.sources.columns import Columns, joined_text


def read(values, term_of):
    with duckdb.connect() as con:
        con.execute('CREATE TABLE given (place INTEGER, "Code" VARCHAR)')
        con.executemany("INSERT INTO given VALUES (?, ?)", list(enumerate(values)))
        term = term_of(Columns(["place", "Code"]))
        return [value for (value,) in con.execute(f"SELECT {term} FROM given AS r ORDER BY place").fetchall()]


@pytest.mark.parametrize(
    ("delivered", "meant"),
    [
        ("12", "12"), ("12.0", "12"), ("12.5", "12.5"), ("120", "120"), ("D51.0", "D51.0"), (".0", ".0"),
        (" 7 ", "7"), ("", None), ("nan", None), ("NaN", None), ("nan1", "nan1"), (None, None),
    ],
)  # fmt: skip
def test_a_whole_number_loses_its_decimals_and_a_code_does_not(delivered, meant):
    assert read([delivered], lambda columns: columns.id("code")) == [meant]


def test_a_number_keeps_its_text_and_a_gap_is_none():
    assert read(["1.50", "NaN", ""], lambda columns: columns.number("code")) == ["1.50", None, None]


def test_a_column_that_the_file_lacks_is_null_and_was_asked_for():
    columns = Columns(["place", "Code"])
    assert read(["1"], lambda columns: columns.first("other", "code")) == ["1"]
    assert read(["1"], lambda columns: columns.id("other")) == [None]
    columns.text("other")
    assert columns.asked == {"other"}


def test_an_id_of_several_texts_keeps_the_place_of_a_missing_one():
    assert read(["a", None], lambda columns: joined_text("'x'", columns.text("code"), "'y'")) == ["x|a|y", "x||y"]
