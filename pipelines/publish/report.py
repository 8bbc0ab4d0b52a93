"""The report of a run: one HTML file that reads like a handover, and needs no other file, host or script."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipelines.publish.checks import CheckResult
from pipelines.publish.gate import refusal, to_do, verdict
from pipelines.publish.history import write_atomically

RUNS_SHOWN = 10
UNMAPPED_SHOWN = 40
MARKS = {"passed": "✓", "failed": "✕", "error": "!", "not_applicable": "·"}
WORDS = {"passed": "passed", "failed": "failed", "error": "could not be made", "not_applicable": "nothing to check"}
LAYERS = {"gate": "The gate", "core": "Core tables", "worklist": "Worklists", "published": "Measures"}


def write_report(
    path: Path,
    run: Mapping[str, Any],
    results: list[CheckResult],
    *,
    source_files: pl.DataFrame,
    quarantine_counts: pl.DataFrame,
    unmapped_top: pl.DataFrame,
    list_counts: pl.DataFrame,
    feeds: pl.DataFrame | None = None,
    history: pl.DataFrame | None = None,
) -> None:
    """Write the report, whole or not at all, over one of the same name.

    Args:
        path: the file to write; its folder is made.
        run: ``run_id``, ``as_of``, ``known_at``, ``profile``, and, where known, ``started_at``, ``ended_at``,
            ``version``, ``outcome`` (published, refused or failed; else what the results say) and ``because``.
        results: every check of the run, of the suites and of the gate.
        source_files: rows of ``source_file``.
        quarantine_counts: ``source``, ``extract_table``, ``reason``, ``rows``; no raw record belongs here.
        unmapped_top: rows of ``unmapped_code``, the most frequent first; the first 40 are shown.
        list_counts: ``worklist``, ``title``, ``eligible``, ``open_now``, ``urgent``, and ``open_before``, null where
            nothing was published before.
        feeds: ``feeds`` of the gate's facts, for the newest known day; null when the run ended before they were known.
        history: rows of ``check_result`` of earlier runs, oldest first.
    """
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["number"] = lambda value: "–" if value is None else f"{value:,}"
    page = templates.get_template("validation.html.j2").render(
        run=_headline(run, results),
        refusing=[_told(result) for result in results if result.refuses],
        warnings=[_told(result) for result in results if result.warns],
        feeds=_feeds(source_files, feeds),
        lists=[_changed(row) for row in list_counts.sort("worklist").to_dicts()],
        quarantine=quarantine_counts.sort(
            "rows", "source", "extract_table", "reason", descending=[True, False, False, False]
        ).to_dicts(),
        unmapped=unmapped_top.head(UNMAPPED_SHOWN).to_dicts(),
        unmapped_total=unmapped_top.height,
        layers=_checks_by_layer(results, _marks(history)),
        marks=[(MARKS[status], WORDS[status]) for status in MARKS],
    )
    write_atomically(path, page)


def _headline(run: Mapping[str, Any], results: list[CheckResult]) -> dict[str, Any]:
    """The run with its verdict in words."""
    outcome = run.get("outcome") or ("published" if verdict(results) else "refused")
    known = ("run_id", "as_of", "known_at", "profile", "started_at", "ended_at", "version")
    said = {
        "published": "This run was published.",
        "refused": "This run was refused. What was published before stays, marked as stale.",
        "failed": "This run failed. What was published before stays, marked as stale.",
    }
    because = run.get("because") or (refusal(results) if outcome == "refused" else None)
    counts = {WORDS[status]: sum(result.status == status for result in results) for status in WORDS}
    return {name: run.get(name) for name in known} | {
        "outcome": outcome,
        "said": said[outcome],
        "because": because,
        "checks": len(results),
        "counts": counts,
    }


def _told(result: CheckResult) -> dict[str, Any]:
    return {"name": result.check_name, "detail": result.detail, "why": result.why, "to_do": to_do(result)}


def _feeds(source_files: pl.DataFrame, feeds: pl.DataFrame | None) -> list[dict[str, Any]]:
    """A row per feed: its files and rows, and the newest day it knows of."""
    key = ["source", "extract_table"]
    counted = source_files.group_by(key).agg(
        files=pl.len(),
        read_at=pl.col("read_at").max(),
        **{name: pl.col(name).sum() for name in ("rows_read", "rows_kept", "rows_off_pathway", "rows_quarantined")},
    )
    fresh = (
        pl.DataFrame(schema=dict.fromkeys(key, pl.String) | {"newest_known": pl.Date, "max_age_days": pl.Int64})
        if feeds is None
        else feeds.select(*key, "newest_known", "max_age_days")
    )
    return counted.join(fresh, on=key, how="full", coalesce=True).sort(key).to_dicts()


def _changed(row: Mapping[str, Any]) -> dict[str, Any]:
    before = row["open_before"]
    change = None if before is None else row["open_now"] - before
    return {**row, "change": "new" if change is None else "no change" if not change else f"{change:+,}"}


def _marks(history: pl.DataFrame | None) -> dict[str, list[str]]:
    """How each check ended in the last runs, oldest first; the gate's by rule, for what they judge comes and goes."""
    if history is None or not history.height:
        return {}
    runs = history["run_id"].unique(maintain_order=True).to_list()[1 - RUNS_SHOWN :]
    worst = ["error", "failed", "passed", "not_applicable"]
    found: dict[tuple[str, str], str] = {}
    for run_id, name, status in history.select("run_id", "check_name", "status").iter_rows():
        at = (_rule_of(name), run_id)
        found[at] = min(status, found.get(at, status), key=worst.index)
    names = {name for name, _ in found}
    return {name: [found.get((name, run_id), "not_applicable") for run_id in runs] for name in names}


def _rule_of(check_name: str) -> str:
    return check_name.partition(":")[0]


def _checks_by_layer(results: Iterable[CheckResult], marks: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """All checks, the gate first, each with its marks of the last runs and of this one."""
    layers = {layer: {"title": title, "checks": []} for layer, title in LAYERS.items()}
    for result in results:
        past = [*marks.get(_rule_of(result.check_name), []), result.status]
        layers[result.layer]["checks"].append(
            {
                "name": result.check_name.removeprefix(f"{result.layer}."),
                "severity": result.severity,
                "word": WORDS[result.status],
                "mark": MARKS[result.status],
                "status": result.status,
                "unexpected": result.unexpected_count,
                "rows": result.row_count,
                "why": result.why,
                "past": "".join(MARKS[status] for status in past),
                "past_words": ", ".join(WORDS[status] for status in past),
            }
        )
    return [layer for layer in layers.values() if layer["checks"]]
