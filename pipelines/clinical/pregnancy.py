"""Pregnancies, from records that say "pregnant" and records that say "no longer"."""

from datetime import date

import polars as pl

from pipelines.clinical._term import term
from pipelines.clinical.dates import days_from, plus_days
from pipelines.clinical.events import coded, first_by, latest_first
from pipelines.profile import Profile


@term
def pregnancy_ends(condition_occurrence: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person and date of a record that a pregnancy ended: ``end_date``, ``event``."""
    ends = coded(condition_occurrence, "pregnancy_end")
    return ends.group_by("person_id", end_date="condition_start_date").agg(pl.col("event").min())


@term
def pregnancy_spans(
    condition_occurrence: pl.LazyFrame, pregnancy_ends: pl.LazyFrame, *, profile: Profile
) -> pl.LazyFrame:
    """One row per person and date of a pregnancy record: the days on which it says that the person is pregnant.

    ``first_record`` is the earliest record of the same pregnancy: in the 280 days up to this one, after any earlier
    end. The record speaks from its date (``first_day``) for 280 days, until the day before an end, and not beyond 294
    days from the first record (``last_day``, which lies before ``first_day`` where it says nothing).
    """
    record_days, longest = profile["pregnancy.record_days"], profile["pregnancy.longest_days"]
    records = (
        coded(condition_occurrence, "pregnancy")
        .group_by("person_id", first_day="condition_start_date")
        .agg(pl.col("event").min())
    )
    ended = pregnancy_ends.select("person_id", "end_date")
    around_record = (
        records.join(ended, on="person_id", how="left")
        .group_by("person_id", "first_day", "event")
        .agg(
            ended_before=pl.col("end_date").filter(pl.col("end_date") < pl.col("first_day")).max(),
            ended_next=pl.col("end_date").filter(pl.col("end_date") >= pl.col("first_day")).min(),
        )
    )
    others = records.select("person_id", record=pl.col("first_day"))
    same_pregnancy = (days_from("record", "first_day").is_between(0, record_days)) & (
        pl.col("ended_before").is_null() | (pl.col("record") > pl.col("ended_before"))
    )
    first_records = (
        around_record.join(others, on="person_id")
        .filter(same_pregnancy)
        .group_by("person_id", "first_day")
        .agg(first_record=pl.col("record").min())
    )
    return around_record.join(first_records, on=["person_id", "first_day"]).with_columns(
        last_day=pl.min_horizontal(
            plus_days("first_day", record_days),
            plus_days("first_record", longest),
            plus_days("ended_next", -1),
        )
    )


@term
def pregnant_now(pregnancy_spans: pl.LazyFrame, *, as_of: date) -> pl.LazyFrame:
    """One row per person pregnant on the as-of date: the latest record that says so, and ``first_record``."""
    speaking = pregnancy_spans.filter(pl.lit(as_of).is_between("first_day", "last_day"))
    first_records = speaking.group_by("person_id").agg(pl.col("first_record").min())
    latest = first_by(speaking, latest_first("first_day")).select("person_id", evidence_pregnancy="event")
    return latest.join(first_records, on="person_id")
