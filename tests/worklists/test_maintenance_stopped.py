"""Maintenance injections that seem to have stopped."""

from pipelines.worklists.maintenance_stopped import maintenance_stopped
from tests.tables import evidence_of

THREE = """
    {0} | b12_injectable | {1} | administered | hydroxocobalamin
    {0} | b12_injectable | {2} | administered | hydroxocobalamin
    {0} | b12_injectable | {3} | administered | hydroxocobalamin
"""
HEADER = "person_id | concept | drug_exposure_start_date | kind | ingredient\n"


def three(person, *dates):
    """Three injections with two long gaps: maintenance, the last two gaps being too few to set an interval."""
    return THREE.format(person, *dates)


def test_it_is_listed_another_interval_or_90_days_after_its_cover(spec):
    """Hydroxocobalamin covers 84 days, 56 with a neurological record: stopped 90 days after either."""
    judgement = spec(
        maintenance_stopped,
        as_of="2026-11-22",
        given={
            "drug_exposure": HEADER
            + three("stopped", "2025-12-01", "2026-02-23", "2026-06-01")  # covered until 2026-08-24, + 90 = today
            + three("overdue", "2025-12-01", "2026-02-23", "2026-06-02")
            + three("grace", "2025-12-01", "2026-02-23", "2026-08-02")  # covered until 2026-10-25, + 28 = today
            + three("after-grace", "2025-12-01", "2026-02-23", "2026-08-01")
            + three("neuro", "2025-12-01", "2026-02-23", "2026-06-29")  # covered until 2026-08-24 at 56
            + three("neuro-not", "2025-12-01", "2026-02-23", "2026-06-30"),
            "condition_occurrence": """
                person_id | concept    | condition_start_date
                neuro     | neuropathy | 2001-01-01
                neuro-not | neuropathy | 2001-01-01
            """,
        },
        expect="""
            person_id   | index_date | due_date   | closed_by      | priority
            stopped     | 2026-06-01 | 2026-08-24 |                | 3
            overdue     | 2026-06-02 | 2026-08-25 | overdue_listed |
            grace       | 2026-08-02 | 2026-10-25 | on_time        |
            after-grace | 2026-08-01 | 2026-10-24 | overdue_listed |
            neuro       | 2026-06-29 | 2026-08-24 |                | 1
            neuro-not   | 2026-06-30 | 2026-08-25 | overdue_listed |
        """,
    )
    assert evidence_of(judgement, "stopped") == {("last_injection", "d003")}
    assert judgement.care_gap.filter(person_id="stopped")["reason"].item() == (
        "Last B12 injection on 2026-06-01, next due by 2026-08-24; no record of another since, or of B12 in its place."
    )


def test_an_own_interval_longer_than_90_days_is_waited_for_once_more(spec):
    """Every 100 days: covered until 2026-09-09, stopped 100 days later."""
    days = ["2025-08-05", "2025-11-13", "2026-02-21", "2026-06-01"]
    rows = [f"1 | b12_injectable | {day} | administered | hydroxocobalamin" for day in days]
    for as_of, closed in (("2026-12-18", ""), ("2026-12-17", "overdue_listed")):
        spec(
            maintenance_stopped,
            as_of=as_of,
            given={"drug_exposure": HEADER + "\n".join(rows)},
            expect=f"""
                person_id | due_date   | closed_by
                1         | 2026-09-09 | {closed}
            """,
        )


def test_a_course_is_maintenance_with_two_long_gaps_a_lifelong_cause_or_a_low_result_before_it(spec):
    spec(
        maintenance_stopped,
        as_of="2026-11-22",
        given={
            "drug_exposure": HEADER
            + three("two-21", "2025-12-01", "2025-12-22", "2026-01-12")
            + three("one-21", "2025-12-01", "2025-12-22", "2026-01-11")
            + three("cause", "2025-12-01", "2025-12-02", "2025-12-03")
            + three("antibody", "2025-12-01", "2025-12-02", "2025-12-03")
            + three("negative", "2025-12-01", "2025-12-02", "2025-12-03")
            + three("passing", "2025-12-01", "2025-12-02", "2025-12-03")
            + three("low-365", "2025-12-01", "2025-12-02", "2025-12-03")
            + three("low-366", "2025-12-01", "2025-12-02", "2025-12-03")
            + three("low-day", "2025-12-01", "2025-12-02", "2025-12-03")
            + three("low-after", "2025-12-01", "2025-12-02", "2025-12-03"),
            "procedure_occurrence": """
                person_id | concept          | procedure_date
                cause     | ileal_resection  | 2026-11-22
                passing   | bariatric_surgery | 2026-11-22   # not for life
            """,
            "measurement": """
                person_id | concept             | measurement_date | value
                antibody  | intrinsic_factor_ab | 2020-01-01       | 1
                negative  | intrinsic_factor_ab | 2020-01-01       | 0
                low-365   | serum_b12           | 2024-12-01       | 100
                low-366   | serum_b12           | 2024-11-30       | 100
                low-day   | active_b12          | 2025-12-01       | 20
                low-after | serum_b12           | 2025-12-02       | 100
            """,
        },
        expect="""
            person_id | priority
            two-21    | 3
            cause     | 2
            antibody  | 2
            low-365   | 3
            low-day   | 3
        """,
    )


def test_the_last_injection_lies_in_the_last_three_years(spec):
    spec(
        maintenance_stopped,
        as_of="2026-11-22",
        given={
            "drug_exposure": HEADER
            + three("1095-days", "2023-05-01", "2023-08-01", "2023-11-23")
            + three("1096-days", "2023-05-01", "2023-08-01", "2023-11-22")
        },
        expect="""
            person_id | closed_by
            1095-days |
        """,
    )


