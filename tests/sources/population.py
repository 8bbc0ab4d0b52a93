"""One population told in two layouts: what one of them cannot say is taken from both, and the lists must be alike."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from pipelines.codes import load_codebook
from pipelines.config import EXTRACT_COLUMNS, Settings
from pipelines.demo.extracts import write_extracts
from pipelines.duck import working_connection
from pipelines.ingest.core import build_core
from pipelines.ingest.delivery import take_in
from pipelines.ingest.store import Store
from pipelines.profile import load_profile
from pipelines.sources.finding import find_files
from pipelines.worklists import judge

AS_OF = date(2026, 11, 20)

COMPARED = ["worklist", "person_id", "closed_by", "priority", "index_date", "due_date", "reason", "flags"]

WITHDRAWN = pl.col("status").is_in(["entered-in-error", "not-done", "refuted"])


@cache
def native_tables() -> Mapping[str, pl.DataFrame]:
    """The planted cases and a few more people, in the native layout, every column as text but dates and times."""
    with TemporaryDirectory() as folder:
        extracts = Path(folder) / "extracts"
        write_extracts(extracts, as_of=AS_OF, people=60, fmt="parquet", background_labs_per_person=2)
        return {table: pl.read_parquet(extracts / table / "*.parquet") for table in EXTRACT_COLUMNS}


def ends() -> pl.Expr:
    """The last day of a prescription by its days supplied; of what is over, by those of a usual issue."""
    days = pl.col("days_supply").cast(pl.Int64)
    assumed = pl.when((pl.col("status") == "completed") | (pl.col("kind") == "dispensed")).then(28)
    return pl.col("start_date").dt.offset_by(pl.format("{}d", pl.coalesce(days, assumed) - 1))


def write_csv_tables(tables: Mapping[str, pl.DataFrame], folder: Path, suffix: str = ".csv") -> None:
    """Tables as CSV files of their names."""
    folder.mkdir(parents=True)
    for name, rows in tables.items():
        rows.write_csv(folder / f"{name}{suffix}", datetime_format="%Y-%m-%d %H:%M:%S")


def judged(folder: Path, **source: object) -> tuple[pl.DataFrame, Store]:
    """The care gaps of the people in a folder, ordered, without anything being published; and what was read."""
    settings = Settings(source=[{"name": "demo", **source}])
    work = folder.with_name(f"{folder.name}-work")
    work.mkdir()
    store = Store(work / "store")
    with working_connection() as con:
        intake = take_in(
            find_files(settings.source, folder, work / "incoming"),
            store,
            codebook=load_codebook(),
            settings=settings,
            now=datetime(2026, 11, 20, 2),
            work=work,
            con=con,
        )
        core = build_core(store, as_of=AS_OF, known_at=AS_OF, folder=work / "core", con=con)
    assert intake.unread == ()
    judgement = judge(
        {table: core.scan(table) for table in core.rows},
        as_of=AS_OF,
        profile=load_profile("uk_nice_ng239", {}),
        delivered=core.delivered,
        first_exposure=core.first_exposure,
    )
    return judgement.care_gap.select(COMPARED).sort(["worklist", "person_id", "index_date"]), store
