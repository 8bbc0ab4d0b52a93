"""What the home folder says of itself: how fresh the publication is, how the last runs ended, what is unknown."""

from pathlib import Path
from typing import Any

import duckdb

from pipelines.duck import reading_connection
from pipelines.errors import B12Error
from pipelines.publish.editions import Editions
from pipelines.publish.history import load_runs

RUNS_SHOWN = 10


def status_of(home: Path) -> dict[str, Any]:
    """Freshness, feeds, the last runs and what the newest of them warned of.

    Raises:
        B12Error: The home folder does not exist.
    """
    if not home.is_dir():
        raise B12Error(f"No home folder at {home}. Run `b12 --home {home} run --extracts DIR` first, or give --home.")
    current = Editions(home).current()
    runs = load_runs(home / "runs")
    warned = [check for check in (runs[-1].checks if runs else []) if check["status"] in ("failed", "error")]
    return {
        "headline": _headline(current),
        "current": current,
        "tables": {
            "Feeds": (current or {}).get("feeds", []),
            "Last runs": [
                {
                    "run": run.run_id,
                    "ended": run.ended_at,
                    "as of": run.as_of,
                    "outcome": run.outcome,
                    "because": run.because,
                }
                for run in reversed(runs[-RUNS_SHOWN:])
            ],
            "Checks that failed in the newest run": [
                {"severity": check["severity"], "check": check["check_name"], "what": check["detail"]}
                for check in warned
            ],
        },
    }


def published_summary(home: Path) -> dict[str, Any]:
    """What the standing publication holds, what the gate warned of when it passed, and where to look at it."""
    editions = Editions(home)
    current = editions.current()
    with _reader(home) as con:
        counts = con.execute(
            """
            SELECT worklist, title, count(g.worklist) AS eligible,
                count(g.worklist) FILTER (g.closed_by IS NULL) AS open,
                count(*) FILTER (priority = 1) AS urgent
            FROM worklist LEFT JOIN care_gap AS g USING (worklist) GROUP BY ALL ORDER BY worklist
            """
        ).fetchall()
    names = ("worklist", "title", "eligible", "open", "urgent")
    checks = [check for run in load_runs(home / "runs") if run.run_id == current["run_id"] for check in run.checks]
    return {
        "run_id": current["run_id"],
        "as_of": current["as_of"],
        "profile": current["profile"],
        "worklists": [dict(zip(names, row, strict=True)) for row in counts],
        "warnings": [check["detail"] for check in checks if check["layer"] == "gate" and check["status"] == "failed"],
        "database": str(editions.database),
        "lists": str(home / "worklists" / current["as_of"]),
        "report": str(home / "reports" / f"{current['run_id']}.html"),
    }


def unmapped_codes(home: Path, limit: int) -> list[dict[str, Any]]:
    """Codes that belong to no concept: those that look like one first, then the most frequent."""
    with _reader(home) as con:
        rows = con.execute(
            """
            SELECT extract_table, code_system, code, name, sum(row_count)::BIGINT AS row_count,
                min(first_date) AS first_date, max(last_date) AS last_date, max(looks_like) AS looks_like
            FROM unmapped_code GROUP BY ALL
            ORDER BY max(looks_like) IS NULL, sum(row_count) DESC, extract_table, code_system, code, name
            LIMIT ?
            """,
            [limit],
        )
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


def _reader(home: Path) -> duckdb.DuckDBPyConnection:
    database = Editions(home).database
    if not database.exists():
        raise B12Error(f"Nothing is published in {home} yet. Run `b12 --home {home} run --extracts DIR` first.")
    return reading_connection(database)


def _headline(current: dict[str, Any] | None) -> str:
    if current is None:
        return "Nothing has been published yet."
    published = (
        f"Published {current['published_at']} by run {current['run_id']}: "
        f"as of {current['as_of']}, profile {current['profile']}."
    )
    if current.get("stale_since"):
        return f"STALE since {current['stale_since']}: {current['stale_because']}\n{published}"
    return published
