"""``b12 init``: propose a configuration for a folder of unknown files, write it, and say what came of trying it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.config import load_settings
from pipelines.errors import ConfigurationError
from pipelines.onboarding.proposing import Offer, propose

SAMPLE_ROWS = 10_000


@dataclass(frozen=True)
class Started:
    """What ``b12 init`` wrote, and the offer it rests on."""

    offer: Offer
    written: Path

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``: files, what became of their rows, doubts, and what is not read."""
        proposal, trial = self.offer.proposal, self.offer.trial
        return {
            "written": str(self.written),
            "refused": self.offer.refused,
            "read": trial.read.to_dicts() if trial else [],
            "unreadable": [{"file": each.file, "why": each.why} for each in trial.intake.unread] if trial else [],
            "doubts": [{"about": about, "doubt": text} for about, text in proposal.doubts],
            "not_read": [{"file": each.name, "why": each.why, "to_do": each.to_do} for each in proposal.leftovers],
        }


def start(
    home: Path, extracts: Path, *, output: Path | None, force: bool, now: datetime, rows: int = SAMPLE_ROWS
) -> Started:
    """Propose a configuration and write it; an existing file stays unless ``force``.

    Own code lists that lie beside the file to be written are used already.

    Raises:
        ConfigurationError: The file exists, or nothing in the folder can be read.
    """
    written = output or home / "b12.toml"
    if written.is_dir():
        raise ConfigurationError(f"{written} is a folder. Give the file to write, such as {written / 'b12.toml'}.")
    if written.exists() and not force:
        raise ConfigurationError(
            f"{written} exists and stays as it is. Give another file with --output, or --force to write over it."
        )
    written.parent.mkdir(parents=True, exist_ok=True)
    beside = load_settings(written.parent / "there is none.toml")  # finds the folder of own lists, and nothing else
    with scratch_in(written.parent) as scratch:
        offer = propose(extracts, scratch, own=beside, now=now, rows=rows)
    written.write_text(offer.text, encoding="utf-8")
    return Started(offer, written)


@contextmanager
def scratch_in(folder: Path) -> Iterator[Path]:
    """A folder of its own for copies of rows, beside what is protected as they are, and gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=folder) as name:
        yield Path(name)


def tell(started: Started, console: Console) -> None:
    """Say what was found, what became of the sample rows, and what has to be looked at."""
    offer = started.offer
    if offer.trial is None:
        say(console, "The sample could not be read with this proposal: ", str(offer.refused))
    else:
        console.print(files_table(offer.trial.read.to_dicts()))
        for each in offer.trial.intake.unread:
            say(console, each.file, f" cannot be read: {each.why}")
    if offer.proposal.leftovers:
        say(console, "\nNot read")
        for left in offer.proposal.leftovers:
            say(console, f"  {left.name}", f" {left.why}")
            for line in left.to_do.splitlines():
                say(console, "", f"      {line}")
    if doubts := offer.proposal.doubts:
        say(console, "\nTo be looked at", " (in the file: lines with ?)")
        for about, text in doubts:
            say(console, f"  {about}", f": {text}")
    console.print(f"\nWrote {started.written}.", highlight=False, soft_wrap=True, markup=False)


def say(console: Console, bold: str, plain: str = "") -> None:
    """A line as it stands: file names and advice hold brackets, which are no markup."""
    console.print(Text.assemble((bold, "bold"), plain), highlight=False)


def files_table(read: list[dict[str, Any]]) -> Table:
    """What became of the rows of each file, as a table for the terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("file", "source", "table"):
        table.add_column(name, overflow="fold")
    for name in ("rows", "kept", "off the pathway", "quarantined"):
        table.add_column(name, justify="right")
    table.add_column("because", overflow="fold")
    for row in read:
        counts = (row["rows_read"], row["kept"], row["off_pathway"], row["quarantined"])
        texts = (row["file"], row["source"], row["table"], *(f"{count:,}" for count in counts), row["reasons"])
        table.add_row(*map(Text, texts))
    return table
