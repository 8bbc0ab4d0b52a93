"""The B12 treatment on record, as a reviewer reads it beside an item."""

from datetime import date

import polars as pl

from pipelines.clinical._term import term

ROUTES = {
    "b12_injectable": "injections",
    "b12_oral": "oral",
    "b12_nasal": "nasal",
    "b12_unknown_route": "route unknown",
}


@term
def treatment_on_record(
    b12_therapy: pl.LazyFrame,
    treatment_spans: pl.LazyFrame,
    injection_course: pl.LazyFrame,
    *,
    as_of: date,
) -> pl.LazyFrame:
    """One row per person ever on B12 therapy.

    ``treatment`` names what runs now, by route, else "ended" with the month of the last injection or of the last day
    that other B12 was to last, whichever is later. ``last_injection`` and ``next_due``, the day the cover of the
    current injection course ends, are null for somebody never injected.
    """
    running = treatment_spans.filter(pl.col("last_day") >= as_of).select("person_id", "event").unique()
    routes = pl.col("concept").replace_strict(ROUTES)
    now = (
        b12_therapy.join(running, on=["person_id", "event"], how="semi")
        .group_by("person_id")
        .agg(now=routes.unique().sort().str.join(" and "))
    )
    had_on = pl.when("is_injected").then("start_date").otherwise("end_date")  # the end of an injection says nothing
    ever = b12_therapy.group_by("person_id").agg(latest=had_on.max())
    ended = pl.concat_str(
        pl.lit("ended, last record "), pl.min_horizontal("latest", pl.lit(as_of)).dt.to_string("%Y-%m")
    )
    return (
        ever.join(now, on="person_id", how="left")
        .join(injection_course, on="person_id", how="left")
        .select(
            "person_id",
            treatment=pl.coalesce("now", ended),
            last_injection="last_on",
            next_due="covered_until",
        )
    )
