"""Which of several codes for one thing the code lists know."""

import polars as pl

from pipelines.codes import Matches

TRIPLE = ["code_system", "code", "name"]


def known_triples(triples: pl.DataFrame, matches: Matches, table: str) -> pl.DataFrame:
    """The distinct ``code_system``, ``code`` and ``name`` among these that mean a concept in an extract table."""
    matched = matches.of(table, triples.select(pl.col(TRIPLE).cast(pl.String)).unique())
    return matched.filter(pl.col("concept").is_not_null()).select(TRIPLE).unique()


def first_known(candidates: pl.DataFrame, matches: Matches, table: str) -> pl.DataFrame:
    """One row per ``told``: the first candidate, by ``place``, that the code lists know, else the first."""
    known = known_triples(candidates, matches, table).with_columns(is_known=pl.lit(True))
    return (
        candidates.join(known, on=TRIPLE, how="left", nulls_equal=True)
        .sort("told", pl.col("is_known").fill_null(False), "place", descending=[False, True, False])
        .unique("told", keep="first", maintain_order=True)
    )
