"""Maintenance injections that are overdue."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import days_from
from pipelines.clinical.events import beside
from pipelines.clinical.maintenance import on_maintenance
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_cause_resolved, by_oral_switch, close_gap, open_on, worklist


@worklist(
    title="Vitamin B12 injection overdue",
    action="Book the next injection, or confirm self-injection",
    owner="practice",
    sources=("S1", "S12"),
    reviewed=date(2026, 11, 22),
)
def maintenance_overdue(
    injection_maintenance: pl.LazyFrame,
    loading_incomplete: pl.LazyFrame,
    neuro: pl.LazyFrame,
    oral_switch: pl.LazyFrame,
    b12_index: pl.LazyFrame,
    lifelong_cause: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People on maintenance injections whose next one is overdue, and not so long that they seem to have stopped.

    Maintenance and closing rules are those of the list of stopped injections, which takes over when another interval,
    90 days at least, has passed.
    """
    share = profile["maintenance_overdue.urgent_share"]
    days_over = days_from("covered_until", as_of)
    maintenance = on_maintenance(injection_maintenance, as_of=as_of, profile=profile)
    listed = beside(maintenance, neuro)
    return close_gap(
        listed,
        on_time=because(
            "the next injection is not overdue", maintenance.filter("is_on_time"), event="event", on="last_on"
        ),
        loading_listed=because("listed for incomplete loading", open_on(loading_incomplete)),
        stopped_listed=because("listed as stopped", maintenance.filter("is_stopped")),
        oral_switch=by_oral_switch(oral_switch),
        cause_resolved=by_cause_resolved(maintenance, b12_index, lifelong_cause, at="last_on"),
    ).with_columns(
        index_date="last_on",
        due_date="covered_until",
        priority=pl.when(has("neuro") & (days_over > share * pl.col("interval_days")))
        .then(1)
        .when(has("neuro", "cause"))
        .then(2)
        .otherwise(3),
        evidence_last_injection="event",
        found=sentence("Last B12 injection on ", day("last_on"), ", next due by ", day("covered_until"), with_neuro()),
        missing=pl.lit("no record of another since"),
    )
