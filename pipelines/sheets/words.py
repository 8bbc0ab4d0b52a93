"""What stands in a cell for what the database holds, both ways: states, priorities, decisions, days, what was seen."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

from pydantic import ValidationError

from pipelines.decisions import LABELS, REASONS, Seen

PRIORITIES = {1: "1 urgent", 2: "2 within 14 days", 3: "3 within 42 days", 4: "4 next review"}
STATES = {slug: slug.capitalize() for slug in ("new", "continuing", "returned", "snoozed", "dismissed")}

DECISION_LABELS = {slug: label[:1].upper() + label[1:] for slug, label in LABELS.items()}
REASON_LABELS = {slug: label[:1].upper() + label[1:] for slug, label in REASONS.items()}

_SPELLED = {"b12": "B12", "mma": "MMA"}
_LONGEST_SHEET_NAME = 31
_LONGEST_NOTE_SHOWN = 200
_MONTHS = ("january", "february", "march", "april", "may", "june",
           "july", "august", "september", "october", "november", "december")  # fmt: skip


def in_words(slug: str) -> str:
    """A slug in words: ``low_b12_untreated`` -> "Low B12 untreated"."""
    words = [_SPELLED.get(word, word) for word in slug.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def sheet_names(worklists: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """A sheet name for each worklist: its slug in words, at most 31 characters, different in any case of letters."""
    used = {name.casefold() for name in taken}
    names = {}
    for slug in worklists:
        whole = in_words(slug)
        name, number = whole[:_LONGEST_SHEET_NAME].strip(), 2
        while name.casefold() in used:
            ending = f" {number}"
            name, number = whole[: _LONGEST_SHEET_NAME - len(ending)].strip() + ending, number + 1
        used.add(name.casefold())
        names[slug] = name
    return names


def header_word(text: str) -> str:
    """A column header as it is recognised: in any case, with spaces, hyphens and underscores alike."""
    return re.sub(r"[\s_-]+", " ", text).strip().casefold()


def seen_of(text: str) -> Seen | None:
    """What the reviewer looked at, from run/evidence/priority/decision; null when the text says nothing of the kind."""
    found = re.fullmatch(r"([^/\s]{1,200})/([0-9a-f]{16})/([1-4])/(\d{1,18}|-)", text.strip())
    if found is None:
        return None
    run_id, evidence_hash, priority, latest = found.groups()
    decision_id = None if latest == "-" else int(latest)
    try:
        return Seen(run_id=run_id, evidence_hash=evidence_hash, priority=int(priority), decision_id=decision_id)
    except ValidationError:  # characters that no run has: a workbook can hold half a surrogate, or a NUL
        return None


def day_of(value: object) -> date | None:
    """The day that a cell names: a date, or a text that can be read in one way only; null when there is doubt.

    ``2026-12-05``, ``5 Dec 2026``, ``December 5, 2026`` and ``25/12/2026`` can; ``05/12/2026`` and ``5 Dec 26`` cannot.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    readings = {day for day in _readings(value.strip().casefold()) if day is not None}
    return readings.pop() if len(readings) == 1 else None


def _readings(text: str) -> Iterator[date | None]:
    if found := re.fullmatch(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[t ]00:00(?::00)?)?", text):
        yield _day(found[1], found[3], found[4])
    elif found := re.fullmatch(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", text):
        yield _day(found[4], found[3], found[1])
        yield _day(found[4], found[1], found[3])
    elif found := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?[\s.-]*([a-z]{3,9})[\s.,-]*(\d{4})", text):
        yield _day(found[3], _month(found[2]), found[1])
    elif found := re.fullmatch(r"([a-z]{3,9})[\s.-]*(\d{1,2})(?:st|nd|rd|th)?[\s.,]+(\d{4})", text):
        yield _day(found[3], _month(found[1]), found[2])


def _month(name: str) -> int:
    return next((number for number, month in enumerate(_MONTHS, 1) if name in (month, month[:3])), 0)


def _day(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def decided_words(entry: Mapping[str, object]) -> str | None:
    """What reviewers said of an item so far, a line each; null when they said nothing.

    The standing decision: what, who and when, and the note; then a later comment, after its author.

    ``entry`` has the decision columns of ``worklist_item``. Long texts are shortened; the log has all of them.
    """
    lines = []
    if entry["decision"] is not None:
        what = DECISION_LABELS.get(str(entry["decision"]), str(entry["decision"]))
        if entry["decision_reason"]:
            reason = str(entry["decision_reason"])
            what += f" ({REASON_LABELS.get(reason, reason).lower()})"
        if entry["snoozed_until"]:
            what += f" until {entry['snoozed_until']}"
        who = f"{entry['decided_by']}"
        if isinstance(entry["decided_at"], datetime):
            who += f", {entry['decided_at']:%Y-%m-%d}"
        lines = [what, who, _shortened(entry["decision_note"])]
    if entry["comment"]:
        lines.append(f"{entry['comment_by']}: {_shortened(entry['comment'])}")
    return "\n".join(line for line in lines if line) or None


def _shortened(note: object) -> str:
    text = str(note or "").strip()
    return text if len(text) <= _LONGEST_NOTE_SHOWN else text[:_LONGEST_NOTE_SHOWN] + "…"
