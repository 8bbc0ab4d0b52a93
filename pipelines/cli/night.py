"""The commands of the night: run it, see how it went, repeat the past."""

import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli._shared import NIGHT, Where, app, columns, day, echo, in_our_times
from pipelines.errors import B12Error, ConfigurationError

WARNINGS_SHOWN = 5
"""How many warnings of the gate a run tells; delivery comes first, and the report has them all."""


@app.command(rich_help_panel=NIGHT)
def run(
    extracts: Annotated[str, typer.Option(envvar="B12_EXTRACTS", help="Folder of delivered files, or its URL.")],
    as_of: Annotated[datetime | None, day("The date the lists look back from; today by default.")] = None,
    known_at: Annotated[
        datetime | None, day("Read only what was known on this date; the as-of date by default.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="Guideline profile, in place of the configured one.")] = None,
    site: Annotated[
        str | None, typer.Option(help="Write the list files of this site only; the database holds all.")
    ] = None,
    accept_change: Annotated[
        list[str] | None, typer.Option(help="Publish although this worklist changed more than its limit.")
    ] = None,
    engine: Annotated[str, typer.Option(envvar="B12_ENGINE", help="local, or dask with --scheduler.")] = "local",
    scheduler: Annotated[
        str, typer.Option(envvar="B12_SCHEDULER", help="Dask scheduler that judges: tcp://HOST:8786.")
    ] = "",
    shared: Annotated[
        str, typer.Option(envvar="B12_SHARED", help="Folder or URL that the Dask workers and this machine reach.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Run the nightly job: ingest, check, worklists, gate, publish."""
    from pipelines.orchestration.cluster import cluster_of
    from pipelines.orchestration.run import RunRequest, run_nightly

    cluster = cluster_of(engine, scheduler, shared)
    record = run_nightly(
        RunRequest(
            home=Where.home,
            extracts=extracts,
            config=Where.config,
            as_of=as_of.date() if as_of else None,
            known_at=known_at.date() if known_at else None,
            profile=profile,
            site=site,
            accept_change=tuple(accept_change or ()),
            remote=Where.named() if Where.remote else "",
            cluster=cluster,
            quiet=as_json,
        )
    )
    _say_published(record.run_id, as_json)


@app.command(rich_help_panel=NIGHT)
def status(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """Show how fresh the publication is, the last runs, what is stale and what the gate refused."""
    from pipelines.publish.status import status_of

    found = status_of(Where.home)
    echo(json.dumps(found, default=str, indent=1) if as_json else _status_text(found))


@app.command(rich_help_panel=NIGHT)
def demo(
    people: Annotated[int, typer.Option(min=1, help="Size of the synthetic population.")] = 5_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same people.")] = 1,
    as_of: Annotated[datetime | None, day("The date of the demonstration; today by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Make a synthetic population with planted cases, run the nightly job on it, and show what was published."""
    from pipelines.demo.tour import give_demo

    outcome = give_demo(Where.home, people=people, seed=seed, as_of=as_of.date() if as_of else None, quiet=as_json)
    _say_published(outcome.run_id, as_json, extra=outcome.summary())
    if outcome.wrong:
        raise B12Error(f"{outcome.wrong} planted cases are not in their expected state; see {outcome.comparison}.")


@app.command(rich_help_panel=NIGHT)
def backfill(
    first: Annotated[
        datetime,
        typer.Option("--from", formats=["%Y-%m"], metavar="YYYY-MM", help="The first month.", callback=in_our_times),
    ],
    last: Annotated[
        datetime,
        typer.Option(
            "--to", formats=["%Y-%m"], metavar="YYYY-MM", help="The last month; it has ended.", callback=in_our_times
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print what became of each month end as JSON.")] = False,
) -> None:
    """Compute the measures of past month ends, as each would have been known on its day."""
    from pipelines.orchestration.backfill import BackfillRequest, run_backfill

    months = run_backfill(BackfillRequest(Where.home, first.date(), last.date(), config=Where.config, quiet=as_json))
    Where.keep("measures")
    rows = [
        {
            "month end": str(m.as_of),
            "outcome": "computed" if m.computed else "kept",
            "rows": m.rows,
            "suppressed": m.suppressed,
        }
        for m in months
    ]
    if as_json:
        echo(json.dumps({"folder": str(Where.home / "measures"), "months": rows}, indent=1))
        return
    echo(columns(rows))
    echo(f"\nWritten below {Where.home / 'measures'}; the next publication carries them in the table `measure`.")


@app.command(rich_help_panel=NIGHT)
def dagster(
    extracts: Annotated[str, typer.Option(envvar="B12_EXTRACTS", help="Folder of delivered files, or its URL.")],
    port: Annotated[int, typer.Option(help="Port of the web interface, on this machine only.")] = 3000,
) -> None:
    """Open the Dagster web interface with the nightly schedule running."""
    from pipelines.orchestration.run import dagster_home

    environment = {
        **os.environ,
        "B12_HOME": Where.named() if Where.remote else str(Where.home.resolve()),
        "B12_EXTRACTS": extracts if "://" in extracts else str(Path(extracts).resolve()),
        "B12_CONFIG": str(Where.config.resolve()) if Where.config else "",
        "DAGSTER_HOME": str(dagster_home(Where.home)),
    }
    command = [
        sys.executable,
        "-m",
        "dagster",
        "dev",
        "-m",
        "pipelines.orchestration.code_location",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    os.execve(sys.executable, command, environment)


@app.command(rich_help_panel=NIGHT)
def unlock() -> None:
    """Break the lock of a remote home whose holder is gone for good; that of a folder ends with its process."""
    from pipelines.remote.lock import break_lock

    if Where.remote is None:
        raise ConfigurationError(f"The lock of the folder {Where.home} ends with its process; there is none to break.")
    holder = break_lock(Where.remote.place)
    echo(f"Broken: it was held by {holder}." if holder else "Nobody holds the lock.")


def _say_published(run_id: str, as_json: bool, extra: dict[str, Any] | None = None) -> None:
    from pipelines.publish.status import published_summary

    summary = published_summary(Where.home) | (extra or {})
    if Where.remote:
        summary |= Where.remote.addresses(run_id)
    if as_json:
        echo(json.dumps(summary, default=str, indent=1))
        return
    from rich.console import Console

    console = Console()
    console.print(f"Published run {run_id}: as of {summary['as_of']}, profile {summary['profile']}.")
    echo(columns(summary["worklists"]))
    for line in _warnings(summary["warnings"]):
        echo(line)
    for line in summary.get("notes", []):
        console.print(line, highlight=False)
    console.print(
        f"\nDatabase  {summary['database']}\nLists     {summary['lists']}\nReport    {summary['report']}\n"
        f"\nWhy is somebody on a list, or not:  b12 --home {Where.named()} explain PERSON",
        highlight=False,
        soft_wrap=True,
    )


def _warnings(warnings: list[str]) -> Iterator[str]:
    if warnings:
        yield ""
    for line in warnings[:WARNINGS_SHOWN]:
        yield f"Warning: {line}"
    if more := len(warnings[WARNINGS_SHOWN:]):
        yield f"And {more} more; the report says what to do."


def _status_text(found: dict[str, Any]) -> str:
    lines = [found["headline"], ""]
    for title, rows in found["tables"].items():
        lines += [title, columns(rows) if rows else "  none", ""]
    return "\n".join(lines)
