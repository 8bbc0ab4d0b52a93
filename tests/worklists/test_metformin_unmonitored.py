"""Long-term metformin without a recent B12 result."""

import pytest

from pipelines.worklists.metformin_unmonitored import metformin_unmonitored
from tests.tables import evidence_of


def test_a_feature_lists_after_180_days_and_four_years_list_without_one(spec):
    judgement = spec(
        metformin_unmonitored,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id     | concept   | drug_exposure_start_date | drug_exposure_end_date
                a-in          | metformin | 2026-05-26               | 2026-12-01   # 180 days
                a-out         | metformin | 2026-05-27               | 2026-12-01
                b-in          | metformin | 2022-11-22               | 2026-12-01   # 1461 days
                b-out         | metformin | 2022-11-23               | 2026-12-01
                b-and-feature | metformin | 2022-11-22               | 2026-12-01
            """,
            "condition_occurrence": """
                person_id     | concept             | condition_start_date
                a-in          | diabetic_neuropathy | 2026-05-01
                a-out         | diabetic_neuropathy | 2026-05-01
                b-and-feature | fatigue             | 2026-05-01
            """,
        },
        expect="""
            person_id     | index_date | due_date   | closed_by | priority
            a-in          | 2026-05-26 | 2026-11-22 |           | 2
            b-in          | 2022-11-22 | 2026-11-22 |           | 3
            b-and-feature | 2022-11-22 | 2023-05-21 |           | 2   # its feature makes the tier too
        """,
    )
    assert evidence_of(judgement, "a-in") == {("index", "d001"), ("sign", "c001")}
    assert judgement.care_gap.filter(person_id="b-in")["reason"].item() == (
        "Metformin since 2022-11-22; no record of a B12 test."
    )


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_a_risk_lists_after_180_days(spec, profile):
    spec(
        metformin_unmonitored,
        as_of="2026-11-22",
        profile=profile,
        given={
            "drug_exposure": """
                person_id  | concept   | drug_exposure_start_date | drug_exposure_end_date | daily_dose | route
                dose       | metformin | 2026-05-26               | 2026-12-01             | 1500       | oral
                dose-short | metformin | 2026-05-27               | 2026-12-01             | 1500       | oral
                dose-low   | metformin | 2026-05-26               | 2026-12-01             | 1499       | oral
                median     | metformin | 2025-01-01               | 2025-12-01             | 500        | oral
                median     | metformin | 2025-12-02               | 2026-05-31             | 2000       | oral
                median     | metformin | 2026-06-01               | 2026-12-01             | 1000       | oral
                median     | metformin | 2026-06-01               | 2026-12-01             |            | oral  # unknown: left out
                median     | metformin | 2026-06-01               | 2026-12-01             | 2000       | oral
                old-dose   | metformin | 2025-01-01               | 2025-11-22             | 500        | oral  # the last day of the window
                old-dose   | metformin | 2025-11-23               | 2026-12-01             | 2000       | oral
                past-dose  | metformin | 2025-01-01               | 2025-11-21             | 500        | oral  # before the window
                past-dose  | metformin | 2025-11-22               | 2026-12-01             | 2000       | oral
                acid       | metformin | 2026-01-01               | 2026-12-01             |            | oral
                acid       | ppi       | 2025-11-22               | 2026-05-01             |            | oral  # 365 days, both together
                acid       | h2ra      | 2026-07-30               | 2026-12-01             |            | oral  # 90 days after
                acid-short | metformin | 2026-01-01               | 2026-12-01             |            | oral
                acid-short | ppi       | 2025-11-23               | 2026-12-01             |            | oral
                acid-gap   | metformin | 2026-01-01               | 2026-12-01             |            | oral
                acid-gap   | ppi       | 2025-01-01               | 2026-05-01             |            | oral
                acid-gap   | ppi       | 2026-07-31               | 2026-12-01             |            | oral  # 91 days after
                acid-iv    | metformin | 2026-01-01               | 2026-12-01             |            | oral
                acid-iv    | ppi       | 2020-01-01               | 2026-12-01             |            | injection
                surgery    | metformin | 2026-01-01               | 2026-12-01             |            | oral
                borderline | metformin | 2026-01-01               | 2026-12-01             |            | oral
            """,
            "procedure_occurrence": """
                person_id | concept           | procedure_date
                surgery   | bariatric_surgery | 2026-11-22
            """,
            "measurement": """
                person_id  | concept    | measurement_date | value
                borderline | active_b12 | 2019-01-01       | 25
            """,
        },
        expect="""
            person_id  | due_date   | priority
            dose       | 2026-11-22 | 3
            median     | 2025-06-30 | 3
            past-dose  | 2025-06-30 | 3
            acid       | 2026-06-30 | 3
            surgery    | 2026-06-30 | 3
            borderline | 2020-01-01 | 3   # a year after the last test
        """,
    )


def test_the_dose_is_that_of_the_course_that_lists(spec):
    """Two courses can be current at once: the doses of the later one are not those of the one that lists."""
    spec(
        metformin_unmonitored,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id | concept   | drug_exposure_start_date | drug_exposure_end_date | daily_dose
                1         | metformin | 2024-12-22               | 2026-08-04             | 1000
                1         | metformin | 2026-07-27               | 2026-08-14             | 1000   # 118 days ago: current
                1         | metformin | 2026-11-17               | 2026-12-14             | 2000   # 95 days after: another course
                1         | metformin | 2026-11-17               | 2026-12-14             | 2000
                1         | metformin | 2026-11-17               | 2026-12-14             | 2000
            """
        },
        expect="person_id | closed_by",
    )


