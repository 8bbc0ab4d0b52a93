"""Oral or nasal B12 replacement that seems to have stopped."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import days_from, in_last, plus_days
from pipelines.clinical.events import beside, first_by, joined, latest_first
from pipelines.clinical.maintenance import low_before
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_b12_now, by_cause_resolved, close_gap, eligible_if, worklist


@worklist(
    title="Oral vitamin B12 replacement stopped, no record of a reason",
    action="Ask why the tablets stopped; restart them, or document the stop",
    owner="practice",
    sources=("S1", "S6"),
    reviewed=date(2026, 11, 22),
)
def oral_replacement_stopped(
    b12_therapy: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    malabsorption: pl.LazyFrame,
    lifelong_cause: pl.LazyFrame,
    neuro_ever: pl.LazyFrame,
    b12_now: pl.LazyFrame,
    maintenance_stopped: pl.LazyFrame,
    b12_index: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People whose oral, nasal or unknown-route B12 ended 60 days to three years ago.

    The latest course with a low result in the year before its start, or, with malabsorption, of 90 days or more.
    Closed by B12 treatment that runs now, by the list of stopped injections, or when a later normal result shows that
    a passing cause went.
    """
    lookback, after = profile["oral_replacement_stopped.lookback_days"], profile["oral_replacement_stopped.after_days"]
    courses = replacement_courses(b12_therapy, b12_tests, malabsorption, profile=profile)
    stopped = (
        first_by(courses, latest_first("started_on"))
        .pipe(
            eligible_if,
            {f"ended {after} to {lookback} days ago": in_last("ended_on", lookback, as_of=as_of, until_days=after)},
        )
        .pipe(beside, neuro_ever, lifelong_cause.select("person_id", evidence_lifelong="evidence_cause"))
    )
    return close_gap(
        stopped,
        on_b12_now=by_b12_now(b12_now),
        maintenance_listed=because("listed for stopped injections", maintenance_stopped),
        cause_resolved=by_cause_resolved(stopped, b12_index, lifelong_cause, at="ended_on"),
    ).with_columns(
        index_date="ended_on",
        due_date=plus_days("ended_on", profile["oral_replacement_stopped.due_days"]),
        priority=pl.when(has("neuro")).then(1).when(has("lifelong")).then(2).otherwise(3),
        evidence_last_issue="event",
        found=sentence("Oral or nasal B12 since ", day("started_on"), " ran out on ", day("ended_on"), with_neuro()),
        missing=pl.lit("no record of B12 treatment since"),
    )


def replacement_courses(
    b12_therapy: pl.LazyFrame, b12_tests: pl.LazyFrame, malabsorption: pl.LazyFrame, *, profile: Profile
) -> pl.LazyFrame:
    """One row per course of oral, nasal or unknown-route B12 that replaces: ``started_on``, ``ended_on``, ``event``."""
    courses = (
        joined(b12_therapy.filter(~pl.col("is_injected")), gap_days=profile["course.gap_days"])
        .group_by("person_id", "course")
        .agg(
            started_on=pl.col("start_date").min(),
            ended_on=pl.col("end_date").max(),
            event=pl.col("event").filter(pl.col("end_date") == pl.col("end_date").max()).max(),
        )
    )
    low_days = profile["oral_replacement_stopped.low_before_days"]
    min_days = profile["oral_replacement_stopped.min_length_days"]
    low = low_before(courses, b12_tests, at="started_on", days=low_days)
    lasted = days_from("started_on", "ended_on") >= min_days
    return (
        courses.join(low, on=["person_id", "started_on"], how="left")
        .pipe(beside, malabsorption)
        .pipe(
            eligible_if,
            {
                f"a low B12 in the {low_days} days before its start, or malabsorption and {min_days} days or longer": (
                    has("low") | (has("cause") & lasted)
                )
            },
            record="a course of oral or nasal B12, or of unknown route",
        )
    )
