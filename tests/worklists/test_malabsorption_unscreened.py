"""Malabsorption without a recent B12 test."""

from pipelines.worklists.malabsorption_unscreened import malabsorption_unscreened
from tests.tables import evidence_of

KNOWN = {
    "condition_occurrence": """
        person_id    | concept             | condition_start_date
        celiac-365   | celiac_disease      | 2025-11-22
        celiac-365   | fatigue             | 2026-06-01
        celiac-364   | celiac_disease      | 2025-11-23
        celiac-364   | fatigue             | 2026-06-01
        no-feature   | crohns_disease      | 2020-01-01
        old-feature  | crohns_disease      | 2020-01-01
        old-feature  | fatigue             | 2024-11-21   # 731 days
        bariatric-90 | bariatric_surgery   | 2026-08-24
    """,
    "procedure_occurrence": """
        person_id     | concept           | procedure_date
        bariatric-89  | bariatric_surgery | 2026-08-25
        both          | bariatric_surgery | 2022-01-01
        both-new      | bariatric_surgery | 2026-10-01
        both          | ileal_resection   | 2020-01-01
        both-new      | ileal_resection   | 2020-01-01
    """,
}


def test_after_a_year_with_a_feature_and_after_bariatric_surgery_in_90_days_without_one(spec):
    judgement = spec(
        malabsorption_unscreened,
        as_of="2026-11-22",
        given=KNOWN,
        expect="""
            person_id    | index_date | due_date   | closed_by | priority
            celiac-365   | 2025-11-22 | 2026-11-22 |           | 3
            bariatric-90 | 2026-08-24 | 2026-11-22 |           | 3
            both         | 2022-01-01 | 2022-04-01 |           | 2   # without a feature only this surgery counts
        """,
    )
    assert evidence_of(judgement, "celiac-365") == {("index", "c001"), ("sign", "c002")}
    assert judgement.care_gap.filter(person_id="celiac-365")["reason"].item() == (
        "Celiac disease on record since 2025-11-22, with fatigue; no record of a B12 test."
    )


def test_in_the_united_states_no_feature_is_needed(spec):
    spec(
        malabsorption_unscreened,
        as_of="2026-11-22",
        profile="us",
        given=KNOWN,
        expect="""
            person_id    | index_date | due_date   | closed_by | priority
            celiac-365   | 2025-11-22 | 2026-11-22 |           | 3
            no-feature   | 2020-01-01 | 2020-12-31 |           | 3
            old-feature  | 2020-01-01 | 2020-12-31 |           | 3
            bariatric-90 | 2026-08-24 | 2026-11-22 |           | 3
            both         | 2020-01-01 | 2020-12-31 |           | 2   # the earliest cause
            both-new     | 2020-01-01 | 2020-12-31 |           | 2
        """,
    )


def test_with_a_feature_the_earliest_cause_of_any_kind_counts_and_surgery_goes_first_on_one_date(spec):
    spec(
        malabsorption_unscreened,
        as_of="2026-11-22",
        given={
            "condition_occurrence": """
                person_id | concept           | condition_start_date
                earliest  | celiac_disease    | 2020-01-01
                earliest  | fatigue           | 2026-06-01
                one-date  | celiac_disease    | 2020-01-01
                one-date  | bariatric_surgery | 2020-01-01
                one-date  | fatigue           | 2026-06-01
                too-new   | celiac_disease    | 2026-01-01   # known for less than a year
                too-new   | bariatric_surgery | 2026-06-01
                too-new   | fatigue           | 2026-06-01
                antibody  | glossitis         | 2026-06-01
            """,
            "procedure_occurrence": """
                person_id | concept           | procedure_date
                earliest  | bariatric_surgery | 2022-01-01
            """,
            "measurement": """
                person_id | concept             | measurement_date | value
                antibody  | intrinsic_factor_ab | 2024-01-01       | 1
                negative  | intrinsic_factor_ab | 2024-01-01       | 0
            """,
        },
        expect="""
            person_id | index_date | due_date   | priority
            earliest  | 2020-01-01 | 2020-12-31 | 3
            one-date  | 2020-01-01 | 2020-03-31 | 3
            too-new   | 2026-06-01 | 2026-08-30 | 3
            antibody  | 2024-01-01 | 2024-12-31 | 2
        """,
    )


def test_treatment_now_and_a_result_of_the_last_year_close_the_gap_in_this_order(spec):
    judgement = spec(
        malabsorption_unscreened,
        as_of="2026-11-22",
        given={
            "procedure_occurrence": """
                person_id    | concept           | procedure_date
                tested-365   | bariatric_surgery | 2020-01-01
                tested-366   | bariatric_surgery | 2020-01-01
                active       | bariatric_surgery | 2020-01-01
                injected     | bariatric_surgery | 2020-01-01
                injected-181 | bariatric_surgery | 2020-01-01
            """,
            "measurement": """
                person_id  | concept    | measurement_date | value
                tested-365 | serum_b12  | 2025-11-22       | 100
                tested-366 | serum_b12  | 2025-11-21       | 400
                active     | active_b12 | 2026-11-22       | 20
                injected   | serum_b12  | 2026-11-22       | 400
            """,
            "drug_exposure": """
                person_id    | concept        | drug_exposure_start_date | kind
                injected     | b12_injectable | 2026-05-26               | administered   # 180 days
                injected-181 | b12_injectable | 2026-05-25               | administered
            """,
        },
        expect="""
            person_id    | closed_by  | due_date
            tested-365   | tested     | 2026-11-22
            tested-366   |            | 2026-11-21
            active       | tested     | 2027-11-22
            injected     | on_b12_now | 2027-11-22
            injected-181 |            | 2020-03-31
        """,
    )
    assert judgement.care_gap.filter(person_id="tested-366")["reason"].item() == (
        "Bariatric surgery on record since 2020-01-01; no record of a B12 test since 2025-11-21."
    )
