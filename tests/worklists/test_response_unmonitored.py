"""B12 treatment without a review of what it did."""

import pytest

from pipelines.worklists.response_unmonitored import response_unmonitored
from tests.tables import evidence_of


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_a_start_is_listed_from_four_months_to_a_year_after_it(spec, profile):
    judgement = spec(
        response_unmonitored,
        as_of="2026-11-22",
        profile=profile,
        given={
            "drug_exposure": """
                person_id | concept           | drug_exposure_start_date | drug_exposure_end_date | daily_dose
                last-in   | b12_oral          | 2026-07-25               | 2026-08-21             | 1000   # 120 days
                too-new   | b12_oral          | 2026-07-26               | 2026-08-22             | 1000
                first-in  | b12_injectable    | 2025-11-22               | 2025-11-22             |        # 365 days
                too-old   | b12_injectable    | 2025-11-21               | 2025-11-21             |
                nasal     | b12_nasal         | 2026-06-01               | 2026-06-28             |
                no-route  | b12_unknown_route | 2026-06-01               | 2026-06-28             |
                below-50  | b12_oral          | 2026-06-01               | 2026-06-28             | 49
            """,
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            last-in   | 2026-07-25 | 2026-10-23 |           | 3
            first-in  | 2025-11-22 | 2026-02-20 |           | 3
            nasal     | 2026-06-01 | 2026-08-30 |           | 3
            no-route  | 2026-06-01 | 2026-08-30 |           | 3
        """,
    )
    assert evidence_of(judgement, "last-in") == {("index", "d001")}
    assert judgement.care_gap.filter(person_id="last-in")["reason"].item() == (
        "B12 treatment began on 2026-07-25; no record of a blood count since 2026-08-22."
    )


def test_the_start_has_no_other_and_no_tablets_in_the_year_before_it(spec):
    spec(
        response_unmonitored,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id    | concept        | drug_exposure_start_date | drug_exposure_end_date | daily_dose
                after-365    | b12_injectable | 2025-06-01               | 2025-06-01             |
                after-365    | b12_injectable | 2026-06-01               | 2026-06-01             |
                after-366    | b12_injectable | 2025-05-31               | 2025-05-31             |
                after-366    | b12_injectable | 2026-06-01               | 2026-06-01             |
                ran-365      | b12_oral       | 2024-01-01               | 2025-06-01             | 1000
                ran-365      | b12_injectable | 2026-06-01               | 2026-06-01             |
                ran-366      | b12_oral       | 2024-01-01               | 2025-05-31             | 1000
                ran-366      | b12_injectable | 2026-06-01               | 2026-06-01             |
                longest      | b12_oral       | 2023-01-01               | 2025-08-01             | 1000   # outlasts the next
                longest      | b12_oral       | 2024-01-01               | 2024-02-01             | 1000
                longest      | b12_injectable | 2024-02-01               | 2024-02-01             |
                longest      | b12_injectable | 2026-06-01               | 2026-06-01             |
                followed     | b12_injectable | 2026-01-01               | 2026-01-01             |
                followed     | b12_injectable | 2026-10-01               | 2026-10-01             |
                too-little   | b12_oral       | 2025-12-01               | 2026-05-01             | 49     # no therapy
                too-little   | b12_oral       | 2026-06-01               | 2026-06-28             | 50
            """,
        },
        expect="""
            person_id  | index_date
            after-366  | 2026-06-01
            ran-366    | 2026-06-01
            followed   | 2026-01-01
            too-little | 2026-06-01
        """,
    )


def test_a_start_in_pregnancy_is_listed_from_45_days_after_it(spec):
    spec(
        response_unmonitored,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id  | concept        | drug_exposure_start_date | drug_exposure_end_date
                pregnant   | b12_injectable | 2026-10-08               | 2026-10-08   # 45 days
                too-new    | b12_injectable | 2026-10-09               | 2026-10-09
                not-then   | b12_injectable | 2026-10-08               | 2026-10-08
                gave-birth | b12_injectable | 2025-11-22               | 2025-11-22
                later      | b12_injectable | 2026-06-01               | 2026-06-01
            """,
            "condition_occurrence": """
                person_id  | concept       | condition_start_date
                pregnant   | pregnancy     | 2026-10-08
                too-new    | pregnancy     | 2026-09-01
                not-then   | pregnancy     | 2026-10-09
                gave-birth | pregnancy     | 2025-08-01
                gave-birth | pregnancy_end | 2026-02-01
                later      | pregnancy     | 2026-09-01
            """,
        },
        expect="""
            person_id  | index_date | due_date   | priority
            pregnant   | 2026-10-08 | 2026-11-07 | 2
            gave-birth | 2025-11-22 | 2025-12-22 | 3   # no longer pregnant
            later      | 2026-06-01 | 2026-08-30 | 2   # pregnant now, not at the start
        """,
    )


def test_neurological_records_come_first(spec):
    spec(
        response_unmonitored,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date
                neuro     | b12_injectable | 2026-06-01
                neuro-old | b12_injectable | 2026-06-01
            """,
            "condition_occurrence": """
                person_id | concept    | condition_start_date
                neuro     | neuropathy | 2024-11-22
                neuro-old | neuropathy | 2024-11-21
            """,
        },
        expect="""
            person_id | priority
            neuro     | 2
            neuro-old | 3
        """,
    )


