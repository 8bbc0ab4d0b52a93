"""Signs of deficiency: neurological records, anemia, macrocytosis, others.

Each term holds one row per person who has the sign on the as-of date, with the row it rests on in ``evidence_*``.
"""

from datetime import date
from typing import Literal

import polars as pl

from pipelines.clinical._term import term
from pipelines.clinical.dates import in_last
from pipelines.clinical.events import coded, first_by, latest_first
from pipelines.clinical.numbers import above, below, highest_first, lowest_first
from pipelines.clinical.words import day, lower_label
from pipelines.profile import Profile

NEURO = ("neuropathy", "gait_ataxia", "subacute_combined_degeneration", "optic_neuropathy")
OTHER_SIGNS = ("diabetic_neuropathy", "cognitive_impairment", "fatigue", "glossitis")


def latest_result(tests: pl.LazyFrame, *, worst: Literal["lowest", "highest"]) -> pl.LazyFrame:
    """One row per person: the latest result, the most abnormal when several share the date."""
    abnormal = lowest_first() if worst == "lowest" else highest_first()
    return first_by(tests, latest_first("measurement_date"), *abnormal, "measurement_id")


@term
def neuro_records(condition_occurrence: pl.LazyFrame) -> pl.LazyFrame:
    """One row per neurological record: ``concept``, ``neuro_on``, ``event``."""
    return coded(condition_occurrence, *NEURO).select("person_id", "event", "concept", neuro_on="condition_start_date")


@term
def neuro(neuro_records: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per person with a neurological record in the last 730 days: the latest."""
    recent = neuro_records.filter(in_last("neuro_on", profile["neuro.lookback_days"], as_of=as_of))
    return first_by(recent, latest_first("neuro_on")).select("person_id", "neuro_on", evidence_neuro="event")


@term
def neuro_ever(neuro_records: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person with a neurological record ever: the latest, and ``neuro_since``, the date of the first."""
    since = neuro_records.group_by("person_id").agg(neuro_since=pl.col("neuro_on").min())
    latest = first_by(neuro_records, latest_first("neuro_on"))
    return latest.select("person_id", "neuro_on", evidence_neuro="event").join(since, on="person_id")


@term
def latest_hemoglobin(measurement: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per person with a hemoglobin in the last 365 days: the latest, the lowest of its date."""
    recent = coded(measurement, "hemoglobin").filter(
        in_last("measurement_date", profile["anemia.lookback_days"], as_of=as_of)
    )
    return latest_result(recent, worst="lowest")


def is_anemic(profile: Profile) -> pl.Expr:
    """Is the hemoglobin of the row below 130 g/L in a man, below 120 in anybody else? Rows carry ``sex``."""
    return (
        pl.when(pl.col("sex").eq_missing(pl.lit("M")))
        .then(below(profile["anemia.men_g_l"]))
        .otherwise(below(profile["anemia.others_g_l"]))
    )


@term
def anemia(latest_hemoglobin: pl.LazyFrame, person: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """One row per person whose latest hemoglobin is below 130 g/L in men and below 120 in others."""
    return (
        latest_hemoglobin.join(person.select("person_id", "sex"), on="person_id")
        .filter(is_anemic(profile))
        .select("person_id", anemia_on="measurement_date", evidence_anemia="event")
    )


@term
def severe_anemia(latest_hemoglobin: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """One row per person whose latest hemoglobin in the last 365 days is below 80 g/L."""
    return latest_hemoglobin.filter(below(profile["anemia.severe_g_l"])).select(
        "person_id", evidence_severe_anemia="event"
    )


@term
def macrocytosis(measurement: pl.LazyFrame, *, as_of: date, profile: Profile) -> pl.LazyFrame:
    """One row per person whose latest MCV in the last 365 days is above 100 fL."""
    recent = coded(measurement, "mcv").filter(
        in_last("measurement_date", profile["macrocytosis.lookback_days"], as_of=as_of)
    )
    latest = latest_result(recent, worst="highest")
    return latest.filter(above(profile["macrocytosis.mcv_fl"])).select(
        "person_id", macrocytosis_on="measurement_date", evidence_macrocytosis="event"
    )


@term
def features(
    neuro: pl.LazyFrame,
    anemia: pl.LazyFrame,
    macrocytosis: pl.LazyFrame,
    condition_occurrence: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """One row per person with a feature of deficiency, and what it is; a null says that this one is not on record.

    A neurological record, anemia, macrocytosis, or a record of diabetic neuropathy, cognitive impairment, fatigue or
    glossitis in the last 730 days (``evidence_sign``); each with its own date (``neuro_on``, ``sign_on`` and so on).
    """
    lookback = profile["feature.lookback_days"]
    recent = coded(condition_occurrence, *OTHER_SIGNS).filter(in_last("condition_start_date", lookback, as_of=as_of))
    other = first_by(recent, latest_first("condition_start_date")).select(
        "person_id", sign_on="condition_start_date", evidence_sign="event", sign=lower_label()
    )
    together = pl.concat([neuro, anemia, macrocytosis, other], how="diagonal")
    return together.group_by("person_id").agg(pl.all().max())


A_FEATURE = "a feature of deficiency: a neurological record, anemia, macrocytosis or another sign"
ANY_FEATURE = ("neuro", "anemia", "macrocytosis", "sign")


def has(*signs: str) -> pl.Expr:
    """Is any of these signs on record for the row?"""
    return pl.any_horizontal(pl.col(f"evidence_{sign}").is_not_null() for sign in signs)


def features_after(at: str) -> dict[str, pl.Expr]:
    """The features of the row that are newer than the date in ``at``, as columns to replace those of all features."""
    return {
        f"evidence_{sign}": pl.when(pl.col(f"{sign}_on") > pl.col(at)).then(f"evidence_{sign}") for sign in ANY_FEATURE
    }


def with_neuro() -> pl.Expr:
    """The end of a finding, ", with a neurological sign recorded on 2026-05-02", or nothing."""
    said = pl.concat_str(pl.lit(", with a neurological sign recorded on "), day("neuro_on"))
    return said.fill_null("")


def with_features() -> pl.Expr:
    """The features of the row in words: ", with anemia and fatigue", or nothing."""
    words = {"neuro": pl.lit("a neurological sign"), "anemia": pl.lit("anemia"), "macrocytosis": pl.lit("macrocytosis")}
    said = [pl.when(has(sign)).then(phrase) for sign, phrase in {**words, "sign": pl.col("sign")}.items()]
    together = pl.concat_str(*said, separator=" and ", ignore_nulls=True)
    return pl.when(has(*ANY_FEATURE)).then(pl.concat_str(pl.lit(", with "), together)).otherwise(pl.lit(""))
