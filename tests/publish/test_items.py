"""Open items: the results beside them, what they weigh, and their place in the list."""

from datetime import date

import polars as pl

from pipelines.contract import core_schema
from pipelines.publish.items import latest_results, open_items, rank_items
from tests.tables import draw, tables_of

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


def test_items_kept_quiet_stand_behind_the_others_and_an_item_without_a_due_date_behind_those_with_one():
    listed = items(
        {"person_id": "snoozed", "priority": 1, "state": "snoozed"},
        {"person_id": "dismissed", "priority": 2, "state": "dismissed"},
        {"person_id": "never-due", "priority": 3, "weight": 90.0},
        {"person_id": "due", "priority": 3, "weight": 90.0, "due_date": date(2026, 12, 1)},
        {"person_id": "returned", "priority": 4, "state": "returned"},
    )
    ranked = rank_items(listed, by_mma=frozenset()).sort("rank")
    assert ranked["person_id"].to_list() == ["due", "never-due", "returned", "snoozed", "dismissed"]


def test_the_latest_result_that_counts_is_shown_and_of_one_date_the_most_abnormal():
    results = draw(
        "measurement",
        """
        person_id | concept    | measurement_date | value | status      | comparator | value_reported
        latest    | serum_b12  | 2026-06-01       | 100   | final       | =          | 100
        latest    | serum_b12  | 2026-06-02       | 300   | final       | =          | 300
        lowest    | serum_b12  | 2026-06-01       | 200   | final       | <          | <200
        lowest    | serum_b12  | 2026-06-01       | 300   | corrected   | =          | 300
        highest   | mma_serum  | 2026-06-01       | 500   | final       | >          | 500
        highest   | mma_serum  | 2026-06-01       | 400   | final       | =          | 400
        not-final | serum_b12  | 2026-06-01       | 100   | amended     | =          | 100
        not-final | serum_b12  | 2026-06-02       | 300   | preliminary | =          | 300
        no-number | serum_b12  | 2026-06-01       | 100   | appended    | =          | 100
        no-number | serum_b12  | 2026-06-02       |       | final       | =          | see comment
        other     | active_b12 | 2026-06-01       | 30    | final       | =          | 30
        """,
    )
    shown = (
        latest_results(results.lazy())
        .collect()
        .select("person_id", "serum_b12", "serum_b12_reported", "mma", "mma_reported")
    )
    assert sorted(shown.rows(), key=repr) == [
        ("highest", None, None, 500.0, ">500 nmol/L"),
        ("latest", 300.0, "300 pmol/L", None, None),
        ("lowest", 200.0, "<200 pmol/L", None, None),
        ("no-number", 100.0, "100 pmol/L", None, None),
        ("not-final", 100.0, "100 pmol/L", None, None),
    ]


def weighed(*evidence):
    """The weight of the open items of a practice, by person."""
    schema = core_schema("evidence")
    usual = dict.fromkeys(schema) | {"worklist": "low_b12_untreated", "event_table": "measurement", "unit": "pmol/L"}
    gaps = core_schema("care_gap")
    same = dict.fromkeys(gaps) | {"worklist": "low_b12_untreated", "item_key": "k", "reason": "r", "flags": []}
    people = ("index", "second", "both", "of-blood", "of-drug", "other-role", "latest", "none")
    tables = tables_of(
        {
            "person": "person_id\n" + "\n".join((*people, "closed")),
            "measurement": """
                person_id  | concept   | measurement_date | value
                latest     | serum_b12 | 2026-06-01       | 150
                index      | serum_b12 | 2026-06-01       | 150
                closed     | serum_b12 | 2026-06-01       | 150
            """,
        }
    )
    found = open_items(
        pl.DataFrame(
            [same | {"person_id": person, "priority": 2} for person in people]
            + [same | {"person_id": "closed", "closed_by": "treated"}],
            schema=gaps,
        ).lazy(),
        pl.DataFrame([usual | row for row in evidence], schema=schema).lazy(),
        {name: rows.lazy() for name, rows in tables.items()},
        pl.DataFrame(
            [{"person_id": "index", "treatment": "oral", "last_injection": None, "next_due": None}],
            schema={"person_id": pl.String, "treatment": pl.String, "last_injection": pl.Date, "next_due": pl.Date},
        ).lazy(),
        as_of=AS_OF,
    ).collect()
    assert dict(found.select("person_id", "treatment").filter(pl.col("treatment") != "no record").rows()) == {
        "index": "oral"
    }
    return dict(found.select("person_id", "weight").rows())


def test_an_open_item_weighs_by_the_second_line_result_it_rests_on_else_its_b12_else_the_latest_b12():
    assert weighed(
        {"person_id": "index", "role": "index", "value": 90.0},
        {"person_id": "second", "role": "second_line", "value": 500.0, "unit": "nmol/L"},
        {"person_id": "both", "role": "index", "value": 90.0},
        {"person_id": "both", "role": "second_line", "value": 500.0, "unit": "nmol/L"},
        {"person_id": "of-blood", "role": "index", "value": 110.0, "unit": "fL"},
        {"person_id": "of-drug", "role": "index", "value": 1000.0, "event_table": "drug_exposure"},
        {"person_id": "other-role", "role": "low", "value": 90.0},
        {"person_id": "latest", "role": "low", "value": 90.0},
    ) == {
        "index": 90.0,
        "second": 500.0,
        "both": 500.0,
        "of-blood": None,
        "of-drug": None,
        "other-role": None,
        "latest": 150.0,
        "none": None,
    }
