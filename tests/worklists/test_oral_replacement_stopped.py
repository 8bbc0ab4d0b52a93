"""Oral or nasal B12 replacement that seems to have stopped."""

from pipelines.worklists.oral_replacement_stopped import oral_replacement_stopped
from tests.tables import evidence_of


def test_it_is_listed_from_60_days_to_three_years_after_its_end(spec):
    judgement = spec(
        oral_replacement_stopped,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id | concept           | drug_exposure_start_date | drug_exposure_end_date
                last-in   | b12_oral          | 2026-06-01               | 2026-09-23   # 60 days
                too-new   | b12_oral          | 2026-06-01               | 2026-09-24
                first-in  | b12_nasal         | 2023-06-01               | 2023-11-23   # 1095 days
                too-old   | b12_nasal         | 2023-06-01               | 2023-11-22
                no-route  | b12_unknown_route | 2026-06-01               | 2026-09-01
            """,
            "measurement": """
                person_id | concept   | measurement_date | value
                last-in   | serum_b12 | 2026-05-31       | 90
                last-in   | serum_b12 | 2026-06-01       | 110
                last-in   | serum_b12 | 2026-06-01       | 100   # the latest, and of one date the lowest, is told
                too-new   | serum_b12 | 2026-06-01       | 100
                first-in  | serum_b12 | 2023-06-01       | 100
                too-old   | serum_b12 | 2023-06-01       | 100
                no-route  | serum_b12 | 2026-06-01       | 100
            """,
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            last-in   | 2026-09-23 | 2026-10-21 |           | 3
            first-in  | 2023-11-23 | 2023-12-21 |           | 3
            no-route  | 2026-09-01 | 2026-09-29 |           | 3
        """,
    )
    assert evidence_of(judgement, "last-in") == {("last_issue", "d001"), ("low", "m003")}
    assert judgement.care_gap.filter(person_id="last-in")["reason"].item() == (
        "Oral or nasal B12 since 2026-06-01 ran out on 2026-09-23; no record of B12 treatment since."
    )


def test_a_low_result_in_the_year_before_its_start_or_malabsorption_makes_it_replacement(spec):
    spec(
        oral_replacement_stopped,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id   | concept  | drug_exposure_start_date | drug_exposure_end_date | daily_dose
                low-365     | b12_oral | 2026-06-01               | 2026-07-01             | 1000
                low-366     | b12_oral | 2026-06-01               | 2026-07-01             | 1000
                low-after   | b12_oral | 2026-06-01               | 2026-07-01             | 1000
                borderline  | b12_oral | 2026-06-01               | 2026-07-01             | 1000
                cause-90    | b12_oral | 2026-06-01               | 2026-08-30             | 1000
                cause-89    | b12_oral | 2026-06-01               | 2026-08-29             | 1000
                no-cause    | b12_oral | 2026-06-01               | 2026-08-30             | 1000   # long, of no known need
                no-therapy  | b12_oral | 2026-06-01               | 2026-08-30             | 49
            """,
            "measurement": """
                person_id  | concept   | measurement_date | value
                low-365    | serum_b12 | 2025-06-01       | 132
                low-366    | serum_b12 | 2025-05-31       | 132
                low-after  | serum_b12 | 2026-06-02       | 132
                borderline | serum_b12 | 2026-06-01       | 133
                no-therapy | serum_b12 | 2026-06-01       | 132
            """,
            "condition_occurrence": """
                person_id  | concept        | condition_start_date
                cause-90   | celiac_disease | 2026-11-22
                cause-89   | celiac_disease | 2001-01-01
            """,
        },
        expect="""
            person_id | index_date
            low-365   | 2026-07-01
            cause-90  | 2026-08-30
        """,
    )


def test_rows_join_into_a_course_over_gaps_of_90_days_and_the_latest_that_replaces_counts(spec):
    judgement = spec(
        oral_replacement_stopped,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id   | concept   | drug_exposure_start_date | drug_exposure_end_date
                joined      | b12_oral  | 2026-01-01               | 2026-03-01
                joined      | b12_nasal | 2026-05-30               | 2026-07-01   # 90 days after
                apart       | b12_oral  | 2026-01-01               | 2026-03-01
                apart       | b12_nasal | 2026-05-31               | 2026-07-01   # a course of its own, after no low result
                both        | b12_oral  | 2024-01-01               | 2024-03-01
                both        | b12_oral  | 2026-01-01               | 2026-03-01
                nested      | b12_oral  | 2026-01-01               | 2026-02-01
                nested      | b12_oral  | 2026-01-15               | 2026-07-01
                nested      | b12_oral  | 2026-02-15               | 2026-07-01   # the last of those that end last
                nested      | b12_oral  | 2026-03-01               | 2026-05-01
            """,
            "measurement": """
                person_id | concept   | measurement_date | value
                joined    | serum_b12 | 2025-01-01       | 100
                apart     | serum_b12 | 2025-01-01       | 100
                both      | serum_b12 | 2023-06-01       | 100
                both      | serum_b12 | 2025-06-01       | 100
                nested    | serum_b12 | 2025-06-01       | 100
            """,
        },
        expect="""
            person_id | index_date
            joined    | 2026-07-01
            apart     | 2026-03-01
            both      | 2026-03-01
            nested    | 2026-07-01
        """,
    )
    assert ("last_issue", "d009") in evidence_of(judgement, "nested")


