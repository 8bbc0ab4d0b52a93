"""Signs of deficiency."""

from tests.tables import shown, term_on

AS_OF = "2026-11-22"


def persons(term, **given):
    return set(term_on(term, as_of=AS_OF, given=given)["person_id"])


def test_anemia_is_the_latest_hemoglobin_of_the_last_year_below_the_limit_of_the_sex():
    found = persons(
        "anemia",
        person="""
            person_id | birth_date | sex
            man-in    | 1960-01-01 | M
            man-out   | 1960-01-01 | M
            woman-in  | 1960-01-01 | F
            woman-out | 1960-01-01 | F
            other-in  | 1960-01-01 |
            other-out | 1960-01-01 |
        """,
        measurement="""
            person_id | concept    | measurement_date | value | comparator
            man-in    | hemoglobin | 2026-11-22       | 129.9 | =
            man-out   | hemoglobin | 2026-11-22       | 130   | =
            woman-in  | hemoglobin | 2026-11-22       | 119.9 | =
            woman-out | hemoglobin | 2026-11-22       | 120   | =
            other-in  | hemoglobin | 2026-11-22       | 119.9 | =
            other-out | hemoglobin | 2026-11-22       | 120   | =
            365-days  | hemoglobin | 2025-11-22       | 100   | =
            366-days  | hemoglobin | 2025-11-21       | 100   | =
            recovered | hemoglobin | 2026-01-01       | 100   | =
            recovered | hemoglobin | 2026-02-01       | 140   | =
            lowest    | hemoglobin | 2026-02-01       | 140   | =
            lowest    | hemoglobin | 2026-02-01       | 100   | =
            bound     | hemoglobin | 2026-02-01       | 120   | <
            no-bound  | hemoglobin | 2026-02-01       | 120   | <=
            unsure    | hemoglobin | 2026-02-01       | 90    | >   # whatever it is: the other one is low
            unsure    | hemoglobin | 2026-02-01       | 110   | =
            strict    | hemoglobin | 2026-02-01       | 120   | =
            strict    | hemoglobin | 2026-02-01       | 120   | <   # lower than 120, whatever their ids
        """,
    )
    assert found == {"man-in", "woman-in", "other-in", "365-days", "lowest", "bound", "unsure", "strict"}


def test_macrocytosis_is_the_latest_mcv_of_the_last_year_above_100():
    found = persons(
        "macrocytosis",
        measurement="""
            person_id | concept | measurement_date | value | comparator
            in        | mcv     | 2025-11-22       | 100.1 | =
            out       | mcv     | 2025-11-22       | 100   | =
            old       | mcv     | 2025-11-21       | 110   | =
            latest    | mcv     | 2026-01-01       | 110   | =
            latest    | mcv     | 2026-02-01       | 90    | =
            highest   | mcv     | 2026-02-01       | 90    | =
            highest   | mcv     | 2026-02-01       | 110   | =
            bound     | mcv     | 2026-02-01       | 100   | >
            no-bound  | mcv     | 2026-02-01       | 100   | >=
            unsure    | mcv     | 2026-02-01       | 120   | <
            unsure    | mcv     | 2026-02-01       | 105   | =
        """,
    )
    assert found == {"in", "highest", "bound", "unsure"}


def test_features_name_the_latest_record_of_each_sign():
    found = term_on(
        "features",
        as_of=AS_OF,
        given={
            "condition_occurrence": """
                person_id | concept              | condition_start_date
                several   | fatigue              | 2026-01-01
                several   | cognitive_impairment | 2026-02-01
                several   | neuropathy           | 2025-01-01
                several   | gait_ataxia          | 2026-01-01
                old       | glossitis            | 2024-11-21
                counted   | glossitis            | 2024-11-22
                other     | type2_diabetes       | 2026-01-01
            """
        },
    )
    assert shown(found, "person_id", "sign", "neuro_on") == [
        ("counted", "glossitis", None),
        ("several", "cognitive impairment", "2026-01-01"),
    ]


def test_a_result_without_a_number_does_not_hide_another_of_its_date():
    found = persons(
        "anemia",
        measurement="""
            person_id | concept    | measurement_date | value
            anemic    | hemoglobin | 2026-10-01       |
            anemic    | hemoglobin | 2026-10-01       | 110
        """,
    )
    assert found == {"anemic"}
