"""A new neurological record without a B12 test."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import aged, around, in_last, plus_days
from pipelines.clinical.events import beside, coded, first_by, latest_first, marked, none_in, with_idle_days
from pipelines.clinical.signs import has
from pipelines.clinical.words import day, label, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_treatment_around, close_gap, eligible_if, worklist


@worklist(
    title="New neurological record, no record of a vitamin B12 test",
    action="Examine, and check vitamin B12 (and methylmalonic acid when it is borderline)",
    owner="practice",
    sources=("S1", "S2"),
    reviewed=date(2026, 11, 22),
)
def neuro_untested(
    neuro_records: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    second_line_tests: pl.LazyFrame,
    treatment_spans: pl.LazyFrame,
    b12_therapy: pl.LazyFrame,
    metformin: pl.LazyFrame,
    acid_suppression: pl.LazyFrame,
    malabsorption: pl.LazyFrame,
    condition_occurrence: pl.LazyFrame,
    person: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People with a neurological record, two weeks to a year ago, and none in the three years before it.

    Closed by B12, methylmalonic acid or homocysteine from a year before the record on, or by B12 treatment. First
    those with a risk: metformin, acid suppression, malabsorption, nitrous oxide, a vegan diet, or 65 years of age.
    """
    elderly = person.filter(aged("birth_date", profile["neuro_untested.risk_years"], on=as_of))
    new = (
        new_records(neuro_records, as_of=as_of, profile=profile)
        .pipe(beside, *risks(metformin, acid_suppression, malabsorption, condition_occurrence))
        .pipe(marked, "is_elderly", elderly)
    )
    tested_before = profile["neuro_untested.tested_before_days"]
    tests = pl.concat(
        [rows.select("person_id", "event", "measurement_date") for rows in (b12_tests, second_line_tests)]
    )
    tested = tests.join(new.select("person_id", "neuro_on"), on="person_id").filter(
        around("measurement_date", "neuro_on", before=tested_before)
    )
    return close_gap(
        new,
        tested=because("tested", first_by(tested, "measurement_date"), event="event", on="measurement_date"),
        on_b12=by_treatment_around(new, treatment_spans, b12_therapy, at="neuro_on", profile=profile),
    ).with_columns(
        index_date="neuro_on",
        due_date=plus_days("neuro_on", profile["neuro_untested.due_days"]),
        priority=pl.when(has("metformin", "acid_suppression", "cause", "risk") | pl.col("is_elderly"))
        .then(1)
        .otherwise(2),
        evidence_index="event",
        found=sentence(label(), " recorded on ", day("neuro_on")),
        missing=sentence(
            "no record of a B12, methylmalonic acid or homocysteine test since ",
            day(plus_days("neuro_on", -tested_before)),
        ),
    )


def risks(
    metformin: pl.LazyFrame,
    acid_suppression: pl.LazyFrame,
    malabsorption: pl.LazyFrame,
    condition_occurrence: pl.LazyFrame,
) -> tuple[pl.LazyFrame, ...]:
    """The persons with each risk of deficiency on record, and the row that says so."""
    told = coded(condition_occurrence, "nitrous_oxide_misuse", "vegan_diet")
    return (
        metformin.select("person_id", evidence_metformin="event"),
        acid_suppression.select("person_id", evidence_acid_suppression="event"),
        malabsorption.select("person_id", "evidence_cause"),
        first_by(told, "condition_start_date").select("person_id", evidence_risk="event"),
    )


def new_records(neuro_records: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per person with a neurological record in the window and none in the 1095 days before it."""
    lookback, after = profile["neuro_untested.lookback_days"], profile["neuro_untested.after_days"]
    none_before = profile["neuro_untested.none_before_days"]
    return (
        with_idle_days(neuro_records, at="neuro_on")
        .pipe(
            eligible_if,
            {
                f"recorded {after} to {lookback} days ago": in_last(
                    "neuro_on", lookback, as_of=as_of, until_days=after
                ),
                f"new: none in the {none_before} days before it": none_in(none_before),
            },
            record="neuropathy, gait ataxia, subacute combined degeneration or optic neuropathy",
        )
        .pipe(first_by, latest_first("neuro_on"))
    )
