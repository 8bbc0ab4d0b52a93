"""The nightly job as Dagster sees it: assets, blocking checks, partitions by as-of date, a schedule, an alert.

``b12 run`` executes these same definitions in its own process; ``b12 dagster`` opens them with the schedule running.
"""

import os
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.orchestration.alert import tell
from pipelines.orchestration.assets import (
    CORE,
    MEASURE,
    core_assets,
    gate_asset,
    measure_asset,
    published_asset,
    store_asset,
    suite_check,
    worklist_assets,
    worklist_keys,
)
from pipelines.orchestration.cluster import cluster_of
from pipelines.orchestration.resources import NightlyRun
from pipelines.remote.home import RemoteHome, is_remote

FIRST_PARTITION = date(1990, 1, 1)
CLUSTER = {"ENGINE": "local", "SCHEDULER": "", "SHARED": ""}
"""Variables of the environment, after ``B12_``, that say where shards are judged."""


def build_definitions(
    run: NightlyRun, *, timezone: str = "UTC", cron: str = "0 2 * * *", as_of: date | None = None
) -> dg.Definitions:
    """The code location. ``as_of`` widens the partitions for a run whose date lies outside the usual ones."""
    partitions = daily_partitions(timezone, as_of)
    gate, verdict = gate_asset(partitions)
    nightly = dg.define_asset_job(
        "nightly", selection="*", partitions_def=partitions, executor_def=dg.in_process_executor
    )
    return dg.Definitions(
        assets=[
            store_asset(partitions),
            core_assets(partitions),
            worklist_assets(partitions),
            measure_asset(partitions),
            gate,
            published_asset(partitions),
        ],
        asset_checks=[
            *(suite_check(key, "core", table) for table, key in CORE.items()),
            *(suite_check(key, "worklist", name) for name, key in worklist_keys().items()),
            suite_check(MEASURE, "published", "measure"),
            verdict,
        ],
        jobs=[nightly],
        schedules=[every_night(nightly, cron, timezone)],
        sensors=[alert_on_failure(nightly, run)],
        resources={"run": run},
    )


def daily_partitions(timezone: str, as_of: date | None) -> dg.DailyPartitionsDefinition:
    """A partition a day from 1990 up to today, and to the date of the run where that lies outside."""
    today = datetime.now(ZoneInfo(timezone)).date()
    day = as_of or today
    return dg.DailyPartitionsDefinition(
        start_date=str(min(FIRST_PARTITION, day)), timezone=timezone, end_offset=max(1, (day - today).days + 1)
    )


def every_night(job: dg.JobDefinition, cron: str, timezone: str) -> dg.ScheduleDefinition:
    """The schedule: the run of the day on which it ticks, for tonight's list looks back from tonight."""

    def request_today(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        day = str(context.scheduled_execution_time.date())
        return dg.RunRequest(run_key=day, partition_key=day)

    return dg.ScheduleDefinition(
        name="every_night",
        job=job,
        cron_schedule=cron,
        execution_timezone=timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        execution_fn=request_today,
    )


def alert_on_failure(job: dg.JobDefinition, run: NightlyRun) -> dg.SensorDefinition:
    """The sensor that tells whom the configuration names that a night was not published."""

    @dg.run_failure_sensor(name="alert_on_failure", monitored_jobs=[job], default_status=dg.DefaultSensorStatus.RUNNING)
    def sensor(context: dg.RunFailureSensorContext) -> None:
        tell(run.settings().alert, Path(run.home), context.dagster_run.run_id)

    return sensor


def from_environment() -> dg.Definitions:
    """The code location that ``b12 dagster`` serves, told by the environment where its home and extracts are."""
    home, config = os.environ.get("B12_HOME", "home"), os.environ.get("B12_CONFIG", "")
    asked = (os.environ.get(f"B12_{name}", default) for name, default in CLUSTER.items())
    cluster = cluster_of(*asked)
    remote = home if is_remote(home) else ""
    if remote:
        home = str(RemoteHome(remote).ready("dagster", Path(config) if config else None))
    run = NightlyRun(
        home=home,
        extracts=os.environ.get("B12_EXTRACTS", "extracts"),
        config=config,
        remote=remote,
        scheduler=cluster.scheduler if cluster else "",
        shared=cluster.shared if cluster else "",
    )
    settings = run.settings()
    return build_definitions(run, timezone=settings.timezone, cron=settings.schedule)
