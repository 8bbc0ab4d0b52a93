"""Units: one spelling for each, and the factor to the canonical unit of the concept.

The scale comes from the reported unit, never from the code. What a unit means is told in ``codelists/units.csv``:

- ``unit`` is the canonical UCUM unit of the concept; canonical = (reported - ``offset``) x ``factor``;
- ``family`` is mass or substance, null where the distinction does not apply;
- ``family_factor`` scales exactly to the unit in which thresholds of that family are printed (serum B12: ng/L or
  pmol/L); where it is null, thresholds are in the canonical unit.
"""

from functools import cache
from pathlib import Path

import polars as pl

_FLOATS = ("factor", "offset", "family_factor")

_RULES = (
    (r"\s|[{}_\[\]']", ""),
    (r"×", "x"),
    (r"μ", "u"),
    (r"(?:micro|mic|mc)(g|mol|l)", "u${1}"),
    (r"gm(/|$)", "g${1}"),
    (r"litre|liter", "l"),
    (r"umoles?|umols", "umol"),
    (r"mm\^?3$|mm\*3$|cumm$|ul$", "ul"),
    (r"^(?:k|th|thou|thous|thousand|1000)/ul", "10^3/ul"),
    (r"^(?:giga)/l", "10^9/l"),
    (r"^x?10(?:\*\*|\*|\^|e|\()?0?(\d{1,2})\)?/", "10^${1}/"),
    (r"^x?e(\d{1,2})/", "10^${1}/"),
    (r"^(?:cells?|#)?/ul$", "/ul"),
)
"""Spellings that mean the same, whatever the concept; applied in order to lower case without blanks."""


@cache
def known_units() -> pl.DataFrame:
    """The units of every concept that has a canonical one, by normalized spelling."""
    path = Path(__file__).parents[1] / "codelists" / "units.csv"
    table = pl.read_csv(path, schema_overrides={name: pl.Float64 for name in _FLOATS})
    return table.with_columns(spelling=normalized(table["spelling"]))


def normalized(texts: pl.Series) -> pl.Series:
    """One spelling for each unit: lower case, no blanks, u for micro, 10^9/l, superscripts as digits."""
    text = pl.col("text").cast(pl.String).str.normalize("NFKC").str.to_lowercase()
    for pattern, spelling in _RULES:
        text = text.str.replace_all(pattern, spelling)
    return texts.to_frame("text").select(text).to_series().rename(texts.name)


def read_units(concepts: pl.Series, units: pl.Series) -> pl.DataFrame:
    """What each reported unit means for its concept, row by row.

    ``has_units`` says that the concept has a canonical unit; ``is_known`` that the reported one converts to it. A
    concept without a canonical unit keeps the reported one, normalized, at a factor of 1.
    """
    pairs = pl.DataFrame({"concept": concepts.cast(pl.String), "reported": units.cast(pl.String)})
    distinct = pairs.unique()
    table = known_units()
    read = (
        distinct.with_columns(spelling=normalized(distinct["reported"]))
        .join(table.drop("note"), on=["concept", "spelling"], how="left")
        .with_columns(has_units=pl.col("concept").is_in(table["concept"].unique().to_list()).fill_null(False))
        .with_columns(
            is_known=pl.col("factor").is_not_null() | (~pl.col("has_units") & pl.col("spelling").is_not_null()),
            unit=pl.when("has_units").then("unit").otherwise("spelling"),
            factor=pl.when("has_units").then("factor").otherwise(1.0),
            offset=pl.col("offset").fill_null(0.0),
        )
    )
    return pairs.join(read, on=["concept", "reported"], how="left", nulls_equal=True, maintain_order="left").drop(
        "concept", "reported", "spelling"
    )
