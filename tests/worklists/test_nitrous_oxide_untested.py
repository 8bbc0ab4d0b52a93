"""Misuse of nitrous oxide without a functional test."""

import pytest

from pipelines.worklists.nitrous_oxide_untested import nitrous_oxide_untested
from tests.tables import evidence_of


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_the_first_record_of_the_year_without_another_in_90_days_before_it_is_listed(spec, profile):
    judgement = spec(
        nitrous_oxide_untested,
        as_of="2026-11-22",
        profile=profile,
        given={
            "condition_occurrence": """
                person_id  | concept              | condition_start_date
                today      | nitrous_oxide_misuse | 2026-11-22
                first-in   | nitrous_oxide_misuse | 2025-11-22   # 365 days
                too-old    | nitrous_oxide_misuse | 2025-11-21
                after-90   | nitrous_oxide_misuse | 2025-11-01
                after-90   | nitrous_oxide_misuse | 2026-01-30   # 90 days after the one before
                after-91   | nitrous_oxide_misuse | 2025-11-01
                after-91   | nitrous_oxide_misuse | 2026-01-31
                twice      | nitrous_oxide_misuse | 2026-01-31   # the first of two episodes
                twice      | nitrous_oxide_misuse | 2026-03-01
                twice      | nitrous_oxide_misuse | 2026-10-01
                same-day   | nitrous_oxide_misuse | 2026-06-01
                same-day   | nitrous_oxide_misuse | 2026-06-01
            """,
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            today     | 2026-11-22 | 2026-12-06 |           | 2
            first-in  | 2025-11-22 | 2025-12-06 |           | 2
            after-91  | 2026-01-31 | 2026-02-14 |           | 2
            twice     | 2026-01-31 | 2026-02-14 |           | 2
            same-day  | 2026-06-01 | 2026-06-15 |           | 2
        """,
    )
    assert evidence_of(judgement, "twice") == {("index", "c008")}
    assert judgement.care_gap.filter(person_id="today")["reason"].item() == (
        "Nitrous oxide misuse recorded on 2026-11-22; no record of methylmalonic acid or homocysteine since 2026-11-08."
    )


def test_neurological_records_come_first(spec):
    spec(
        nitrous_oxide_untested,
        as_of="2026-11-22",
        given={
            "condition_occurrence": """
                person_id | concept                        | condition_start_date
                neuro     | nitrous_oxide_misuse           | 2026-06-01
                neuro     | subacute_combined_degeneration | 2024-11-22   # 730 days
                neuro-old | nitrous_oxide_misuse           | 2026-06-01
                neuro-old | subacute_combined_degeneration | 2024-11-21
            """,
        },
        expect="""
            person_id | priority
            neuro     | 1
            neuro-old | 2
        """,
    )


def test_a_functional_test_from_two_weeks_before_on_closes_the_gap_and_b12_does_not(spec):
    judgement = spec(
        nitrous_oxide_untested,
        as_of="2026-11-22",
        given={
            "condition_occurrence": """
                person_id    | concept              | condition_start_date
                before-14    | nitrous_oxide_misuse | 2026-06-01
                before-15    | nitrous_oxide_misuse | 2026-06-01
                urine        | nitrous_oxide_misuse | 2026-06-01
                homocysteine | nitrous_oxide_misuse | 2026-06-01
                b12-alone    | nitrous_oxide_misuse | 2026-06-01
                preliminary  | nitrous_oxide_misuse | 2026-06-01
            """,
            "measurement": """
                person_id    | concept      | measurement_date | value | status
                before-14    | mma_serum    | 2026-05-18       | 100   | final
                before-15    | mma_serum    | 2026-05-17       | 100   | final
                urine        | mma_urine    | 2026-11-22       | 1     | final
                urine        | mma_urine    | 2026-11-21       | 1     | final   # the first is told
                homocysteine | homocysteine | 2026-06-01       | 10    | final
                b12-alone    | serum_b12    | 2026-06-01       | 400   | final
                b12-alone    | active_b12   | 2026-06-01       | 90    | final
                preliminary  | mma_serum    | 2026-06-01       | 100   | preliminary
            """,
        },
        expect="""
            person_id    | closed_by
            before-14    | tested
            before-15    |
            urine        | tested
            homocysteine | tested
            b12-alone    |
            preliminary  |
        """,
    )
    assert evidence_of(judgement, "before-14") == {("index", "c001"), ("closed_by", "m001")}
    assert evidence_of(judgement, "urine") == {("index", "c003"), ("closed_by", "m004")}
