"""Courses of the drugs that put a person at risk."""

from datetime import date

import polars as pl

from pipelines.clinical._term import term
from pipelines.clinical.dates import days_before, days_from
from pipelines.clinical.events import coded, first_by, joined
from pipelines.clinical.therapy import with_end
from pipelines.profile import Profile


def current_course(rows: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per person with a course that is current on the as-of date: ``since``, ``length_days``, ``event``.

    Rows carry ``start_date`` and ``end_date``. A course is current when its latest end lies on or after the as-of
    date or its last start in the 120 days up to it. Should two be, the longer one stands. ``event`` is its first row.
    """
    recently = days_before(as_of, profile["course.current_days"])
    courses = (
        joined(rows, gap_days=profile["course.gap_days"])
        .group_by("person_id", "course")
        .agg(
            since=pl.col("start_date").min(),
            ended=pl.col("end_date").max(),
            last_start=pl.col("start_date").max(),
            event=pl.col("event").filter(pl.col("start_date") == pl.col("start_date").min()).min(),
        )
    )
    current = courses.filter((pl.col("ended") >= as_of) | (pl.col("last_start") >= recently))
    return first_by(current, "since").with_columns(length_days=days_from("since", as_of))


@term
def metformin_rows(drug_exposure: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per metformin record, with ``start_date`` and ``end_date``."""
    return with_end(coded(drug_exposure, "metformin"), as_of=as_of, profile=profile)


@term
def metformin(metformin_rows: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per person on metformin now: the current course."""
    return current_course(metformin_rows, as_of=as_of, profile=profile)


@term
def acid_suppression(drug_exposure: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per person on a PPI or H2 antagonist now, not by injection: the current course of both together."""
    rows = coded(drug_exposure, "ppi", "h2ra").filter(pl.col("route") != "injection")
    return current_course(with_end(rows, as_of=as_of, profile=profile), as_of=as_of, profile=profile)
