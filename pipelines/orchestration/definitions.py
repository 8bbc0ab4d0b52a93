"""The nightly job as Dagster sees it: assets, blocking checks, partitions by as-of date, a schedule, an alert.

``b12 run`` executes these same definitions in its own process; ``b12 dagster`` opens them with the schedule running.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import PrivateAttr

from pipelines.config import load_settings
from pipelines.contract import CORE_TABLES
from pipelines.orchestration.alert import tell
from pipelines.orchestration.lock import run_lock
from pipelines.orchestration.nightly import Nightly, make_order
from pipelines.worklists import worklists

FIRST_PARTITION = date(1990, 1, 1)
RETRIES, RETRY_SECONDS = 2, 60
PASSING = {errno.EAGAIN, errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH}
"""What a file share does on a bad night: worth another try, where a full disk or a missing folder is not."""

STORE = dg.AssetKey("store")
GATE = dg.AssetKey("gate")


class NightlyRun(dg.ConfigurableResource):
    """The run that the assets are steps of: it holds the lock, and is closed however the run ends."""

    home: str
    extracts: str
    config: str = ""
    as_of: str = ""
    known_at: str = ""
    profile: str = ""
    site: str = ""
    accept_change: list[str] = []
    quiet: bool = True

    _nightly: Nightly = PrivateAttr()
    _held: ExitStack = PrivateAttr()

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Take the lock, clear what a crash left, and settle the dates of the run."""
        settings = load_settings(Path(self.config) if self.config else Path(self.home) / "b12.toml")
        zone = ZoneInfo(settings.timezone)

        def clock() -> datetime:
            return datetime.now(zone).replace(tzinfo=None, microsecond=0)  # noqa: TID251 - the edge where the clock is read

        run = context.run
        as_of = date.fromisoformat(self.as_of or run.tags.get("dagster/partition") or str(clock().date()))
        order = make_order(
            Path(self.home),
            Path(self.extracts),
            settings,
            as_of=as_of,
            known_at=date.fromisoformat(self.known_at) if self.known_at else None,
            profile=self.profile or None,
            site=self.site or None,
            accept_change=tuple(self.accept_change),
        )
        with ExitStack() as held:
            held.enter_context(run_lock(Path(self.home), clock()))
            self._nightly = Nightly(
                order=order,
                run_id=f"{clock():%Y%m%dT%H%M%S}-{run.run_id[:8]}",
                clock=clock,
                progress=(lambda _: None) if self.quiet else _print_progress,
            )
            self._nightly.begin()
            self._held = held.pop_all()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Record how the run ended, and give the lock back."""
        del context
        with self._held:
            self._nightly.close()

    @property
    def nightly(self) -> Nightly:
        """The run."""
        return self._nightly


def _print_progress(line: str) -> None:
    import sys

    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def build_definitions(run: NightlyRun, *, timezone: str = "UTC", cron: str = "0 2 * * *", as_of: date | None = None) -> dg.Definitions:
    """The code location. ``as_of`` widens the partitions for a run whose date lies outside the usual ones."""
    today = datetime.now(ZoneInfo(timezone)).date()  # noqa: TID251 - the edge where the clock is read
    as_of = as_of or today
    partitions = dg.DailyPartitionsDefinition(
        start_date=str(min(FIRST_PARTITION, as_of)),
        timezone=timezone,
        end_offset=max(1, (as_of - today).days + 1),
    )
    core_keys = [dg.AssetKey(["core", table]) for table in CORE_TABLES]
    list_keys = {w.name: dg.AssetKey(["worklist", w.name]) for w in worklists().values()}
    nightly_job = dg.define_asset_job("nightly", selection="*", partitions_def=partitions, executor_def=dg.in_process_executor)

    @dg.asset(key=STORE, partitions_def=partitions, group_name="ingest")
    def store(run: NightlyRun) -> dg.MaterializeResult:
        """Every new file of the extracts, read once: kept rows, withdrawals, quarantine, codes off the pathway."""
        try:
            intake = run.nightly.take_in()
        except OSError as error:
            if error.errno not in PASSING:
                raise
            raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=RETRY_SECONDS) from error
        return dg.MaterializeResult(
            metadata={
                "files read": len(intake.read),
                "files unchanged": intake.unchanged,
                "files not read": len(intake.unread),
                "rows read": sum(entry.rows_read for entry in intake.read),
                "rows kept": sum(entry.rows_kept for entry in intake.read),
                "rows quarantined": sum(entry.rows_quarantined for entry in intake.read),
            }
        )

    @dg.multi_asset(
        specs=[dg.AssetSpec(key, deps=[STORE], group_name="core", partitions_def=partitions) for key in core_keys],
        partitions_def=partitions,
    )
    def core(run: NightlyRun) -> Iterator[dg.MaterializeResult]:
        """The core tables as of the run's dates."""
        built = run.nightly.build_core()
        for key in core_keys:
            table = key.path[-1]
            yield dg.MaterializeResult(
                asset_key=key,
                metadata={
                    "dagster/row_count": built.rows[table],
                    "shards": built.shards,
                    "preview": dg.MetadataValue.md(run.nightly.preview(table)),
                },
            )

    @dg.multi_asset(
        specs=[
            dg.AssetSpec(
                list_keys[w.name],
                deps=[dg.AssetKey(["core", table]) for table in w.inputs] + [list_keys[name] for name in w.lists],
                group_name="worklists",
                description=f"{w.title}\n\n{w.rationale}",
                owners=[f"team:{w.owner.replace(' ', '_')}"],
                metadata={"source": dg.MetadataValue.text(w.source.title), "action": w.action},
                partitions_def=partitions,
            )
            for w in worklists().values()
        ],
        partitions_def=partitions,
    )
    def judged(run: NightlyRun) -> Iterator[dg.MaterializeResult]:
        """Every worklist, from terms that are built once for all."""
        counts = run.nightly.judge()
        for name, key in list_keys.items():
            of_list = counts.filter(counts["worklist"] == name)
            is_open = of_list["closed_by"].is_null()
            yield dg.MaterializeResult(
                asset_key=key,
                metadata={
                    "dagster/row_count": int(of_list["people"].sum()),
                    "open": int(of_list.filter(is_open)["people"].sum()),
                    "preview": dg.MetadataValue.md(_table(of_list.select("closed_by", "people").sort("closed_by", nulls_last=False).rows(), ("closed by", "people"))),
                },
            )

    @dg.asset(key=GATE, deps=list(list_keys.values()), partitions_def=partitions, group_name="publish")
    def gate(run: NightlyRun) -> dg.MaterializeResult:
        """What the whole run looks like beside the last one: late or thin feeds, lost records, lists that jumped."""
        results = run.nightly.judge_gate()
        return dg.MaterializeResult(metadata={"checks": len(results), "failed": sum(r.status == "failed" for r in results)})

    @dg.asset(key=dg.AssetKey("published"), deps=[GATE], partitions_def=partitions, group_name="publish")
    def published(run: NightlyRun) -> dg.MaterializeResult:
        """The published database and the worklist files."""
        counts = run.nightly.publish()
        return dg.MaterializeResult(metadata={f"rows in {table}": count for table, count in counts.items()})

    @dg.asset_check(asset=GATE, name="verdict", blocking=True)
    def verdict(run: NightlyRun) -> dg.AssetCheckResult:
        """Whether the run may be published."""
        because = run.nightly.verdict()
        return dg.AssetCheckResult(passed=because is None, description=because)

    checks = [
        *(_suite_check(key, "core", key.path[-1]) for key in core_keys),
        *(_suite_check(key, "worklist", name) for name, key in list_keys.items()),
        verdict,
    ]

    @dg.run_failure_sensor(name="alert_on_failure", monitored_jobs=[nightly_job], default_status=dg.DefaultSensorStatus.RUNNING)
    def alert_on_failure(context: dg.RunFailureSensorContext) -> None:
        """Tell whom the configuration names that a night was not published."""
        settings = load_settings(Path(run.config) if run.config else Path(run.home) / "b12.toml")
        tell(settings.alert, Path(run.home), context.dagster_run.run_id)

    schedule = dg.ScheduleDefinition(
        name="every_night",
        job=nightly_job,
        cron_schedule=cron,
        execution_timezone=timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        execution_fn=_request_today,
    )
    return dg.Definitions(
        assets=[store, core, judged, gate, published],
        asset_checks=checks,
        jobs=[nightly_job],
        schedules=[schedule],
        sensors=[alert_on_failure],
        resources={"run": run},
    )


