"""Opening the notebooks that ship, on the standing publication."""

import importlib.util
import sys
from pathlib import Path

from pipelines.contract import root
from pipelines.errors import B12Error, ConfigurationError
from pipelines.publish.editions import Editions

DATABASE_VARIABLE = "B12_DATABASE"
"""Tells a notebook which publication to read."""


def notebooks() -> dict[str, Path]:
    """The notebooks by name, sorted."""
    return {path.stem: path for path in sorted(root("notebooks").glob("*.py"))}


def notebook_command(
    home: Path, name: str | None = None, *, edit: bool = False, port: int | None = None, headless: bool = False
) -> tuple[list[str], dict[str, str]]:
    """The command that opens a notebook, or all of them to choose from, and the environment that it needs.

    The database is named by the link to the publication: what is opened after the next night reads the next one, what
    is open keeps its rows. marimo listens on this machine only. Opened as an application, and opened by marimo's own
    settings to be changed, it stores no output beside the notebook.

    Raises:
        ConfigurationError: There is no such notebook, or none was named to be changed.
        B12Error: Nothing is published, or marimo is not installed.
    """
    known = notebooks()
    if name is not None and name not in known:
        raise ConfigurationError(f"No notebook named {name!r}. Notebooks: {', '.join(known)}.")
    if edit and name is None:
        raise ConfigurationError(f"Name the notebook to be changed. Notebooks: {', '.join(known)}.")
    database = Editions(home.resolve()).database
    if not database.exists():
        raise B12Error(f"Nothing is published in {home} yet. Run `b12 --home {home} run --extracts DIR` first.")
    if importlib.util.find_spec("marimo") is None:
        raise B12Error("Notebooks need the package marimo. Install it with: pip install 'b12-care-gaps[notebooks]'")
    files = [known[name]] if name else list(known.values())
    command = [sys.executable, "-m", "marimo", "edit" if edit else "run", *map(str, files), "--host", "127.0.0.1"]
    command += ["--token", "--skip-update-check"] if edit else ["--token", "--include-code"]
    command += ["--port", str(port)] if port else []
    command += ["--headless"] if headless else []
    return command, {DATABASE_VARIABLE: str(database), "MARIMO_SKIP_UPDATE_CHECK": "1"}
