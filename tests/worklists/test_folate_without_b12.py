"""Folic acid where B12 is low, borderline or unknown."""

import pytest

from pipelines.worklists.folate_without_b12 import folate_without_b12
from tests.tables import evidence_of


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_a_start_without_a_test_is_listed_from_two_weeks_to_a_year_after_it(spec, profile):
    judgement = spec(
        folate_without_b12,
        as_of="2026-11-22",
        profile=profile,
        given={
            "drug_exposure": """
                person_id | concept    | drug_exposure_start_date | drug_exposure_end_date | daily_dose
                last-in   | folic_acid | 2026-11-08               | 2026-12-08             | 5000   # 14 days
                too-new   | folic_acid | 2026-11-09               | 2026-12-09             | 5000
                first-in  | folic_acid | 2025-11-22               | 2025-12-20             | 5000   # 365 days
                too-old   | folic_acid | 2025-11-21               | 2025-12-20             | 5000
                dose-400  | folic_acid | 2026-06-01               | 2026-12-20             | 400
                dose-399  | folic_acid | 2026-06-01               | 2026-12-20             | 399
                unknown   | folic_acid | 2026-06-01               | 2026-12-20             |
            """,
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            last-in   | 2026-11-08 | 2026-11-22 |           | 3
            first-in  | 2025-11-22 | 2025-12-06 |           | 3
            dose-400  | 2026-06-01 | 2026-06-15 |           | 3
            unknown   | 2026-06-01 | 2026-06-15 |           | 3
        """,
    )
    assert evidence_of(judgement, "last-in") == {("index", "d001")}
    assert judgement.care_gap.filter(person_id="last-in")["reason"].item() == (
        "Folic acid since 2026-11-08; no record of a B12 test around its start."
    )


def test_the_latest_course_decides(spec):
    spec(
        folate_without_b12,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id | concept    | drug_exposure_start_date | drug_exposure_end_date
                joined    | folic_acid | 2025-01-01               | 2026-03-03
                joined    | folic_acid | 2026-06-01               | 2026-12-01   # 90 days: the course began too long ago
                split     | folic_acid | 2025-01-01               | 2026-03-02
                split     | folic_acid | 2026-06-01               | 2026-12-01
                again     | folic_acid | 2026-01-01               | 2026-02-01
                again     | folic_acid | 2026-11-20               | 2026-12-20   # the latest began two days ago
            """,
        },
        expect="""
            person_id | index_date
            split     | 2026-06-01
        """,
    )


FOLATE = "person_id | concept | drug_exposure_start_date | drug_exposure_end_date | daily_dose\n"


def folate(*people: str, others: str = "") -> str:
    """Folic acid for everybody since June, beside other prescriptions."""
    return (
        FOLATE
        + "\n".join(f"{person} | folic_acid | 2026-06-01 | 2026-12-01 | 5000" for person in people)
        + "\n"
        + others
    )


def test_a_start_in_pregnancy_or_beside_methotrexate_is_left_out(spec):
    people = ("pregnant", "gave-birth", "later", "methotrexate", "issued-120", "issued-121", "stopped")
    spec(
        folate_without_b12,
        as_of="2026-11-22",
        given={
            "drug_exposure": folate(
                *people,
                others="""
                    methotrexate | methotrexate | 2024-01-01 | 2026-06-01 |
                    issued-120   | methotrexate | 2026-02-01 | 2026-02-28 |
                    issued-121   | methotrexate | 2026-01-31 | 2026-02-28 |
                    stopped      | methotrexate | 2026-06-02 | 2026-12-01 |
                """,
            ),
            "condition_occurrence": """
                person_id  | concept       | condition_start_date
                pregnant   | pregnancy     | 2026-06-01
                gave-birth | pregnancy     | 2025-10-01
                gave-birth | pregnancy_end | 2026-06-01
                later      | pregnancy     | 2026-06-02
            """,
        },
        expect="""
            person_id  | closed_by
            gave-birth |
            later      |
            issued-121 |
            stopped    |
        """,
    )


