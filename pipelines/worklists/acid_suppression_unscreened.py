"""Long-term acid suppression with a feature of deficiency, without a recent B12 test."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import days_from, in_last, plus_days
from pipelines.clinical.events import beside
from pipelines.clinical.numbers import rounded
from pipelines.clinical.signs import A_FEATURE, ANY_FEATURE, has, with_features
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_b12_now, close_gap, eligible_if, eligible_on, worklist


@worklist(
    title="Long-term acid suppression with a sign of deficiency, no recent vitamin B12 result",
    action="Check vitamin B12; review the need for acid suppression",
    owner="practice",
    sources=("S42", "S16"),
    reviewed=date(2026, 11, 22),
)
def acid_suppression_unscreened(
    acid_suppression: pl.LazyFrame,
    acid_suppression_rows: pl.LazyFrame,
    features: pl.LazyFrame,
    latest_b12_test: pl.LazyFrame,
    b12_now: pl.LazyFrame,
    metformin_unmonitored: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People on acid suppression for two years (United States: one) on four days of five, with a feature of deficiency.

    Closed by B12 treatment that runs now, by a B12 result of the last three years (two), or by the list of metformin,
    which asks for the same test.
    """
    min_days, retest = (
        profile["acid_suppression_unscreened.min_days"],
        profile["acid_suppression_unscreened.retest_days"],
    )
    share = profile["acid_suppression_unscreened.covered_share"]
    long = (
        acid_suppression.join(covered_days(acid_suppression, acid_suppression_rows, as_of=as_of), on="person_id")
        .pipe(beside, features, latest_b12_test)
        .pipe(
            eligible_if,
            {
                f"length: {min_days} days or longer": pl.col("length_days") >= min_days,
                f"covered: on {share:.0%} of its days": (
                    pl.col("covered_days") >= rounded(share * (pl.col("length_days") + 1))
                ),
                A_FEATURE: has(*ANY_FEATURE),
            },
            record="acid suppression that is current",
        )
    )
    recent = long.filter(in_last("tested_on", retest, as_of=as_of))
    return close_gap(
        long,
        on_b12_now=by_b12_now(b12_now),
        tested=because("B12 was tested", recent, event="evidence_last_test", on="tested_on"),
        metformin_listed=because("listed for metformin", eligible_on(metformin_unmonitored)),
    ).with_columns(
        index_date="since",
        due_date=pl.coalesce(plus_days("tested_on", retest), plus_days("since", min_days)),
        priority=pl.when(has("anemia", "macrocytosis")).then(3).otherwise(4),
        evidence_index="event",
        found=sentence("Acid suppression since ", day("since"), with_features()),
        missing=sentence("no record of a B12 test since ", day("tested_on")).fill_null("no record of a B12 test"),
    )


def covered_days(courses: pl.LazyFrame, rows: pl.LazyFrame, *, as_of: date) -> pl.LazyFrame:
    """One row per person with a current course: ``covered_days``, the days of it up to the as-of date with a row."""
    last_day = pl.min_horizontal("end_date", pl.lit(as_of))
    reached = pl.col("end_date").cum_max().shift(1).over("person_id")
    first_new_day = pl.max_horizontal("start_date", plus_days(reached, 1))
    return (
        rows.join(courses.select("person_id", "since"), on="person_id")
        .filter(pl.col("start_date") >= pl.col("since"))
        .sort("person_id", "start_date", "end_date")
        .with_columns(new_days=(days_from(first_new_day, last_day) + 1).clip(lower_bound=0))
        .group_by("person_id")
        .agg(covered_days=pl.col("new_days").sum())
    )
