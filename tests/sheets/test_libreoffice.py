"""What LibreOffice makes of a list: it saves it, people go on working in that, and it prints."""

import re
import shutil
import subprocess
from datetime import date, timedelta

import pytest

from pipelines.sheets.columns import ITEM_COLUMNS
from pipelines.sheets.opening import read_sheets
from tests.practice import OPENING
from tests.sheets.made import enter, opened, places, workbook
from tests.sheets.test_workbook import AWKWARD, TEXT_COLUMNS

AWAY = OPENING + timedelta(days=90)
ENTRIES = {
    0: {"Decision": "Done", "Note": "- phoned; 0012"},
    1: {"Decision": "Snooze", "Snooze until": AWAY},
    2: {"Decision": "Snooze", "Snooze until": AWAY.isoformat()},
    3: {"Decision": "not_applicable", "Reason": "MOVED"},
    4: {"Note": "line one\nline two"},
    5: {"Decision": "=B4"},
}


def sorted_backwards(path):
    """The rows of the list in the other order, as a sort in a spreadsheet leaves them, and some of them hidden."""
    book = opened(path)
    sheet = book["Low B12 untreated"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    for number, row in enumerate(reversed(rows), 4):
        for column, value in enumerate(row, 1):
            sheet.cell(number, column).value = value
        sheet.row_dimensions[number].hidden = number % 2 == 0
    book.save(path)
    return path


@pytest.mark.parametrize("through", ["xlsx", "ods"])
def test_what_was_entered_survives_saving_sorting_and_saving_again(desk, office, tmp_path, through):
    path = sorted_backwards(enter(desk.workbook("v2 FINAL.xlsx"), ENTRIES))
    saved = office(path, through, tmp_path / "saved")
    if through != "xlsx":
        saved = office(saved, "xlsx", tmp_path / "saved again")
    report = desk.take(saved)
    assert report.counts == {"taken": 5, "repeated": 0, "conflict": 0, "resolved": 0, "unknown": 0, "invalid": 1}
    said = {row.item_key: (row.decision, row.snooze_until, row.note) for row in report.rows if row.outcome == "taken"}
    assert sorted(said.values(), key=str) == sorted(
        [
            ("Done", None, "- phoned; 0012"),
            ("Snooze", f"{AWAY}", None),
            ("Snooze", f"{AWAY}", None),
            ("not_applicable", None, None),
            ("comment", None, "line one\nline two"),
        ],
        key=str,
    )
    assert desk.take(path).counts["repeated"] == 5


def test_an_untouched_list_that_was_only_saved_says_nothing(desk, office, tmp_path):
    assert desk.take(office(desk.workbook(), "xlsx", tmp_path / "saved")).rows == ()


def test_texts_stay_texts_and_dates_dates(office, tmp_path):
    plain = [text for text in AWKWARD if "\r" not in text and "\x00" not in text and "￾" not in text]
    rows = [dict.fromkeys(TEXT_COLUMNS.values(), text) | {"rank": rank} for rank, text in enumerate(plain)]
    path = workbook(tmp_path / "a.xlsx", *[{**row, "serum_b12_date": date(2026, 2, 1)} for row in rows])
    shown = read_sheets(office(path, "xlsx", tmp_path / "saved"))[1].rows[-len(plain) :]
    at = {column.header: place for place, column in enumerate(ITEM_COLUMNS)}
    assert [row.at(at["Patient id"]).value for row in shown] == plain
    assert {row.at(at["B12 date"]).value.date() for row in shown} == {date(2026, 2, 1)}
    assert not any(cell.flaw for row in shown for cell in row.cells)


def test_drop_downs_and_protection_are_kept(office, tmp_path):
    sheet = opened(office(workbook(tmp_path / "a.xlsx", {}, {"rank": 2}), "xlsx", tmp_path / "saved"))[
        "Low B12 untreated"
    ]
    at = places(sheet)
    rules = {rule.type: rule for rule in sheet.data_validations.dataValidation}
    assert {"list", "date"} <= set(rules)
    assert sheet.protection.sheet
    assert not sheet.cell(4, at["Decision"]).protection.locked
    assert sheet.cell(4, at["item_key"]).protection.locked


def test_a_list_prints_on_a4_across_with_its_header_and_its_run_on_every_page(office, tmp_path):
    if not shutil.which("pdftotext"):
        pytest.skip("poppler is not installed (Debian: poppler-utils)")
    rows = [{"person_id": f"p{number:03}", "item_key": f"k{number}", "rank": number} for number in range(60)]
    printed = office(workbook(tmp_path / "a.xlsx", *rows), "pdf", tmp_path / "printed")
    facts = subprocess.run(["pdfinfo", printed], capture_output=True, text=True, check=True).stdout
    assert re.search(r"Page size:\s+84[12]\.\d+ x 595", facts)
    pages = int(re.search(r"Pages:\s+(\d+)", facts)[1])
    text = subprocess.run(["pdftotext", "-layout", printed, "-"], capture_output=True, text=True, check=True).stdout
    each = text.split("\f")[:pages]
    assert all("As of 2026-11-20 · run" in page and f"of {pages}" in page for page in each)
    of_list = [page for page in each if "Title of low_b12_untreated" in page and "Snooze until" in page]
    assert len([page for page in of_list if "Patient id" in page]) >= 2
    assert "item_key" not in "".join(each[: pages - 2])  # keys are for the way back, not for paper
    assert {f"p{number:03}" for number in range(60)} <= set(re.findall(r"p\d{3}", text))
