"""Long-term injections that tablets might replace."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import aged
from pipelines.clinical.events import marked
from pipelines.measures._registry import measure
from pipelines.profile import Profile


@measure(
    kind="balancing",
    title="On injections for two years without a reason against tablets",
    counted="no malabsorption and no neurological sign on record",
    sources=("S46",),
    reviewed=date(2026, 11, 22),
)
def oral_candidate(
    injections_now: pl.LazyFrame,
    injection_course: pl.LazyFrame,
    malabsorption: pl.LazyFrame,
    neuro_ever: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People on injections now whose course began two years ago or earlier.

    Counted when neither malabsorption of any cause nor a neurological sign was ever recorded.
    """
    is_long = aged("started_on", profile["oral_candidate.years"], on=as_of)
    against = pl.concat([malabsorption.select("person_id"), neuro_ever.select("person_id")])
    return (
        injection_course.join(injections_now, on="person_id", how="semi")
        .filter(is_long)
        .pipe(marked, "has_reason", against)
        .select("person_id", is_counted=~pl.col("has_reason"))
    )
