"""The workbook of a site: its patients, a sheet for each list with an open item, and what the lists are."""

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import polars as pl
import xlsxwriter

from pipelines.publish.patients import clinical_order
from pipelines.sheets.about import ABOUT, About, add_about, counts_of
from pipelines.sheets.columns import ITEM_COLUMNS, PATIENT_COLUMNS, PRINTED, Column, shown_items, shown_patients
from pipelines.sheets.page import Formats, Page, add_page
from pipelines.sheets.words import sheet_names

PATIENTS = "Patients"
PATIENTS_PRINTED = 14  # up to "Other items"
KEPT_IN_VIEW = 3  # priority, patient and name


def write_workbook(
    path: Path,
    *,
    items: pl.DataFrame,
    patients: pl.DataFrame,
    worklists: pl.DataFrame,
    about: About,
    site: str | None,
) -> None:
    """Write the workbook of one site, in place of an older one.

    Sheets: "Patients"; each list with an open item, those with an urgent one first and else in clinical order;
    "About this list". Nothing in it is a formula.

    Args:
        path: the .xlsx file.
        items: the rows of ``worklist_item`` of the site.
        patients: the rows of ``worklist_patient`` of the site.
        worklists: the rows of ``worklist``.
        about: the facts of the run.
        site: the name of the site; null when it is unknown.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    book = _filled(beside, items, patients, worklists, about, site)
    try:
        book.close()
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def workbook_bytes(
    *, items: pl.DataFrame, patients: pl.DataFrame, worklists: pl.DataFrame, about: About, site: str | None
) -> bytes:
    """The workbook of ``write_workbook``, made in memory: no patient is written to a disk."""
    content = io.BytesIO()
    _filled(content, items, patients, worklists, about, site, in_memory=True).close()
    return content.getvalue()


def sheet_order(items: pl.DataFrame, worklists: pl.DataFrame) -> list[str]:
    """The lists that have an open item: those with an urgent one that is not quiet first, then in clinical order."""
    counts = counts_of(items, worklists).filter(pl.col("open") > 0)
    return counts.sort(pl.col("urgent") == 0, clinical_order(), "worklist")["worklist"].to_list()


def _filled(
    to: Path | BinaryIO,
    items: pl.DataFrame,
    patients: pl.DataFrame,
    worklists: pl.DataFrame,
    about: About,
    site: str | None,
    **options: bool,
) -> xlsxwriter.Workbook:
    """The workbook with all its sheets; closing it writes it."""
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(to, safe | options)
    book.set_properties({"title": "B12 Care Gaps", "created": about.published_at})
    _fill(book, items, patients, worklists, about, site or "Site not known")
    return book


def _fill(
    book: xlsxwriter.Workbook,
    items: pl.DataFrame,
    patients: pl.DataFrame,
    worklists: pl.DataFrame,
    about: About,
    site: str,
) -> None:
    formats = Formats(book)
    footer = (
        f"&LAs of {about.as_of} · run {_in_margin(about.run_id)}"
        "&CContains patient data. Supports review; not the clinical record.&RPage &P of &N"
    )
    lists = sheet_order(items, worklists)
    sheets = sheet_names(lists, taken=(PATIENTS, ABOUT))
    counts = {count["worklist"]: count for count in counts_of(items, worklists).to_dicts()}
    definitions = {listed["worklist"]: listed for listed in worklists.to_dicts()}

    def add(name: str, title: str, told: str, columns: Sequence[Column], printed: int, rows: pl.DataFrame) -> None:
        header = f"&L{_in_margin(site)}&R{_in_margin(name)}"
        page = Page(name, title, f"{told}   As of {about.as_of}.", columns, printed, KEPT_IN_VIEW, header, footer)
        add_page(book, formats, page, rows, as_of=about.as_of)

    told = f"{patients.height} with an open item, who first and for what. Decide on the sheets that are named."
    add(PATIENTS, f"Patients of {site}", told, PATIENT_COLUMNS, PATIENTS_PRINTED, shown_patients(patients, sheets))
    for slug in lists:
        count = counts[slug]
        told = (
            f"Next step: {definitions[slug]['action']}.   Open {count['open']}: {count['urgent']} urgent, "
            f"{count['new']} new, {count['quiet']} snoozed or dismissed."
        )
        shown = shown_items(items.filter(pl.col("worklist") == slug), about.run_id)
        add(sheets[slug], definitions[slug]["title"], told, ITEM_COLUMNS, len(PRINTED), shown)
    add_about(book, formats, site=site, about=about, items=items, worklists=worklists, sheets=sheets, footer=footer)


def _in_margin(text: str) -> str:
    """A text as it stands in a page header, where an ampersand begins a code and 255 characters are the most."""
    return text[:60].replace("&", "&&").replace("\n", " ")
