"""Why somebody is or is not on each list, arranged for the patient page.

The one place where the room meets ``pipelines.explain``.
"""

from dataclasses import dataclass
from typing import Any

from pipelines.explain import Condition, Explanation, ListState

VERDICTS = {True: "holds", False: "fails", None: "unknown"}


@dataclass(frozen=True)
class Why:
    """An explanation in the order in which a reviewer asks.

    ``listed`` are the open lists by slug, ``closed`` those whose gap something closed, ``near`` those that are one
    condition away, ``others`` the rest; ``timeline`` is newest first.
    """

    out_of_scope: str | None
    scope: list[Condition]
    listed: dict[str, ListState]
    closed: list[ListState]
    near: list[ListState]
    others: list[ListState]
    timeline: list[dict[str, Any]]


def why_of(explanation: Explanation) -> Why:
    """The parts of the page."""
    of_state: dict[str, list[ListState]] = {"open": [], "closed": [], "not eligible": []}
    for listed in explanation.lists:
        of_state[listed.state].append(listed)
    return Why(
        out_of_scope=explanation.out_of_scope,
        scope=explanation.scope,
        listed={listed.worklist: listed for listed in of_state["open"]},
        closed=of_state["closed"],
        near=explanation.near_misses,
        others=[listed for listed in of_state["not eligible"] if not listed.is_near_miss],
        timeline=list(reversed(explanation.timeline)),
    )


def verdict(holds: bool | None) -> str:
    """How a condition came out, in a word; nothing rests on a color."""
    return VERDICTS[holds]
