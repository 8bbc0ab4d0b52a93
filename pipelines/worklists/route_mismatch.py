"""B12 by mouth or nose where it may not be absorbed."""

from datetime import date

import polars as pl

from pipelines.clinical.b12 import LOW
from pipelines.clinical.dates import plus_days
from pipelines.clinical.events import beside, first_by, latest_first
from pipelines.clinical.exposure import latest_course
from pipelines.clinical.numbers import rounded
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, close_gap, eligible_if, worklist


@worklist(
    title="Oral or nasal vitamin B12 where injections or a high dose are advised",
    action="Review the route and the dose of vitamin B12",
    owner="practice",
    sources=("S1", "S6", "S16"),
    reviewed=date(2026, 11, 22),
)
def route_mismatch(
    b12_running: pl.LazyFrame,
    b12_therapy: pl.LazyFrame,
    injections_now: pl.LazyFrame,
    b12_index: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    neuro: pl.LazyFrame,
    lifelong_cause: pl.LazyFrame,
    malabsorption: pl.LazyFrame,
    *,
    profile: Profile,
) -> pl.LazyFrame:
    """People on oral or nasal B12 and not on injections, with a reason for injections or for a high dose.

    For injections, United Kingdom: a lifelong cause of malabsorption, or a low deciding result with a neurological
    record. United States: a neurological record with that or a B12 ever below 74 pmol/L (100 ng/L), or a lifelong cause
    with a known dose below 1000 mcg a day. For a high dose: malabsorption of any kind. Closed when only the last holds
    and the dose is 1000 mcg a day or more, unknown, or nasal.
    """
    dose, high = rounded("dose_mcg"), profile["therapy.oral_switch_mcg"]
    suffices, is_grave = pl.lit(profile["route_mismatch.high_dose_suffices"]), has("neuro") & has("low", "severe")
    may_be_enough = suffices & (dose >= high).fill_null(value=True)
    needs_injections = is_grave | (has("lifelong") & ~may_be_enough)
    listed = (
        on_these_routes(b12_running, b12_therapy, injections_now, profile=profile)
        .pipe(beside, *reasons(b12_index, b12_tests, profile=profile), neuro, malabsorption)
        .pipe(beside, lifelong_cause.select("person_id", evidence_lifelong="evidence_cause"))
        .with_columns(needs_injections=needs_injections)
        .pipe(eligible_if, {reason_in_words(profile): needs_injections | has("cause")})
    )
    is_enough = (dose >= high).fill_null(value=True) | pl.col("has_nasal")
    enough = listed.filter(~pl.col("needs_injections"), is_enough)
    why = pl.when(has("lifelong")).then(pl.lit(", with a lifelong cause of malabsorption"))
    why = why.when(has("cause")).then(pl.lit(", with malabsorption")).otherwise(pl.lit(""))
    no_dose_will_do = is_grave | (pl.col("needs_injections") & ~suffices)
    wanted = pl.when(no_dose_will_do).then(pl.lit("injections")).otherwise(pl.lit("a high dose or of injections"))
    return close_gap(
        listed, dose_sufficient=because("the dose is high enough for this cause, or cannot be told", enough)
    ).with_columns(
        index_date="since",
        due_date=plus_days("since", profile["route_mismatch.due_days"]),
        priority=pl.when(has("neuro")).then(1).when(has("lifelong")).then(2).otherwise(3),
        evidence_index="event",
        found=sentence("Oral or nasal B12 since ", day("since"), why, with_neuro()),
        missing=sentence("no record of ", wanted, " now"),
    )


def on_these_routes(
    b12_running: pl.LazyFrame, b12_therapy: pl.LazyFrame, injections_now: pl.LazyFrame, *, profile: Profile
) -> pl.LazyFrame:
    """One row per person on oral or nasal B12 alone: the latest course, ``since``, and what runs now.

    ``dose_mcg`` is the highest dose that runs, null when one of them is unknown; ``has_nasal``: one is nasal.
    """
    courses = latest_course(b12_therapy.filter(~pl.col("is_injected")), profile=profile)
    concept, dose = pl.col("concept"), pl.col("daily_dose")
    return (
        b12_running.group_by("person_id")
        .agg(
            is_unsure=(concept == "b12_unknown_route").any(),
            has_nasal=(concept == "b12_nasal").any(),
            dose_mcg=pl.when(dose.is_not_null().all()).then(dose.max()),
            evidence_running=pl.col("event").unique().sort(),
        )
        .join(courses.select("person_id", "since", "event"), on="person_id")
        .pipe(beside, injections_now.select("person_id", evidence_injection="event"))
        .pipe(
            eligible_if,
            {"not on injections now": ~has("injection"), "no B12 of unknown route running": ~pl.col("is_unsure")},
            record="oral or nasal B12, or of unknown route, running today",
        )
    )


def reason_in_words(profile: Profile) -> str:
    """The condition that there is a reason for injections or for a high dose."""
    if profile["route_mismatch.severe_ever_counts"]:
        severe = profile["b12_total.substance_severe_pmol_l"]
        return f"reason: malabsorption, or a neurological record with a low B12 or one below {severe} pmol/L ever"
    return "reason: malabsorption, or a low B12 with a neurological record"


def reasons(b12_index: pl.LazyFrame, b12_tests: pl.LazyFrame, *, profile: Profile) -> tuple[pl.LazyFrame, ...]:
    """The people whose index is low and, where the profile asks, those with a very low result at any time."""
    low = b12_index.filter(pl.col("b12_class") == LOW)
    severe = b12_tests.filter("is_severe", pl.lit(profile["route_mismatch.severe_ever_counts"]))
    return (
        low.select("person_id", evidence_low="event"),
        first_by(severe, latest_first("measurement_date")).select("person_id", evidence_severe="event"),
    )
