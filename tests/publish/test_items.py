"""The place of an item in its list."""

from datetime import date

import polars as pl

from pipelines.contract import core_schema
from pipelines.publish.items import rank_items

AS_OF = date(2026, 11, 20)


def items(*rows):
    schema = core_schema("worklist_item")
    blank = dict.fromkeys(schema)
    filled = {
        "worklist": "low_b12_untreated",
        "item_key": "k",
        "priority": 2,
        "index_date": AS_OF,
        "reason": "r",
        "flags": [],
        "state": "new",
        "first_listed": AS_OF,
        "days_listed": 0,
        "treatment": "no record",
        "rank": 1,
    }
    weighed = {**schema, "weight": pl.Float64} if any("weight" in row for row in rows) else schema
    return pl.DataFrame([{**blank, **filled, **row} for row in rows], schema=weighed)


def test_items_are_ranked_by_priority_then_evidence_then_lateness_then_person():
    listed = items(
        {"person_id": "late", "priority": 2, "weight": 90.0, "due_date": date(2026, 1, 1)},
        {"person_id": "low", "priority": 2, "weight": 80.0},
        {"person_id": "b", "priority": 2, "weight": 90.0, "due_date": date(2026, 2, 1)},
        {"person_id": "a", "priority": 2, "weight": 90.0, "due_date": date(2026, 2, 1)},
        {"person_id": "none", "priority": 2},
        {"person_id": "urgent", "priority": 1},
        {"person_id": "m1", "worklist": "raised", "weight": 300.0},
        {"person_id": "m2", "worklist": "raised", "weight": 900.0},
    )
    ranked = rank_items(listed.sample(fraction=1.0, shuffle=True, seed=3), by_mma=frozenset({"raised"})).sort(
        "worklist", "rank"
    )
    assert ranked["person_id"].to_list() == ["urgent", "low", "late", "a", "b", "none", "m2", "m1"]
