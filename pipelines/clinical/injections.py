"""Injections of B12: dates, doses, the current course, its interval and how long it covers."""

import polars as pl

from pipelines.clinical._term import term
from pipelines.clinical.dates import days_from, plus_days
from pipelines.clinical.events import coded, marked
from pipelines.clinical.numbers import rounded
from pipelines.profile import Profile


@term
def injection_records(drug_exposure: pl.LazyFrame) -> pl.LazyFrame:
    """One row per record of injectable B12, of every kind, each read once."""
    records = coded(drug_exposure, "b12_injectable").rename({"drug_exposure_start_date": "injection_date"})
    return records.unique(["person_id", "drug_exposure_id", "event"]).select(
        "person_id", "event", "injection_date", "kind", "ingredient", "doses"
    )


def whole_doses(doses: str) -> pl.Expr:
    """Doses supplied, rounded down, at least one; one where no quantity is known."""
    return rounded(doses).floor().clip(lower_bound=1).fill_null(1)


def _known_doses(kind: str) -> pl.Expr:
    """The sum of the known doses of a kind, null when none is known."""
    doses = pl.col("doses").filter(pl.col("kind") == kind)
    return pl.when(doses.count() > 0).then(doses.sum())


def _event_of(kind: str) -> pl.Expr:
    return pl.col("event").filter(pl.col("kind") == kind).min()


def _default_days(profile: Profile) -> pl.Expr:
    """The default interval of the substance given on a date: hydroxocobalamin wins, then a known substance."""
    named = pl.col("ingredient")
    return (
        pl.when((named == "hydroxocobalamin").any())
        .then(profile["interval.hydroxocobalamin_days"])
        .when((named == "cyanocobalamin").any())
        .then(profile["interval.cyanocobalamin_days"])
        .otherwise(profile["interval.unknown_days"])
    )


@term
def injections(injection_records: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """One row per person and injection date: ``doses``, and ``default_days``, the default interval of its substance.

    A prescribed or dispensed date is left out when an administered one follows within 28 days. An administered date
    is one dose, and so is a supplied one with an administered one at any time after it; another has as many as were
    dispensed on it, else prescribed, in whole doses from 1 to 6, and 1 where no quantity is known.
    """
    given_next = pl.when("is_administered").then("injection_date").backward_fill()
    dates = (
        injection_records.group_by("person_id", "injection_date")
        .agg(
            is_administered=(pl.col("kind") == "administered").any(),
            supplied=pl.coalesce(_known_doses("dispensed"), _known_doses("prescribed")),
            default_days=_default_days(profile),
            event=pl.coalesce(_event_of("administered"), _event_of("dispensed"), _event_of("prescribed")),
        )
        .sort("person_id", "injection_date")
        .with_columns(given_next=given_next.over("person_id"))
    )
    waits = days_from("injection_date", "given_next")
    supplied = whole_doses("supplied").clip(upper_bound=profile["injections.supply_max_doses"])
    return dates.filter(
        pl.col("is_administered") | waits.is_null() | (waits > profile["injections.supply_before_days"])
    ).select(
        "person_id",
        "injection_date",
        "is_administered",
        "default_days",
        "event",
        doses=pl.when(waits.is_null()).then(supplied).otherwise(1).cast(pl.Int32),
    )


@term
def course_injections(injections: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """The injections of each person's current course, with ``gap_days`` from the one before it in the course.

    A course ends where 365 days or more pass between the last dose of one date and the date that follows it; the
    current one holds the latest injection. ``place`` counts from 1.
    """
    last_dose = plus_days("injection_date", (pl.col("doses") - 1) * pl.col("default_days"))
    idle_days = days_from(last_dose.shift(1), "injection_date").over("person_id")
    splits = (idle_days >= profile["injections.new_course_days"]).fill_null(value=False)
    return (
        injections.sort("person_id", "injection_date")
        .with_columns(course=splits.cum_sum().over("person_id"))
        .filter(pl.col("course") == pl.col("course").max().over("person_id"))
        .with_columns(
            gap_days=days_from(pl.col("injection_date").shift(1), "injection_date").over("person_id"),
            place=pl.int_range(1, pl.len() + 1).over("person_id"),
        )
    )


@term
def injection_interval(course_injections: pl.LazyFrame, neuro_ever: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """One row per person ever injected: ``interval_days`` and ``grace_days`` of the current course.

    The median of its last four gaps of 21 to 182 days, when there are at least three, rounded down; else the default
    of the substance of the latest injection, 56 in place of 84 when a neurological record ever was.
    """
    is_regular = pl.col("gap_days").is_between(profile["interval.gap_low_days"], profile["interval.gap_high_days"])
    own = (
        course_injections.filter(is_regular)
        .group_by("person_id")
        .agg(pl.col("gap_days").sort_by("injection_date").tail(profile["interval.gaps_used"]))
        .select("person_id", gaps=pl.col("gap_days").list.len(), own_days=pl.col("gap_days").list.median().floor())
        .filter(pl.col("gaps") >= profile["interval.gaps_needed"])
    )
    latest = course_injections.filter(pl.col("place") == pl.col("place").max().over("person_id"))
    is_shortened = pl.col("has_neuro") & (pl.col("default_days") == profile["interval.hydroxocobalamin_days"])
    default = pl.when(is_shortened).then(profile["interval.neuro_days"]).otherwise("default_days")
    has_long_interval = pl.col("interval_days") >= profile["grace.long_interval_days"]
    return (
        latest.pipe(marked, "has_neuro", neuro_ever)
        .join(own, on="person_id", how="left")
        .select("person_id", interval_days=pl.coalesce("own_days", default).cast(pl.Int32))
        .with_columns(
            grace_days=pl.when(has_long_interval)
            .then(profile["grace.long_days"])
            .otherwise(profile["grace.short_days"])
            .cast(pl.Int32)
        )
    )


@term
def injection_course(course_injections: pl.LazyFrame, injection_interval: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person ever injected: the current course.

    ``started_on`` S, ``last_on`` L with its ``event``, ``covered_until`` C, ``interval_days``, ``grace_days``.
    """
    covers_until = plus_days("injection_date", pl.col("doses") * pl.col("interval_days"))
    return (
        course_injections.join(injection_interval, on="person_id")
        .group_by("person_id")
        .agg(
            started_on=pl.col("injection_date").min(),
            last_on=pl.col("injection_date").max(),
            event=pl.col("event").filter(pl.col("injection_date") == pl.col("injection_date").max()).first(),
            covered_until=covers_until.max(),
            interval_days=pl.col("interval_days").first(),
            grace_days=pl.col("grace_days").first(),
        )
    )
