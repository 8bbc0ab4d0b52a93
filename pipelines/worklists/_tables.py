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

_TABLE_PLACE = 2**56  # an event key is the number of its table, then its own place among the rows of that table


def numbered_people(person: pl.LazyFrame) -> pl.DataFrame:
    """One row per person, numbered: ``person_id`` is the number, ``person`` the identifier as delivered."""
    people = person.unique("person_id").drop("clinician", "display_name").collect()
    return people.rename({"person_id": "person"}).with_row_index("person_id")


def counting_rows(table: str, rows: pl.LazyFrame, people: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """The rows of these people that count and are dated up to the as-of date, with their ``event`` key.

    ``person_id`` is the number of the person. Preliminary results and unconfirmed records are left out here, once.

    Event keys tell rows apart and order those of a person by their identifier: the same order however the rows were
    shuffled, sharded or delivered again. Where one identifier stands in two places, the place tells them apart.
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
    identity = (core.id, "concept", "source_file", "source_row")
    place = pl.struct(identity).rle_id().cast(pl.UInt64)
    return known.sort(identity).with_columns(event=place + CORE_TABLES.index(table) * _TABLE_PLACE)


def table_of(event: str) -> pl.Expr:
    """The name of the core table that an event key points into."""
    place = pl.col(event) // _TABLE_PLACE
    return place.replace_strict(dict(enumerate(CORE_TABLES)), return_dtype=pl.String)
