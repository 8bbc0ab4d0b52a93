"""Large red cells without a B12 test."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import around, days_from, in_last, plus_days
from pipelines.clinical.events import beside, coded, first_by, marked
from pipelines.clinical.exposure import current_at
from pipelines.clinical.numbers import above, at_least
from pipelines.clinical.signs import has, is_anemic
from pipelines.clinical.therapy import with_end
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_treatment_around, close_gap, eligible_if, worklist

ENLARGING_DRUGS = ("hydroxycarbamide", "methotrexate", "azathioprine", "zidovudine")


@worklist(
    title="Macrocytosis, or anemia with large red cells, no record of a vitamin B12 test",
    action="Check vitamin B12 and folate",
    owner="practice",
    sources=("S1", "S2"),
    reviewed=date(2026, 11, 22),
)
def macrocytosis_untested(
    measurement: pl.LazyFrame,
    person: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    treatment_spans: pl.LazyFrame,
    b12_therapy: pl.LazyFrame,
    drug_exposure: pl.LazyFrame,
    macrocytosis: pl.LazyFrame,
    anemia: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People whose red cells were first found large two weeks to a year ago, without a B12 test.

    Large: the second of two MCV above 100 fL taken two weeks apart, one above 105, or one of 95 or more with anemia on
    the same date. Closed by B12 from a year before on, by B12 treatment, or, where the finding is an MCV, by a drug
    that enlarges red cells: hydroxycarbamide, methotrexate, azathioprine or zidovudine.
    """
    found = large_cells(measurement, person, as_of=as_of, profile=profile).pipe(beside, macrocytosis, anemia)
    tested_before = profile["macrocytosis_untested.tested_before_days"]
    tested = b12_tests.join(found.select("person_id", "found_on"), on="person_id").filter(
        around("measurement_date", "found_on", before=tested_before)
    )
    drugs = with_end(coded(drug_exposure, *ENLARGING_DRUGS), as_of=as_of, profile=profile)
    explained = current_at(found.filter("rests_on_mcv"), drugs, at="found_on", profile=profile)
    says = pl.when("rests_on_mcv").then(pl.lit("Macrocytosis")).otherwise(pl.lit("Anemia with large red cells"))
    return close_gap(
        found,
        tested=because("B12 was tested", first_by(tested, "measurement_date"), event="event", on="measurement_date"),
        on_b12=by_treatment_around(found, treatment_spans, b12_therapy, at="found_on", profile=profile),
        drug_explained=because("a drug explains the large cells", explained, event="event"),
    ).with_columns(
        index_date="found_on",
        due_date=plus_days("found_on", profile["macrocytosis_untested.due_days"]),
        priority=pl.when(has("macrocytosis") & has("anemia")).then(2).otherwise(3),
        found=sentence(says, " found on ", day("found_on")),
        missing=sentence("no record of a B12 test since ", day(plus_days("found_on", -tested_before))),
    )


def large_cells(measurement: pl.LazyFrame, person: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per person with large red cells: the first date in the window, ``found_on``, and its results.

    ``rests_on_mcv``: by the MCV alone, of that date or of two; else by anemia with it.
    """
    lookback, after = profile["macrocytosis_untested.lookback_days"], profile["macrocytosis_untested.after_days"]
    once, with_anemia = (
        profile["macrocytosis_untested.mcv_once_fl"],
        profile["macrocytosis_untested.mcv_with_anemia_fl"],
    )
    recent = measurement.filter(in_last("measurement_date", lookback, as_of=as_of))
    mcv = coded(recent, "mcv")
    same_date = ["person_id", "measurement_date"]
    anemic = (
        coded(recent, "hemoglobin")
        .join(person.select("person_id", "sex"), on="person_id")
        .filter(is_anemic(profile))
        .group_by(same_date)
        .agg(evidence_anemic=pl.col("event"))
    )
    events = pl.concat_list("event", pl.col("evidence_anemic").fill_null([]))
    is_large_with_anemia = at_least(with_anemia) & has("anemic")
    return (
        mcv.pipe(marked, "is_second", second_of_two(mcv, profile=profile), on=("person_id", "event"))
        .join(anemic, on=same_date, how="left")
        .with_columns(
            rests_on_mcv=pl.col("is_second") | above(once),
            evidence_anemic=pl.when(is_large_with_anemia).then("evidence_anemic"),
        )
        .pipe(
            eligible_if,
            {
                large_in_words(profile): pl.col("rests_on_mcv") | has("anemic"),
                f"dated {after} to {lookback} days ago": in_last(
                    "measurement_date", lookback, as_of=as_of, until_days=after
                ),
            },
            record=f"an MCV in the last {lookback} days",
        )
        .filter(pl.col("measurement_date") == pl.col("measurement_date").min().over("person_id"))
        .group_by("person_id", found_on="measurement_date")
        .agg(
            pl.col("rests_on_mcv").any(),
            evidence_index=events.list.explode(keep_nulls=False, empty_as_null=False).unique().sort(),
        )
    )


def large_in_words(profile: Profile) -> str:
    """The condition that red cells are large."""
    return (
        f"large: the second MCV above {profile['macrocytosis.mcv_fl']} fL, "
        f"{profile['macrocytosis_untested.apart_days']} days after another; one above "
        f"{profile['macrocytosis_untested.mcv_once_fl']}; or {profile['macrocytosis_untested.mcv_with_anemia_fl']} "
        "or more with anemia on the same date"
    )


def second_of_two(mcv: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """The MCV above 100 fL that have another at least 14 days before them."""
    large = mcv.filter(above(profile["macrocytosis.mcv_fl"]))
    since = days_from(pl.col("measurement_date").min().over("person_id"), "measurement_date")
    return large.filter(since >= profile["macrocytosis_untested.apart_days"])
