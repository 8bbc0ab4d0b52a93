"""How rows leave their source: the feeds of the demonstration, each with its own files, columns and spelling.

``plain_rows`` is one native feed. ``feed_rows`` shares the tables out over a practice system, a pharmacy and three
laboratories; the b12.toml in :mod:`pipelines.demo.configuration` reads them back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import polars as pl

from pipelines.demo.layout import SCHEMAS
from pipelines.demo.streams import CsvStream, ParquetParts, Stream

REDELIVERED_DAYS = 90
"""Northgate sends the results of its last three months twice."""

NATIVE = {
    table: [name for name in schema if name not in ("laboratory", "local_code")] for table, schema in SCHEMAS.items()
}

RIVERSIDE_COLUMNS = {
    "patient_id": "MRN", "result_id": "SAMPLE_NO", "test_code": "ANALYTE", "test_name": "ANALYTE_NAME", "value": "RESULT",
    "unit": "UNITS", "ref_low": "REF_LO", "ref_high": "REF_HI", "abnormal_flag": "FLAG", "collected_at": "TAKEN",
    "reported_at": "VALIDATED", "status": "STATE", "replaces": "SUPERSEDES",
}  # fmt: skip
RIVERSIDE_STATES = {
    "final": "F", "corrected": "C", "preliminary": "P", "entered-in-error": "X", "amended": "A", "cancelled": "X",
}  # fmt: skip
PHARMACY_COLUMNS = {
    "patient_id": "PatientNumber", "prescription_id": "ItemId", "drug_code": "ProductCode", "drug_name": "ProductName",
    "form": "Form", "quantity": "Qty", "days_supply": "Days", "start_date": "DispensedOn",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """Rows ready to be written, and the file they belong in."""

    file: str
    rows: pl.DataFrame
    encoding: str = "utf-8"
    delimiter: str = ","

    def open(self, path: Path) -> Stream:
        """A stream of the kind that the file's name asks for."""
        if path.suffix:
            return CsvStream(path, encoding=self.encoding, delimiter=self.delimiter)
        return ParquetParts(path)


def plain_rows(tables: dict[str, pl.DataFrame], *, parquet: bool) -> Iterator[Piece]:
    """The five tables in the native layout: a CSV file each, or a folder of typed Parquet parts."""
    for table, frame in tables.items():
        rows = frame.select(NATIVE[table])
        yield Piece(table, rows) if parquet else Piece(f"{table}.csv", as_text(rows))


def feed_rows(tables: dict[str, pl.DataFrame], as_of: date) -> Iterator[Piece]:
    """The five tables as the practices, the pharmacy and the laboratories send them."""
    patients, drugs = tables["patients"], tables["prescriptions"]
    yield Piece("practice/patients.csv", as_text(patients.select(NATIVE["patients"])), encoding="utf-8-sig")
    is_pharmacy = (pl.col("kind") == "dispensed") & (pl.col("code_system") == "DMD_PRODUCT")
    yield Piece("practice/prescriptions.csv.gz", as_text(drugs.remove(is_pharmacy)))
    yield Piece("pharmacy/prescriptions_dispensed.csv.zst", _pharmacy(drugs.filter(is_pharmacy)))
    yield Piece("practice/diagnoses.csv", as_text(tables["diagnoses"]))
    yield Piece("practice/procedures.csv", as_text(tables["procedures"]))
    reported_by = partial(_reported_by, tables["labs"])
    yield from _northgate(reported_by("northgate"), as_of)
    yield from _riverside(reported_by("riverside"))
    yield Piece(
        "hillview/labs",
        reported_by("hillview").select(NATIVE["labs"]).with_columns(pl.col("ref_low", "ref_high").cast(pl.Float64)),
    )


def as_text(frame: pl.DataFrame, day: str = "%Y-%m-%d") -> pl.DataFrame:
    """The frame with dates and times as text; a time of midnight is written as the bare date."""
    expressions = []
    for name, kind in frame.schema.items():
        if kind == pl.Date:
            expressions.append(pl.col(name).dt.strftime(day))
        elif kind == pl.Datetime("us"):
            bare = pl.col(name).dt.strftime(day)
            whole = pl.col(name).dt.strftime(f"{day} %H:%M")
            is_bare = (pl.col(name).dt.hour() == 0) & (pl.col(name).dt.minute() == 0)
            expressions.append(pl.when(is_bare).then(bare).otherwise(whole).alias(name))
    return frame.with_columns(expressions)


def northgate_file(year: int, as_of: date) -> str:
    """The file of a year's results at Northgate; years gone by are compressed."""
    return f"northgate/labs_{year}.csv" if year == as_of.year else f"northgate/labs_{year}.csv.gz"


def _reported_by(labs: pl.DataFrame, laboratory: str) -> pl.DataFrame:
    return labs.filter(pl.col("laboratory") == laboratory)


def _northgate(labs: pl.DataFrame, as_of: date) -> Iterator[Piece]:
    columns = NATIVE["labs"]
    for (year,), rows in labs.group_by(pl.col("collected_at").dt.year(), maintain_order=True):
        yield Piece(northgate_file(year, as_of), as_text(rows.select(columns)))
    recent = labs.filter(pl.col("collected_at").dt.date() >= as_of - timedelta(REDELIVERED_DAYS))
    yield Piece("northgate/labs_redelivery.csv.zst", as_text(recent.select(columns)))


def _riverside(labs: pl.DataFrame) -> Iterator[Piece]:
    """Local codes, decimal commas, HL7 status letters, and the unit of B12 left out one time in five."""
    is_silent = (
        (pl.col("local_code") == "VB12")
        & (pl.col("unit") == "pmol/L")
        & (pl.col("result_id").str.ends_with("3") | pl.col("result_id").str.ends_with("7"))
    )
    local = labs.with_columns(
        pl.col("local_code").alias("test_code"),
        pl.col("value", "ref_low", "ref_high").str.replace(".", ",", literal=True),
        pl.col("status").replace_strict(RIVERSIDE_STATES, default=pl.col("status")),
        pl.when(~is_silent).then("unit"),
    )
    for (year,), rows in local.group_by(pl.col("collected_at").dt.year(), maintain_order=True):
        delivered = as_text(rows.select(list(RIVERSIDE_COLUMNS)), day="%d/%m/%Y").rename(RIVERSIDE_COLUMNS)
        yield Piece(f"riverside/LAB_{year}.csv", delivered, encoding="latin-1", delimiter=";")


def _pharmacy(drugs: pl.DataFrame) -> pl.DataFrame:
    return as_text(drugs.select(list(PHARMACY_COLUMNS)), day="%d-%b-%Y").rename(PHARMACY_COLUMNS)
