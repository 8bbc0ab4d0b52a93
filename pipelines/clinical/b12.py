"""Results of total and active B12: their class, and the one that decides."""

import polars as pl

from pipelines.clinical._term import term
from pipelines.clinical.dates import around
from pipelines.clinical.events import coded, first_by, inside, latest_first, marked
from pipelines.clinical.numbers import above, at_least, at_most, below, lowest_first
from pipelines.profile import Profile

LOW, INDETERMINATE, UNLIKELY, UNCLASSIFIABLE = "LOW", "INDETERMINATE", "UNLIKELY", "UNCLASSIFIABLE"
B12_CLASS = pl.Enum([LOW, INDETERMINATE, UNLIKELY, UNCLASSIFIABLE])  # sorts the most abnormal first


INDEX_IN_WORDS = "a B12 result off treatment"


def low_in_words(profile: Profile) -> str:
    """The condition that the deciding result is low, with the cut-offs."""
    substance, mass = profile["b12_total.substance_low_pmol_l"], profile["b12_total.mass_low_ng_l"]
    active = profile["b12_active.substance_low_pmol_l"]
    return f"low: serum below {substance} pmol/L ({mass} ng/L), active below {active} pmol/L"


def borderline_in_words(profile: Profile) -> str:
    """The condition that the deciding result is indeterminate, with the cut-offs."""

    def between(cut_off: str) -> str:
        return f"{profile[cut_off.format('low')]} to {profile[cut_off.format('high')]}"

    substance, mass = between("b12_total.substance_{}_pmol_l"), between("b12_total.mass_{}_ng_l")
    active = between("b12_active.substance_{}_pmol_l")
    return f"borderline: serum {substance} pmol/L ({mass} ng/L), active {active} pmol/L"


def b12_class(profile: Profile) -> pl.Expr:
    """The class of a result, by the cut-offs of the unit family of its report; the limits belong to the middle class.

    A result with a comparator has the class that holds for its whole interval, else it is unclassifiable.
    """
    is_active, is_mass = pl.col("concept") == "active_b12", pl.col("unit_family") == "mass"

    def cut_off(end: str) -> pl.Expr:
        return (
            pl.when(is_active)
            .then(float(profile[f"b12_active.substance_{end}_pmol_l"]))
            .when(is_mass)
            .then(float(profile[f"b12_total.mass_{end}_ng_l"]))
            .otherwise(float(profile[f"b12_total.substance_{end}_pmol_l"]))
        )

    low, high, value = cut_off("low"), cut_off("high"), "value_in_family"
    return (
        pl.when(below(low, value))
        .then(pl.lit(LOW))
        .when(above(high, value))
        .then(pl.lit(UNLIKELY))
        .when(at_least(low, value) & at_most(high, value))
        .then(pl.lit(INDETERMINATE))
        .otherwise(pl.lit(UNCLASSIFIABLE))
        .cast(B12_CLASS)
    )


def is_severe(profile: Profile) -> pl.Expr:
    """Is it a total B12 below 74 pmol/L (100 ng/L), in the unit family of its report?"""
    severe = (
        pl.when(pl.col("unit_family") == "mass")
        .then(float(profile["b12_total.mass_severe_ng_l"]))
        .otherwise(float(profile["b12_total.substance_severe_pmol_l"]))
    )
    return (pl.col("concept") == "serum_b12") & below(severe, "value_in_family")


@term
def b12_tests(measurement: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """One row per result of total or active B12 that counts, with ``b12_class`` and ``is_severe``."""
    return coded(measurement, "serum_b12", "active_b12").with_columns(
        b12_class=b12_class(profile), is_severe=is_severe(profile)
    )


@term
def b12_off_treatment(
    b12_tests: pl.LazyFrame, treatment_spans: pl.LazyFrame, pregnancy_spans: pl.LazyFrame
) -> pl.LazyFrame:
    """The classifiable B12 results taken off treatment, with ``is_pregnant`` at their date."""
    key = ("person_id", "measurement_date")
    classified = b12_tests.filter(pl.col("b12_class") != UNCLASSIFIABLE)
    treated = inside(classified, treatment_spans, at="measurement_date")
    pregnant = inside(classified, pregnancy_spans, at="measurement_date")
    return classified.join(treated, on=list(key), how="anti").pipe(marked, "is_pregnant", pregnant, on=key)


@term
def b12_index(b12_off_treatment: pl.LazyFrame, *, profile: Profile) -> pl.LazyFrame:
    """One row per person with a classifiable B12 result off treatment: the one that decides.

    The latest; on one date active before total in pregnancy, then the lower class, the lower pmol/L, the lower id.
    When it is not low, the latest low one of the 90 days before stands in its place, because a level drifts and a
    deficiency does not go by itself; an active B12 that makes deficiency unlikely overrules even that.
    """
    active_later = pl.col("is_pregnant") & (pl.col("concept") == "serum_b12")
    order = (latest_first("measurement_date"), active_later, "b12_class", *lowest_first(), "measurement_id")
    latest = first_by(b12_off_treatment, *order)
    overrules = (pl.col("concept") == "active_b12") & (pl.col("b12_class") == UNLIKELY)
    doubtful = latest.filter(pl.col("b12_class") != LOW, ~overrules).select("person_id", latest_on="measurement_date")
    recent = around("measurement_date", "latest_on", before=profile["index.low_stands_days"], after=-1)
    standing = (
        b12_off_treatment.filter(pl.col("b12_class") == LOW)
        .join(doubtful, on="person_id")
        .filter(recent)
        .drop("latest_on")
        .pipe(first_by, *order)
    )
    return pl.concat([latest.join(standing, on="person_id", how="anti"), standing])


def latest_b12(results: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person of these results: the latest, the lowest class of its date, then the lowest value."""
    return first_by(results, latest_first("measurement_date"), "b12_class", *lowest_first(), "measurement_id")


def unlikely_after(points: pl.LazyFrame, b12_index: pl.LazyFrame, *, at: str) -> pl.LazyFrame:
    """The people whose index, later than the date in ``at``, makes deficiency unlikely."""
    return (
        b12_index.filter(pl.col("b12_class") == UNLIKELY)
        .join(points.select("person_id", at), on="person_id")
        .filter(pl.col("measurement_date") > pl.col(at))
        .select("person_id", "event", closed_on="measurement_date")
    )


@term
def latest_b12_test(b12_tests: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person ever tested for B12, on treatment or not: the latest, the lowest class of its date."""
    return latest_b12(b12_tests).select(
        "person_id", tested_on="measurement_date", tested_class="b12_class", evidence_last_test="event"
    )
