"""What a text says of a drug's route, and of the substance of a vitamin B12 product."""

import csv
from functools import cache

import polars as pl

from pipelines.codelists import SHIPPED
from pipelines.codelists.names import pattern_hits, spoken


@cache
def _cues() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Patterns and what each one says, in the order in which they are tried."""
    with (SHIPPED / "route_cues.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(row["pattern"] for row in rows), tuple(row["route"] for row in rows)


@cache
def _substances() -> tuple[tuple[str, ...], tuple[str, ...]]:
    with (SHIPPED / "drug_names.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["match_type"] == "include" and row["ingredient"]]
    rows.sort(key=lambda row: row["ingredient"] != "hydroxocobalamin")  # the longest-acting names a mixture
    return tuple(row["pattern"] for row in rows), tuple(row["ingredient"] for row in rows)


def routes_of_texts(texts: pl.Series) -> pl.Series:
    """The route each text speaks of: injection, oral, nasal or other; null where it speaks of none.

    For the route, form and name columns alike. ``oral spray`` is oral, ``solution for injection`` an injection, an
    infusion too; ``SYR`` alone says nothing, being a syrup in one source and a syringe in another.
    """
    return _first_meaning(texts, *_cues())


def ingredients_of_names(names: pl.Series) -> pl.Series:
    """The vitamin B12 substance each drug name speaks of; null where it names none, as ``Vitamin B12`` does."""
    return _first_meaning(names, *_substances())


def route_of_text(text: str | None) -> str | None:
    """The route that one text speaks of; see ``routes_of_texts``."""
    return routes_of_texts(pl.Series([text], dtype=pl.String)).item()


def ingredient_of_name(name: str | None) -> str | None:
    """The vitamin B12 substance that one drug name speaks of; see ``ingredients_of_names``."""
    return ingredients_of_names(pl.Series([name], dtype=pl.String)).item()


def _first_meaning(texts: pl.Series, patterns: tuple[str, ...], meanings: tuple[str, ...]) -> pl.Series:
    """What the first pattern that matches each text stands for; a series as long as ``texts``."""
    rows = pl.DataFrame({"text": texts.cast(pl.String)}).select(name=spoken(pl.col("text")))
    hits = pattern_hits(rows["name"].unique(), patterns).group_by("name").agg(pl.col("pattern").min())
    found = rows.join(hits, on="name", how="left", maintain_order="left")["pattern"]
    return found.replace_strict(range(len(meanings)), meanings, return_dtype=pl.String).alias(texts.name)
