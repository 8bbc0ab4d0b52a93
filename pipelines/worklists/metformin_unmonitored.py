"""Long-term metformin without a recent vitamin B12 result."""

from datetime import date

import polars as pl

from pipelines.clinical.b12 import INDETERMINATE, UNLIKELY
from pipelines.clinical.dates import days_before, in_last, plus_days
from pipelines.clinical.events import beside, first_by, latest_first, marked
from pipelines.clinical.numbers import rounded
from pipelines.clinical.signs import ANY_FEATURE, has, with_features
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_b12_now, close_gap, eligible_if, worklist


@worklist(
    title="Long-term metformin, no recent vitamin B12 result",
    action="Check vitamin B12 and a full blood count at the next diabetes review",
    owner="diabetes",
    sources=("S10", "S18", "S19"),
    reviewed=date(2026, 11, 22),
)
def metformin_unmonitored(
    metformin: pl.LazyFrame,
    metformin_rows: pl.LazyFrame,
    acid_suppression: pl.LazyFrame,
    malabsorption: pl.LazyFrame,
    features: pl.LazyFrame,
    neuro_ever: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    latest_b12_test: pl.LazyFrame,
    b12_now: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People on metformin at risk of deficiency whose B12 was not measured lately.

    A: on it for 180 days with a feature of deficiency. B: for four years; or for 180 days with a median dose of
    1500 mg a day or more, acid suppression for a year, malabsorption, or an indeterminate result ever. Closed by B12
    treatment, or by a result in the last year; for B alone in the last two when it makes deficiency unlikely.
    """
    risks = (
        features,
        neuro_ever.select("person_id", "neuro_since"),
        malabsorption,
        long_acid_suppression(acid_suppression, profile=profile),
        once_indeterminate(b12_tests),
        latest_b12_test,
    )
    at_risk = (
        metformin.pipe(beside, *risks)
        .pipe(marked, "has_high_dose", high_dose(metformin, metformin_rows, as_of=as_of, profile=profile))
        .pipe(in_a_tier, profile=profile)
    )
    retest, retest_unlikely = (
        profile["metformin_unmonitored.retest_days"],
        profile["metformin_unmonitored.retest_unlikely_days"],
    )
    is_reassuring = ~pl.col("is_a") & (pl.col("tested_class") == UNLIKELY)
    recent = in_last("tested_on", retest, as_of=as_of) | (
        is_reassuring & in_last("tested_on", retest_unlikely, as_of=as_of)
    )
    never_checked = has("neuro") & (pl.col("tested_on").is_null() | (pl.col("tested_on") < pl.col("neuro_since")))
    return close_gap(
        at_risk,
        on_b12_now=by_b12_now(b12_now),
        tested=because("B12 was tested", at_risk.filter(recent), event="evidence_last_test", on="tested_on"),
    ).with_columns(
        index_date="since",
        due_date=pl.coalesce(
            plus_days("tested_on", pl.when(is_reassuring).then(retest_unlikely).otherwise(retest)),
            plus_days(
                "since",
                pl.when("needs_years")
                .then(profile["metformin_unmonitored.long_days"])
                .otherwise(profile["metformin_unmonitored.min_days"]),
            ),
        ),
        priority=pl.when(~pl.col("is_a")).then(3).when(never_checked).then(1).otherwise(2),
        evidence_index="event",
        found=sentence("Metformin since ", day("since"), with_features()),
        missing=sentence("no record of a B12 test since ", day("tested_on")).fill_null("no record of a B12 test"),
    )


def in_a_tier(courses: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """The courses that make tier A (``is_a``) or B; ``needs_years`` where nothing but their length does."""
    min_days, long_days = profile["metformin_unmonitored.min_days"], profile["metformin_unmonitored.long_days"]
    is_long, is_very_long = pl.col("length_days") >= min_days, pl.col("length_days") >= long_days
    has_risk = pl.col("has_high_dose") | has("acid_suppression", "cause", "borderline")
    has_feature = has(*ANY_FEATURE)
    return courses.pipe(
        eligible_if,
        {
            f"length: {min_days} days or longer": is_long | is_very_long,
            a_risk_in_words(profile): is_very_long | has_risk | has_feature,
        },
        record="metformin that is current",
    ).with_columns(is_a=is_long & has_feature, needs_years=~(is_long & (has_feature | has_risk)))


def a_risk_in_words(profile: Profile) -> str:
    """The condition that there is a risk beside metformin, or enough of it."""
    dose, years = profile["metformin_unmonitored.high_dose_mg"], profile["metformin_unmonitored.long_days"]
    return (
        f"at risk: a feature of deficiency; a median of {dose} mg a day or more; acid suppression for "
        f"{profile['metformin_unmonitored.acid_suppression_days']} days; malabsorption; a borderline B12 ever; "
        f"or metformin for {years} days"
    )


def long_acid_suppression(acid_suppression: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """The persons whose current acid suppression has lasted long enough to be a risk."""
    is_long = pl.col("length_days") >= profile["metformin_unmonitored.acid_suppression_days"]
    return acid_suppression.filter(is_long).select("person_id", evidence_acid_suppression="event")


def once_indeterminate(b12_tests: pl.LazyFrame) -> pl.LazyFrame:
    """The persons with an indeterminate B12 at any time: the latest."""
    indeterminate = b12_tests.filter(pl.col("b12_class") == INDETERMINATE)
    latest = first_by(indeterminate, latest_first("measurement_date"), "measurement_id")
    return latest.select("person_id", evidence_borderline="event")


def high_dose(metformin: pl.LazyFrame, metformin_rows: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """The people whose median known dose is high, over the rows of the course that ran in the last 365 days."""
    begins = days_before(as_of, profile["metformin_unmonitored.dose_lookback_days"])
    median = rounded(pl.col("daily_dose").median())
    return (
        metformin_rows.unique(["person_id", "event"])  # a median counts: what stands twice must not weigh twice
        .filter(pl.col("end_date") >= begins)
        .join(metformin.select("person_id", "since", "last_start"), on="person_id")
        .filter(pl.col("start_date").is_between("since", "last_start"))
        .group_by("person_id")
        .agg(median=median)
        .filter(pl.col("median") >= profile["metformin_unmonitored.high_dose_mg"])
    )
