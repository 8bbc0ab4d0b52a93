"""A vegan diet without a recent B12 test."""

from pipelines.worklists.diet_risk_unscreened import diet_risk_unscreened
from tests.tables import evidence_of

DIETS = {
    "condition_occurrence": """
        person_id   | concept    | condition_start_date
        year        | vegan_diet | 2025-11-22   # 365 days
        year        | fatigue    | 2024-11-22   # 730 days
        short       | vegan_diet | 2025-11-23
        short       | fatigue    | 2026-06-01
        repeated    | vegan_diet | 2026-06-01
        repeated    | vegan_diet | 2020-01-01   # the first record decides
        repeated    | glossitis  | 2026-06-01
        no-feature  | vegan_diet | 2020-01-01
        old-feature | vegan_diet | 2020-01-01
        old-feature | fatigue    | 2024-11-21
    """
}


def test_a_diet_of_a_year_with_a_feature_is_listed(spec):
    judgement = spec(
        diet_risk_unscreened,
        as_of="2026-11-22",
        given=DIETS,
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            year      | 2025-11-22 | 2026-11-22 |           | 4
            repeated  | 2020-01-01 | 2020-12-31 |           | 4
        """,
    )
    assert evidence_of(judgement, "year") == {("index", "c001"), ("sign", "c002")}
    assert judgement.care_gap.filter(person_id="year")["reason"].item() == (
        "Vegan diet on record since 2025-11-22, with fatigue; no record of a B12 test."
    )


def test_in_the_united_states_no_feature_is_needed(spec):
    spec(
        diet_risk_unscreened,
        as_of="2026-11-22",
        profile="us",
        given=DIETS,
        expect="""
            person_id   | priority
            year        | 4
            repeated    | 4
            no-feature  | 4
            old-feature | 4
        """,
    )


def test_treatment_now_and_a_result_of_three_years_close_the_gap_in_this_order(spec):
    spec(
        diet_risk_unscreened,
        as_of="2026-11-22",
        profile="us",
        given={
            "condition_occurrence": """
                person_id   | concept    | condition_start_date
                tested-1095 | vegan_diet | 2020-01-01
                tested-1096 | vegan_diet | 2020-01-01
                active      | vegan_diet | 2020-01-01
                tablets     | vegan_diet | 2020-01-01
                tablets-31  | vegan_diet | 2020-01-01
            """,
            "measurement": """
                person_id   | concept    | measurement_date | value
                tested-1095 | serum_b12  | 2023-11-23       | 100
                tested-1096 | serum_b12  | 2023-11-22       | 400
                active      | active_b12 | 2026-11-22       | 20
                tablets     | serum_b12  | 2026-11-22       | 400
            """,
            "drug_exposure": """
                person_id  | concept  | drug_exposure_start_date | drug_exposure_end_date | daily_dose
                tablets    | b12_oral | 2026-06-01               | 2026-10-23             | 50   # ended 30 days ago
                tablets-31 | b12_oral | 2026-06-01               | 2026-10-22             | 50
            """,
        },
        expect="""
            person_id   | closed_by  | due_date
            tested-1095 | tested     | 2020-12-31
            tested-1096 |            | 2020-12-31
            active      | tested     | 2020-12-31
            tablets     | on_b12_now | 2020-12-31
            tablets-31  |            | 2020-12-31
        """,
    )
