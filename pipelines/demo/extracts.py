"""Write the demonstration: a synthetic population with planted cases, as the extracts of several sources."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from pipelines.demo.configuration import MARK, configuration_text
from pipelines.demo.feeds import NATIVE, Piece, feed_rows, northgate_file, plain_rows
from pipelines.demo.mess import MALFORMED_LINES, refused_labs, refused_prescriptions, spoil_diagnoses, spoil_labs
from pipelines.demo.people import PEOPLE_PER_BLOCK
from pipelines.demo.planted import all_expected
from pipelines.demo.planted.tables import planted_tables
from pipelines.demo.population import Make, draw_block
from pipelines.demo.streams import CsvStream, Streams
from pipelines.errors import ConfigurationError


@dataclass(frozen=True)
class DemoExtracts:
    """What was written."""

    folder: Path
    """The extracts; nothing else is in it."""
    config: Path
    config_text: str
    planted: Path | None
    """The expected states of the planted persons; None when none were planted."""
    people: int
    """Persons of the population, planted ones not counted."""
    rows: dict[str, int]
    """Records by file or folder of Parquet parts."""
    refused: pl.DataFrame
    """Records made to be quarantined: ``file``, ``reason``, ``rows``. The mess adds more, as chance has it."""


def write_extracts(
    folder: Path,
    *,
    as_of: date,
    people: int = 5_000,
    seed: int = 1,
    planted: bool = True,
    fmt: Literal["csv", "parquet"] = "csv",
    clean: bool = False,
    background_labs_per_person: float = 12,
    profile: str = "uk_nice_ng239",
    progress: Callable[[int, int], None] | None = None,
) -> DemoExtracts:
    """Write extracts of a synthetic population as known on ``as_of``, and beside the folder b12.toml and planted.csv.

    As CSV, the extracts are messy: several sources in layouts of their own, which b12.toml maps, with corrections,
    duplicates and rows to be refused. ``clean`` CSV, and Parquet, are one source in the native layout, for measuring.
    The same arguments give the same bytes. ``progress`` is told people done and people in all.

    Raises:
        ConfigurationError: The folder holds files already, or a b12.toml of somebody else lies beside it.
    """
    _check_free(folder)
    is_messy = fmt == "csv" and not clean
    make = Make(people, seed, as_of, background_labs_per_person, with_time=is_messy)
    streams = Streams(folder)
    if planted:
        _write(streams, planted_tables(as_of), as_of, fmt=fmt, is_messy=is_messy)
    for block in range(make.blocks):
        tables = draw_block(make, block)
        if is_messy:
            rng = np.random.default_rng([seed, block, 1])
            tables["labs"] = spoil_labs(tables["labs"], as_of, rng)
            tables["diagnoses"] = spoil_diagnoses(tables["diagnoses"], rng)
        _write(streams, tables, as_of, fmt=fmt, is_messy=is_messy)
        if progress:
            progress(min((block + 1) * PEOPLE_PER_BLOCK, people), people)
    refused = _write_refused(streams, as_of) if is_messy else _refused([])
    rows = streams.close()
    config, text = folder.parent / "b12.toml", configuration_text(feeds=is_messy, profile=profile)
    config.write_text(text, encoding="utf-8")
    expected = folder.parent / "planted.csv" if planted else None
    if expected:
        all_expected().write_csv(expected)
    return DemoExtracts(folder, config, text, expected, people, rows, refused)


def _check_free(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(f"{folder} holds files already; the demonstration needs an empty folder of its own.")
    config = folder.parent / "b12.toml"
    if config.exists() and not config.read_text(encoding="utf-8").startswith(MARK):
        raise ConfigurationError(
            f"{config} was not written by the demonstration and would be overwritten. "
            "Give another folder, or move it away."
        )
    folder.mkdir(parents=True, exist_ok=True)


def _write(streams: Streams, tables: dict[str, pl.DataFrame], as_of: date, *, fmt: str, is_messy: bool) -> None:
    pieces = feed_rows(tables, as_of) if is_messy else plain_rows(tables, parquet=fmt == "parquet")
    for piece in pieces:
        streams.get(piece.file, piece.open).write(piece.rows)


def _write_refused(streams: Streams, as_of: date) -> pl.DataFrame:
    """Append the rows that must be quarantined to the files they would come in."""
    lab_file, drug_file = northgate_file(as_of.year, as_of), "practice/prescriptions.csv.gz"
    counted: list[tuple[str, str]] = []
    for file, table, (rows, reasons) in (
        (lab_file, "labs", refused_labs(as_of)),
        (drug_file, "prescriptions", refused_prescriptions(as_of)),
    ):
        columns = [
            pl.col(name) if name in rows.columns else pl.lit(None, pl.String).alias(name) for name in NATIVE[table]
        ]
        piece = Piece(file, rows.select(columns))
        streams.get(file, piece.open).write(piece.rows)
        counted += [(file, reason) for reason in reasons]
    stream = streams.get(lab_file, CsvStream)
    broken = MALFORMED_LINES.count("\n")
    stream.write_raw(MALFORMED_LINES, broken)
    counted += [(lab_file, "malformed_record")] * broken
    return _refused(counted)


def _refused(counted: list[tuple[str, str]]) -> pl.DataFrame:
    frame = pl.DataFrame(counted, schema={"file": pl.String, "reason": pl.String}, orient="row")
    return frame.group_by("file", "reason", maintain_order=True).agg(rows=pl.len())
