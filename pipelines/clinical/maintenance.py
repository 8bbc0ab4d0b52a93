"""Maintenance injections: who is on them, and how far past due they are."""

from datetime import date

import polars as pl

from pipelines.clinical._term import term
from pipelines.clinical.b12 import LOW, unlikely_after
from pipelines.clinical.dates import around, in_last, plus_days
from pipelines.clinical.eligible import eligible_if
from pipelines.clinical.events import beside, first_by, latest_first, marked
from pipelines.clinical.numbers import lowest_first
from pipelines.clinical.signs import has
from pipelines.profile import Profile


@term
def injection_maintenance(
    injection_course: pl.LazyFrame,
    course_injections: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    lifelong_cause: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """One row per person ever injected: the current course, and what makes it maintenance.

    Two gaps of 21 days or more (``is_spaced``), a lifelong cause (``evidence_cause``), or a low result in the 365 days
    up to its start (``evidence_low``). ``is_on_time``: the grace after its cover has not passed; ``is_stopped``:
    another interval, 90 days at least, has passed after its cover.
    """
    gaps = course_injections.filter(pl.col("gap_days") >= profile["maintenance.gap_days"]).group_by("person_id").len()
    spaced = gaps.filter(pl.col("len") >= profile["maintenance.gaps_needed"])
    low = low_before(injection_course, b12_tests, at="started_on", days=profile["maintenance.low_before_days"])
    stopped_days = pl.max_horizontal("interval_days", profile["maintenance.stopped_min_days"])
    return (
        injection_course.pipe(marked, "is_spaced", spaced)
        .pipe(beside, lifelong_cause)
        .join(low, on=["person_id", "started_on"], how="left")
        .with_columns(
            is_on_time=as_of <= plus_days("covered_until", pl.col("grace_days")),
            is_stopped=as_of >= plus_days("covered_until", stopped_days),
        )
    )


def on_maintenance(courses: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """The courses that are maintenance, last given in the last 1095 days."""
    lookback, gaps, gap_days = (
        profile["maintenance.lookback_days"],
        profile["maintenance.gaps_needed"],
        profile["maintenance.gap_days"],
    )
    low_days = profile["maintenance.low_before_days"]
    return courses.pipe(
        eligible_if,
        {
            f"last given: in the last {lookback} days": in_last("last_on", lookback, as_of=as_of),
            f"maintenance: {gaps} gaps of {gap_days} days or more, a lifelong cause, or a low B12 in the {low_days} "
            "days up to its start": pl.col("is_spaced") | has("cause", "low"),
        },
        record="an injection of B12",
    )


def low_before(points: pl.LazyFrame, b12_tests: pl.LazyFrame, *, at: str, days: int) -> pl.LazyFrame:
    """The people with a low B12 result in [at - days, at], on treatment or not: the latest, in ``evidence_low``.

    Several points of one person are told apart by ``at``.
    """
    found = (
        b12_tests.filter(pl.col("b12_class") == LOW)
        .join(points.select("person_id", at), on="person_id")
        .filter(around("measurement_date", at, before=days, after=0))
    )
    latest = first_by(found, latest_first("measurement_date"), *lowest_first(), "measurement_id", key=("person_id", at))
    return latest.select("person_id", at, evidence_low="event")


def cause_resolved(
    points: pl.LazyFrame, b12_index: pl.LazyFrame, lifelong_cause: pl.LazyFrame, *, at: str
) -> pl.LazyFrame:
    """The people without a lifelong cause whose index, later than the date in ``at``, makes deficiency unlikely."""
    return unlikely_after(points, b12_index, at=at).join(lifelong_cause, on="person_id", how="anti")
