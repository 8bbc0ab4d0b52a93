"""Maintenance injections that seem to have stopped."""

from datetime import date

import polars as pl

from pipelines.clinical.events import beside
from pipelines.clinical.maintenance import on_maintenance
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_cause_resolved, by_oral_switch, close_gap, open_on, worklist


@worklist(
    title="Vitamin B12 injections stopped, no record of a reason",
    action="Ask why the injections stopped; restart them, or document the stop",
    owner="practice",
    sources=("S1", "S12"),
    reviewed=date(2026, 11, 22),
)
def maintenance_stopped(
    injection_maintenance: pl.LazyFrame,
    loading_incomplete: pl.LazyFrame,
    neuro_ever: pl.LazyFrame,
    oral_switch: pl.LazyFrame,
    b12_index: pl.LazyFrame,
    lifelong_cause: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People on maintenance injections whose last one has been due for another interval, 90 days at least.

    Maintenance: the last injection of three years in a course with two gaps of 21 days, with a lifelong cause, or with
    a low result in the year before its start. Closed while on time, by the lists of incomplete loading and of overdue
    injections, by B12 in place of injections, or when a later normal result shows that a passing cause went.
    """
    maintenance = on_maintenance(injection_maintenance, as_of=as_of, profile=profile)
    listed = beside(maintenance, neuro_ever)
    return close_gap(
        listed,
        on_time=because(
            "the next injection is not overdue", maintenance.filter("is_on_time"), event="event", on="last_on"
        ),
        loading_listed=because("listed for incomplete loading", open_on(loading_incomplete)),
        overdue_listed=because("listed as overdue", maintenance.filter(~pl.col("is_stopped"))),
        oral_switch=by_oral_switch(oral_switch),
        cause_resolved=by_cause_resolved(maintenance, b12_index, lifelong_cause, at="last_on"),
    ).with_columns(
        index_date="last_on",
        due_date="covered_until",
        priority=pl.when(has("neuro")).then(1).when(has("cause")).then(2).otherwise(3),
        evidence_last_injection="event",
        found=sentence("Last B12 injection on ", day("last_on"), ", next due by ", day("covered_until"), with_neuro()),
        missing=pl.lit("no record of another since, or of B12 in its place"),
    )
