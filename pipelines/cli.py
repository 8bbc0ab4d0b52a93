"""The commands. Each is thin: it reads its options, calls one function, and prints what came of it."""

import getpass
import json
import logging
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

from pipelines.errors import B12Error, ConfigurationError, Refused

if TYPE_CHECKING:
    from pipelines.remote.home import RemoteHome

app = typer.Typer(
    name="b12",
    help="Finds the gaps in vitamin B12 care that hide in plain data, and publishes them as worklists.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class _CodesGroup(typer.core.TyperGroup):
    """``b12 codes CONCEPT``: a word that is no command of the group is the name of a concept."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        return super().resolve_command(ctx, args if args[0] in self.commands else ["show", *args])


codes_app = typer.Typer(cls=_CodesGroup, help="The code lists, and the codes that are in none.")
app.add_typer(codes_app, name="codes")


def _day(text: str) -> Any:
    return typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help=text)


class _Where:
    """Options that every command shares."""

    home = Path("home")
    config: Path | None = None
    remote: "RemoteHome | None" = None

    @classmethod
    def named(cls) -> str:
        """The home as it was given."""
        return cls.remote.place.url if cls.remote else str(cls.home)

    @classmethod
    def keep(cls, folder: str) -> None:
        """Write what a command left in a folder of its home to a remote one."""
        if cls.remote:
            cls.remote.keep(folder)


@app.callback()
def main_options(
    context: typer.Context,
    home: Annotated[
        str,
        typer.Option(
            envvar="B12_HOME", help="Where the store, publications and history live; a folder, or s3://bucket/folder."
        ),
    ] = "home",
    config: Annotated[Path | None, typer.Option(help="Configuration; <home>/b12.toml by default.")] = None,
) -> None:
    """Take the options that every command shares."""
    if config is not None and not config.is_file():
        raise ConfigurationError(f"No configuration file at {config}. Give the path of an existing b12.toml.")
    _Where.home, _Where.config, _Where.remote = Path(home), config, None
    if "://" in home:
        from pipelines.remote.home import RemoteHome

        _Where.remote = RemoteHome(home)
        _Where.home = _Where.remote.ready(context.invoked_subcommand, config)


@app.command()
def run(
    extracts: Annotated[str, typer.Option(envvar="B12_EXTRACTS", help="Folder of delivered files, or its URL.")],
    as_of: Annotated[datetime | None, _day("The date the lists look back from; today by default.")] = None,
    known_at: Annotated[
        datetime | None, _day("Read only what was known on this date; the as-of date by default.")
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

    record = run_nightly(
        RunRequest(
            home=_Where.home,
            extracts=extracts,
            config=_Where.config,
            as_of=as_of.date() if as_of else None,
            known_at=known_at.date() if known_at else None,
            profile=profile,
            site=site,
            accept_change=tuple(accept_change or ()),
            remote=_Where.named() if _Where.remote else "",
            cluster=cluster_of(engine, scheduler, shared),
            quiet=as_json,
        )
    )
    _say_published(record.run_id, as_json)


@app.command()
def demo(
    people: Annotated[int, typer.Option(min=1, help="Size of the synthetic population.")] = 5_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same people.")] = 1,
    as_of: Annotated[datetime | None, _day("The date of the demonstration; today by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Make a synthetic population with planted cases, run the nightly job on it, and show what was published."""
    from pipelines.demo.tour import give_demo

    outcome = give_demo(_Where.home, people=people, seed=seed, as_of=as_of.date() if as_of else None, quiet=as_json)
    _say_published(outcome.run_id, as_json, extra=outcome.summary())
    if outcome.wrong:
        raise B12Error(f"{outcome.wrong} planted cases are not in their expected state; see {outcome.comparison}.")


@app.command()
def explain(
    person: Annotated[str, typer.Argument(help="Patient identifier, as delivered.")],
    worklist: Annotated[str | None, typer.Option(help="Only this worklist.")] = None,
    as_of: Annotated[
        datetime | None, _day("Judge as of this date, from the store; the publication's by default.")
    ] = None,
    chart: Annotated[
        Path | None, typer.Option(help="Draw results and treatment into this file too, .svg or .png.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Say why a person is or is not on each list: every condition, the near misses, and the evidence."""
    from rich.console import Console

    from pipelines.explain import as_text, explain_person, save_chart, say

    if as_of and _Where.remote:
        _Where.remote.pull_store()
    explanation = explain_person(
        _Where.home, _Where.config, person, worklist=worklist, as_of=as_of.date() if as_of else None
    )
    if chart:
        save_chart(explanation, chart)
    if as_json:
        _print(explanation.as_json())
    elif sys.stdout.isatty():
        say(explanation, Console())
    else:
        _print(as_text(explanation))


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """Show how fresh the publication is, the last runs, what is stale and what the gate refused."""
    from pipelines.publish.status import status_of

    found = status_of(_Where.home)
    _print(json.dumps(found, default=str, indent=1) if as_json else _status_text(found))


@codes_app.callback(invoke_without_command=True)
def codes(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print the overview as JSON.")] = False
) -> None:
    """Show the code lists: concepts with their codes by system, and where the codes come from.

    `b12 codes CONCEPT` shows the codes of one concept.
    """
    if ctx.invoked_subcommand:
        return
    from pipelines.codelists.catalog import concept_rows, source_rows

    book = _codebook()
    concepts, sources = concept_rows(book), source_rows(book)
    if as_json:
        _print(json.dumps({"concepts": concepts, "sources": sources, "remarks": book.remarks}, indent=1))
        return
    _print(_columns(concepts))
    _print(f"\nWhere they come from (the notices of the sources: NOTICE)\n{_columns(sources)}")
    for remark in book.remarks:
        _print(f"\n{remark}")
    _print("\nb12 codes CONCEPT shows its codes. Your own lists: a folder `codelists` beside b12.toml.")


@codes_app.command("show", hidden=True)
def codes_of_concept(
    concept: Annotated[str, typer.Argument(help="Name of a concept, as `b12 codes` lists them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show every code and name pattern of one concept, and the list it stands in."""
    from pipelines.codelists.catalog import code_rows

    rows = code_rows(_codebook(), concept)
    _print(json.dumps(rows, indent=1) if as_json else _columns(rows))


def _codebook() -> Any:
    from pipelines.config import load_settings
    from pipelines.orchestration.order import configured_codebook

    return configured_codebook(_Where.home, load_settings(_Where.config or _Where.home / "b12.toml"))


@codes_app.command("unmapped")
def codes_unmapped(
    limit: Annotated[int, typer.Option(min=1, help="How many codes to show.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List codes that belong to no concept: those that look like one first, then by how often they were seen."""
    from pipelines.publish.status import unmapped_codes

    rows = unmapped_codes(_Where.home, limit)
    _print(json.dumps(rows, default=str, indent=1) if as_json else _columns(rows))


@app.command()
def review(
    host: Annotated[
        str, typer.Option(help="Where to listen; anything but this machine needs [review.proxy].")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = 8012,
) -> None:
    """Open the screen on which reviewers work the lists."""
    from pipelines.review.server import serve

    if _Where.remote:
        _Where.remote.follow()
    serve(_Where.home, _Where.config, host=host, port=port, say=_print)


@app.command()
def dagster(
    extracts: Annotated[str, typer.Option(envvar="B12_EXTRACTS", help="Folder of delivered files, or its URL.")],
    port: Annotated[int, typer.Option(help="Port of the web interface, on this machine only.")] = 3000,
) -> None:
    """Open the Dagster web interface with the nightly schedule running."""
    from pipelines.orchestration.run import dagster_home

    environment = {
        **os.environ,
        "B12_HOME": _Where.named() if _Where.remote else str(_Where.home.resolve()),
        "B12_EXTRACTS": extracts if "://" in extracts else str(Path(extracts).resolve()),
        "B12_CONFIG": str(_Where.config.resolve()) if _Where.config else "",
        "DAGSTER_HOME": str(dagster_home(_Where.home)),
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


@app.command()
def docs(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when a page is stale.")] = False,
) -> None:
    """Write the catalogue of the worklists and the data dictionary, from rules, profiles, suites, tests and DDL."""
    from pipelines.docs import checkout, pages, stale_pages, write_pages

    top = checkout()
    texts = pages(top)
    if not check:
        _print("\n".join(f"wrote {name}" for name in write_pages(top, texts)) or "Every page says what the code does.")
    elif stale := stale_pages(top, texts):
        raise B12Error(f"Stale: {', '.join(stale)}. Run `b12 docs`, and commit what it writes.")


@app.command("new-worklist")
def new_worklist(
    slug: Annotated[str, typer.Argument(help="Cohort, then what is missing: metformin_unmonitored.")],
    title: Annotated[str | None, typer.Option(help="The list in words; the slug in words by default.")] = None,
    owner: Annotated[str, typer.Option(help="Who answers for the definition.")] = "practice",
) -> None:
    """Write the rule, the suite and the test of a new worklist, in a checkout."""
    from pipelines.docs import checkout
    from pipelines.scaffold import new_worklist

    today = datetime.now().astimezone().date()  # noqa: TID251 - the day of the first review; the clock stays here
    written = new_worklist(checkout(), slug, title=title, owner=owner, reviewed=today)
    rule, suite, test = written
    _print("\n".join(f"wrote {name}" for name in written))
    _print(
        f"\nIt is a list already: people with a low B12 and no treatment. Make it yours:\n"
        f"  1. {rule}: who is eligible, what closes the gap, its sources; numbers go into profiles/*.toml\n"
        f"  2. {test}: each boundary twice, the last day in and the first day out\n"
        f"  3. {suite}: the closing rules and priorities it may have\n"
        f"  4. python -m pytest {test} tests/test_house.py\n"
        "  5. b12 docs, for the catalogue"
    )


@app.command("export")
def export_files(
    form: Annotated[str, typer.Option("--format", help="xlsx, csv, parquet, or fhir.")] = "xlsx",
    site: Annotated[str | None, typer.Option(help="Only this site.")] = None,
    worklist: Annotated[str | None, typer.Option(help="Only this worklist.")] = None,
    to: Annotated[Path | None, typer.Option(help="Folder to write to; <home>/exports/<as-of> by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the files as JSON.")] = False,
) -> None:
    """Write the published worklists as files: a workbook for each site, CSV or Parquet, or FHIR R4 for a server."""
    if form == "fhir":
        from pipelines.fhir_export import export_fhir

        written = export_fhir(_Where.home, to, worklist, site).files
    else:
        from pipelines.sheets.exporting import export_lists

        written = export_lists(_Where.home, form=form, site=site, worklist=worklist, to=to)
    files = [str(path) for path in written]
    _print(json.dumps(files, indent=1) if as_json else "\n".join(files))


@app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(help="Workbooks that were sent back.", metavar="FILE...")],
    user: Annotated[str | None, typer.Option("--as", help="Who decided; your login name by default.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
) -> None:
    """Take reviewers' decisions from workbooks, and say what became of each row; no patient is named here."""
    from pipelines.config import load_settings
    from pipelines.orchestration.clock import local_now
    from pipelines.sheets.importing import import_workbooks

    settings = load_settings(_Where.config or _Where.home / "b12.toml")
    reports, refused = import_workbooks(
        files,
        home=_Where.home,
        settings=settings,
        user=user or _login(),
        now=local_now(settings.timezone),
        dry_run=dry_run,
    )
    _Where.keep("imports")
    if as_json:
        _print(json.dumps([report.as_dict() for report in reports], indent=1))
    elif reports:
        _print("\n".join(report.as_text() for report in reports))
    if refused:
        raise B12Error("\nb12: ".join(refused))


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise ConfigurationError("The login name of this user is not known. Say who decided, with --as NAME.") from None


@app.command()
def notebook(
    name: Annotated[str | None, typer.Argument(help="Which one; without a name, all to choose from.")] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Open it to be changed; otherwise as an application.")] = False,
    port: Annotated[int | None, typer.Option(help="Port on this machine; a free one by default.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
) -> None:
    """Open a notebook on the standing publication, read-only."""
    from pipelines.notebook import notebook_command

    command, settings = notebook_command(_Where.home, name, edit=edit, port=port, headless=headless)
    os.execve(command[0], command, {**os.environ, **settings})


@app.command()
def backfill(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m"], metavar="YYYY-MM", help="The first month.")],
    last: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m"], metavar="YYYY-MM", help="The last month; it has ended.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print what became of each month end as JSON.")] = False,
) -> None:
    """Compute the measures of past month ends, as each would have been known on its day."""
    from pipelines.orchestration.backfill import BackfillRequest, run_backfill

    months = run_backfill(BackfillRequest(_Where.home, first.date(), last.date(), config=_Where.config, quiet=as_json))
    _Where.keep("measures")
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
        _print(json.dumps({"folder": str(_Where.home / "measures"), "months": rows}, indent=1))
        return
    _print(_columns(rows))
    _print(f"\nWritten below {_Where.home / 'measures'}; the next publication carries them in the table `measure`.")


@app.command("init")
def start_configuration(
    extracts: Annotated[Path, typer.Argument(help="Folder of files, of whatever kind.", metavar="EXTRACTS")],
    output: Annotated[Path | None, typer.Option(help="File to write; <home>/b12.toml by default.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Rows of each file that are looked at.")] = 10_000,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Look at unknown files, propose a b12.toml for them, and try it on a sample."""
    from pipelines.onboarding.starting import start, tell
    from pipelines.orchestration.clock import local_now

    started = start(_Where.home, extracts, output=output, force=force, now=local_now("UTC"), rows=rows)
    if as_json:
        _print(json.dumps(started.as_dict(), indent=1))
        return
    tell(started, _console())
    _print(f"Look through it. Then: b12 --config {started.written} check-source --extracts {extracts}")


@app.command("check-source")
def check_sources(
    extracts: Annotated[Path, typer.Option(envvar="B12_EXTRACTS", help="Folder of delivered files.")],
    source: Annotated[str | None, typer.Option(help="Only this source of the configuration.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Say how far the configuration understands the files: codes, units, dates, people, volume. Publishes nothing."""
    from pipelines.config import load_settings
    from pipelines.onboarding.checking import check_source, tell_check
    from pipelines.orchestration.clock import local_now

    settings = load_settings(_Where.config or _Where.home / "b12.toml")
    check = check_source(_Where.home, extracts, settings, now=local_now(settings.timezone), source=source)
    if as_json:
        _print(json.dumps(check.as_dict(), indent=1))
    else:
        tell_check(check, _console())
    if not check.is_fit:
        raise Refused(check.verdict)


def _console() -> Any:
    """A terminal as wide as it is; where the output goes elsewhere, wide enough for a table."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() or "COLUMNS" in os.environ else Console(width=140)


@app.command()
def unlock() -> None:
    """Break the lock of a remote home whose holder is gone for good; that of a folder ends with its process."""
    from pipelines.remote.lock import break_lock

    if _Where.remote is None:
        raise ConfigurationError(f"The lock of the folder {_Where.home} ends with its process; there is none to break.")
    holder = break_lock(_Where.remote.place)
    _print(f"Broken: it was held by {holder}." if holder else "Nobody holds the lock.")


def _say_published(run_id: str, as_json: bool, extra: dict[str, Any] | None = None) -> None:
    from pipelines.publish.status import published_summary

    summary = published_summary(_Where.home) | (extra or {})
    if _Where.remote:
        summary |= _Where.remote.addresses(run_id)
    if as_json:
        _print(json.dumps(summary, default=str, indent=1))
        return
    from rich.console import Console

    console = Console()
    console.print(f"Published run {run_id}: as of {summary['as_of']}, profile {summary['profile']}.")
    _print(_columns(summary["worklists"]))
    for line in summary.get("notes", []):
        console.print(line, highlight=False)
    console.print(
        f"\nDatabase  {summary['database']}\nLists     {summary['lists']}\nReport    {summary['report']}\n"
        f"\nWhy is somebody on a list, or not:  b12 --home {_Where.named()} explain PERSON",
        highlight=False,
        soft_wrap=True,
    )


def _status_text(found: dict[str, Any]) -> str:
    lines = [found["headline"], ""]
    for title, rows in found["tables"].items():
        lines += [title, _columns(rows) if rows else "  none", ""]
    return "\n".join(lines)


def _columns(rows: list[dict[str, Any]]) -> str:
    """Rows as plain aligned text, the same on a terminal and in a log."""
    if not rows:
        return "none"
    header = list(rows[0])
    cells = [[("" if row[name] is None else str(row[name])) for name in header] for row in rows]
    widths = [max(len(header[i]), *(len(line[i]) for line in cells)) for i in range(len(header))]
    numeric = [all(isinstance(row[name], int | float | None) for row in rows) for name in header]
    lines = [header, *cells]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def _print(text: str) -> None:
    typer.echo(text)


def main() -> None:
    """Run a command; errors of ours, and of the file system, end it with their message and exit code."""
    logging.getLogger("b12.alert").addHandler(logging.NullHandler())  # the error below says the same
    try:
        app()
    except B12Error as error:
        typer.echo(f"b12: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    except OSError as error:  # such as a folder without rights; a run that began says what stays
        told = f"b12: {error.strerror or error}: {error.filename}. Check that it can be read and written."
        typer.echo(told, err=True)
        raise SystemExit(B12Error.exit_code) from None


if __name__ == "__main__":
    main()
