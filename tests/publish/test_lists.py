"""The list files: a folder a site, safe in a spreadsheet, none missed."""

from datetime import date

import polars as pl
import pytest

from pipelines.contract import core_schema, empty
from pipelines.publish.items import rank_items
from pipelines.publish.lists import spreadsheet_safe, write_lists

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


def definitions():
    row = {
        "worklist": "low_b12_untreated",
        "title": "T",
        "action": "A",
        "rationale": "R",
        "source": "S",
        "source_url": "",
        "profile": "p",
        "parameters": "{}",
        "definition_hash": "h",
        "owner": "o",
        "reviewed": AS_OF,
    }
    return pl.DataFrame([row, {**row, "worklist": "neuro_untested"}], schema=core_schema("worklist"))


def test_a_folder_a_site_and_a_file_a_list(tmp_path):
    listed = items(
        {"person_id": "1", "site": "Old Mill"},
        {"person_id": "2", "site": "old mill"},
        {"person_id": "3", "site": None},
        {"person_id": "4", "site": "../../etc"},
    )
    write_lists(tmp_path / "w", listed, definitions(), as_of=AS_OF, run_id="r1")
    assert sorted(path.name for path in (tmp_path / "w").iterdir()) == ["Old_Mill", "etc", "old_mill-2", "site-unknown"]
    assert pl.read_parquet(tmp_path / "w" / "site-unknown" / "low_b12_untreated.parquet")["person_id"].to_list() == [
        "3"
    ]
    about = pl.read_csv(tmp_path / "w" / "etc" / "about_these_lists.csv")
    assert about.select("worklist", "open").rows() == [("low_b12_untreated", 1), ("neuro_untested", 0)]


def test_no_open_item_anywhere_still_says_so(tmp_path):
    write_lists(tmp_path / "w", empty("worklist_item"), definitions(), as_of=AS_OF, run_id="r1")
    assert pl.read_csv(tmp_path / "w" / "about_these_lists.csv")["open"].to_list() == [0, 0]


@pytest.mark.parametrize("text", ["=1+1", "+44", "-5", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_a_formula(text):
    assert spreadsheet_safe(pl.DataFrame({"a": [text, "plain"]}))["a"].to_list() == ["'" + text, "plain"]


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
