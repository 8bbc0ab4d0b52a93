"""Which texts of a file may be told: those that several people share, and that are short."""

import polars as pl
import pytest

from pipelines.onboarding.discretion import LONGEST, shared_texts


def rows(text: str, people: int, each: int = 1) -> pl.DataFrame:
    return pl.DataFrame({"text": [text] * people * each, "person": [f"p{n}" for n in range(people)] * each})


@pytest.mark.parametrize(("people", "told"), [(2, []), (3, ["VB12"])])
def test_a_text_is_told_when_three_people_share_it(people, told):
    assert shared_texts(rows("VB12", people, each=10), "text", "person") == told


@pytest.mark.parametrize(("count", "told"), [(4, []), (5, ["VB12"])])
def test_where_people_are_not_known_five_rows_must_share_it(count, told):
    assert shared_texts(rows("VB12", count), "text", None) == told


@pytest.mark.parametrize(("length", "is_told"), [(LONGEST, True), (LONGEST + 1, False)])
def test_a_long_text_is_never_told(length, is_told):
    assert bool(shared_texts(rows("x" * length, 9), "text", "person")) == is_told


def test_an_id_of_a_person_is_shared_by_nobody():
    frame = rows("VB12", 9, each=6)
    assert shared_texts(frame, "person", "person") == []
