"""A borderline B12 that was left unsettled while signs went on."""

from datetime import date

import polars as pl

from pipelines.clinical.b12 import INDETERMINATE, INDEX_IN_WORDS, borderline_in_words
from pipelines.clinical.dates import in_last, plus_days
from pipelines.clinical.events import beside, first_by
from pipelines.clinical.second_line import second_line_from
from pipelines.clinical.signs import ANY_FEATURE, features_after, has, with_features
from pipelines.clinical.words import day, result_in_words, sentence
from pipelines.profile import Profile
from pipelines.worklists import IN_USE, because, by_treatment, close_gap, eligible_if, open_on, worklist


@worklist(
    title="Borderline vitamin B12 with signs since, not settled",
    action="Repeat vitamin B12 with methylmalonic acid, or look for another cause",
    owner="practice",
    sources=("S1", "S2"),
    reviewed=date(2026, 11, 22),
)
def indeterminate_unresolved(
    b12_index: pl.LazyFrame,
    features: pl.LazyFrame,
    second_line_tests: pl.LazyFrame,
    b12_therapy: pl.LazyFrame,
    borderline_without_mma: pl.LazyFrame,
    raised_mma_untreated: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People whose deciding B12 result is indeterminate, half a year to two years ago, with a newer feature.

    A list of the United Kingdom: nobody is eligible in a profile that does not have it enabled. Closed by B12
    treatment, by second-line tests of which none is raised, by the lists of borderline and of confirmed results, or
    when kidney function explains a raised one.
    """
    lookback, after = profile["indeterminate_unresolved.lookback_days"], profile["indeterminate_unresolved.after_days"]
    unsettled = (
        b12_index.pipe(beside, features)
        .with_columns(**features_after("measurement_date"))
        .pipe(
            eligible_if,
            {
                IN_USE: pl.lit(profile["indeterminate_unresolved.enabled"]),
                borderline_in_words(profile): pl.col("b12_class") == INDETERMINATE,
                f"dated {after} to {lookback} days ago": in_last(
                    "measurement_date", lookback, as_of=as_of, until_days=after
                ),
                "a feature of deficiency newer than the result": has(*ANY_FEATURE),
            },
            record=INDEX_IN_WORDS,
        )
    )
    points = unsettled.select("person_id", borderline_on="measurement_date")
    tests = second_line_from(points, second_line_tests, at="borderline_on", profile=profile)
    normal = first_by(tests, "measurement_date").join(tests.filter("is_raised"), on="person_id", how="anti")
    explained = raised_mma_untreated.filter(pl.col("closed_by") == "kidney_function")
    return close_gap(
        unsettled,
        treated=by_treatment(unsettled, b12_therapy, at="measurement_date", profile=profile),
        second_line_normal=because("the second-line tests are normal", normal, event="event", on="measurement_date"),
        mma_listed=because(
            "listed for the second-line test or its result", open_on(borderline_without_mma, raised_mma_untreated)
        ),
        kidney_function=because(
            "kidney function explains the second-line result", explained, event="evidence_closed_by"
        ),
    ).with_columns(
        index_date="measurement_date",
        due_date=plus_days("measurement_date", after),
        priority=pl.lit(3),
        evidence_index="event",
        found=sentence(result_in_words(), " on ", day("measurement_date"), " is borderline", with_features(), " since"),
        missing=pl.lit("no record of a second-line test, of a repeat or of B12 treatment"),
    )
