"""Kidney function at a date."""

import math

import polars as pl

from pipelines.clinical.dates import around, completed_years, days_from
from pipelines.clinical.events import coded, first_by
from pipelines.clinical.numbers import lowest_first
from pipelines.profile import Profile

CREATININE_UMOL_L_PER_MG_DL = 88.4017  # 1e4 / 113.12 g/mol


def kidney_function(
    points: pl.LazyFrame, measurement: pl.LazyFrame, person: pl.LazyFrame, *, at: str, profile: Profile
) -> pl.LazyFrame:
    """The eGFR of each point of ``person_id`` and ``at`` (one a person) in mL/min/1.73 m2; no row where it is unknown.

    The reported one nearest to the date within 90 days, the earlier on a tie, the lowest of its date; where there is
    none, CKD-EPI 2021 from the nearest exact creatinine (the highest of its date), for known age and sex.
    Columns: ``person_id``, ``value``, ``comparator``, ``evidence_kidney``.
    """
    days = profile["kidney.nearest_days"]
    near = (
        coded(measurement, "egfr", "creatinine")
        .join(points.select("person_id", known_at=at), on="person_id")  # ``at`` may be named as the date of a result is
        .filter(around("measurement_date", "known_at", before=days, after=days))
        .with_columns(distance=days_from("known_at", "measurement_date").abs())
    )
    nearest = ("distance", "measurement_date")
    reported = first_by(coded(near, "egfr"), *nearest, *lowest_first(), "measurement_id")
    creatinine = coded(near, "creatinine").filter(pl.col("comparator") == "=", pl.col("value").is_not_null())
    computed = (
        first_by(creatinine, *nearest, -pl.col("value"), "measurement_id")
        .join(person.select("person_id", "birth_date", "sex"), on="person_id")
        .with_columns(value=ckd_epi_2021())
        .filter(pl.col("value").is_not_null())
        .join(reported, on="person_id", how="anti")
    )
    wanted = ("person_id", "value", "comparator", pl.col("event").alias("evidence_kidney"))
    return pl.concat([reported.select(*wanted), computed.select(*wanted)])


def ckd_epi_2021() -> pl.Expr:
    """EGFR by CKD-EPI 2021 from ``value`` (creatinine, umol/L), ``sex`` and completed years; null when one is unknown.

    Inker et al., NEJM 2021;385:1737: the coefficients are one formula, not settings.
    """
    is_female = pl.when(pl.col("sex") == "F").then(1.0).when(pl.col("sex") == "M").then(0.0)
    kappa, alpha = 0.9 - 0.2 * is_female, -0.302 + 0.061 * is_female
    ratio = pl.col("value") / CREATININE_UMOL_L_PER_MG_DL / kappa
    falling = ratio.clip(upper_bound=1.0).log() * alpha + ratio.clip(lower_bound=1.0).log() * -1.200
    aging = completed_years("birth_date", "measurement_date") * math.log(0.9938)
    return 142.0 * (falling + aging).exp() * (1.0 + 0.012 * is_female)
