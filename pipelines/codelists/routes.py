"""What a text says of a drug's route, and of the substance of a vitamin B12 product."""

import csv
from functools import cache

import polars as pl

from pipelines.codelists import SHIPPED
from pipelines.codelists.concepts import ROUTE_OF_CONCEPT
from pipelines.codelists.names import pattern_hits, spoken


@cache
def _cues() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Patterns and the route each one says, in the order in which they are tried; brands of one route come last."""
    cues = [(row["pattern"], row["route"]) for row in _rows("route_cues.csv")]
    for row in _drug_names():
        route = ROUTE_OF_CONCEPT.get(row["concept"])
        if route:
            cues.append((row["pattern"], route))
    return tuple(pattern for pattern, _ in cues), tuple(route for _, route in cues)


@cache
def _substances() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Patterns and the substance each one says; hydroxocobalamin, which acts longest, names a mixture."""
    named = sorted(
        (row for row in _drug_names() if row["ingredient"]), key=lambda row: row["ingredient"] != "hydroxocobalamin"
    )
    return tuple(row["pattern"] for row in named), tuple(row["ingredient"] for row in named)


def _drug_names() -> list[dict[str, str]]:
    return [row for row in _rows("drug_names.csv") if row["match_type"] == "include"]


def _rows(file: str) -> list[dict[str, str]]:
    with (SHIPPED / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


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
