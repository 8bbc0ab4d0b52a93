"""Autoimmune gastritis without B12 treatment."""

from pipelines.worklists.autoimmune_gastritis_untreated import autoimmune_gastritis_untreated
from tests.tables import EVERYTHING, evidence_of


def test_it_is_listed_from_two_weeks_after_it_was_first_known(spec):
    judgement = spec(
        autoimmune_gastritis_untreated,
        as_of="2026-11-22",
        given={
            "condition_occurrence": """
                person_id | concept              | condition_start_date | is_counted
                last-in   | pernicious_anemia    | 2026-11-08           | true
                too-new   | pernicious_anemia    | 2026-11-09           | true
                first     | autoimmune_gastritis | 2020-01-01           | true
                first     | pernicious_anemia    | 2026-11-20           | true
                refuted   | pernicious_anemia    | 2020-01-01           | false
                celiac    | celiac_disease       | 2020-01-01           | true
            """,
            "measurement": """
                person_id | concept             | measurement_date | value
                positive  | intrinsic_factor_ab | 2026-11-08       | 1
                negative  | intrinsic_factor_ab | 2026-11-08       | 0
                equivocal | intrinsic_factor_ab | 2026-11-08       |
                parietal  | parietal_cell_ab    | 2026-11-08       | 1
            """,
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            last-in   | 2026-11-08 | 2026-11-22 |           | 2
            first     | 2020-01-01 | 2020-01-15 |           | 2
            positive  | 2026-11-08 | 2026-11-22 |           | 2
        """,
    )
    assert evidence_of(judgement, "positive") == {("index", "m001")}
    assert judgement.care_gap.filter(person_id="positive")["reason"].item() == (
        "Intrinsic factor antibodies on record since 2026-11-08; no record of B12 treatment now."
    )


def test_a_neurological_record_comes_first_and_what_was_never_delivered_is_said(spec):
    spec(
        autoimmune_gastritis_untreated,
        as_of="2026-11-22",
        delivered=EVERYTHING - {"procedures"},
        given={
            "condition_occurrence": """
                person_id | concept           | condition_start_date
                neuro     | pernicious_anemia | 2020-01-01
                neuro     | gait_ataxia       | 2024-11-22
                old       | pernicious_anemia | 2020-01-01
                old       | gait_ataxia       | 2024-11-21
            """
        },
        expect="""
            person_id | priority | flags
            neuro     | 1        | procedures_not_seen
            old       | 2        | procedures_not_seen
        """,
    )


def test_treatment_now_and_the_lists_of_stopped_replacement_close_it(spec):
    judgement = spec(
        autoimmune_gastritis_untreated,
        as_of="2026-11-22",
        given={
            "condition_occurrence": """
                person_id | concept           | condition_start_date
                now       | pernicious_anemia | 2020-01-01
                stopped   | pernicious_anemia | 2020-01-01
                tablets   | pernicious_anemia | 2020-01-01
                overdue   | pernicious_anemia | 2020-01-01
                long-ago  | pernicious_anemia | 2020-01-01
            """,
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date | drug_exposure_end_date | kind
                now       | b12_injectable | 2026-05-26               |                        | administered   # 180 days
                now       | b12_oral       | 2026-11-01               | 2026-12-01             | prescribed     # reaches further
                stopped   | b12_injectable | 2026-05-25               |                        | administered
                tablets   | b12_oral       | 2026-01-01               | 2026-07-01             | prescribed
                overdue   | b12_injectable | 2025-07-20               |                        | administered   # every 100 days
                overdue   | b12_injectable | 2025-10-28               |                        | administered
                overdue   | b12_injectable | 2026-02-05               |                        | administered
                overdue   | b12_injectable | 2026-05-16               |                        | administered   # not stopped yet
                long-ago  | b12_injectable | 2023-11-22               |                        | administered   # listed nowhere else
            """,
        },
        expect="""
            person_id | closed_by
            now       | on_b12_now
            stopped   | maintenance_listed
            tablets   | maintenance_listed
            overdue   | maintenance_listed
            long-ago  |
        """,
    )
    assert ("closed_by", "d002") in evidence_of(judgement, "now")
