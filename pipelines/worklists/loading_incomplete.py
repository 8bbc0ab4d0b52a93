"""A loading course of injections that was not completed."""

from datetime import date

import polars as pl

from pipelines.clinical.cohort import with_trusted_start
from pipelines.clinical.dates import around, in_last, plus_days
from pipelines.clinical.events import beside, first_by, marked
from pipelines.clinical.injections import whole_doses
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_oral_switch, close_gap, eligible_if, worklist


@worklist(
    title="Loading course of vitamin B12 injections not completed",
    action="Complete the loading course",
    owner="practice",
    sources=("S12", "S23"),
    reviewed=date(2026, 11, 22),
)
def loading_incomplete(
    injection_course: pl.LazyFrame,
    course_injections: pl.LazyFrame,
    injection_records: pl.LazyFrame,
    neuro_records: pl.LazyFrame,
    neuro: pl.LazyFrame,
    lifelong_cause: pl.LazyFrame,
    oral_switch: pl.LazyFrame,
    in_scope: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
    first_exposure: pl.DataFrame,
) -> pl.LazyFrame:
    """People who began a course of injections in the last half year, with too few of them for a loading course.

    The first three injections follow each other within three weeks. United Kingdom: five in 28 days, with a
    neurological record seven in 21; United States: seven in 70. Closed when they were given, or supplied where no
    giving is recorded, by B12 in place of injections, or when the start cannot be trusted to be one.
    """
    started = begun_courses(injection_course, course_injections, neuro_records, as_of=as_of, profile=profile)
    counted = started.pipe(beside, supplied_loading(started, injection_records, profile=profile), neuro, lifelong_cause)
    is_supplied = pl.col("supplied_doses") >= pl.col("needed")
    lacks_quantity = ~pl.col("has_administered") & ~pl.col("has_quantity")
    supplied = counted.filter(~pl.col("has_administered"), is_supplied | lacks_quantity)
    trusted = with_trusted_start(counted, in_scope, at="started_on", first_exposure=first_exposure, profile=profile)
    is_recent = in_last("started_on", profile["loading.recent_days"], as_of=as_of)
    return close_gap(
        counted,
        loading_complete=because(
            "the loading doses are on record", counted.filter(pl.col("given") >= pl.col("needed"))
        ),
        supplied=because("the loading doses were supplied", supplied),
        oral_switch=by_oral_switch(oral_switch),
        history_too_short=because(
            "the record is too short to tell a start", counted.join(trusted, on="person_id", how="anti")
        ),
    ).with_columns(
        index_date="started_on",
        due_date=plus_days("started_on", profile["loading.after_days"]),
        priority=pl.when(has("neuro")).then(1).when(has("cause") | is_recent).then(2).otherwise(3),
        found=sentence(
            "Injections began on ",
            day("started_on"),
            ", ",
            pl.col("given").cast(pl.String),
            " of the ",
            pl.col("needed").cast(pl.String),
            " injections of a loading course on record by ",
            day("count_until"),
            with_neuro(),
        ),
        missing=pl.lit("no record of the others"),
        flag_quantity_not_seen=lacks_quantity,
    )


def begun_courses(
    injection_course: pl.LazyFrame,
    course_injections: pl.LazyFrame,
    neuro_records: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """One row per person whose current course began in the window like a loading course.

    ``needed`` injections until ``count_until``, ``given`` of them, ``has_administered`` for the course, and the
    injections so far in ``evidence_injection``.
    """
    opening, gap_days = profile["loading.opening_doses"], profile["loading.gap_days"]
    wide = course_injections.filter(pl.col("place") <= opening, pl.col("gap_days") >= gap_days)
    wide = first_by(wide, "place").select("person_id", evidence_wide="event")
    lookback, after = profile["loading.lookback_days"], profile["loading.after_days"]
    started = (
        injection_course.pipe(beside, wide)
        .pipe(
            eligible_if,
            {
                f"course began {after} to {lookback} days ago": in_last(
                    "started_on", lookback, as_of=as_of, until_days=after
                ),
                f"opening: no gap of {gap_days} days or more among the first {opening} injections": ~has("wide"),
            },
            record="an injection of B12",
        )
        .select("person_id", "started_on", neuro_by=plus_days("started_on", profile["loading.neuro_at_days"]))
    )
    had_neuro = neuro_records.join(started, on="person_id").filter(
        around("neuro_on", "neuro_by", before=profile["neuro.lookback_days"], after=0)
    )
    by_days = (
        pl.when("had_neuro").then(profile["loading.neuro_doses_by_days"]).otherwise(profile["loading.doses_by_days"])
    )
    needed = pl.when("had_neuro").then(profile["loading.neuro_doses"]).otherwise(profile["loading.doses"])
    started = started.pipe(marked, "had_neuro", had_neuro).with_columns(
        needed=needed, count_until=plus_days("started_on", by_days)
    )
    counts = (
        course_injections.join(started.select("person_id", "count_until"), on="person_id")
        .group_by("person_id")
        .agg(
            given=(pl.col("injection_date") <= pl.col("count_until")).sum(),
            has_administered=pl.col("is_administered").any(),
            evidence_injection=pl.col("event").filter(pl.col("injection_date") <= pl.col("count_until")).sort(),
        )
    )
    return started.join(counts, on="person_id")


def supplied_loading(started: pl.LazyFrame, injection_records: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """One row per person with a record in the course: ``supplied_doses`` in its loading window and ``has_quantity``.

    The doses dispensed, or where no dispensed quantity is known the more of those and the prescribed ones; not capped,
    and one for a date without a quantity among dates that have one.
    """
    until = plus_days("started_on", profile["loading.doses_by_days"])
    of_course = injection_records.join(started.select("person_id", "started_on"), on="person_id").filter(
        pl.col("injection_date") >= pl.col("started_on")
    )
    has_quantity = of_course.group_by("person_id").agg(has_quantity=pl.col("doses").is_not_null().any())
    known = pl.col("doses").count() > 0
    by_date = (
        of_course.filter(pl.col("injection_date") <= until)
        .group_by("person_id", "injection_date", "kind")
        .agg(is_known=known, doses=pl.when(known).then(pl.col("doses").sum()))
        .with_columns(doses=whole_doses("doses"))
    )
    is_dispensed = pl.col("kind") == "dispensed"
    dispensed = pl.col("doses").filter(is_dispensed).sum()
    prescribed = pl.col("doses").filter(pl.col("kind") == "prescribed").sum()
    totals = by_date.group_by("person_id").agg(
        supplied_doses=pl.when((is_dispensed & pl.col("is_known")).any())
        .then(dispensed)
        .otherwise(pl.max_horizontal(dispensed, prescribed))
    )
    return has_quantity.join(totals, on="person_id", how="left")
