"""``b12 check-source``: read what is configured into a scratch store, say how far it is understood, write a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.config import Settings
from pipelines.duck import working_connection
from pipelines.errors import ConfigurationError
from pipelines.onboarding.fitness import Found, findings
from pipelines.onboarding.source_facts import PEOPLE, SourceFacts, facts_of
from pipelines.onboarding.starting import files_table, say, scratch_in
from pipelines.onboarding.trial import read_all
from pipelines.onboarding.volume_chart import monthly_rows, site_rows, volume_svg
from pipelines.orchestration.order import configured_codebook
from pipelines.publish.history import write_atomically

_TOLD = 12


@dataclass(frozen=True)
class SourceCheck:
    """What a check found: counts, findings, and the page that was written."""

    sources: tuple[str, ...]
    read_at: datetime
    facts: SourceFacts
    found: tuple[Found, ...]
    page: Path

    @property
    def is_fit(self) -> bool:
        """Can lists be made from what is read?"""
        return not any(each.is_blocking for each in self.found)

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        blocking = [each.text for each in self.found if each.is_blocking]
        if not blocking:
            more = f" {len(self.found)} findings to be looked at." if self.found else ""
            return f"Fit: what is read is understood.{more}"
        return "Not fit: " + " ".join(blocking)

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        facts = self.facts
        return {
            "fit": self.is_fit,
            "page": str(self.page),
            "found": [vars(each) for each in self.found],
            "files": facts.files.to_dicts(),
            "quarantine": facts.reasons.to_dicts(),
            "concepts": facts.concepts.to_dicts(),
            "unmapped": facts.unmapped.to_dicts(),
            "units": facts.units.to_dicts(),
            "people": facts.people,
            "volume": [{**row, "month": str(row["month"])} for row in facts.volume.to_dicts()],
        }


def check_source(
    home: Path, extracts: Path, settings: Settings, *, now: datetime, source: str | None = None
) -> SourceCheck:
    """Read the configured sources, or one of them, and hold what came of it against what lists need.

    Raises:
        ConfigurationError: There is no such source, a folder is not there, or a mapping does not fit a file.
    """
    names = tuple(each.name for each in settings.source)
    if source is not None and source not in names:
        raise ConfigurationError(f"No source named {source!r} in the configuration. Sources: {', '.join(names)}.")
    codebook = configured_codebook(home, settings)
    with scratch_in(home) as scratch:
        trial = read_all(settings, codebook, extracts, scratch, now=now, source=source)
        if not trial.read.height and not trial.intake.unread:
            raise ConfigurationError(_nothing(extracts, trial.intake.ignored))
        with working_connection(settings.memory_limit, spill=scratch) as con:
            facts = facts_of(trial, settings, con)
        matched = [name for entry in trial.store.entries() for name in entry.matched_entries]
        idle = [] if source else codebook.unused(matched)  # a list may be meant for another source
        found = findings(facts, trial, idle=idle, whole=source is None)
    found += [Found(False, remark, "Correct the list, or leave it as it is meant.") for remark in codebook.remarks]
    page = home / "checks" / f"{now:%Y%m%dT%H%M%S}-{source or 'all'}.html"
    check = SourceCheck((source,) if source else names, now, facts, tuple(found), page)
    write_atomically(page, _page(check))
    return check


def _nothing(extracts: Path, ignored: Sequence[str]) -> str:
    lies = f" It holds {', '.join(ignored[:5])}." if ignored else " It is empty."
    return (
        f"No file in {extracts} belongs to a configured source.{lies} `b12 init {extracts}` proposes a configuration."
    )


def _page(check: SourceCheck) -> str:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["told"] = _told
    templates.tests["number"] = lambda value: isinstance(value, int | float) and not isinstance(value, bool)
    return templates.get_template("source.html.j2").render(
        title="Source check: fit" if check.is_fit else "Source check: not fit",
        verdict=check.verdict,
        is_fit=check.is_fit,
        read_at=check.read_at,
        sources=", ".join(check.sources),
        found=check.found,
        tables=_tables(check.facts),
        chart=volume_svg(check.facts.volume),
    )


def _told(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _tables(facts: SourceFacts) -> list[tuple[str, str, str, list[dict[str, Any]]]]:
    """The tables of the page: id, heading, introduction, rows."""
    people = [{"what": words, "people": facts.people[name]} for name, words in PEOPLE.items()]
    return [
        ("files", "Files", "Every row is kept, off the pathway or in quarantine.", facts.files.to_dicts()),
        ("dates", "Dates", "Of the rows on the pathway.", date_rows(facts)),
        (
            "reasons",
            "Quarantine by reason",
            "Rows that cannot be read, and count for no rule.",
            facts.reasons.to_dicts(),
        ),
        ("concepts", "Codes that are mapped", "Rows kept, by concept.", facts.concepts.to_dicts()),
        ("unmapped", "Codes that are not mapped", "Those that look like a concept first.", facts.unmapped.to_dicts()),
        ("units", "Units", "As reported; those that are not understood first.", facts.units.to_dicts()),
        ("people", "People", "Counted once each.", people),
        ("months", "Volume by month", "Rows kept, by the date of the event.", monthly_rows(facts.volume)),
        ("sites", "Volume by site", "Rows kept, by the site of the person.", site_rows(facts.volume)),
    ]


def date_rows(facts: SourceFacts) -> list[dict[str, Any]]:
    """Of each source and table: rows on the pathway, and those whose dates cannot be read or lie in the future."""
    keys = ["source", "table"]
    said = facts.files.group_by(keys).agg(on_pathway=pl.col("kept").sum() + pl.col("quarantined").sum())
    reasons = ("bad_date", "future_date", "end_before_start")
    counted = facts.reasons.group_by(keys).agg(
        pl.col("rows").filter(pl.col("reason") == reason).sum().alias(reason) for reason in reasons
    )
    joined = said.join(counted, on=keys, how="left").with_columns(pl.col(reasons).fill_null(0))
    return joined.sort(keys).to_dicts()


def tell_check(check: SourceCheck, console: Console) -> None:
    """The check on a terminal: files, codes, units, people, months, and what stands out."""
    facts = check.facts
    refused = facts.units.filter(~pl.col("is_understood")).drop("concept", "is_understood")
    people = [{"what": words, "people": facts.people[name]} for name, words in PEOPLE.items()]
    console.print(files_table(facts.files.to_dicts()))
    for title, rows in (
        ("Codes of no list, those that look like a concept first", facts.unmapped.head(_TOLD).to_dicts()),
        ("Units that are missing or not understood", refused.head(_TOLD).to_dicts()),
        ("Dates, of the rows on the pathway", date_rows(facts)),
        ("People", people),
        ("Rows on the pathway by month", monthly_rows(facts.volume)),
        ("Rows on the pathway by site", site_rows(facts.volume)[:_TOLD]),
    ):
        say(console, f"\n{title}")
        console.print(_plain(rows) if rows else "none")
    for each in check.found:
        say(console, "\nNot fit: " if each.is_blocking else "\nTo be looked at: ", f"{each.text} {each.to_do}")
    console.print(f"\nReport    {check.page}", highlight=False, soft_wrap=True, markup=False)


def _plain(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, value in rows[0].items():
        is_number = isinstance(value, int) and not isinstance(value, bool)
        table.add_column(name.replace("_", " "), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_told(value)) for value in row.values()))
    return table
