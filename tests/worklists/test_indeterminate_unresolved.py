"""A borderline B12 that was left unsettled while signs went on."""

from pipelines.worklists.indeterminate_unresolved import indeterminate_unresolved
from tests.tables import evidence_of

UNSETTLED = {
    "measurement": """
        person_id  | concept    | measurement_date | value
        last-in    | serum_b12  | 2026-05-23       | 133   # 183 days
        last-in    | mma_serum  | 2026-04-22       | 100   # too early to speak of it
        too-new    | serum_b12  | 2026-05-24       | 133
        first-in   | active_b12 | 2024-11-22       | 25    # 730 days
        too-old    | active_b12 | 2024-11-21       | 25
        low        | serum_b12  | 2026-01-01       | 132.9
        no-feature | serum_b12  | 2026-01-01       | 200
    """,
    "condition_occurrence": """
        person_id | concept | condition_start_date
        last-in   | fatigue | 2026-05-24
        too-new   | fatigue | 2026-10-01
        first-in  | fatigue | 2026-10-01
        too-old   | fatigue | 2026-10-01
        low       | fatigue | 2026-10-01
    """,
}


def borderline(*people: str, others: str = "") -> str:
    """A borderline result of 1 January 2025 for everybody: too old for the list of results without a second test."""
    rows = "\n".join(f"{person} | serum_b12 | 2025-01-01 | 200" for person in people)
    return f"person_id | concept | measurement_date | value\n{rows}\n{others}"


def fatigued(*people: str, others: str = "") -> str:
    """Fatigue since, for everybody."""
    rows = "\n".join(f"{person} | fatigue | 2026-10-01" for person in people)
    return f"person_id | concept | condition_start_date\n{rows}\n{others}"


def test_a_borderline_result_is_listed_from_half_a_year_to_two_years_after_it(spec):
    judgement = spec(
        indeterminate_unresolved,
        as_of="2026-11-22",
        given=UNSETTLED,
        expect="""
            person_id | index_date | due_date   | closed_by  | priority
            last-in   | 2026-05-23 | 2026-11-22 | mma_listed |
            first-in  | 2024-11-22 | 2025-05-24 |            | 3
        """,
    )
    assert evidence_of(judgement, "first-in") == {("index", "m004"), ("sign", "c003")}
    assert judgement.care_gap.filter(person_id="first-in")["reason"].item() == (
        "Active B12 25 pmol/L on 2024-11-22 is borderline, with fatigue since; "
        "no record of a second-line test, of a repeat or of B12 treatment."
    )


def test_in_the_united_states_nobody_is_eligible_unless_it_is_enabled(spec):
    given = {"measurement": borderline("anybody"), "condition_occurrence": fatigued("anybody")}
    spec(indeterminate_unresolved, as_of="2026-11-22", profile="us", given=given, expect="person_id | closed_by")
    spec(
        indeterminate_unresolved,
        as_of="2026-11-22",
        profile="us",
        overrides={"indeterminate_unresolved.enabled": True},
        given=given,
        expect="person_id | closed_by\nanybody |",
    )


def test_the_feature_is_newer_than_the_result(spec):
    people = (
        "neuro",
        "neuro-same",
        "anemia",
        "anemia-same",
        "mcv",
        "mcv-same",
        "sign",
        "sign-same",
        "sign-repeated",
        "two",
    )
    judgement = spec(
        indeterminate_unresolved,
        as_of="2026-11-22",
        given={
            "measurement": "person_id | concept | measurement_date | value\n"
            + "\n".join(f"{person} | serum_b12 | 2026-01-01 | 200" for person in people)
            + "\n"
            + "\n".join(f"{person} | homocysteine | 2026-01-01 | 30" for person in people)  # keeps the other list away
            + "\n"
            + "\n".join(f"{person} | egfr | 2026-01-01 | 20" for person in people)
            + """
                anemia      | hemoglobin | 2026-01-02 | 100
                anemia-same | hemoglobin | 2026-01-01 | 100
                mcv         | mcv        | 2026-01-02 | 101
                mcv-same    | mcv        | 2026-01-01 | 101
                two         | hemoglobin | 2025-12-31 | 100
            """,
            "condition_occurrence": """
                person_id     | concept    | condition_start_date
                neuro         | neuropathy | 2026-01-02
                neuro-same    | neuropathy | 2026-01-01
                sign          | glossitis  | 2026-01-02
                sign-same     | glossitis  | 2026-01-01
                sign-repeated | fatigue    | 2025-06-01
                sign-repeated | fatigue    | 2026-11-22
                two           | fatigue    | 2026-01-02
            """,
        },
        expect="""
            person_id     | closed_by
            neuro         | kidney_function
            anemia        | kidney_function
            mcv           | kidney_function
            sign          | kidney_function
            sign-repeated | kidney_function
            two           | kidney_function
        """,
    )
    roles = {role for role, _ in evidence_of(judgement, "two")}
    assert roles == {"index", "sign", "closed_by"}, "the older anemia is not told"


