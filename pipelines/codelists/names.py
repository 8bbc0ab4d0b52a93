"""Names of tests and drugs against patterns: which of many texts match which of many regular expressions."""

import re
from collections.abc import Sequence
from functools import cache

import polars as pl
from polars.exceptions import ComputeError

ANY_NAMES = ("a", "1", "?")
"""Short names of different kinds of signs, of which a pattern with a meaning finds all or nothing."""


def collapsed(text: pl.Expr) -> pl.Expr:
    """A name with its runs of blanks made one and its ends trimmed; null when nothing is left."""
    name = text.str.replace_all(r"\s+", " ").str.strip_chars()
    return pl.when(name != "").then(name)


def spoken(text: pl.Expr) -> pl.Expr:
    """A name as the shipped patterns read it: also with underscores taken for blanks (``SERUM_B12``)."""
    return collapsed(text.str.replace_all("_", " "))


def pattern_problem(pattern: str) -> str | None:
    """What is wrong with a regular expression; null when it can be used.

    One that finds an empty text, as ``b12|`` and ``a*`` do, finds it in every name. ``.*`` finds the whole name:
    whoever writes that means every name, of a source of one test for example. Of patterns with lookaround, which find
    places rather than texts, this is not asked.
    """
    if not pattern.strip():
        return "it is empty and would match every name"
    if _runs_linear(pattern):
        found = pl.Series(ANY_NAMES).str.extract(_any_case(pattern), 0)
        every = "an alternative of it is empty, or all of it may be, and would match every name; if so meant, write .*"
        return every if (found == "").any() else None
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    return None


@cache
def _runs_linear(pattern: str) -> bool:
    """Can polars run the pattern? Its engine takes linear time but knows no lookaround and no backreference."""
    try:
        pl.Series([""]).str.contains(_any_case(pattern))
    except ComputeError:
        return False
    return True


def _any_case(pattern: str) -> str:
    return f"(?i){pattern}"


def _contains(names: pl.Series, pattern: str) -> pl.Series:
    if _runs_linear(pattern):
        return names.str.contains(_any_case(pattern))
    search = re.compile(pattern, re.IGNORECASE).search
    return pl.Series([name is not None and search(name) is not None for name in names.to_list()], dtype=pl.Boolean)


def pattern_hits(names: pl.Series, patterns: Sequence[str]) -> pl.DataFrame:
    """One row per name and pattern that matches it: ``name``, ``pattern`` (its place in the sequence, from 0).

    Case never matters. Null names match nothing; names are expected distinct.
    """
    present = names.drop_nulls()
    hits = [
        pl.DataFrame({"name": present.filter(_contains(present, pattern)).alias("name")}).with_columns(
            pattern=pl.lit(place, dtype=pl.Int64)
        )
        for place, pattern in enumerate(patterns)
    ]
    return pl.concat(hits) if hits else pl.DataFrame(schema={"name": pl.String, "pattern": pl.Int64})
