"""Injections: dates, doses, courses, intervals."""

import pytest

from tests.tables import shown, term_on

AS_OF = "2026-11-22"


def injections(drugs, term="injections", **settings):
    settings = {"as_of": AS_OF, **settings}
    return term_on(term, given={"drug_exposure": drugs, **settings.pop("given", {})}, **settings)


def test_a_supplied_date_is_left_out_when_an_injection_is_given_within_28_days():
    found = injections(
        """
        person_id  | concept        | drug_exposure_start_date | kind
        28-days    | b12_injectable | 2026-01-01               | dispensed
        28-days    | b12_injectable | 2026-01-29               | administered
        29-days    | b12_injectable | 2026-01-01               | prescribed
        29-days    | b12_injectable | 2026-01-30               | administered
        same-day   | b12_injectable | 2026-01-01               | prescribed
        same-day   | b12_injectable | 2026-01-01               | administered
        after      | b12_injectable | 2026-01-01               | administered
        after      | b12_injectable | 2026-01-02               | dispensed
        """
    )
    assert shown(found, "person_id", "injection_date", "doses") == [
        ("28-days", "2026-01-29", 1),
        ("29-days", "2026-01-01", 1),
        ("29-days", "2026-01-30", 1),
        ("after", "2026-01-01", 1),
        ("after", "2026-01-02", 1),
        ("same-day", "2026-01-01", 1),
    ]


def test_doses_of_a_date_are_those_dispensed_else_prescribed_from_one_to_six():
    found = injections(
        """
        person_id  | concept        | drug_exposure_start_date | kind         | doses
        dispensed  | b12_injectable | 2026-01-01               | dispensed    | 2
        dispensed  | b12_injectable | 2026-01-01               | dispensed    | 1.9
        dispensed  | b12_injectable | 2026-01-01               | prescribed   | 5
        prescribed | b12_injectable | 2026-01-01               | prescribed   | 5
        prescribed | b12_injectable | 2026-01-01               | dispensed    |
        missing    | b12_injectable | 2026-01-01               | prescribed   |
        part       | b12_injectable | 2026-01-01               | prescribed   | 0.5
        six        | b12_injectable | 2026-01-01               | dispensed    | 6
        seven      | b12_injectable | 2026-01-01               | dispensed    | 7
        given      | b12_injectable | 2026-01-01               | administered | 5
        before     | b12_injectable | 2026-01-01               | dispensed    | 5
        before     | b12_injectable | 2026-11-01               | administered |
        """
    )
    assert shown(found, "person_id", "injection_date", "doses") == [
        ("before", "2026-01-01", 1),  # somebody gives them
        ("before", "2026-11-01", 1),
        ("dispensed", "2026-01-01", 3),
        ("given", "2026-01-01", 1),
        ("missing", "2026-01-01", 1),
        ("part", "2026-01-01", 1),
        ("prescribed", "2026-01-01", 5),
        ("seven", "2026-01-01", 6),
        ("six", "2026-01-01", 6),
    ]


def test_a_row_delivered_twice_is_one_row():
    twice = """
        person_id | drug_exposure_id | concept        | drug_exposure_start_date | kind      | doses | source_row
        1         | same             | b12_injectable | 2026-01-01               | dispensed | 2     | 7
        1         | same             | b12_injectable | 2026-01-01               | dispensed | 2     | 7
    """
    assert shown(injections(twice), "doses") == [(2,)]


@pytest.mark.parametrize(("profile", "unknown"), [("uk_nice_ng239", 84), ("us", 30)])
def test_the_substance_sets_the_default_interval(profile, unknown):
    found = injections(
        """
        person_id | concept        | drug_exposure_start_date | ingredient
        hydroxo   | b12_injectable | 2026-01-01               | hydroxocobalamin
        cyano     | b12_injectable | 2026-01-01               | cyanocobalamin
        unknown   | b12_injectable | 2026-01-01               |
        other     | b12_injectable | 2026-01-01               | methylcobalamin
        both      | b12_injectable | 2026-01-01               | cyanocobalamin
        both      | b12_injectable | 2026-01-01               | hydroxocobalamin
        known     | b12_injectable | 2026-01-01               | cyanocobalamin
        known     | b12_injectable | 2026-01-01               |
        """,
        profile=profile,
    )
    assert dict(shown(found, "person_id", "default_days")) == {
        "hydroxo": 84,
        "cyano": 30,
        "unknown": unknown,
        "other": unknown,
        "both": 84,
        "known": 30,
    }


