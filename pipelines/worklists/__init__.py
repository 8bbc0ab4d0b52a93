"""The worklists: one module per list, found by its name; the modules that begin with an underscore are the engine."""

from pipelines.clinical.eligible import IN_USE, eligible_if
from pipelines.worklists._closing import (
    because,
    by_b12_now,
    by_cause_resolved,
    by_oral_switch,
    by_treatment,
    by_treatment_around,
    close_gap,
    eligible_on,
    open_on,
)
from pipelines.worklists._definition import definition_hash
from pipelines.worklists._evidence import showable
from pipelines.worklists._noted import NotedConditions, note_conditions
from pipelines.worklists._registry import Worklist, known_worklist, worklist, worklists
from pipelines.worklists._tables import EVENT_TABLES
from pipelines.worklists._worklist import Judgement, judge

__all__ = [
    "EVENT_TABLES",
    "IN_USE",
    "Judgement",
    "NotedConditions",
    "Worklist",
    "because",
    "by_b12_now",
    "by_cause_resolved",
    "by_oral_switch",
    "by_treatment",
    "by_treatment_around",
    "close_gap",
    "definition_hash",
    "eligible_if",
    "eligible_on",
    "judge",
    "known_worklist",
    "note_conditions",
    "open_on",
    "showable",
    "worklist",
    "worklists",
]
