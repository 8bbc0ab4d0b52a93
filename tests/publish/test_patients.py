"""One row per patient: what to treat and to test first, and who comes first."""

from datetime import date

import polars as pl
import pytest

from pipelines.contract import core_schema
from pipelines.publish.patients import by_patient

AS_OF = date(2026, 11, 20)


def patients(*rows):
    """The rows of ``worklist_patient`` by person, from items that are new today where the test says no more."""
    schema = core_schema("worklist_item")
    usual = {"person_id": "1", "state": "new", "first_listed": AS_OF, "priority": 2}
    filled = [
        dict.fromkeys(schema) | usual | {"item_key": f"k{number}"} | row for number, row in enumerate(rows, start=1)
    ]
    items = pl.DataFrame(filled, schema=schema)
    return {row["person_id"]: row for row in by_patient(items, as_of=AS_OF).to_dicts()}


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("treatment", {"worklist": "low_b12_untreated"}, {"worklist": "raised_mma_untreated"}),
        ("treatment", {"worklist": "loading_incomplete"}, {"worklist": "response_inadequate"}),
        ("treatment", {"worklist": "response_inadequate", "priority": 1}, {"worklist": "low_b12_untreated"}),
        ("treatment", {"worklist": "low_b12_untreated", "priority": 3}, {"worklist": "maintenance_overdue"}),
        ("treatment", {"worklist": "maintenance_overdue"}, {"worklist": "low_b12_untreated", "state": "snoozed"}),
        (
            "treatment",
            {"worklist": "maintenance_overdue"},
            {"worklist": "low_b12_untreated", "priority": 1, "state": "dismissed"},
        ),
        ("test", {"worklist": "neuro_untested"}, {"worklist": "nitrous_oxide_untested"}),
        ("test", {"worklist": "diet_risk_unscreened", "priority": 1}, {"worklist": "neuro_untested"}),
        ("test", {"worklist": "older_adult_unscreened"}, {"worklist": "a_list_of_our_own"}),
        ("test", {"worklist": "a_list_of_our_own"}, {"worklist": "b_list_of_our_own"}),
        (
            "test",
            {"worklist": "neuro_untested", "item_key": "a"},
            {"worklist": "neuro_untested", "item_key": "b"},
        ),
    ],
)
def test_the_first_item_is_the_urgent_one_then_by_the_order_of_the_lists_and_quiet_ones_come_last(kind, first, second):
    first, second = {"item_key": "first"} | first, {"item_key": "second"} | second
    for given in ((first, second), (second, first)):
        row = patients(*given)["1"]
        assert row[f"{kind}_worklist"] == first["worklist"]
        assert row[f"{kind}_item_key"] == first["item_key"]
        assert row["other_items"] == 1


def test_a_patient_has_one_item_of_each_kind_and_the_number_of_the_others():
    row = patients(
        {"worklist": "low_b12_untreated", "priority": 2, "due_date": date(2026, 11, 2)},
        {"worklist": "neuro_untested", "priority": 1, "due_date": date(2026, 12, 1)},
        {"worklist": "macrocytosis_untested", "due_date": date(2026, 1, 1), "first_listed": date(2026, 11, 10)},
        {"worklist": "cause_uninvestigated"},
    )["1"]
    assert (row["treatment_worklist"], row["treatment_priority"]) == ("low_b12_untreated", 2)
    assert (row["test_worklist"], row["test_priority"], row["other_items"]) == ("neuro_untested", 1, 2)
    assert (row["priority"], row["due_date"]) == (1, date(2026, 11, 2))
    assert (row["first_listed"], row["days_listed"]) == (date(2026, 11, 10), 10)


def test_a_patient_with_one_item_has_no_others():
    found = patients(
        {"person_id": "treat", "worklist": "low_b12_untreated", "due_date": AS_OF},
        {"person_id": "test", "worklist": "neuro_untested", "due_date": AS_OF},
    )
    assert [found[person]["other_items"] for person in ("treat", "test")] == [0, 0]
    assert [found[person]["priority"] for person in ("treat", "test")] == [2, 2]
    assert [found[person]["due_date"] for person in ("treat", "test")] == [AS_OF, AS_OF]
    assert (found["treat"]["test_worklist"], found["test"]["treatment_worklist"]) == (None, None)


def test_patients_are_ranked_by_priority_then_lateness_then_person_and_those_all_quiet_come_last():
    rows = [
        {"person_id": "urgent", "worklist": "neuro_untested", "priority": 1},
        {"person_id": "later", "worklist": "low_b12_untreated", "due_date": date(2026, 11, 2)},
        {"person_id": "late", "worklist": "neuro_untested", "due_date": date(2026, 11, 1)},
        {"person_id": "b", "worklist": "neuro_untested", "due_date": date(2026, 11, 3)},
        {"person_id": "a", "worklist": "neuro_untested", "due_date": date(2026, 11, 3)},
        {"person_id": "never-due", "worklist": "neuro_untested"},
        {"person_id": "quiet", "worklist": "neuro_untested", "priority": 1, "state": "snoozed"},
        {"person_id": "half", "worklist": "neuro_untested", "priority": 3},
        {"person_id": "half", "worklist": "macrocytosis_untested", "priority": 1, "state": "snoozed"},
    ]
    for given in (rows, rows[::-1]):
        found = patients(*given)
        ranked = sorted(found, key=lambda person: found[person]["rank"])
        assert ranked == ["urgent", "late", "later", "a", "b", "never-due", "half", "quiet"]
        assert [found[person]["rank"] for person in ranked] == list(range(1, 9))


LOW = {"worklist": "low_b12_untreated", "priority": 1, "due_date": date(2026, 9, 10)}
PREGNANT = {"worklist": "pregnancy_b12_unresolved", "priority": 2, "due_date": date(2026, 9, 17)}


@pytest.mark.parametrize(
    ("state", "priority", "due_date"),
    [("dismissed", 2, date(2026, 9, 17)), ("snoozed", 2, date(2026, 9, 17)), ("continuing", 1, date(2026, 9, 10))],
)
def test_an_item_that_is_kept_quiet_does_not_make_its_patient_urgent(state, priority, due_date):
    row = patients({**LOW, "state": state}, PREGNANT)["1"]
    assert (row["priority"], row["due_date"]) == (priority, due_date)


def test_where_every_item_is_kept_quiet_the_most_urgent_of_them_counts():
    row = patients({**LOW, "state": "snoozed"}, {**PREGNANT, "state": "dismissed"})["1"]
    assert (row["priority"], row["due_date"]) == (1, date(2026, 9, 10))
