"""The conditions of a list as a reviewer reads them: the words, how it came out, and the rows it was seen on."""

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipelines.worklists import IN_USE, Judgement, NotedConditions

UNITS = {"days": "days", "mcg": "mcg/day", "mg": "mg/day"}
"""The unit of a number by the last word of its column."""


LIFE = (
    *("state", "first_listed", "days_listed"),
    *("decision", "decision_reason", "decided_by", "decided_at", "snoozed_until"),
)
"""What the publication says of an item since it was first listed."""


@dataclass(frozen=True)
class Seen:
    """A row of the record: what it says, and where it stands in the extracts."""

    event_date: dt.date
    text: str
    value: float | None
    unit: str | None
    event_table: str
    event_id: str
    source_file: str
    source_row: int


@dataclass(frozen=True)
class Condition:
    """One condition and how it came out for the person.

    ``holds`` is null where it could not be judged, because the record it speaks of is missing. ``value``, ``unit`` and
    ``date`` are what it compared: a count of days or a dose where it does so, else the result and its date; ``found``
    says so in words, where ``seen``, the rows of the record that it looked at, do not. ``source_file`` and
    ``source_row`` are the place of the first of these. All are null where there is no record. ``asks_record``: it asks
    for a record and nothing else, so that "no record of" may be said of it.
    """

    name: str
    told: str
    holds: bool | None
    value: float | str | None = None
    unit: str | None = None
    date: dt.date | None = None
    source_file: str | None = None
    source_row: int | None = None
    found: str | None = None
    asks_record: bool = False
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True)
class ListState:
    """One list: its state for the person, and every condition in the order of the rule.

    ``state`` is "open", "closed" or "not eligible". ``closing`` holds the closing rules of somebody eligible, in
    order: the first that holds closes the gap. A near miss is in scope and fails exactly one condition while every
    other one holds; somebody without any record that the list speaks of is none.
    """

    worklist: str
    title: str
    state: str
    closed_by: str | None = None
    reason: str | None = None
    priority: int | None = None
    index_date: dt.date | None = None
    due_date: dt.date | None = None
    item_key: str | None = None
    flags: list[str] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    closing: list[Condition] = field(default_factory=list)
    is_near_miss: bool = False
    evidence: list[dict[str, Any]] = field(default_factory=list)
    life: dict[str, Any] | None = None

    @property
    def failed(self) -> list[Condition]:
        """The conditions that were judged and do not hold."""
        return [condition for condition in self.conditions if condition.holds is False]


def list_state(
    name: str,
    title: str,
    judgement: Judgement,
    noted: NotedConditions,
    *,
    as_of: dt.date,
    item: dict[str, Any] | None = None,
) -> ListState:
    """The state of the one person in this judgement on a list, with its conditions and the life of its item."""
    conditions = conditions_of(noted, name, "eligible", as_of=as_of)
    gap = judgement.care_gap.filter(worklist=name)
    if gap.is_empty():
        return ListState(name, title, "not eligible", conditions=conditions, is_near_miss=_is_near(conditions))
    row = gap.row(0, named=True)
    kept = ("closed_by", "reason", "priority", "index_date", "due_date", "item_key", "flags")
    return ListState(
        name,
        title,
        "closed" if row["closed_by"] else "open",
        conditions=conditions,
        closing=conditions_of(noted, name, "closing", as_of=as_of),
        evidence=_evidence(judgement, name),
        life={each: item.get(each) for each in LIFE} if item else None,
        **{column: row[column] for column in kept},
    )


def _is_near(conditions: list[Condition]) -> bool:
    """Does exactly one condition fail, while all others hold, on a list that is in use?"""
    others = [condition for condition in conditions if condition.holds is not False]
    is_in_use = all(condition.holds for condition in conditions if condition.told == IN_USE)
    return is_in_use and len(others) == len(conditions) - 1 and all(condition.holds for condition in others)


def conditions_of(noted: NotedConditions, worklist: str, part: str, *, as_of: dt.date) -> list[Condition]:
    """The conditions of one part of a list for the one person that was noted, in the order of the rule."""
    rows = noted.conditions.filter(worklist=worklist, part=part).sort("place")
    looked_at = noted.looked_at.filter(worklist=worklist, part=part).sort("event_date", "event_id", descending=True)
    return [_condition(row, looked_at.filter(place=row["place"]), as_of) for row in rows.iter_rows(named=True)]


def _condition(row: dict[str, Any], looked_at: pl.DataFrame, as_of: dt.date) -> Condition:
    seen = tuple(Seen(**each) for each in looked_at.select(list(Seen.__dataclass_fields__)).iter_rows(named=True))
    first = seen[0] if seen else None
    if row["number"] is not None:
        value, unit = row["number"], _unit_of(row["number_of"])
    elif first and first.event_table == "measurement" and first.value is not None:
        value, unit = first.value, first.unit
    else:
        value, unit = row["word"], None
    return Condition(
        name=row["told"] if row["part"] == "closing" else _name_of(row["told"]),
        told=row["told"],
        holds=row["holds"],
        value=value,
        unit=unit,
        date=row["day"] or (first.event_date if first else None),
        source_file=first.source_file if first else None,
        source_row=first.source_row if first else None,
        found=_found(row, seen, as_of),
        asks_record=bool(row["asks_record"]),
        seen=seen,
    )


def _name_of(told: str) -> str:
    """A name for programs, the same in every profile: the words before a colon or before the first number."""
    words = re.split(r":|(?<![A-Za-z0-9])\d", told, maxsplit=1)[0]
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def _found(row: dict[str, Any], seen: tuple[Seen, ...], as_of: dt.date) -> str | None:
    """What a condition compared, in words, beyond what the rows themselves say."""
    said = [row["word"] if row["part"] == "closing" else f"class {row['word']}"] if row["word"] else []
    if row["number"] is not None:
        unit = _unit_of(row["number_of"])
        name = row["number_of"].rsplit("_", 1)[0] if unit else row["number_of"]
        said.append(f"{name.replace('_', ' ')}: {row['number']:,.10g} {unit or ''}".strip())
    if row["day"] and row["day"] not in [each.event_date for each in seen]:
        said.append(f"{row['day_of'].replace('_', ' ')}: {dated(row['day'], as_of)}")
    return "; ".join(said) or None


def dated(day: dt.date, as_of: dt.date) -> str:
    """A date with its distance from the as-of date: 2026-11-08 (14 days before)."""
    days = (as_of - day).days
    return f"{day} ({abs(days):,} {'day' if abs(days) == 1 else 'days'} {'before' if days >= 0 else 'after'})"


def _unit_of(column: str) -> str | None:
    return UNITS.get(column.rsplit("_", 1)[-1])


def _evidence(judgement: Judgement, name: str) -> list[dict[str, Any]]:
    order = ("event_date", "role", "event_id", "source_file", "source_row")
    return judgement.evidence.filter(worklist=name).sort(order).drop("worklist", "person_id").to_dicts()
