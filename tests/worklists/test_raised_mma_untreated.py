"""Borderline B12 confirmed by a second-line test, without treatment."""

import pytest

from pipelines.worklists.raised_mma_untreated import raised_mma_untreated
from tests.tables import evidence_of


@pytest.mark.parametrize(("profile", "limit"), [("uk_nice_ng239", 280), ("us", 271)])
def test_a_raised_result_is_listed_from_two_weeks_to_three_years_after_it(spec, profile, limit):
    judgement = spec(
        raised_mma_untreated,
        as_of="2026-11-22",
        profile=profile,
        given={
            "measurement": f"""
                person_id  | concept   | measurement_date | value
                last-in    | serum_b12 | 2026-10-01       | 200
                last-in    | mma_serum | 2026-11-08       | {limit + 0.1}
                too-new    | serum_b12 | 2026-10-01       | 200
                too-new    | mma_serum | 2026-11-09       | 500
                first-in   | serum_b12 | 2023-12-01       | 200
                first-in   | mma_serum | 2023-11-23       | 500
                too-old    | serum_b12 | 2023-12-01       | 200
                too-old    | mma_serum | 2023-11-22       | 500
                not-raised | serum_b12 | 2026-10-01       | 200
                not-raised | mma_serum | 2026-10-01       | {limit}
                before-30  | serum_b12 | 2026-10-01       | 200
                before-30  | mma_serum | 2026-09-01       | 300
                before-31  | serum_b12 | 2026-10-01       | 200
                before-31  | mma_serum | 2026-08-31       | 300
                low        | serum_b12 | 2026-10-01       | 100
                low        | mma_serum | 2026-10-01       | 300
            """
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority | flags
            last-in   | 2026-11-08 | 2026-11-22 |           | 3        | kidney_function_not_seen
            first-in  | 2023-11-23 | 2023-12-07 |           | 2        | kidney_function_not_seen
            before-30 | 2026-09-01 | 2026-09-15 |           | 3        | kidney_function_not_seen
        """,
    )
    assert evidence_of(judgement, "last-in") == {("index", "m001"), ("second_line", "m002")}
    assert judgement.care_gap.filter(person_id="before-30")["reason"].item() == (
        "Serum MMA 300 nmol/L on 2026-09-01 is raised, with a borderline B12; no record of B12 treatment since."
    )


def test_the_limit_of_the_laboratory_goes_before_the_profile(spec):
    spec(
        raised_mma_untreated,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id | concept      | measurement_date | value | range_high | comparator
                above     | serum_b12    | 2026-10-01       | 200   |            | =
                above     | mma_serum    | 2026-10-01       | 251   | 250        | =
                at        | serum_b12    | 2026-10-01       | 200   |            | =
                at        | mma_serum    | 2026-10-01       | 390   | 390        | =
                bound     | serum_b12    | 2026-10-01       | 200   |            | =
                bound     | mma_serum    | 2026-10-01       | 280   |            | >   # more than 280, whatever it is
                no-bound  | serum_b12    | 2026-10-01       | 200   |            | =
                no-bound  | mma_serum    | 2026-10-01       | 280   |            | >=
                urine     | serum_b12    | 2026-10-01       | 200   |            | =
                urine     | mma_urine    | 2026-10-01       | 3.7   |            | =
                urine-out | serum_b12    | 2026-10-01       | 200   |            | =
                urine-out | mma_urine    | 2026-10-01       | 3.6   |            | =
                hcy       | serum_b12    | 2026-10-01       | 200   |            | =
                hcy       | homocysteine | 2026-10-01       | 15.1  |            | =
                hcy-out   | serum_b12    | 2026-10-01       | 200   |            | =
                hcy-out   | homocysteine | 2026-10-01       | 15    |            | =
            """
        },
        expect="""
            person_id | priority | flags
            above     | 3        | kidney_function_not_seen
            bound     | 3        | kidney_function_not_seen
            urine     | 3        |
            hcy       | 3        | kidney_function_not_seen
        """,
    )


