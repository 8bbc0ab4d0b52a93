"""B12 treatment without a review of what it did."""

from datetime import date

import polars as pl

from pipelines.clinical.cohort import with_trusted_start
from pipelines.clinical.dates import around, in_last, plus_days
from pipelines.clinical.events import beside, coded, first_by, inside, marked
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, close_gap, eligible_if, worklist


@worklist(
    title="Vitamin B12 treatment started, no record of a review",
    action="Review symptoms and check a full blood count",
    owner="practice",
    sources=("S4", "S1"),
    reviewed=date(2026, 11, 22),
)
def response_unmonitored(
    therapy_start: pl.LazyFrame,
    pregnancy_spans: pl.LazyFrame,
    pregnant_now: pl.LazyFrame,
    neuro: pl.LazyFrame,
    measurement: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    second_line_tests: pl.LazyFrame,
    in_scope: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
    first_exposure: pl.DataFrame,
) -> pl.LazyFrame:
    """People whose B12 treatment began four months to a year ago, without a blood count since.

    In pregnancy from six weeks after the start. Closed by hemoglobin or MCV from four weeks after the start on; for
    somebody never injected since, also by B12, methylmalonic acid or homocysteine; or when the start cannot be trusted
    to be one.
    """
    starts = begun_treatments(therapy_start, pregnancy_spans, as_of=as_of, profile=profile)
    trusted = with_trusted_start(starts, in_scope, at="started_on", first_exposure=first_exposure, profile=profile)
    reviewed = reviews(starts, coded(measurement, "hemoglobin", "mcv"), b12_tests, second_line_tests, profile=profile)
    due_days = (
        pl.when("was_pregnant")
        .then(profile["response_unmonitored.pregnant_due_days"])
        .otherwise(profile["response_unmonitored.due_days"])
    )
    return close_gap(
        starts.pipe(beside, neuro, pregnant_now),
        reviewed=because(
            "a result since is on record", first_by(reviewed, "measurement_date"), event="event", on="measurement_date"
        ),
        history_too_short=because(
            "the record is too short to tell a start", starts.join(trusted, on="person_id", how="anti")
        ),
    ).with_columns(
        index_date="started_on",
        due_date=plus_days("started_on", due_days),
        priority=pl.when(has("neuro", "pregnancy")).then(2).otherwise(3),
        evidence_index="event",
        found=sentence("B12 treatment began on ", day("started_on"), with_neuro()),
        missing=sentence(
            "no record of a blood count since ",
            day(plus_days("started_on", profile["response_unmonitored.reviewed_from_days"])),
        ),
    )


def begun_treatments(
    therapy_start: pl.LazyFrame, pregnancy_spans: pl.LazyFrame, *, as_of: date, profile: Profile
) -> pl.LazyFrame:
    """The treatments that began in the window, which ends later for those who ``was_pregnant`` at the start."""
    lookback, after = profile["response_unmonitored.lookback_days"], profile["response_unmonitored.after_days"]
    pregnant_after = profile["response_unmonitored.pregnant_after_days"]
    has_waited = in_last("started_on", lookback, as_of=as_of, until_days=after)
    is_due_early = pl.col("was_pregnant") & in_last("started_on", lookback, as_of=as_of, until_days=pregnant_after)
    return therapy_start.pipe(marked, "was_pregnant", inside(therapy_start, pregnancy_spans, at="started_on")).pipe(
        eligible_if,
        {f"started {after} ({pregnant_after} in pregnancy) to {lookback} days ago": has_waited | is_due_early},
        record="a start of B12 treatment",
    )


def reviews(
    starts: pl.LazyFrame,
    blood_counts: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    second_line_tests: pl.LazyFrame,
    *,
    profile: Profile,
) -> pl.LazyFrame:
    """The results that show a review: blood counts; without injections since, also B12 and second-line tests."""
    never_injected = starts.filter(~pl.col("has_injection"))
    levels = [rows.join(never_injected, on="person_id", how="semi") for rows in (b12_tests, second_line_tests)]
    results = pl.concat(
        [rows.select("person_id", "event", "measurement_date") for rows in (blood_counts, *levels)]
    ).join(starts.select("person_id", "started_on"), on="person_id")
    return results.filter(
        around("measurement_date", "started_on", before=-profile["response_unmonitored.reviewed_from_days"])
    )
