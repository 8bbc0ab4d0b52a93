"""A loading course of injections that was not completed."""

from pipelines.worklists.loading_incomplete import loading_incomplete
from tests.tables import evidence_of

HEADER = "person_id | concept | drug_exposure_start_date | kind | doses\n"


def given(courses, kind="administered", **tables):
    """Injections on these dates, of each person."""
    rows = [f"{person} | b12_injectable | {day} | {kind} |" for person, days in courses.items() for day in days]
    return {"drug_exposure": HEADER + "\n".join(rows), **tables}


def september(*days):
    return [f"2026-09-{day:02}" for day in days]


def test_a_begun_course_is_listed_from_28_days_to_half_a_year_after_its_start(spec):
    judgement = spec(
        loading_incomplete,
        as_of="2026-11-22",
        given=given(
            {
                "last-in": ["2026-10-25", "2026-10-27"],
                "too-new": ["2026-10-26", "2026-10-27"],
                "first-in": ["2026-05-26"],
                "too-old": ["2026-05-25"],
                "later-start": ["2025-09-01", "2026-09-01"],  # 365 days without: a new course
                "same-course": ["2025-09-02", "2026-09-01"],
            }
        ),
        expect="""
            person_id   | index_date | due_date   | closed_by | priority
            last-in     | 2026-10-25 | 2026-11-22 |           | 2
            first-in    | 2026-05-26 | 2026-06-23 |           | 3
            later-start | 2026-09-01 | 2026-09-29 |           | 3
        """,
    )
    assert evidence_of(judgement, "last-in") == {("injection", "d001"), ("injection", "d002")}
    assert judgement.care_gap.filter(person_id="last-in")["reason"].item() == (
        "Injections began on 2026-10-25, 2 of the 5 injections of a loading course on record by 2026-11-22; "
        "no record of the others."
    )


def test_a_gap_of_21_days_before_the_third_injection_is_no_loading(spec):
    spec(
        loading_incomplete,
        as_of="2026-11-22",
        given=given(
            {
                "gap-20": ["2026-09-01", "2026-09-21", "2026-10-11"],
                "gap-21": ["2026-09-01", "2026-09-22"],
                "second": ["2026-09-01", "2026-09-02", "2026-09-23"],
                "third": ["2026-09-01", "2026-09-02", "2026-09-03", "2026-09-24"],  # after the third
            }
        ),
        expect="""
            person_id | closed_by
            gap-20    |
            third     |
        """,
    )


def test_five_in_28_days_complete_it(spec):
    judgement = spec(
        loading_incomplete,
        as_of="2026-11-22",
        given=given(
            {
                "five": september(1, 3, 5, 8, 29),
                "late": [*september(1, 3, 5, 8), "2026-09-30"],
                "four": september(1, 3, 5, 8),
            }
        ),
        expect="""
            person_id | closed_by
            five      | loading_complete
            late      |
            four      |
        """,
    )
    assert evidence_of(judgement, "five") == {("injection", f"d00{number}") for number in range(1, 6)}
    assert evidence_of(judgement, "late") == {("injection", f"d00{number}") for number in range(6, 10)}


def test_with_a_neurological_record_seven_in_21_days_complete_it(spec):
    spec(
        loading_incomplete,
        as_of="2026-11-22",
        given=given(
            {
                "seven": september(1, 3, 5, 8, 10, 12, 22),
                "late": september(1, 3, 5, 8, 10, 12, 23),
                "by-28": september(1, 3, 5, 8, 10),
                "after-28": september(1, 3, 5, 8, 10),
                "past": september(1, 3, 5, 8, 10),
                "past-730": september(1, 3, 5, 8, 10),
            },
            condition_occurrence="""
                person_id | concept    | condition_start_date
                seven     | neuropathy | 2026-09-01
                late      | neuropathy | 2026-09-01
                by-28     | neuropathy | 2026-09-29
                after-28  | neuropathy | 2026-09-30
                past      | neuropathy | 2024-09-28   # 731 days before S + 28
                past-730  | neuropathy | 2024-09-29
            """,
        ),
        expect="""
            person_id | closed_by        | priority
            seven     | loading_complete |
            late      |                  | 1
            by-28     |                  | 1
            after-28  | loading_complete |
            past      | loading_complete |
            past-730  |                  | 3   # not in the 730 days of the as-of date
        """,
    )


