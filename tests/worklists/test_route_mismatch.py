"""B12 by mouth or nose where it may not be absorbed."""

import pytest

from pipelines.worklists.route_mismatch import route_mismatch
from tests.tables import evidence_of


def celiac(*people: str) -> str:
    """A cause of malabsorption that is not lifelong, for everybody."""
    rows = "\n".join(f"{person} | celiac_disease | 2020-01-01" for person in people)
    return f"person_id | concept | condition_start_date\n{rows}"


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_it_is_listed_while_a_low_dose_runs_and_no_injection_covers(spec, profile):
    people = (
        "today",
        "ended",
        "starts",
        "nasal",
        "unsure",
        "also-unsure",
        "injected",
        "injected-181",
        "below-50",
        "well",
    )
    judgement = spec(
        route_mismatch,
        as_of="2026-11-22",
        profile=profile,
        given={
            "condition_occurrence": celiac(*people[:-1]),
            "drug_exposure": """
                person_id    | concept           | drug_exposure_start_date | drug_exposure_end_date | daily_dose | kind
                today        | b12_oral          | 2026-06-01               | 2026-11-22             | 50         | prescribed
                ended        | b12_oral          | 2026-06-01               | 2026-11-21             | 50         | prescribed
                starts       | b12_oral          | 2026-11-22               | 2026-12-22             | 50         | prescribed
                nasal        | b12_nasal         | 2026-06-01               | 2026-12-22             | 50         | prescribed
                unsure       | b12_unknown_route | 2026-06-01               | 2026-12-22             | 50         | prescribed
                also-unsure  | b12_unknown_route | 2026-06-01               | 2026-12-22             |            | prescribed
                also-unsure  | b12_oral          | 2026-06-01               | 2026-12-22             | 50         | prescribed
                injected     | b12_oral          | 2026-06-01               | 2026-12-22             | 50         | prescribed
                injected     | b12_injectable    | 2026-05-26               | 2026-05-26             |            | administered  # 180 days
                injected-181 | b12_oral          | 2026-06-01               | 2026-12-22             | 50         | prescribed
                injected-181 | b12_injectable    | 2026-05-25               | 2026-05-25             |            | administered
                below-50     | b12_oral          | 2026-06-01               | 2026-12-22             | 49.9       | prescribed
                well         | b12_oral          | 2026-06-01               | 2026-12-22             | 50         | prescribed
            """,
        },
        expect="""
            person_id    | index_date | due_date   | closed_by       | priority
            today        | 2026-06-01 | 2026-06-29 |                 | 3
            starts       | 2026-11-22 | 2026-12-20 |                 | 3
            nasal        | 2026-06-01 | 2026-06-29 | dose_sufficient |
            injected-181 | 2026-06-01 | 2026-06-29 |                 | 3
        """,
    )
    assert evidence_of(judgement, "today") == {("index", "d001"), ("running", "d001"), ("cause", "c001")}
    assert judgement.care_gap.filter(person_id="today")["reason"].item() == (
        "Oral or nasal B12 since 2026-06-01, with malabsorption; no record of a high dose or of injections now."
    )


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_the_highest_dose_that_runs_suffices_from_1000_mcg_on_and_where_one_is_unknown(spec, profile):
    people = ("dose-1000", "dose-999", "unknown", "highest", "one-unknown", "beside-nasal")
    spec(
        route_mismatch,
        as_of="2026-11-22",
        profile=profile,
        given={
            "condition_occurrence": celiac(*people),
            "drug_exposure": """
                person_id    | concept   | drug_exposure_start_date | drug_exposure_end_date | daily_dose
                dose-1000    | b12_oral  | 2026-06-01               | 2026-12-22             | 1000
                dose-999     | b12_oral  | 2026-06-01               | 2026-12-22             | 999
                unknown      | b12_oral  | 2026-06-01               | 2026-12-22             |
                highest      | b12_oral  | 2026-06-01               | 2026-12-22             | 50
                highest      | b12_oral  | 2026-07-01               | 2026-12-22             | 1000
                one-unknown  | b12_oral  | 2026-06-01               | 2026-12-22             | 50
                one-unknown  | b12_oral  | 2026-07-01               | 2026-12-22             |
                beside-nasal | b12_oral  | 2026-06-01               | 2026-12-22             | 50
                beside-nasal | b12_nasal | 2026-07-01               | 2026-12-22             | 60
            """,
        },
        expect="""
            person_id    | closed_by
            dose-1000    | dose_sufficient
            dose-999     |
            unknown      | dose_sufficient
            highest      | dose_sufficient
            one-unknown  | dose_sufficient
            beside-nasal | dose_sufficient
        """,
    )


LIFELONG = {
    "condition_occurrence": """
        person_id | concept           | condition_start_date
        high      | pernicious_anemia | 2020-01-01
        short     | pernicious_anemia | 2020-01-01
        unknown   | pernicious_anemia | 2020-01-01
        nasal     | pernicious_anemia | 2020-01-01
        spray-999 | pernicious_anemia | 2020-01-01
        neuro     | pernicious_anemia | 2020-01-01
        neuro     | neuropathy        | 2026-01-01
    """,
    "drug_exposure": """
        person_id | concept   | drug_exposure_start_date | drug_exposure_end_date | daily_dose
        high      | b12_oral  | 2026-06-01               | 2026-12-22             | 1000
        short     | b12_oral  | 2026-06-01               | 2026-12-22             | 999
        unknown   | b12_oral  | 2026-06-01               | 2026-12-22             |
        nasal     | b12_nasal | 2026-06-01               | 2026-12-22             |
        spray-999 | b12_nasal | 2026-06-01               | 2026-12-22             | 999
        neuro     | b12_oral  | 2026-06-01               | 2026-12-22             | 500
    """,
}


