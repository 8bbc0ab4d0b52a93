"""B12 therapy: what counts as such, when it runs, who is on it."""

from datetime import date

import polars as pl

from pipelines.clinical._term import term
from pipelines.clinical.dates import days_from, plus_days
from pipelines.clinical.events import coded, first_by, latest_first
from pipelines.clinical.numbers import rounded
from pipelines.profile import Profile

SWALLOWED = ("b12_oral", "b12_nasal", "b12_unknown_route")  # every therapy that runs over days rather than being given


def with_end(rows: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """Drug rows with ``start_date`` and ``end_date``, the last day covered, open rows closed.

    An open row runs for the profile's days, or to the as-of date where its source closes its own rows.
    """
    assumed = plus_days("drug_exposure_start_date", profile["therapy.open_row_days"])
    closes = pl.when("source_closes_rows").then(pl.lit(as_of)).otherwise(assumed)
    return rows.with_columns(
        start_date=pl.col("drug_exposure_start_date"), end_date=pl.coalesce("drug_exposure_end_date", closes)
    )


@term
def b12_therapy(drug_exposure: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per record of B12 therapy, with ``is_injected``, ``start_date`` and ``end_date``.

    Oral B12 counts with a daily dose of at least 50 mcg or an unknown one.
    """
    is_enough = pl.col("daily_dose").is_null() | (rounded("daily_dose") >= profile["therapy.oral_min_mcg"])
    return (
        coded(drug_exposure, "b12_injectable", *SWALLOWED)
        .filter((pl.col("concept") != "b12_oral") | is_enough)
        .pipe(with_end, as_of=as_of, profile=profile)
        .select(
            "person_id",
            "event",
            "concept",
            "start_date",
            "end_date",
            "daily_dose",
            is_injected=pl.col("concept") == "b12_injectable",
        )
    )


@term
def treatment_spans(b12_therapy: pl.LazyFrame, injections: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """One row per injection date or running record: the days at which the person counts as on treatment.

    From the day after the start (``first_day``): a level taken on the day itself was taken before. An injection
    lasts 180 days, or as long as its doses do; oral, nasal and unknown-route B12 until 30 days after its end
    (``last_day``).
    """
    lasting = pl.max_horizontal(profile["therapy.injection_covers_days"], pl.col("doses") * pl.col("default_days"))
    injected = injections.select(
        "person_id",
        "event",
        first_day=plus_days("injection_date", 1),
        last_day=plus_days("injection_date", lasting),
        is_injected=pl.lit(value=True),
    )
    running = b12_therapy.filter(~pl.col("is_injected")).select(
        "person_id",
        "event",
        first_day=plus_days("start_date", 1),
        last_day=plus_days("end_date", profile["therapy.oral_covers_days"]),
        is_injected=pl.lit(value=False),
    )
    return pl.concat([injected, running])


@term
def b12_now(treatment_spans: pl.LazyFrame, *, as_of: date) -> pl.LazyFrame:
    """One row per person on B12 now, injected or not, with the ``event`` that reaches furthest."""
    running = treatment_spans.filter(pl.col("last_day") >= as_of)
    return first_by(running, latest_first("last_day")).select("person_id", "event")


@term
def injections_now(treatment_spans: pl.LazyFrame, *, as_of: date) -> pl.LazyFrame:
    """One row per person on injections now, with the ``event`` that reaches furthest."""
    running = treatment_spans.filter("is_injected", pl.col("last_day") >= as_of)
    return first_by(running, latest_first("last_day")).select("person_id", "event")


@term
def b12_running(b12_therapy: pl.LazyFrame, *, as_of: date) -> pl.LazyFrame:
    """The records of oral, nasal and unknown-route B12 that run on the as-of date."""
    return b12_therapy.filter(~pl.col("is_injected"), pl.lit(as_of).is_between("start_date", "end_date"))


@term
def oral_switch(b12_running: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """One row per person whose B12 that is not injected replaces injections on the as-of date.

    Oral B12 of at least 1000 mcg a day or of unknown dose, nasal, or of unknown route, running that day.
    """
    is_enough = pl.col("daily_dose").is_null() | (rounded("daily_dose") >= profile["therapy.oral_switch_mcg"])
    enough = b12_running.filter((pl.col("concept") != "b12_oral") | is_enough)
    return first_by(enough, latest_first("start_date")).select("person_id", "event", closed_on="start_date")


@term
def therapy_start(b12_therapy: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """One row per person ever on B12 therapy: its latest start, ``started_on``, with the ``event`` that says so.

    A start has no other in the 365 days before it, and no oral, nasal or unknown-route B12 that runs on one of them.
    ``has_injection``: one is on record on that day or later.
    """
    days = profile["therapy_start.none_before_days"]
    injected_on = pl.col("start_date").filter("is_injected").max()
    dates = (
        b12_therapy.group_by("person_id", "start_date")
        .agg(event=pl.col("event").min(), runs_until=pl.col("end_date").filter(~pl.col("is_injected")).max())
        .sort("person_id", "start_date")
    )
    ran_until = pl.col("runs_until").cum_max().forward_fill().shift(1)
    before = pl.max_horizontal(pl.col("start_date").shift(1), ran_until).over("person_id")
    is_start = before.is_null() | (days_from(before, "start_date") > days)
    latest = first_by(dates.filter(is_start), latest_first("start_date"))
    return (
        latest.join(b12_therapy.group_by("person_id").agg(injected_on=injected_on), on="person_id")
        .with_columns(has_injection=(pl.col("injected_on") >= pl.col("start_date")).fill_null(value=False))
        .select("person_id", "event", "has_injection", started_on="start_date")
    )


def treated_since(points: pl.LazyFrame, b12_therapy: pl.LazyFrame, *, at: str, profile: Profile) -> pl.LazyFrame:
    """The persons treated since the date in ``at``, with the first record that says so.

    A therapy that starts in the 14 days before or at any time after, or oral, nasal or unknown-route B12 that runs
    on the day.
    """
    starts_since = pl.col("start_date") >= plus_days(at, -profile["therapy.treated_before_days"])
    runs_on_day = ~pl.col("is_injected") & pl.col(at).is_between("start_date", "end_date")
    hits = points.select("person_id", at).join(b12_therapy, on="person_id").filter(starts_since | runs_on_day)
    return first_by(hits, "start_date").select("person_id", "event", closed_on="start_date")