def test_neurological_records_and_lifelong_causes_come_first(spec):
    judgement = spec(
        oral_replacement_stopped,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id | concept  | drug_exposure_start_date | drug_exposure_end_date
                neuro     | b12_oral | 2026-01-01               | 2026-07-01
                lifelong  | b12_oral | 2026-01-01               | 2026-07-01
                passing   | b12_oral | 2026-01-01               | 2026-07-01
            """,
            "condition_occurrence": """
                person_id | concept           | condition_start_date
                neuro     | celiac_disease    | 2001-01-01
                neuro     | neuropathy        | 2000-01-01
                neuro     | neuropathy        | 2001-01-01   # the latest is told
                lifelong  | crohns_disease    | 2001-01-01
                lifelong  | gastrectomy_total | 2002-01-01
                passing   | crohns_disease    | 2001-01-01
            """,
        },
        expect="""
            person_id | priority
            neuro     | 1
            lifelong  | 2
            passing   | 3
        """,
    )
    assert ("neuro", "c003") in evidence_of(judgement, "neuro")


def test_treatment_now_the_injection_list_and_a_later_normal_result_close_it(spec):
    spec(
        oral_replacement_stopped,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date | drug_exposure_end_date | kind
                now       | b12_oral       | 2026-01-01               | 2026-07-01             | prescribed
                now       | b12_injectable | 2026-11-01               |                        | administered
                listed    | b12_oral       | 2026-01-01               | 2026-07-01             | prescribed
                listed    | b12_injectable | 2025-01-01               |                        | administered
                and-well  | b12_oral       | 2026-01-01               | 2026-07-01             | prescribed
                and-well  | b12_injectable | 2025-01-01               |                        | administered
                resolved  | b12_oral       | 2026-01-01               | 2026-07-01             | prescribed
                too-soon  | b12_oral       | 2026-01-01               | 2026-07-01             | prescribed
                lifelong  | b12_oral       | 2026-01-01               | 2026-07-01             | prescribed
            """,
            "measurement": """
                person_id | concept   | measurement_date | value
                now       | serum_b12 | 2026-01-01       | 100
                listed    | serum_b12 | 2025-01-01       | 100
                and-well  | serum_b12 | 2025-01-01       | 100
                and-well  | serum_b12 | 2026-08-01       | 300
                resolved  | serum_b12 | 2026-01-01       | 100
                resolved  | serum_b12 | 2026-08-01       | 300   # 31 days after: off treatment
                too-soon  | serum_b12 | 2026-01-01       | 100
                too-soon  | serum_b12 | 2026-07-31       | 300
                lifelong  | serum_b12 | 2026-01-01       | 100
                lifelong  | serum_b12 | 2026-08-01       | 300
            """,
            "condition_occurrence": """
                person_id | concept           | condition_start_date
                lifelong  | pernicious_anemia | 2001-01-01
            """,
        },
        expect="""
            person_id | closed_by
            now       | on_b12_now
            listed    | maintenance_listed
            and-well  | maintenance_listed
            resolved  | cause_resolved
            too-soon  |
            lifelong  |
        """,
    )
