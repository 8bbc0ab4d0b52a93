"""The deliveries that are measured: a synthetic population, made once and kept, and the new rows of one night."""

import os
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.benchmarks.workloads import TABLES

if TYPE_CHECKING:
    import polars as pl

AS_OF = date(2026, 6, 30)
NIGHT = AS_OF + timedelta(1)

BACKGROUND_LABS = 60
"""Results off the pathway for each person, with prescriptions and diagnoses in proportion."""

NIGHTLY_SHARE = 0.003


def delivery(root: Path, people: int, fmt: Literal["parquet", "csv"]) -> Path:
    """The folder of extracts of so many people, generated unless it is there complete; b12.toml lies beside it."""
    from pipelines.demo.extracts import write_extracts

    folder = root / str(people) / fmt
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        write_extracts(
            folder / "extracts",
            as_of=AS_OF,
            people=people,
            planted=False,
            fmt=fmt,
            clean=True,
            background_labs_per_person=BACKGROUND_LABS,
        )
        (folder / "complete").touch()
    return folder / "extracts"


def nightly_delivery(root: Path, people: int) -> Path:
    """The Parquet delivery with the files of one more night: of every table 0.3 % more rows, dated the day after."""
    full = delivery(root, people, "parquet")
    folder = root / str(people) / "nightly"
    if (folder / "complete").exists():
        return folder / "extracts"
    shutil.rmtree(folder, ignore_errors=True)
    for table in TABLES:
        (folder / "extracts" / table).mkdir(parents=True)
        for part in sorted((full / table).iterdir()):
            os.link(part, folder / "extracts" / table / part.name)
        rows_of_night(full / table, table, NIGHT).write_parquet(
            folder / "extracts" / table / "part-night.parquet", compression="zstd"
        )
    shutil.copy(full.parent / "b12.toml", folder)
    (folder / "complete").touch()
    return folder / "extracts"


def rows_of_night(parts: Path, table: str, night: date, number: int = 0) -> "pl.DataFrame":
    """A share of the rows again, as other rows: with ids of their own, and dated the night; patients are told anew.

    ``number`` tells the nights of a series apart: each takes other rows.
    """
    import polars as pl

    every = round(1 / NIGHTLY_SHARE)
    offset = (every // 2 + number * 7) % every
    rows = pl.scan_parquet(parts / "part-*.parquet").gather_every(every, offset=offset).collect()
    own_id = next((name for name in rows.columns if name.endswith("_id") and name != "patient_id"), None)
    dates = {
        "labs": ("collected_at", "reported_at"),
        "prescriptions": ("start_date", "recorded_at"),
        "diagnoses": ("recorded_date", "recorded_at"),
        "patients": ("recorded_at",),
        "procedures": ("performed_date", "recorded_at"),
    }[table]
    rows = rows.with_columns(pl.lit(night).cast(rows.schema[name]).alias(name) for name in dates)
    return rows if own_id is None else rows.with_columns(pl.col(own_id) + (f"N{number}" if number else "N"))
