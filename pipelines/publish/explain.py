"""One person, every list: open, closed by what, or not eligible, with the evidence and the timeline.

This is the one command that shows a patient's values; it reads the publication, or for another date the store.
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.clinical.cohort import out_of_scope
from pipelines.config import load_settings
from pipelines.contract import CORE_TABLES
from pipelines.duck import reading_connection, working_connection
from pipelines.errors import B12Error
from pipelines.ingest.core import EVENT_DATES, build_core, first_exposure
from pipelines.ingest.store import Store
from pipelines.profile import Profile, load_profile
from pipelines.publish.editions import Editions
from pipelines.worklists import judge, known_worklist, worklists


@dataclass(frozen=True)
class Known:
    """All that is known of one person, and what the judging needs besides."""

    tables: Mapping[str, pl.DataFrame]
    as_of: date
    profile: Profile
    delivered: frozenset[str]
    first_exposure: pl.DataFrame


@dataclass(frozen=True)
class Explanation:
    """What can be said of one person."""

    person_id: str
    as_of: date
    profile: str
    out_of_scope: str | None
    lists: list[dict[str, Any]]
    timeline: list[dict[str, Any]]

    def as_json(self) -> str:
        """The whole of it, for programs."""
        return json.dumps(self.__dict__, default=str, indent=1)

    def as_text(self) -> str:
        """The whole of it, for people."""
        lines = [f"Person {self.person_id}, as of {self.as_of}, profile {self.profile}."]
        if self.out_of_scope:
            lines.append(f"On no list: {self.out_of_scope}.")
        eligible = [listed for listed in self.lists if listed["reason"]]
        for listed in eligible:
            lines += ["", f"{listed['worklist']}: {listed['state']}", f"  {listed['reason']}"]
            if listed["flags"]:
                lines.append(f"  Mind: {', '.join(listed['flags'])}.")
            lines += [
                f"  {row['role']:<16} {row['event_date']}  {row['text']}"
                f"  ({row['source_file']}, record {row['source_row']})"
                for row in listed["evidence"]
            ]
        others = [listed["worklist"] for listed in self.lists if not listed["reason"]]
        lines += ["", f"Not eligible: {', '.join(others) or 'none'}.", "", "Timeline"]
        lines += [
            f"  {row['date']}  {row['what']:<24} {row['detail']}  ({row['source_file']}, record {row['source_row']})"
            for row in self.timeline
        ]
        return "\n".join(lines)


def explain_person(
    home: Path, config: Path | None, person_id: str, *, worklist: str | None = None, as_of: date | None = None
) -> Explanation:
    """Explain a person on one list or all, as of the publication's date or another.

    Raises:
        ConfigurationError: There is no such worklist.
        B12Error: Nothing is published, or no row of this person was ever kept.
    """
    names = [known_worklist(worklist).name] if worklist else list(worklists())
    known = _published(home, config, person_id) if as_of is None else _stored(home, config, person_id, as_of)
    if not known.tables["person"].height:
        raise B12Error(
            "No row of this person was kept as of that date. Check the identifier as it stands in the extracts; "
            "a person all of whose rows are off the pathway or in quarantine is not known here."
        )
    judged = judge(
        {name: table.lazy() for name, table in known.tables.items()},
        as_of=known.as_of,
        profile=known.profile,
        delivered=known.delivered,
        first_exposure=known.first_exposure,
        lists=names,
    )
    why_not = out_of_scope(
        known.tables["person"].lazy(),
        known.tables["condition_occurrence"].lazy(),
        as_of=known.as_of,
        profile=known.profile,
    )
    return Explanation(
        person_id=person_id,
        as_of=known.as_of,
        profile=known.profile.name,
        out_of_scope=why_not,
        lists=[_list_state(name, judged.care_gap, judged.evidence) for name in names],
        timeline=_timeline(known.tables),
    )


def _list_state(name: str, care_gap: pl.DataFrame, evidence: pl.DataFrame) -> dict[str, Any]:
    gap = care_gap.filter(pl.col("worklist") == name)
    if not gap.height:
        return {"worklist": name, "state": "not eligible", "reason": None, "flags": [], "evidence": []}
    row = gap.row(0, named=True)
    state = (
        f"closed by {row['closed_by']}"
        if row["closed_by"]
        else f"open, priority {row['priority']}, due {row['due_date']}"
    )
    rows = evidence.filter(pl.col("worklist") == name).sort(
        "event_date", "role", "event_id", "source_file", "source_row"
    )
    return {
        "worklist": name, "state": state, "reason": row["reason"], "flags": row["flags"], "closed_by": row["closed_by"],
        "priority": row["priority"], "index_date": row["index_date"], "due_date": row["due_date"],
        "item_key": row["item_key"], "evidence": rows.drop("worklist", "person_id").to_dicts(),
    }  # fmt: skip


def _timeline(tables: Mapping[str, pl.DataFrame]) -> list[dict[str, Any]]:
    rows = []
    for table, day in EVENT_DATES.items():
        for row in tables[table].iter_rows(named=True):
            rows.append(
                {
                    "date": row[day],
                    "what": row["concept"],
                    "detail": _detail(table, row),
                    "event_table": table,
                    "source_file": row["source_file"],
                    "source_row": row["source_row"],
                }
            )
    return sorted(rows, key=lambda row: (row["date"], row["what"], row["source_file"], row["source_row"]))


def _detail(table: str, row: Mapping[str, Any]) -> str:
    if table == "measurement":
        status = "" if row["status"] == "final" else f", {row['status']}"
        return f"{row['value_reported']} {row['unit_reported'] or ''}".strip() + status
    if table == "drug_exposure":
        until = row["drug_exposure_end_date"] or "open"
        dose = (
            f", {row['daily_dose']:g} {row['dose_unit']} a day"
            if row["daily_dose"] is not None and row["dose_unit"]
            else ""
        )
        return f"{row['kind']}, {row['route']}, until {until}{dose}"
    return row["source_name"] or row["source_code"] or ""


def _published(home: Path, config: Path | None, person_id: str) -> Known:
    editions = Editions(home)
    current = editions.current()
    if current is None:
        raise B12Error(f"Nothing is published in {home} yet. Run `b12 --home {home} run --extracts DIR` first.")
    settings = load_settings(config or home / "b12.toml")
    with reading_connection(editions.database) as con:
        return _from_tables(
            con, person_id, date.fromisoformat(current["as_of"]), load_profile(current["profile"], settings.overrides)
        )


def _stored(home: Path, config: Path | None, person_id: str, as_of: date) -> Known:
    settings = load_settings(config or home / "b12.toml")
    profile = load_profile(settings.profile, settings.overrides)
    with tempfile.TemporaryDirectory() as folder, working_connection(settings.memory_limit, Path(folder)) as con:
        core = build_core(Store(home / "store"), as_of=as_of, known_at=as_of, folder=Path(folder), con=con)
        one = pl.col("person_id") == person_id
        tables = {name: core.scan(name).filter(one).collect() for name in CORE_TABLES}
        return Known(tables, as_of, profile, core.delivered, core.first_exposure)


def _from_tables(con: duckdb.DuckDBPyConnection, person_id: str, as_of: date, profile: Profile) -> Known:
    def rows(table: str) -> pl.DataFrame:
        return con.sql(f"SELECT * FROM {table} WHERE person_id = ?", params=[person_id]).pl()

    delivered = con.execute("SELECT DISTINCT extract_table FROM source_file WHERE rows_read > 0").fetchall()
    tables = {table: rows(table) for table in CORE_TABLES}
    return Known(tables, as_of, profile, frozenset(name for (name,) in delivered), first_exposure(con))
