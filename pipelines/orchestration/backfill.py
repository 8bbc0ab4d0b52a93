"""`b12 backfill`: the measures of past month ends, beside the night runs and not in their way."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.config import load_settings
from pipelines.duck import working_connection
from pipelines.errors import B12Error, ConfigurationError
from pipelines.ingest.store import Store
from pipelines.measures import MeasureFiles, MonthEnd, backfill, measure_hashes, month_ends
from pipelines.orchestration.lock import run_lock
from pipelines.orchestration.order import configured_codebook
from pipelines.profile import load_profile

LOCK = "backfill.lock"
WORK = "backfill-work"


@dataclass(frozen=True)
class BackfillRequest:
    """What ``b12 backfill`` was asked for; months are told by any of their days."""

    home: Path
    first: date
    last: date
    config: Path | None = None
    quiet: bool = False


def run_backfill(request: BackfillRequest) -> list[MonthEnd]:
    """Compute the measures of the month ends asked for, and return what became of each, oldest first.

    Raises:
        ConfigurationError: The months are turned around, or one has not ended; or the configuration is wrong.
        B12Error: Nothing was ever read into this home, or another backfill runs on it.
    """
    settings = load_settings(request.config or request.home / "b12.toml")
    profile = load_profile(settings.profile, settings.overrides)
    now = datetime.now(ZoneInfo(settings.timezone))
    dates = _asked_for(request, today=now.date())
    if not (request.home / "store").is_dir():
        raise B12Error(
            f"Nothing was ever read into {request.home}: there is no store. "
            f"Run `b12 --home {request.home} run --extracts DIR` first, or give --home."
        )
    store = Store(request.home / "store")
    hashes = measure_hashes(profile, configured_codebook(request.home, settings).digest())
    work = request.home / WORK
    with run_lock(request.home, now, name=LOCK), working_connection(settings.memory_limit, work / "spill") as con:
        store.require_intact()
        return backfill(
            store,
            MeasureFiles(request.home / "measures"),
            dates,
            profile=profile,
            hashes=hashes,
            work=work,
            con=con,
            progress=_teller(quiet=request.quiet),
        )


def _asked_for(request: BackfillRequest, *, today: date) -> list[date]:
    if request.first > request.last:
        raise ConfigurationError(
            f"--from {request.first:%Y-%m} lies after --to {request.last:%Y-%m}. Give the earlier month first."
        )
    dates = month_ends(request.first, request.last)
    if dates[-1] > today:
        raise ConfigurationError(
            f"{request.last:%Y-%m} has not ended. Give --to a month that has: its last day is the date of its measures."
        )
    return dates


def _teller(*, quiet: bool) -> Callable[[str], None]:
    def tell(line: str) -> None:
        if not quiet:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    return tell
