"""Long-term acid suppression with a feature of deficiency, without a recent B12 test."""

import pytest

from pipelines.worklists.acid_suppression_unscreened import acid_suppression_unscreened
from tests.tables import evidence_of


def fatigued(*people: str) -> str:
    """Fatigue for everybody."""
    rows = "\n".join(f"{person} | fatigue | 2026-10-01" for person in people)
    return f"person_id | concept | condition_start_date\n{rows}"


LENGTHS = {
    "drug_exposure": """
        person_id | concept | drug_exposure_start_date | drug_exposure_end_date | route
        years-2   | ppi     | 2024-11-22               | 2026-12-01             | oral   # 730 days
        days-729  | ppi     | 2024-11-23               | 2026-12-01             | oral
        year      | h2ra    | 2025-11-22               | 2026-12-01             | oral   # 365 days
        days-364  | h2ra    | 2025-11-23               | 2026-12-01             | oral
        injected  | ppi     | 2020-11-22               | 2026-12-01             | injection
        both      | ppi     | 2023-01-01               | 2025-01-01             | oral
        both      | h2ra    | 2025-01-02               | 2026-12-01             | oral
        stopped   | ppi     | 2020-11-22               | 2026-11-21             | oral
        none      | ppi     | 2020-11-22               | 2026-12-01             | oral
    """,
    "condition_occurrence": fatigued("years-2", "days-729", "year", "days-364", "injected", "both", "stopped"),
}


def test_two_years_with_a_feature_are_listed(spec):
    judgement = spec(
        acid_suppression_unscreened,
        as_of="2026-11-22",
        given=LENGTHS,
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            years-2   | 2024-11-22 | 2026-11-22 |           | 4
            both      | 2023-01-01 | 2024-12-31 |           | 4
        """,
    )
    assert evidence_of(judgement, "years-2") == {("index", "d001"), ("sign", "c001")}
    assert judgement.care_gap.filter(person_id="years-2")["reason"].item() == (
        "Acid suppression since 2024-11-22, with fatigue; no record of a B12 test."
    )


def test_in_the_united_states_one_year_is(spec):
    spec(
        acid_suppression_unscreened,
        as_of="2026-11-22",
        profile="us",
        given=LENGTHS,
        expect="""
            person_id | index_date | due_date   | priority
            years-2   | 2024-11-22 | 2025-11-22 | 4
            days-729  | 2024-11-23 | 2025-11-23 | 4
            year      | 2025-11-22 | 2026-11-22 | 4
            both      | 2023-01-01 | 2024-01-01 | 4
        """,
    )


def test_four_days_of_five_are_covered(spec):
    """A course of 1000 days up to today: 800 of them, each counted once, and none after today."""
    spec(
        acid_suppression_unscreened,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id   | concept | drug_exposure_start_date | drug_exposure_end_date
                days-800    | ppi     | 2024-02-27               | 2026-02-15   # 720 days
                days-800    | ppi     | 2026-05-01               | 2026-06-19   # 50 days
                days-800    | ppi     | 2026-08-30               | 2026-09-28   # 30 days
                days-799    | ppi     | 2024-02-27               | 2026-02-15
                days-799    | ppi     | 2026-05-01               | 2026-06-19
                days-799    | ppi     | 2026-08-30               | 2026-09-27
                overlapping | ppi     | 2024-02-27               | 2026-02-15   # the same 799 days, some of them twice
                overlapping | h2ra    | 2024-06-01               | 2025-06-01
                overlapping | ppi     | 2026-05-01               | 2026-06-19
                overlapping | ppi     | 2026-08-30               | 2026-09-27
                overlapping | ppi     | 2026-08-30               | 2026-09-15
                future      | ppi     | 2024-02-27               | 2026-02-15
                future      | ppi     | 2026-05-01               | 2026-06-19
                future      | ppi     | 2026-09-01               | 2026-09-28   # 28 days
                future      | ppi     | 2026-11-22               | 2027-03-01   # today, and days that are not yet
            """,
            "condition_occurrence": fatigued("days-800", "days-799", "overlapping", "future"),
        },
        expect="""
            person_id | index_date
            days-800  | 2024-02-27
        """,
    )


