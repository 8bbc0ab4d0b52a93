"""The list files: of each site a workbook, CSV and Parquet, none missed, safe in a spreadsheet."""

import polars as pl
import pytest

from pipelines.contract import empty
from pipelines.sheets.files import site_names, spreadsheet_safe, write_lists
from tests.sheets.made import ABOUT, items, patients, worklists


def written(folder, listed, **asked):
    known = worklists("low_b12_untreated", "neuro_untested")
    return write_lists(folder, listed, patients({}), known, about=ABOUT, **asked)


def test_of_each_site_there_is_a_workbook_a_csv_and_a_parquet_file(tmp_path):
    listed = items(
        {"person_id": "2", "rank": 2}, {"person_id": "1"}, {"person_id": "3", "site": None, "flags": ["a", "b"]}
    )
    files = written(tmp_path / "w", listed)
    assert [path.name for path in files] == [
        "Old_Mill.xlsx", "Old_Mill.csv", "Old_Mill.parquet",
        "site-unknown.xlsx", "site-unknown.csv", "site-unknown.parquet",
        "about_these_lists.csv",
    ]  # fmt: skip
    assert {path.name for path in (tmp_path / "w").iterdir()} == {path.name for path in files}
    assert pl.read_parquet(tmp_path / "w" / "Old_Mill.parquet")["person_id"].to_list() == ["1", "2"]
    assert pl.read_csv(tmp_path / "w" / "site-unknown.csv").select("person_id", "flags").rows() == [(3, "a; b")]


def test_the_overview_names_every_list_at_every_site(tmp_path):
    written(tmp_path, items({"priority": 1}, {"site": "Hill", "worklist": "neuro_untested"}))
    about = pl.read_csv(tmp_path / "about_these_lists.csv")
    assert about.select("site", "worklist", "open", "urgent").rows() == [
        ("Hill", "low_b12_untreated", 0, 0),
        ("Hill", "neuro_untested", 1, 0),
        ("Old Mill", "low_b12_untreated", 1, 1),
        ("Old Mill", "neuro_untested", 0, 0),
    ]


def test_no_open_item_anywhere_still_says_so(tmp_path):
    files = written(tmp_path / "w", empty("worklist_item"))
    assert [path.name for path in files] == ["about_these_lists.csv"]
    assert pl.read_csv(files[0])["open"].to_list() == [0, 0]


def test_only_the_formats_asked_for_are_written(tmp_path):
    assert [path.suffix for path in written(tmp_path, items({}), formats=["parquet"])] == [".parquet", ".csv"]


def test_site_names_are_safe_and_differ_in_any_case():
    names = site_names(["Old Mill", "old mill", None, "../../etc", "...", "about these lists", "x" * 200])
    assert names == {
        "...": "site",
        "../../etc": "etc",
        "Old Mill": "Old_Mill",
        "about these lists": "about_these_lists-2",
        "old mill": "old_mill-2",
        "x" * 200: "x" * 80,
        None: "site-unknown",
    }


@pytest.mark.parametrize("text", ["=1+1", "+44", "-5", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_of_a_csv_is_a_formula(text):
    assert spreadsheet_safe(pl.DataFrame({"a": [text, "plain"]}))["a"].to_list() == ["'" + text, "plain"]