def test_only_a_current_course_lists(spec):
    """Current: a day covered on or after the as-of date, or a start in the last 120 days; joined over gaps of 90 days."""
    judgement = spec(
        metformin_unmonitored,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id   | concept   | drug_exposure_start_date | drug_exposure_end_date
                ends-today  | metformin | 2022-01-01               | 2026-11-22
                ended       | metformin | 2022-01-01               | 2026-11-21
                issued-120  | metformin | 2022-01-01               | 2026-07-01
                issued-120  | metformin | 2026-07-25               | 2026-08-21   # 120 days
                issued-121  | metformin | 2022-01-01               | 2026-07-01
                issued-121  | metformin | 2026-07-24               | 2026-08-20
                gap-90      | metformin | 2022-01-01               | 2026-06-01
                gap-90      | metformin | 2026-08-30               | 2026-12-01   # 90 days
                gap-91      | metformin | 2022-01-01               | 2026-06-01
                gap-91      | metformin | 2026-08-31               | 2026-12-01
                overlapping | metformin | 2022-01-01               | 2026-10-01   # the latest end joins, not the last
                overlapping | metformin | 2022-02-01               | 2022-02-28
                overlapping | metformin | 2026-11-01               | 2026-12-01
                open        | metformin | 2025-11-23               |              # runs to 2026-11-22
                open-ended  | metformin | 2025-11-22               |
            """,
            "condition_occurrence": """
                person_id  | concept | condition_start_date
                open       | fatigue | 2026-01-01
                open-ended | fatigue | 2026-01-01
            """,
        },
        expect="""
            person_id   | index_date
            ends-today  | 2022-01-01
            issued-120  | 2022-01-01
            gap-90      | 2022-01-01
            overlapping | 2022-01-01
            open        | 2025-11-23
        """,
    )
    assert evidence_of(judgement, "overlapping") == {("index", "d011")}, "the first row of the course"


def test_an_open_row_of_a_source_that_closes_its_rows_runs_on(spec):
    spec(
        metformin_unmonitored,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id | concept   | drug_exposure_start_date | source_closes_rows
                list      | metformin | 2020-01-01               | true
                issues    | metformin | 2020-01-01               | false
            """,
        },
        expect="""
            person_id | due_date
            list      | 2024-01-01
        """,
    )


