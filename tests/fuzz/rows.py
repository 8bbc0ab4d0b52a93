"""Rows of the extract tables: each is kept, withdrawn, off the pathway or quarantined, once, whatever stands in it."""

from datetime import date
from functools import cache

import polars as pl

from pipelines.codes import CodeBook, load_codebook
from pipelines.config import CODE_COLUMNS, EXTRACT_COLUMNS
from pipelines.ingest.outcome import ReadSettings, check_conservation
from pipelines.ingest.transforms import TRANSFORMS
from tests.fuzz.material import SECRET, Material, joined

WORDS = (
    "p1", SECRET, "2132-9", "LOINC", "Vitamin B12", "120", "ng/L", "pmol/L", "<90", "2026-01-01", "2027-01-01", "20260101",
    "F", "C", "X", "P", "entered-in-error", "corrected", "cancelled", "RxNorm", "Metformin 500 mg", "Hydroxocobalamin 1 mg/ml injection",
    "injection", "28", "-1", "0", "1e400", "E11.4", "ICD-10-CM", "D51.0", "active", "43644", "CPT", "M", "1950-02-30", "administered",
)  # fmt: skip
SEEDS = (
    joined("p1", "r1", "2132-9", "LOINC", "Vitamin B12", "120", "ng/L", "", "", "L", "2026-01-01", "2026-01-02", "F", "", choices=b"\1\0\0\0"),
    joined("p1", "m1", "", "Metformin 500 mg tablets", "", "oral", "tablet", "500 mg", "1000 mg", "56", "28", "2026-01-01", "", "active", "", "", choices=b"\2\0\0\0"),
    joined("p1", "1950-01-01", "F", "", "Hillview", "", "", "", "", "", choices=b"\0\0\0\0"),
    joined("p1", "d1", "D51.0", "ICD-10-CM", "Pernicious anemia", "2026-01-01", "", "", "", choices=b"\3\0\0\0"),
)  # fmt: skip
FORMATS = ((), (), ("%d/%m/%Y",), ("%Y-%m-%d %H:%M", "%Y-%m-%d"))


@cache
def shipped() -> CodeBook:
    return load_codebook()


def check(data: bytes) -> None:
    material = Material(data)
    table = material.pick(tuple(EXTRACT_COLUMNS))
    settings = ReadSettings(
        source="test",
        first_read_on=date(2026, 11, 22),
        timezone="Europe/London",
        decimal=material.pick(".,"),
        date_formats=material.pick(FORMATS),
        closes_rows=bool(material.number(2)),
    )
    columns = EXTRACT_COLUMNS[table]
    schema = dict.fromkeys(columns, pl.String)
    rows = pl.DataFrame(material.rows(len(columns)), schema=schema, orient="row")
    rows = rows.with_columns(source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    mapping = []
    if table != "patients":
        named = dict(zip(("code", "name"), CODE_COLUMNS[table], strict=True))
        triples = rows.select("code_system", **named).unique(maintain_order=True)
        mapping = [shipped().match(table, triples)]
    outcome = TRANSFORMS[table](rows, *mapping, settings)
    check_conservation(rows, outcome)
    for frame in outcome.core.values():
        numbers = [name for name, kind in frame.schema.items() if kind.is_float()]
        assert frame.select(pl.col(numbers).is_finite().fill_null(True).all()).to_series(0).all() if numbers else True
        assert frame["person_id"].null_count() == 0
    for detail in outcome.quarantined["detail"]:
        assert SECRET not in detail
