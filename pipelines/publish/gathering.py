"""The facts of a run for the gate, gathered from the intake, the core tables, the lists and the last publication."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb
import polars as pl

from pipelines.codelists.concepts import known_concepts
from pipelines.codes import CodeBook
from pipelines.config import Settings
from pipelines.ingest.core import EVENT_DATES, Core
from pipelines.ingest.delivery import Intake
from pipelines.ingest.store import Entry
from pipelines.publish.facts import GateFacts, facts_frame, weekly_volumes
from pipelines.worklists._registry import EXTRACT_OF

BECOMES = {"b12_any_route": ("b12_injectable", "b12_oral", "b12_nasal", "b12_unknown_route", "b12_other_route")}
"""Concepts of the lists that rows no longer carry in the core tables, where the route is settled."""

CORE_OF = {extract: core for core, extract in EXTRACT_OF.items()}
"""The core table that holds the rows of an extract table."""


def gather_facts(
    *,
    known_at: date,
    core: Core,
    intake: Intake,
    entries: list[Entry],
    open_counts: Mapping[str, int],
    hashes: Mapping[str, str],
    settings: Settings,
    codebook: CodeBook,
    accepted: frozenset[str],
    published: duckdb.DuckDBPyConnection | None,
) -> GateFacts:
    """The facts of a run. ``published`` is the standing publication, null where none may be compared with."""
    matched = [name for entry in entries for name in entry.matched_entries]
    return GateFacts(
        known_at=known_at,
        delivered=core.delivered,
        feeds=feed_rows(core, settings),
        volumes=weekly_volumes(core.activity.recent.lazy(), known_at=known_at),
        files=_files(entries, intake, published),
        sources=_sources(entries, intake, settings),
        unreadable=facts_frame(
            "unreadable",
            [{"source": each.source, "source_file": each.file, "problem": each.why} for each in intake.unread],
        ),
        restored=intake.restored,
        concepts=_concepts(core, entries, published),
        lists=_lists(open_counts, hashes, settings, published),
        open_prescriptions=_open_prescriptions(core, settings),
        idle_codes=tuple(codebook.unused(matched)),
        absent=frozenset(settings.absent),
        accepted=accepted,
    )


def feed_rows(core: Core, settings: Settings) -> pl.DataFrame:
    """``feeds`` of the facts: the newest known day of each feed, and how old it may be."""
    max_age = {source.name: source.max_age_days for source in settings.source}
    return facts_frame(
        "feeds", [{**row, "max_age_days": max_age.get(row["source"])} for row in core.activity.feeds.to_dicts()]
    )


def _files(entries: list[Entry], intake: Intake, published: duckdb.DuckDBPyConnection | None) -> pl.DataFrame:
    seen = set(published.execute("SELECT sha256, mapping FROM source_file").fetchall()) if published else set()
    outdated = {entry.number for entry in intake.outdated}
    return facts_frame(
        "files",
        [
            {
                "source": entry.source, "extract_table": entry.table, "source_file": entry.file,
                "rows_read": entry.rows_read, "rows_kept": entry.rows_kept,
                "rows_off_pathway": entry.rows_off_pathway, "rows_quarantined": entry.rows_quarantined,
                "is_new": (entry.sha256, entry.mapping) not in seen, "is_outdated": entry.number in outdated,
            }
            for entry in entries
        ],
    )  # fmt: skip


def _sources(entries: list[Entry], intake: Intake, settings: Settings) -> pl.DataFrame:
    readings = Counter(entry.source for entry in entries)
    names = [source.name for source in settings.source]
    return facts_frame(
        "sources",
        [{"source": name, "files": intake.delivered.get(name, 0), "readings": readings[name]} for name in names],
    )


def _concepts(core: Core, entries: list[Entry], published: duckdb.DuckDBPyConnection | None) -> pl.DataFrame:
    by_table = {table: core.scan(table) for table in EVENT_DATES}
    prescribed = {entry.file for entry in entries if entry.table == "prescriptions"}
    now = {table: _by_concept(rows) for table, rows in by_table.items()}
    # Injections that procedures and diagnoses record are drug rows too, and say nothing of the prescriptions.
    from_prescriptions = _by_concept(by_table["drug_exposure"].filter(pl.col("source_file").is_in(sorted(prescribed))))
    before: dict[str, dict[str, int]] | None = None
    if published:
        before = {
            table: dict(published.execute(f"SELECT concept, count(*) FROM {table} GROUP BY concept").fetchall())
            for table in EVENT_DATES
        }

    def rows(counts: Mapping[str, int], concept: str) -> int:
        return sum(counts.get(name, 0) for name in BECOMES.get(concept, (concept,)))

    facts: list[dict[str, Any]] = [
        {
            "concept": concept.concept, "extract_table": table,
            "rows_known": rows(now[CORE_OF[table]], concept.concept),
            "rows_published": None if before is None else rows(before[CORE_OF[table]], concept.concept),
            "rows_prescribed": rows(from_prescriptions, concept.concept) if table == "prescriptions" else None,
            "is_read": concept.used_by_rules,
        }
        for concept in known_concepts().values()
        for table in concept.tables
    ]  # fmt: skip
    return facts_frame("concepts", facts)


def _by_concept(rows: pl.LazyFrame) -> dict[str, int]:
    return dict(rows.select("concept").group_by("concept").len().collect().iter_rows())


def _lists(
    open_counts: Mapping[str, int],
    hashes: Mapping[str, str],
    settings: Settings,
    published: duckdb.DuckDBPyConnection | None,
) -> pl.DataFrame:
    before: dict[str, tuple[str, int]] = {}
    if published:
        counted = published.execute(
            "SELECT worklist, any_value(definition_hash),"
            " count(*) FILTER (g.worklist IS NOT NULL AND closed_by IS NULL)"
            " FROM worklist LEFT JOIN care_gap AS g USING (worklist) GROUP BY worklist"
        ).fetchall()
        before = {name: (definition, count) for name, definition, count in counted}
    return facts_frame(
        "lists",
        [
            {
                "worklist": name, "open_now": open_counts.get(name, 0), "definition_hash": definition,
                "open_before": before[name][1] if name in before else None,
                "definition_before": before[name][0] if name in before else None,
                "max_change": settings.max_change.get(name),
            }
            for name, definition in hashes.items()
        ],
    )  # fmt: skip


def _open_prescriptions(core: Core, settings: Settings) -> pl.DataFrame:
    closes = {source.name: source.closes_rows for source in settings.source}
    rows = core.activity.open_prescriptions.to_dicts()
    return facts_frame("open_prescriptions", [{**row, "closes_rows": closes.get(row["source"], False)} for row in rows])
