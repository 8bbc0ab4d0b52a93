"""The account that a night gives of itself: its record, its page, and the facts beside what it published."""

import hashlib
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING

import polars as pl

from pipelines.publish.editions import DATABASE
from pipelines.publish.gathering import feed_rows
from pipelines.publish.history import RunRecord, check_rows, load_runs, run_rows
from pipelines.publish.report import write_report
from pipelines.publish.snapshot import ledger_frames
from pipelines.publish.tables import list_counts

if TYPE_CHECKING:
    from pipelines.orchestration.nightly import Nightly


def record_of(night: "Nightly", outcome: str, because: str | None) -> RunRecord:
    """The record of a run that ends now, so and because of this."""
    return RunRecord(
        run_id=night.run_id,
        started_at=night.started_at,
        ended_at=night.clock(),
        outcome=outcome,
        because=because,
        as_of=night.order.as_of,
        known_at=night.order.known_at,
        profile=night.order.profile.name,
        definition_hash=_definition_hash(night),
        files_read=len(night.intake.read) if night.intake else 0,
        version=version("b12-care-gaps"),
        checks=[asdict(check) for check in night.checks],
    )


def history_tables(night: "Nightly") -> dict[str, pl.DataFrame]:
    """The tables ``run`` and ``check_result``: the runs and their checks up to and with this one, which publishes.

    It is the last of them. One that a clock that was ahead dated later is left out, or it would pass for this one.
    """
    before = [run for run in load_runs(night.order.home / "runs") if run.started_at <= night.started_at]
    records = [*before, record_of(night, "published", None)]
    return {"run": run_rows(records), "check_result": check_rows(records)}


def facts_of_publication(night: "Nightly", rows: dict[str, int], sha256: str) -> dict[str, object]:
    """What ``current.json`` says beside a database of so many rows a table, and with this digest."""
    return {
        "run_id": night.run_id,
        "published_at": night.clock().isoformat(sep=" ", timespec="seconds"),
        "as_of": night.order.as_of.isoformat(),
        "known_at": night.order.known_at.isoformat(),
        "profile": night.order.profile.name,
        "definition_hash": _definition_hash(night),
        "database": DATABASE,
        "sha256": sha256,
        "rows": rows,
        "feeds": feed_rows(night.core, night.order.settings).to_dicts(),
        "stale_since": None,
        "stale_because": None,
    }


def write_page(night: "Nightly", record: RunRecord) -> None:
    """Write the page that tells how the run went; of a run that ended early, what is known by then."""
    ledger = ledger_frames(night.store, night.store.entries())
    earlier = [run for run in load_runs(night.order.home / "runs") if run.run_id != record.run_id]
    key = ["source", "extract_table", "reason"]
    is_judged = any((night.work / "care_gap").glob("*.parquet"))
    write_report(
        night.order.home / "reports" / f"{night.run_id}.html",
        asdict(record),
        night.checks,
        source_files=ledger["source_file"],
        quarantine_counts=ledger["quarantine"].group_by(key).agg(rows=pl.len()).sort(key),
        unmapped_top=ledger["unmapped_code"].sort("row_count", descending=True, maintain_order=True),
        list_counts=list_counts(night.lists, night.judged("care_gap") if is_judged else None, night.open_before),
        feeds=feed_rows(night.core, night.order.settings) if night.core else None,
        history=check_rows(earlier),
    )


def _definition_hash(night: "Nightly") -> str:
    """16 hex digits over the definitions of all lists."""
    return hashlib.sha256("".join(night.hashes[name] for name in sorted(night.hashes)).encode()).hexdigest()[:16]
