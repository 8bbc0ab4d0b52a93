"""What every run did: a small file a run, kept for good, from which status, reports and the ``run`` table are made."""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contract import core_schema
from pipelines.ingest.store import flush


@dataclass(frozen=True)
class RunRecord:
    """One run, as it ended."""

    run_id: str
    started_at: datetime
    ended_at: datetime
    outcome: str
    because: str | None
    as_of: date
    known_at: date
    profile: str
    definition_hash: str
    files_read: int
    version: str
    checks: list[dict[str, Any]] = field(default_factory=list)

    def save(self, folder: Path) -> None:
        """Write the record, whole or not at all."""
        write_atomically(folder / f"{self.run_id}.json", self.as_json())

    def as_json(self) -> str:
        """The record as it is kept."""
        return json.dumps(asdict(self), default=str, indent=1)


def load_runs(folder: Path) -> list[RunRecord]:
    """All recorded runs, oldest first; a file that cannot be read is passed over, for history never stops a run."""
    runs = []
    for path in sorted(folder.glob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            for clock in ("started_at", "ended_at"):
                record[clock] = datetime.fromisoformat(record[clock])
            for day in ("as_of", "known_at"):
                record[day] = date.fromisoformat(record[day])
            runs.append(RunRecord(**record))
        except (OSError, ValueError, TypeError, KeyError):
            continue
    return sorted(runs, key=lambda run: (run.started_at, run.run_id))


def run_rows(runs: list[RunRecord]) -> pl.DataFrame:
    """The rows of the ``run`` table."""
    columns = core_schema("run")
    return pl.DataFrame([{name: getattr(run, name) for name in columns} for run in runs], schema=columns)


def check_rows(runs: list[RunRecord]) -> pl.DataFrame:
    """The rows of the ``check_result`` table."""
    checks = [{"run_id": run.run_id, **check} for run in runs for check in run.checks]
    return pl.DataFrame(checks, schema=core_schema("check_result"))


def write_atomically(path: Path, text: str) -> None:
    """Replace a file by its new content in one step that survives a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    flush(beside)
    beside.replace(path)
    flush(path.parent)
