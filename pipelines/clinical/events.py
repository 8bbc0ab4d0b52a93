"""Events of one person: of some concepts, the latest, the first, spans, courses."""

from collections.abc import Sequence

import polars as pl

from pipelines.clinical.dates import days_from


def coded(events: pl.LazyFrame, *concepts: str) -> pl.LazyFrame:
    """The rows of these concepts."""
    return events.filter(pl.col("concept").is_in(concepts))


def first_by(events: pl.LazyFrame, *order: str | pl.Expr, key: Sequence[str] = ("person_id",)) -> pl.LazyFrame:
    """One row per key: the first in this order. Rows that tie in all of it are told apart by their identifier."""
    return events.sort(*key, *order, "event", nulls_last=True).unique(key, keep="first", maintain_order=True)


def latest_first(column: str) -> pl.Expr:
    """A sort key that puts the latest date first."""
    return -pl.col(column).cast(pl.Int32)


def with_idle_days(events: pl.LazyFrame, *, at: str) -> pl.LazyFrame:
    """One row per person and date in ``at``, with ``idle_days`` since the date before it, null on the first one."""
    dates = first_by(events, key=("person_id", at)).sort("person_id", at)
    return dates.with_columns(idle_days=days_from(pl.col(at).shift(1), at).over("person_id"))


def none_in(days: int) -> pl.Expr:
    """Does the row of ``with_idle_days`` have no event in the ``days`` days before it?"""
    return pl.col("idle_days").is_null() | (pl.col("idle_days") > days)


def joined(rows: pl.LazyFrame, *, gap_days: int) -> pl.LazyFrame:
    """Rows joined into courses: adds ``course``, a running number within the person.

    Rows carry ``start_date`` and ``end_date``. A row belongs to the course before it when the gap from the latest
    end so far to its start is at most ``gap_days``.
    """
    in_order = rows.sort("person_id", "start_date", "end_date", "event")
    gap = days_from(pl.col("end_date").cum_max().shift(1), "start_date").over("person_id")
    is_new = (gap > gap_days).fill_null(value=False)
    return in_order.with_columns(course=is_new.cum_sum().over("person_id"))


def inside(points: pl.LazyFrame, spans: pl.LazyFrame, *, at: str) -> pl.LazyFrame:
    """The points of ``person_id`` and ``at`` that lie in a span of the person, with the event of the latest such span.

    Spans carry ``first_day``, ``last_day`` (both included) and ``event``.
    """
    days = points.select("person_id", at).unique()
    hits = days.join(spans, on="person_id").filter(pl.col(at).is_between("first_day", "last_day"))
    return first_by(hits, latest_first("first_day"), key=("person_id", at)).select("person_id", at, "event")


def beside(rows: pl.LazyFrame, *people: pl.LazyFrame) -> pl.LazyFrame:
    """The rows with the columns of these frames of one row per person; null where the person is not among them."""
    for frame in people:
        rows = rows.join(frame, on="person_id", how="left")
    return rows


def marked(rows: pl.LazyFrame, name: str, found: pl.LazyFrame, *, on: Sequence[str] = ("person_id",)) -> pl.LazyFrame:
    """The rows with a boolean column ``name``: is the row's key among ``found``?"""
    keys = found.select(*on).unique().with_columns(pl.lit(value=True).alias(name))
    return rows.join(keys, on=list(on), how="left").with_columns(pl.col(name).fill_null(value=False))
