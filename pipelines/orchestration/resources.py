"""The run that the assets are steps of, as a Dagster resource: taken with the lock, and closed however it ends."""

import sys
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import PrivateAttr

from pipelines.config import Settings, load_settings, sources_below
from pipelines.orchestration.cluster import Cluster, engine_of, reach
from pipelines.orchestration.lock import run_lock
from pipelines.orchestration.nightly import Nightly
from pipelines.orchestration.order import make_order
from pipelines.remote.home import WORK, RemoteHome, Writing


class NightlyRun(dg.ConfigurableResource):
    """One run of the nightly job. Without ``as_of`` the partition says the date, and without one, today.

    ``remote`` is the URL of a home that is not on this machine; ``home`` is then the folder that is kept like it.
    With ``scheduler`` the shards are judged on that Dask cluster, by way of ``shared``.
    """

    home: str
    extracts: str
    config: str = ""
    as_of: str = ""
    known_at: str = ""
    profile: str = ""
    site: str = ""
    remote: str = ""
    scheduler: str = ""
    shared: str = ""
    accept_change: list[str] = []  # noqa: RUF012 - a Dagster resource takes no tuple, and copies its defaults
    quiet: bool = True

    _nightly: Nightly = PrivateAttr()
    _writing: Writing | None = PrivateAttr(default=None)
    _held: ExitStack = PrivateAttr()

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Settle the dates of the run, reach its cluster, take the lock, and clear what a crash left."""
        settings = self.settings()
        zone = ZoneInfo(settings.timezone)

        def clock() -> datetime:
            return datetime.now(zone).replace(tzinfo=None, microsecond=0)

        run = context.run
        as_of = self.as_of or run.tags.get("dagster/partition")
        order = make_order(
            Path(self.home),
            Path(self.extracts),
            settings,
            as_of=date.fromisoformat(as_of) if as_of else clock().date(),
            known_at=date.fromisoformat(self.known_at) if self.known_at else None,
            profile=self.profile or None,
            site=self.site or None,
            accept_change=tuple(self.accept_change),
        )
        reach(self._cluster())
        with ExitStack() as held:
            held.enter_context(run_lock(Path(self.home), clock()))
            if self.remote:
                config = Path(self.config) if self.config else None
                self._writing = held.enter_context(RemoteHome(self.remote).writing(clock(), order.as_of, config))
            self._nightly = Nightly(
                order=order,
                run_id=f"{clock():%Y%m%dT%H%M%S}-{run.run_id[:8]}",
                clock=clock,
                progress=_say_nothing if self.quiet else _say,
                engine=engine_of(self._cluster()),
                after=self._writing.after if self._writing else _say_nothing,
            )
            self._nightly.begin()
            self._held = held.pop_all()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002 - Dagster's signature
        """Record how the run ended, in a remote home even where this machine cannot, and give the lock back."""
        with self._held:
            record = self._nightly.ended()
            try:
                self._nightly.close(record)
            finally:
                if self._writing:
                    self._writing.close(record)

    def _cluster(self) -> Cluster | None:
        """Where the shards are judged; the workers of a remote home meet the run there, unless told otherwise."""
        if not self.scheduler:
            return None
        return Cluster(self.scheduler, self.shared or (f"{self.remote}/{WORK}" if self.remote else ""))

    def settings(self) -> Settings:
        """The configuration of the home folder."""
        settings = load_settings(Path(self.config) if self.config else Path(self.home) / "b12.toml")
        return sources_below(settings, self.extracts) if "://" in self.extracts else settings

    @property
    def nightly(self) -> Nightly:
        """The run."""
        return self._nightly


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _say_nothing(line: str) -> None:
    del line