def test_a_blood_count_from_four_weeks_on_closes_the_gap_and_levels_do_without_injections(spec):
    judgement = spec(
        response_unmonitored,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id      | concept        | drug_exposure_start_date | drug_exposure_end_date | daily_dose
                count-28       | b12_injectable | 2026-06-01               | 2026-06-01             |
                count-27       | b12_injectable | 2026-06-01               | 2026-06-01             |
                mcv            | b12_oral       | 2026-06-01               | 2026-12-01             | 1000
                tablets-b12    | b12_oral       | 2026-06-01               | 2026-12-01             | 1000
                tablets-active | b12_oral       | 2026-06-01               | 2026-12-01             | 1000
                tablets-mma    | b12_oral       | 2026-06-01               | 2026-12-01             | 1000
                tablets-hcy    | b12_oral       | 2026-06-01               | 2026-12-01             | 1000
                injected-b12   | b12_injectable | 2026-06-01               | 2026-06-01             |
                injected-later | b12_oral       | 2026-06-01               | 2026-12-01             | 1000
                injected-later | b12_injectable | 2026-11-22               | 2026-11-22             |
                injected-once  | b12_injectable | 2020-06-01               | 2020-06-01             |
                injected-once  | b12_oral       | 2026-06-01               | 2026-12-01             | 1000
                other          | b12_oral       | 2026-06-01               | 2026-12-01             | 1000
            """,
            "measurement": """
                person_id      | concept      | measurement_date | value
                count-28       | hemoglobin   | 2026-06-29       | 130
                count-27       | hemoglobin   | 2026-06-28       | 130
                mcv            | mcv          | 2026-11-22       | 90
                tablets-b12    | serum_b12    | 2026-06-29       | 300
                tablets-active | active_b12   | 2026-06-29       | 80
                tablets-mma    | mma_serum    | 2026-06-29       | 100
                tablets-hcy    | homocysteine | 2026-06-29       | 10
                injected-b12   | serum_b12    | 2026-06-29       | 900
                injected-b12   | mma_serum    | 2026-06-29       | 100
                injected-later | serum_b12    | 2026-06-29       | 300
                injected-once  | serum_b12    | 2026-06-29       | 300
                other          | ferritin     | 2026-06-29       | 50
                mcv            | hemoglobin   | 2026-07-01       | 130   # the first is told
            """,
        },
        expect="""
            person_id      | closed_by
            count-28       | reviewed
            count-27       |
            mcv            | reviewed
            tablets-b12    | reviewed
            tablets-active | reviewed
            tablets-mma    | reviewed
            tablets-hcy    | reviewed
            injected-b12   |
            injected-later |
            injected-once  | reviewed
            other          |
        """,
    )
    assert evidence_of(judgement, "count-28") == {("index", "d001"), ("closed_by", "m001")}
    assert evidence_of(judgement, "mcv") == {("index", "d003"), ("closed_by", "m013")}


def test_a_start_that_cannot_be_trusted_closes_the_gap_last(spec):
    spec(
        response_unmonitored,
        as_of="2026-11-22",
        first_exposure="""
            site | first_start
            A    | 2025-06-01
            B    | 2025-06-02
                 | 2020-01-01
        """,
        given={
            "person": """
                person_id  | site | registered_from
                seen       | A    |
                too-short  | B    |
                no-site    |      |
                joined     | A    | 2025-06-01
                joined-364 | A    | 2025-06-02
                reviewed   | B    |
            """,
            "drug_exposure": """
                person_id  | concept        | drug_exposure_start_date
                seen       | b12_injectable | 2026-06-01
                too-short  | b12_injectable | 2026-06-01
                no-site    | b12_injectable | 2026-06-01
                joined     | b12_injectable | 2026-06-01
                joined-364 | b12_injectable | 2026-06-01
                reviewed   | b12_injectable | 2026-06-01
            """,
            "measurement": """
                person_id | concept    | measurement_date | value
                reviewed  | hemoglobin | 2026-09-01       | 130
            """,
        },
        expect="""
            person_id  | closed_by
            seen       |
            too-short  | history_too_short
            no-site    |
            joined     |
            joined-364 | history_too_short
            reviewed   | reviewed
        """,
    )
