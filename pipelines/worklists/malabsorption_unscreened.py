"""Malabsorption without a recent B12 test."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import in_last, plus_days
from pipelines.clinical.events import beside, first_by
from pipelines.clinical.signs import A_FEATURE, ANY_FEATURE, has, with_features
from pipelines.clinical.words import day, label, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_b12_now, close_gap, eligible_if, worklist


@worklist(
    title="Malabsorption, no recent vitamin B12 result",
    action="Check vitamin B12 and a full blood count; agree a plan for lifelong supplements",
    owner="practice",
    sources=("S24", "S2", "S16"),
    reviewed=date(2026, 11, 22),
)
def malabsorption_unscreened(
    malabsorption_records: pl.LazyFrame,
    features: pl.LazyFrame,
    lifelong_cause: pl.LazyFrame,
    latest_b12_test: pl.LazyFrame,
    b12_now: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People with malabsorption known for a year, or bariatric surgery for 90 days, whose B12 was not measured lately.

    In the United Kingdom, after anything but bariatric surgery, only those with a feature of deficiency. Closed by B12
    treatment that runs now, or by a B12 result of the last year.
    """
    retest = profile["malabsorption_unscreened.retest_days"]
    others = (features, lifelong_cause, latest_b12_test)
    known = qualifying(malabsorption_records.pipe(beside, *others), as_of=as_of, profile=profile)
    recent = known.filter(in_last("tested_on", retest, as_of=as_of))
    return close_gap(
        known,
        on_b12_now=by_b12_now(b12_now),
        tested=because("B12 was tested", recent, event="evidence_last_test", on="tested_on"),
    ).with_columns(
        index_date="known_on",
        due_date=pl.coalesce(plus_days("tested_on", retest), plus_days("known_on", pl.col("wait_days"))),
        priority=pl.when(has("cause")).then(2).otherwise(3),
        evidence_index="event",
        found=sentence(label(), " on record since ", day("known_on"), with_features()),
        missing=sentence("no record of a B12 test since ", day("tested_on")).fill_null("no record of a B12 test"),
    )


def qualifying(records: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per person: the earliest record that is old enough and asks for a test, and its ``wait_days``."""
    after, bariatric_after = (
        profile["malabsorption_unscreened.after_days"],
        profile["malabsorption_unscreened.bariatric_after_days"],
    )
    is_bariatric = pl.col("concept") == "bariatric_surgery"
    wait_days = pl.when(is_bariatric).then(bariatric_after).otherwise(after)
    conditions = {
        f"known: for {after} days or longer, bariatric surgery for {bariatric_after}": (
            plus_days("known_on", wait_days) <= as_of
        )
    }
    if profile["malabsorption_unscreened.feature_needed"]:
        conditions[f"bariatric surgery, or {A_FEATURE}"] = is_bariatric | has(*ANY_FEATURE)
    return (
        records.with_columns(wait_days=wait_days)
        .pipe(eligible_if, conditions, record="a cause of malabsorption")
        .pipe(first_by, "known_on", "wait_days", "concept")
    )
