"""The commands of those who work the lists and ask about them."""

import getpass
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli._shared import LISTS, Where, app, day, echo
from pipelines.errors import B12Error, ConfigurationError


@app.command(rich_help_panel=LISTS)
def review(
    host: Annotated[
        str, typer.Option(help="Where to listen; anything but this machine needs `review.proxy` in b12.toml.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = 8012,
) -> None:
    """Open the screen on which reviewers work the lists."""
    from pipelines.review.server import serve

    home = Where.home
    if Where.remote:
        Where.remote.follow()
    serve(home, Where.config, host=host, port=port, say=echo)


@app.command(rich_help_panel=LISTS)
def explain(
    person: Annotated[str, typer.Argument(help="Patient identifier, as delivered.")],
    worklist: Annotated[str | None, typer.Option(help="Only this worklist.")] = None,
    as_of: Annotated[
        datetime | None, day("Judge as of this date, from the store; the publication's by default.")
    ] = None,
    chart: Annotated[
        Path | None, typer.Option(help="Draw results and treatment into this file too, .svg or .png.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Say why a person is or is not on each list: every condition, the near misses, and the evidence."""
    from rich.console import Console

    from pipelines.explain import as_text, explain_person, save_chart, say

    home = Where.home
    if as_of and Where.remote:
        Where.remote.pull_store()
    explanation = explain_person(home, Where.config, person, worklist=worklist, as_of=as_of.date() if as_of else None)
    if chart:
        save_chart(explanation, chart)
    if as_json:
        echo(explanation.as_json())
    elif sys.stdout.isatty():
        say(explanation, Console())
    else:
        echo(as_text(explanation))


@app.command("export", rich_help_panel=LISTS)
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

        written = export_fhir(Where.home, to, worklist, site).files
    else:
        from pipelines.sheets.exporting import export_lists

        written = export_lists(Where.home, form=form, site=site, worklist=worklist, to=to)
    files = [str(path) for path in written]
    echo(json.dumps(files, indent=1) if as_json else "\n".join(files))


@app.command("import", rich_help_panel=LISTS)
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

    settings = load_settings(Where.config or Where.home / "b12.toml")
    reports, refused = import_workbooks(
        files,
        home=Where.home,
        settings=settings,
        user=user or _login(),
        now=local_now(settings.timezone),
        dry_run=dry_run,
    )
    Where.keep("imports")
    if as_json:
        echo(json.dumps([report.as_dict() for report in reports], indent=1))
    elif reports:
        echo("\n".join(report.as_text() for report in reports))
    if refused:
        raise B12Error("\nb12: ".join(refused))


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise ConfigurationError("The login name of this user is not known. Say who decided, with --as NAME.") from None


@app.command(rich_help_panel=LISTS)
def notebook(
    name: Annotated[str | None, typer.Argument(help="Which one; without a name, all to choose from.")] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Open it to be changed; otherwise as an application.")] = False,
    port: Annotated[int | None, typer.Option(help="Port on this machine; a free one by default.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
) -> None:
    """Open a notebook on the standing publication, read-only."""
    from pipelines.notebook import notebook_command

    command, settings = notebook_command(Where.home, name, edit=edit, port=port, headless=headless)
    os.execve(command[0], command, {**os.environ, **settings})
