"""What the commands share: the application, the home that was named, and how things are said."""

import os
import sys
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pipelines.errors import ConfigurationError

if TYPE_CHECKING:
    from pipelines.remote.home import RemoteHome

app = typer.Typer(
    name="b12",
    help="Finds the gaps in vitamin B12 care that hide in plain data, and publishes them as worklists.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

NIGHT = "Every night"
LISTS = "Work the lists"
SOURCES = "Extracts and codes"
DEFINITIONS = "Definitions"


class _Where:
    """Options that every command shares.

    A remote home is reached when a command first asks for it: its help, and what is wrong with its options, are told
    without it.
    """

    given = "home"
    command: str | None = None
    config: Path | None = None

    def settle(self, home: str, command: str | None, config: Path | None) -> None:
        """Take what a command was given, in place of what the one before made of its own."""
        vars(self).clear()
        self.given, self.command, self.config = home, command, config

    @cached_property
    def remote(self) -> "RemoteHome | None":
        """The home where it is named by a URL."""
        if "://" not in self.given:
            return None
        from pipelines.remote.home import RemoteHome

        return RemoteHome(self.given)

    @cached_property
    def home(self) -> Path:
        """The folder of the home, on this machine; what the command will read of a remote one is brought there."""
        return self.remote.ready(self.command, self.config) if self.remote else Path(self.given)

    def named(self) -> str:
        """The home as it was given."""
        return self.remote.place.url if self.remote else str(self.home)

    def keep(self, folder: str) -> None:
        """Write what a command left in a folder of its home to a remote one."""
        if self.remote:
            self.remote.keep(folder)


Where = _Where()


def day(text: str) -> Any:
    return typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help=text, callback=in_our_times)


def in_our_times(told: datetime | None) -> datetime | None:
    """A date of an option, unless it is a typing error from which no rule could count back or on.

    Raises:
        ConfigurationError: It lies in another age.
    """
    if told is not None and not 1900 <= told.year < 2200:
        raise ConfigurationError(f"The year {told.year} is no year of these records. Give one from 1900 to 2199.")
    return told


def echo(text: str) -> None:
    typer.echo(text)


def columns(rows: list[dict[str, Any]]) -> str:
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


def console() -> Any:
    """A terminal as wide as it is; where the output goes elsewhere, wide enough for a table."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() or "COLUMNS" in os.environ else Console(width=140)
