"""Writing the lists of the standing publication as FHIR R4 NDJSON, each resource held against its model first."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.duck import identifier, reading_connection
from pipelines.errors import B12Error
from pipelines.fhir_export.coding import Element
from pipelines.fhir_export.resources import detected_issue, group
from pipelines.fhir_export.valid import refuse_invalid
from pipelines.publish.editions import Editions
from pipelines.worklists import known_worklist

EVENT_IDS = {
    "measurement": "measurement_id",
    "drug_exposure": "drug_exposure_id",
    "condition_occurrence": "condition_occurrence_id",
    "procedure_occurrence": "procedure_occurrence_id",
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Exported:
    """What was written: the files, and how many groups and issues they hold."""

    files: tuple[Path, ...]
    groups: int
    issues: int


def export_fhir(home: Path, to: Path | None = None, worklist: str | None = None, site: str | None = None) -> Exported:
    """Write ``Group.ndjson`` and ``DetectedIssue.ndjson`` of the standing publication into a folder.

    One line a list, and one line an open item, snoozed and dismissed ones included; in the order of the publication.
    A list without an open item is a group without members. ``to`` is ``<home>/exports/<as_of>`` where none is given;
    ``worklist`` and ``site`` limit both files.

    Raises:
        ConfigurationError: There is no such worklist.
        B12Error: Nothing is published, the site has no open item, the models of FHIR are not installed, or a
            resource does not fit them. Nothing is written then.
    """
    if worklist is not None:
        known_worklist(worklist)
    published = Editions(home).published()
    if published is None:
        raise B12Error(f"Nothing is published in {home} yet. Run `b12 --home {home} run --extracts DIR` first.")
    database, current = published
    with reading_connection(database) as con:
        groups, issues = _resources(con, worklist, site, as_of=date.fromisoformat(current["as_of"]))
    for resource in (*groups, *issues):
        refuse_invalid(resource)
    to = to or home / "exports" / current["as_of"]
    to.mkdir(parents=True, exist_ok=True)
    files = (_write(to / "Group.ndjson", groups), _write(to / "DetectedIssue.ndjson", issues))
    return Exported(files, len(groups), len(issues))


def _resources(
    con: duckdb.DuckDBPyConnection, worklist: str | None, site: str | None, *, as_of: date
) -> tuple[list[Element], list[Element]]:
    """The groups and the detected issues of what was asked for."""
    lists = _rows(con, "FROM worklist WHERE worklist = coalesce($1, worklist) ORDER BY worklist", [worklist])
    wanted = "worklist = coalesce($1, worklist) AND ($2 IS NULL OR site = $2)"
    items = _rows(con, f"FROM worklist_item WHERE {wanted} ORDER BY worklist, rank", [worklist, site])
    if site is not None and not items:
        sites = [row["site"] for row in _rows(con, "SELECT DISTINCT site FROM worklist_item ORDER BY site")]
        raise B12Error(
            f"No open item at a site named {site!r}. Sites with open items: "
            f"{', '.join(name for name in sites if name) or 'none'}."
        )
    evidence = defaultdict(list)
    for table, event_id in EVENT_IDS.items():
        for row in _evidence_rows(con, table, event_id, wanted, [worklist, site]):
            evidence[row["worklist"], row["person_id"]].append((row["role"], table, row))
    members = defaultdict(list)
    for item in items:
        members[item["worklist"]].append(item)
    definitions = {row["worklist"]: row for row in lists}
    groups = [group(row, members[name], site=site, as_of=as_of) for name, row in definitions.items()]
    issues = [
        detected_issue(item, definitions[item["worklist"]], evidence[item["worklist"], item["person_id"]])
        for item in items
    ]
    return groups, issues


def _evidence_rows(
    con: duckdb.DuckDBPyConnection, table: str, event_id: str, wanted: str, values: list[str | None]
) -> list[Row]:
    """The core rows of a table that the open items rest on, with ``worklist``, ``role`` and ``event_id``.

    A product of several ingredients has a row for each, and evidence does not say which: all of them are given.
    """
    return _rows(
        con,
        f"""
        WITH item AS (FROM worklist_item WHERE {wanted})
        SELECT DISTINCT ON (evidence.worklist, evidence.person_id, role, evidence.event_id, evidence.source_file,
            evidence.source_row, core.concept) evidence.worklist, role, evidence.event_id, core.*
        FROM evidence
        SEMI JOIN item ON item.worklist = evidence.worklist AND item.person_id = evidence.person_id
        JOIN {identifier(table)} AS core ON core.person_id = evidence.person_id AND core.{event_id} = evidence.event_id
            AND core.source_file = evidence.source_file AND core.source_row = evidence.source_row
        WHERE event_table = '{table}'
        ORDER BY evidence.worklist, evidence.person_id, role, event_date, evidence.event_id, evidence.source_file,
            evidence.source_row, core.concept
        """,
        values,
    )


def _rows(con: duckdb.DuckDBPyConnection, query: str, values: Iterable[Any] | None = None) -> list[Row]:
    return con.sql(query, params=list(values) if values is not None else None).pl().to_dicts()


def _write(path: Path, resources: list[Element]) -> Path:
    """Write the lines aside, then put the file in its place at once."""
    beside = path.with_name(f".{path.name}.part")
    with beside.open("w", encoding="utf-8") as file:
        file.writelines(_lines(resources))
    return beside.replace(path)


def _lines(resources: list[Element]) -> Iterator[str]:
    for resource in resources:
        yield json.dumps(resource, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
