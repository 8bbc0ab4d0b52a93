"""The rows of a worklist page, as items or as patients, and what its filters offer."""

from dataclasses import dataclass
from typing import Any

from pipelines.review.choices import SHOW_WHERE, SHOWS, UNKNOWN, Choice
from pipelines.review.sight import Sight

ITEM_SORTS = {
    "": "priority, rank",
    "due": "due_date",
    "listed": "days_listed",
    "name": "display_name, person_id",
    "site": "site, clinician",
    "b12": "serum_b12",
    "treatment": "next_due",
    "decided": "decided_at",
}
"""What a list can be ordered by: the name in the address, and the columns of ``seen_item``."""

ALL = "all"
"""In place of a slug: the items of every list."""

WITH_PERSON = "SELECT i.*, p.birth_date FROM page AS i LEFT JOIN seen_person AS p USING (person_id)"


@dataclass(frozen=True)
class Page:
    """One page of rows. ``counts`` has, for every choice of ``show``, how many rows the other filters leave."""

    rows: list[dict[str, Any]]
    counts: dict[str, int]
    total: int
    pages: int


def item_page(sight: Sight, slug: str, choice: Choice) -> Page:
    """A page of items of one list, or of all lists."""
    where, parameters = _of_list(slug, choice)
    counted = ", ".join(f"count(*) FILTER ({SHOW_WHERE[show]}) AS {show}" for show in SHOWS if show != "all")
    counts = sight.rows(f'SELECT count(*) AS "all", {counted} FROM seen_item WHERE {where}', parameters)[0]
    rows = sight.rows(
        f"WITH page AS (SELECT * FROM seen_item WHERE {where} AND {SHOW_WHERE[choice.show]} "
        f"ORDER BY {choice.order()} LIMIT ? OFFSET ?) {WITH_PERSON} ORDER BY {choice.order()}",
        [*parameters, choice.size, choice.offset],
    )
    return _page(rows, counts, choice)


def all_items(sight: Sight, slug: str, choice: Choice) -> Any:
    """Every item that the choice leaves, in its order, as a polars frame."""
    where, parameters = _of_list(slug, choice)
    query = f"SELECT * FROM seen_item WHERE {where} AND {SHOW_WHERE[choice.show]} ORDER BY {choice.order()}"
    return sight.frame(query, parameters)


def items_of_people(sight: Sight, people: Any) -> Any:
    """Every open item of these people, as a polars frame; ``people`` is a frame with ``person_id``."""
    return sight.frame("SELECT * FROM seen_item ORDER BY worklist, rank").join(people, on="person_id", how="semi")


def items_by_key(sight: Sight, keys: list[str]) -> dict[str, dict[str, Any]]:
    """Items by their key, those only that can be seen."""
    rows = sight.rows(f"WITH page AS (SELECT * FROM seen_item WHERE list_contains(?, item_key)) {WITH_PERSON}", [keys])
    return {row["item_key"]: row for row in rows}


def offers(sight: Sight, slug: str) -> dict[str, list[str]]:
    """The sites and clinicians of a list, unknown ones last, for its filters."""
    found = {}
    where, parameters = ("true", []) if slug == ALL else ("worklist = ?", [slug])
    for column in ("site", "clinician"):
        query = f"SELECT DISTINCT {column} AS name FROM seen_item WHERE {where} ORDER BY 1 NULLS LAST"
        found[column] = [row["name"] or UNKNOWN for row in sight.rows(query, parameters)]
    return found


def definitions(sight: Sight) -> dict[str, dict[str, Any]]:
    """The definitions of the publication, by slug."""
    return {row["worklist"]: row for row in sight.rows("SELECT * FROM worklist ORDER BY title")}


def _of_list(slug: str, choice: Choice) -> tuple[str, list[Any]]:
    where, parameters = choice.where()
    return (where, parameters) if slug == ALL else (f"worklist = ? AND {where}", [slug, *parameters])


def _page(rows: list[dict[str, Any]], counts: dict[str, int], choice: Choice) -> Page:
    total = counts[choice.show]
    return Page(rows, {show: counts[show] for show in SHOWS}, total, max(1, -(-total // choice.size)))
