"""Decisions of synthetic reviewers about synthetic people."""

from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.decisions import DecisionLog, NewDecision, Seen

VERSION_1 = Path(__file__).with_name("version_1.sql")


def decided(item_key: str = "low:P-1:r1", *, after: int | None = None, **other: Any) -> NewDecision:
    """A decision about an item, made when its latest entry was ``after``."""
    values = {
        "worklist": "low_b12_untreated",
        "person_id": "P-1",
        "item_key": item_key,
        "decision": "done",
        "decided_by": "Ann Lee",
        "decided_at": datetime(2026, 3, 2, 9, 30),
        "seen_at": datetime(2026, 3, 2, 2, 0),
        "channel": "review",
        "seen": Seen(run_id="run-1", evidence_hash="0123456789abcdef", priority=2, decision_id=after),
    }
    return NewDecision(**(values | other))


def outcomes(log: DecisionLog, *new: NewDecision) -> list[str]:
    """What became of each."""
    return [fate.outcome for fate in log.append(new)]


def broken_chains(log: DecisionLog) -> list[str]:
    """Items whose entries do not each follow the one before."""
    found = []
    for (item,), entries in log.read().group_by("item_key", maintain_order=True):
        ids = entries["decision_id"].to_list()
        if entries["seen_decision_id"].to_list() != [None, *ids[:-1]]:
            found.append(item)
    return found
