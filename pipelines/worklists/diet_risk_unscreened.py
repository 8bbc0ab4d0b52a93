"""A vegan diet without a B12 test."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import days_before, in_last, plus_days
from pipelines.clinical.events import beside, coded, first_by
from pipelines.clinical.signs import A_FEATURE, ANY_FEATURE, has, with_features
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_b12_now, close_gap, eligible_if, worklist


@worklist(
    title="Vegan diet, no recent vitamin B12 result",
    action="Ask about supplements and fortified food; check vitamin B12",
    owner="practice",
    sources=("S2", "S16"),
    reviewed=date(2026, 11, 22),
)
def diet_risk_unscreened(
    condition_occurrence: pl.LazyFrame,
    features: pl.LazyFrame,
    latest_b12_test: pl.LazyFrame,
    b12_now: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People with a vegan diet on record for a year whose B12 was not measured lately.

    In the United Kingdom only those with a feature of deficiency. Closed by B12 treatment that runs now, or by a B12
    result of the last three years.
    """
    after = profile["diet_risk_unscreened.after_days"]
    conditions = {f"on record: for {after} days or longer": pl.col("condition_start_date") <= days_before(as_of, after)}
    if profile["diet_risk_unscreened.feature_needed"]:
        conditions[A_FEATURE] = has(*ANY_FEATURE)
    vegan = (
        first_by(coded(condition_occurrence, "vegan_diet"), "condition_start_date")
        .pipe(beside, features, latest_b12_test)
        .pipe(eligible_if, conditions, record="a vegan diet")
    )
    recent = vegan.filter(in_last("tested_on", profile["diet_risk_unscreened.retest_days"], as_of=as_of))
    return close_gap(
        vegan,
        on_b12_now=by_b12_now(b12_now),
        tested=because("B12 was tested", recent, event="evidence_last_test", on="tested_on"),
    ).with_columns(
        index_date="condition_start_date",
        due_date=plus_days("condition_start_date", after),
        priority=pl.lit(4),
        evidence_index="event",
        found=sentence("Vegan diet on record since ", day("condition_start_date"), with_features()),
        missing=sentence("no record of a B12 test since ", day("tested_on")).fill_null("no record of a B12 test"),
    )
