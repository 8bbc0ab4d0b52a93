"""The commands about extracts: what they are, how far they are understood, and which codes mean what."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from pipelines.cli._shared import SOURCES, Where, app, columns, console, echo
from pipelines.errors import Refused


@app.command("init", rich_help_panel=SOURCES)
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

    started = start(Where.home, extracts, output=output, force=force, now=local_now("UTC"), rows=rows)
    if as_json:
        echo(json.dumps(started.as_dict(), indent=1))
        return
    tell(started, console())
    echo(f"Look through it. Then: b12 --config {started.written} check-source --extracts {extracts}")


@app.command("check-source", rich_help_panel=SOURCES)
def check_sources(
    extracts: Annotated[Path, typer.Option(envvar="B12_EXTRACTS", help="Folder of delivered files.")],
    source: Annotated[str | None, typer.Option(help="Only this source of the configuration.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Say how far the configuration understands the files: codes, units, dates, people, volume. Publishes nothing."""
    from pipelines.config import load_settings
    from pipelines.onboarding.checking import check_source, tell_check
    from pipelines.orchestration.clock import local_now

    settings = load_settings(Where.config or Where.home / "b12.toml")
    check = check_source(Where.home, extracts, settings, now=local_now(settings.timezone), source=source)
    if as_json:
        echo(json.dumps(check.as_dict(), indent=1))
    else:
        tell_check(check, console())
    if not check.is_fit:
        raise Refused(check.verdict)


class _CodesGroup(typer.core.TyperGroup):
    """``b12 codes CONCEPT``: a word that is no command of the group is the name of a concept."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        return super().resolve_command(ctx, args if args[0] in self.commands else ["show", *args])


codes_app = typer.Typer(cls=_CodesGroup, help="The code lists, and the codes that are in none.")
app.add_typer(codes_app, name="codes", rich_help_panel=SOURCES)


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
        echo(json.dumps({"concepts": concepts, "sources": sources, "remarks": book.remarks}, indent=1))
        return
    echo(columns(concepts))
    echo(f"\nWhere they come from (the notices of the sources: NOTICE)\n{columns(sources)}")
    for remark in book.remarks:
        echo(f"\n{remark}")
    echo("\nb12 codes CONCEPT shows its codes. Your own lists: a folder `codelists` beside b12.toml.")


@codes_app.command("show", hidden=True)
def codes_of_concept(
    concept: Annotated[str, typer.Argument(help="Name of a concept, as `b12 codes` lists them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show every code and name pattern of one concept, and the list it stands in."""
    from pipelines.codelists.catalog import code_rows

    rows = code_rows(_codebook(), concept)
    echo(json.dumps(rows, indent=1) if as_json else columns(rows))


def _codebook() -> Any:
    from pipelines.config import load_settings
    from pipelines.orchestration.order import configured_codebook

    return configured_codebook(Where.home, load_settings(Where.config or Where.home / "b12.toml"))


@codes_app.command("unmapped")
def codes_unmapped(
    limit: Annotated[int, typer.Option(min=1, help="How many codes to show.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List codes that belong to no concept: those that look like one first, then by how often they were seen."""
    from pipelines.publish.status import unmapped_codes

    rows = unmapped_codes(Where.home, limit)
    echo(json.dumps(rows, default=str, indent=1) if as_json else columns(rows))
