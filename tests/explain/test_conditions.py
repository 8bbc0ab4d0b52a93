"""Which condition of a list fails, on what value and row, and what makes a near miss."""

from datetime import date

import pytest

from pipelines.explain.conditions import Condition, ListState
from pipelines.explain.judging import Explanation, Known, explained
from pipelines.profile import load_profile
from pipelines.worklists import IN_USE, worklists
from tests.explain.near_misses import NEAR_MISSES, drug, injected, lab, told
from tests.tables import EVERYTHING, exposures, tables_of

AS_OF = date(2026, 11, 22)
LISTS = sorted({case.worklist for case in NEAR_MISSES})


def explanation(given, *names, profile="uk_nice_ng239", overrides=None) -> Explanation:
    known = Known(tables_of(given), AS_OF, load_profile(profile, overrides or {}), EVERYTHING, exposures(None))
    return explained("p", known, list(names or worklists()))


def state(worklist, given, **asked) -> ListState:
    return explanation(given, worklist, **asked).lists[0]


def said(condition: Condition) -> str:
    value = f"{condition.value:g}" if isinstance(condition.value, float) else condition.value
    place = condition.source_file and f"{condition.source_file} {condition.source_row}"
    return " | ".join(str(part or "-") for part in (condition.name, value, condition.unit, condition.date, place))


@pytest.mark.parametrize("case", NEAR_MISSES, ids=lambda case: f"{case.worklist}-{case.fails.split(' ')[0]}")
def test_a_near_miss_names_the_failing_condition_its_value_date_and_source_row(case):
    found = state(case.worklist, case.given)
    assert (found.state, found.is_near_miss) == ("not eligible", True)
    assert [said(condition) for condition in found.failed] == [case.fails]


def test_every_list_that_ships_has_a_near_miss():
    """But the one that is off until a site turns it on; see below."""
    assert len(LISTS) == 24


@pytest.mark.parametrize("worklist", LISTS)
def test_of_somebody_without_any_record_it_is_said_which_record_is_missing(worklist):
    found = state(worklist, {"person": "person_id\np"})
    assert found.state == "not eligible"
    assert not found.is_near_miss
    assert [condition.asks_record for condition in found.failed] == [True]
    assert found.failed == found.conditions[:1]
    assert all(condition.holds is None for condition in found.conditions[1:])


def test_a_list_that_is_not_in_use_has_no_near_misses():
    person = {"person": "person_id | birth_date\np | 1950-11-22"}
    off = state("older_adult_unscreened", person)
    assert [condition.holds for condition in off.conditions] == [False, True]
    assert not off.is_near_miss
    borderline = lab("serum_b12 | 2026-01-10 | 200") | told("fatigue | 2026-02-10")
    assert state("indeterminate_unresolved", borderline).closed_by == "mma_listed"
    not_there = state("indeterminate_unresolved", borderline, profile="us")
    assert [(condition.told, condition.seen) for condition in not_there.failed] == [(IN_USE, ())]
    assert not not_there.is_near_miss
    on = {"overrides": {"older_adult_unscreened.enabled": True}}
    assert state("older_adult_unscreened", person, **on).state == "open"
    younger = state("older_adult_unscreened", {"person": "person_id | birth_date\np | 1950-11-23"}, **on)
    assert (younger.is_near_miss, said(younger.failed[0])) == (True, "age | - | - | 2026-11-23 | -")


def test_two_failing_conditions_are_no_near_miss_and_both_are_told():
    found = state("low_b12_untreated", lab("serum_b12 | 2026-11-09 | 133"))
    assert not found.is_near_miss
    assert [condition.name for condition in found.failed] == ["low", "dated"]


def test_the_limits_are_those_of_the_profile():
    given = lab("serum_b12 | 2026-11-01 | 140")
    assert "below 133 pmol/L (180 ng/L)" in state("low_b12_untreated", given).failed[0].told
    assert state("low_b12_untreated", given, profile="us_conventional").state == "open"
    moved = state("low_b12_untreated", given, overrides={"b12_total.substance_low_pmol_l": 135})
    assert "below 135 pmol/L" in moved.failed[0].told


