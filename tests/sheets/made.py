"""Rows and workbooks for the tests of spreadsheets: synthetic, and complete but for what a test names."""

from datetime import date, datetime

import openpyxl
import polars as pl

from pipelines.contract import core_schema
from pipelines.sheets.about import About
from pipelines.sheets.page import FIRST_ROW, HEADER_ROW
from pipelines.sheets.workbook import write_workbook

AS_OF = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 9, 30)
RUN = "20261120T020000-0a1b2c3d"
HASH = "0123456789abcdef"

ABOUT = About(
    as_of=AS_OF,
    known_at=AS_OF,
    run_id=RUN,
    published_at=datetime(2026, 11, 20, 2, 10),
    profile="uk_nice_ng239",
    feeds=(
        {"source": "pathology", "extract_table": "labs", "newest_known": "2026-11-19"},
        {"source": "practice", "extract_table": "patients", "newest_known": None},
    ),
    problems=("13 of 6,526 rows of pathology/labs are in quarantine.",),
)

_ITEM = {
    "worklist": "low_b12_untreated",
    "person_id": "007",
    "item_key": "k1",
    "priority": 2,
    "index_date": date(2026, 10, 1),
    "due_date": date(2026, 10, 15),
    "reason": "Serum B12 110 pmol/L on 2026-10-01 is low; no record of B12 treatment since.",
    "flags": [],
    "state": "new",
    "evidence_hash": HASH,
    "first_listed": AS_OF,
    "days_listed": 0,
    "site": "Old Mill",
    "treatment": "no record",
    "rank": 1,
}
_PATIENT = {
    "person_id": "007",
    "priority": 2,
    "site": "Old Mill",
    "treatment_worklist": "low_b12_untreated",
    "treatment_item_key": "k1",
    "treatment_priority": 2,
    "treatment_reason": "Low.",
    "treatment_state": "new",
    "other_items": 0,
    "first_listed": AS_OF,
    "days_listed": 0,
    "rank": 1,
}
_WORKLIST = {
    "worklist": "low_b12_untreated",
    "title": "Low vitamin B12, no record of treatment",
    "action": "Start vitamin B12 replacement",
    "rationale": "People whose B12 is low.",
    "source": "NICE NG239",
    "source_url": "https://example.org",
    "profile": "uk_nice_ng239",
    "parameters": "{}",
    "definition_hash": "h",
    "owner": "practice",
    "reviewed": AS_OF,
}


def items(*rows):
    return _frame("worklist_item", _ITEM, rows)


def patients(*rows):
    return _frame("worklist_patient", _PATIENT, rows)


def worklists(*slugs):
    rows = [{"worklist": slug, "title": f"Title of {slug}"} for slug in slugs or ("low_b12_untreated",)]
    return _frame("worklist", _WORKLIST, rows)


def workbook(path, *rows, of_patients=({},), site="Old Mill", slugs=()):
    """The workbook of items as it is written."""
    listed = items(*rows)
    slugs = slugs or listed["worklist"].unique(maintain_order=True).to_list()
    write_workbook(
        path, items=listed, patients=patients(*of_patients), worklists=worklists(*slugs), about=ABOUT, site=site
    )
    return path


def opened(path):
    return openpyxl.load_workbook(path)


def places(sheet):
    """The number of each column of a sheet, by header."""
    return {cell.value: cell.column for cell in sheet[HEADER_ROW + 1] if cell.value}


def enter(path, entries, *, to=None, sheet="Low B12 untreated"):
    """Fill in rows, counted from the first below the header, as {row: {header: value}}; saves and gives the path."""
    book = opened(path)
    of = book[sheet]
    at = places(of)
    for row, cells in entries.items():
        for header, value in cells.items():
            of.cell(FIRST_ROW + 1 + row, at[header]).value = value
    book.save(to or path)
    return to or path


def _frame(table, defaults, rows):
    schema = core_schema(table)
    return pl.DataFrame([dict.fromkeys(schema) | defaults | row for row in rows], schema=schema)