def test_the_share_is_of_every_day_of_the_course_and_each_day_counts_once(spec):
    """A course of 1002 days up to today: 801.6 of them are needed."""
    spec(
        acid_suppression_unscreened,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id | concept | drug_exposure_start_date | drug_exposure_end_date
                days-802  | ppi     | 2024-02-25               | 2026-02-15   # 722 days
                days-802  | ppi     | 2026-05-01               | 2026-06-19   # 50 days
                days-802  | ppi     | 2026-08-30               | 2026-09-28   # 30 days
                days-801  | ppi     | 2024-02-25               | 2026-02-15
                days-801  | ppi     | 2026-05-01               | 2026-06-19
                days-801  | ppi     | 2026-08-30               | 2026-09-27
                overlap   | ppi     | 2024-02-25               | 2026-02-15   # the same 802 days
                overlap   | h2ra    | 2024-06-01               | 2025-06-01   # within the row before it
                overlap   | ppi     | 2026-05-01               | 2026-06-19
                overlap   | ppi     | 2026-08-30               | 2026-09-20
                overlap   | h2ra    | 2026-09-10               | 2026-09-28   # begins before the other ends
                earlier   | ppi     | 2021-01-01               | 2023-11-26   # another course, 91 days before this one
                earlier   | ppi     | 2024-02-25               | 2026-02-15
                earlier   | ppi     | 2026-05-01               | 2026-06-19
                earlier   | ppi     | 2026-08-30               | 2026-09-27
            """,
            "condition_occurrence": fatigued("days-802", "days-801", "overlap", "earlier"),
        },
        expect="""
            person_id | index_date
            days-802  | 2024-02-25
            overlap   | 2024-02-25
        """,
    )


def test_anemia_and_macrocytosis_come_first(spec):
    spec(
        acid_suppression_unscreened,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id    | concept | drug_exposure_start_date | drug_exposure_end_date
                anemia       | ppi     | 2020-01-01               | 2026-12-01
                macrocytosis | ppi     | 2020-01-01               | 2026-12-01
                neuro        | ppi     | 2020-01-01               | 2026-12-01
                neither      | ppi     | 2020-01-01               | 2026-12-01
            """,
            "measurement": """
                person_id    | concept    | measurement_date | value
                anemia       | hemoglobin | 2026-06-01       | 119.9
                macrocytosis | mcv        | 2026-06-01       | 100.1
                neither      | hemoglobin | 2026-06-01       | 120
                neither      | mcv        | 2026-06-01       | 100
            """,
            "condition_occurrence": """
                person_id | concept    | condition_start_date
                neuro     | neuropathy | 2026-06-01
            """,
        },
        expect="""
            person_id    | priority
            anemia       | 3
            macrocytosis | 3
            neuro        | 4
        """,
    )


TESTED = {
    "drug_exposure": """
        person_id   | concept        | drug_exposure_start_date | drug_exposure_end_date | kind
        tested-1095 | ppi            | 2020-01-01               | 2026-12-01             | prescribed
        tested-1096 | ppi            | 2020-01-01               | 2026-12-01             | prescribed
        tested-730  | ppi            | 2020-01-01               | 2026-12-01             | prescribed
        injected    | ppi            | 2020-01-01               | 2026-12-01             | prescribed
        injected    | b12_injectable | 2026-05-26               | 2026-05-26             | administered   # 180 days
        ended       | ppi            | 2020-01-01               | 2026-12-01             | prescribed
        ended       | b12_injectable | 2026-05-25               | 2026-05-25             | administered
        metformin   | ppi            | 2020-01-01               | 2026-12-01             | prescribed
        metformin   | metformin      | 2026-05-26               | 2026-12-01             | prescribed     # 180 days
        short       | ppi            | 2020-01-01               | 2026-12-01             | prescribed
        short       | metformin      | 2026-05-27               | 2026-12-01             | prescribed
        all-three   | ppi            | 2020-01-01               | 2026-12-01             | prescribed
        all-three   | metformin      | 2026-05-26               | 2026-12-01             | prescribed
    """,
    "measurement": """
        person_id   | concept    | measurement_date | value
        tested-1095 | serum_b12  | 2023-11-23       | 100
        tested-1096 | serum_b12  | 2023-11-22       | 400
        tested-730  | active_b12 | 2024-11-22       | 20
        injected    | serum_b12  | 2026-11-22       | 400
        all-three   | serum_b12  | 2026-11-22       | 400
    """,
    "condition_occurrence": fatigued(
        *("tested-1095", "tested-1096", "tested-730", "injected", "ended", "metformin", "short", "all-three")
    ),
}


@pytest.mark.parametrize(
    ("profile", "within", "due", "before", "later", "after", "start"),
    [
        ("uk_nice_ng239", "tested", "2026-11-22", "2026-11-21", "2027-11-22", "2029-11-21", "2021-12-31"),
        ("us", "", "2025-11-22", "2025-11-21", "2026-11-22", "2028-11-21", "2020-12-31"),
    ],
)
def test_treatment_a_result_and_the_list_of_metformin_close_the_gap_in_this_order(
    spec, profile, within, due, before, later, after, start
):
    spec(
        acid_suppression_unscreened,
        as_of="2026-11-22",
        profile=profile,
        given=TESTED,
        expect=f"""
            person_id   | closed_by        | due_date
            tested-1095 | {within}         | {due}
            tested-1096 |                  | {before}
            tested-730  | tested           | {later}
            injected    | on_b12_now       | {after}
            ended       |                  | {start}
            metformin   | metformin_listed | {start}
            short       |                  | {start}
            all-three   | tested           | {after}
        """,
    )