def test_of_several_rows_the_one_that_comes_nearest_is_judged():
    given = told("nitrous_oxide_misuse | 2025-11-21", "nitrous_oxide_misuse | 2026-01-02")
    found = state("nitrous_oxide_untested", given)  # the second one is recent, but 42 days after the first
    assert [said(condition) for condition in found.failed] == [
        "new | 42 | days | 2026-01-02 | condition_occurrence.csv 2"
    ]


def test_a_condition_on_several_rows_shows_them_all():
    given = lab("serum_b12 | 2026-06-01 | 200", "mcv | 2026-06-01 | 101") | told("fatigue | 2026-06-02")
    feature = state("borderline_without_mma", given).conditions[-1]
    assert feature.holds
    assert {(row.text, row.source_file) for row in feature.seen} == {
        ("MCV 101 fL", "measurement.csv"),
        ("Fatigue", "condition_occurrence.csv"),
    }


def test_closing_rules_are_told_in_order_with_the_row_that_closes():
    given = injected("2026-08-10") | lab("serum_b12 | 2026-08-03 | 100")
    found = state("deficiency_diagnosed_untreated", given | told("b12_deficiency | 2026-08-05"))
    assert found.closed_by == "treated"
    assert [(rule.name, rule.holds) for rule in found.closing] == [
        ("treated", True),
        ("result_listed", True),  # it would close the gap as well, but an earlier rule does
        ("not_confirmed", False),
    ]
    assert found.closing[0].found.startswith("B12 treatment is on record")
    assert (found.closing[0].source_file, found.closing[0].source_row) == ("drug_exposure.csv", 1)


def test_an_open_gap_has_every_condition_and_no_closing_rule_holding():
    found = state("low_b12_untreated", lab("serum_b12 | 2026-08-03 | 100"))
    assert (found.state, found.priority, found.due_date) == ("open", 2, date(2026, 8, 17))
    assert all(condition.holds for condition in found.conditions)
    assert not any(rule.holds for rule in found.closing)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"person": "person_id | death_date\np | 2026-11-22"}, "alive | - | - | 2026-11-22 | -"),
        ({"person": "person_id | registered_from\np | 2026-11-23"}, "registered | - | - | 2026-11-23 | -"),
        ({"person": "person_id | registered_until\np | 2026-11-21"}, "still_registered | - | - | 2026-11-21 | -"),
        ({"person": "person_id | birth_date\np | 2010-11-23"}, "age | - | - | 2010-11-23 | -"),
        (
            told("palliative_care | 2001-01-01"),
            "no_palliative_care_record | - | - | 2001-01-01 | condition_occurrence.csv 1",
        ),
    ],
)
def test_of_somebody_out_of_scope_the_shared_condition_is_told_and_no_list_is(given, expected):
    found = explanation(given | lab("serum_b12 | 2026-08-03 | 100"))
    assert [said(condition) for condition in found.scope if not condition.holds] == [expected]
    assert found.out_of_scope == next(condition.told for condition in found.scope if not condition.holds)
    assert {listed.state for listed in found.lists} == {"not eligible"}
    assert not any(listed.conditions or listed.is_near_miss for listed in found.lists)


def test_somebody_in_scope_meets_every_shared_condition_on_the_boundary_days():
    person = "person_id | birth_date | registered_from | registered_until | death_date"
    found = explanation(
        {"person": f"{person}\np | 2010-11-22 | 2026-11-22 | 2026-11-22 | 2026-11-23"}, "route_mismatch"
    )
    assert found.out_of_scope is None
    assert all(condition.holds for condition in found.scope)


def test_records_that_do_not_count_are_not_looked_at():
    given = drug("b12_oral | 2026-11-23 | 2026-12-24 | 1000") | lab("serum_b12 | 2026-11-23 | 100")
    found = explanation(given)
    assert not any(condition.seen for listed in found.lists for condition in listed.conditions)
