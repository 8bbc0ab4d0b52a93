"""B12 treatment that did not do what it should."""

from datetime import date

import polars as pl

from pipelines.clinical.dates import plus_days
from pipelines.clinical.events import beside
from pipelines.clinical.response import (
    continued_treatments,
    evaluations,
    lacking,
    still_low,
    still_raised,
    unimproved_counts,
)
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.words import day, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, close_gap, worklist

SHORTFALLS = {
    "hemoglobin": ", anemia not recovering",
    "mcv": ", MCV not falling",
    "biochemistry": ", methylmalonic acid or homocysteine still raised",
    "b12": ", B12 still low or borderline",
}


@worklist(
    title="Inadequate response to vitamin B12 treatment",
    action="Check folate and iron; step up the dose or change the route; reconsider the diagnosis",
    owner="practice",
    sources=("S13", "S1"),
    reviewed=date(2026, 11, 22),
)
def response_inadequate(
    therapy_start: pl.LazyFrame,
    injection_course: pl.LazyFrame,
    b12_running: pl.LazyFrame,
    measurement: pl.LazyFrame,
    person: pl.LazyFrame,
    second_line_tests: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    drug_exposure: pl.LazyFrame,
    neuro: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People whose B12 treatment began eight weeks to a year ago and goes on.

    Closed while there is nothing to judge the response by, or by a response: hemoglobin 20 g/L higher or no longer
    anemic, MCV 5 fL lower or no longer above 100, from six weeks on; methylmalonic acid or homocysteine not raised
    (where kidney function is known and 60 or more) and, without injections, B12 no longer low or borderline, from
    twelve weeks on. A low folate or ferritin without a supplement is flagged.
    """
    starts = continued_treatments(therapy_start, injection_course, b12_running, as_of=as_of, profile=profile)
    raised = still_raised(starts, second_line_tests, measurement, person, profile=profile)
    judged = starts.pipe(
        beside,
        *unimproved_counts(starts, measurement, person, profile=profile),
        raised.filter("is_sure").select("person_id", evidence_biochemistry="event"),
        still_low(starts, b12_tests, profile=profile),
        raised.select("person_id", flag_kidney_function_not_seen=~pl.col("is_known")),
        *lacking(measurement, drug_exposure, as_of=as_of, profile=profile),
        neuro,
    )
    evaluated = evaluations(starts, measurement, second_line_tests, b12_tests, profile=profile)
    said = [pl.when(has(sign)).then(pl.lit(words)) for sign, words in SHORTFALLS.items()]
    return close_gap(
        judged,
        no_evaluation=because("no result to judge the response by", judged.join(evaluated, on="person_id", how="anti")),
        responded=because("no result shows an inadequate response", judged.filter(~has(*SHORTFALLS))),
    ).with_columns(
        index_date="started_on",
        due_date=plus_days("started_on", profile["response_inadequate.after_days"]),
        priority=pl.when(has("neuro")).then(1).otherwise(2),
        evidence_index="event",
        found=sentence(
            "B12 treatment since ", day("started_on"), pl.concat_str(*said, ignore_nulls=True), with_neuro()
        ),
        missing=pl.lit("no record of an adequate response"),
    )
