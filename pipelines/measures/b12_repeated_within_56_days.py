"""B12 measured again within eight weeks."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import days_from, in_last
from pipelines.clinical.events import coded
from pipelines.measures._registry import measure
from pipelines.profile import Profile


@measure(
    kind="balancing",
    title="Serum B12 repeated within 56 days",
    counted="a serum B12 of the last year follows another by 56 days or less",
    sources=("leeds",),
    reviewed=date(2026, 11, 22),
)
def b12_repeated_within_56_days(b12_tests: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """People with a serum B12 in the last 365 days; counted when one of those follows another by 1 to 56 days.

    The earlier one may lie before the year. Two results of one day are one test.
    """
    days = coded(b12_tests, "serum_b12").select("person_id", "measurement_date").unique()
    waited = days_from(pl.col("measurement_date").shift(1), "measurement_date").over("person_id")
    is_soon = (waited <= profile["b12_repeated_within_56_days.repeat_days"]).fill_null(value=False)
    recent = in_last("measurement_date", profile["b12_repeated_within_56_days.lookback_days"], as_of=as_of)
    return (
        days.sort("person_id", "measurement_date")
        .with_columns(is_soon=is_soon)
        .filter(recent)
        .group_by("person_id")
        .agg(is_counted=pl.col("is_soon").any())
    )
