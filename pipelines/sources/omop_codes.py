"""Which of the codes that an OMOP row carries says what it is about."""

import duckdb
import polars as pl

from pipelines.codes import Matches
from pipelines.sources.columns import Columns
from pipelines.sources.known import TRIPLE, first_known

TOLD_BY = ("standard", "source", "said")
"""What a row says it is about: the standard concept, the source concept and the source value."""


def choose_codes(
    columns: Columns,
    told_by: tuple[str, str, str],
    matches: Matches,
    table: str,
    con: duckdb.DuckDBPyConnection,
    *,
    source_first: bool,
    constant: str | None,
) -> None:
    """Create and join ``omop_code`` as ``chosen``: a code for each combination of concepts and source value.

    It is the first of them that the code lists know, else the first that is a code at all, the source concept and the
    standard one in the order asked for, and the source value last. A concept that the vocabulary does not know is no
    code; the source value has the ``constant`` coding system, and serves as name where no concept gives one. Reads
    ``omop_told`` and ``omop_concept``.
    """
    named = dict(zip(TOLD_BY, told_by, strict=True))
    listed = [f"{columns.as_told(name)} AS {key}, {columns.raw(name)} AS raw_{key}" for key, name in named.items()]
    told = con.sql(f"SELECT DISTINCT {', '.join(listed)} FROM omop_told AS r").pl().with_row_index("told")
    candidates = _candidates(told, con.sql("FROM omop_concept").pl(), source_first=source_first, constant=constant)
    chosen = first_known(candidates, matches, table)
    raw = [f"raw_{key}" for key in TOLD_BY]
    con.register("chosen_codes", told.join(chosen, on="told", how="left").select(*raw, *TRIPLE).to_arrow())
    con.execute("CREATE OR REPLACE TEMP TABLE omop_code AS FROM chosen_codes")
    con.unregister("chosen_codes")
    columns.join_raw("omop_code", "chosen", dict(zip(raw, told_by, strict=True)))


def _candidates(
    told: pl.DataFrame, concepts: pl.DataFrame, *, source_first: bool, constant: str | None
) -> pl.DataFrame:
    """The codes of each combination: ``told``, ``place`` in the order of preference, and code system, code and name."""
    order = ("source", "standard") if source_first else ("standard", "source")
    by_concept = pl.concat(
        told.join(concepts, left_on=key, right_on="concept_id").select(
            "told", place=pl.lit(place), code_system="vocabulary_id", code="concept_code", name="concept_name"
        )
        for place, key in enumerate(order)
    )
    names = by_concept.sort("place").group_by("told").agg(pl.col("name").drop_nulls().first())
    by_value = told.drop_nulls("said").join(names, on="told", how="left")
    return pl.concat(
        [
            by_concept,
            by_value.select(
                "told",
                place=pl.lit(len(order)),
                code_system=pl.lit(constant, pl.String),
                code="said",
                name=pl.coalesce("name", "said"),
            ),
        ]
    )
