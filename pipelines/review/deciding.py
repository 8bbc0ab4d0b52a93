"""From a form to the log: who decides what about which items, and what became of each."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from pipelines.decisions import LABELS, NewDecision, Seen, problems
from pipelines.errors import B12Error
from pipelines.review.access import Visitor
from pipelines.review.decided import LiveDecisions
from pipelines.review.lists import items_by_key
from pipelines.review.overview import said_because
from pipelines.review.sight import Sight
from pipelines.review.turned import Turned

MOST_AT_ONCE = 500
NOT_RECORDED = "decision not recorded"
"""What the audit log says of items whose decision, of the line before, the decision log did not take."""

Note = Callable[[str, list[dict[str, Any]]], None]
"""Puts into the audit log what was done, and on which items."""


@dataclass(frozen=True)
class Asked:
    """What the form says. ``items`` gives, by item key, the latest entry that was shown, null for none."""

    run_id: str
    items: Mapping[str, int | None]
    decision: str
    reason: str
    note: str
    snooze_until: str


@dataclass
class Outcome:
    """What became of it: the items recorded, and those that were not, with what stood in the way."""

    recorded: list[dict[str, Any]] = field(default_factory=list)
    refused: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    conflicts: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether everything asked for was recorded."""
        return not (self.refused or self.conflicts)


def asked_from(form: Mapping[str, Any], items: list[str]) -> Asked:
    """What a form asks for; each of ``items`` is ``<item key>.<latest entry shown, 0 for none>``.

    Raises:
        Turned: No item is named, too many are, or one is not named in this way.
    """
    if not items:
        raise Turned(400, "Nothing was chosen", "No item was chosen.", "Tick at least one row, then choose a decision.")
    if len(items) > MOST_AT_ONCE:
        raise Turned(400, "Too many at once", f"At most {MOST_AT_ONCE} items can be decided at once.", "Choose fewer.")
    chosen: dict[str, int | None] = {}
    for item in items:
        key, _, shown = item.rpartition(".")
        if not key or not shown.isdecimal() or len(shown) > 18:
            raise Turned(400, "Not understood", "The form was changed on its way.", "Load the page again.")
        chosen[key] = int(shown) or None
    words = {name: str(form.get(name) or "") for name in ("decision", "reason", "note", "snooze_until")}
    if words["decision"] != "not_applicable":
        words["reason"] = ""  # without a script, every field of the form is sent
    if words["decision"] != "snooze":
        words["snooze_until"] = ""
    return Asked(run_id=str(form.get("run") or ""), items=chosen, **words)


def decide(asked: Asked, shown: Sight, now_there: Sight, log: LiveDecisions, *, now: datetime, note: Note) -> Outcome:
    """Record a decision on each item that may be decided on; ``shown`` is the publication that the page was made from.

    What was seen is taken from that publication and not from the form, but for the entry that was the latest one.
    ``note`` puts a line into the audit log, before the decision log has the entries: none is without its line.

    Raises:
        Turned: The decision itself is incomplete, or one of the logs cannot be written; nothing was recorded then.
    """
    outcome = Outcome()
    seen, open_now = items_by_key(shown, list(asked.items)), items_by_key(now_there, list(asked.items))
    new: list[tuple[dict[str, Any], NewDecision]] = []
    for key, latest_shown in asked.items.items():
        item = seen.get(key)
        if item is None:
            outcome.refused.append(({"item_key": key}, "It is not on a list that you can see."))
        elif why_not := _why_not(asked, item, open_now.get(key), now_there):
            outcome.refused.append((item, why_not))
        else:
            new.append((item, _new_decision(asked, item, latest_shown, shown, now)))
    if new:
        note(f"decided {asked.decision}", [item for item, _ in new])
    try:
        fates = log.append([decision for _, decision in new]) if new else []
    except B12Error as error:
        with suppress(Turned):  # what failed first is what is told
            note(NOT_RECORDED, [item for item, _ in new])
        raise Turned(
            503, "The decision was not recorded", str(error), "Nothing was changed. Try again, or tell whoever runs it."
        ) from None
    for (item, _), fate in zip(new, fates, strict=True):
        if fate.outcome == "conflict":
            outcome.conflicts.append((item, fate.told))
        else:
            outcome.recorded.append(item)
    return outcome


def _why_not(asked: Asked, item: dict[str, Any], open_now: dict[str, Any] | None, now_there: Sight) -> str | None:
    """Why a decision on this item cannot be taken, in a sentence; null when it can."""
    access = now_there.visitor.access
    if not access.may("reviewer", item["site"]):
        return "Your role at this site is to read, not to decide."
    if open_now is None:
        return f"It was resolved meanwhile{_resolution(item, now_there)}. There is nothing left to decide."
    if open_now["evidence_hash"] != item["evidence_hash"]:
        return "Its evidence changed since your page was made. Look at it again, then decide."
    if asked.decision == "undo" and not may_undo(open_now, now_there.visitor):
        return "No decision of yours stands there; a lead can take back what somebody else decided."
    return None


def may_undo(item: Mapping[str, Any], visitor: Visitor) -> bool:
    """Whether a visitor may take the standing decision back: their own, or as a lead of the site anybody's."""
    mine = item["decided_by"] == visitor.name and visitor.access.may("reviewer", item["site"])
    return item["decision"] is not None and (mine or visitor.access.may("lead", item["site"]))


def _resolution(item: dict[str, Any], now_there: Sight) -> str:
    gap = now_there.rows("SELECT closed_by FROM seen_gap WHERE item_key = ?", [item["item_key"]])
    if gap and gap[0]["closed_by"]:
        return f": {said_because(gap[0]['closed_by'])}"
    ended = now_there.rows(
        "SELECT because FROM seen_history WHERE item_key = ? AND event = 'resolved' ORDER BY on_date DESC LIMIT 1",
        [item["item_key"]],
    )
    return f": {said_because(ended[0]['because'])}" if ended else ""


def _new_decision(
    asked: Asked, item: dict[str, Any], latest_shown: int | None, shown: Sight, now: datetime
) -> NewDecision:
    try:
        return NewDecision(
            worklist=item["worklist"],
            person_id=item["person_id"],
            item_key=item["item_key"],
            decision=asked.decision,
            reason=asked.reason or None,
            note=asked.note or None,
            snooze_until=asked.snooze_until or None,
            decided_by=shown.visitor.name,
            decided_at=now,
            seen_at=datetime.fromisoformat(shown.publication.facts["published_at"]),
            channel="review",
            seen=Seen(
                run_id=shown.publication.run_id,
                evidence_hash=item["evidence_hash"],
                priority=item["priority"],
                decision_id=latest_shown,
            ),
        )
    except ValidationError as error:
        raise Turned(
            422,
            "The decision is not complete",
            " ".join(problems(error)),
            "Nothing was recorded. Go back and complete it.",
        ) from None


def told(asked: Asked, outcome: Outcome) -> str:
    """The outcome in one sentence, without naming a patient."""
    word = LABELS.get(asked.decision, asked.decision)
    done = len(outcome.recorded)
    parts = [f"Recorded “{word}” for {done} item{'s' if done != 1 else ''}."] if done else []
    if outcome.conflicts:
        parts.append(
            f"{len(outcome.conflicts)} not recorded: a colleague decided meanwhile. "
            "Their decision stands; look at it first."
        )
    if outcome.refused:
        reasons = dict.fromkeys(why for _, why in outcome.refused)
        parts.append(f"{len(outcome.refused)} not recorded: {' '.join(reasons)}")
    return " ".join(parts)
