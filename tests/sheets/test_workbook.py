"""The workbook of a site: good to print and to work in, and never a formula."""

import html
import re
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.utils import column_index_from_string

from pipelines.sheets.columns import ENTRIES, ITEM_COLUMNS, KEY, PRINTED, SEEN
from pipelines.sheets.opening import read_sheets
from pipelines.sheets.page import FIRST_ROW, HEADER_ROW
from pipelines.sheets.words import seen_of
from pipelines.sheets.workbook import sheet_order
from tests.sheets.made import AS_OF, HASH, RUN, items, opened, places, workbook, worklists

HEADER, FIRST = HEADER_ROW + 1, FIRST_ROW + 1


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return workbook(
        tmp_path_factory.mktemp("sheets") / "Old_Mill.xlsx",
        {"person_id": "007", "item_key": "k1", "priority": 1, "age": 71, "sex": "F", "serum_b12": 81.2, "mcv": 104.26,
         "serum_b12_reported": "<110 ng/L", "serum_b12_date": date(2026, 10, 1), "flags": ["diagnoses_not_seen", "age_unknown"]},
        {"person_id": "90071992547409931234", "item_key": "k2", "state": "snoozed", "rank": 2, "decision": "snooze",
         "decided_by": "ann", "decided_at": datetime(2026, 11, 1, 9), "snoozed_until": date(2026, 12, 24), "decision_id": 17,
         "decision_note": "bloods booked"},
        {"worklist": "neuro_untested", "item_key": "k3", "priority": 3},
        slugs=("low_b12_untreated", "neuro_untested", "raised_mma_untreated"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def sheet(path):
    return opened(path)["Low B12 untreated"]


def test_the_sheets_are_patients_each_list_with_an_item_and_about(path):
    assert opened(path).sheetnames == ["Patients", "Low B12 untreated", "Neuro untested", "About this list"]


def test_lists_with_an_urgent_item_come_first_then_treatment_then_tests():
    listed = items(
        {"worklist": "diet_risk_unscreened"},
        {"worklist": "neuro_untested", "priority": 1, "state": "snoozed"},
        {"worklist": "macrocytosis_untested", "priority": 1},
        {"worklist": "maintenance_overdue"},
    )
    known = worklists("diet_risk_unscreened", "macrocytosis_untested", "maintenance_overdue", "neuro_untested", "other")
    expected = ["macrocytosis_untested", "maintenance_overdue", "neuro_untested", "diet_risk_unscreened"]
    assert sheet_order(listed, known) == expected


def test_rows_stand_by_rank_whatever_their_order_was(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {"item_key": "b", "rank": 2}, {"item_key": "a", "rank": 1})
    sheet = opened(path)["Low B12 untreated"]
    assert [sheet.cell(row, places(sheet)[KEY]).value for row in (FIRST, FIRST + 1)] == ["a", "b"]


def test_identifiers_are_text_dates_are_dates_and_numbers_have_their_unit_in_the_header(sheet):
    at = places(sheet)
    row = {header: sheet.cell(FIRST, column) for header, column in at.items()}
    assert (row["Patient id"].value, row["Patient id"].data_type, row["Patient id"].number_format) == ("007", "s", "@")
    assert sheet.cell(FIRST + 1, at["Patient id"]).value == "90071992547409931234"
    assert (row["B12 date"].value, row["B12 date"].number_format) == (datetime(2026, 10, 1), "yyyy-mm-dd")
    assert (row["B12 (pmol/L)"].value, row["MCV (fL)"].value, row["MCV (fL)"].number_format) == (81.2, 104.26, "0.0")
    assert row["B12 as reported"].value == "<110 ng/L"
    assert (row["Priority"].value, row["State"].value) == ("1 urgent", "New")
    assert row["Keep in mind"].value == "diagnoses not seen; age unknown"


def test_what_was_decided_so_far_is_said_in_words(sheet):
    said = sheet.cell(FIRST + 1, places(sheet)["Decided so far"]).value
    assert said == "Snooze until 2026-12-24\nann, 2026-11-01\nbloods booked"


def test_the_cell_seen_says_what_was_shown(sheet):
    at = places(sheet)[SEEN]
    first, second = (seen_of(sheet.cell(row, at).value) for row in (FIRST, FIRST + 1))
    assert (first.run_id, first.evidence_hash, first.priority, first.decision_id) == (RUN, HASH, 1, None)
    assert second.decision_id == 17


def test_only_the_columns_to_fill_in_and_those_beside_the_list_are_unlocked(sheet):
    at = places(sheet)
    assert sheet.protection.sheet
    assert sheet.protection.password is None
    unlocked = {header for header, column in at.items() if not sheet.cell(FIRST, column).protection.locked}
    assert unlocked == set(ENTRIES)
    assert not sheet.column_dimensions[sheet.cell(1, len(at) + 1).column_letter].protection.locked


def test_a_protected_sheet_can_be_sorted_filtered_coloured_and_given_columns(path, sheet):
    options = sheet.protection
    for allowed in ("sort", "autoFilter", "formatCells", "formatColumns", "formatRows", "insertColumns"):
        assert getattr(options, allowed) is False, allowed  # false: not forbidden
    last = sheet.cell(FIRST + 1, len(ITEM_COLUMNS)).coordinate
    assert sheet.auto_filter.ref == f"A{HEADER}:{last}"
    # Excel sorts only cells that may be edited: the range that may be covers the rows of the list, and not its header.
    assert f'sqref="A{FIRST}:{last}"' in part(path, "sheet2").split("<protectedRanges>")[1]


def test_decision_and_reason_are_chosen_the_date_lies_ahead_and_nothing_else_can_be_typed(sheet):
    at = places(sheet)
    rules = {}
    for rule in sheet.data_validations.dataValidation:
        for cells in rule.sqref.ranges:
            assert (cells.min_row, cells.max_row) == (FIRST, FIRST + 1)
            rules |= dict.fromkeys(range(cells.min_col, cells.max_col + 1), rule)
    assert rules[at["Decision"]].formula1 == '"Done,Ordered,Contacted,Snooze,Not applicable,Comment,Undo"'
    assert "Bought over the counter" in rules[at["Reason"]].formula1
    assert (rules[at["Snooze until"]].type, rules[at["Snooze until"]].formula1) == ("date", "46347")  # 2026-11-21
    assert at["Note"] not in rules
    ours = [rules[column] for header, column in at.items() if header not in ENTRIES]
    assert {(rule.type, rule.operator, rule.formula1, rule.errorStyle) for rule in ours} == {
        ("textLength", "lessThan", "0", None)
    }


def test_the_patients_are_printed_with_the_day_they_are_due(path):
    printed = opened(path)["Patients"]
    last = printed.print_area.rsplit("$", 2)[1]
    headers = [cell.value for cell in printed[HEADER]]
    assert headers.index("Due") < headers.index("Other items") == column_index_from_string(last) - 1


def test_header_and_first_columns_stay_in_view_and_on_every_page(sheet):
    assert sheet.freeze_panes == f"D{FIRST}"
    assert sheet.print_title_rows == f"$1:${HEADER}"
    setup = sheet.page_setup
    assert (setup.orientation, int(setup.paperSize), int(setup.fitToHeight)) == ("landscape", 9, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_area.endswith(f"${sheet.cell(1, len(PRINTED)).column_letter}${FIRST + 1}")
    footer = sheet.oddFooter
    assert footer.left.text == f"As of {AS_OF} · run {RUN}"
    assert "patient data" in footer.center.text
    assert "&P" in footer.right.text or "&[Page]" in footer.right.text


def test_about_this_list_says_what_it_is_how_fresh_how_many_and_how_to_send_it_back(path):
    text = "\n".join(
        " | ".join(str(cell) for cell in row if cell is not None)
        for row in opened(path)["About this list"].iter_rows(values_only=True)
    )
    for said in (
        "Run | " + RUN,
        "pathology, labs | 2026-11-19",
        "practice, patients | no row with a date",
        "13 of 6,526 rows of pathology/labs are in quarantine.",
        "Low B12 untreated | 2: 1 urgent, 1 new, 1 snoozed or dismissed | Title of low_b12_untreated",
        "no open item | 0: 0 urgent, 0 new, 0 snoozed or dismissed | Title of raised_mma_untreated",
        "https://example.org",
        "B12 (pmol/L) | Latest serum B12, pmol/L; the lowest of its day.",
        "Send the workbook back as .xlsx",
    ):
        assert said in text


def test_every_column_is_explained():
    assert all(column.explained() for column in ITEM_COLUMNS)


def test_there_is_no_formula_no_link_no_hidden_part_and_no_macro(path):
    with zipfile.ZipFile(path) as parts:
        names = parts.namelist()
        sheets = {name: parts.read(name).decode() for name in names if name.startswith("xl/worksheets/sheet")}
        whole = parts.read("xl/workbook.xml").decode()
    assert not re.search(r"pivot|vba|external|comments|drawing", " ".join(names), re.IGNORECASE)
    assert "state=" not in whole
    for text in sheets.values():
        assert not re.search(r"<f[ >]|<hyperlink|hidden=", text)


@pytest.mark.parametrize("site", ["R&D Surgery", "&R1", None, "A" * 300])
def test_a_page_header_takes_any_site(tmp_path, site):
    header = re.search("<oddHeader>(.*)</oddHeader>", part(workbook(tmp_path / "a.xlsx", {}, site=site), "sheet1"))[1]
    left, right = html.unescape(header).removeprefix("&L").rsplit("&R", 1)
    assert (left.replace("&&", "&"), right) == ((site or "Site not known")[:60], "Patients")


def test_a_site_without_an_open_item_still_has_a_workbook(tmp_path):
    path = workbook(tmp_path / "a.xlsx", of_patients=(), slugs=("low_b12_untreated",))
    assert opened(path).sheetnames == ["Patients", "About this list"]


@pytest.mark.parametrize(("length", "end"), [(32_767, "x"), (32_768, "…")])
def test_a_text_longer_than_a_cell_takes_is_cut_with_an_ellipsis(tmp_path, length, end):
    sheet = opened(workbook(tmp_path / "a.xlsx", {"reason": "x" * length}))["Low B12 untreated"]
    text = sheet.cell(FIRST, places(sheet)["Why on this list"]).value
    assert (len(text), text[-1]) == (32_767, end)


def test_nothing_is_left_behind_when_writing_fails(tmp_path):
    (tmp_path / "a.xlsx").mkdir()
    with pytest.raises(OSError, match=r"a\.xlsx"):
        workbook(tmp_path / "a.xlsx", {})
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


AWKWARD = [
    "=1+1", "+44 20", "-", "@SUM(A1)", "\tx", "\rx", "a\r\nb", "_x00", "'", '"', "0012",
    "1e5", "http://example.org", "<f>1</f>", "&amp;", " padded ", "TRUE", "#REF!", "2026-01-01", "\x00\x1f", "\ufffe\uffff",
]  # fmt: skip


def is_plain(text):
    """Not blank, and not spelled like the escape of a control character: openpyxl cannot tell those apart."""
    return text.strip() and not re.search("_x[0-9A-Fa-f]{4}_", text)


TEXT_COLUMNS = {
    "Name": "display_name",
    "Patient id": "person_id",
    "Why on this list": "reason",
    "Clinician": "clinician",
    "B12 as reported": "serum_b12_reported",
}


@settings(max_examples=12)
@example(AWKWARD)
@given(st.lists(st.text(min_size=1, max_size=60).filter(is_plain), min_size=10, max_size=40))
def test_any_text_comes_back_the_same_and_is_never_a_formula(tmp_path_factory, texts):
    rows = [dict.fromkeys(TEXT_COLUMNS.values(), text) | {"rank": rank} for rank, text in enumerate(texts)]
    path = workbook(tmp_path_factory.mktemp("any") / "a.xlsx", *rows)
    shown = read_sheets(path)[1].rows[-len(texts) :]
    at = {column.header: place for place, column in enumerate(ITEM_COLUMNS)}
    for header in TEXT_COLUMNS:
        assert [row.at(at[header]).value for row in shown] == texts
    assert not any(cell.flaw for row in shown for cell in row.cells)
    assert "<f>" not in part(path, "sheet2")


def part(path, sheet):
    with zipfile.ZipFile(path) as parts:
        return parts.read(f"xl/worksheets/{sheet}.xml").decode()
