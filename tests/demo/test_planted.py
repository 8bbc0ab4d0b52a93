"""The planted cases are complete, consistent, and hold on any as-of date."""

from datetime import date, datetime, time

import polars as pl
import pytest

from pipelines.demo.planted import CASES, all_expected, differences, expected
from pipelines.demo.planted.case import Expectation, Person, case, number
from pipelines.demo.planted.older_adult_unscreened import WHEN_ENABLED
from pipelines.demo.planted.rows import b12
from pipelines.demo.planted.tables import planted_tables
from pipelines.worklists import worklists

AS_OF = date(2026, 11, 22)

STATES = """
    low_b12_untreated              | treated
    raised_mma_untreated           | treated kidney_function
    autoimmune_gastritis_untreated | on_b12_now maintenance_listed
    malabsorption_unprotected      | on_b12_now maintenance_listed
    maintenance_stopped            | on_time loading_listed overdue_listed oral_switch cause_resolved
    maintenance_overdue            | on_time loading_listed stopped_listed oral_switch cause_resolved
    oral_replacement_stopped       | on_b12_now maintenance_listed cause_resolved
    loading_incomplete             | loading_complete supplied oral_switch history_too_short
    borderline_without_mma         | second_line_test treated pregnancy_listed
    neuro_untested                 | tested on_b12
    pregnancy_b12_unresolved       | active_b12_normal treated
    metformin_unmonitored          | on_b12_now tested
    deficiency_diagnosed_untreated | treated result_listed not_confirmed
    route_mismatch                 | dose_sufficient
    response_inadequate            | no_evaluation responded
    folate_without_b12             | treated b12_sufficient
    nitrous_oxide_untested         | tested
    macrocytosis_untested          | tested on_b12 drug_explained
    malabsorption_unscreened       | on_b12_now tested
    acid_suppression_unscreened    | on_b12_now tested metformin_listed
    indeterminate_unresolved       | treated second_line_normal mma_listed kidney_function
    cause_uninvestigated           | untreated_listed tested cause_known
    response_unmonitored           | reviewed history_too_short
    diet_risk_unscreened           | on_b12_now tested
    older_adult_unscreened         |
"""
"""Every reason that can close each list."""

PRIORITIES = """
    low_b12_untreated              | 1 2
    raised_mma_untreated           | 1 2 3 4
    autoimmune_gastritis_untreated | 1 2
    malabsorption_unprotected      | 2 3
    maintenance_stopped            | 1 2 3
    maintenance_overdue            | 1 2 3
    oral_replacement_stopped       | 1 2 3
    loading_incomplete             | 1 2 3
    borderline_without_mma         | 1 2 3 4
    neuro_untested                 | 1 2
    pregnancy_b12_unresolved       | 1 2
    metformin_unmonitored          | 1 2 3
    deficiency_diagnosed_untreated | 1 2
    route_mismatch                 | 1 2 3
    response_inadequate            | 1 2
    folate_without_b12             | 1 2 3
    nitrous_oxide_untested         | 1 2
    macrocytosis_untested          | 2 3
    malabsorption_unscreened       | 2 3
    acid_suppression_unscreened    | 3 4
    indeterminate_unresolved       | 3
    cause_uninvestigated           | 3
    response_unmonitored           | 2 3
    diet_risk_unscreened           | 4
"""

OFF = {
    ("uk_nice_ng239", "older_adult_unscreened"),
    ("us", "older_adult_unscreened"),
    ("us", "indeterminate_unresolved"),
}
"""The lists that a profile does not have: nobody is eligible."""


def table(text: str) -> dict[str, set[str]]:
    lines = (line.split("|") for line in text.strip().splitlines())
    return {name.strip(): set(words.split()) for name, words in lines}


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_every_list_shows_every_state(profile):
    seen = {
        worklist: set(states)
        for worklist, states in expected(profile).group_by("worklist").agg(pl.col("expected").unique()).iter_rows()
    }
    for worklist, states in table(STATES).items():
        shown = set() if (profile, worklist) in OFF else states | {"open"}
        assert seen[worklist] == shown | {"not_eligible"}, worklist


def test_every_planted_list_exists_and_says_which_states_it_shows():
    assert set(all_expected()["worklist"]) == set(table(STATES)) <= set(worklists())


def test_the_list_that_is_off_shows_every_state_when_it_is_turned_on():
    assert {each.state for each in WHEN_ENABLED.values()} == {"open", "not_eligible", "on_b12_now", "tested"}
    assert {each.priority for each in WHEN_ENABLED.values()} == {None, 4}


