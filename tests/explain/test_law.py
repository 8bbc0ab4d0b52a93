"""The law of explaining: it never disagrees with the lists, and it changes nothing in them."""

import polars as pl
import pytest
from hypothesis import given

from pipelines.profile import load_profile
from pipelines.worklists import NotedConditions, note_conditions
from tests.tables import EVERYTHING
from tests.test_invariants import AS_OF, PROFILES, assert_same, drawn, first_exposure, judged, law, seeds

KEY = ["worklist", "person_id"]


def noted(tables, profile: str) -> NotedConditions:
    return note_conditions(
        {table: rows.lazy() for table, rows in tables.items()},
        as_of=AS_OF,
        profile=load_profile(profile),
        delivered=EVERYTHING,
        first_exposure=first_exposure(tables),
    )


def disagreements(told: pl.DataFrame, care_gap: pl.DataFrame) -> list[tuple]:
    """The lists and persons of whom the conditions say another thing than the list: eligible or not, closed by what."""
    holds = pl.col("holds").fill_null(value=False)
    eligible = told.filter(part="eligible").group_by(KEY).agg(is_told=holds.all())
    closed = (
        told.filter(pl.col("part") == "closing", "holds")
        .sort("place")
        .unique(KEY, keep="first", maintain_order=True)
        .select(*KEY, told_closed="told")
    )
    both = eligible.join(care_gap.with_columns(is_listed=pl.lit(value=True)), on=KEY, how="full", coalesce=True)
    differs = pl.col("is_told").fill_null(value=False) != pl.col("is_listed").fill_null(value=False)
    otherwise = pl.col("is_listed") & pl.col("closed_by").ne_missing(pl.col("told_closed"))
    return both.join(closed, on=KEY, how="left").filter(differs | otherwise).select(KEY).rows()


@pytest.mark.parametrize("profile", PROFILES)
@law
@given(seed=seeds)
def test_conditions_hold_exactly_for_those_on_the_list_and_the_first_closing_rule_is_the_one_it_names(profile, seed):
    tables = drawn(seed)
    judgement = judged(tables, profile)
    told = noted(tables, profile).conditions
    assert disagreements(told, judgement.care_gap) == []
    in_scope = told.filter(part="scope").group_by("person_id").agg(pl.col("holds").all()).filter("holds")
    assert set(judgement.care_gap["person_id"]) <= set(in_scope["person_id"])
    assert set(told.filter(part="eligible")["person_id"]) == set(in_scope["person_id"])


@pytest.mark.parametrize("profile", PROFILES)
@law
@given(seed=seeds)
def test_noting_changes_nothing_in_a_judgement(profile, seed):
    tables = drawn(seed)
    before = judged(tables, profile)
    noted(tables, profile)
    assert_same(before, judged(tables, profile))


def test_one_person_alone_is_told_what_all_together_are():
    tables = drawn(7)
    together = noted(tables, "uk_nice_ng239").conditions
    for person in ("p00", "p01", "p02", "p03"):
        alone = {table: rows.filter(person_id=person) for table, rows in tables.items()}
        told = note_conditions(
            {table: rows.lazy() for table, rows in alone.items()},
            as_of=AS_OF,
            profile=load_profile("uk_nice_ng239"),
            delivered=EVERYTHING,
            first_exposure=first_exposure(tables),
        ).conditions
        order = ["worklist", "part", "place"]
        assert told.sort(order).equals(together.filter(person_id=person).sort(order))


def test_the_law_sees_a_disagreement():
    tables = drawn(7)
    judgement = judged(tables, "uk_nice_ng239")
    told = noted(tables, "uk_nice_ng239").conditions
    assert disagreements(told, judgement.care_gap.head(-1)) == judgement.care_gap.tail(1).select(KEY).rows()
