"""The balancing measures: what the lists might push too far."""

from datetime import date

from pipelines.measures.b12_repeated_on_injections import b12_repeated_on_injections
from pipelines.measures.b12_repeated_within_56_days import b12_repeated_within_56_days
from pipelines.measures.high_b12_twice import high_b12_twice
from pipelines.measures.injections_too_often import injections_too_often
from pipelines.measures.injections_without_indication import injections_without_indication
from pipelines.measures.oral_candidate import oral_candidate
from tests.measures.drawing import counted, monthly

INJECTED = "person_id | concept | drug_exposure_start_date | kind\n"


def test_a_course_without_a_reason_at_its_start_is_counted():
    people = (
        "none", "low", "low-366", "low-day", "low-after", "borderline", "raised", "raised-366", "normal-mma",
        "ancient", "that-day", "later",
    )  # fmt: skip
    found = counted(
        injections_without_indication,
        given={
            "drug_exposure": INJECTED + monthly(*people, start="2026-06-01", times=3, every=60),
            "measurement": """
                person_id  | concept   | measurement_date | value
                low        | serum_b12 | 2025-06-01       | 100   # 365 days before the start
                low-366    | serum_b12 | 2025-05-31       | 100
                low-day    | serum_b12 | 2026-06-01       | 100   # the day of the start
                low-after  | serum_b12 | 2026-06-02       | 100
                borderline | serum_b12 | 2026-05-01       | 200
                raised     | mma_serum | 2025-06-01       | 281
                raised-366 | mma_serum | 2025-05-31       | 281
                normal-mma | mma_serum | 2026-05-01       | 280
            """,
            "condition_occurrence": """
                person_id | concept        | condition_start_date
                ancient   | crohns_disease | 2001-01-01   # a cause does not wear off
                that-day  | crohns_disease | 2026-06-01
                later     | crohns_disease | 2026-06-02   # after the start
            """,
        },
    )
    explained = {"low", "low-day", "raised", "ancient", "that-day"}
    assert found == {person: person not in explained for person in people}


def test_only_courses_of_people_on_injections_now_with_a_trusted_start_are_looked_at():
    found = counted(
        injections_without_indication,
        first_exposure="site | first_start\n | 2025-01-01",
        given={
            "drug_exposure": INJECTED
            + "\n".join(
                [
                    "trusted | b12_injectable | 2026-06-01 | administered",
                    "early   | b12_injectable | 2025-12-31 | administered  # prescriptions are seen since 364 days",
                    monthly("early", start="2026-06-01", times=1),
                    "stopped | b12_injectable | 2026-05-25 | administered  # 181 days ago",
                    "lasting | b12_injectable | 2026-05-26 | administered",
                    "joined  | b12_injectable | 2026-06-01 | administered",
                ]
            ),
            "person": """
                person_id | registered_from
                trusted   |
                early     |
                stopped   |
                lasting   |
                joined    | 2025-06-02   # 364 days before
            """,
        },
    )
    assert found == {"trusted": True, "lasting": True}


def test_a_median_of_the_last_four_intervals_below_28_days_is_too_often():
    found = counted(
        injections_too_often,
        given={
            "drug_exposure": INJECTED
            + "\n".join(
                [
                    monthly("weekly", start="2026-01-01", times=40, every=7),
                    monthly("four-weeks", start="2026-01-01", times=11, every=28),
                    monthly("27-days", start="2026-01-01", times=12, every=27),
                    # loading at first, every eight weeks since: what lies before day 90 is left out
                    monthly("settled", start="2025-01-01", times=7, every=2),
                    monthly("settled", start="2025-04-15", times=9, every=56),
                    # the last four alone decide: 28, 28, 27, 27, and before them weekly
                    monthly("last-four", start="2026-01-01", times=20, every=7),
                    *(
                        f"last-four | b12_injectable | {day} | administered"
                        for day in ("2026-06-11", "2026-07-09", "2026-08-05", "2026-09-01")
                    ),
                ]
            )
        },
    )
    assert found == {"weekly": True, "four-weeks": False, "27-days": True, "settled": False, "last-four": True}


def test_an_interval_counts_when_it_begins_90_days_after_the_start():
    """Four intervals are needed: the one that begins on day 89 does not make up the fourth."""
    days = [0, 90, 111, 132, 153, 174]
    late = [0, 89, 111, 132, 153, 174]
    start = date(2026, 5, 1).toordinal()
    rows = [
        f"{person} | b12_injectable | {date.fromordinal(start + day)} | administered"
        for person, course in (("day-90", days), ("day-89", late))
        for day in course
    ]
    assert counted(injections_too_often, given={"drug_exposure": INJECTED + "\n".join(rows)}) == {"day-90": True}


def test_somebody_off_injections_is_not_judged_by_them():
    gone = INJECTED + monthly("gone", start="2024-01-01", times=40, every=7)
    assert counted(injections_too_often, given={"drug_exposure": gone}) == {}


