"""Injections started without a recorded reason."""

from datetime import date

import polars as pl

from pipelines.clinical.b12 import LOW
from pipelines.clinical.cohort import with_trusted_start
from pipelines.clinical.dates import around
from pipelines.measures._registry import measure
from pipelines.profile import Profile


@measure(
    kind="balancing",
    title="Injections of B12 without a recorded indication",
    counted="no low B12 result, no raised second-line result and no malabsorption on record at the start",
    sources=("S43",),
    reviewed=date(2026, 11, 22),
)
def injections_without_indication(
    injection_course: pl.LazyFrame,
    injections_now: pl.LazyFrame,
    in_scope: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    second_line_tests: pl.LazyFrame,
    malabsorption_records: pl.LazyFrame,
    *,
    first_exposure: pl.DataFrame,
    profile: Profile,
) -> pl.LazyFrame:
    """People on injections now whose course has a start that can be trusted; counted when nothing explains it.

    Nothing: no low B12 result and no raised MMA or homocysteine in the 365 days up to the start, and no cause of
    malabsorption known by then. A cause is looked for without limit: a stomach removed ten years ago is a reason.
    """
    days = profile["injections_without_indication.before_days"]
    starts = injection_course.join(injections_now, on="person_id", how="semi").select("person_id", "started_on")
    eligible = with_trusted_start(starts, in_scope, at="started_on", first_exposure=first_exposure, profile=profile)
    low = b12_tests.filter(pl.col("b12_class") == LOW).select("person_id", "measurement_date")
    raised = second_line_tests.filter("is_raised").select("person_id", "measurement_date")
    shown = (
        pl.concat([low, raised])
        .join(starts, on="person_id")
        .filter(around("measurement_date", "started_on", before=days, after=0))
    )
    cause = malabsorption_records.join(starts, on="person_id").filter(pl.col("known_on") <= pl.col("started_on"))
    explained = pl.concat([shown.select("person_id"), cause.select("person_id")]).unique()
    return eligible.join(explained.with_columns(is_explained=True), on="person_id", how="left").select(
        "person_id", is_counted=pl.col("is_explained").is_null()
    )
