"""The response to B12 treatment: what there is to judge it by, and where it falls short."""

from datetime import date

import polars as pl

from pipelines.clinical.b12 import INDETERMINATE, LOW, UNCLASSIFIABLE, latest_b12
from pipelines.clinical.dates import around, in_last, plus_days
from pipelines.clinical.eligible import eligible_if
from pipelines.clinical.events import beside, coded, marked
from pipelines.clinical.kidney import kidney_function
from pipelines.clinical.numbers import above, at_least, below
from pipelines.clinical.second_line import deciding
from pipelines.clinical.signs import has, is_anemic, latest_result
from pipelines.clinical.therapy import with_end
from pipelines.profile import Profile


def continued_treatments(
    therapy_start: pl.LazyFrame,
    injection_course: pl.LazyFrame,
    b12_running: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """The treatments that began in the window and go on: injections on time, or B12 not injected that runs now."""
    lookback, after = profile["response_inadequate.lookback_days"], profile["response_inadequate.after_days"]
    graces = injection_course.select("person_id", in_time_until=plus_days("covered_until", pl.col("grace_days")))
    return (
        therapy_start.pipe(marked, "is_running", b12_running)
        .pipe(beside, graces)
        .pipe(
            eligible_if,
            {
                f"started {after} to {lookback} days ago": in_last(
                    "started_on", lookback, as_of=as_of, until_days=after
                ),
                "continued: injections on time with their days of grace, or B12 not injected that runs": (
                    pl.col("is_running") | (pl.col("in_time_until") >= as_of)
                ),
            },
            record="a start of B12 treatment",
        )
    )


def since_start(starts: pl.LazyFrame, results: pl.LazyFrame, *, days: int) -> pl.LazyFrame:
    """The results from so many days after the start on."""
    begun = starts.select("person_id", "started_on")
    return results.join(begun, on="person_id").filter(around("measurement_date", "started_on", before=-days))


def evaluations(
    starts: pl.LazyFrame,
    measurement: pl.LazyFrame,
    second_line_tests: pl.LazyFrame,
    b12_tests: pl.LazyFrame,
    *,
    profile: Profile,
) -> pl.LazyFrame:
    """The people with a result to judge the response by; B12 is one for those never injected since the start."""
    counts = coded(measurement, "hemoglobin", "mcv")
    levels = b12_tests.join(starts.filter(~pl.col("has_injection")), on="person_id", how="semi")
    results = pl.concat([rows.select("person_id", "measurement_date") for rows in (counts, second_line_tests, levels)])
    return since_start(starts, results, days=profile["response_inadequate.evaluated_from_days"])


def unimproved_counts(
    starts: pl.LazyFrame, measurement: pl.LazyFrame, person: pl.LazyFrame, *, profile: Profile
) -> tuple[pl.LazyFrame, ...]:
    """The people whose anemia and those whose macrocytosis did not improve: the results before and since, as evidence.

    Anemic before and still, less than 20 g/L higher; MCV above 100 fL before and still, less than 5 lower. A change is
    known only from an exact number before.
    """
    before, until = (
        profile["response_inadequate.baseline_before_days"],
        profile["response_inadequate.baseline_until_days"],
    )
    later_days = profile["response_inadequate.evaluated_from_days"]
    begun = starts.select("person_id", "started_on")
    hemoglobin = coded(measurement, "hemoglobin").join(person.select("person_id", "sex"), on="person_id")
    is_unimproved = {
        "hemoglobin": below(pl.col("before") + profile["response_inadequate.hemoglobin_rise_g_l"]),
        "mcv": above(pl.col("before") - profile["response_inadequate.mcv_fall_fl"]),
    }
    kinds = (
        ("hemoglobin", hemoglobin, "lowest", is_anemic(profile)),
        ("mcv", coded(measurement, "mcv"), "highest", above(profile["macrocytosis.mcv_fl"])),
    )
    found = []
    for name, rows, worst, is_abnormal in kinds:
        at_start = rows.join(begun, on="person_id").filter(
            around("measurement_date", "started_on", before=before, after=until)
        )
        baseline = latest_result(at_start, worst=worst).filter(is_abnormal, pl.col("comparator") == "=")
        latest = latest_result(since_start(starts, rows, days=later_days), worst=worst).filter(is_abnormal)
        both = latest.join(baseline.select("person_id", "event", before="value"), on="person_id", suffix="_before")
        events = pl.concat_list("event_before", "event").alias(f"evidence_{name}")
        found.append(both.filter(is_unimproved[name]).select("person_id", events))
    return tuple(found)


def still_raised(
    starts: pl.LazyFrame,
    second_line_tests: pl.LazyFrame,
    measurement: pl.LazyFrame,
    person: pl.LazyFrame,
    *,
    profile: Profile,
) -> pl.LazyFrame:
    """The people whose second-line result is raised.

    ``is_known``: kidney function at its date is known; ``is_sure``: and it is 60 or more.
    """
    results = since_start(starts, second_line_tests, days=profile["response_inadequate.biochemistry_from_days"])
    raised = deciding(results).filter("is_raised").select("person_id", "event", "measurement_date")
    kidney = kidney_function(raised, measurement, person, at="measurement_date", profile=profile)
    is_sure = at_least(profile["kidney.block_high_egfr"]).fill_null(value=False)
    return raised.pipe(beside, kidney).with_columns(is_known=has("kidney"), is_sure=is_sure)


def still_low(starts: pl.LazyFrame, b12_tests: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """The people never injected since the start whose latest classifiable B12 is low or indeterminate."""
    never_injected = starts.filter(~pl.col("has_injection"))
    days = profile["response_inadequate.biochemistry_from_days"]
    results = since_start(never_injected, b12_tests.filter(pl.col("b12_class") != UNCLASSIFIABLE), days=days)
    latest = latest_b12(results).filter(pl.col("b12_class").is_in([LOW, INDETERMINATE]))
    return latest.select("person_id", evidence_b12="event")


def lacking(
    measurement: pl.LazyFrame, drug_exposure: pl.LazyFrame, *, as_of: date, profile: Profile
) -> tuple[pl.LazyFrame, ...]:
    """The people with a low folate or ferritin in the last year and no supplement of it that runs now, flagged."""
    kinds = (
        ("folate_serum", profile["response_inadequate.folate_nmol_l"], "folic_acid", "flag_folate_low"),
        ("ferritin", profile["response_inadequate.ferritin_ug_l"], "iron", "flag_iron_low"),
    )
    lookback = profile["response_inadequate.cofactor_lookback_days"]
    found = []
    for test, limit, supplement, flag in kinds:
        recent = coded(measurement, test).filter(in_last("measurement_date", lookback, as_of=as_of))
        issues = with_end(coded(drug_exposure, supplement), as_of=as_of, profile=profile)
        running = issues.filter(pl.lit(as_of).is_between("start_date", "end_date"))
        low = latest_result(recent, worst="lowest").filter(below(limit)).join(running, on="person_id", how="anti")
        found.append(low.select("person_id", pl.lit(value=True).alias(flag)))
    return tuple(found)
