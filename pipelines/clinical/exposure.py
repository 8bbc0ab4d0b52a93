"""Courses of the drugs that put a person at risk."""

from datetime import date

import polars as pl

from pipelines.clinical._term import term
from pipelines.clinical.dates import around, days_before, days_from
from pipelines.clinical.events import coded, first_by, joined, latest_first
from pipelines.clinical.numbers import rounded
from pipelines.clinical.therapy import with_end
from pipelines.profile import Profile


def courses_of(rows: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """One row per course of rows that carry ``start_date`` and ``end_date``: ``since``, ``ended``, ``last_start``.

    ``event`` is its first row.
    """
    return (
        joined(rows, gap_days=profile["course.gap_days"])
        .group_by("person_id", "course")
        .agg(
            since=pl.col("start_date").min(),
            ended=pl.col("end_date").max(),
            last_start=pl.col("start_date").max(),
            event=pl.col("event").filter(pl.col("start_date") == pl.col("start_date").min()).min(),
        )
    )


def current_course(rows: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per person with a course that is current on the as-of date: ``since``, ``length_days``, ``event``.

    Rows carry ``start_date`` and ``end_date``. A course is current when its latest end lies on or after the as-of
    date or its last start in the 120 days up to it. Should two be, the longer one stands. ``event`` is its first row.
    """
    recently = days_before(as_of, profile["course.current_days"])
    current = courses_of(rows, profile=profile).filter((pl.col("ended") >= as_of) | (pl.col("last_start") >= recently))
    return first_by(current, "since").with_columns(length_days=days_from("since", as_of))


def latest_course(rows: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """One row per person: the course that started last."""
    return first_by(courses_of(rows, profile=profile), latest_first("since"))


def current_at(points: pl.LazyFrame, rows: pl.LazyFrame, *, at: str, profile: Profile) -> pl.LazyFrame:
    """The people with a course current at the date in ``at`` (one a person), with the latest row that says so.

    Of the rows that started by then one ends on or after the date, or started in the 120 days up to it: whichever
    course it belongs to is current.
    """
    recently = around("start_date", at, before=profile["course.current_days"], after=0)
    runs = pl.col(at).is_between("start_date", "end_date")
    hits = rows.join(points.select("person_id", at), on="person_id").filter(recently | runs)
    return first_by(hits, latest_first("start_date")).select("person_id", "event")


@term
def metformin_rows(drug_exposure: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per metformin record, with ``start_date`` and ``end_date``."""
    return with_end(coded(drug_exposure, "metformin"), as_of=as_of, profile=profile)


@term
def metformin(metformin_rows: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per person on metformin now: the current course."""
    return current_course(metformin_rows, as_of=as_of, profile=profile)


@term
def acid_suppression_rows(drug_exposure: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per record of a PPI or H2 antagonist that is not injected, with ``start_date`` and ``end_date``."""
    rows = coded(drug_exposure, "ppi", "h2ra").filter(pl.col("route") != "injection")
    return with_end(rows, as_of=as_of, profile=profile)


@term
def acid_suppression(acid_suppression_rows: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per person on a PPI or H2 antagonist now, not by injection: the current course of both together."""
    return current_course(acid_suppression_rows, as_of=as_of, profile=profile)


@term
def folic_acid(drug_exposure: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per person ever on folic acid of at least 400 mcg a day or of unknown dose: the latest course."""
    is_enough = pl.col("daily_dose").is_null() | (rounded("daily_dose") >= profile["folic_acid.min_mcg"])
    rows = coded(drug_exposure, "folic_acid").filter(is_enough)
    return latest_course(with_end(rows, as_of=as_of, profile=profile), profile=profile)
