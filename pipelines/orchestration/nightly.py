"""The nightly job, step by step, without Dagster: take in, build the core tables, judge, check, gate, publish, close.

The steps share one work folder, kept for the length of the run. Everything before ``publish`` leaves the previous
publication untouched; ``close`` records the run however it ended, and stamps the publication when it grew stale.
"""

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.contract import root
from pipelines.duck import reading_connection, working_connection
from pipelines.errors import B12Error, ConfigurationError
from pipelines.ingest.core import Core, build_core
from pipelines.ingest.delivery import Intake, take_in
from pipelines.ingest.store import Store
from pipelines.measures import (
    SMALL,
    Mark,
    MeasureFiles,
    added,
    measure_hashes,
    measure_rows,
    measures_definition,
    published_rows,
)
from pipelines.orchestration.account import facts_of_publication, history_tables, record_of, write_page
from pipelines.orchestration.following import Following
from pipelines.orchestration.order import Order, configured_codebook
from pipelines.orchestration.shards import JUDGED, Engine, Judged, ShardOrder, here
from pipelines.orchestration.tidy import drop_old_files
from pipelines.publish.checks import CheckResult, describe, validate
from pipelines.publish.editions import DATABASE, Editions
from pipelines.publish.gate import gate, refusal
from pipelines.publish.gathering import gather_facts
from pipelines.publish.history import RunRecord
from pipelines.publish.patients import by_patient
from pipelines.publish.snapshot import build_database, ledger_frames, sha256_of
from pipelines.publish.tables import attrition_rows, definition_rows
from pipelines.sheets.about import about_of
from pipelines.sheets.files import write_lists
from pipelines.sources.finding import find_files
from pipelines.worklists import Worklist, worklists

LOG = logging.getLogger("b12.run")


def step(method: Callable[..., Any]) -> Callable[..., Any]:
    """A step of the run: when it raises, the run notes why; the message of an error not ours may hold values."""

    @wraps(method)
    def noted(self: "Nightly", *args: object) -> object:
        try:
            if self.core is None and method.__name__ not in ("take_in", "build_core"):
                raise B12Error("The steps of a night hold together. Launch the job `nightly`, not a single asset.")
            result = method(self, *args)
            self.after(method.__name__)
            return result
        except (B12Error, OSError) as error:
            self.fail(str(error))
            raise
        except Exception as error:
            self.fail(f"{method.__name__} raised {type(error).__name__}")
            raise

    return noted