def test_in_the_united_states_seven_in_70_days_complete_it(spec):
    weekly = ["2026-09-01", "2026-09-08", "2026-09-15", "2026-09-22", "2026-09-29", "2026-10-06"]
    spec(
        loading_incomplete,
        as_of="2026-11-22",
        profile="us",
        given=given(
            {
                "seven": [*weekly, "2026-11-10"],
                "late": [*weekly, "2026-11-11"],
                "last-in": ["2026-09-13"],
                "too-new": ["2026-09-14"],
                "recent-91": ["2026-08-23"],
                "past-91": ["2026-08-22"],
            }
        ),
        expect="""
            person_id | closed_by        | priority | due_date
            seven     | loading_complete |          | 2026-11-10
            late      |                  | 2        | 2026-11-10
            last-in   |                  | 2        | 2026-11-22
            recent-91 |                  | 2        | 2026-11-01
            past-91   |                  | 3        | 2026-10-31
        """,
    )


def test_doses_supplied_close_it_where_no_injection_is_recorded(spec):
    spec(
        loading_incomplete,
        as_of="2026-11-22",
        given={
            "drug_exposure": HEADER
            + """
                enough      | b12_injectable | 2026-09-01 | dispensed    | 5
                too-few     | b12_injectable | 2026-09-01 | dispensed    | 4
                by-day-28   | b12_injectable | 2026-09-01 | dispensed    | 3
                by-day-28   | b12_injectable | 2026-09-15 | dispensed    | 1
                by-day-28   | b12_injectable | 2026-09-29 | dispensed    | 1
                by-day-29   | b12_injectable | 2026-09-01 | dispensed    | 3
                by-day-29   | b12_injectable | 2026-09-15 | dispensed    | 1
                by-day-29   | b12_injectable | 2026-09-30 | dispensed    | 1
                prescribed  | b12_injectable | 2026-09-01 | prescribed   | 5
                both        | b12_injectable | 2026-09-01 | prescribed   | 5
                both        | b12_injectable | 2026-09-02 | dispensed    | 4
                given       | b12_injectable | 2026-09-01 | administered |
                given       | b12_injectable | 2026-09-02 | dispensed    | 10
                not-capped  | b12_injectable | 2026-09-01 | dispensed    | 7
                six         | b12_injectable | 2026-09-01 | dispensed    | 6
                no-quantity | b12_injectable | 2026-09-01 | dispensed    |
                some        | b12_injectable | 2026-09-01 | dispensed    |
                some        | b12_injectable | 2026-09-02 | dispensed    | 3
                enough-some | b12_injectable | 2026-09-01 | dispensed    |
                enough-some | b12_injectable | 2026-09-02 | dispensed    | 4
                bare-issue  | b12_injectable | 2026-09-01 | prescribed   | 5
                bare-issue  | b12_injectable | 2026-09-02 | dispensed    |
                bare-four   | b12_injectable | 2026-09-01 | prescribed   | 4
                bare-four   | b12_injectable | 2026-09-02 | dispensed    |     # none of those prescribed
                course-ago  | b12_injectable | 2023-01-01 | dispensed    | 5   # of another course
                course-ago  | b12_injectable | 2026-09-01 | dispensed    | 1
                no-more     | b12_injectable | 2026-09-01 | administered |
                bare-seven  | b12_injectable | 2026-09-01 | dispensed    |
                bare-seven  | b12_injectable | 2026-09-05 | dispensed    |
                bare-seven  | b12_injectable | 2026-09-09 | dispensed    |
                bare-seven  | b12_injectable | 2026-09-13 | dispensed    |
                bare-seven  | b12_injectable | 2026-09-17 | dispensed    |
                bare-seven  | b12_injectable | 2026-09-21 | dispensed    |
                bare-seven  | b12_injectable | 2026-09-25 | dispensed    |
                bare-seven  | b12_injectable | 2026-10-20 | dispensed    | 1   # a quantity, after the window
            """,
            "condition_occurrence": """
                person_id  | concept    | condition_start_date
                not-capped | neuropathy | 2026-09-01   # seven are needed
                six        | neuropathy | 2026-09-01
                bare-seven | neuropathy | 2026-09-01
            """,
        },
        expect="""
            person_id   | closed_by | flags
            enough      | supplied  |
            too-few     |           |
            by-day-28   | supplied  |
            by-day-29   |           |
            prescribed  | supplied  |
            both        |           |
            given       |           |
            not-capped  | supplied  |
            six         |           |
            no-quantity | supplied  | quantity_not_seen
            some        |           |
            enough-some | supplied  |
            bare-issue  | supplied  |
            bare-four   |           |
            course-ago  |           |
            no-more     |           |
            bare-seven  | supplied  |
        """,
    )


