"""A configuration tried on sample files, or on all of them, through the reading path of the nightly job."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from pipelines.codes import CodeBook
from pipelines.config import Settings
from pipelines.duck import working_connection
from pipelines.ingest.delivery import Intake, take_in
from pipelines.ingest.store import Store
from pipelines.sources.finding import Delivery, find_files

READ = {
    "source": pl.String, "table": pl.String, "file": pl.String, "rows_read": pl.Int64, "kept": pl.Int64,
    "off_pathway": pl.Int64, "quarantined": pl.Int64, "reasons": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """What came of reading: the scratch store, the intake, and ``read``: a row per file and extract table."""

    store: Store
    intake: Intake
    read: pl.DataFrame


def read_all(
    settings: Settings, codebook: CodeBook, extracts: Path, scratch: Path, *, now: datetime, source: str | None = None
) -> Trial:
    """Read every file of the configured sources (or of one) into a store below ``scratch``.

    Raises:
        ConfigurationError: A mapping does not fit a file, or a folder is not there.
    """
    store = Store(scratch / "store")
    work = scratch / "work"
    work.mkdir(parents=True, exist_ok=True)
    delivery = _delivery(settings, extracts, scratch / "incoming", source)
    with working_connection(settings.memory_limit, spill=work) as con:
        intake = take_in(delivery, store, codebook=codebook, settings=settings, now=now, work=work, con=con, needed=())
    return Trial(store, intake, _read(store))


def _delivery(settings: Settings, extracts: Path, incoming: Path, source: str | None) -> Delivery:
    """The files of the sources. Of one source alone: without those that another one names, where that is there."""
    if source is None:
        return find_files(settings.source, extracts, incoming)
    there = [each for each in settings.source if each.name == source or (extracts / each.path).is_dir()]
    delivery = find_files(there, extracts, incoming)
    return Delivery(tuple(file for file in delivery.files if file.source.name == source), ())


def _read(store: Store) -> pl.DataFrame:
    entries = store.entries()
    reasons: dict[int, str] = {}
    for entry in entries:
        for path in store.paths([entry], "quarantine"):
            counted = (
                pl.scan_parquet(path)
                .group_by("reason")
                .agg(rows=pl.len())
                .sort("rows", "reason", descending=[True, False])
                .collect()
            )
            reasons[entry.number] = ", ".join(f"{reason} {rows:,}" for reason, rows in counted.iter_rows())
    return pl.DataFrame(
        [
            (
                each.source, each.table, each.file, each.rows_read, each.rows_kept, each.rows_off_pathway,
                each.rows_quarantined, reasons.get(each.number, ""),
            )
            for each in entries
        ],
        schema=READ,
        orient="row",
    )  # fmt: skip
