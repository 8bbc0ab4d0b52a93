"""Which of the two codes that an HL7 v2 field carries says what a row is about."""

from dataclasses import replace

import duckdb
import polars as pl

from pipelines.codes import Matches
from pipelines.config import CODE_COLUMNS
from pipelines.ingest.records import Records

TRIPLE = ["code_system", "code", "name"]
OTHER = ("other_system", "other_code", "other_name")


def with_known_codes(
    records: Records, table: str, matches: Matches, con: duckdb.DuckDBPyConnection, *, constant: str | None
) -> Records:
    """The records with the alternate code in the place of the first, wherever only the alternate one is in a code list.

    The name stays that of the first code where the alternate one has none. ``constant`` is the coding system of codes
    that state none.
    """
    code, name = CODE_COLUMNS[table]
    first = ("code_system", code, name)
    told = con.sql(
        f"SELECT DISTINCT {', '.join((*first, *OTHER))} FROM {records.relation} WHERE other_code IS NOT NULL"
    ).pl()
    if told.is_empty():
        return records
    system, other_system = (pl.coalesce(column, pl.lit(constant)) for column in ("code_system", "other_system"))
    other_name = pl.coalesce("other_name", name)
    knows_first = _is_known(told.select(code_system=system, code=code, name=name), table, matches)
    knows_other = _is_known(told.select(code_system=other_system, code="other_code", name=other_name), table, matches)
    con.register("chosen_codes", told.filter(knows_other & ~knows_first).to_arrow())
    con.execute("CREATE OR REPLACE TEMP TABLE hl7_code AS FROM chosen_codes")
    con.unregister("chosen_codes")
    alike = " AND ".join(f"c.{column} IS NOT DISTINCT FROM r.{column}" for column in (*first, *OTHER))
    instead = {"code_system": "r.other_system", code: "r.other_code", name: f"coalesce(r.other_name, r.{name})"}
    replaced = ", ".join(
        f"CASE WHEN c.other_code IS NULL THEN r.{column} ELSE {term} END AS {column}"
        for column, term in instead.items()
    )
    relation = f"(SELECT r.* REPLACE ({replaced}) FROM {records.relation} AS r LEFT JOIN hl7_code AS c ON {alike})"
    return replace(records, relation=relation)


def _is_known(triples: pl.DataFrame, table: str, matches: Matches) -> pl.Series:
    """Is each code that of a concept?"""
    found = matches.of(table, triples.unique()).filter(pl.col("concept").is_not_null())
    known = found.select(TRIPLE).unique().with_columns(is_known=pl.lit(value=True))
    joined = triples.join(known, on=TRIPLE, how="left", nulls_equal=True, maintain_order="left")
    return joined["is_known"].fill_null(value=False)
