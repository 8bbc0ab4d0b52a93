"""A diagnosis of B12 deficiency without treatment."""

import pytest

from pipelines.worklists.deficiency_diagnosed_untreated import deficiency_diagnosed_untreated
from tests.tables import evidence_of


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_a_first_diagnosis_is_listed_from_two_weeks_to_three_years_after_it(spec, profile):
    judgement = spec(
        deficiency_diagnosed_untreated,
        as_of="2026-11-22",
        profile=profile,
        given={
            "condition_occurrence": """
                person_id   | concept        | condition_start_date | is_counted
                last-in     | b12_deficiency | 2026-11-08           | true    # 14 days
                too-new     | b12_deficiency | 2026-11-09           | true
                first-in    | b12_deficiency | 2023-11-23           | true    # 1095 days
                too-old     | b12_deficiency | 2023-11-22           | true
                repeated    | b12_deficiency | 2026-06-01           | true
                repeated    | b12_deficiency | 2023-11-22           | true    # the first record decides
                provisional | b12_deficiency | 2026-06-01           | false
                neuro       | b12_deficiency | 2026-06-01           | true
                neuro       | neuropathy     | 2024-11-22           | true    # 730 days
                neuro-old   | b12_deficiency | 2026-06-01           | true
                neuro-old   | neuropathy     | 2024-11-21           | true
            """,
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            last-in   | 2026-11-08 | 2026-11-22 |           | 2
            first-in  | 2023-11-23 | 2023-12-07 |           | 2
            neuro     | 2026-06-01 | 2026-06-15 |           | 1
            neuro-old | 2026-06-01 | 2026-06-15 |           | 2
        """,
    )
    assert evidence_of(judgement, "neuro") == {("index", "c008"), ("neuro", "c009")}
    assert judgement.care_gap.filter(person_id="last-in")["reason"].item() == (
        "B12 deficiency first recorded on 2026-11-08; no record of B12 treatment since."
    )


def test_treatment_since_the_diagnosis_or_now_closes_the_gap(spec):
    spec(
        deficiency_diagnosed_untreated,
        as_of="2026-11-22",
        given={
            "condition_occurrence": """
                person_id   | concept        | condition_start_date
                before-14   | b12_deficiency | 2025-06-15
                before-15   | b12_deficiency | 2025-06-15
                tablets     | b12_deficiency | 2025-06-15
                last-day    | b12_deficiency | 2025-06-15
                day-after   | b12_deficiency | 2025-06-15
                on-it-now   | b12_deficiency | 2026-06-15
                ran-out     | b12_deficiency | 2026-06-15
            """,
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date | drug_exposure_end_date | daily_dose | kind
                before-14 | b12_injectable | 2025-06-01               | 2025-06-01             |            | administered
                before-15 | b12_injectable | 2025-05-31               | 2025-05-31             |            | administered
                tablets   | b12_oral       | 2025-06-20               | 2025-07-20             | 49         | prescribed   # too little
                last-day  | b12_oral       | 2025-01-01               | 2025-06-15             | 50         | prescribed   # runs on the day
                day-after | b12_oral       | 2025-01-01               | 2025-06-14             | 50         | prescribed
                on-it-now | b12_injectable | 2026-05-26               | 2026-05-26             |            | administered # 180 days
                ran-out   | b12_injectable | 2026-05-25               | 2026-05-25             |            | administered
            """,
        },
        expect="""
            person_id | closed_by
            before-14 | treated
            before-15 |
            tablets   |
            last-day  | treated
            day-after |
            on-it-now | treated
            ran-out   |
        """,
    )


def test_a_list_that_speaks_of_the_same_deficiency_closes_the_gap(spec):
    spec(
        deficiency_diagnosed_untreated,
        as_of="2026-11-22",
        given={
            "condition_occurrence": """
                person_id  | concept           | condition_start_date
                low        | b12_deficiency    | 2026-06-01
                low-new    | b12_deficiency    | 2026-06-01
                confirmed  | b12_deficiency    | 2026-06-01
                autoimmune | b12_deficiency    | 2026-06-01
                autoimmune | pernicious_anemia | 2026-06-01
                stopped    | b12_deficiency    | 2026-06-01
                closed     | b12_deficiency    | 2026-06-01
            """,
            "measurement": """
                person_id  | concept   | measurement_date | value
                low        | serum_b12 | 2026-11-08       | 100
                low-new    | serum_b12 | 2026-11-09       | 100   # not on that list before two weeks have passed
                confirmed  | serum_b12 | 2026-06-01       | 200
                confirmed  | mma_serum | 2026-06-01       | 500
                stopped    | serum_b12 | 2024-01-01       | 300   # none of the results is low
                closed     | serum_b12 | 2026-01-01       | 100   # treated since, though not since the diagnosis
            """,
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date | drug_exposure_end_date | kind
                closed    | b12_oral       | 2026-01-02               | 2026-01-31             | prescribed
                stopped   | b12_injectable | 2024-06-01               | 2024-06-01             | administered
                stopped   | b12_injectable | 2024-08-24               | 2024-08-24             | administered
                stopped   | b12_injectable | 2024-11-16               | 2024-11-16             | administered
            """,
        },
        expect="""
            person_id  | closed_by
            low        | result_listed
            low-new    |
            confirmed  | result_listed
            autoimmune | result_listed
            stopped    | result_listed
            closed     | result_listed
        """,
    )


def test_a_later_normal_result_closes_the_gap_after_every_other_rule(spec):
    judgement = spec(
        deficiency_diagnosed_untreated,
        as_of="2026-11-22",
        given={
            "condition_occurrence": """
                person_id    | concept           | condition_start_date
                later        | b12_deficiency    | 2026-06-01
                same-day     | b12_deficiency    | 2026-06-01
                borderline   | b12_deficiency    | 2026-06-01
                both         | b12_deficiency    | 2026-06-01
                both         | pernicious_anemia | 2026-06-01
                and-treated  | b12_deficiency    | 2026-06-01
                and-treated  | pernicious_anemia | 2026-06-01
            """,
            "measurement": """
                person_id   | concept    | measurement_date | value
                later       | serum_b12  | 2026-06-02       | 258.1
                same-day    | serum_b12  | 2026-06-01       | 400
                borderline  | serum_b12  | 2026-06-02       | 258
                both        | active_b12 | 2026-06-02       | 90
                and-treated | active_b12 | 2026-06-02       | 90
            """,
            "drug_exposure": """
                person_id   | concept        | drug_exposure_start_date | kind
                and-treated | b12_injectable | 2026-10-01               | administered
            """,
        },
        expect="""
            person_id   | closed_by
            later       | not_confirmed
            same-day    |
            borderline  |
            both        | result_listed
            and-treated | treated
        """,
    )
    assert evidence_of(judgement, "later") == {("index", "c001"), ("closed_by", "m001")}
