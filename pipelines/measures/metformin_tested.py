"""How many of the people on metformin had their B12 measured."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import years_before
from pipelines.clinical.events import beside
from pipelines.measures._registry import measure
from pipelines.profile import Profile


def tested_in(years: int, metformin: pl.LazyFrame, latest_b12_test: pl.LazyFrame, *, as_of: date) -> pl.LazyFrame:
    """People on metformin now; counted with a test of total or active B12 in the last so many calendar years."""
    is_recent = pl.col("tested_on") >= years_before(as_of, years)
    return metformin.pipe(beside, latest_b12_test).select("person_id", is_counted=is_recent.fill_null(value=False))


@measure(
    kind="testing",
    title="On metformin, B12 measured in the last year",
    counted="a B12 or active B12 result in the last year",
    sources=("S18", "S19"),
    reviewed=date(2026, 11, 22),
)
def metformin_tested_1_year(
    metformin: pl.LazyFrame, latest_b12_test: pl.LazyFrame, *, as_of: date, profile: Profile
) -> pl.LazyFrame:
    """People with a metformin course that is current; counted with a B12 of any value in the last year."""
    return tested_in(profile["metformin_tested.short_years"], metformin, latest_b12_test, as_of=as_of)


@measure(
    kind="testing",
    title="On metformin, B12 measured in the last two years",
    counted="a B12 or active B12 result in the last two years",
    sources=("S18", "S19"),
    reviewed=date(2026, 11, 22),
)
def metformin_tested_2_years(
    metformin: pl.LazyFrame, latest_b12_test: pl.LazyFrame, *, as_of: date, profile: Profile
) -> pl.LazyFrame:
    """People with a metformin course that is current; counted with a B12 of any value in the last two years."""
    return tested_in(profile["metformin_tested.middle_years"], metformin, latest_b12_test, as_of=as_of)


@measure(
    kind="testing",
    title="On metformin, B12 measured in the last five years",
    counted="a B12 or active B12 result in the last five years",
    sources=("S18", "S19"),
    reviewed=date(2026, 11, 22),
)
def metformin_tested_5_years(
    metformin: pl.LazyFrame, latest_b12_test: pl.LazyFrame, *, as_of: date, profile: Profile
) -> pl.LazyFrame:
    """People with a metformin course that is current; counted with a B12 of any value in the last five years.

    Published rates look back one year to five; the same people at three distances can be held against each of them.
    """
    return tested_in(profile["metformin_tested.long_years"], metformin, latest_b12_test, as_of=as_of)
