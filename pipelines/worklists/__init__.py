"""The worklists: one module per list, found by its name; the modules that begin with an underscore are the engine."""

from pipelines.worklists._closing import because, close_gap, open_on
from pipelines.worklists._definition import definition_hash
from pipelines.worklists._registry import Worklist, worklist, worklists
from pipelines.worklists._worklist import Judgement, judge

__all__ = [
    "Judgement",
    "Worklist",
    "because",
    "close_gap",
    "definition_hash",
    "judge",
    "open_on",
    "worklist",
    "worklists",
]
