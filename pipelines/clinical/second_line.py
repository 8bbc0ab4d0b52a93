"""Second-line tests: methylmalonic acid and homocysteine."""

import polars as pl

from pipelines.clinical._term import term
from pipelines.clinical.dates import around
from pipelines.clinical.events import coded, first_by, latest_first
from pipelines.clinical.numbers import above, at_least, highest_first
from pipelines.profile import Profile

SECOND_LINE = ("mma_serum", "mma_urine", "homocysteine")  # in the order in which they decide
CONFOUNDED_BY_KIDNEY = ("mma_serum", "homocysteine")


def raised_in_words(profile: Profile) -> str:
    """The condition that a second-line result is raised, with the limits."""
    return (
        f"raised: above the laboratory's limit, else serum MMA above {profile['second_line.mma_serum_nmol_l']} nmol/L, "
        f"urine MMA {profile['second_line.mma_urine_mmol_mol']} mmol/mol, "
        f"homocysteine {profile['second_line.homocysteine_umol_l']} umol/L"
    )


@term
def second_line_tests(measurement: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """One row per MMA or homocysteine result, with ``is_raised`` and, for serum MMA, ``is_strongly_raised``.

    Raised: above the upper limit that the laboratory gives, else above the profile's.
    """
    usual = (
        pl.when(pl.col("concept") == "mma_serum")
        .then(float(profile["second_line.mma_serum_nmol_l"]))
        .when(pl.col("concept") == "mma_urine")
        .then(float(profile["second_line.mma_urine_mmol_mol"]))
        .otherwise(float(profile["second_line.homocysteine_umol_l"]))
    )
    strong = at_least(profile["second_line.mma_serum_strong_nmol_l"])
    return coded(measurement, *SECOND_LINE).with_columns(
        is_raised=above(pl.coalesce("range_high", usual)),
        is_strongly_raised=(pl.col("concept") == "mma_serum") & strong,
    )


def second_line_from(
    points: pl.LazyFrame, second_line_tests: pl.LazyFrame, *, at: str, profile: Profile
) -> pl.LazyFrame:
    """The results from 30 days before the date in ``at`` on, beside the columns of the points (one a person)."""
    return second_line_tests.join(points, on="person_id").filter(
        around("measurement_date", at, before=profile["second_line.before_days"])
    )


def deciding(results: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person: the latest serum MMA of these, else urine MMA, else homocysteine; the highest of its date."""
    rank = pl.col("concept").replace_strict(SECOND_LINE, range(len(SECOND_LINE)), return_dtype=pl.Int8)
    return first_by(results, rank, latest_first("measurement_date"), *highest_first(), "measurement_id")
