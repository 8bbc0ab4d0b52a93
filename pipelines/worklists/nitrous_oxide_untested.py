"""Misuse of nitrous oxide without a test of what B12 does."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import around, in_last, plus_days
from pipelines.clinical.events import beside, coded, first_by, none_in, with_idle_days
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, close_gap, eligible_if, worklist


@worklist(
    title="Nitrous oxide misuse, no record of methylmalonic acid or homocysteine",
    action="Request methylmalonic acid or homocysteine, treat without waiting for it, and advise to stop",
    owner="practice",
    sources=("S25", "S2"),
    reviewed=date(2026, 11, 22),
)
def nitrous_oxide_untested(
    condition_occurrence: pl.LazyFrame,
    second_line_tests: pl.LazyFrame,
    neuro: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People with a new record of nitrous oxide misuse in the last year, without a functional test.

    New: the first record of the year without another in the 90 days before it. Closed by methylmalonic acid or
    homocysteine from two weeks before the record on; B12 alone does not close it, because it may be normal.
    """
    none_before = profile["nitrous_oxide_untested.none_before_days"]
    records = coded(condition_occurrence, "nitrous_oxide_misuse").rename({"condition_start_date": "recorded_on"})
    lookback = profile["nitrous_oxide_untested.lookback_days"]
    new = (
        with_idle_days(records, at="recorded_on")
        .pipe(
            eligible_if,
            {
                f"recorded: in the last {lookback} days": in_last("recorded_on", lookback, as_of=as_of),
                f"new: none in the {none_before} days before it": none_in(none_before),
            },
            record="nitrous oxide misuse",
        )
        .pipe(first_by, "recorded_on")
        .pipe(beside, neuro)
    )
    tested_before = profile["nitrous_oxide_untested.tested_before_days"]
    tested = second_line_tests.join(new.select("person_id", "recorded_on"), on="person_id").filter(
        around("measurement_date", "recorded_on", before=tested_before)
    )
    return close_gap(
        new,
        tested=because(
            "a functional test is on record",
            first_by(tested, "measurement_date"),
            event="event",
            on="measurement_date",
        ),
    ).with_columns(
        index_date="recorded_on",
        due_date=plus_days("recorded_on", profile["nitrous_oxide_untested.due_days"]),
        priority=pl.when(has("neuro")).then(1).otherwise(2),
        evidence_index="event",
        found=sentence("Nitrous oxide misuse recorded on ", day("recorded_on"), with_neuro()),
        missing=sentence(
            "no record of methylmalonic acid or homocysteine since ", day(plus_days("recorded_on", -tested_before))
        ),
    )
