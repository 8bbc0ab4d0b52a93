"""Each format that the product reads: taking it in, beside a bare parse by the fastest library for it.

Taking in is reading into a store: records, codes, units, quarantine and all; no list is judged.
"""

import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measure import Cost, measured
from tests.benchmarks.table import Row, at_least

FORMATS = Path(__file__).parent / "formats"
PEOPLE = 10_000
LEAST_SPEED = 0.5
HEADER = (
    "format", "people", "MB", "records", "bare CPU s", "MB/s", "take-in CPU s", "peak GB", "MB/s", "records/s",
    "speed", "at least", "target",
)  # fmt: skip


def kinds() -> list[str]:
    """The formats that have a module in ``formats``: ``write(folder, people)`` and ``bare(folder)``."""
    return sorted(path.stem for path in FORMATS.glob("*.py") if not path.stem.startswith("_"))


def format_lines(root: Path, people: int) -> Iterator[Row]:
    """A line for each format: the speed of taking it in, as a share of that of the bare parse."""
    for kind in kinds():
        folder = _delivery(root, kind, people)
        sys.stderr.write(f"{people:,} people: {kind}\n")
        bare, records = _measured(folder, "bare_parse", kind)
        ours, _ = _measured(folder, "take_in")
        size = sum(path.stat().st_size for path in extracts_of(folder).rglob("*") if path.is_file()) / 1e6
        yield (
            kind, f"{people:,}", f"{size:.0f}", f"{records:,}", f"{bare.cpu:.2f}", f"{size / bare.cpu:.0f}",
            f"{ours.cpu:.2f}", f"{ours.peak_gb:.2f}", f"{size / ours.cpu:.0f}", f"{records / ours.cpu:,.0f}",
            *at_least(bare.cpu / ours.cpu, LEAST_SPEED),
        )  # fmt: skip


def extracts_of(folder: Path) -> Path:
    """The files of a delivery: they lie in ``extracts`` beside the configuration, or beside it themselves."""
    return folder / "extracts" if (folder / "extracts").is_dir() else folder


def bare_parse(kind: str, folder: Path) -> int:
    """Parse the files of a format with the fastest library for it; returns the records."""
    return importlib.import_module(f"tests.benchmarks.formats.{kind}").bare(folder)


def take_in(folder: Path, home: Path) -> int:
    """Read a delivery into an empty store below ``home``; returns the records."""
    from datetime import datetime

    from pipelines.config import load_settings
    from pipelines.duck import working_connection
    from pipelines.ingest.delivery import take_in
    from pipelines.ingest.store import Store
    from pipelines.orchestration.order import configured_codebook
    from pipelines.sources.finding import find_files

    shutil.rmtree(home, ignore_errors=True)
    for name in ("records", "spill"):
        (home / name).mkdir(parents=True)
    settings = load_settings(folder / "b12.toml")
    delivery = find_files(settings.source, extracts_of(folder), home / "incoming")
    with working_connection(settings.memory_limit, home / "spill") as con:
        intake = take_in(
            delivery,
            Store(home / "store"),
            codebook=configured_codebook(folder, settings),
            settings=settings,
            now=datetime(2026, 6, 30, 2),
            work=home / "records",
            con=con,
        )
    if intake.unread:
        raise RuntimeError(f"{len(intake.unread)} files could not be read: {intake.unread[0].why}")
    return sum(entry.rows_read for entry in intake.read)


def _delivery(root: Path, kind: str, people: int) -> Path:
    """A population in the format, written unless it is there complete."""
    folder = root / "formats" / f"{kind}-{people}"
    complete = folder.with_name(f"{folder.name}.complete")
    if not complete.exists():
        shutil.rmtree(folder, ignore_errors=True)
        importlib.import_module(f"tests.benchmarks.formats.{kind}").write(folder, people)
        complete.touch()
    return folder


def _measured(folder: Path, workload: str, *words: str) -> tuple[Cost, int]:
    """The cost of a workload over a delivery, and the records that it says it read."""
    work = folder.with_name(f"{folder.name}.work")
    log = folder.with_name(f"{folder.name}.{workload}.log")
    last = (folder,) if workload == "bare_parse" else (folder, work)
    cost = measured(
        [sys.executable, "-m", "tests.benchmarks.workloads", workload, *words, *last], folder=folder.parent, log=log
    )
    return cost, json.loads(log.read_text(encoding="utf-8").splitlines()[-1])["records"]