def test_a_serum_b12_taken_on_injections_in_the_last_year_is_a_repeat():
    people = ("none", "now", "365-days", "366-days", "first-day", "day-after", "active", "untreated")
    found = counted(
        b12_repeated_on_injections,
        given={
            "drug_exposure": INJECTED
            + "\n".join(
                [
                    monthly("none", "now", "365-days", "366-days", "active", start="2024-11-01", times=9, every=84),
                    monthly("first-day", "day-after", start="2026-10-01", times=1),
                    "untreated | b12_injectable | 2026-10-01 | administered",
                ]
            ),
            "measurement": """
                person_id | concept    | measurement_date | value
                now       | serum_b12  | 2026-11-22       | 500
                365-days  | serum_b12  | 2025-11-22       | 500
                366-days  | serum_b12  | 2025-11-21       | 500
                first-day | serum_b12  | 2026-10-01       | 100   # taken before the injection of the day
                day-after | serum_b12  | 2026-10-02       | 900
                active    | active_b12 | 2026-11-01       | 100
                untreated | serum_b12  | 2026-09-01       | 100   # before the first
                never     | serum_b12  | 2026-09-01       | 100   # not on injections
            """,
        },
    )
    assert found == {person: person in {"now", "365-days", "day-after"} for person in people}


def test_a_serum_b12_56_days_after_another_is_a_repeat_and_57_days_after_is_none():
    found = counted(
        b12_repeated_within_56_days,
        given={
            "measurement": """
                person_id | concept    | measurement_date | value
                once      | serum_b12  | 2026-06-01       | 500
                56-days   | serum_b12  | 2026-06-01       | 500
                56-days   | serum_b12  | 2026-07-27       | 500
                57-days   | serum_b12  | 2026-06-01       | 500
                57-days   | serum_b12  | 2026-07-28       | 500
                same-day  | serum_b12  | 2026-06-01       | 500   # one test, told twice
                same-day  | serum_b12  | 2026-06-01       | 510
                straddles | serum_b12  | 2025-11-20       | 500   # the earlier one lies before the year
                straddles | serum_b12  | 2025-11-22       | 500   # 365 days ago
                before    | serum_b12  | 2025-11-01       | 500
                before    | serum_b12  | 2025-11-21       | 500   # 366 days ago
                other     | active_b12 | 2026-06-01       | 60
                other     | serum_b12  | 2026-06-10       | 500
            """
        },
    )
    assert found == {
        "once": False, "56-days": True, "57-days": False, "same-day": False, "straddles": True, "other": False,
    }  # fmt: skip


def test_b12_above_738_on_two_dates_without_therapy_is_high():
    found = counted(
        high_b12_twice,
        given={
            "measurement": """
                person_id | concept   | measurement_date | value  | comparator | unit_family | value_in_family
                high      | serum_b12 | 2020-01-01       | 738.1  | =          | substance   | 738.1
                high      | serum_b12 | 2026-01-01       | 738.1  | =          | substance   | 738.1
                limit     | serum_b12 | 2026-01-01       | 738    | =          | substance   | 738
                limit     | serum_b12 | 2026-02-01       | 900    | =          | substance   | 900
                mass      | serum_b12 | 2026-01-01       | 738.54 | =          | mass        | 1001
                mass      | serum_b12 | 2026-02-01       | 738.54 | =          | mass        | 1001
                mass-edge | serum_b12 | 2026-01-01       | 737.8  | =          | mass        | 1000
                mass-edge | serum_b12 | 2026-02-01       | 900    | =          | mass        | 1220
                bound     | serum_b12 | 2026-01-01       | 738    | >          | substance   | 738
                bound     | serum_b12 | 2026-02-01       | 738    | >          | substance   | 738
                once      | serum_b12 | 2026-01-01       | 900    | =          | substance   | 900
                one-day   | serum_b12 | 2026-01-01       | 900    | =          | substance   | 900
                one-day   | serum_b12 | 2026-01-01       | 950    | =          | substance   | 950
                treated   | serum_b12 | 2026-01-01       | 900    | =          | substance   | 900
                treated   | serum_b12 | 2026-10-01       | 900    | =          | substance   | 900
            """,
            "drug_exposure": INJECTED + monthly("treated", start="2026-09-01", times=1),
        },
    )
    assert found == {"high": True, "limit": False, "mass": True, "mass-edge": False, "bound": True}


def test_two_years_of_injections_without_malabsorption_or_a_neurological_sign_could_be_tablets():
    people = ("tablets", "short", "cause", "neuro", "stopped")
    found = counted(
        oral_candidate,
        given={
            "drug_exposure": INJECTED
            + "\n".join(
                [
                    monthly("tablets", "cause", "neuro", start="2024-11-22", times=9, every=84),
                    monthly("short", start="2024-11-23", times=9, every=84),
                    monthly("stopped", start="2020-01-01", times=9, every=84),
                ]
            ),
            "condition_occurrence": """
                person_id | concept        | condition_start_date
                cause     | celiac_disease | 2026-11-22
                neuro     | neuropathy     | 2001-01-01   # ever
            """,
        },
    )
    assert set(found) <= set(people)
    assert found == {"tablets": True, "cause": False, "neuro": False}
