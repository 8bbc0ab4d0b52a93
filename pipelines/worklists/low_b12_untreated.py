"""Low vitamin B12 without treatment."""

from datetime import date

import polars as pl

from pipelines.clinical.b12 import INDEX_IN_WORDS, LOW, low_in_words
from pipelines.clinical.dates import in_last, plus_days
from pipelines.clinical.events import beside
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.words import day, result_in_words, sentence
from pipelines.profile import Profile
from pipelines.worklists import by_treatment, close_gap, eligible_if, worklist


@worklist(
    title="Low vitamin B12, no record of treatment",
    action="Start vitamin B12 replacement; do not wait for the cause to be found",
    owner="practice",
    sources=("S1", "S11", "S17"),
    reviewed=date(2026, 11, 22),
)
def low_b12_untreated(
    b12_index: pl.LazyFrame,
    neuro: pl.LazyFrame,
    pregnant_now: pl.LazyFrame,
    severe_anemia: pl.LazyFrame,
    b12_therapy: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People whose deciding B12 result is low, two weeks to three years ago, without treatment since.

    Urgent after one week: a neurological record, pregnancy, hemoglobin below 80 g/L, or total B12 below 74 pmol/L
    (100 ng/L). Closed by B12 treatment from two weeks before the result on.
    """
    lookback, after = profile["low_b12_untreated.lookback_days"], profile["low_b12_untreated.after_days"]
    urgent_after = profile["low_b12_untreated.urgent_after_days"]
    waiting = pl.when("is_urgent").then(urgent_after).otherwise(after)
    has_waited = in_last("measurement_date", lookback, as_of=as_of, until_days=after)
    is_due_early = pl.col("is_urgent") & in_last("measurement_date", lookback, as_of=as_of, until_days=urgent_after)
    low = (
        b12_index.pipe(beside, neuro, pregnant_now, severe_anemia)
        .with_columns(is_urgent=has("neuro", "pregnancy", "severe_anemia") | pl.col("is_severe"))
        .pipe(
            eligible_if,
            {
                low_in_words(profile): pl.col("b12_class") == LOW,
                f"dated {after} ({urgent_after} when urgent) to {lookback} days ago": has_waited | is_due_early,
            },
            record=INDEX_IN_WORDS,
        )
    )
    treated = by_treatment(low, b12_therapy, at="measurement_date", profile=profile)
    return close_gap(low, treated=treated).with_columns(
        index_date="measurement_date",
        due_date=plus_days("measurement_date", waiting),
        priority=pl.when("is_urgent").then(1).otherwise(2),
        evidence_index="event",
        found=sentence(result_in_words(), " on ", day("measurement_date"), *_low(profile)),
        missing=pl.lit("no record of B12 treatment since"),
    )


def _low(profile: Profile) -> tuple[pl.Expr, ...]:
    """That a result is low, and each thing that makes it urgent: " is very low, in pregnancy"."""
    hemoglobin = f", with hemoglobin below {profile['anemia.severe_g_l']:g} g/L"
    return (
        pl.when("is_severe").then(pl.lit(" is very low")).otherwise(pl.lit(" is low")),
        with_neuro(),
        pl.when(has("pregnancy")).then(pl.lit(", in pregnancy")).otherwise(pl.lit("")),
        pl.when(has("severe_anemia")).then(pl.lit(hemoglobin)).otherwise(pl.lit("")),
    )
