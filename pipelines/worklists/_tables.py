"""The core tables as terms and rules see them."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.contract import CORE_TABLES


@dataclass(frozen=True)
class CoreTable:
    """Which columns of a core table say when, what and which; and which rows of it count."""

    date: str
    id: str
    counts: pl.Expr


EVENT_TABLES = {
    "measurement": CoreTable(
        "measurement_date", "measurement_id", pl.col("status").is_in(["final", "corrected", "amended", "appended"])
    ),
    "drug_exposure": CoreTable("drug_exposure_start_date", "drug_exposure_id", pl.lit(value=True)),
    "condition_occurrence": CoreTable("condition_start_date", "condition_occurrence_id", pl.col("is_counted")),
    "procedure_occurrence": CoreTable("procedure_date", "procedure_occurrence_id", pl.col("is_counted")),
}
BOOKKEEPING = ("status", "is_counted", "known_from", "known_until", "source_code", "source_vocabulary")

# An event key holds the table, the file (in the order of names), the record and the concept: it tells rows apart,
# and orders them, in the same way however the rows were shuffled or sharded.
_TABLE_BITS, _FILE_BITS, _ROW_BITS, _CONCEPT_BITS = 3, 19, 32, 10


def numbered_people(person: pl.LazyFrame) -> pl.DataFrame:
    """One row per person, numbered: ``person_id`` is the number, ``person`` the identifier as delivered."""
    people = person.unique("person_id").drop("clinician", "display_name").collect()
    return people.rename({"person_id": "person"}).with_row_index("person_id")


def counting_rows(table: str, rows: pl.LazyFrame, people: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """The rows of these people that count and are dated up to the as-of date, with their ``event`` key.

    ``person_id`` is the number of the person. Preliminary results and unconfirmed records are left out here, once.
    """
    core = EVENT_TABLES[table]
    known = (
        rows.filter(core.counts, pl.col(core.date) <= as_of)
        .drop(BOOKKEEPING, strict=False)
        .rename({"person_id": "person"})
        .join(people.lazy().select("person", "person_id"), on="person")
        .drop("person")
        .collect()
    )
    files = pl.Enum(known["source_file"].unique().sort())
    concepts = pl.Enum(known["concept"].unique().sort())
    key = pl.lit(CORE_TABLES.index(table), dtype=pl.UInt64)
    for part, bits in (
        (pl.col("source_file").cast(files).to_physical(), _FILE_BITS),
        (pl.col("source_row"), _ROW_BITS),
        (pl.col("concept").cast(concepts).to_physical(), _CONCEPT_BITS),
    ):
        key = key * 2**bits + part.cast(pl.UInt64)
    return known.with_columns(event=key)


def table_of(event: str) -> pl.Expr:
    """The name of the core table that an event key points into."""
    place = pl.col(event) // 2 ** (_FILE_BITS + _ROW_BITS + _CONCEPT_BITS)
    return place.replace_strict(dict(enumerate(CORE_TABLES)), return_dtype=pl.String)
