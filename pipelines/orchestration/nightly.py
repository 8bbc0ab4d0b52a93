"""The nightly job, step by step, without Dagster: take in, build the core tables, judge, check, gate, publish, close.

The steps share one work folder, kept for the length of the run. Everything before ``publish`` leaves the previous
publication untouched; ``close`` records the run however it ended, and stamps the publication when it grew stale.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.codelists.concepts import known_concepts
from pipelines.codes import CodeBook, LocalCodes, load_codebook
from pipelines.config import Settings
from pipelines.contract import core_schema, root
from pipelines.duck import reading_connection, working_connection
from pipelines.errors import B12Error, ConfigurationError
from pipelines.ingest.core import Core, build_core
from pipelines.ingest.delivery import Intake, take_in
from pipelines.ingest.store import Store
from pipelines.profile import Profile, load_profile
from pipelines.publish.checks import CheckResult, describe, validate
from pipelines.publish.editions import DATABASE, Editions
from pipelines.publish.gate import gate, refusal
from pipelines.publish.gathering import feed_rows, gather_facts
from pipelines.publish.history import RunRecord, check_rows, load_runs, run_rows
from pipelines.publish.items import open_items, rank_items
from pipelines.publish.lists import write_lists
from pipelines.publish.report import write_report
from pipelines.publish.snapshot import build_database, ledger_frames, sha256_of
from pipelines.sources.native import find_files
from pipelines.worklists import Worklist, definition_hash, judge, worklists

JUDGED = ("care_gap", "evidence", "worklist_item")


@dataclass(frozen=True)
class Order:
    """What a run is asked to do."""

    home: Path
    extracts: Path
    settings: Settings
    as_of: date
    known_at: date
    profile: Profile
    site: str | None = None
    accept_change: frozenset[str] = frozenset()


def step(method: Callable[..., Any]) -> Callable[..., Any]:
    """A step of the run: when it raises, the run notes why it failed; the message of a foreign error may hold values."""

    @wraps(method)
    def noted(self: "Nightly", *args: object) -> object:
        try:
            return method(self, *args)
        except (B12Error, OSError) as error:
            self.fail(str(error))
            raise
        except Exception as error:
            self.fail(f"{method.__name__} raised {type(error).__name__}")
            raise

    return noted


@dataclass
class Nightly:
    """One run: its order, its work folder, and what its steps found so far."""

    order: Order
    run_id: str
    clock: Callable[[], datetime]
    progress: Callable[[str], None] = lambda _: None
    checks: list[CheckResult] = field(default_factory=list)
    intake: Intake | None = None
    core: Core | None = None
    outcome: str = "failed"
    because: str | None = None
    parameters: dict[str, dict[str, object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        order = self.order
        self.started_at = self.clock()
        self.open_before: dict[str, int | None] = {}
        self.work = order.home / "work" / self.run_id
        self.store = Store(order.home / "store")
        self.editions = Editions(order.home)
        self.codebook: CodeBook = load_codebook(
            user_folders=[_below(order.home, folder) for folder in order.settings.code_folders],
            local=[LocalCodes(code.table, code.code_system, code.concepts, code.names) for code in order.settings.code],
        )
        self.hashes = {w.name: definition_hash(w, order.profile, self.codebook.digest()) for w in self.lists}

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
            )
        return self.core

    @step
    def judge(self) -> pl.DataFrame:
        """Judge every list, shard by shard; returns counts: worklist, closed_by, people."""
        before = self._previous_items()
        scope: list[pl.DataFrame] = []
        for shard in range(self.core.shards):
            self.progress(f"judging {shard + 1} of {self.core.shards}")
            tables = {table: self.core.scan(table, shard) for table in self.core.rows}
            judgement = judge(
                tables,
                as_of=self.order.as_of,
                profile=self.order.profile,
                delivered=self.core.delivered,
                first_exposure=self.core.first_exposure,
                also=("in_scope", "treatment_on_record"),
            )
            gaps, evidence = judgement.care_gap, judgement.evidence
            treatment = judgement.terms["treatment_on_record"].lazy()
            items = open_items(gaps.lazy(), tables, treatment, before.lazy(), as_of=self.order.as_of).collect()
            for name, frame in zip(JUDGED, (gaps, evidence, items), strict=True):
                frame.write_parquet(self.work / name / f"{shard:04d}.parquet")
            scope.append(judgement.terms["in_scope"].group_by("site").len("people"))
            self.parameters |= judgement.parameters
        self.in_scope = pl.concat(scope).group_by("site").agg(pl.col("people").sum())
        return self.judged("care_gap").group_by("worklist", "closed_by").agg(people=pl.len()).collect()

    def judged(self, name: str) -> pl.LazyFrame:
        """The rows of care_gap, evidence or worklist_item (without rank) of this run."""
        return pl.scan_parquet(sorted((self.work / name).glob("*.parquet")))

    @step
    def check(self, layer: str, name: str) -> list[CheckResult]:
        """Hold a core table or the care gaps of a worklist against its suite."""
        self.progress(f"checking {name}")

        def parts(columns: list[str]) -> Iterator[pl.DataFrame]:
            for shard in range(self.core.shards):
                if layer == "core":
                    yield self.core.scan(name, shard).select(columns).collect()
                else:
                    gaps = pl.scan_parquet(self.work / "care_gap" / f"{shard:04d}.parquet")
                    sites = self.core.scan("person", shard).select("person_id", "site")
                    of_list = gaps.filter(pl.col("worklist") == name).join(sites, on="person_id", how="left")
                    yield of_list.select(columns).collect()

        folder = {"core": "core", "worklist": "worklists"}[layer]
        suite = root("expectations") / folder / f"{name}.json"
        results = validate(suite, parts, parameters={"as_of": self.order.as_of, "known_at": self.order.known_at})
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
        """The standing publication; null where there is none, or it looks from a later date than this run."""
        current = self.editions.current()
        if current is None or date.fromisoformat(current["as_of"]) > self.order.as_of:
            yield None
            return
        with reading_connection(self.editions.database) as con:
            yield con

    @step
    def publish(self) -> dict[str, int]:
        """Build the database and the list files aside, then publish both at once; returns the row counts."""
        self.progress("publishing")
        order = self.order
        building = self.editions.begin(self.run_id)
        by_mma = frozenset(w.name for w in self.lists if w.ordered_by_mma)
        items = rank_items(self.judged("worklist_item").collect(), by_mma=by_mma)
        definitions = self._definitions()
        entries = self.store.entries()
        tables: dict[str, pl.DataFrame | list[Path]] = {
            **{table: self.core.paths(table) for table in self.core.rows},
            "care_gap": sorted((self.work / "care_gap").glob("*.parquet")),
            "evidence": sorted((self.work / "evidence").glob("*.parquet")),
            "worklist_item": items,
            "worklist": definitions,
            "attrition": self._attrition(),
            **ledger_frames(self.store, entries),
            **self._history("published"),
        }
        database = building / DATABASE
        counts = build_database(
            database, tables, memory_limit=order.settings.memory_limit, spill=self.work / "spill"
        )
        shown = items if order.site is None else items.filter(pl.col("site") == order.site)
        write_lists(building / "worklists", shown, definitions, as_of=order.as_of, run_id=self.run_id)
        Editions.write_current(building, self._current(counts, sha256_of(database)))
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

    def close(self) -> RunRecord:
        """Record the run, stamp the publication when it was not renewed, and clear the work folder."""
        record = self._record(self.outcome, self.because)
        if self.outcome != "published":
            self.editions.stamp_stale(self.started_at.isoformat(sep=" ", timespec="seconds"), self.because or self.outcome)
        self._write_report(record)
        record.save(self.order.home / "runs")
        shutil.rmtree(self.work, ignore_errors=True)
        return record

    def _write_report(self, record: RunRecord) -> None:
        """The page that tells how the run went; of a run that ended early, what is known by then."""
        ledger = ledger_frames(self.store, self.store.entries())
        earlier = [run for run in load_runs(self.order.home / "runs") if run.run_id != record.run_id]
        key = ["source", "extract_table", "reason"]
        write_report(
            self.order.home / "reports" / f"{self.run_id}.html",
            asdict(record),
            self.checks,
            source_files=ledger["source_file"],
            quarantine_counts=ledger["quarantine"].group_by(key).agg(rows=pl.len()).sort(key),
            unmapped_top=ledger["unmapped_code"].sort("row_count", descending=True, maintain_order=True),
            list_counts=self._list_counts(),
            feeds=feed_rows(self.core, self.order.settings) if self.core else None,
            history=check_rows(earlier),
        )

    def _list_counts(self) -> pl.DataFrame:
        """A row per worklist: eligible and open people now, urgent ones, and how many were open before."""
        titles = pl.DataFrame({"worklist": [w.name for w in self.lists], "title": [w.title for w in self.lists]})
        if not list((self.work / "care_gap").glob("*.parquet")):
            return titles.clear().with_columns(eligible=0, open_now=0, urgent=0, open_before=0)
        is_open = pl.col("closed_by").is_null()
        counts = self.judged("care_gap").group_by("worklist").agg(
            eligible=pl.len(), open_now=is_open.sum(), urgent=(pl.col("priority") == 1).sum()
        )
        before = titles.select("worklist").with_columns(
            open_before=pl.col("worklist").replace_strict(self.open_before, default=None, return_dtype=pl.Int64)
        )
        return (
            titles.join(counts.collect(), on="worklist", how="left", maintain_order="left")
            .with_columns(pl.col("eligible", "open_now", "urgent").fill_null(0))
            .join(before, on="worklist", maintain_order="left")
        )

    def _duckdb(self) -> duckdb.DuckDBPyConnection:
        return working_connection(self.order.settings.memory_limit, self.work / "spill")

    def _previous_items(self) -> pl.DataFrame:
        """The open items of the publication that stands, with the day each was first listed.

        A publication of a later as-of date says nothing about an earlier one, so a run for the past starts afresh.
        """
        with self._standing() as published:
            if published is None:
                return pl.DataFrame(schema={"item_key": pl.String, "first_listed": pl.Date})
            return published.sql("SELECT item_key, first_listed FROM worklist_item").pl()

    def _definitions(self) -> pl.DataFrame:
        import json

        rows = [
            {
                "worklist": w.name, "title": w.title, "action": w.action, "rationale": w.rationale,
                "source": w.source.title, "source_url": w.source.url or "", "profile": self.order.profile.name,
                "parameters": json.dumps(self.parameters[w.name], sort_keys=True),
                "definition_hash": self.hashes[w.name], "owner": w.owner, "reviewed": w.reviewed,
            }
            for w in self.lists
        ]  # fmt: skip
        return pl.DataFrame(rows, schema=core_schema("worklist"))

    def _attrition(self) -> pl.DataFrame:
        sites = pl.concat([self.core.scan("person").select("person_id", "site")])
        gaps = self.judged("care_gap").select("worklist", "person_id", "closed_by").join(sites, on="person_id", how="left")
        key = ["worklist", "site", "step", "closed_by"]
        ended = gaps.with_columns(step=pl.when(pl.col("closed_by").is_null()).then(pl.lit("open")).otherwise(pl.lit("closed")))
        eligible = gaps.with_columns(step=pl.lit("eligible"), closed_by=pl.lit(None, pl.String))
        counts = pl.concat([ended.select(key), eligible.select(key)]).group_by(key).agg(people=pl.len().cast(pl.Int64)).collect()
        names = pl.DataFrame({"worklist": [w.name for w in self.lists]})
        in_scope = names.join(self.in_scope, how="cross").select(
            "worklist", "site", step=pl.lit("in_scope"), closed_by=pl.lit(None, pl.String), people=pl.col("people").cast(pl.Int64)
        )
        before = pl.DataFrame(schema={**dict.fromkeys(key, pl.String), "previous_people": pl.Int64})
        with self._standing() as published:
            had_previous = published is not None
            if published is not None:
                query = "SELECT worklist, site, step, closed_by, people AS previous_people FROM attrition WHERE people > 0"
                before = published.sql(query).pl()
        both = pl.concat([in_scope, counts]).join(before, on=key, how="full", coalesce=True, nulls_equal=True)
        previous = pl.col("previous_people").fill_null(0) if had_previous else pl.col("previous_people")
        return (
            both.with_columns(as_of=pl.lit(self.order.as_of), people=pl.col("people").fill_null(0), previous_people=previous)
            .with_columns(change=pl.col("people") - pl.col("previous_people"))
            .select(pl.col(name).cast(kind) for name, kind in core_schema("attrition").items())
        )

    def _history(self, outcome: str) -> dict[str, pl.DataFrame]:
        """The runs and their checks up to and with this one."""
        records = [*load_runs(self.order.home / "runs"), self._record(outcome, None)]
        return {"run": run_rows(records), "check_result": check_rows(records)}

    def _record(self, outcome: str, because: str | None) -> RunRecord:
        import hashlib

        digest = hashlib.sha256("".join(self.hashes[name] for name in sorted(self.hashes)).encode()).hexdigest()
        return RunRecord(
            run_id=self.run_id,
            started_at=self.started_at,
            ended_at=self.clock(),
            outcome=outcome,
            because=because,
            as_of=self.order.as_of,
            known_at=self.order.known_at,
            profile=self.order.profile.name,
            definition_hash=digest[:16],
            files_read=len(self.intake.read) if self.intake else 0,
            version=version("b12-care-gaps"),
            checks=[asdict(check) for check in self.checks],
        )

    def _current(self, counts: dict[str, int], sha256: str) -> dict[str, object]:
        return {
            "run_id": self.run_id,
            "published_at": self.clock().isoformat(sep=" ", timespec="seconds"),
            "as_of": self.order.as_of.isoformat(),
            "known_at": self.order.known_at.isoformat(),
            "profile": self.order.profile.name,
            "definition_hash": self._record("published", None).definition_hash,
            "database": DATABASE,
            "sha256": sha256,
            "rows": counts,
            "feeds": feed_rows(self.core, self.order.settings).to_dicts(),
            "stale_since": None,
            "stale_because": None,
        }


def _below(home: Path, folder: str) -> Path:
    """A folder as the configuration names it: absolute, or below the home folder."""
    return Path(folder) if Path(folder).is_absolute() else home / folder


def make_order(
    home: Path,
    extracts: Path,
    settings: Settings,
    *,
    as_of: date,
    known_at: date | None = None,
    profile: str | None = None,
    site: str | None = None,
    accept_change: tuple[str, ...] = (),
) -> Order:
    """An order with its profile loaded and its names checked.

    Raises:
        ConfigurationError: A profile, override, or worklist name is unknown.
    """
    known = set(worklists())
    for name in (*accept_change, *settings.max_change):
        # Feeds (source/table) and files may be accepted too; only the run knows which there are.
        if name not in known | set(known_concepts()) and "/" not in name:
            raise ConfigurationError(f"No worklist named {name!r}. Known worklists: {', '.join(sorted(known))}.")
    return Order(
        home=home,
        extracts=extracts,
        settings=settings,
        as_of=as_of,
        known_at=known_at or as_of,
        profile=load_profile(profile or settings.profile, settings.overrides),
        site=site,
        accept_change=frozenset(accept_change),
    )


__all__ = ["B12Error", "Nightly", "Order", "make_order"]
