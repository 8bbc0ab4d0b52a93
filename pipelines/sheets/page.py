"""A sheet of the workbook: title, header, rows, how it prints, what may be changed and what a cell takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipelines.decisions.vocabulary import LONGEST_SNOOZE_YEARS
from pipelines.sheets.columns import DECISION, ENTRIES, PATIENT, REASON, UNTIL, Column
from pipelines.sheets.words import DECISION_LABELS, PRIORITIES, REASON_LABELS, STATES

TITLE_ROWS = 2
HEADER_ROW = TITLE_ROWS
FIRST_ROW = HEADER_ROW + 1
LONGEST_TEXT = 32_767
"""Characters that a cell takes."""

LINE_HEIGHT = 14.5  # points, of the font of the cells
MOST_LINES = 27  # a row can be 409 points high
WORDS_BREAK = 1.2
"""A line that breaks between words, in a wider font than was meant, holds that much less than its width says."""

FREE_COLUMNS = 40
"""To the right of the list, for whatever people add."""

A4 = 9
OURS = "Written by the nightly run"
OURS_WHY = "What is typed here would be lost. Use the yellow columns, or a free column to the right of the list."


class Formats:
    """The cell formats of one workbook."""

    def __init__(self, book: Workbook) -> None:
        top = {"valign": "top", "font_size": 11, "bottom": 1, "bottom_color": "#D0D0D0"}
        entry = {**top, "locked": False, "bg_color": "#FFF9DB", "border": 1, "border_color": "#C9C9C9"}
        head = {"bold": True, "text_wrap": True, "valign": "vcenter", "bottom": 1}
        number = {**top, "align": "right", "indent": 1}
        self.cell = book.add_format(top)
        self.plain = book.add_format()
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.subtitle = book.add_format({"font_size": 11})
        self.section = book.add_format({"bold": True, "font_size": 12, "bottom": 1})
        self.header = book.add_format({**head, "bg_color": "#E7ECF1"})
        self.entry_header = book.add_format({**head, "bg_color": "#F3DE8A"})
        self.text = book.add_format({**top, "num_format": "@"})
        self.wrapped = book.add_format({**top, "num_format": "@", "text_wrap": True})
        self.day = book.add_format({**top, "num_format": "yyyy-mm-dd", "align": "left"})
        self.entry = book.add_format({**entry, "num_format": "@", "text_wrap": True})
        self.entry_day = book.add_format({**entry, "num_format": "yyyy-mm-dd", "align": "left"})
        self.free = book.add_format({"locked": False})
        self.urgent = book.add_format({"bold": True})
        self.quiet = book.add_format({"italic": True, "font_color": "#5F5F5F"})
        self.needed = book.add_format({"bg_color": "#FFC9A3", "pattern": 1})
        self.numbers = [book.add_format({**number, "num_format": code}) for code in ("0", "0.0")]


@dataclass(frozen=True)
class Page:
    """A sheet with a table: its columns, of which the first ``printed`` are printed and the first ``frozen`` stay."""

    name: str
    title: str
    subtitle: str
    columns: Sequence[Column]
    printed: int
    frozen: int
    header: str
    footer: str


def add_page(book: Workbook, formats: Formats, page: Page, rows: pl.DataFrame, *, as_of: date) -> None:
    """Add the sheet of a page; ``rows`` has its columns by header, but for those that people fill in."""
    sheet = book.add_worksheet(page.name)
    end = FIRST_ROW + rows.height - 1
    for place, column in enumerate(page.columns):
        entered = column.shows is None
        sheet.set_column(place, place, column.width, formats.cell)
        sheet.write_blank(0, place, None, formats.plain)
        sheet.write_blank(1, place, None, formats.plain)
        sheet.write_string(HEADER_ROW, place, column.header, formats.entry_header if entered else formats.header)
        if entered:
            _leave_to_fill_in(sheet, formats, place, column, rows.height)
        else:
            values = rows[column.header]
            write_values(sheet, formats, FIRST_ROW, place, values, wraps=column.wraps, decimals=column.decimals)
    sheet.write_string(0, 0, page.title, formats.title)
    sheet.write_string(1, 0, page.subtitle, formats.subtitle)
    set_heights(sheet, rows, {column.header: column.width for column in page.columns if column.wraps}, least=2)
    sheet.set_column(len(page.columns), len(page.columns) + FREE_COLUMNS - 1, None, formats.free)
    sheet.set_row(HEADER_ROW, 2 * LINE_HEIGHT + 3)
    sheet.autofilter(HEADER_ROW, 0, max(end, HEADER_ROW), len(page.columns) - 1)
    sheet.freeze_panes(FIRST_ROW, page.frozen)
    if rows.height:
        _guard(sheet, formats, page.columns, end, as_of)
    _protect(sheet, len(page.columns), max(end, HEADER_ROW))
    set_up_printing(sheet, page.header, page.footer)
    sheet.repeat_rows(0, HEADER_ROW)
    sheet.print_area(0, 0, max(end, HEADER_ROW), page.printed - 1)


def set_heights(
    sheet: Worksheet, rows: pl.DataFrame, widths: Mapping[str, float], *, first_row: int = FIRST_ROW, least: int = 1
) -> None:
    """Give each row the height of its longest wrapped text: what opens the file may not, and prints half a sentence."""
    wrapped = [
        (pl.col(name).str.split("\n").list.eval((pl.element().str.len_chars() * WORDS_BREAK / width).ceil()).list.sum())
        for name, width in widths.items()
        if name in rows.columns
    ]
    lines = rows.select(pl.max_horizontal(pl.lit(float(least)), *wrapped).clip(upper_bound=MOST_LINES).alias("lines"))
    for row, needed in enumerate(lines["lines"] if rows.height else [], first_row):
        sheet.set_row(row, needed * LINE_HEIGHT + 1)


def set_up_printing(sheet: Worksheet, header: str, footer: str) -> None:
    """A4 landscape, as wide as the page, with header and footer."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.3, right=0.3, top=0.6, bottom=0.6)
    sheet.set_header(header, {"margin": 0.25})
    sheet.set_footer(footer, {"margin": 0.25})


