"""A table of cases as a reader wants it: one row per person, what is on record of them, and what the list says."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.clinical.words import label
from pipelines.docs.recorded import Drawn

NOT_ELIGIBLE = "not eligible"
DOSE_UNITS = {"metformin": "mg"}
"""The unit of a daily dose where it is not mcg."""
TAKEN_FOR_GRANTED = {"comparator": "=", "status": "final", "kind": "prescribed", "route": "oral"}
SPEAKING = ("kind", "status", "ingredient")
"""Columns whose value says by itself what it is."""
SAID = ("person_id", "concept", "value", "unit", "comparator", "daily_dose")
"""Columns that have a place of their own in the words of a record."""


@dataclass(frozen=True)
class Case:
    """One person of a table: what is on record, what comes out, and why the row is there."""

    person: str
    records: tuple[str, ...]
    outcome: str
    note: str


@dataclass(frozen=True)
class Cases:
    """A table of cases with what holds for all of them."""

    heading: str
    rows: tuple[Case, ...]


def cases(drawn: Drawn, titles: Mapping[str, str]) -> Cases:
    """The cases of one table; ``titles`` names the profiles. The tests must be importable."""
    noted = importlib.import_module("tests.tables").noted
    records: dict[str, list[str]] = {}
    notes: dict[str, list[str]] = {}
    for table, text in drawn.given.items():
        for cells, note in noted(text):
            said = _person(cells) if table == "person" else _event(table, cells, date.fromisoformat(drawn.as_of))
            records.setdefault(cells["person_id"], []).append(said)
            notes.setdefault(cells["person_id"], []).append(note)
    outcomes = {}
    for cells, note in noted(drawn.expect):
        outcomes[cells["person_id"]] = _outcome(cells)
        notes.setdefault(cells["person_id"], []).append(note)
    everyone = dict.fromkeys((*records, *outcomes))
    return Cases(
        _heading(drawn, titles),
        tuple(
            Case(
                person,
                tuple(each for each in records.get(person, []) if each),
                outcomes.get(person, NOT_ELIGIBLE),
                "; ".join(dict.fromkeys(note for note in notes[person] if note)),
            )
            for person in everyone
        ),
    )


def _heading(drawn: Drawn, titles: Mapping[str, str]) -> str:
    parts = [f"As of {drawn.as_of}", " and ".join(titles.get(profile, profile) for profile in drawn.profiles)]
    parts += [f"with `{name}` set to {_number(value)}" for name, value in drawn.overrides.items()]
    if drawn.delivered is not None:
        parts.append(f"only {', '.join(sorted(drawn.delivered))} ever delivered")
    if drawn.first_exposure:
        rows = importlib.import_module("tests.tables").parse(drawn.first_exposure)
        starts = ", ".join(f"{row['site'] or 'all sites'} {row['first_start']}" for row in rows)
        parts.append(f"drug records begin: {starts}")
    return "; ".join(parts)


def _number(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _person(cells: Mapping[str, str | None]) -> str:
    """What is known of the person themselves: "birth date 1960-05-01, sex M"."""
    known = [f"{name.replace('_', ' ')} {value}" for name, value in cells.items() if value and name != "person_id"]
    unknown = ["birth date not known"] if "birth_date" in cells and not cells["birth_date"] else []
    return ", ".join((*known, *unknown))


def _event(table: str, cells: Mapping[str, str | None], as_of: date) -> str:
    """A record in words: "Serum B12 98 pmol/L on 2026-11-08 (14 d)"."""
    dates = [name for name in cells if name.endswith("_date")]
    others = [
        value if name in SPEAKING else f"{name.replace('_', ' ')} {value}"
        for name, value in cells.items()
        if value and name not in (*SAID, *dates) and TAKEN_FOR_GRANTED.get(name) != value
    ]
    what = " ".join(part for part in (_label(cells["concept"]), _amount(table, cells)) if part)
    return ", ".join((f"{what} {_when([cells[name] for name in dates], as_of)}", *others))


def _amount(table: str, cells: Mapping[str, str | None]) -> str:
    if table == "drug_exposure":
        dose = cells.get("daily_dose")
        return f"{dose} {DOSE_UNITS.get(cells['concept'], 'mcg')} a day" if dose else ""
    if cells.get("value") is None:
        return ""
    unit = cells.get("unit") or importlib.import_module("tests.tables").UNITS.get(cells["concept"], "")
    comparator = (cells.get("comparator") or "=").removeprefix("=")
    return f"{comparator}{cells['value']} {unit}".strip()


def _when(days: list[str | None], as_of: date) -> str:
    start, *rest = days
    end = rest[0] if rest else None
    if end is None or end == start:
        return f"on {_day(start, as_of)}"
    return f"from {_day(start, as_of)} to {_day(end, as_of)}"


def _day(text: str | None, as_of: date) -> str:
    if text is None:
        return "an unknown date"
    days = (as_of - date.fromisoformat(text)).days
    return f"{text} ({days} d)" if days >= 0 else f"{text} (in {-days} d)"


def _outcome(cells: Mapping[str, str | None]) -> str:
    """What the list says of a person who is on it: "open, priority 2, due 2026-11-22"."""
    closed = cells.get("closed_by")
    is_told_open = "closed_by" in cells or cells.get("priority")
    state = f"closed by `{closed}`" if closed else "open" if is_told_open else "eligible"
    words = {"priority": "priority {}", "index_date": "since {}", "due_date": "due {}", "flags": "flagged {}"}
    return ", ".join((state, *(said.format(cells[name]) for name, said in words.items() if cells.get(name))))


def _label(concept: str) -> str:
    return pl.DataFrame({"concept": [concept]}).select(label()).item()
