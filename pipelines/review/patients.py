"""The rows of the patient list: a person once, with the first treatment item and the first test item."""

from typing import Any

from pipelines.review.choices import SHOW_WHERE, SHOWS, Choice
from pipelines.review.lists import Page, items_by_key
from pipelines.review.sight import Sight

PATIENT_SORTS = {
    "": "priority, rank",
    "due": "due_date",
    "listed": "days_listed",
    "name": "display_name, person_id",
    "site": "site, clinician",
}

EITHER = """
WITH patient AS (
    SELECT p.* EXCLUDE (treatment_state, test_state), p.person_id AS item_key,
        concat_ws(' ', p.treatment_reason, p.test_reason) AS reason,
        t.turn AS treatment_turn, t.state AS treatment_state, x.turn AS test_turn, x.state AS test_state
    FROM seen_patient AS p
    LEFT JOIN seen_item AS t ON t.item_key = p.treatment_item_key
    LEFT JOIN seen_item AS x ON x.item_key = p.test_item_key
)
"""


def patient_page(sight: Sight, choice: Choice) -> Page:
    """A page of patients; one is shown where either of the two items would be."""
    where, parameters = choice.where()
    counted = ", ".join(f'count(*) FILTER ({_either(show)}) AS "{show}"' for show in SHOWS)
    counts = sight.rows(f"{EITHER} SELECT {counted} FROM patient WHERE {where}", parameters)[0]
    rows = sight.rows(
        f"{EITHER} SELECT * FROM patient WHERE {where} AND ({_either(choice.show)}) "
        f"ORDER BY {choice.order()} LIMIT ? OFFSET ?",
        [*parameters, choice.size, choice.offset],
    )
    return Page(_with_items(sight, rows), counts, counts[choice.show], max(1, -(-counts[choice.show] // choice.size)))


def all_patients(sight: Sight, choice: Choice) -> Any:
    """Every patient that the choice leaves, in its order, as a polars frame."""
    where, parameters = choice.where()
    query = f"{EITHER} SELECT * FROM patient WHERE {where} AND ({_either(choice.show)}) ORDER BY {choice.order()}"
    return sight.frame(query, parameters)


def patients_of(sight: Sight, items: Any) -> Any:
    """The patients of these items, as a polars frame, with the states of now."""
    return sight.frame(f"{EITHER} SELECT * FROM patient ORDER BY rank").join(items, on="person_id", how="semi")


def _either(show: str) -> str:
    """The condition that the treatment item or the test item is to be shown."""
    if show == "all":
        return "true"
    condition = SHOW_WHERE[show]
    sides = [
        condition.replace("turn", f"{side}_turn").replace("state", f"{side}_state") for side in ("treatment", "test")
    ]
    return " OR ".join(f"({side})" for side in sides)


def _with_items(sight: Sight, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sides = ("treatment", "test")
    keys = [row[f"{side}_item_key"] for row in rows for side in sides if row[f"{side}_item_key"]]
    items = items_by_key(sight, keys)
    return [
        {**row, "items": [items[row[f"{side}_item_key"]] for side in sides if row[f"{side}_item_key"] in items]}
        for row in rows
    ]
