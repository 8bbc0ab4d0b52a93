"""Eligibility: the conditions of a list, named where they filter, so that a person can be told which one fails."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import polars as pl

IN_USE = "the list is in use in this profile"

_HOLDS = "__holds_"


def eligible_if(rows: pl.LazyFrame, conditions: Mapping[str, pl.Expr], *, record: str | None = None) -> pl.LazyFrame:
    """The rows for which all of these conditions hold, each under the words that ask for it.

    ``record`` says what a row is a record of, where having none is a reason of its own not to be eligible.
    While a person is explained the conditions are noted, and the rows that come nearest pass (see ``Notes``).
    """
    notes = _notes.get()
    return rows.filter(*conditions.values()) if notes is None else notes.take(rows, conditions, record)


@dataclass(frozen=True)
class Step:
    """What one call of ``eligible_if`` saw: the nearest rows of every person that had one."""

    record: str | None
    conditions: Mapping[str, pl.Expr]
    rows: pl.DataFrame

    def holds(self, place: int) -> str:
        """The boolean column of ``rows`` that says how the condition in that place came out."""
        return f"{_HOLDS}{place}"


@dataclass
class Notes:
    """What was noted of one rule: the steps of its eligibility, and its closing rules by name.

    Of each person the rows pass that fail the fewest conditions, so that later conditions are judged too. Where rows
    satisfy all of them these are the rows of a plain filter: who is eligible is not changed by being explained.
    """

    steps: list[Step] = field(default_factory=list)
    closing: dict[str, pl.LazyFrame] = field(default_factory=dict)

    def take(self, rows: pl.LazyFrame, conditions: Mapping[str, pl.Expr], record: str | None) -> pl.LazyFrame:
        """Note how each row comes out, and let the nearest of each person pass."""
        held = {f"{_HOLDS}{place}": holds.fill_null(value=False) for place, holds in enumerate(conditions.values())}
        failures = pl.sum_horizontal(pl.lit(0), *(~pl.col(name) for name in held))
        judged = rows.with_columns(**held)
        nearest = judged.filter(failures == failures.min().over("person_id")).collect()
        self.steps.append(Step(record, conditions, nearest))
        return nearest.drop(held).lazy()


_notes: ContextVar[Notes | None] = ContextVar("notes", default=None)


@contextmanager
def noting() -> Iterator[Notes]:
    """Note the conditions of the rule that is called inside."""
    notes = Notes()
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)


def noted_closing(rules: Mapping[str, pl.LazyFrame]) -> None:
    """Note the closing rules, where a rule is being noted."""
    notes = _notes.get()
    if notes is not None:
        notes.closing = dict(rules)
