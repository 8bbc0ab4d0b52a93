"""Is what a configuration reads fit to make lists from? Findings in the words and with the limits of the gate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.ingest.delivery import NEEDED_TABLES
from pipelines.onboarding.source_facts import SourceFacts
from pipelines.onboarding.trial import Trial
from pipelines.publish.delivery_rules import MAX_QUARANTINED, MIN_QUARANTINED

MANY = 0.05
"""Share from which what is missing is no exception."""


@dataclass(frozen=True)
class Found:
    """One finding: ``is_blocking`` when the source is not fit because of it; ``to_do`` says what helps."""

    is_blocking: bool
    text: str
    to_do: str


def findings(facts: SourceFacts, trial: Trial, *, idle: Sequence[str], whole: bool) -> list[Found]:
    """Everything that is wrong, what blocks first. ``whole``: all sources were checked, not one alone."""
    found = [
        *_files(trial),
        *_volumes(facts, whole),
        *_quarantine(facts),
        *_units(facts),
        *_codes(facts, idle),
        *_people(facts),
    ]
    return sorted(found, key=lambda each: not each.is_blocking)


def _files(trial: Trial) -> Iterator[Found]:
    for each in trial.intake.unread:
        yield Found(True, f"{each.source}/{each.file} cannot be read: {each.why}", "Deliver it again, or take it away.")
    for entry in trial.store.entries():
        if not entry.conserved:
            yield Found(
                True, f"{entry.source}/{entry.file}: rows were lost on the way.", "Tell whoever looks after b12."
            )
    if trial.intake.ignored:
        names = ", ".join(trial.intake.ignored[:5])
        more = f" and {len(trial.intake.ignored) - 5} more" if len(trial.intake.ignored) > 5 else ""
        yield Found(
            False, f"Files that no source reads: {names}{more}.", "Name them in `files` of a table, or take them away."
        )


def _volumes(facts: SourceFacts, whole: bool) -> Iterator[Found]:
    read = dict(facts.files.group_by("table").agg(pl.col("rows_read").sum()).iter_rows())
    for table in NEEDED_TABLES if whole else ():
        if not read.get(table):
            yield Found(True, f"No row of {table} was read.", f"Deliver {table}; without them no list can be made.")
    b12 = facts.concepts.filter(pl.col("concept").is_in(["serum_b12", "active_b12"]))["rows"].sum()
    if read.get("labs") and not b12:
        yield Found(
            True,
            f"None of {read['labs']:,} rows of labs is a vitamin B12 result.",
            "Map its code in a [[code]] entry; the unmapped codes below may show it.",
        )
    kept = dict(facts.files.group_by("table").agg(pl.col("kept").sum()).iter_rows())
    for table, rows in sorted(read.items()):
        if rows and not kept[table]:
            yield Found(
                False, f"Nothing of {rows:,} rows of {table} is kept.", "Map its codes, or bring a list of your own."
            )


def _quarantine(facts: SourceFacts) -> Iterator[Found]:
    for file in facts.files.iter_rows(named=True):
        bad, read = file["quarantined"], file["rows_read"]
        if bad > MAX_QUARANTINED * read and bad >= MIN_QUARANTINED:
            yield Found(
                True,
                f"{bad:,} of {read:,} rows of {file['source']}/{file['file']} go to quarantine: {file['reasons']}.",
                "So many do not fail one by one: correct the mapping.",
            )


def _units(facts: SourceFacts) -> Iterator[Found]:
    refused = facts.units.filter(~pl.col("is_understood"))
    for row in refused.group_by("source").agg(pl.col("rows").sum()).sort("source").iter_rows(named=True):
        yield Found(
            False,
            f"{row['rows']:,} results of {row['source']} have no unit, or one that is not understood.",
            'Declare it by code: [source.labs] units = { CODE = "pmol/L" }.',
        )


def _codes(facts: SourceFacts, idle: Sequence[str]) -> Iterator[Found]:
    alike = facts.unmapped.filter(pl.col("looks_like").is_not_null())
    if alike.height:
        yield Found(
            False,
            f"{alike.height} codes or names of no list look like a concept ({alike['rows'].sum():,} rows).",
            "Map those that are one in a [[code]] entry.",
        )
    for name in idle:
        yield Found(False, f"{name} matches no row.", "Compare it with the unmapped codes, and correct or remove it.")


def _people(facts: SourceFacts) -> Iterator[Found]:
    people = facts.people
    if people["in_patients"] is None:
        yield Found(False, "No patients were delivered: age, sex and site are unknown.", "Deliver patients.")
        return
    shares = (
        ("results_without_person", people["with_events"], "Are the ids of patients written alike in both files?"),
        ("without_birth_date", people["in_patients"], "Lists that ask for an age pass over them."),
        ("without_site", people["in_patients"], "Without a site they are on no site's list."),
    )
    said = {
        "results_without_person": "people with results are in no file of patients",
        "without_birth_date": "people have no date of birth",
        "without_site": "people have no site",
    }
    for name, of, to_do in shares:
        if people[name] > MANY * max(of, 1):
            yield Found(False, f"{people[name]:,} of {of:,} {said[name]}.", to_do)
