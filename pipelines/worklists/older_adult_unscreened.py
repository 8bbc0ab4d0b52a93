"""Old age without a B12 test."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import birthday, in_last, plus_days
from pipelines.clinical.events import beside
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import IN_USE, because, by_b12_now, close_gap, eligible_if, worklist


@worklist(
    title="Older adult, no recent vitamin B12 result",
    action="Consider a vitamin B12 test at the next review",
    owner="practice",
    sources=("S16",),
    reviewed=date(2026, 11, 22),
)
def older_adult_unscreened(
    person: pl.LazyFrame,
    latest_b12_test: pl.LazyFrame,
    b12_now: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People of 76 years or more whose B12 was not measured in the last five.

    A list of the United States, off until a site turns it on: nobody is eligible in a profile that does not have it
    enabled. Closed by B12 treatment that runs now, or by a B12 result of the last five years.
    """
    years, retest = profile["older_adult_unscreened.years"], profile["older_adult_unscreened.retest_days"]
    old = (
        person.with_columns(old_since=birthday("birth_date", years))
        .pipe(
            eligible_if,
            {
                IN_USE: pl.lit(profile["older_adult_unscreened.enabled"]),
                f"age: {years} years or older": pl.col("old_since") <= as_of,
            },
        )
        .pipe(beside, latest_b12_test)
    )
    return close_gap(
        old,
        on_b12_now=by_b12_now(b12_now),
        tested=because(
            "B12 was tested",
            old.filter(in_last("tested_on", retest, as_of=as_of)),
            event="evidence_last_test",
            on="tested_on",
        ),
    ).with_columns(
        index_date="old_since",
        due_date=plus_days("old_since", profile["older_adult_unscreened.due_days"]),
        priority=pl.lit(4),
        found=sentence(f"{years} years old since ", day("old_since")),
        missing=sentence("no record of a B12 test since ", day("tested_on")).fill_null("no record of a B12 test"),
    )