def test_b12_in_place_of_injections_closes_the_gap(spec):
    spec(
        maintenance_stopped,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id | concept           | drug_exposure_start_date | kind         | ingredient       | drug_exposure_end_date | daily_dose
            """
            + "".join(
                line.rstrip() + " | | \n"
                for person in ("enough", "too-little", "unknown", "nasal", "no-route", "ended", "future")
                for line in three(person, "2025-07-01", "2025-10-01", "2026-01-01").strip().splitlines()
            )
            + """
                enough     | b12_oral          | 2026-11-01 | prescribed | | 2026-11-22 | 1000
                too-little | b12_oral          | 2026-11-01 | prescribed | | 2026-11-22 | 999
                unknown    | b12_oral          | 2026-11-01 | prescribed | | 2026-11-22 |
                nasal      | b12_nasal         | 2026-11-22 | prescribed | | 2026-11-22 | 50
                no-route   | b12_unknown_route | 2026-11-01 | prescribed | | 2026-11-22 | 50
                ended      | b12_oral          | 2026-11-01 | prescribed | | 2026-11-21 | 1000
                future     | b12_oral          | 2026-11-23 | prescribed | | 2026-12-21 | 1000
            """,
        },
        expect="""
            person_id  | closed_by
            enough     | oral_switch
            too-little |
            unknown    | oral_switch
            nasal      | oral_switch
            no-route   | oral_switch
            ended      |
            future     |
        """,
    )


def test_a_later_normal_result_closes_unless_the_cause_is_lifelong(spec):
    """Results count off treatment: later than 180 days after the last injection."""
    spec(
        maintenance_stopped,
        as_of="2026-11-22",
        given={
            "drug_exposure": HEADER
            + "".join(
                three(person, "2025-07-01", "2025-10-01", "2026-01-01")
                for person in ("normal", "borderline", "on-treatment", "lifelong")
            )
            + three("same-day", "2025-01-01", "2025-06-01", "2026-01-01"),
            "measurement": """
                person_id    | concept   | measurement_date | value
                normal       | serum_b12 | 2026-07-01       | 259   # 181 days after
                borderline   | serum_b12 | 2026-07-01       | 258
                on-treatment | serum_b12 | 2026-06-30       | 259
                lifelong     | serum_b12 | 2026-07-01       | 259
                same-day     | serum_b12 | 2026-01-01       | 259   # taken before the injection, not after it
            """,
            "condition_occurrence": """
                person_id | concept           | condition_start_date
                lifelong  | pernicious_anemia | 2020-01-01
            """,
        },
        expect="""
            person_id    | closed_by      | priority
            normal       | cause_resolved |
            borderline   |                | 3
            on-treatment |                | 3
            lifelong     |                | 2
            same-day     |                | 3
        """,
    )


def test_an_open_loading_course_is_listed_there_and_only_there(spec):
    spec(
        maintenance_stopped,
        as_of="2026-11-22",
        given={
            "drug_exposure": HEADER + three("loading", "2026-06-01", "2026-06-03", "2026-06-05"),
            "measurement": """
                person_id | concept   | measurement_date | value
                loading   | serum_b12 | 2026-05-01       | 100
            """,
        },
        expect="""
            person_id | closed_by
            loading   | loading_listed
        """,
    )


def test_the_first_rule_that_holds_is_named(spec):
    judgement = spec(
        maintenance_stopped,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id    | concept        | drug_exposure_start_date | kind         | ingredient
                and-loading  | b12_injectable | 2026-10-20               | administered | hydroxocobalamin
                and-loading  | b12_injectable | 2026-10-22               | administered | hydroxocobalamin
                loaded       | b12_injectable | 2026-06-01               | administered | cyanocobalamin     # loading is complete
                loaded       | b12_injectable | 2026-06-03               | administered | cyanocobalamin
                loaded       | b12_injectable | 2026-06-05               | administered | cyanocobalamin
                loaded       | b12_injectable | 2026-06-07               | administered | cyanocobalamin
                loaded       | b12_injectable | 2026-06-09               | administered | cyanocobalamin
                overdue      | b12_injectable | 2026-02-01               | administered | hydroxocobalamin
                overdue      | b12_injectable | 2026-05-01               | administered | hydroxocobalamin
                overdue      | b12_injectable | 2026-07-25               | administered | hydroxocobalamin
                overdue      | b12_oral       | 2026-11-01               | prescribed   |
                switched     | b12_injectable | 2025-07-01               | administered | hydroxocobalamin
                switched     | b12_injectable | 2025-10-01               | administered | hydroxocobalamin
                switched     | b12_injectable | 2026-01-01               | administered | hydroxocobalamin
                switched     | b12_oral       | 2026-11-01               | prescribed   |
                switched     | b12_oral       | 2026-10-01               | prescribed   |   # the latest is told
            """,
            "measurement": """
                person_id    | concept   | measurement_date | value
                and-loading  | serum_b12 | 2026-10-01       | 100
                loaded       | serum_b12 | 2026-05-01       | 100
                switched     | serum_b12 | 2026-07-01       | 259   # resolved as well
            """,
        },
        expect="""
            person_id    | closed_by
            and-loading  | on_time
            loaded       |
            overdue      | overdue_listed
            switched     | oral_switch
        """,
    )
    assert ("closed_by", "d015") in evidence_of(judgement, "switched")
