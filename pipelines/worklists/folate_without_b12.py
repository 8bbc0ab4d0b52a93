"""Folic acid where B12 is low, borderline or unknown."""

from datetime import date

import polars as pl

from pipelines.clinical.b12 import INDETERMINATE, LOW, UNLIKELY, latest_b12
from pipelines.clinical.dates import around, in_last, plus_days
from pipelines.clinical.events import beside, coded, inside, marked
from pipelines.clinical.exposure import current_at
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.therapy import with_end
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_treatment, close_gap, eligible_if, worklist


@worklist(
    title="Folic acid started, vitamin B12 low, borderline or not measured",
    action="Check vitamin B12, and treat it before or with folate",
    owner="practice",
    sources=("S22", "S11"),
    reviewed=date(2026, 11, 22),
)
def folate_without_b12(
    folic_acid: pl.LazyFrame,
    pregnancy_spans: pl.LazyFrame,
    drug_exposure: pl.LazyFrame,
    b12_off_treatment: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    neuro: pl.LazyFrame,
    b12_therapy: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People who started folic acid two weeks to a year ago without B12 known to be normal.

    The latest course of 400 mcg a day or more, or of unknown dose, not begun in pregnancy or beside methotrexate. The
    latest B12 off treatment since a year before it is low or indeterminate, or none was measured from half a year
    before to two weeks after. Closed by B12 treatment, or when that latest result makes deficiency unlikely.
    """
    started = folate_starts(folic_acid, pregnancy_spans, drug_exposure, as_of=as_of, profile=profile)
    points = started.select("person_id", "since")
    before = profile["folate_without_b12.result_before_days"]
    test_before = profile["folate_without_b12.test_before_days"]
    test_until = profile["folate_without_b12.test_until_days"]
    results = b12_off_treatment.join(points, on="person_id").filter(around("measurement_date", "since", before=before))
    latest = latest_b12(results).select("person_id", "b12_class", tested_on="measurement_date", evidence_b12="event")
    tested = b12_tests.join(points, on="person_id").filter(
        around("measurement_date", "since", before=test_before, after=test_until)
    )
    is_doubtful = has("b12") & pl.col("b12_class").is_in([LOW, INDETERMINATE])
    listed = (
        started.pipe(beside, latest, neuro)
        .pipe(marked, "is_tested", tested)
        .pipe(
            eligible_if,
            {
                f"B12 in doubt: low or borderline since {before} days before the start, or not tested from "
                f"{test_before} days before to {test_until} after": is_doubtful | ~pl.col("is_tested")
            },
        )
    )
    is_low = pl.col("b12_class").eq_missing(pl.lit(LOW))
    says = pl.when(is_low).then(pl.lit(" with a low B12 of ")).otherwise(pl.lit(" with a borderline B12 of "))
    known = pl.when(is_doubtful).then(pl.concat_str(says, day("tested_on"))).otherwise(pl.lit(""))
    return close_gap(
        listed,
        treated=by_treatment(listed, b12_therapy, at="since", profile=profile),
        b12_sufficient=because(
            "B12 makes deficiency unlikely",
            listed.filter(pl.col("b12_class") == UNLIKELY),
            event="evidence_b12",
            on="tested_on",
        ),
    ).with_columns(
        index_date="since",
        due_date=plus_days("since", profile["folate_without_b12.after_days"]),
        priority=pl.when(is_low & has("neuro")).then(1).when(is_low).then(2).otherwise(3),
        evidence_index="event",
        found=sentence("Folic acid since ", day("since"), known, with_neuro()),
        missing=pl.when(is_doubtful)
        .then(pl.lit("no record of B12 treatment since"))
        .otherwise(pl.lit("no record of a B12 test around its start")),
    )


def folate_starts(
    folic_acid: pl.LazyFrame,
    pregnancy_spans: pl.LazyFrame,
    drug_exposure: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """The folic acid courses that began in the window, in people neither pregnant nor on methotrexate that day."""
    lookback, after = profile["folate_without_b12.lookback_days"], profile["folate_without_b12.after_days"]
    methotrexate = with_end(coded(drug_exposure, "methotrexate"), as_of=as_of, profile=profile)
    beside_methotrexate = current_at(folic_acid, methotrexate, at="since", profile=profile)
    pregnant = inside(folic_acid, pregnancy_spans, at="since")
    return folic_acid.pipe(
        beside,
        pregnant.select("person_id", evidence_pregnancy="event"),
        beside_methotrexate.select("person_id", evidence_methotrexate="event"),
    ).pipe(
        eligible_if,
        {
            f"started {after} to {lookback} days ago": in_last("since", lookback, as_of=as_of, until_days=after),
            "not pregnant at the start": ~has("pregnancy"),
            "no methotrexate that was current at the start": ~has("methotrexate"),
        },
        record=f"folic acid of {profile['folic_acid.min_mcg']} mcg a day or more, or of unknown dose",
    )