@dataclass
class Nightly:
    """One run: its order, its work folder, and what its steps found so far.

    ``after`` is told the name of each step that ended well; when it fails, the step has failed.
    """

    order: Order
    run_id: str
    clock: Callable[[], datetime]
    progress: Callable[[str], None] = lambda _: None
    engine: Engine = here
    after: Callable[[str], None] = lambda _: None
    checks: list[CheckResult] = field(default_factory=list)
    intake: Intake | None = None
    core: Core | None = None
    outcome: str = "failed"
    because: str | None = None
    parameters: dict[str, dict[str, object]] = field(default_factory=dict)
    counts: list[pl.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        order = self.order
        self.started_at = self.clock()
        self.open_before: dict[str, int | None] = {}
        self.work = order.home / "work" / self.run_id
        self.store = Store(order.home / "store")
        self.editions = Editions(order.home)
        self.measure_files = MeasureFiles(order.home / "measures")
        self.codebook = configured_codebook(order.home, order.settings)
        digest = self.codebook.digest()
        self.measured = measure_hashes(order.profile, digest)
        self.hashes = {w.name: self.measured[w.name] for w in self.lists}
        self.following = Following(order, self.run_id, self.hashes, self.store, self.editions, self.work)

    @property
    def lists(self) -> list[Worklist]:
        """The worklists, in the order in which they are judged."""
        return list(worklists().values())

    def begin(self) -> None:
        """Clear what a crash left behind, and make room to work."""
        self.editions.recover()
        shutil.rmtree(self.order.home / "work", ignore_errors=True)
        for name in ("records", "spill", *JUDGED):
            (self.work / name).mkdir(parents=True)

    @step
    def take_in(self) -> Intake:
        """Read what is new among the extracts into the store."""
        settings = self.order.settings
        delivery = find_files(settings.source, self.order.extracts, self.work / "incoming")
        with self._duckdb() as con:
            self.intake = take_in(
                delivery,
                self.store,
                codebook=self.codebook,
                settings=settings,
                now=self.started_at,
                work=self.work / "records",
                con=con,
                progress=self.progress,
            )
        return self.intake

    @step
    def build_core(self) -> Core:
        """Build the core tables as of the run's two dates."""
        self.progress("building the core tables")
        with self._duckdb() as con:
            self.core = build_core(
                self.store,
                as_of=self.order.as_of,
                known_at=self.order.known_at,
                folder=self.work / "core",
                con=con,
                rows_per_shard=self.order.settings.rows_per_shard,
            )
        self._look_for_site()
        return self.core

    def _look_for_site(self) -> None:
        """Hold that the site whose lists are asked for has people; of another one no list file would be written."""
        site, sites = self.order.site, self.core.scan("person").select(pl.col("site").unique().drop_nulls().sort())
        known = sites.collect().to_series().to_list() if site is not None else []
        if site is not None and site not in known:
            raise ConfigurationError(f"No site named {site!r} has people. Known: {', '.join(known) or 'none'}.")

    @step
    def judge(self) -> pl.DataFrame:
        """Judge every list, shard by shard; returns counts: worklist, closed_by, people."""
        order = ShardOrder(self.core, self.order.as_of, self.order.profile, self.work)
        told: list[Judged] = []
        self.progress(f"judging 1 of {self.core.shards}")
        for shard in self.engine(order, range(self.core.shards)):
            told.append(shard)
            if len(told) < self.core.shards:
                self.progress(f"judging {len(told) + 1} of {self.core.shards}")
        if len(told) != self.core.shards:
            raise B12Error(
                f"Of {self.core.shards} shards of people {len(told)} were judged: the others would be on no list. "
                "Nothing was published; run again, or without a cluster."
            )
        self.counts = [shard.counts for shard in told]
        for shard in told:
            self.parameters |= shard.parameters
        self.in_scope = pl.concat(shard.in_scope for shard in told).group_by("site").agg(pl.col("people").sum())
        return self.judged("care_gap").group_by("worklist", "closed_by").agg(people=pl.len()).collect()

    def judged(self, name: str) -> pl.LazyFrame:
        """The rows of care_gap, evidence or worklist_item (as today's facts give it) of this run."""
        return pl.scan_parquet(sorted((self.work / name).glob("*.parquet")))

    @step
    def measure(self) -> pl.DataFrame:
        """Count the measures of this date; returns the table ``measure``, with those of every other date."""
        today = measure_rows(
            added(self.counts), as_of=self.order.as_of, profile=self.order.profile, hashes=self.measured
        )
        self.measures_today = today
        self.measures = published_rows(self.measure_files, today, self.following.precision())
        return self.measures

    @step
    def check(self, layer: str, name: str) -> list[CheckResult]:
        """Hold a core table, the care gaps of a worklist or the published measures against their suite."""
        self.progress(f"checking {name}")

        def rows(columns: list[str]) -> pl.LazyFrame:
            if layer == "core":
                return self.core.scan(name).select(columns)
            if layer == "published":
                return self.measures.lazy().select(columns)
            sites = self.core.scan("person").select("person_id", "site")
            of_list = self.judged("care_gap").filter(pl.col("worklist") == name).join(sites, on="person_id", how="left")
            return of_list.select(columns).collect().lazy()  # small, and asked for many times

        folder = {"core": "core", "worklist": "worklists", "published": "published"}[layer]
        suite = root("expectations") / folder / f"{name}.json"
        limits = {"as_of": self.order.as_of, "known_at": self.order.known_at, "small_number": self.order.profile[SMALL]}
        results = validate(suite, rows, parameters=limits)
        self.checks += results
        if refusing := [result for result in results if result.refuses]:
            self.refuse("; ".join(describe(result) for result in refusing))
        return results

    def preview(self, table: str) -> str:
        """A core table in counts, as Markdown: by concept, or for people by whether they are registered."""
        by = "in_patients" if table == "person" else "concept"
        counts = self.core.scan(table).group_by(by).agg(rows=pl.len()).sort(by).collect()
        return "\n".join([f"{by} | rows", "--- | ---:", *(f"{key} | {rows}" for key, rows in counts.rows())])

    @step
    def judge_gate(self) -> list[CheckResult]:
        """Look at the run as a whole, beside the standing publication."""
        open_counts = self.judged("care_gap").filter(pl.col("closed_by").is_null()).group_by("worklist").len().collect()
        with self._standing() as published:
            facts = gather_facts(
                known_at=self.order.known_at,
                core=self.core,
                intake=self.intake,
                entries=self.store.entries(),
                open_counts=dict(open_counts.iter_rows()),
                hashes=self.hashes,
                settings=self.order.settings,
                codebook=self.codebook,
                accepted=self.order.accept_change,
                published=published,
            )
        self.open_before = dict(facts.lists.select("worklist", "open_before").iter_rows())
        results = gate(facts)
        self.checks += results
        return results

    def verdict(self) -> str | None:
        """Why the run may not be published; null when it may."""
        because = refusal(self.checks)
        if because is not None:
            self.refuse(because)
        return because

    @contextmanager
    def _standing(self) -> Iterator[duckdb.DuckDBPyConnection | None]:
        """The publication to compare with, of this date or before; null where there is none."""
        database = self.editions.latest_up_to(self.order.as_of)
        if database is None:
            yield None
            return
        with reading_connection(database) as con:
            yield con

    @step
    def publish(self) -> dict[str, int]:
        """Build the database and the list files aside, then publish both at once; returns the row counts."""
        self.progress("publishing")
        order = self.order
        building = self.editions.begin(self.run_id)
        by_mma = frozenset(w.name for w in self.lists if w.ordered_by_mma)
        items, history = self.following.lives(self.judged, self.core, by_mma=by_mma)
        definitions = definition_rows(
            self.lists, profile=order.profile.name, parameters=self.parameters, hashes=self.hashes
        )
        entries = self.store.entries()
        patients = by_patient(items, as_of=order.as_of)
        tables: dict[str, pl.DataFrame | list[Path]] = {
            **{table: self.core.paths(table) for table in self.core.rows},
            "care_gap": sorted((self.work / "care_gap").glob("*.parquet")),
            "evidence": sorted((self.work / "evidence").glob("*.parquet")),
            "worklist_item": items,
            "worklist_patient": patients,
            "item_history": history,
            "worklist": definitions,
            "attrition": self._attrition(),
            "measure": self.measures,
            **ledger_frames(self.store, entries),
            **history_tables(self),
        }
        database = building / DATABASE
        counts = build_database(database, tables, memory_limit=order.settings.memory_limit, spill=self.work / "spill")
        facts = facts_of_publication(self, counts, sha256_of(database))
        about = about_of(facts, [f"{check.detail} {check.why}" for check in self.checks if check.warns])
        shown = pl.lit(True) if order.site is None else pl.col("site") == order.site
        write_lists(building / "worklists", items.filter(shown), patients.filter(shown), definitions, about=about)
        Editions.write_current(building, facts)
        if order.known_at == order.as_of:  # the file of a date holds what was known on it
            mark = Mark(order.known_at, measures_definition(self.measured, order.profile), None)
            self.measure_files.write(self.measures_today, order.as_of, mark)
        self.editions.publish(building, self.run_id, order.settings.keep_publications)
        self.outcome = "published"
        return counts

    def refuse(self, because: str) -> None:
        """Note that the gate, or a critical check before it, refused this run."""
        self.outcome, self.because = "refused", because

    def fail(self, because: str) -> None:
        """Note that the run failed."""
        if self.outcome != "refused":
            self.outcome, self.because = "failed", because

    def ended(self) -> RunRecord:
        """The record of the run, as it ends now."""
        return record_of(self, self.outcome, self.because)

    def close(self, record: RunRecord) -> None:
        """Record the run, stamp the publication when it was not renewed, and clear the work folder."""
        if self.outcome != "published":
            self.editions.stamp_stale(
                self.started_at.isoformat(sep=" ", timespec="seconds"), self.because or self.outcome
            )
        record.save(self.order.home / "runs")
        try:
            write_page(self, record)
        except (B12Error, OSError) as error:  # the run ended as it did; that its page is missing is told, no more
            LOG.error("The report of run %s could not be written: %s", self.run_id, error)
        try:
            standing = (self.editions.current() or {}).get("as_of")
            drop_old_files(self.order.home, self.order.settings.keep_nights, standing)
        except OSError as error:
            LOG.error("Old lists and reports could not be removed: %s", error)
        shutil.rmtree(self.work, ignore_errors=True)

    def _duckdb(self) -> duckdb.DuckDBPyConnection:
        return working_connection(self.order.settings.memory_limit, self.work / "spill")

    def _attrition(self) -> pl.DataFrame:
        return attrition_rows(
            self.judged("care_gap"),
            self.core.scan("person"),
            self.in_scope,
            self.following.attrition(),
            lists=[each.name for each in self.lists],
            as_of=self.order.as_of,
        )
