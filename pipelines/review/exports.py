"""What is seen on a list, as a CSV file that a spreadsheet opens as it is meant."""

import re
from datetime import date

import polars as pl

from pipelines.sheets.files import spreadsheet_safe

COLUMNS = (
    "worklist", "priority", "turn", "state", "reason", "person_id", "display_name", "age", "sex", "site", "clinician",
    "serum_b12_reported", "serum_b12_date", "mma_reported", "mma_date", "hemoglobin", "hemoglobin_date", "mcv",
    "mcv_date", "folate", "folate_date", "ferritin", "ferritin_date", "egfr", "egfr_date", "treatment",
    "last_injection", "next_due", "index_date", "due_date", "first_listed", "days_listed", "flags", "decision",
    "decision_reason", "decision_note", "decided_by", "decided_at", "snoozed_until", "item_key",
)  # fmt: skip
PATIENT_COLUMNS = (
    "priority", "person_id", "display_name", "age", "sex", "site", "clinician", "treatment_worklist",
    "treatment_priority", "treatment_state", "treatment_reason", "test_worklist", "test_priority", "test_state",
    "test_reason", "other_items", "due_date", "first_listed", "days_listed",
)  # fmt: skip
UNITS = {"hemoglobin": "g/L", "mcv": "fL", "folate": "nmol/L", "ferritin": "ug/L", "egfr": "mL/min/1.73 m2"}


def as_csv(rows: pl.DataFrame, columns: tuple[str, ...] = COLUMNS) -> bytes:
    """The rows as CSV with a byte order mark; numbers carry their unit in the header, formulas are made harmless."""
    headed = rows.select(columns).rename({name: f"{name} ({unit})" for name, unit in UNITS.items()}, strict=False)
    text = spreadsheet_safe(headed).write_csv(
        date_format="%Y-%m-%d", datetime_format="%Y-%m-%d %H:%M", include_bom=True
    )
    return text.encode()


def file_name(slug: str, as_of: date) -> str:
    """A name that any system takes."""
    return f"{re.sub(r'[^a-z0-9_]', '_', slug)}_{as_of}.csv"