def test_a_result_in_the_last_year_closes_and_a_reassuring_one_in_two_where_no_feature_is_known(spec):
    spec(
        metformin_unmonitored,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id  | concept   | drug_exposure_start_date | drug_exposure_end_date
                a-365      | metformin | 2020-01-01 | 2026-12-01
                a-366      | metformin | 2020-01-01 | 2026-12-01
                b-365      | metformin | 2020-01-01 | 2026-12-01
                b-366      | metformin | 2020-01-01 | 2026-12-01
                b-730      | metformin | 2020-01-01 | 2026-12-01
                b-731      | metformin | 2020-01-01 | 2026-12-01
                a-730      | metformin | 2020-01-01 | 2026-12-01
                unclear    | metformin | 2020-01-01 | 2026-12-01
                b-tie      | metformin | 2020-01-01 | 2026-12-01
            """,
            "condition_occurrence": """
                person_id | concept | condition_start_date
                a-365     | fatigue | 2026-01-01
                a-366     | fatigue | 2026-01-01
                a-730     | fatigue | 2026-01-01
            """,
            "measurement": """
                person_id | concept    | measurement_date | value | comparator
                a-365     | serum_b12  | 2025-11-22       | 200   | =
                a-366     | serum_b12  | 2025-11-21       | 400   | =
                b-365     | active_b12 | 2025-11-22       | 10    | =
                b-366     | serum_b12  | 2025-11-21       | 258   | =   # indeterminate
                b-730     | serum_b12  | 2024-11-22       | 259   | =
                b-731     | serum_b12  | 2024-11-21       | 259   | =
                a-730     | serum_b12  | 2024-11-22       | 259   | =
                unclear   | serum_b12  | 2025-11-22       | 200   | <   # a test of any class is a test
                b-tie     | serum_b12  | 2025-11-21       | 400   | =
                b-tie     | active_b12 | 2025-11-21       | 30    | =   # the most abnormal of the date counts
            """,
        },
        expect="""
            person_id | closed_by | priority | due_date
            a-365     | tested    |          | 2026-11-22
            a-366     |           | 2        | 2026-11-21
            b-365     | tested    |          | 2026-11-22
            b-366     |           | 3        | 2026-11-21
            b-730     | tested    |          | 2026-11-22
            b-731     |           | 3        | 2026-11-21
            a-730     |           | 2        | 2025-11-22
            unclear   | tested    |          | 2026-11-22
            b-tie     |           | 3        | 2026-11-21
        """,
    )


def test_neurological_signs_never_followed_by_a_b12_test_come_first(spec):
    judgement = spec(
        metformin_unmonitored,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id | concept   | drug_exposure_start_date | drug_exposure_end_date
                never     | metformin | 2020-01-01 | 2026-12-01
                before    | metformin | 2020-01-01 | 2026-12-01
                same-day  | metformin | 2020-01-01 | 2026-12-01
            """,
            "condition_occurrence": """
                person_id | concept    | condition_start_date
                never     | neuropathy | 2026-01-01
                before    | neuropathy | 2025-01-01   # the first record ever decides
                before    | neuropathy | 2023-01-01
                same-day  | neuropathy | 2023-01-01
                same-day  | neuropathy | 2026-01-01
            """,
            "measurement": """
                person_id | concept   | measurement_date | value
                before    | serum_b12 | 2022-12-31       | 400
                same-day  | serum_b12 | 2023-01-01       | 400
            """,
        },
        expect="""
            person_id | priority
            never     | 1
            before    | 1
            same-day  | 2
        """,
    )
    assert evidence_of(judgement, "before") == {("index", "d002"), ("neuro", "c002"), ("last_test", "m001")}


def test_replacement_that_runs_closes_the_gap(spec):
    judgement = spec(
        metformin_unmonitored,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id   | concept        | drug_exposure_start_date | drug_exposure_end_date | kind
                injected    | metformin      | 2020-01-01               | 2026-12-01             | prescribed
                injected    | b12_injectable | 2026-05-26               | 2026-05-26             | administered   # 180 days
                injected-181 | metformin     | 2020-01-01               | 2026-12-01             | prescribed
                injected-181 | b12_injectable | 2026-05-25              | 2026-05-25             | administered
                tablets     | metformin      | 2020-01-01               | 2026-12-01             | prescribed
                tablets     | b12_oral       | 2026-09-01               | 2026-10-23             | prescribed     # ended 30 days ago
                tablets-31  | metformin      | 2020-01-01               | 2026-12-01             | prescribed
                tablets-31  | b12_oral       | 2026-09-01               | 2026-10-22             | prescribed
                and-tested  | metformin      | 2021-01-01               | 2026-12-01             | prescribed
                and-tested  | metformin      | 2020-01-01               | 2026-12-01             | prescribed     # the first row of the course
                and-tested  | metformin      | 2020-01-01               | 2026-12-01             | prescribed
                and-tested  | b12_oral       | 2026-09-01               | 2026-10-23             | prescribed
            """,
            "measurement": """
                person_id  | concept   | measurement_date | value
                and-tested | serum_b12 | 2019-01-01       | 200
                and-tested | serum_b12 | 2026-11-22       | 200   # the latest borderline one is told
                and-tested | serum_b12 | 2018-01-01       | 200
            """,
        },
        expect="""
            person_id    | closed_by
            injected     | on_b12_now
            injected-181 |
            tablets      | on_b12_now
            tablets-31   |
            and-tested   | on_b12_now
        """,
    )
    assert {("borderline", "m002"), ("index", "d010")} <= evidence_of(judgement, "and-tested")
