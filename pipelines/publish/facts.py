"""The facts that the gate judges: small frames of counts, in which no patient can be found.

Whoever holds the store and the publication computes them; ``facts_frame`` gives an empty or filled frame of each kind.
An *extract table* is labs, prescriptions, diagnoses, procedures or patients; a *feed* is one of them from one source.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import polars as pl

WEEKS_COMPARED = 8

FACTS: dict[str, dict[str, pl.DataType | type[pl.DataType]]] = {
    "feeds": {
        "source": pl.String,
        "extract_table": pl.String,
        "newest_known": pl.Date,
        "max_age_days": pl.Int64,
    },
    "volumes": {
        "source": pl.String,
        "extract_table": pl.String,
        "site": pl.String,
        "last_week": pl.Int64,
        "earlier_weeks": pl.List(pl.Int64),
    },
    "files": {
        "source": pl.String,
        "extract_table": pl.String,
        "source_file": pl.String,
        "physical_records": pl.Int64,
        "rows_read": pl.Int64,
        "rows_kept": pl.Int64,
        "rows_off_pathway": pl.Int64,
        "rows_quarantined": pl.Int64,
        "is_new": pl.Boolean,
        "is_outdated": pl.Boolean,
    },
    "sources": {"source": pl.String, "files": pl.Int64, "readings": pl.Int64},
    "unreadable": {"source": pl.String, "source_file": pl.String, "problem": pl.String},
    "concepts": {
        "concept": pl.String,
        "extract_table": pl.String,
        "rows_known": pl.Int64,
        "rows_published": pl.Int64,
        "rows_prescribed": pl.Int64,
        "is_read": pl.Boolean,
    },
    "lists": {
        "worklist": pl.String,
        "open_now": pl.Int64,
        "open_before": pl.Int64,
        "definition_hash": pl.String,
        "definition_before": pl.String,
        "max_change": pl.Float64,
    },
    "open_prescriptions": {
        "source": pl.String,
        "rows": pl.Int64,
        "open_rows": pl.Int64,
        "closes_rows": pl.Boolean,
    },
}


def facts_frame(kind: str, rows: Iterable[Mapping[str, Any]] = ()) -> pl.DataFrame:
    """A frame of one kind of fact; a column that a row leaves out is null."""
    unknown = {column for row in rows for column in row} - set(FACTS[kind])
    if unknown:
        raise ValueError(f"{kind} has no column {', '.join(sorted(unknown))}. Known: {', '.join(FACTS[kind])}.")
    return pl.DataFrame(list(rows), schema=FACTS[kind])


@dataclass(frozen=True)
class GateFacts:
    """What the gate must know of a run, at its knowledge date.

    Attributes:
        known_at: the knowledge date of the run.
        delivered: the extract tables of which a row was ever read.
        feeds: a row per feed that was ever delivered or is configured. ``newest_known`` is the latest ``known_from``
            (as a date) of its rows known at ``known_at``, null when there is none; ``max_age_days`` is its source's,
            null where not set.
        volumes: from ``weekly_volumes``: a row per feed (``site`` null) and one per feed and site. Patient-days in the
            seven days up to the newest known day of the feed, and in each of the weeks before, newest first.
        files: a row per file in the ledger. ``physical_records`` counts the records of the file itself, null where that
            is ``rows_read``; ``is_new`` says that no publication has seen this reading yet; ``is_outdated`` that it was
            read with an older mapping or code list and is no longer there to be read again.
        sources: a row per configured source: how many files of its tables lay in its folder, and how many readings of
            it are in the store, of this run and of earlier ones.
        unreadable: a row per delivered file that could not be read; ``problem`` is the message, without patient data.
        restored: the files that this run read again because what the store held of them was damaged.
        concepts: a row per concept and extract table it may come from. ``rows_known`` rows in the core table of that
            extract table in this run; ``rows_published`` in the standing publication, null where there is none or it
            looks from a later date; ``rows_prescribed``, of prescriptions, those of ``rows_known`` that files of
            prescriptions brought, not procedures or diagnoses that record an injection, null elsewhere; ``is_read``
            says that a rule reads the concept.
        lists: a row per worklist that was judged. ``open_before`` and ``definition_before`` are those of the standing
            publication, null where there is none, it looks from a later date, or it has no such list; ``max_change``
            is configured, null for the default.
        open_prescriptions: a row per source with prescriptions: its ``drug_exposure`` rows, those without an end, and
            whether the source is declared to close its rows.
        idle_codes: ``[[code]]`` entries and user lists that matched nothing, by the name under which a user knows them.
        absent: concepts that the configuration declares absent from every feed.
        accepted: what the operator accepts in this run: worklists, and also feeds (``source/table``), files, concepts.
    """

    known_at: date
    delivered: frozenset[str]
    feeds: pl.DataFrame = field(default_factory=partial(facts_frame, "feeds"))
    volumes: pl.DataFrame = field(default_factory=partial(facts_frame, "volumes"))
    files: pl.DataFrame = field(default_factory=partial(facts_frame, "files"))
    sources: pl.DataFrame = field(default_factory=partial(facts_frame, "sources"))
    unreadable: pl.DataFrame = field(default_factory=partial(facts_frame, "unreadable"))
    restored: tuple[str, ...] = ()
    concepts: pl.DataFrame = field(default_factory=partial(facts_frame, "concepts"))
    lists: pl.DataFrame = field(default_factory=partial(facts_frame, "lists"))
    open_prescriptions: pl.DataFrame = field(default_factory=partial(facts_frame, "open_prescriptions"))
    idle_codes: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for kind, columns in FACTS.items():
            missing = set(columns) - set(getattr(self, kind).columns)
            if missing:
                raise ValueError(f"The frame {kind} lacks {', '.join(sorted(missing))}. See GateFacts.")


def weekly_volumes(rows: pl.LazyFrame, *, known_at: date) -> pl.DataFrame:
    """The ``volumes`` of ``GateFacts`` from rows of the store.

    ``rows`` has ``source``, ``extract_table``, ``person_id``, ``site`` (the person's, null when unknown) and
    ``known_on``, the date of ``known_from``; rows known after ``known_at`` do not count. Volume is patient-days, for
    one blood draw writes ten rows. Days are those on which rows became known, not those on which files arrived: a full
    extract, a year of increments and a feed that arrives a week late then all show the same volumes. Weeks end on the
    newest known day of the feed, so lateness is left to ``max_age_days``, and a site that fell silent shows as zero.
    Weeks before the first known row are left out; the earliest of the others may be cut.
    """
    feed = ["source", "extract_table"]
    key = [*feed, "site"]
    known = rows.filter(pl.col("known_on") <= known_at).select(*key, "person_id", "known_on")
    newest = known.group_by(feed).agg(newest=pl.col("known_on").max())
    weeks_ago = (pl.col("newest") - pl.col("known_on")).dt.total_days() // 7
    of_both = pl.concat([known.with_columns(site=pl.lit(None, pl.String)), known.filter(pl.col("site").is_not_null())])
    dated = of_both.join(newest, on=feed).with_columns(weeks_ago=weeks_ago)
    history = dated.group_by(key).agg(weeks_of_history=pl.col("weeks_ago").max())
    counted = (
        dated.filter(pl.col("weeks_ago") <= WEEKS_COMPARED)
        .unique([*key, "person_id", "known_on"])
        .group_by(*key, "weeks_ago")
        .agg(patient_days=pl.len())
        .join(history, on=key, nulls_equal=True)
        .collect()
    )
    volumes = []
    for (source, table, site), weeks_of_one in counted.partition_by(key, as_dict=True).items():
        by_week = dict(weeks_of_one.select("weeks_ago", "patient_days").iter_rows())
        compared = min(WEEKS_COMPARED, weeks_of_one["weeks_of_history"].max())
        volumes.append(
            {
                "source": source,
                "extract_table": table,
                "site": site,
                "last_week": by_week.get(0, 0),
                "earlier_weeks": [by_week.get(week, 0) for week in range(1, compared + 1)],
            }
        )
    return facts_frame("volumes", volumes).sort("source", "extract_table", "site")
