"""The sheet "About this list": what the lists are and rest on, how fresh, how many, and how to send them back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from textwrap import wrap
from typing import Any

import polars as pl
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipelines.publish.life import QUIET
from pipelines.sheets.columns import ITEM_COLUMNS, PATIENT_COLUMNS
from pipelines.sheets.page import Formats, set_heights, set_up_printing, write_values

ABOUT = "About this list"
WIDTHS = (29, 44, 84, 40, 12, 11)
LINE = 180
"""Characters of a sentence that runs over the columns; a cell that does so cannot wrap by itself."""
UNNAMED = ("fact", "is")  # columns that speak for themselves
SPILLING = 3  # tables up to this width have room to the right for what is too long

HOW_TO = (
    "1. Look the patient up in the clinical record. These lists support review; they are not the clinical record.",
    "2. Fill in the yellow columns: a decision, for 'Not applicable' a reason, for 'Snooze' a date; add a note.",
    "3. Sort, filter, color, add columns and rename the file as you like. Please leave item_key and Seen as they are.",
    "4. Send the workbook back as .xlsx, as often as you like: what was taken already is not taken twice. Each row is "
    "answered. Where a colleague decided meanwhile, your row is reported and theirs stays.",
    "5. Sheets are protected, without a password, so that no column gets lost: Review, Unprotect Sheet lifts it.",
    "6. This workbook contains patient data. Keep it where patient data may be kept, and delete it when it came back.",
)


@dataclass(frozen=True)
class About:
    """The facts of the run that a reader of its lists should know.

    Attributes:
        as_of: the date the lists look back from.
        known_at: the knowledge date.
        run_id: the run.
        published_at: when it was published, local time.
        profile: the guideline profile.
        feeds: a row per feed: ``source``, ``extract_table``, ``newest_known`` (null without a row that says when
            it became known: patients often do not).
        problems: what is known to be wrong or missing, a sentence each, without any value of a patient.
        selection: which part of the lists was taken, when and by whom; null for all of a site.
    """

    as_of: date
    known_at: date
    run_id: str
    published_at: datetime
    profile: str
    feeds: Sequence[Mapping[str, Any]] = ()
    problems: Sequence[str] = ()
    selection: str | None = None


def about_of(current: Mapping[str, Any], problems: list[str]) -> About:
    """The facts that ``current.json`` gives, with what the checks found, and that the publication grew stale first."""
    stale = [f"Stale since {current['stale_since']}: {current['stale_because']}."] if current.get("stale_since") else []
    return About(
        as_of=date.fromisoformat(current["as_of"]),
        known_at=date.fromisoformat(current["known_at"]),
        run_id=current["run_id"],
        published_at=datetime.fromisoformat(current["published_at"]),
        profile=current["profile"],
        feeds=current["feeds"],
        problems=(*stale, *problems),
    )


def counts_of(items: pl.DataFrame, worklists: pl.DataFrame) -> pl.DataFrame:
    """A row per worklist, none missed: ``worklist``, ``open``, and of these ``urgent``, ``new``, ``quiet``."""
    is_quiet = pl.col("state").is_in(QUIET)
    counted = items.group_by("worklist").agg(
        open=pl.len(),
        urgent=((pl.col("priority") == 1) & ~is_quiet).sum(),
        new=(pl.col("state") == "new").sum(),
        quiet=is_quiet.sum(),
    )
    named = worklists.select("worklist").join(counted, on="worklist", how="left", maintain_order="left")
    return named.with_columns(pl.exclude("worklist").fill_null(0).cast(pl.Int64))


def add_about(
    book: Workbook,
    formats: Formats,
    *,
    site: str,
    about: About,
    items: pl.DataFrame,
    worklists: pl.DataFrame,
    sheets: Mapping[str, str],
    footer: str,
) -> None:
    """Add the sheet; ``sheets`` names the sheet of each worklist that has one, in their order."""
    sheet = book.add_worksheet(ABOUT)
    for place, width in enumerate(WIDTHS):
        sheet.set_column(place, place, width)
    sheet.write_string(0, 0, f"Worklists of vitamin B12 care gaps: {site}", formats.title)
    row = 2
    for title, rows in _sections(about, items, worklists, sheets).items():
        row = _section(sheet, formats, row, title, rows)
    set_up_printing(sheet, "", footer)


def _sections(
    about: About, items: pl.DataFrame, worklists: pl.DataFrame, sheets: Mapping[str, str]
) -> dict[str, pl.DataFrame | Sequence[str]]:
    feeds = [
        {
            "Feed": f"{feed['source']}, {feed['extract_table']}",
            "Newest row known": str(feed["newest_known"] or "no row with a date"),
        }
        for feed in about.feeds
    ]
    facts = {
        "As of": about.as_of,
        "Known at": about.known_at,
        "Run": about.run_id,
        "Published": f"{about.published_at:%Y-%m-%d %H:%M}",
        "Guideline profile": about.profile,
    }
    if about.selection:
        facts["What is in it"] = about.selection
    place = pl.col("worklist").replace_strict({slug: n for n, slug in enumerate(sheets)}, default=len(sheets))
    sheet = pl.col("worklist").replace_strict(dict(sheets), default="no open item", return_dtype=pl.String)
    ordered = worklists.sort(place, "worklist", maintain_order=True).with_columns(Sheet=sheet)
    return {
        "This edition": pl.DataFrame({UNNAMED[0]: list(facts), UNNAMED[1]: [str(fact) for fact in facts.values()]}),
        "How to work with it, and how to send it back": HOW_TO,
        "Known problems": about.problems or ("None known.",),
        "Data freshness": pl.DataFrame(feeds, schema={"Feed": pl.String, "Newest row known": pl.String}),
        "Counts": _counts(items, ordered),
        "Definitions": ordered.select(
            "Sheet",
            pl.format("{}\nNext step: {}", "title", "action").alias("List and next step"),
            pl.col("rationale").map_elements(_unwrapped, return_dtype=pl.String).alias("Who is on it, and who is not"),
            pl.concat_str("source", pl.col("source_url").replace("", None), separator="\n", ignore_nulls=True).alias(
                "Source"
            ),
            pl.col("owner").alias("Owner"),
            pl.col("reviewed").alias("Reviewed"),
        ),
        "Columns of the lists": _columns(),
    }


def _counts(items: pl.DataFrame, ordered: pl.DataFrame) -> pl.DataFrame:
    counted = counts_of(items, ordered).join(ordered.select("worklist", "Sheet", "title"), on="worklist")
    told = pl.format("{}: {} urgent, {} new, {} snoozed or dismissed", "open", "urgent", "new", "quiet")
    # The titles stand last: they are long, and only there do they run on into empty cells.
    return counted.select("Sheet", told.alias("Open items"), pl.col("title").alias("List"))


def _columns() -> pl.DataFrame:
    of_items = {column.header for column in ITEM_COLUMNS}
    columns = (*ITEM_COLUMNS, *(column for column in PATIENT_COLUMNS if column.header not in of_items))
    meanings = {column.header: column.explained() for column in columns}
    return pl.DataFrame({"Column": list(meanings), "Meaning": list(meanings.values())})


def _unwrapped(text: str) -> str:
    """A text whose lines were broken at a width, with its paragraphs kept."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text)


def _section(sheet: Worksheet, formats: Formats, row: int, title: str, rows: pl.DataFrame | Sequence[str]) -> int:
    """Write a section from a row on and give the row for the next."""
    sheet.write_string(row, 0, title, formats.section)
    row += 1
    if not isinstance(rows, pl.DataFrame):
        lines = [part for line in rows for part in wrap(line, LINE, subsequent_indent="    ")]
        for at, line in enumerate(lines, row):
            sheet.write_string(at, 0, line, formats.text)
        return row + len(lines) + 1
    if rows.columns != list(UNNAMED):
        for place, name in enumerate(rows.columns):
            sheet.write_string(row, place, name, formats.header)
        row += 1
    wrapped = dict(zip(rows.columns, WIDTHS, strict=False)) if rows.width > SPILLING else {}
    for place, name in enumerate(rows.columns):
        write_values(sheet, formats, row, place, rows[name], wraps=name in wrapped)
    set_heights(sheet, rows.select(pl.col(pl.String)), wrapped, first_row=row)
    return row + rows.height + 1
