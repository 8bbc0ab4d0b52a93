"""Old age without a recent B12 test."""

import pytest

from pipelines.worklists.older_adult_unscreened import older_adult_unscreened
from tests.tables import evidence_of

ENABLED = {"older_adult_unscreened.enabled": True}
PEOPLE = {
    "person": """
        person_id | birth_date
        birthday  | 1950-11-22
        tomorrow  | 1950-11-23
        old       | 1930-01-01
        unknown   |
    """
}


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_nobody_is_eligible_where_the_list_is_not_enabled(spec, profile):
    spec(older_adult_unscreened, as_of="2026-11-22", profile=profile, given=PEOPLE, expect="person_id | closed_by")


def test_the_76th_birthday_lists_where_it_is_enabled(spec):
    judgement = spec(
        older_adult_unscreened,
        as_of="2026-11-22",
        profile="us",
        overrides=ENABLED,
        given=PEOPLE,
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            birthday  | 2026-11-22 | 2027-11-22 |           | 4
            old       | 2006-01-01 | 2007-01-01 |           | 4
        """,
    )
    assert judgement.care_gap.filter(person_id="old")["reason"].item() == (
        "76 years old since 2006-01-01; no record of a B12 test."
    )


def test_whoever_was_born_on_29_february_has_the_birthday_on_the_28th_in_other_years(spec):
    spec(
        older_adult_unscreened,
        as_of="2025-02-28",
        profile="us",
        overrides=ENABLED | {"older_adult_unscreened.years": 77},
        given={
            "person": """
                person_id | birth_date
                leap      | 1948-02-29
                next-day  | 1948-03-01
            """
        },
        expect="""
            person_id | index_date
            leap      | 2025-02-28
        """,
    )


def test_treatment_now_and_a_result_of_five_years_close_the_gap_in_this_order(spec):
    judgement = spec(
        older_adult_unscreened,
        as_of="2026-11-22",
        profile="us",
        overrides=ENABLED,
        given={
            "person": """
                person_id   | birth_date
                tested-1825 | 1940-01-01
                tested-1826 | 1940-01-01
                injected    | 1940-01-01
            """,
            "measurement": """
                person_id   | concept   | measurement_date | value
                tested-1825 | serum_b12 | 2021-11-23       | 100
                tested-1826 | serum_b12 | 2021-11-22       | 400
                injected    | serum_b12 | 2026-11-22       | 400
            """,
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date | kind
                injected  | b12_injectable | 2026-10-01               | administered
            """,
        },
        expect="""
            person_id   | closed_by
            tested-1825 | tested
            tested-1826 |
            injected    | on_b12_now
        """,
    )
    assert evidence_of(judgement, "tested-1826") == {("last_test", "m002")}
