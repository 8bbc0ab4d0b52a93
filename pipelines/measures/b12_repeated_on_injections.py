"""B12 measured in people on injections."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import in_last
from pipelines.clinical.events import coded, inside, marked
from pipelines.measures._registry import measure
from pipelines.profile import Profile


@measure(
    kind="balancing",
    title="Serum B12 measured while on injections",
    counted="a serum B12 of the last year was taken while on injections",
    sources=("S13", "S55"),
    reviewed=date(2026, 11, 22),
)
def b12_repeated_on_injections(
    injections_now: pl.LazyFrame,
    treatment_spans: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People on injections now; counted with a serum B12 of the last 365 days taken on a day on injections.

    The level then tells of the injection and not of the stores. One taken on the day of the first injection was taken
    before it, and active B12 is not looked at.
    """
    recent = coded(b12_tests, "serum_b12").filter(
        in_last("measurement_date", profile["b12_repeated_on_injections.lookback_days"], as_of=as_of)
    )
    repeated = inside(recent, treatment_spans.filter("is_injected"), at="measurement_date")
    return injections_now.pipe(marked, "is_counted", repeated).select("person_id", "is_counted")
