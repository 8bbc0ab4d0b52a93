"""What the home page tells: how many wait where, what is new, what was resolved and why, and how fresh it all is."""

from datetime import date
from typing import Any

from pipelines.review.sight import Sight

COUNTS = """
    count(*) FILTER (turn = 'todo') AS todo,
    count(*) FILTER (turn = 'todo' AND priority = 1) AS p1,
    count(*) FILTER (turn = 'todo' AND priority = 2) AS p2,
    count(*) FILTER (turn = 'todo' AND priority = 3) AS p3,
    count(*) FILTER (turn = 'todo' AND priority = 4) AS p4,
    count(*) FILTER (turn = 'todo' AND state IN ('new', 'returned')) AS fresh,
    count(*) FILTER (turn = 'waiting') AS waiting,
    count(*) FILTER (turn IN ('snoozed', 'dismissed')) AS quiet
"""

BECAUSE = {
    "left": "left the practice",
    "died": "died",
    "no_longer_eligible": "no longer eligible",
    "new_episode": "replaced by a newer episode",
    "correction": "a record was corrected",
    "definition_changed": "the definition changed",
}
"""Why an item was resolved, where it was not a closing rule of its list."""


def list_counts(sight: Sight, site: str | None) -> list[dict[str, Any]]:
    """A row per list, those with urgent items first: its counts at a site, or at every visible one."""
    where, parameters = ("true", []) if site is None else ("i.site = ?", [site])
    return sight.rows(
        f"""
        SELECT w.worklist, w.title, w.action, c.* EXCLUDE (worklist)
        FROM worklist AS w
        LEFT JOIN (SELECT worklist, {COUNTS} FROM seen_item AS i WHERE {where} GROUP BY worklist) AS c USING (worklist)
        ORDER BY coalesce(p1, 0) DESC, coalesce(p2, 0) DESC, coalesce(todo, 0) DESC, w.title
        """,
        parameters,
    )


def site_counts(sight: Sight) -> list[dict[str, Any]]:
    """A row per site with an open item, unknown last."""
    return sight.rows(
        f"SELECT site, count(DISTINCT person_id) FILTER (turn = 'todo') AS people, {COUNTS} "
        "FROM seen_item GROUP BY site ORDER BY site NULLS LAST"
    )


def resolved(sight: Sight, site: str | None) -> list[dict[str, Any]]:
    """What this run resolved: a row per list and reason, the most frequent first."""
    where, parameters = ("true", []) if site is None else ("p.site = ?", [site])
    rows = sight.rows(
        f"""
        SELECT h.worklist, w.title, h.because, count(*) AS items
        FROM seen_history AS h JOIN seen_person AS p USING (person_id) LEFT JOIN worklist AS w USING (worklist)
        WHERE h.event = 'resolved' AND h.run_id = ? AND {where}
        GROUP BY ALL ORDER BY items DESC, w.title, h.because
        """,
        [sight.publication.run_id, *parameters],
    )
    return [row | {"said": said_because(row["because"])} for row in rows]


def said_because(because: str | None) -> str:
    """A reason for an end in words; a closing rule says its own name."""
    return BECAUSE.get(because or "", (because or "unknown").replace("_", " "))


def feeds(sight: Sight) -> list[dict[str, Any]]:
    """Each feed with ``newest_known``, its ``age`` in days at the publication's date, and whether that is ``late``.

    ``age`` is null where no day is known, ``late`` also where no limit is configured.
    """
    told = []
    for feed in sight.publication.facts.get("feeds", []):
        newest = date.fromisoformat(feed["newest_known"]) if feed["newest_known"] else None
        age = (sight.publication.as_of - newest).days if newest else None
        allowed = feed["max_age_days"]
        late = None if age is None or allowed is None else age > allowed
        told.append({**feed, "newest_known": newest, "age": age, "late": late})
    return told
