"""What a rule of the gate is, and the register of them all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipelines.publish.facts import GateFacts


@dataclass(frozen=True)
class Finding:
    """What a rule says about one subject: held, failed, or not compared (``held`` null)."""

    subject: str
    held: bool | None
    detail: str
    table: str | None = None
    unexpected: int | None = None
    rows: int | None = None


Judge = Callable[[GateFacts], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """One rule of the gate: how severe it is, why it is there, and what to do when it fails."""

    name: str
    severity: str
    why: str
    to_do: str
    judge: Judge


RULES: list[Rule] = []


def rule(severity: str, *, why: str, to_do: str) -> Callable[[Judge], Judge]:
    """Register a function of the facts as a rule of its own name."""

    def register(judge: Judge) -> Judge:
        RULES.append(Rule(judge.__name__, severity, why, to_do, judge))
        return judge

    return register


def in_order(frame: pl.DataFrame, *columns: str) -> list[dict[str, Any]]:
    """The rows, sorted by these columns."""
    return frame.sort(columns).to_dicts()
