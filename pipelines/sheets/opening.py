"""A workbook that came back, as rows of cells: opened with suspicion, and refused in words when it is none of ours."""

import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.workbook import Workbook

from pipelines.errors import B12Error

LARGEST_FILE = 50_000_000
LARGEST_UNPACKED = 200_000_000
"""Bytes. A workbook of 50,000 items has a few dozen millions; a harmful one unpacks to billions."""

MOST_PARTS = 2_000
MOST_ROWS = 200_000
"""Rows of a sheet that hold a cell, be it an empty one. Formatting a whole sheet writes a million of them."""

WORKBOOK = re.compile(r"xl/workbook\d*\.xml")
OLD_OFFICE = bytes.fromhex("D0CF11E0A1B11AE1")
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
SAVE_AGAIN = "Save it in Excel or LibreOffice as 'Excel Workbook (.xlsx)', and import that."


@dataclass(frozen=True)
class Cell:
    """What stands in a cell. ``value`` is a text, number, truth value or date; null where nothing stands but spaces.

    ``flaw`` says why the value cannot be used: it is a formula, or an error; null mostly.
    """

    value: Any = None
    flaw: str | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing was entered."""
        return self.value is None and self.flaw is None


EMPTY = Cell()


@dataclass(frozen=True)
class Row:
    """A row with something in it, by its number in the sheet."""

    number: int
    cells: tuple[Cell, ...]

    def at(self, place: int | None) -> Cell:
        """The cell of a column; an empty one where there is no such column."""
        return self.cells[place] if place is not None and place < len(self.cells) else EMPTY


@dataclass(frozen=True)
class Sheet:
    """A sheet with its rows; those in which nothing stands are left out."""

    name: str
    rows: list[Row]


def read_sheets(path: Path) -> list[Sheet]:
    """The sheets of a workbook, hidden rows and sheets included.

    Raises:
        B12Error: The file is missing, no .xlsx workbook, protected by a password, with macros, damaged or too large.
    """
    _check_file(path)
    with _damage_told(path):
        _check_parts(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells what it leaves out, such as colors and charts
            book = load_workbook(path, read_only=True, keep_links=False)
        try:
            if len(book.sheetnames) < _sheets_named(path):
                raise ValueError("a sheet is missing")  # openpyxl passes over it, and over what was entered there
            sheets = [Sheet(sheet.title, list(_rows(path, sheet))) for sheet in book.worksheets]
        finally:
            book.close()
    if not any(sheet.rows for sheet in sheets):
        raise B12Error(f"{path} is empty: no sheet has a cell. Nothing was taken. Import a workbook of worklists.")
    return sheets


def _check_file(path: Path) -> None:
    if not path.exists():
        raise B12Error(f"No file at {path}. Give the path of a workbook that was sent back.")
    if not path.is_file():
        raise B12Error(f"{path} is a folder. Give the path of a workbook (.xlsx).")
    size = path.stat().st_size
    if size == 0:
        raise B12Error(f"{path} is an empty file, of 0 bytes. Nothing was taken. Ask for it again.")
    if size > LARGEST_FILE:
        raise B12Error(f"{path} has {size:,} bytes, and {LARGEST_FILE:,} is the most. Nothing was taken.")
    with path.open("rb") as handle:
        start = handle.read(8)
        if start == OLD_OFFICE:
            if ENCRYPTED in start + handle.read():
                raise B12Error(
                    f"{path} is protected by a password and cannot be read. Nothing was taken. "
                    "Remove the password (File, Info, Protect Workbook), save, and import again."
                )
            raise B12Error(f"{path} is a workbook of the old Excel format (.xls). Nothing was taken. {SAVE_AGAIN}")
    if not start.startswith(b"PK"):
        raise B12Error(
            f"{path} is no Excel workbook; it may be a CSV file by that name. Nothing was taken. {SAVE_AGAIN}"
        )


def _check_parts(path: Path) -> None:
    with zipfile.ZipFile(path) as parts:
        listed = parts.infolist()
        names = {part.filename for part in listed}
        if any(name.casefold().endswith("vbaproject.bin") for name in names):
            raise B12Error(f"{path} is a workbook with macros. Nothing was taken. {SAVE_AGAIN}")
        if not any(WORKBOOK.fullmatch(name) for name in names):
            raise B12Error(f"{path} holds no Excel workbook (.xlsx). Nothing was taken. {SAVE_AGAIN}")
        unpacked = sum(part.file_size for part in listed)
        if unpacked > LARGEST_UNPACKED or len(listed) > MOST_PARTS:
            raise B12Error(
                f"{path} unpacks to {unpacked:,} bytes in {len(listed):,} parts, far more than a workbook of lists. "
                "Nothing was taken. Copy the rows you filled in to a fresh workbook."
            )
        for part in listed:
            if part.filename.endswith((".xml", ".rels")):
                with parts.open(part) as handle:
                    if b"<!DOCTYPE" in handle.read(2_000):
                        raise B12Error(f"{path} declares a document type, as no workbook does. Nothing was taken.")


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except (B12Error, MemoryError):
        raise
    except Exception as error:  # whatever a parser makes of a broken file; its message may hold values
        raise B12Error(
            f"{path} is damaged or incomplete, and cannot be read as a workbook ({type(error).__name__}). "
            "Nothing was taken. Open it, save it again as .xlsx, or ask for it again."
        ) from None


def _sheets_named(path: Path) -> int:
    """How many sheets the workbook says that it has."""
    with zipfile.ZipFile(path) as parts:
        whole = next(parts.read(name) for name in parts.namelist() if WORKBOOK.fullmatch(name))
    return len(re.findall(rb"<(?:\w+:)?sheet\s", whole))


def _rows(path: Path, sheet: Workbook) -> Iterator[Row]:
    sheet.reset_dimensions()  # what the file claims of its size may be wrong
    held = 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        held += bool(cells)
        if held > MOST_ROWS:
            raise B12Error(
                f"A sheet of {path} has more than {MOST_ROWS:,} rows. Nothing was taken. "
                "Delete the empty rows below the list, save, and import again."
            )
        row = tuple(_cell(cell) for cell in cells)
        if any(not cell.is_empty for cell in row):
            yield Row(number, row)


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return EMPTY
    if cell.data_type == "f":
        return Cell(flaw="holds a formula")
    if cell.data_type == "e":
        return Cell(flaw="holds an error")
    if isinstance(value, str):
        return Cell(unescape(value)) if value.strip() else EMPTY
    return Cell(value)


def text_of(cell: Cell) -> str | None:
    """The text of a cell; a whole number as it was typed, without a decimal point."""
    if isinstance(cell.value, float) and cell.value.is_integer():
        return str(int(cell.value))
    return None if cell.value is None else str(cell.value)
