"""Run the nightly job in this process, through the same Dagster definitions that the schedule runs."""

import errno
import logging
import os
import shutil
import warnings
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.config import Alert, load_settings
from pipelines.errors import B12Error, Refused
from pipelines.orchestration.alert import tell
from pipelines.orchestration.cluster import Cluster, engine_of
from pipelines.orchestration.order import make_order
from pipelines.orchestration.tidy import drop_old_records
from pipelines.publish.editions import Editions
from pipelines.publish.history import RunRecord, load_runs

STAYS = "nothing was published, and the last publication stays."
NONE_YET = "There is no publication yet."

INSTANCE = """\
telemetry:
  enabled: false
# A run whose process died is started again; one that ended with a refusal or an error waits for somebody to look.
run_retries:
  enabled: true
  max_retries: 2
  retry_on_asset_or_op_failure: false
"""

ALMOST_FULL_BYTES = 16 << 20


@dataclass(frozen=True)
class RunRequest:
    """What ``b12 run`` was asked for.

    ``extracts`` may be a URL. ``home`` is the folder that is kept like the home at ``remote``, where that is given.
    """

    home: Path
    extracts: Path | str
    config: Path | None = None
    as_of: date | None = None
    known_at: date | None = None
    profile: str | None = None
    site: str | None = None
    accept_change: tuple[str, ...] = ()
    remote: str = ""
    cluster: Cluster | None = None
    quiet: bool = False


def run_nightly(request: RunRequest) -> RunRecord:
    """Run the job and return its record, published.

    Raises:
        ConfigurationError: Something in the configuration or the request is wrong; nothing was read.
        Refused: The gate, or a critical check before it, refused to publish.
        B12Error: Another run holds the lock, or the run failed.
    """
    config = request.config or request.home / "b12.toml"  # a remote home's was brought there
    settings = load_settings(config)
    today = datetime.now(ZoneInfo(settings.timezone)).date()
    as_of = request.as_of or today
    # Checked once here, where an error can be told plainly, and again by the run itself.
    make_order(
        request.home,
        Path(request.extracts),
        settings,
        as_of=as_of,
        profile=request.profile,
        accept_change=request.accept_change,
    )

    engine_of(request.cluster)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    import dagster as dg

    from pipelines.orchestration.definitions import build_definitions
    from pipelines.orchestration.resources import NightlyRun

    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    run = NightlyRun(
        home=str(request.home),
        extracts=str(request.extracts),
        config=str(config),
        as_of=str(as_of),
        known_at=str(request.known_at or ""),
        profile=request.profile or "",
        site=request.site or "",
        accept_change=list(request.accept_change),
        remote=request.remote,
        scheduler=request.cluster.scheduler if request.cluster else "",
        shared=request.cluster.shared if request.cluster else "",
        quiet=request.quiet,
    )
    job = build_definitions(run, timezone=settings.timezone, cron=settings.schedule, as_of=as_of).resolve_job_def(
        "nightly"
    )
    failure: BaseException | None = None
    before = {record.run_id for record in load_runs(request.home / "runs")}
    try:
        with dg.DagsterInstance.from_config(str(dagster_home(request.home))) as instance:
            job.execute_in_process(
                instance=instance,
                partition_key=str(as_of),
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
            drop_old_records(instance, settings.keep_nights)
    except Exception as error:
        failure = _cause(error)
    ended = [record for record in load_runs(request.home / "runs") if record.run_id not in before]
    return _told(request.home, settings.alert, ended[-1] if ended else None, failure)


def dagster_home(home: Path) -> Path:
    """The folder of Dagster's own records, made with telemetry off."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dagster.yaml").write_text(INSTANCE, encoding="utf-8")
    return folder.resolve()


def _told(home: Path, alert: Alert, record: RunRecord | None, failure: BaseException | None) -> RunRecord:
    """The record of a run that was published; otherwise an alert, and the error that says what became of it."""
    if record is not None and record.outcome == "published":
        return record
    if record is not None:
        tell(alert, home, record.run_id)
        if record.outcome == "refused":
            stays = "The last publication stays, stamped stale." if Editions(home).current() else NONE_YET
            raise Refused(f"{record.because} {stays} Read {home}/reports/{record.run_id}.html.")
    else:  # it did not begin, as where a lock is held or storage does not answer; or it could not write how it ended
        if failure is None or type(failure).__module__.startswith("dagster"):  # published, or refused by a check
            failure = B12Error(
                f"How the run ended could not be written to {home}/runs. See that it can be written and has room, and "
                f"run again; `b12 --home {home} status` says what is published."
            )
        tell(alert, home, "", str(failure) if isinstance(failure, B12Error) else type(failure).__name__)
    if isinstance(failure, B12Error):
        raise failure
    if _is_full(home, failure):
        raise B12Error(f"No space is left on the device of {home} or of the extracts. Make room and run again; {STAYS}")
    if isinstance(failure, OSError):
        raise B12Error(
            f"{failure.strerror or failure}: {failure.filename or home}. Check that it can be read and written; {STAYS}"
        ) from failure
    kind = type(failure)
    if kind.__module__.startswith(("sqlalchemy", "sqlite3")):  # the decision log's own are B12Error
        raise B12Error(
            f"Dagster's records in {home}/dagster cannot be used ({kind.__name__}). Check that they can be read and "
            f"written, or remove that folder, for no result is in it; {STAYS}"
        ) from failure
    if kind.__name__ == "IOException":  # of DuckDB: it names a file, and no value
        told = str(failure).partition("\n")[0].rstrip(".")
        raise B12Error(f"{told}. Check that it can be read and written; {STAYS}") from failure
    # The message of an error that is not ours may hold a value; Dagster's own record of the run has it.
    raise B12Error(f"The run failed ({kind.__name__}); {STAYS} See `b12 dagster` for the details.") from failure


def _is_full(home: Path, failure: BaseException | None) -> bool:
    """Is a full disk to blame? SQLite, in which Dagster keeps its records, then speaks of other things."""
    return (
        getattr(failure, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        or shutil.disk_usage(home).free < ALMOST_FULL_BYTES
    )


def _cause(error: BaseException) -> BaseException:
    """The first error under Dagster's wrappers that says something of ours, else the first that is not Dagster's."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        current = waiting.pop(0)
        if current in seen:
            continue
        if isinstance(current, B12Error | OSError):
            return current
        seen.append(current)
        inner = (getattr(current, "user_exception", None), current.__cause__, current.__context__)
        waiting += [each for each in inner if isinstance(each, BaseException)]
    return next((each for each in seen if not type(each).__module__.startswith("dagster")), error)