def test_every_list_shows_every_priority():
    seen = all_expected().drop_nulls("priority").group_by("worklist").agg(pl.col("priority").cast(pl.String).unique())
    assert {worklist: set(found) for worklist, found in seen.iter_rows()} == table(PRIORITIES)


def test_only_open_gaps_have_a_priority():
    rows = all_expected()
    assert rows.filter((pl.col("expected") == "open") != pl.col("priority").is_not_null()).is_empty()


def test_each_planted_person_appears_once():
    ids = [each.patient_id for each in CASES]
    assert len(set(ids)) == len(ids)
    assert all_expected().select("patient_id", "profile", "worklist").is_duplicated().sum() == 0
    assert planted_tables(AS_OF)["patients"]["patient_id"].is_duplicated().sum() == 0


def test_every_case_says_why_in_words_of_its_own():
    by_list = pl.DataFrame([(each.patient_id[:5], each.why) for each in CASES], schema=["prefix", "why"], orient="row")
    assert by_list.filter(pl.struct("prefix", "why").is_duplicated())["why"].to_list() == []


def test_every_expected_person_has_rows_or_is_known():
    tables = planted_tables(AS_OF)
    known = pl.concat(frame.select("patient_id") for frame in tables.values()).unique()
    assert all_expected().join(known, on="patient_id", how="anti").is_empty()


@pytest.mark.parametrize("as_of", [date(2026, 11, 22), date(2028, 2, 29), date(2027, 2, 28), date(2025, 1, 1)])
def test_nothing_planted_happens_after_the_as_of_date(as_of):
    tables = planted_tables(as_of)
    end_of_day = datetime.combine(as_of, time(23, 59))
    for name, column in (
        ("labs", "collected_at"), ("labs", "reported_at"), ("prescriptions", "start_date"),
        ("diagnoses", "recorded_date"), ("procedures", "performed_date"), ("patients", "birth_date"),
    ):  # fmt: skip
        latest = tables[name][column].max()
        assert latest <= (end_of_day if isinstance(latest, datetime) else as_of), (name, column)


def test_results_are_reported_after_they_were_collected():
    labs = planted_tables(AS_OF)["labs"]
    assert labs.filter(pl.col("reported_at") < pl.col("collected_at")).is_empty()


def test_the_oldest_drug_row_of_every_site_of_the_population_can_be_trusted():
    tables = planted_tables(AS_OF)
    oldest = (
        tables["prescriptions"]
        .join(tables["patients"], on="patient_id")
        .group_by("site")
        .agg(pl.col("start_date").min())
    )
    old = oldest.filter(pl.col("start_date") < date(2016, 1, 1))["site"]
    assert set(oldest["site"]) - set(old) == {"Newbridge Demo Practice"}


@pytest.mark.parametrize("text", ["open", "treated 2", "open two", ""])
def test_an_expectation_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match="Cannot read the expectation"):
        Expectation.parse(text)


def test_the_us_profile_expects_the_same_unless_it_is_told_otherwise():
    [same, other] = number(
        "X",
        "some_list",
        (case("open 2", "", b12(120, days=40)), case("open 2", "", us="treated", person=Person(age=16))),
    )
    assert {key[0]: state.state for key, state in same.expected.items()} == {"uk_nice_ng239": "open", "us": "open"}
    assert {key[0]: state.state for key, state in other.expected.items()} == {"uk_nice_ng239": "open", "us": "treated"}


def test_a_profile_without_planted_cases_is_named():
    with pytest.raises(ValueError, match="'us_conventional'"):
        expected("us_conventional")


def test_only_the_persons_whose_state_differs_are_told():
    states = expected("us").remove(pl.col("expected") == "not_eligible")
    care_gap = states.select(
        "worklist", "priority", person_id="patient_id",
        closed_by=pl.when(pl.col("expected") != "open").then("expected"),
    )  # fmt: skip
    assert differences(care_gap, "us").is_empty()
    care_gap = care_gap.with_columns(
        closed_by=pl.when(pl.col("person_id") == "P-LOW-001").then(pl.lit("treated")).otherwise("closed_by"),
        priority=pl.when(pl.col("person_id") == "P-LOW-003").then(pl.lit(1, pl.Int64)).otherwise("priority"),
    ).remove(pl.col("person_id") == "P-LOW-005")
    wrong = differences(care_gap, "us").select("patient_id", "expected", "found")
    assert wrong.rows() == [
        ("P-LOW-001", "open", "treated"), ("P-LOW-003", "open", "open"), ("P-LOW-005", "open", "not_eligible"),
    ]  # fmt: skip
