"""Low or borderline vitamin B12 in or after pregnancy, not settled."""

from datetime import date

import polars as pl

from pipelines.clinical.b12 import INDETERMINATE, LOW, UNLIKELY, borderline_in_words, latest_b12
from pipelines.clinical.dates import around, days_from, in_last, plus_days
from pipelines.clinical.events import beside, coded, first_by, latest_first
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.words import day, result_in_words, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_treatment, close_gap, eligible_if, worklist


@worklist(
    title="Low or borderline vitamin B12 in pregnancy or the year after, not settled",
    action="Request active B12, or start vitamin B12 replacement",
    owner="maternity",
    sources=("S1", "S2"),
    reviewed=date(2026, 11, 22),
)
def pregnancy_b12_unresolved(
    b12_off_treatment: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    pregnant_now: pl.LazyFrame,
    pregnancy_ends: pl.LazyFrame,
    pregnancy_spans: pl.LazyFrame,
    neuro: pl.LazyFrame,
    anemia: pl.LazyFrame,
    b12_therapy: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People pregnant now or in the last year whose latest total B12 of that time is low or indeterminate.

    The result counts from 280 days before the first record of the pregnancy on, off treatment. Closed by an active
    B12 that makes deficiency unlikely, on the day of the result or later, or by B12 treatment.
    """
    before, after_end = (
        profile["pregnancy_b12_unresolved.before_days"],
        profile["pregnancy_b12_unresolved.after_end_days"],
    )
    ended = recently_ended(pregnancy_ends, pregnancy_spans, as_of=as_of, profile=profile)
    either = pl.concat([pregnant_now.select("person_id", "first_record", "evidence_pregnancy"), ended])
    pregnancies = (
        either.group_by("person_id")
        .agg(pl.col("first_record").min(), pl.col("evidence_pregnancy").unique().sort())
        .pipe(eligible_if, {}, record=f"a pregnancy now, or one that ended in the last {after_end} days")
    )
    of_that_time = around("measurement_date", "first_record", before=before)
    unresolved = (
        coded(b12_off_treatment, "serum_b12")
        .join(pregnancies, on="person_id")
        .filter(of_that_time)
        .pipe(latest_b12)
        .pipe(
            eligible_if,
            {f"low, or {borderline_in_words(profile)}": pl.col("b12_class").is_in([LOW, INDETERMINATE])},
            record=f"total B12 off treatment from {before} days before that pregnancy was first recorded",
        )
        .pipe(beside, neuro, anemia)
    )
    active = (
        coded(b12_tests, "active_b12")
        .filter(pl.col("b12_class") == UNLIKELY)
        .select("person_id", "event", active_on="measurement_date")
        .join(unresolved.select("person_id", "measurement_date"), on="person_id")
        .filter(around("active_on", "measurement_date"))
    )
    is_low = pl.col("b12_class") == LOW
    says = pl.when(is_low).then(pl.lit(" is low")).otherwise(pl.lit(" is borderline"))
    return close_gap(
        unresolved,
        active_b12_normal=because("active B12 is normal", first_by(active, "active_on"), event="event", on="active_on"),
        treated=by_treatment(unresolved, b12_therapy, at="measurement_date", profile=profile),
    ).with_columns(
        index_date="measurement_date",
        due_date=plus_days("measurement_date", profile["pregnancy_b12_unresolved.due_days"]),
        priority=pl.when(is_low & has("anemia", "neuro")).then(1).otherwise(2),
        evidence_index="event",
        found=sentence(
            result_in_words(),
            " on ",
            day("measurement_date"),
            says,
            ", with a pregnancy on record since ",
            day("first_record"),
            with_neuro(),
        ),
        missing=pl.lit("no record of a normal active B12 or of B12 treatment since"),
    )


def recently_ended(
    pregnancy_ends: pl.LazyFrame, pregnancy_spans: pl.LazyFrame, *, as_of: date, profile: Profile
) -> pl.LazyFrame:
    """One row per person whose pregnancy ended in the last 365 days, with the ``first_record`` of that pregnancy.

    The end is the latest one without another in the 180 days before it: later records of one birth are no new end.
    A pregnancy without a record begins, for this purpose, at its end.
    """
    days = profile["pregnancy_b12_unresolved.other_end_days"]
    other = pregnancy_ends.select("person_id", other_end="end_date")
    repeated = (
        pregnancy_ends.join(other, on="person_id")
        .filter(days_from("other_end", "end_date").is_between(1, days))
        .select("person_id", "end_date")
    )
    recent = in_last("end_date", profile["pregnancy_b12_unresolved.after_end_days"], as_of=as_of)
    ended = first_by(
        pregnancy_ends.filter(recent).join(repeated, on=["person_id", "end_date"], how="anti"),
        latest_first("end_date"),
    )
    records = (
        pregnancy_spans.filter(pl.col("ended_next") <= plus_days("first_day", profile["pregnancy.record_days"]))
        .group_by("person_id", end_date="ended_next")
        .agg(pl.col("first_record").min())
    )
    return ended.join(records, on=["person_id", "end_date"], how="left").select(
        "person_id", first_record=pl.coalesce("first_record", "end_date"), evidence_pregnancy="event"
    )
