"""The units in which the tests of the pathway are reported in a sample, and the tests whose values come without one."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.codes import CodeBook
from pipelines.ingest.units import read_units
from pipelines.onboarding.coding import MOST_MATCHED
from pipelines.onboarding.headers import unit_in
from pipelines.onboarding.plans import UnitSeen

HIDDEN = "(not shown)"
"""Stands for units that too few people share to be told."""

_TRIPLE = ["code_system", "code", "name"]


@dataclass(frozen=True)
class Bare:
    """A test whose values come without a unit: rows, of how many, and the unit that its name says, if it says one."""

    code: str
    concept: str
    rows: int
    total: int
    said: str | None


def lab_terms(frame: pl.DataFrame, columns: Mapping[str, str | None], constants: Mapping[str, str]) -> pl.DataFrame:
    """``row``, ``code_system``, ``code``, ``name`` and ``unit`` of each row, with the constants of the mapping.

    ``columns`` are the delivered columns of ``code_system``, ``test_code``, ``test_name`` and ``unit``.
    """
    natives = {"code_system": "code_system", "code": "test_code", "name": "test_name", "unit": "unit"}
    terms = []
    for term, native in natives.items():
        column = columns.get(native)
        text = pl.col(column) if column else pl.lit(None, pl.String)
        terms.append(text.fill_null(pl.lit(constants.get(native), pl.String)).alias(term))
    return frame.with_row_index("row").select("row", *terms)


def with_concepts(rows: pl.DataFrame, book: CodeBook, local: Mapping[str, str]) -> pl.DataFrame:
    """The rows on the pathway, each with its ``concept``: by the lists, else by the ``local`` codes to be proposed.

    Of codes beyond the most frequent none is looked up.
    """
    triples = rows.group_by(_TRIPLE).agg(rows=pl.len()).sort("rows", *_TRIPLE, descending=[True, False, False, False])
    proposed = pl.col("code").replace_strict(local, default=None, return_dtype=pl.String)
    matched = book.match("labs", triples.head(MOST_MATCHED).drop("rows")).with_columns(pl.coalesce("concept", proposed))
    mapped = matched.filter(pl.col("concept").is_not_null()).select(*_TRIPLE, "concept").unique()
    return rows.join(mapped, on=_TRIPLE, nulls_equal=True)


def units_seen(rows: pl.DataFrame, told: set[str]) -> tuple[UnitSeen, ...]:
    """The units of each concept that has one, the most frequent first; only those in ``told`` by their name.

    ``rows`` are those of ``with_concepts``.
    """
    counted = rows.group_by("concept", "unit").agg(rows=pl.len())
    read = counted.hstack(read_units(counted["concept"], counted["unit"]).select("has_units", "is_known"))
    ordered = read.filter("has_units").sort("concept", "rows", "unit", descending=[False, True, False])
    return tuple(
        UnitSeen(concept, unit if unit is None or unit in told else HIDDEN, count, known)
        for concept, unit, count, known in ordered.select("concept", "unit", "rows", "is_known").iter_rows()
    )


def bare_values(rows: pl.DataFrame) -> list[Bare]:
    """The codes of concepts that have units, some of whose rows have none."""
    has_units = rows.hstack(read_units(rows["concept"], rows["unit"]).select("has_units")).filter("has_units")
    counted = (
        has_units.filter(pl.col("code").is_not_null())
        .group_by("concept", "code")
        .agg(bare=pl.col("unit").is_null().sum(), total=pl.len(), names=pl.col("name").drop_nulls().unique())
        .filter(pl.col("bare") > 0)
        .sort("concept", "code")
    )
    return [
        Bare(code, concept, bare, total, _said([code, *names]))
        for concept, code, bare, total, names in counted.iter_rows()
    ]


def _said(names: list[str]) -> str | None:
    """The unit that the code or the names of a test say, where all that say one agree: ``Vitamin B12 (pmol/L)``."""
    said = {found[1] for name in names if (found := unit_in(name))}
    return said.pop() if len(said) == 1 else None
