"""The commands. Each is thin: it reads its options, calls one function, and prints what came of it."""

import importlib
import logging
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli._shared import Where, app
from pipelines.errors import B12Error, ConfigurationError

for commands in ("night", "lists", "sources", "definitions"):  # in the order of the help
    importlib.import_module(f"pipelines.cli.{commands}")


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
    Where.settle(home, context.invoked_subcommand, config)


def main() -> None:
    """Run a command; errors of ours, and of the file system, end it with their message and exit code."""
    logging.getLogger("b12.alert").addHandler(logging.NullHandler())  # the error below says the same
    try:
        app()
    except B12Error as error:
        typer.echo(f"b12: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    except OSError as error:  # such as a folder without rights; a run that began says what stays
        where = f": {error.filename}" if error.filename else ""
        told = f"b12: {error.strerror or error}{where}. Check that it can be read and written."
        typer.echo(told, err=True)
        raise SystemExit(B12Error.exit_code) from None