def test_a_course_ends_after_365_days_without_a_dose():
    found = injections(
        """
        person_id | concept        | drug_exposure_start_date | kind         | doses
        364       | b12_injectable | 2024-01-01               | administered |
        364       | b12_injectable | 2024-12-30               | administered |
        365       | b12_injectable | 2024-01-01               | administered |
        365       | b12_injectable | 2024-12-31               | administered |
        doses     | b12_injectable | 2024-01-01               | dispensed    | 2     # the second on 2024-03-25
        doses     | b12_injectable | 2025-03-24               | dispensed    |       # 364 days later
        doses-365 | b12_injectable | 2024-01-01               | dispensed    | 2
        doses-365 | b12_injectable | 2025-03-25               | dispensed    |
        """,
        term="injection_course",
    )
    assert dict(shown(found, "person_id", "started_on")) == {
        "364": "2024-01-01",
        "365": "2024-12-31",
        "doses": "2024-01-01",
        "doses-365": "2025-03-25",
    }


def intervals(days, *, substance="hydroxocobalamin", neuro=False, profile="uk_nice_ng239"):
    rows = "\n".join(f"1 | b12_injectable | {day} | administered | {substance}" for day in days)
    condition = "person_id | concept | condition_start_date\n1 | neuropathy | 2001-01-01" if neuro else ""
    found = injections(
        f"person_id | concept | drug_exposure_start_date | kind | ingredient\n{rows}",
        term="injection_interval",
        profile=profile,
        given={"condition_occurrence": condition},
    )
    (row,) = shown(found, "interval_days", "grace_days")
    return row


def test_the_interval_is_the_default_of_the_substance_until_three_gaps_tell_another():
    three = ["2026-01-01", "2026-03-12", "2026-05-21"]  # 70 days
    assert intervals(three) == (84, 28)
    assert intervals([*three, "2026-07-30"]) == (70, 28)
    assert intervals(three, neuro=True) == (56, 14)
    assert intervals([*three, "2026-07-30"], neuro=True) == (70, 28)
    assert intervals(three, substance="cyanocobalamin") == (30, 14)
    assert intervals(three, substance="cyanocobalamin", neuro=True) == (30, 14)
    assert intervals(three, substance="", neuro=True) == (56, 14)
    assert intervals(three, substance="", neuro=True, profile="us") == (30, 14)
    assert intervals(three, neuro=True, profile="us") == (56, 14)


def test_the_substance_of_the_latest_injection_counts():
    found = injections(
        """
        person_id | concept        | drug_exposure_start_date | ingredient
        1         | b12_injectable | 2026-01-01               | cyanocobalamin
        1         | b12_injectable | 2026-02-01               | hydroxocobalamin
        2         | b12_injectable | 2026-01-01               | hydroxocobalamin
        2         | b12_injectable | 2026-02-01               | cyanocobalamin
        """,
        term="injection_interval",
    )
    assert shown(found, "person_id", "interval_days") == [("1", 84), ("2", 30)]


def test_gaps_of_21_to_182_days_count_the_last_four_of_them():
    # gaps 20, 21, 22, 182, 183, 100: counted are 21, 22, 182, 100
    days = ["2024-01-01", "2024-01-21", "2024-02-11", "2024-03-04", "2024-09-02", "2025-03-04", "2025-06-12"]
    assert intervals(days) == (61, 14)  # (22 + 100) / 2
    # one more of 101: 22, 182, 100, 101
    assert intervals([*days, "2025-09-21"]) == (100, 28)  # 100.5 rounded down


def test_only_gaps_from_21_days_on_count_and_only_the_last_four():
    assert intervals(["2026-01-01", "2026-01-22", "2026-02-12", "2026-03-05"]) == (21, 14)
    assert intervals(["2026-01-01", "2026-01-21", "2026-02-11", "2026-03-04"]) == (
        84,
        28,
    )  # 20, 21 and 21 days: two count
    # 150, 30, 40, 50 and 60 days: the median of the last four is 45, of all five it would be 50
    assert intervals(["2025-10-01", "2026-02-28", "2026-03-30", "2026-05-09", "2026-06-28", "2026-08-27"]) == (45, 14)


def test_a_grace_of_28_days_begins_with_an_interval_of_70():
    assert intervals(["2026-01-01", "2026-03-12", "2026-05-21", "2026-07-30"]) == (70, 28)
    assert intervals(["2026-01-01", "2026-03-11", "2026-05-19", "2026-07-27"]) == (69, 14)


def test_the_cover_is_the_one_that_reaches_furthest():
    found = injections(
        """
        person_id | concept        | drug_exposure_start_date | kind         | doses
        1         | b12_injectable | 2026-01-01               | dispensed    | 3     # until 2026-09-10
        1         | b12_injectable | 2026-02-01               | dispensed    | 1     # until 2026-04-26
        """,
        term="injection_course",
    )
    assert shown(found, "last_on", "covered_until") == [("2026-02-01", "2026-09-10")]
