"""What is seen on a list as a file: CSV that a spreadsheet opens as it is meant, or the workbook that can come back."""

import re
from dataclasses import replace
from datetime import date, datetime

import polars as pl

from pipelines.review.choices import SHOWS, Choice
from pipelines.review.lists import ALL
from pipelines.review.patients import patients_of
from pipelines.review.sight import Sight
from pipelines.review.turned import Turned
from pipelines.sheets.about import about_of
from pipelines.sheets.exporting import FAILED
from pipelines.sheets.files import spreadsheet_safe
from pipelines.sheets.workbook import workbook_bytes

COLUMNS = (
    "worklist", "priority", "turn", "state", "reason", "person_id", "display_name", "age", "sex", "site", "clinician",
    "serum_b12_reported", "serum_b12_date", "mma_reported", "mma_date", "hemoglobin", "hemoglobin_date", "mcv",
    "mcv_date", "folate", "folate_date", "ferritin", "ferritin_date", "egfr", "egfr_date", "treatment",
    "last_injection", "next_due", "index_date", "due_date", "first_listed", "days_listed", "flags", "decision",
    "decision_reason", "decision_note", "decided_by", "decided_at", "snoozed_until", "comment", "comment_by",
    "item_key",
)  # fmt: skip
PATIENT_COLUMNS = (
    "priority", "person_id", "display_name", "age", "sex", "site", "clinician", "treatment_worklist",
    "treatment_priority", "treatment_state", "treatment_reason", "test_worklist", "test_priority", "test_state",
    "test_reason", "other_items", "due_date", "first_listed", "days_listed",
)  # fmt: skip
MOST_IN_WORKBOOK = 25_000
"""Items: a few seconds of one processor, which everybody at the screen shares."""

UNITS = {"hemoglobin": "g/L", "mcv": "fL", "folate": "nmol/L", "ferritin": "ug/L", "egfr": "mL/min/1.73 m2"}


def as_csv(rows: pl.DataFrame, columns: tuple[str, ...] = COLUMNS) -> bytes:
    """The rows as CSV with a byte order mark; numbers carry their unit in the header, formulas are made harmless."""
    headed = rows.select(columns).rename({name: f"{name} ({unit})" for name, unit in UNITS.items()}, strict=False)
    text = spreadsheet_safe(headed).write_csv(
        date_format="%Y-%m-%d", datetime_format="%Y-%m-%d %H:%M", include_bom=True
    )
    return text.encode()


def check_size(items: pl.DataFrame) -> None:
    """Refuse what is too much for a workbook, before it counts as taken away.

    Raises:
        Turned: There are more than ``MOST_IN_WORKBOOK`` items.
    """
    if items.height > MOST_IN_WORKBOOK:
        raise Turned(
            413,
            "Too many for one workbook",
            f"A workbook from the screen holds at most {MOST_IN_WORKBOOK:,} items, and {items.height:,} are seen here.",
            "Narrow the list with its filters, take the CSV file, or ask whoever runs the service for `b12 export`.",
        )


def as_workbook(sight: Sight, slug: str, items: pl.DataFrame, choice: Choice, taken_at: datetime) -> bytes:
    """The items, whose size was checked, as the workbook of ``b12 export``, which ``b12 import`` takes back.

    Its column "Seen" names the latest entry of each item as the screen showed it, so that a decision made since the
    publication is known to whoever works in the workbook.
    """
    listed, of_list = ("", []) if slug == ALL else ("WHERE worklist = ?", [slug])
    problems = sight.rows(FAILED, [sight.publication.run_id])
    about = about_of(sight.publication.facts, [f"{row['detail']} {row['why']}" for row in problems])
    sites = items["site"].unique(maintain_order=True).to_list()
    return workbook_bytes(
        items=items.with_columns(decision_id="latest_id"),
        patients=patients_of(sight, items),
        worklists=sight.frame(f"SELECT * FROM worklist {listed}", of_list),
        about=replace(about, selection=_selection(choice, sight.visitor.name, taken_at)),
        site=sites[0] if len(sites) == 1 else f"{len(sites)} sites",
    )


def _selection(choice: Choice, who: str, taken_at: datetime) -> str:
    """What was looked at on the screen, in words."""
    chosen = [SHOWS[choice.show].lower(), choice.site, choice.clinician]
    chosen += [f"priority {choice.priority}" if choice.priority else "", f"search {choice.text}" if choice.text else ""]
    what = ", ".join(part for part in chosen if part)
    return f"Taken from the screen by {who} on {taken_at:%Y-%m-%d %H:%M}: {what}"


def file_name(slug: str, as_of: date, ending: str) -> str:
    """A name that any system takes."""
    return f"{re.sub(r'[^a-z0-9_]', '_', slug)}_{as_of}.{ending}"
