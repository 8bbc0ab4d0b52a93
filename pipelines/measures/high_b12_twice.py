"""High B12 without therapy."""

from datetime import date

import polars as pl

from pipelines.clinical.events import coded
from pipelines.clinical.numbers import above
from pipelines.measures._registry import measure
from pipelines.profile import Profile


@measure(
    kind="balancing",
    title="High serum B12 on two dates without therapy",
    counted="serum B12 above 738 pmol/L (1000 ng/L) on two dates",
    sources=("S17",),
    reviewed=date(2026, 11, 22),
)
def high_b12_twice(b12_off_treatment: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """People with serum B12 results on two dates or more, taken off treatment; counted with high ones on two dates.

    High is above 738 pmol/L, or above 1000 ng/L where the laboratory reports mass. A level that stays high without
    therapy goes with disease of the liver and blood; this is for information.
    """
    limit = (
        pl.when(pl.col("unit_family") == "mass")
        .then(float(profile["high_b12_twice.mass_ng_l"]))
        .otherwise(float(profile["high_b12_twice.substance_pmol_l"]))
    )
    dates = (
        coded(b12_off_treatment, "serum_b12")
        .group_by("person_id", "measurement_date")
        .agg(is_high=above(limit, "value_in_family").any())
    )
    counts = dates.group_by("person_id").agg(dates=pl.len(), high=pl.col("is_high").sum())
    return counts.filter(pl.col("dates") >= 2).select("person_id", is_counted=pl.col("high") >= 2)