def test_a_low_or_borderline_result_from_a_year_before_on_lists_and_a_test_around_the_start_else_does_not(spec):
    people = (
        *("low", "low-neuro", "borderline", "low-366", "latest", "untested-181", "tested-180", "tested-14"),
        *("tested-15", "active", "one-day", "unclear"),
    )
    judgement = spec(
        folate_without_b12,
        as_of="2026-11-22",
        given={
            "drug_exposure": folate(*people),
            "measurement": """
                person_id    | concept    | measurement_date | value | comparator
                low          | serum_b12  | 2025-06-01       | 132.9 | =    # 365 days before
                low-neuro    | serum_b12  | 2026-06-01       | 100   | =
                borderline   | serum_b12  | 2026-06-01       | 258   | =
                low-366      | serum_b12  | 2025-05-31       | 100   | =    # too old to say anything; untested since
                latest       | serum_b12  | 2026-05-01       | 100   | =
                latest       | serum_b12  | 2026-11-22       | 200   | =    # the latest decides
                untested-181 | serum_b12  | 2025-12-02       | 400   | =    # 181 days before
                tested-180   | serum_b12  | 2025-12-03       | 400   | =
                tested-14    | serum_b12  | 2026-06-15       | 400   | =
                tested-15    | serum_b12  | 2026-06-16       | 400   | =
                active       | active_b12 | 2026-06-01       | 24    | =
                one-day      | serum_b12  | 2026-06-01       | 400   | =
                one-day      | active_b12 | 2026-06-01       | 50    | =    # the most abnormal of the date
                unclear      | serum_b12  | 2026-06-01       | 200   | <    # a test of any class is a test
            """,
            "condition_occurrence": """
                person_id | concept    | condition_start_date
                low-neuro | neuropathy | 2026-01-01
                low-366   | neuropathy | 2026-01-01
            """,
        },
        expect="""
            person_id    | closed_by      | priority
            low          |                | 2
            low-neuro    |                | 1
            borderline   |                | 3
            low-366      |                | 3
            latest       |                | 3
            untested-181 | b12_sufficient |
            tested-15    | b12_sufficient |
            active       |                | 2
            one-day      |                | 3
        """,
    )
    assert evidence_of(judgement, "low") == {("index", "d001"), ("b12", "m001")}
    assert judgement.care_gap.filter(person_id="low")["reason"].item() == (
        "Folic acid since 2026-06-01 with a low B12 of 2025-06-01; no record of B12 treatment since."
    )


def test_a_result_on_treatment_says_nothing_and_still_is_a_test(spec):
    spec(
        folate_without_b12,
        as_of="2026-11-22",
        given={
            "drug_exposure": folate(
                "on-it",
                "tested",
                others="on-it | b12_oral | 2025-06-01 | 2025-09-30 | 1000\ntested | b12_oral | 2025-11-01 | 2025-12-20 | 1000",
            ),
            "measurement": """
                person_id | concept   | measurement_date | value
                on-it     | serum_b12 | 2025-10-01       | 100   # within 30 days of the end, and no test since
                tested    | serum_b12 | 2026-01-01       | 100   # within 30 days of the end
            """,
        },
        expect="""
            person_id | priority
            on-it     | 3
        """,
    )


def test_treatment_since_the_start_closes_the_gap_first(spec):
    judgement = spec(
        folate_without_b12,
        as_of="2026-11-22",
        given={
            "drug_exposure": folate(
                *("before-14", "before-15", "both"),
                others="""
                    before-14 | b12_injectable | 2026-05-18 | 2026-05-18 |
                    before-15 | b12_injectable | 2026-05-17 | 2026-05-17 |
                    both      | b12_injectable | 2026-06-01 | 2026-06-01 |
                """,
            ),
            "measurement": """
                person_id | concept   | measurement_date | value
                both      | serum_b12 | 2025-12-01       | 400
            """,
        },
        expect="""
            person_id | closed_by
            before-14 | treated
            before-15 |
            both      | treated
        """,
    )
    assert ("closed_by", "d004") in evidence_of(judgement, "before-14")
