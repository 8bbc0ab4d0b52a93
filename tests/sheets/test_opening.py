"""Files that come back and are no workbook of ours are refused, in words, and nothing of them is taken."""

import io
import zipfile

import openpyxl
import pytest

from pipelines.errors import B12Error
from pipelines.sheets import opening
from pipelines.sheets.opening import read_sheets
from tests.sheets.made import opened, workbook


def packed(path, **parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return path


def rewritten(path, change):
    """The workbook with each part as ``change`` gives it."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in change(parts).items():
            new.writestr(name, content)
    return path


def a_missing_file(path):
    return path


def a_folder(path):
    path.mkdir()
    return path


def no_bytes(path):
    path.write_bytes(b"")
    return path


def a_csv_renamed(path):
    path.write_text("item_key,Decision\nk1,done\n")
    return path


def protected_by_a_password(path):
    path.write_bytes(opening.OLD_OFFICE + b"\0" * 2000 + opening.ENCRYPTED + b"\0" * 100)
    return path


def an_old_xls(path):
    path.write_bytes(opening.OLD_OFFICE + b"\0" * 2000 + "Workbook".encode("utf-16-le"))
    return path


def truncated(path):
    whole = workbook(path, {}).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def another_archive(path):
    return packed(path, word__document_xml="<w/>")


def a_binary_workbook(path):
    return packed(path, **{"xl__workbook.bin": "x"})


def with_macros(path):
    return rewritten(workbook(path, {}), lambda parts: parts | {"xl/vbaProject.bin": b"x"})


def with_a_document_type(path):
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b">]><sst/>'
    return rewritten(workbook(path, {}), lambda parts: parts | {"xl/sharedStrings.xml": bomb})


def with_broken_content(path):
    return rewritten(workbook(path, {}), lambda parts: parts | {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData>"})


def without_one_of_its_sheets(path):
    return rewritten(workbook(path, {}), lambda parts: {n: c for n, c in parts.items() if "sheets/sheet2" not in n})


def empty(path):
    openpyxl.Workbook().save(path)
    return path


def damaged_in_the_middle(path):
    whole = bytearray(workbook(path, {}).read_bytes())
    whole[2000:2400] = b"\xff" * 400
    path.write_bytes(whole)
    return path


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (a_missing_file, "No file at"),
        (a_folder, "is a folder"),
        (no_bytes, "is an empty file"),
        (a_csv_renamed, "may be a CSV file"),
        (protected_by_a_password, "protected by a password"),
        (an_old_xls, "old Excel format"),
        (truncated, "damaged or incomplete"),
        (another_archive, "holds no Excel workbook"),
        (a_binary_workbook, "holds no Excel workbook"),
        (with_macros, "with macros"),
        (with_a_document_type, "declares a document type"),
        (with_broken_content, "damaged or incomplete"),
        (without_one_of_its_sheets, "damaged or incomplete"),
        (damaged_in_the_middle, "damaged or incomplete"),
        (empty, "no sheet has a cell"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_file_that_is_no_workbook_of_lists_is_refused(tmp_path, made, told):
    with pytest.raises(B12Error, match=told) as refused:
        read_sheets(made(tmp_path / "a.xlsx"))
    assert str(tmp_path / "a.xlsx") in str(refused.value)


def test_a_file_that_unpacks_to_billions_is_refused_before_it_is_unpacked(tmp_path):
    bomb = io.BytesIO()
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/workbook.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(opening.LARGEST_UNPACKED // 10_000_000 + 1):
            part.write(b"\0" * 10_000_000)
    (tmp_path / "a.xlsx").write_bytes(bomb.getvalue())
    with pytest.raises(B12Error, match="unpacks to"):
        read_sheets(tmp_path / "a.xlsx")


def test_a_file_with_a_hundred_thousand_parts_is_refused(tmp_path):
    names = {f"x{number}": "" for number in range(opening.MOST_PARTS)}
    with pytest.raises(B12Error, match="parts"):
        read_sheets(packed(tmp_path / "a.xlsx", xl__workbook_xml="<w/>", **names))


def sheet_of_rows(path, rows):
    def change(parts):
        start, end = parts["xl/worksheets/sheet2.xml"].split(b"</sheetData>")
        return parts | {"xl/worksheets/sheet2.xml": start + rows + b"</sheetData>" + end}

    return rewritten(workbook(path, {}), change)


def test_a_million_rows_without_a_cell_are_passed_over(tmp_path):
    path = sheet_of_rows(tmp_path / "a.xlsx", b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>')
    assert [row.number for row in read_sheets(path)[1].rows] == [1, 2, 3, 4, 1048576]


def empty_rows(path, count):
    """The list, which has four rows, with so many rows of empty cells below it."""
    return sheet_of_rows(
        path, b"".join(b'<row r="%d"><c r="A%d" s="1"/></row>' % (n, n) for n in range(10, 10 + count))
    )


def test_a_million_rows_of_empty_cells_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "MOST_ROWS", 200)
    assert read_sheets(empty_rows(tmp_path / "a.xlsx", 196))
    with pytest.raises(B12Error, match="more than 200 rows"):
        read_sheets(empty_rows(tmp_path / "a.xlsx", 197))


def test_a_file_that_is_too_large_is_refused_unread(tmp_path, monkeypatch):
    path = workbook(tmp_path / "a.xlsx", {})
    monkeypatch.setattr(opening, "LARGEST_FILE", path.stat().st_size)
    assert read_sheets(path)
    monkeypatch.setattr(opening, "LARGEST_FILE", path.stat().st_size - 1)
    with pytest.raises(B12Error, match="is the most"):
        read_sheets(path)


def test_a_claimed_size_hides_no_row(tmp_path):
    def change(parts):
        sheet = parts["xl/worksheets/sheet2.xml"]
        start, rest = sheet.split(b'<dimension ref="')
        return parts | {"xl/worksheets/sheet2.xml": start + b'<dimension ref="A1"/' + rest[rest.index(b">") :]}

    assert len(read_sheets(rewritten(workbook(tmp_path / "a.xlsx", {}), change))[1].rows) == 4


def test_formulas_and_errors_are_known_as_such_and_hidden_rows_and_sheets_are_read(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {})
    book = opened(path)
    sheet = book["Low B12 untreated"]
    sheet["N4"], sheet["O4"] = "=B4", "#N/A"
    sheet.row_dimensions[4].hidden = True
    sheet.sheet_state = "hidden"
    book.save(path)
    row = read_sheets(path)[1].rows[-1]
    assert [row.at(place).flaw for place in (12, 13, 14)] == [None, "holds a formula", "holds an error"]
