"""``b12 demo``: a synthetic clinic in a home of its own, the nightly job on it, and the planted cases compared."""

import shutil
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from pipelines.demo.extracts import write_extracts
from pipelines.demo.planted import differences, expected
from pipelines.duck import reading_connection
from pipelines.errors import ConfigurationError
from pipelines.orchestration.run import RunRequest, run_nightly

PROFILE = "uk_nice_ng239"


@dataclass(frozen=True)
class Tour:
    """What a demonstration made: its run, and how the planted cases came out."""

    run_id: str
    home: Path
    people: int
    compared: int
    wrong: int
    comparison: Path

    def summary(self) -> dict[str, Any]:
        """What to print besides the publication."""
        right = self.compared - self.wrong
        return {
            "people": self.people,
            "planted_cases": self.compared,
            "planted_cases_right": right,
            "notes": [
                "",
                f"{self.people:,} synthetic people; {right} of {self.compared} planted expectations hold "
                f"({self.home / 'demo' / 'planted.csv'}).",
            ],
        }


def give_demo(home: Path, *, people: int, seed: int, as_of: date | None = None, quiet: bool = False) -> Tour:
    """Make the extracts under ``<home>/demo``, run the nightly job on them, and compare the planted cases.

    A demonstration in the same home is made afresh.

    Raises:
        ConfigurationError: The home folder holds something that no demonstration made.
    """
    demo = home / "demo"
    if (home / "store").exists() and not demo.exists():
        raise ConfigurationError(
            f"{home} is in use for real extracts. Give the demonstration a home of its own: --home DIR."
        )
    if demo.exists():
        for name in ("demo", "store", "editions", "worklists", "runs", "reports", "work"):
            shutil.rmtree(home / name, ignore_errors=True)
        (home / "published").unlink(missing_ok=True)
    day = as_of or datetime.now(ZoneInfo("Europe/London")).date()
    made = write_extracts(demo / "extracts", people=people, seed=seed, as_of=day, profile=PROFILE)
    record = run_nightly(
        RunRequest(home=home, extracts=made.folder, config=made.config, as_of=day, profile=PROFILE, quiet=quiet)
    )
    with reading_connection(home / "published" / "b12.duckdb") as con:
        found = differences(con.sql("FROM care_gap").pl(), PROFILE)
    comparison = demo / "planted_differences.csv"
    found.write_csv(comparison)
    return Tour(
        run_id=record.run_id,
        home=home,
        people=made.people,
        compared=expected(PROFILE).select(pl.len()).item(),
        wrong=found.height,
        comparison=comparison,
    )
