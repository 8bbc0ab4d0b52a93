"""Borderline B12 confirmed by a second-line test, without treatment."""

from datetime import date

import polars as pl

from pipelines.clinical.b12 import INDETERMINATE, INDEX_IN_WORDS, borderline_in_words
from pipelines.clinical.dates import in_last, plus_days
from pipelines.clinical.events import beside
from pipelines.clinical.kidney import kidney_function
from pipelines.clinical.numbers import at_least, below
from pipelines.clinical.second_line import CONFOUNDED_BY_KIDNEY, deciding, raised_in_words, second_line_from
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.words import day, result_in_words, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_treatment, close_gap, eligible_if, worklist

LAST_PRIORITY = 4


@worklist(
    title="Borderline vitamin B12 with raised methylmalonic acid, no record of treatment",
    action="Treat as vitamin B12 deficiency",
    owner="practice",
    sources=("S17", "S3"),
    reviewed=date(2026, 11, 22),
    ordered_by_mma=True,
)
def raised_mma_untreated(
    b12_index: pl.LazyFrame,
    second_line_tests: pl.LazyFrame,
    measurement: pl.LazyFrame,
    person: pl.LazyFrame,
    neuro: pl.LazyFrame,
    anemia: pl.LazyFrame,
    macrocytosis: pl.LazyFrame,
    b12_therapy: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People with an indeterminate B12 whose second-line test is raised, two weeks to three years ago.

    The latest serum MMA from 30 days before the B12 on, else urine MMA, else homocysteine. Closed by B12 treatment,
    or by an eGFR below 30, at which serum MMA and homocysteine say nothing; between 30 and 60 the item goes one
    priority lower.
    """
    raised = raised_results(b12_index, second_line_tests, as_of=as_of, profile=profile)
    kidney = kidney_function(raised, measurement, person, at="raised_on", profile=profile).select(
        "person_id",
        "evidence_kidney",
        is_failing=below(profile["kidney.block_low_egfr"]),
        is_weak=at_least(profile["kidney.block_low_egfr"]) & below(profile["kidney.block_high_egfr"]),
    )
    is_confounded = pl.col("concept").is_in(CONFOUNDED_BY_KIDNEY)
    listed = raised.pipe(beside, kidney, neuro, anemia, macrocytosis).with_columns(
        is_uncertain=(is_confounded & pl.col("is_weak")).fill_null(value=False)
    )
    priority = (
        pl.when(has("neuro"))
        .then(1)
        .when(has("anemia", "macrocytosis") | pl.col("is_strongly_raised"))
        .then(2)
        .otherwise(3)
    )
    return close_gap(
        listed,
        treated=by_treatment(listed, b12_therapy, at="raised_on", profile=profile),
        kidney_function=because(
            "kidney function explains the result",
            listed.filter(is_confounded & pl.col("is_failing")),
            event="evidence_kidney",
        ),
    ).with_columns(
        index_date="raised_on",
        due_date=plus_days("raised_on", profile["raised_mma_untreated.after_days"]),
        priority=(priority + pl.col("is_uncertain").cast(pl.Int32)).clip(upper_bound=LAST_PRIORITY),
        evidence_second_line="event",
        found=sentence(result_in_words(), " on ", day("raised_on"), " is raised, with a borderline B12", with_neuro()),
        missing=pl.lit("no record of B12 treatment since"),
        flag_interpret_with_kidney_function="is_uncertain",
        flag_kidney_function_not_seen=is_confounded & pl.col("evidence_kidney").is_null(),
    )


def raised_results(
    b12_index: pl.LazyFrame, second_line_tests: pl.LazyFrame, *, as_of: date, profile: Profile
) -> pl.LazyFrame:
    """One row per person with an indeterminate index and a raised second-line result, dated ``raised_on``."""
    lookback, after = profile["raised_mma_untreated.lookback_days"], profile["raised_mma_untreated.after_days"]
    borderline = b12_index.pipe(
        eligible_if, {borderline_in_words(profile): pl.col("b12_class") == INDETERMINATE}, record=INDEX_IN_WORDS
    ).select("person_id", borderline_on="measurement_date", evidence_index="event")
    results = second_line_from(borderline, second_line_tests, at="borderline_on", profile=profile)
    return (
        deciding(results)
        .with_columns(raised_on="measurement_date")
        .pipe(
            eligible_if,
            {
                raised_in_words(profile): pl.col("is_raised"),
                f"dated {after} to {lookback} days ago": in_last("raised_on", lookback, as_of=as_of, until_days=after),
            },
            record=f"methylmalonic acid or homocysteine from {profile['second_line.before_days']} days before it on",
        )
    )
