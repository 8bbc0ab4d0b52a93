"""Maintenance injections closer together than four weeks."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import plus_days
from pipelines.measures._registry import measure
from pipelines.profile import Profile


@measure(
    kind="balancing",
    title="Injections of B12 more often than every 28 days after the first 90 days",
    counted="the median of the last four intervals is below 28 days",
    sources=("S44",),
    reviewed=date(2026, 11, 22),
)
def injections_too_often(
    injections_now: pl.LazyFrame, course_injections: pl.LazyFrame, *, profile: Profile
) -> pl.LazyFrame:
    """People on injections now with four intervals of their course after its first 90 days.

    Counted when the median of the last four, the mean of the middle two, is below 28 days. An interval is after the
    first 90 days when it begins then: what belongs to the loading is left out. More frequent injections may be meant;
    the measure watches that lists of overdue injections do not push everybody there.
    """
    settled = plus_days(pl.col("injection_date").min().over("person_id"), profile["injections_too_often.first_days"])
    begins = plus_days("injection_date", -pl.col("gap_days"))
    gaps = pl.col("gap_days").sort_by("injection_date").tail(profile["injections_too_often.gaps_used"])
    return (
        course_injections.join(injections_now, on="person_id", how="semi")
        .filter(begins >= settled)
        .group_by("person_id")
        .agg(gaps=pl.len(), median=gaps.median())
        .filter(pl.col("gaps") >= profile["injections_too_often.gaps_used"])
        .select("person_id", is_counted=pl.col("median") < profile["injections_too_often.gap_days"])
    )
