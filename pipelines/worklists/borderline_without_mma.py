"""Borderline vitamin B12 without a second-line test."""

from datetime import date

import polars as pl

from pipelines.clinical.b12 import INDETERMINATE, INDEX_IN_WORDS, borderline_in_words
from pipelines.clinical.dates import in_last, plus_days
from pipelines.clinical.events import beside, first_by
from pipelines.clinical.second_line import second_line_from
from pipelines.clinical.signs import A_FEATURE, ANY_FEATURE, has, with_features
from pipelines.clinical.words import day, result_in_words, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_treatment, close_gap, eligible_if, worklist


@worklist(
    title="Borderline vitamin B12, no record of methylmalonic acid",
    action="Request serum methylmalonic acid, or treat if the patient is getting worse",
    owner="practice",
    sources=("S1", "S17"),
    reviewed=date(2026, 11, 22),
)
def borderline_without_mma(
    b12_index: pl.LazyFrame,
    features: pl.LazyFrame,
    second_line_tests: pl.LazyFrame,
    b12_therapy: pl.LazyFrame,
    pregnancy_b12_unresolved: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
    delivered: frozenset[str],
) -> pl.LazyFrame:
    """People whose deciding B12 result is indeterminate, four weeks to a year ago, without a second-line test.

    In the United Kingdom only those with a feature of deficiency, as far as diagnoses can be seen. Closed by
    methylmalonic acid or homocysteine from 30 days before the result on, by B12 treatment, or by the list of
    pregnancies, where active B12 is the test.
    """
    lookback, after = profile["borderline_without_mma.lookback_days"], profile["borderline_without_mma.after_days"]
    conditions = {
        borderline_in_words(profile): pl.col("b12_class") == INDETERMINATE,
        f"dated {after} to {lookback} days ago": in_last("measurement_date", lookback, as_of=as_of, until_days=after),
    }
    if profile["borderline_without_mma.feature_needed"] and "diagnoses" in delivered:
        conditions[A_FEATURE] = has(*ANY_FEATURE)
    borderline = b12_index.pipe(beside, features).pipe(eligible_if, conditions, record=INDEX_IN_WORDS)

    points = borderline.select("person_id", borderline_on="measurement_date")
    tested = second_line_from(points, second_line_tests, at="borderline_on", profile=profile)
    return close_gap(
        borderline,
        second_line_test=because(
            "a second-line test is on record",
            first_by(tested, "measurement_date"),
            event="event",
            on="measurement_date",
        ),
        treated=by_treatment(borderline, b12_therapy, at="measurement_date", profile=profile),
        pregnancy_listed=because("listed for B12 in pregnancy", pregnancy_b12_unresolved),
    ).with_columns(
        index_date="measurement_date",
        due_date=plus_days("measurement_date", profile["borderline_without_mma.due_days"]),
        priority=pl.when(has("neuro"))
        .then(1)
        .when(has("anemia", "macrocytosis"))
        .then(2)
        .when(has(*ANY_FEATURE))
        .then(3)
        .otherwise(4),
        evidence_index="event",
        found=sentence(result_in_words(), " on ", day("measurement_date"), " is borderline", with_features()),
        missing=pl.lit("no record of methylmalonic acid, homocysteine or B12 treatment since"),
    )
