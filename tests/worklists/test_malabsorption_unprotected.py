"""Surgery that takes away the absorption of B12, without replacement."""

import pytest

from pipelines.worklists.malabsorption_unprotected import malabsorption_unprotected
from tests.tables import evidence_of


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_it_is_listed_from_90_days_after_the_surgery(spec, profile):
    judgement = spec(
        malabsorption_unprotected,
        as_of="2026-11-22",
        profile=profile,
        given={
            "procedure_occurrence": """
                person_id | concept             | procedure_date
                last-in   | bariatric_surgery   | 2026-08-24
                too-new   | bariatric_surgery   | 2026-08-25
                total     | gastrectomy_total   | 2020-01-01
                ileal     | ileal_resection     | 2020-01-01
                partial   | gastrectomy_partial | 2020-01-01
                both      | bariatric_surgery   | 2020-01-01
                both      | ileal_resection     | 2026-11-22
            """,
            "condition_occurrence": """
                person_id | concept           | condition_start_date
                told      | gastrectomy_total | 2019-01-01
                celiac    | celiac_disease    | 2019-01-01
            """,
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            last-in   | 2026-08-24 | 2026-11-22 |           | 3
            total     | 2020-01-01 | 2020-03-31 |           | 2
            ileal     | 2020-01-01 | 2020-03-31 |           | 2
            both      | 2020-01-01 | 2020-03-31 |           | 2
            told      | 2019-01-01 | 2019-04-01 |           | 2
        """,
    )
    assert evidence_of(judgement, "both") == {("index", "p006"), ("surgery", "p007")}
    assert judgement.care_gap.filter(person_id="last-in")["reason"].item() == (
        "Bariatric surgery on record since 2026-08-24; no record of B12 replacement now."
    )
    assert judgement.care_gap.filter(person_id="told")["reason"].item() == (
        "Total gastrectomy on record since 2019-01-01; no record of B12 replacement now."
    )


def test_replacement_now_and_the_lists_of_stopped_replacement_close_it(spec):
    spec(
        malabsorption_unprotected,
        as_of="2026-11-22",
        given={
            "procedure_occurrence": """
                person_id | concept           | procedure_date
                now       | bariatric_surgery | 2020-01-01
                stopped   | gastrectomy_total | 2020-01-01
                tablets   | bariatric_surgery | 2020-01-01
                overdue   | bariatric_surgery | 2020-01-01
                on-time   | bariatric_surgery | 2020-01-01
                none      | bariatric_surgery | 2020-01-01
            """,
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date | drug_exposure_end_date | kind
                now       | b12_oral       | 2026-01-01               | 2026-10-23             | prescribed
                stopped   | b12_injectable | 2026-01-01               |                        | administered
                tablets   | b12_oral       | 2026-01-01               | 2026-07-01             | prescribed
                on-time   | b12_injectable | 2026-05-01               |                        | administered
                on-time   | b12_injectable | 2026-08-01               |                        | administered
                on-time   | b12_injectable | 2026-11-01               |                        | administered
                overdue   | b12_injectable | 2025-07-20               |                        | administered   # every 100 days
                overdue   | b12_injectable | 2025-10-28               |                        | administered
                overdue   | b12_injectable | 2026-02-05               |                        | administered
                overdue   | b12_injectable | 2026-05-16               |                        | administered   # not stopped yet
            """,
        },
        expect="""
            person_id | closed_by
            now       | on_b12_now
            stopped   | maintenance_listed
            tablets   | maintenance_listed
            overdue   | maintenance_listed
            on-time   | on_b12_now
            none      |
        """,
    )
