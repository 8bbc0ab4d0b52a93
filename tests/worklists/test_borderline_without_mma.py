"""Borderline B12 without a second-line test."""

from pipelines.worklists.borderline_without_mma import borderline_without_mma
from tests.tables import EVERYTHING, evidence_of


def test_a_borderline_result_with_a_feature_is_listed_from_four_weeks_to_a_year_after_it(spec):
    judgement = spec(
        borderline_without_mma,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id  | concept    | measurement_date | value
                last-in    | serum_b12  | 2026-10-25       | 133   # 28 days; the low limit is indeterminate
                too-new    | serum_b12  | 2026-10-26       | 133
                first-in   | serum_b12  | 2025-11-22       | 258   # 365 days; so is the high limit
                too-old    | serum_b12  | 2025-11-21       | 258
                unlikely   | serum_b12  | 2026-06-01       | 258.1
                low        | serum_b12  | 2026-06-01       | 132.9
                no-feature | serum_b12  | 2026-06-01       | 200
                active     | active_b12 | 2026-06-01       | 70
            """,
            "condition_occurrence": """
                person_id | concept | condition_start_date
                last-in   | fatigue | 2026-10-01
                too-new   | fatigue | 2026-10-01
                first-in  | fatigue | 2024-11-22   # 730 days
                too-old   | fatigue | 2026-10-01
                unlikely  | fatigue | 2026-10-01
                low       | fatigue | 2026-10-01
                no-feature | fatigue | 2024-11-21  # 731 days
                active    | glossitis | 2026-10-01
            """,
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            last-in   | 2026-10-25 | 2027-01-17 |           | 3
            first-in  | 2025-11-22 | 2026-02-14 |           | 3
            active    | 2026-06-01 | 2026-08-24 |           | 3
        """,
    )
    assert evidence_of(judgement, "last-in") == {("index", "m001"), ("sign", "c001")}
    assert judgement.care_gap.filter(person_id="last-in")["reason"].item() == (
        "Serum B12 133 pmol/L on 2026-10-25 is borderline, with fatigue; "
        "no record of methylmalonic acid, homocysteine or B12 treatment since."
    )


GIVEN_FEATURES = {
    "measurement": """
        person_id    | concept    | measurement_date | value
        neuro        | serum_b12  | 2026-06-01       | 200
        anemia       | serum_b12  | 2026-06-01       | 200
        anemia       | hemoglobin | 2026-06-01       | 119.9
        macrocytosis | serum_b12  | 2026-06-01       | 200
        macrocytosis | mcv        | 2026-06-01       | 100.1
        fatigue      | serum_b12  | 2026-06-01       | 200
        none         | serum_b12  | 2026-06-01       | 200
        none         | hemoglobin | 2026-06-01       | 120
        none         | mcv        | 2026-06-01       | 100
    """,
    "condition_occurrence": """
        person_id | concept       | condition_start_date
        neuro     | gait_ataxia   | 2026-06-01
        fatigue   | fatigue       | 2026-06-01
    """,
}


def test_neurological_records_come_first_then_blood_counts_then_other_features(spec):
    spec(
        borderline_without_mma,
        as_of="2026-11-22",
        given=GIVEN_FEATURES,
        expect="""
            person_id    | priority
            neuro        | 1
            anemia       | 2
            macrocytosis | 2
            fatigue      | 3
        """,
    )


def test_in_the_united_states_no_feature_is_needed(spec):
    spec(
        borderline_without_mma,
        as_of="2026-11-22",
        profile="us",
        given=GIVEN_FEATURES,
        expect="""
            person_id    | priority
            neuro        | 1
            anemia       | 2
            macrocytosis | 2
            fatigue      | 3
            none         | 4
        """,
    )


def test_where_diagnoses_were_never_delivered_no_feature_is_needed_and_the_item_says_so(spec):
    spec(
        borderline_without_mma,
        as_of="2026-11-22",
        delivered=EVERYTHING - {"diagnoses"},
        given={
            "measurement": """
                person_id | concept   | measurement_date | value
                unseen    | serum_b12 | 2026-06-01       | 200
            """
        },
        expect="""
            person_id | priority | flags
            unseen    | 4        | diagnoses_not_seen
        """,
    )


def test_a_second_line_test_of_any_result_closes_from_30_days_before_on(spec):
    judgement = spec(
        borderline_without_mma,
        as_of="2026-11-22",
        profile="us",
        given={
            "measurement": """
                person_id   | concept      | measurement_date | value | status
                serum       | serum_b12    | 2026-06-01       | 200   | final
                serum       | mma_serum    | 2026-05-02       | 100   | final   # 30 days before
                too-early   | serum_b12    | 2026-06-01       | 200   | final
                too-early   | mma_serum    | 2026-05-01       | 100   | final
                urine       | serum_b12    | 2026-06-01       | 200   | final
                urine       | mma_urine    | 2026-11-22       | 1     | final
                urine       | homocysteine | 2026-06-02       | 10    | final   # the first of them closes it
                homocysteine | serum_b12   | 2026-06-01       | 200   | final
                homocysteine | homocysteine | 2026-06-01      | 40    | corrected
                preliminary | serum_b12    | 2026-06-01       | 200   | final
                preliminary | mma_serum    | 2026-06-01       | 100   | preliminary
            """
        },
        expect="""
            person_id    | closed_by
            serum        | second_line_test
            too-early    |
            urine        | second_line_test
            homocysteine | second_line_test
            preliminary  |
        """,
    )
    assert evidence_of(judgement, "serum") == {("index", "m001"), ("closed_by", "m002")}
    assert evidence_of(judgement, "urine") == {("index", "m005"), ("closed_by", "m007")}


def test_treatment_and_the_list_of_pregnancies_close_the_gap(spec):
    spec(
        borderline_without_mma,
        as_of="2026-11-22",
        profile="us",
        given={
            "measurement": """
                person_id | concept   | measurement_date | value
                treated   | serum_b12 | 2026-06-01       | 200
                pregnant  | serum_b12 | 2026-06-01       | 200
                both      | serum_b12 | 2026-06-01       | 200
                tested    | serum_b12 | 2026-06-01       | 200
                tested    | mma_serum | 2026-06-01       | 100
            """,
            "condition_occurrence": """
                person_id | concept   | condition_start_date
                pregnant  | pregnancy | 2026-05-01
                both      | pregnancy | 2026-05-01
            """,
            "drug_exposure": """
                person_id | concept  | drug_exposure_start_date | daily_dose
                treated   | b12_oral | 2026-06-01               | 50
                both      | b12_oral | 2026-06-01               | 50
                tested    | b12_oral | 2026-06-01               | 50
            """,
        },
        expect="""
            person_id | closed_by
            treated   | treated
            pregnant  | pregnancy_listed
            both      | treated
            tested    | second_line_test
        """,
    )
