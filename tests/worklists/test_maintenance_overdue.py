"""Maintenance injections that are overdue."""

import pytest

from pipelines.worklists.maintenance_overdue import maintenance_overdue
from tests.tables import evidence_of


def given_last_injection(dates, *, substance="hydroxocobalamin", **tables):
    """Maintenance injections that end on the date of each person."""
    rows = [
        f"{person} | b12_injectable | {day} | administered | {substance}"
        for person, last in dates.items()
        for day in ("2026-01-01", "2026-02-15", last)
    ]
    header = "person_id | concept | drug_exposure_start_date | kind | ingredient\n"
    return {"drug_exposure": header + "\n".join(rows), **tables}


def test_it_is_listed_from_the_day_after_the_grace_until_it_seems_to_have_stopped(spec):
    judgement = spec(
        maintenance_overdue,
        as_of="2026-11-22",
        given=given_last_injection(
            {"on-time": "2026-08-02", "overdue": "2026-08-01", "long": "2026-06-02", "stopped": "2026-06-01"}
        ),
        expect="""
            person_id | index_date | due_date   | closed_by      | priority
            on-time   | 2026-08-02 | 2026-10-25 | on_time        |
            overdue   | 2026-08-01 | 2026-10-24 |                | 3
            long      | 2026-06-02 | 2026-08-25 |                | 3
            stopped   | 2026-06-01 | 2026-08-24 | stopped_listed |
        """,
    )
    assert evidence_of(judgement, "overdue") == {("last_injection", "d006")}
    assert judgement.care_gap.filter(person_id="overdue")["reason"].item() == (
        "Last B12 injection on 2026-08-01, next due by 2026-10-24; no record of another since."
    )


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_cyanocobalamin_covers_30_days_with_14_of_grace(spec, profile):
    spec(
        maintenance_overdue,
        as_of="2026-11-22",
        profile=profile,
        given=given_last_injection(
            {"on-time": "2026-10-09", "overdue": "2026-10-08", "long": "2026-07-26", "stopped": "2026-07-25"},
            substance="cyanocobalamin",
        ),
        expect="""
            person_id | due_date   | closed_by
            on-time   | 2026-11-08 | on_time
            overdue   | 2026-11-07 |
            long      | 2026-08-25 |
            stopped   | 2026-08-24 | stopped_listed
        """,
    )


def test_a_neurological_record_is_urgent_after_half_an_interval(spec):
    """With one the interval is 56 days: urgent from 29 days after the cover on."""
    spec(
        maintenance_overdue,
        as_of="2026-11-22",
        given=given_last_injection(
            {"neuro-28": "2026-08-30", "neuro-29": "2026-08-29", "neuro-old": "2026-08-29", "cause": "2026-08-01"},
            condition_occurrence="""
                person_id | concept              | condition_start_date
                neuro-28  | neuropathy           | 2024-11-22
                neuro-29  | neuropathy           | 2024-11-22
                neuro-old | neuropathy           | 2024-11-21   # 731 days: it shortens the interval and nothing else
                cause     | autoimmune_gastritis | 2026-11-22
            """,
        ),
        expect="""
            person_id | due_date   | priority
            neuro-28  | 2026-10-25 | 2
            neuro-29  | 2026-10-24 | 1
            neuro-old | 2026-10-24 | 3
            cause     | 2026-10-24 | 2
        """,
    )


def test_the_other_rules_of_the_stopped_list_close_it_too(spec):
    spec(
        maintenance_overdue,
        as_of="2026-11-22",
        profile="us",
        given={
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date | kind
                loading   | b12_injectable | 2026-09-01               | administered
                loading   | b12_injectable | 2026-09-08               | administered
                switch    | b12_injectable | 2026-07-01               | administered
                switch    | b12_injectable | 2026-08-01               | administered
                switch    | b12_injectable | 2026-09-01               | administered
                switch    | b12_nasal      | 2026-11-01               | prescribed
                resolved  | b12_injectable | 2026-03-01               | administered
                resolved  | b12_injectable | 2026-04-01               | administered
                resolved  | b12_injectable | 2026-05-01               | administered
            """,
            "measurement": """
                person_id | concept   | measurement_date | value
                loading   | serum_b12 | 2026-08-01       | 100
                resolved  | serum_b12 | 2026-11-01       | 300
            """,
        },
        overrides={"maintenance.stopped_min_days": 1000},
        expect="""
            person_id | closed_by
            loading   | loading_listed
            switch    | oral_switch
            resolved  | cause_resolved
        """,
    )


def test_the_first_rule_that_holds_is_named(spec):
    spec(
        maintenance_overdue,
        as_of="2026-11-22",
        given={
            "drug_exposure": """
                person_id    | concept        | drug_exposure_start_date | kind         | ingredient
                and-loading  | b12_injectable | 2026-10-20               | administered | hydroxocobalamin
                and-loading  | b12_injectable | 2026-10-22               | administered | hydroxocobalamin
                and-stopped  | b12_injectable | 2026-06-01               | administered | cyanocobalamin   # loading is open, and long past due
                and-stopped  | b12_injectable | 2026-06-03               | administered | cyanocobalamin
                loaded       | b12_injectable | 2026-09-01               | administered | cyanocobalamin     # loading is complete
                loaded       | b12_injectable | 2026-09-03               | administered | cyanocobalamin
                loaded       | b12_injectable | 2026-09-05               | administered | cyanocobalamin
                loaded       | b12_injectable | 2026-09-07               | administered | cyanocobalamin
                loaded       | b12_injectable | 2026-09-09               | administered | cyanocobalamin
                stopped      | b12_injectable | 2025-10-01               | administered | hydroxocobalamin
                stopped      | b12_injectable | 2026-01-01               | administered | hydroxocobalamin
                stopped      | b12_injectable | 2026-04-01               | administered | hydroxocobalamin
                stopped      | b12_oral       | 2026-11-01               | prescribed   |
                switched     | b12_injectable | 2024-11-07               | administered | hydroxocobalamin   # every 170 days
                switched     | b12_injectable | 2025-04-26               | administered | hydroxocobalamin
                switched     | b12_injectable | 2025-10-13               | administered | hydroxocobalamin
                switched     | b12_injectable | 2026-04-01               | administered | hydroxocobalamin
                switched     | b12_oral       | 2026-11-01               | prescribed   |
            """,
            "measurement": """
                person_id    | concept   | measurement_date | value
                and-loading  | serum_b12 | 2026-10-01       | 100
                and-stopped  | serum_b12 | 2026-05-01       | 100
                loaded       | serum_b12 | 2026-08-01       | 100
                switched     | serum_b12 | 2026-10-15       | 300   # resolved as well
            """,
        },
        expect="""
            person_id    | closed_by
            and-loading  | on_time
            and-stopped  | loading_listed
            loaded       |
            stopped      | stopped_listed
            switched     | oral_switch
        """,
    )