def test_a_lifelong_cause_asks_for_injections_whatever_the_dose(spec):
    judgement = spec(
        route_mismatch,
        as_of="2026-11-22",
        given=LIFELONG,
        expect="""
            person_id | closed_by | priority
            high      |           | 2
            short     |           | 2
            unknown   |           | 2
            nasal     |           | 2
            spray-999 |           | 2
            neuro     |           | 1
        """,
    )
    assert judgement.care_gap.filter(person_id="high")["reason"].item() == (
        "Oral or nasal B12 since 2026-06-01, with a lifelong cause of malabsorption; no record of injections now."
    )


def test_in_the_united_states_a_lifelong_cause_asks_for_them_below_1000_mcg(spec):
    judgement = spec(
        route_mismatch,
        as_of="2026-11-22",
        profile="us",
        given=LIFELONG,
        expect="""
            person_id | closed_by       | priority
            high      | dose_sufficient |
            short     |                 | 2
            unknown   | dose_sufficient |
            nasal     | dose_sufficient |
            spray-999 |                 | 2
            neuro     |                 | 1
        """,
    )
    assert judgement.care_gap.filter(person_id="short")["reason"].item() == (
        "Oral or nasal B12 since 2026-06-01, with a lifelong cause of malabsorption; "
        "no record of a high dose or of injections now."
    )


NEURO = {
    "measurement": """
        person_id    | concept    | measurement_date | value
        low          | serum_b12  | 2026-01-01       | 132.9
        borderline   | serum_b12  | 2026-01-01       | 133
        no-neuro     | serum_b12  | 2026-01-01       | 50
        neuro-old    | serum_b12  | 2026-01-01       | 100
        once-severe  | serum_b12  | 2014-01-01       | 60
        once-severe  | serum_b12  | 2015-01-01       | 73.9
        once-severe  | serum_b12  | 2026-01-01       | 400
        once-low     | serum_b12  | 2015-01-01       | 74
        once-low     | serum_b12  | 2026-01-01       | 400
        once-active  | active_b12 | 2015-01-01       | 10
        once-active  | serum_b12  | 2026-01-01       | 400
    """,
    "condition_occurrence": """
        person_id   | concept     | condition_start_date
        low         | gait_ataxia | 2024-11-22   # 730 days
        borderline  | gait_ataxia | 2026-01-01
        neuro-old   | gait_ataxia | 2024-11-21
        once-severe | gait_ataxia | 2026-01-01
        once-low    | gait_ataxia | 2026-01-01
        once-active | gait_ataxia | 2026-01-01
    """,
    "drug_exposure": "person_id | concept | drug_exposure_start_date | drug_exposure_end_date | daily_dose\n"
    + "\n".join(
        f"{person} | b12_oral | 2026-06-01 | 2026-12-22 | 2000"
        for person in ("low", "borderline", "no-neuro", "neuro-old", "once-severe", "once-low", "once-active")
    ),
}


def test_a_low_deciding_result_with_a_neurological_record_asks_for_injections(spec):
    judgement = spec(
        route_mismatch,
        as_of="2026-11-22",
        given=NEURO,
        expect="""
            person_id | closed_by | priority
            low       |           | 1
        """,
    )
    assert evidence_of(judgement, "low") == {
        ("index", "d001"),
        ("running", "d001"),
        ("low", "m001"),
        ("neuro", "c001"),
    }


def test_in_the_united_states_a_very_low_result_at_any_time_does_too(spec):
    judgement = spec(
        route_mismatch,
        as_of="2026-11-22",
        profile="us",
        given=NEURO,
        expect="""
            person_id   | closed_by | priority
            low         |           | 1
            once-severe |           | 1
        """,
    )
    assert ("severe", "m006") in evidence_of(judgement, "once-severe")


def test_the_index_is_the_start_of_the_latest_course_of_all_that_is_not_injected(spec):
    judgement = spec(
        route_mismatch,
        as_of="2026-11-22",
        given={
            "condition_occurrence": celiac("joined", "split", "other-route"),
            "drug_exposure": """
                person_id   | concept           | drug_exposure_start_date | drug_exposure_end_date | daily_dose
                joined      | b12_oral          | 2026-01-01               | 2026-06-03             | 50
                joined      | b12_oral          | 2026-09-01               | 2026-12-22             | 50   # 90 days
                split       | b12_oral          | 2026-01-01               | 2026-06-02             | 50
                split       | b12_oral          | 2026-09-01               | 2026-12-22             | 50
                other-route | b12_unknown_route | 2026-01-01               | 2026-06-03             |
                other-route | b12_oral          | 2026-09-01               | 2026-12-22             | 50
            """,
        },
        expect="""
            person_id   | index_date
            joined      | 2026-01-01
            split       | 2026-09-01
            other-route | 2026-01-01
        """,
    )
    assert evidence_of(judgement, "joined") == {("index", "d001"), ("running", "d002"), ("cause", "c001")}
