"""B12 treatment that did not do what it should."""

import pytest

from pipelines.worklists.response_inadequate import response_inadequate
from tests.tables import evidence_of

TABLETS = "person_id | concept | drug_exposure_start_date | drug_exposure_end_date | daily_dose | kind\n"


def tablets(*people: str, others: str = "") -> str:
    """Tablets for everybody from 1 June 2026 until now, beside other prescriptions."""
    rows = "\n".join(f"{person} | b12_oral | 2026-06-01 | 2026-12-01 | 1000 | prescribed" for person in people)
    return f"{TABLETS}{rows}\n{others}"


def still_low(*people: str) -> str:
    """A B12 that is still low, for everybody."""
    rows = "\n".join(f"{person} | serum_b12 | 2026-11-22 | 100" for person in people)
    return f"person_id | concept | measurement_date | value\n{rows}"


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_a_start_is_listed_from_eight_weeks_to_a_year_after_it_while_treatment_goes_on(spec, profile):
    judgement = spec(
        response_inadequate,
        as_of="2026-11-22",
        profile=profile,
        given={
            "drug_exposure": """
                person_id | concept           | drug_exposure_start_date | drug_exposure_end_date | daily_dose
                last-in   | b12_oral          | 2026-09-27               | 2026-12-22             | 1000   # 56 days
                too-new   | b12_oral          | 2026-09-28               | 2026-12-22             | 1000
                first-in  | b12_nasal         | 2025-11-22               | 2026-11-22             | 1000   # 365 days
                too-old   | b12_nasal         | 2025-11-21               | 2026-12-22             | 1000
                ended     | b12_oral          | 2026-06-01               | 2026-11-21             | 1000
                no-route  | b12_unknown_route | 2026-06-01               | 2026-11-22             |
            """,
            "measurement": """
                person_id | concept    | measurement_date | value
                last-in   | hemoglobin | 2026-09-27       | 100
                last-in   | hemoglobin | 2026-11-22       | 100
                too-new   | hemoglobin | 2026-09-28       | 100
                too-new   | hemoglobin | 2026-11-22       | 100
                first-in  | serum_b12  | 2026-11-22       | 100
                too-old   | serum_b12  | 2026-11-22       | 100
                ended     | serum_b12  | 2026-11-22       | 100
                no-route  | serum_b12  | 2026-11-22       | 100
            """,
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            last-in   | 2026-09-27 | 2026-11-22 |           | 2
            first-in  | 2025-11-22 | 2026-01-17 |           | 2
            no-route  | 2026-06-01 | 2026-07-27 |           | 2
        """,
    )
    assert evidence_of(judgement, "last-in") == {("index", "d001"), ("hemoglobin", "m001"), ("hemoglobin", "m002")}
    assert judgement.care_gap.filter(person_id="last-in")["reason"].item() == (
        "B12 treatment since 2026-09-27, anemia not recovering; no record of an adequate response."
    )


COURSES = {
    "drug_exposure": """
        person_id | concept        | drug_exposure_start_date | kind         | ingredient
        hydroxo   | b12_injectable | 2026-08-02               | administered | hydroxocobalamin   # 84 days and 28 of grace
        hydroxo-1 | b12_injectable | 2026-08-01               | administered | hydroxocobalamin
        cyano     | b12_injectable | 2026-08-02               | administered | cyanocobalamin
        cyano     | b12_injectable | 2026-10-09               | administered | cyanocobalamin     # 30 days and 14
        cyano-1   | b12_injectable | 2026-08-02               | administered | cyanocobalamin
        cyano-1   | b12_injectable | 2026-10-08               | administered | cyanocobalamin
        unknown   | b12_injectable | 2026-08-02               | administered |
    """,
    "measurement": """
        person_id | concept | measurement_date | value
        hydroxo   | mcv     | 2026-08-01       | 110
        hydroxo   | mcv     | 2026-11-01       | 110
        hydroxo-1 | mcv     | 2026-08-01       | 110
        hydroxo-1 | mcv     | 2026-11-01       | 110
        cyano     | mcv     | 2026-08-01       | 110
        cyano     | mcv     | 2026-11-01       | 110
        cyano-1   | mcv     | 2026-08-01       | 110
        cyano-1   | mcv     | 2026-11-01       | 110
        unknown   | mcv     | 2026-08-01       | 110
        unknown   | mcv     | 2026-11-01       | 110
    """,
}


@pytest.mark.parametrize(
    ("profile", "rows"),
    [("uk_nice_ng239", "hydroxo | \ncyano | \nunknown | "), ("us", "hydroxo | \ncyano | ")],
)
def test_injections_go_on_until_the_grace_after_their_cover(spec, profile, rows):
    spec(
        response_inadequate,
        as_of="2026-11-22",
        profile=profile,
        given=COURSES,
        expect=f"person_id | closed_by\n{rows}",
    )


def test_without_a_result_from_six_weeks_on_there_is_nothing_to_judge_by(spec):
    people = ("count-42", "count-41", "mma", "level", "injected", "other")
    judgement = spec(
        response_inadequate,
        as_of="2026-11-22",
        given={
            "drug_exposure": tablets(
                *people, others="injected | b12_injectable | 2026-10-01 | 2026-10-01 | | administered"
            ),
            "measurement": """
                person_id | concept    | measurement_date | value
                count-42  | mcv        | 2026-07-13       | 90
                count-41  | hemoglobin | 2026-07-12       | 130
                mma       | mma_urine  | 2026-07-13       | 1
                level     | active_b12 | 2026-07-13       | 90
                injected  | serum_b12  | 2026-07-13       | 400
                other     | ferritin   | 2026-07-13       | 50
            """,
        },
        expect="""
            person_id | closed_by
            count-42  | responded
            count-41  | no_evaluation
            mma       | responded
            level     | responded
            injected  | no_evaluation
            other     | no_evaluation
        """,
    )
    assert evidence_of(judgement, "count-41") == {("index", "d002")}


def test_anemia_should_rise_by_20_or_go(spec):
    people = (
        "rose-20",
        "rose-19",
        "recovered",
        "never",
        "before-90",
        "before-91",
        "until-7",
        "until-8",
        "latest",
        "bound",
        "day-41",
    )
    spec(
        response_inadequate,
        as_of="2026-11-22",
        given={
            "drug_exposure": tablets(*people, "man"),
            "person": """
                person_id | sex
                man       | M
            """,
            "measurement": """
                person_id | concept    | measurement_date | value | comparator
                rose-20   | hemoglobin | 2026-06-01       | 95    | =
                rose-20   | hemoglobin | 2026-07-13       | 115   | =
                rose-19   | hemoglobin | 2026-06-01       | 95    | =
                rose-19   | hemoglobin | 2026-07-13       | 114.9 | =
                recovered | hemoglobin | 2026-06-01       | 119   | =
                recovered | hemoglobin | 2026-07-13       | 120   | =
                man       | hemoglobin | 2026-06-01       | 119   | =
                man       | hemoglobin | 2026-07-13       | 120   | =   # still anemic in a man
                never     | hemoglobin | 2026-06-01       | 120   | =
                never     | hemoglobin | 2026-07-13       | 110   | =
                before-90 | hemoglobin | 2026-03-03       | 100   | =
                before-90 | hemoglobin | 2026-07-13       | 100   | =
                before-91 | hemoglobin | 2026-03-02       | 100   | =
                before-91 | hemoglobin | 2026-07-13       | 100   | =
                until-7   | hemoglobin | 2026-06-08       | 100   | =
                until-7   | hemoglobin | 2026-07-13       | 100   | =
                until-8   | hemoglobin | 2026-06-09       | 100   | =
                until-8   | hemoglobin | 2026-07-13       | 100   | =
                latest    | hemoglobin | 2026-06-01       | 100   | =
                latest    | hemoglobin | 2026-07-13       | 100   | =
                latest    | hemoglobin | 2026-11-22       | 125   | =
                bound     | hemoglobin | 2026-06-01       | 100   | <   # how far it rose is not known
                bound     | hemoglobin | 2026-07-13       | 100   | =
                day-41    | hemoglobin | 2026-06-01       | 100   | =
                day-41    | hemoglobin | 2026-07-12       | 100   | =   # too early to judge
                day-41    | mcv        | 2026-07-13       | 90    | =
            """,
        },
        expect="""
            person_id | closed_by
            rose-20   | responded
            rose-19   |
            recovered | responded
            man       |
            never     | responded
            before-90 |
            before-91 | responded
            until-7   |
            until-8   | responded
            latest    | responded
            bound     | responded
            day-41    | responded
        """,
    )


def test_macrocytosis_should_fall_by_5_or_go(spec):
    people = ("fell-5", "fell-4", "normal", "never", "still-large", "last-before", "same-day")
    judgement = spec(
        response_inadequate,
        as_of="2026-11-22",
        given={
            "drug_exposure": tablets(*people),
            "measurement": """
                person_id   | concept | measurement_date | value
                fell-5      | mcv     | 2026-06-01       | 110
                fell-5      | mcv     | 2026-07-13       | 105
                fell-4      | mcv     | 2026-06-01       | 110
                fell-4      | mcv     | 2026-07-13       | 105.1
                normal      | mcv     | 2026-06-01       | 101
                normal      | mcv     | 2026-07-13       | 100
                never       | mcv     | 2026-06-01       | 100
                never       | mcv     | 2026-07-13       | 105
                still-large | mcv     | 2026-06-01       | 100.1
                still-large | mcv     | 2026-07-13       | 100.1
                last-before | mcv     | 2026-05-01       | 115
                last-before | mcv     | 2026-06-01       | 106   # the last before counts
                last-before | mcv     | 2026-07-13       | 104
                same-day    | mcv     | 2026-06-01       | 110
                same-day    | mcv     | 2026-07-13       | 99
                same-day    | mcv     | 2026-07-13       | 109   # the most abnormal of the date
            """,
        },
        expect="""
            person_id   | closed_by
            fell-5      | responded
            fell-4      |
            normal      | responded
            never       | responded
            still-large |
            last-before |
            same-day    |
        """,
    )
    assert judgement.care_gap.filter(person_id="fell-4")["reason"].item() == (
        "B12 treatment since 2026-06-01, MCV not falling; no record of an adequate response."
    )


def test_a_second_line_result_raised_from_twelve_weeks_on_counts_where_kidney_function_is_known_and_60(spec):
    people = ("day-84", "day-83", "egfr-59", "no-egfr", "normal", "urine", "injected")
    judgement = spec(
        response_inadequate,
        as_of="2026-11-22",
        given={
            "drug_exposure": tablets(
                *people, others="injected | b12_injectable | 2026-10-01 | 2026-10-01 | | administered"
            ),
            "measurement": """
                person_id | concept      | measurement_date | value
                day-84    | mma_serum    | 2026-08-24       | 280.1
                day-84    | egfr         | 2026-08-24       | 60
                day-83    | mma_serum    | 2026-08-23       | 280.1
                day-83    | egfr         | 2026-08-23       | 60
                egfr-59   | mma_serum    | 2026-08-24       | 900
                egfr-59   | egfr         | 2026-08-24       | 59.9
                no-egfr   | homocysteine | 2026-08-24       | 40
                normal    | mma_serum    | 2026-08-24       | 280
                normal    | homocysteine | 2026-09-24       | 40    # serum MMA decides
                normal    | egfr         | 2026-08-24       | 90
                urine     | mma_urine    | 2026-08-24       | 3.7
                urine     | egfr         | 2026-08-24       | 90
                injected  | mma_serum    | 2026-08-24       | 900
                injected  | egfr         | 2026-08-24       | 90
            """,
        },
        expect="""
            person_id | closed_by | flags
            day-84    |           |
            day-83    | responded |
            egfr-59   | responded |
            no-egfr   | responded | kidney_function_not_seen
            normal    | responded |
            urine     |           |
            injected  |           |
        """,
    )
    assert evidence_of(judgement, "day-84") == {("index", "d001"), ("biochemistry", "m001")}


def test_kidney_function_is_that_of_the_date_of_the_second_line_result(spec):
    people = ("failed-since", "recovered", "day-90", "day-91")
    spec(
        response_inadequate,
        as_of="2026-11-22",
        given={
            "drug_exposure": tablets(*people),
            "measurement": """
                person_id    | concept   | measurement_date | value
                failed-since | mma_serum | 2026-08-24       | 900
                failed-since | egfr      | 2010-01-01       | 90
                failed-since | egfr      | 2026-08-20       | 25
                recovered    | mma_serum | 2026-08-24       | 900
                recovered    | egfr      | 2026-05-26       | 40    # 90 days before, and further away
                recovered    | egfr      | 2026-08-25       | 90
                day-90       | mma_serum | 2026-08-24       | 900
                day-90       | egfr      | 2026-11-22       | 90
                day-91       | mma_serum | 2026-08-24       | 900
                day-91       | egfr      | 2026-05-25       | 90
            """,
        },
        expect="""
            person_id    | closed_by | flags
            failed-since | responded |
            recovered    |           |
            day-90       |           |
            day-91       | responded | kidney_function_not_seen
        """,
    )


def test_b12_still_low_or_borderline_from_twelve_weeks_on_counts_without_injections(spec):
    people = ("day-84", "day-83", "unlikely", "latest", "unclear", "injected", "injected-once")
    judgement = spec(
        response_inadequate,
        as_of="2026-11-22",
        given={
            "drug_exposure": tablets(
                *people,
                others="""
                    injected      | b12_injectable | 2026-06-01 | 2026-06-01 | | administered
                    injected-once | b12_injectable | 2020-06-01 | 2020-06-01 | | administered
                """,
            ),
            "measurement": """
                person_id     | concept    | measurement_date | value | comparator
                day-84        | serum_b12  | 2026-08-24       | 258   | =
                day-83        | serum_b12  | 2026-08-23       | 258   | =
                unlikely      | serum_b12  | 2026-08-24       | 258.1 | =
                latest        | serum_b12  | 2026-08-24       | 100   | =
                latest        | active_b12 | 2026-11-22       | 90    | =
                unclear       | serum_b12  | 2026-08-24       | 100   | =
                unclear       | serum_b12  | 2026-11-22       | 200   | <   # of no class: the one before decides
                injected      | serum_b12  | 2026-08-24       | 100   | =
                injected      | hemoglobin | 2026-08-24       | 130   | =
                injected-once | serum_b12  | 2026-08-24       | 100   | =
            """,
        },
        expect="""
            person_id     | closed_by
            day-84        |
            day-83        | responded
            unlikely      | responded
            latest        | responded
            unclear       |
            injected      | responded
            injected-once |
        """,
    )
    assert evidence_of(judgement, "day-84") == {("index", "d001"), ("b12", "m001")}


def test_neurological_records_come_first(spec):
    spec(
        response_inadequate,
        as_of="2026-11-22",
        given={
            "drug_exposure": tablets("neuro", "neuro-old"),
            "measurement": still_low("neuro", "neuro-old"),
            "condition_occurrence": """
                person_id | concept    | condition_start_date
                neuro     | neuropathy | 2024-11-22
                neuro-old | neuropathy | 2024-11-21
            """,
        },
        expect="""
            person_id | priority
            neuro     | 1
            neuro-old | 2
        """,
    )


def test_a_low_folate_or_ferritin_without_a_supplement_is_flagged(spec):
    people = ("both", "enough", "old", "supplied", "begins", "ran-out", "recovered")
    spec(
        response_inadequate,
        as_of="2026-11-22",
        given={
            "drug_exposure": tablets(
                *people,
                others="""
                    supplied | folic_acid | 2026-06-01 | 2026-11-22 | 400 | prescribed
                    supplied | iron       | 2026-06-01 | 2026-11-22 |     | prescribed
                    begins   | folic_acid | 2026-11-22 | 2026-12-22 | 400 | prescribed
                    begins   | iron       | 2026-11-22 | 2026-12-22 |     | prescribed
                    ran-out  | folic_acid | 2026-06-01 | 2026-11-21 | 400 | prescribed
                    ran-out  | iron       | 2026-06-01 | 2026-11-21 |     | prescribed
                """,
            ),
            "measurement": still_low(*people)
            + """
                both      | folate_serum | 2025-11-22 | 6.7    # 365 days
                both      | folate_serum | 2025-11-22 | 20     # of one date the lowest
                both      | ferritin     | 2025-11-22 | 29.9
                enough    | folate_serum | 2026-06-01 | 6.8
                enough    | ferritin     | 2026-06-01 | 30
                old       | folate_serum | 2025-11-21 | 5
                old       | ferritin     | 2025-11-21 | 5
                supplied  | folate_serum | 2026-06-01 | 5
                supplied  | ferritin     | 2026-06-01 | 5
                begins    | folate_serum | 2026-06-01 | 5
                begins    | ferritin     | 2026-06-01 | 5
                ran-out   | folate_serum | 2026-06-01 | 5
                ran-out   | ferritin     | 2026-06-01 | 5
                recovered | folate_serum | 2026-06-01 | 5
                recovered | folate_serum | 2026-07-01 | 20
            """,
        },
        expect="""
            person_id | flags
            both      | folate_low iron_low
            enough    |
            old       |
            supplied  |
            begins    |
            ran-out   | folate_low iron_low
            recovered |
        """,
    )
