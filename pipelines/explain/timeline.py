"""All that is on record of one person, in the order of time."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from pipelines.clinical.therapy import with_end
from pipelines.profile import Profile
from pipelines.worklists import EVENT_TABLES


def timeline_of(tables: Mapping[str, pl.DataFrame], *, as_of: date, profile: Profile) -> list[dict[str, Any]]:
    """One entry per row of the event tables, oldest first: what is said of it, and what a chart needs.

    ``counts``: the rules read it. ``value`` and ``unit`` are those of a result in the unit of the product, ``until``
    the last day of a treatment as the rules take it; each is null where the row is something else.
    """
    rows = []
    for table, core in EVENT_TABLES.items():
        events = tables[table].with_columns(counts=core.counts & (pl.col(core.date) <= as_of))
        if table == "drug_exposure":
            events = with_end(events.lazy(), as_of=as_of, profile=profile).collect()
        rows += [_entry(table, core.date, row) for row in events.iter_rows(named=True)]
    return sorted(rows, key=lambda row: (row["date"], row["what"], row["source_file"], row["source_row"]))


def _entry(table: str, day: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "date": row[day],
        "what": row["concept"],
        "detail": _detail(table, row),
        "event_table": table,
        "source_file": row["source_file"],
        "source_row": row["source_row"],
        "counts": row["counts"],
        "value": row.get("value"),
        "comparator": row.get("comparator"),
        "unit": row.get("unit"),
        "until": row.get("end_date"),
    }


def _detail(table: str, row: Mapping[str, Any]) -> str:
    if table == "measurement":
        status = "" if row["status"] == "final" else f", {row['status']}"
        return f"{row['value_reported']} {row['unit_reported'] or ''}".strip() + status
    if table == "drug_exposure":
        has_dose = row["daily_dose"] is not None and row["dose_unit"]
        said = (
            row["source_name"],
            row["kind"],
            "route unknown" if row["route"] == "unknown" else row["route"],
            f"until {row['drug_exposure_end_date']}" if row["drug_exposure_end_date"] else "no end recorded",
            f"{row['daily_dose']:g} {row['dose_unit']} a day" if has_dose else None,
        )
        return ", ".join(part for part in said if part)
    return row["source_name"] or row["source_code"] or ""