def test_the_first_rule_that_holds_is_named(spec):
    spec(
        loading_incomplete,
        as_of="2026-11-22",
        given={
            "drug_exposure": HEADER
            + "".join(
                f"complete | b12_injectable | 2026-09-0{day} | dispensed | 1   # as many injections as doses\n"
                for day in (1, 2, 3, 4, 5)
            )
            + """
                supplied | b12_injectable | 2026-09-01 | dispensed    | 5
                supplied | b12_oral       | 2026-11-01 | prescribed   |
                switched | b12_injectable | 2026-09-01 | administered |
                switched | b12_oral       | 2026-11-01 | prescribed   |
            """,
        },
        first_exposure="""
            site | first_start
                 | 2026-09-01   # too late to trust any start
        """,
        expect="""
            person_id | closed_by
            complete  | loading_complete
            supplied  | supplied
            switched  | oral_switch
        """,
    )


def test_the_administration_is_the_evidence_where_a_date_holds_several_records(spec):
    judgement = spec(
        loading_incomplete,
        as_of="2026-11-22",
        given={
            "drug_exposure": HEADER
            + """
                1 | b12_injectable | 2026-09-01 | prescribed   | 5
                1 | b12_injectable | 2026-09-01 | dispensed    | 5
                1 | b12_injectable | 2026-09-01 | administered |
                1 | b12_injectable | 2026-09-01 | administered |
                2 | b12_injectable | 2026-09-01 | prescribed   | 1
                2 | b12_injectable | 2026-09-01 | dispensed    | 1
            """
        },
        expect="""
            person_id | closed_by
            1         |
            2         |
        """,
    )
    assert evidence_of(judgement, "1") == {("injection", "d003")}
    assert evidence_of(judgement, "2") == {("injection", "d006")}


def test_b12_in_its_place_and_a_start_that_cannot_be_trusted_close_it(spec):
    spec(
        loading_incomplete,
        as_of="2026-11-22",
        given={
            "person": """
                person_id  | birth_date | site | registered_from
                switched   | 1960-01-01 |      |
                trusted    | 1960-01-01 | A    |
                short-site | 1960-01-01 | B    |
                no-site    | 1960-01-01 |      |
                joined     | 1960-01-01 | A    | 2025-09-01
                new-here   | 1960-01-01 | A    | 2025-09-02
            """,
            "drug_exposure": HEADER
            + """
                switched   | b12_injectable | 2026-09-01 | administered |
                switched   | b12_oral       | 2026-11-01 | prescribed   |
                trusted    | b12_injectable | 2026-09-01 | administered |
                short-site | b12_injectable | 2026-09-01 | administered |
                no-site    | b12_injectable | 2026-09-01 | administered |
                joined     | b12_injectable | 2026-09-01 | administered |
                new-here   | b12_injectable | 2026-09-01 | administered |
            """,
        },
        first_exposure="""
            site | first_start
                 | 2025-09-01
            A    | 2025-09-01   # 365 days before the start
            B    | 2025-09-02
        """,
        expect="""
            person_id  | closed_by
            switched   | oral_switch
            trusted    |
            short-site | history_too_short
            no-site    |
            joined     |
            new-here   | history_too_short
        """,
    )


def test_a_lifelong_cause_or_a_start_in_the_last_42_days_goes_before_the_others(spec):
    spec(
        loading_incomplete,
        as_of="2026-11-22",
        given=given(
            {"recent": ["2026-10-11"], "past": ["2026-10-10"], "cause": ["2026-09-01"]},
            condition_occurrence="""
                person_id | concept           | condition_start_date
                cause     | pernicious_anemia | 2026-09-01
            """,
        ),
        expect="""
            person_id | priority
            recent    | 2
            past      | 3
            cause     | 2
        """,
    )