def write_values(
    sheet: Worksheet,
    formats: Formats,
    row: int,
    place: int,
    values: pl.Series,
    *,
    wraps: bool = False,
    decimals: int = 0,
) -> None:
    """Write values below each other: dates as dates, numbers as numbers, and any text as text, never as a formula."""
    if values.dtype == pl.Date:
        for at, value in enumerate(values, row):
            if value is not None:
                sheet.write_datetime(at, place, value, formats.day)
    elif values.dtype.is_numeric():
        number = formats.numbers[decimals]
        for at, value in enumerate(values, row):
            if value is not None:
                sheet.write_number(at, place, value, number)
    else:
        text = formats.wrapped if wraps else formats.text
        for at, value in enumerate(values, row):
            if value is not None:
                sheet.write_string(at, place, cut(value), text)


def cut(text: str) -> str:
    """A text as a cell takes it: one that is too long ends in an ellipsis."""
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _leave_to_fill_in(sheet: Worksheet, formats: Formats, place: int, column: Column, height: int) -> None:
    blank = formats.entry_day if column.header == UNTIL else formats.entry
    for row in range(FIRST_ROW, FIRST_ROW + height):
        sheet.write_blank(row, place, None, blank)


def _guard(sheet: Worksheet, formats: Formats, columns: Sequence[Column], end: int, as_of: date) -> None:
    """What cells take: choices and a date where people fill in, nothing typed elsewhere; and what is marked."""
    places = {column.header: place for place, column in enumerate(columns)}
    for place, column in enumerate(columns):
        rule = {
            DECISION: _choice(DECISION_LABELS.values(), "No such decision"),
            REASON: _choice(REASON_LABELS.values(), "No such reason"),
            UNTIL: _later_day(as_of),
        }.get(column.header)
        if column.header not in ENTRIES:
            # Locking alone would not do: cells that may be sorted may be typed into.
            rule = {"validate": "length", "criteria": "<", "value": 0, "error_title": OURS, "error_message": OURS_WHY}
        if rule is not None:
            sheet.data_validation(FIRST_ROW, place, end, place, rule)
    numbers_as_text = {"number_stored_as_text": xl_range(FIRST_ROW, places[PATIENT], end, places[PATIENT])}
    sheet.ignore_errors(numbers_as_text)
    _mark(sheet, formats, places, end)


def _choice(labels: Sequence[str], title: str) -> dict[str, object]:
    message = "Please choose from the drop-down list of this cell."
    return {"validate": "list", "source": list(labels), "error_title": title, "error_message": message}


def _later_day(as_of: date) -> dict[str, object]:
    return {
        "validate": "date",
        "criteria": "between",
        "minimum": as_of + timedelta(days=1),
        "maximum": as_of + timedelta(days=365 * LONGEST_SNOOZE_YEARS),
        "error_title": "No such date",
        "error_message": f"Please give a date after {as_of}, such as {as_of + timedelta(days=30)}.",
    }


def _mark(sheet: Worksheet, formats: Formats, places: dict[str, int], end: int) -> None:
    """Few marks, and none that colour alone carries: urgent, quiet, and an entry that is still needed."""

    def begins(header: str, text: str, mark: Format) -> None:
        rule = {"type": "text", "criteria": "begins with", "value": text, "format": mark}
        sheet.conditional_format(FIRST_ROW, places[header], end, places[header], rule)

    begins("Priority", PRIORITIES[1], formats.urgent)
    for header in places:
        if header == "State" or header.endswith(": state"):
            begins(header, STATES["snoozed"], formats.quiet)
            begins(header, STATES["dismissed"], formats.quiet)
    if DECISION in places:
        for header, slug in ((REASON, "not_applicable"), (UNTIL, "snooze")):
            decision, needed = (xl_rowcol_to_cell(FIRST_ROW, places[name], col_abs=True) for name in (DECISION, header))
            asked = f'=AND({decision}="{DECISION_LABELS[slug]}",{needed}="")'
            rule = {"type": "formula", "criteria": asked, "format": formats.needed}
            sheet.conditional_format(FIRST_ROW, places[header], end, places[header], rule)


def _protect(sheet: Worksheet, width: int, end: int) -> None:
    """Protect the sheet, without a password, from losing columns and rows; leave sorting, filtering and free columns.

    Excel sorts on a protected sheet only cells that may be edited. The range that may be edited therefore covers the
    whole list, locked cells included; typing into those is refused by their validation.
    """
    free = ("sort", "autofilter", "format_cells", "format_columns", "format_rows", "insert_columns")
    sheet.protect("", dict.fromkeys(free, True))
    sheet.unprotect_range(xl_range(FIRST_ROW, 0, max(end, FIRST_ROW), width - 1), "sorting")