def test_treatment_since_closes_the_gap_first(spec):
    people = ("same-day", "untreated", "and-normal")
    judgement = spec(
        indeterminate_unresolved,
        as_of="2026-11-22",
        given={
            "measurement": borderline(*people, others="and-normal | mma_serum | 2025-01-01 | 100"),
            "condition_occurrence": fatigued(*people),
            "drug_exposure": """
                person_id  | concept        | drug_exposure_start_date | drug_exposure_end_date | kind
                same-day   | b12_injectable | 2025-01-01               | 2025-01-01             | administered
                and-normal | b12_injectable | 2026-11-22               | 2026-11-22             | administered
            """,
        },
        expect="""
            person_id  | closed_by
            same-day   | treated
            untreated  |
            and-normal | treated
        """,
    )
    assert ("closed_by", "d001") in evidence_of(judgement, "same-day")


def test_second_line_tests_close_the_gap_when_none_is_raised(spec):
    people = ("before-30", "before-31", "one-raised", "two-normal", "new-raised")
    judgement = spec(
        indeterminate_unresolved,
        as_of="2026-11-22",
        given={
            "measurement": borderline(
                *people,
                others="""
                    before-30  | mma_serum    | 2024-12-02 | 280
                    before-31  | mma_serum    | 2024-12-01 | 280
                    one-raised | mma_serum    | 2025-01-01 | 100
                    one-raised | homocysteine | 2025-01-01 | 15.1
                    two-normal | mma_urine    | 2025-01-01 | 3.6
                    two-normal | homocysteine | 2026-11-22 | 15
                    two-normal | homocysteine | 2024-12-31 | 15
                    new-raised | mma_serum    | 2026-11-09 | 281    # too new for the list of confirmed results
                """,
            ),
            "condition_occurrence": fatigued(*people),
        },
        expect="""
            person_id  | closed_by
            before-30  | second_line_normal
            before-31  |
            one-raised |
            two-normal | second_line_normal
            new-raised |
        """,
    )
    assert ("closed_by", "m012") in evidence_of(judgement, "two-normal"), "the first of them"


def test_the_lists_of_second_line_tests_close_the_gap_while_they_are_open(spec):
    people = ("raised", "kidney", "closed")
    spec(
        indeterminate_unresolved,
        as_of="2026-11-22",
        given={
            "measurement": borderline(
                *people,
                others="""
                    raised | mma_serum | 2026-11-08 | 500
                    kidney | mma_serum | 2026-06-01 | 500
                    kidney | egfr      | 2026-06-01 | 29.9
                    recent | serum_b12 | 2026-01-01 | 200
                    closed | mma_serum | 2024-12-02 | 500   # 30 days before
                """,
            ),
            "condition_occurrence": fatigued(*people, "recent"),
            "drug_exposure": """
                person_id | concept  | drug_exposure_start_date | drug_exposure_end_date
                closed    | b12_oral | 2024-11-20               | 2024-11-30   # closes that list, over before this result
            """,
        },
        expect="""
            person_id | closed_by
            raised    | mma_listed
            kidney    | kidney_function
            recent    | mma_listed
            closed    |
        """,
    )
