"""Everything about one patient: why listed or not, every item with its decisions, and the history."""

from dataclasses import dataclass
from typing import Any

from pipelines.decisions import LABELS, REASONS
from pipelines.review.choices import contains
from pipelines.review.decided import LiveDecisions
from pipelines.review.lists import items_by_key
from pipelines.review.overview import said_because
from pipelines.review.sight import Sight
from pipelines.review.turned import not_here

FOUND_AT_MOST = 50


@dataclass(frozen=True)
class Patient:
    """One person. ``items`` are the open ones, most urgent first; ``history`` is newest first."""

    person: dict[str, Any]
    items: list[dict[str, Any]]
    history: list[dict[str, Any]]


def patient_of(sight: Sight, log: LiveDecisions, person_id: str) -> Patient:
    """The person with this identifier.

    Raises:
        Turned: There is none that the visitor may see.
    """
    persons = sight.rows(
        "SELECT *, date_sub('year', birth_date, ?) AS age FROM seen_person WHERE person_id = ?",
        [sight.publication.as_of, person_id],
    )
    if not persons:
        raise not_here()
    keys = sight.rows(
        "SELECT item_key FROM seen_item WHERE person_id = ? ORDER BY priority, due_date, item_key", [person_id]
    )
    items = items_by_key(sight, [row["item_key"] for row in keys])
    return Patient(persons[0], [items[row["item_key"]] for row in keys], _history(sight, log, person_id))


def found(sight: Sight, text: str) -> list[dict[str, Any]]:
    """People whose identifier is the text, or whose name holds every word of it; with their open items."""
    words = text.split()
    if not words:
        return []
    named = " AND ".join(["display_name ILIKE ? ESCAPE '!'"] * len(words))
    return sight.rows(
        f"""
        SELECT p.*, (SELECT count(*) FROM seen_item AS i WHERE i.person_id = p.person_id) AS items
        FROM seen_person AS p WHERE person_id = ? OR ({named})
        ORDER BY person_id = ? DESC, display_name, person_id LIMIT ?
        """,
        [text, *map(contains, words), text, FOUND_AT_MOST + 1],
    )


def _history(sight: Sight, log: LiveDecisions, person_id: str) -> list[dict[str, Any]]:
    """What happened to the items, newest first; decisions by their entries, while the log can be read."""
    entries = log.of_person(person_id)
    by_entry = () if entries is None else ("decided", "snoozed")
    events = sight.rows(
        """
        SELECT h.worklist, w.title, h.event, h.on_date, h.because, h.actor
        FROM seen_history AS h LEFT JOIN worklist AS w USING (worklist)
        WHERE person_id = ? AND NOT list_contains(?, event)
        """,
        [person_id, list(by_entry)],
    )
    titles = {row["worklist"]: row["title"] for row in sight.rows("SELECT worklist, title FROM worklist")}
    told = [
        {**row, "at": str(row["on_date"]), "when": row["on_date"], "said": _said(row), "note": None} for row in events
    ]
    told += [
        {"title": titles.get(entry["worklist"], entry["worklist"]), "event": "entry", "at": str(entry["decided_at"]),
         "when": entry["decided_at"], "said": decision_said(entry), "actor": entry["decided_by"], "note": entry["note"]}
        for entry in entries or ()
    ]  # fmt: skip
    return sorted(told, key=lambda row: row["at"], reverse=True)


def decision_said(entry: dict[str, Any]) -> str:
    """A decision in words: Not applicable: moved. Snooze until 03 Feb 2027."""
    said = LABELS[entry["decision"]]
    if entry["reason"]:
        said += f": {REASONS[entry['reason']]}"
    return said + (f" until {entry['snooze_until']:%d\u00a0%b\u00a0%Y}" if entry["snooze_until"] else "")


def _said(row: dict[str, Any]) -> str:
    because = said_because(row["because"]) if row["event"] == "resolved" else (row["because"] or "").replace("_", " ")
    return f"{row['event']}: {because}" if because else row["event"]