def test_the_latest_serum_mma_decides_before_urine_and_homocysteine(spec):
    spec(
        raised_mma_untreated,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id   | concept      | measurement_date | value
                serum       | serum_b12    | 2026-06-01       | 200
                serum       | mma_serum    | 2026-06-01       | 250   # normal
                serum       | mma_urine    | 2026-07-01       | 9
                urine       | serum_b12    | 2026-06-01       | 200
                urine       | mma_urine    | 2026-06-01       | 9
                urine       | homocysteine | 2026-07-01       | 5
                latest      | serum_b12    | 2026-06-01       | 200
                latest      | mma_serum    | 2026-06-01       | 300
                latest      | mma_serum    | 2026-06-02       | 250
                same-day    | serum_b12    | 2026-06-01       | 200
                same-day    | mma_serum    | 2026-06-02       | 300
                same-day    | mma_serum    | 2026-06-02       | 250
            """
        },
        expect="""
            person_id | index_date
            urine     | 2026-06-01
            same-day  | 2026-06-02
        """,
    )


def test_neurological_records_then_blood_counts_or_a_strongly_raised_mma_come_first(spec):
    spec(
        raised_mma_untreated,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id    | concept    | measurement_date | value
                neuro        | serum_b12  | 2026-06-01       | 200
                neuro        | mma_urine  | 2026-06-01       | 5
                anemia       | serum_b12  | 2026-06-01       | 200
                anemia       | mma_urine  | 2026-06-01       | 5
                anemia       | hemoglobin | 2026-06-01       | 119
                macrocytosis | serum_b12  | 2026-06-01       | 200
                macrocytosis | mma_urine  | 2026-06-01       | 5
                macrocytosis | mcv        | 2026-06-01       | 101
                strong       | serum_b12  | 2026-06-01       | 200
                strong       | mma_serum  | 2026-06-01       | 400
                not-strong   | serum_b12  | 2026-06-01       | 200
                not-strong   | mma_serum  | 2026-06-01       | 399.9
                urine-400    | serum_b12  | 2026-06-01       | 200
                urine-400    | mma_urine  | 2026-06-01       | 400   # the limit is of serum alone
            """,
            "condition_occurrence": """
                person_id | concept          | condition_start_date
                neuro     | optic_neuropathy | 2026-06-01
            """,
        },
        expect="""
            person_id    | priority
            neuro        | 1
            anemia       | 2
            macrocytosis | 2
            strong       | 2
            not-strong   | 3
            urine-400    | 3
        """,
    )


def test_kidney_function_closes_below_30_and_lowers_the_priority_below_60(spec):
    judgement = spec(
        raised_mma_untreated,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id | concept      | measurement_date | value
                egfr-29   | serum_b12    | 2026-06-01       | 200
                egfr-29   | mma_serum    | 2026-06-01       | 300
                egfr-29   | egfr         | 2026-03-03       | 29.9   # 90 days before
                egfr-30   | serum_b12    | 2026-06-01       | 200
                egfr-30   | mma_serum    | 2026-06-01       | 300
                egfr-30   | egfr         | 2026-08-30       | 30     # 90 days after
                egfr-59   | serum_b12    | 2026-06-01       | 200
                egfr-59   | homocysteine | 2026-06-01       | 30
                egfr-59   | egfr         | 2026-06-01       | 59.9
                egfr-60   | serum_b12    | 2026-06-01       | 200
                egfr-60   | mma_serum    | 2026-06-01       | 300
                egfr-60   | egfr         | 2026-06-01       | 60
                far       | serum_b12    | 2026-06-01       | 200
                far       | mma_serum    | 2026-06-01       | 300
                far       | egfr         | 2026-03-02       | 20
                far-after | serum_b12    | 2026-06-01       | 200
                far-after | mma_serum    | 2026-06-01       | 300
                far-after | egfr         | 2026-08-31       | 20
                urine     | serum_b12    | 2026-06-01       | 200
                urine     | mma_urine    | 2026-06-01       | 30
                urine     | egfr         | 2026-06-01       | 20
                urine-45  | serum_b12    | 2026-06-01       | 200
                urine-45  | mma_urine    | 2026-06-01       | 30
                urine-45  | egfr         | 2026-06-01       | 45
                neuro     | serum_b12    | 2026-06-01       | 200
                neuro     | mma_serum    | 2026-06-01       | 300
                neuro     | egfr         | 2026-06-01       | 45
            """,
            "condition_occurrence": """
                person_id | concept    | condition_start_date
                neuro     | neuropathy | 2026-06-01
            """,
        },
        expect="""
            person_id | closed_by       | priority | flags
            egfr-29   | kidney_function |          |
            egfr-30   |                 | 4        | interpret_with_kidney_function
            egfr-59   |                 | 4        | interpret_with_kidney_function
            egfr-60   |                 | 3        |
            far       |                 | 3        | kidney_function_not_seen
            far-after |                 | 3        | kidney_function_not_seen
            urine     |                 | 3        |
            urine-45  |                 | 3        |
            neuro     |                 | 2        | interpret_with_kidney_function
        """,
    )
    assert ("closed_by", "m003") in evidence_of(judgement, "egfr-29")


def test_treatment_since_the_second_line_result_closes_first(spec):
    spec(
        raised_mma_untreated,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id | concept   | measurement_date | value
                treated   | serum_b12 | 2026-06-01       | 200
                treated   | mma_serum | 2026-07-01       | 300
                treated   | egfr      | 2026-07-01       | 20
                before-14 | serum_b12 | 2026-06-01       | 200
                before-14 | mma_serum | 2026-07-01       | 300
                before-15 | serum_b12 | 2026-06-01       | 200
                before-15 | mma_serum | 2026-07-01       | 300
            """,
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date | kind         | drug_exposure_end_date
                treated   | b12_injectable | 2026-07-01               | administered |
                before-14 | b12_injectable | 2026-06-17               | administered |
                before-15 | b12_injectable | 2026-06-16               | administered |
            """,
        },
        expect="""
            person_id | closed_by
            treated   | treated
            before-14 | treated
            before-15 |
        """,
    )