def _request_today(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """The run of the day on which the schedule ticks: tonight's list looks back from tonight."""
    day = str(context.scheduled_execution_time.date())
    return dg.RunRequest(run_key=day, partition_key=day)


def _suite_check(key: dg.AssetKey, layer: str, name: str) -> dg.AssetChecksDefinition:
    """The suite of a core table or worklist as a blocking check."""

    @dg.asset_check(asset=key, name="expectations", blocking=True, description=f"The suite of {name}.")
    def expectations(run: NightlyRun) -> dg.AssetCheckResult:
        results = run.nightly.check(layer, name)
        refusing = [result for result in results if result.refuses]
        warning = [result for result in results if result.warns]
        severity = dg.AssetCheckSeverity.WARN if warning and not refusing else dg.AssetCheckSeverity.ERROR
        return dg.AssetCheckResult(
            passed=not refusing and not warning,
            severity=severity,
            metadata={result.check_name: f"{result.status}: {result.detail}" for result in results},
        )

    return expectations


def _table(rows: list[tuple[object, ...]], header: tuple[str, ...]) -> str:
    lines = [" | ".join(header), " | ".join("---" for _ in header)]
    lines += [" | ".join("open" if cell is None else str(cell) for cell in row) for row in rows]
    return "\n".join(lines)


def from_environment() -> dg.Definitions:
    """The code location that ``b12 dagster`` serves, told by the environment where its home and extracts are."""
    home = os.environ.get("B12_HOME", "home")
    config = os.environ.get("B12_CONFIG", "")
    settings = load_settings(Path(config) if config else Path(home) / "b12.toml")
    run = NightlyRun(home=home, extracts=os.environ.get("B12_EXTRACTS", "extracts"), config=config)
    return build_definitions(run, timezone=settings.timezone, cron=settings.schedule)


