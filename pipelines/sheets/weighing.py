"""Entries beside what is published: which of them are for the log to answer, and what becomes of the others."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial

from pipelines.decisions import NewDecision
from pipelines.sheets.entries import FRESH, Entry, decided
from pipelines.sheets.published import OpenItem, PastItem, Published
from pipelines.sheets.report import Outcome, RowFate

UNKNOWN = "Its item_key is not known here. Was the list made by another installation?"


@dataclass(frozen=True)
class Weighed:
    """An entry beside what is published: the decision it makes, and its fate where the log need not be asked.

    An entry that cannot be taken any more keeps its decision: an earlier import may have taken it.
    """

    entry: Entry
    worklist: str | None = None
    person_id: str | None = None
    decision: NewDecision | None = None
    outcome: Outcome | None = None
    told: str = ""
    decision_id: int | None = None

    def ends(self, outcome: Outcome, told: str, decision_id: int | None = None) -> "Weighed":
        """The same with its fate."""
        return replace(self, outcome=outcome, told=told, decision_id=decision_id)

    def fate(self) -> RowFate:
        """As the report has it."""
        entry = self.entry
        until = str(entry.snooze_until) if entry.snooze_until else entry.until_entered
        return RowFate(
            entry.sheet, entry.row, self.outcome, self.told, self.decision_id, self.worklist, self.person_id,
            entry.item_key, entry.decision, entry.reason, until, entry.note,
        )  # fmt: skip


def weigh(entries: Iterable[Entry], published: Published, *, user: str, now: datetime) -> list[Weighed]:
    """Each entry beside what is published; the log is still to be asked about those without an outcome."""
    weighed = [_weighed(entry, published, user, now) for entry in entries]
    of_item: dict[str, list[Weighed]] = defaultdict(list)
    for each in weighed:
        if each.outcome is None:
            of_item[each.entry.item_key].append(each)
    return [_beside_its_like(each, of_item[each.entry.item_key]) if each.outcome is None else each for each in weighed]


def _weighed(entry: Entry, published: Published, user: str, now: datetime) -> Weighed:
    item = published.open_items.get(entry.item_key) or published.past_items.get(entry.item_key)
    if entry.problem or item is None:
        outcome, told = ("invalid", entry.problem) if entry.problem else ("unknown", UNKNOWN)
        return Weighed(entry, *((item.worklist, item.person_id) if item else ())).ends(outcome, told)
    known = Weighed(entry, item.worklist, item.person_id)
    seen_at = published.seen_at(entry.seen.run_id)
    if seen_at is None:
        return known.ends("invalid", f"The cell Seen names no run. {FRESH}")
    make = partial(decided, entry, worklist=item.worklist, person_id=item.person_id, by=user, seen_at=seen_at)
    made = make(now=now)
    if isinstance(made, str):
        # A snooze that has ended is still the decision that it was before its end, when an earlier import may have
        # taken it.
        ended = entry.snooze_until is not None and date.min < entry.snooze_until <= now.date()
        then = make(now=datetime.combine(entry.snooze_until - timedelta(days=1), time())) if ended else made
        return replace(known, decision=None if isinstance(then, str) else then).ends("invalid", made)
    return _beside_its_item(replace(known, decision=made), item, published.run_id)


def _beside_its_item(known: Weighed, item: OpenItem | PastItem, run_id: str) -> Weighed:
    if isinstance(item, PastItem):
        because = item.because.replace("_", " ")
        return known.ends("resolved", f"The item is no longer open ({because}). Nothing was recorded.")
    entry = known.entry
    of_another = entry.patient is not None and entry.patient != item.person_id.strip()
    if of_another or (entry.seen.run_id == run_id and entry.seen.evidence_hash != item.evidence_hash):
        mixed = "Patient id, item_key and Seen of the row do not belong together. Were only some columns sorted?"
        return known.ends("invalid", f"{mixed} {FRESH}")
    return known


def _beside_its_like(each: Weighed, same_item: Sequence[Weighed]) -> Weighed:
    """Of rows that say the same of an item the first goes on; where two say different things, neither does."""
    first = same_item[0]
    if any(other.decision != first.decision for other in same_item):
        places = ", ".join(f"{other.entry.sheet} row {other.entry.row}" for other in same_item if other is not each)
        return each.ends("invalid", f"The file says something else of the same item ({places}). Keep one of them.")
    if each is first:
        return each
    return each.ends("repeated", f"The file says the same in {first.entry.sheet} row {first.entry.row}.")
