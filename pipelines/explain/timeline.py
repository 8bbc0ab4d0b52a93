"""All that is on record of one person, in the order of time."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipelines.ingest.core import EVENT_DATES


def timeline_of(tables: Mapping[str, pl.DataFrame]) -> list[dict[str, Any]]:
    """One entry per row of the event tables, oldest first: what is said of it, and what a chart needs.

    ``value`` and ``unit`` are those of a result in the unit of the product, ``until`` the last day of a treatment as
    delivered (null: open); each null where the row is something else.
    """
    rows = [
        {
            "date": row[day],
            "what": row["concept"],
            "detail": _detail(table, row),
            "event_table": table,
            "source_file": row["source_file"],
            "source_row": row["source_row"],
            "status": row["status"],
            "value": row.get("value"),
            "comparator": row.get("comparator"),
            "unit": row.get("unit"),
            "until": row.get("drug_exposure_end_date"),
            "route": row.get("route"),
        }
        for table, day in EVENT_DATES.items()
        for row in tables[table].iter_rows(named=True)
    ]
    return sorted(rows, key=lambda row: (row["date"], row["what"], row["source_file"], row["source_row"]))


def _detail(table: str, row: Mapping[str, Any]) -> str:
    if table == "measurement":
        status = "" if row["status"] == "final" else f", {row['status']}"
        return f"{row['value_reported']} {row['unit_reported'] or ''}".strip() + status
    if table == "drug_exposure":
        until = row["drug_exposure_end_date"] or "open"
        has_dose = row["daily_dose"] is not None and row["dose_unit"]
        dose = f", {row['daily_dose']:g} {row['dose_unit']} a day" if has_dose else ""
        return f"{row['kind']}, {row['route']}, until {until}{dose}"
    return row["source_name"] or row["source_code"] or ""
