"""A diagnosis of B12 deficiency without treatment."""

from datetime import date

import polars as pl

from pipelines.clinical.b12 import unlikely_after
from pipelines.clinical.dates import in_last, plus_days
from pipelines.clinical.events import beside, coded, first_by
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.words import day, label, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_b12_now, by_treatment, close_gap, eligible_if, eligible_on, worklist


@worklist(
    title="Vitamin B12 deficiency diagnosed, no record of treatment",
    action="Start vitamin B12 replacement, or correct the diagnosis",
    owner="practice",
    sources=("S1", "S11"),
    reviewed=date(2026, 11, 22),
)
def deficiency_diagnosed_untreated(
    condition_occurrence: pl.LazyFrame,
    neuro: pl.LazyFrame,
    b12_therapy: pl.LazyFrame,
    b12_now: pl.LazyFrame,
    b12_index: pl.LazyFrame,
    low_b12_untreated: pl.LazyFrame,
    raised_mma_untreated: pl.LazyFrame,
    autoimmune_gastritis_untreated: pl.LazyFrame,
    maintenance_stopped: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People whose deficiency was first recorded as a diagnosis two weeks to three years ago, without treatment.

    Closed by B12 treatment since the diagnosis or now, by a list that speaks of the same deficiency (a low or confirmed
    result, autoimmune gastritis, stopped injections), or by a later B12 result that makes deficiency unlikely.
    """
    lookback = profile["deficiency_diagnosed_untreated.lookback_days"]
    after = profile["deficiency_diagnosed_untreated.after_days"]
    diagnosed = (
        first_by(coded(condition_occurrence, "b12_deficiency"), "condition_start_date")
        .pipe(
            eligible_if,
            {
                f"first recorded {after} to {lookback} days ago": in_last(
                    "condition_start_date", lookback, as_of=as_of, until_days=after
                )
            },
            record="a diagnosis of B12 deficiency",
        )
        .pipe(beside, neuro)
    )
    since = by_treatment(diagnosed, b12_therapy, at="condition_start_date", profile=profile)
    listed = eligible_on(low_b12_untreated, raised_mma_untreated, autoimmune_gastritis_untreated, maintenance_stopped)
    return close_gap(
        diagnosed,
        treated=pl.concat([since, by_b12_now(b12_now)]),
        result_listed=because("listed for the result, the cause or the stopped treatment", listed),
        not_confirmed=because(
            "a later B12 result makes deficiency unlikely",
            unlikely_after(diagnosed, b12_index, at="condition_start_date"),
            event="event",
            on="closed_on",
        ),
    ).with_columns(
        index_date="condition_start_date",
        due_date=plus_days("condition_start_date", after),
        priority=pl.when(has("neuro")).then(1).otherwise(2),
        evidence_index="event",
        found=sentence(label(), " first recorded on ", day("condition_start_date"), with_neuro()),
        missing=pl.lit("no record of B12 treatment since"),
    )
