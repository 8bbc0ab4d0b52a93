"""The conditions of a list as a reviewer reads them: the words, how it came out, and the rows it was seen on."""

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipelines.worklists import Judgement, NotedConditions

UNITS = {"days": "days", "mcg": "mcg/day", "mg": "mg/day"}
"""The unit of a number by the last word of its column."""


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
    ``date`` are what it looked at: a count of days or a dose where it compares one, else the result; ``source_file``
    and ``source_row`` the place of the first row of ``seen``. All are null where there is no record.
    """

    name: str
    told: str
    holds: bool | None
    value: float | str | None = None
    unit: str | None = None
    date: dt.date | None = None
    source_file: str | None = None
    source_row: int | None = None
    word: str | None = None
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

    @property
    def failed(self) -> list[Condition]:
        """The conditions that were judged and do not hold."""
        return [condition for condition in self.conditions if condition.holds is False]


def list_state(name: str, title: str, judgement: Judgement, noted: NotedConditions) -> ListState:
    """The state of the one person in this judgement on a list, with its conditions."""
    conditions = conditions_of(noted, name, "eligible")
    gap = judgement.care_gap.filter(worklist=name)
    if gap.is_empty():
        is_near = bool(conditions) and [condition.holds for condition in conditions].count(True) == len(conditions) - 1
        failed = [condition.holds for condition in conditions].count(False)
        return ListState(name, title, "not eligible", conditions=conditions, is_near_miss=is_near and failed == 1)
    row = gap.row(0, named=True)
    kept = ("closed_by", "reason", "priority", "index_date", "due_date", "item_key", "flags")
    return ListState(
        name,
        title,
        "closed" if row["closed_by"] else "open",
        conditions=conditions,
        closing=conditions_of(noted, name, "closing"),
        evidence=_evidence(judgement, name),
        **{column: row[column] for column in kept},
    )


def conditions_of(noted: NotedConditions, worklist: str, part: str) -> list[Condition]:
    """The conditions of one part of a list for the one person that was noted, in the order of the rule."""
    rows = noted.conditions.filter(worklist=worklist, part=part).sort("place")
    looked_at = noted.looked_at.filter(worklist=worklist, part=part).sort("event_date", "event_id", descending=True)
    return [_condition(row, looked_at.filter(place=row["place"])) for row in rows.iter_rows(named=True)]


def _condition(row: dict[str, Any], looked_at: pl.DataFrame) -> Condition:
    seen = tuple(Seen(**each) for each in looked_at.select(list(Seen.__dataclass_fields__)).iter_rows(named=True))
    first = seen[0] if seen else None
    if row["number"] is not None:
        value, unit = row["number"], UNITS.get(row["number_of"].rsplit("_", 1)[-1])
    elif first and first.value is not None:
        value, unit = first.value, first.unit
    else:
        value, unit = row["word"], None
    return Condition(
        name=re.sub(r"[^a-z]+", "_", row["told"].lower()).strip("_"),
        told=row["told"],
        holds=row["holds"],
        value=value,
        unit=unit,
        date=row["day"] or (first.event_date if first else None),
        source_file=first.source_file if first else None,
        source_row=first.source_row if first else None,
        word=row["word"],
        seen=seen,
    )


def _evidence(judgement: Judgement, name: str) -> list[dict[str, Any]]:
    order = ("event_date", "role", "event_id", "source_file", "source_row")
    return judgement.evidence.filter(worklist=name).sort(order).drop("worklist", "person_id").to_dicts()
