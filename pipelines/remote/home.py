"""What the commands ask of a remote home: a folder on this machine that is like it, to read from or to write in.

Readers and the run have folders of their own, so that a night never changes what somebody is reading.
"""

import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from threading import Event, Thread

from pipelines.config import Settings, load_settings
from pipelines.errors import B12Error, ConfigurationError
from pipelines.publish.editions import DATABASE
from pipelines.publish.history import RunRecord
from pipelines.remote.lock import remote_lock
from pipelines.remote.mirror import Mirror, Published
from pipelines.remote.place import Place

LOG = logging.getLogger("b12.remote")
CACHE_VARIABLE = "B12_CACHE"
FOLLOW_SECONDS = 30
WORK = "work"
"""The folder of a remote home in which a run and its workers meet; empty between runs."""

WRITERS = ("run", "dagster")
READERS = ("status", "explain", "codes", "review", "export", "import", "notebook", "backfill")
CONFIGURED = ("check-source",)
LOCAL = ("demo", "init")
DECIDERS = ("run", "dagster", "review", "import")
"""Commands by what they do with a home: write a publication, read it, read its configuration alone, make one on this
machine, and read or write decisions."""


def is_remote(home: str) -> bool:
    """Whether a home is named by a URL."""
    return "://" in home


def cache_folder(url: str) -> Path:
    """Where this machine keeps what it knows of a remote home; ``B12_CACHE`` names another place for all of them."""
    top = os.environ.get(CACHE_VARIABLE)
    digest = hashlib.sha256(url.rstrip("/").encode()).hexdigest()[:16]
    return (Path(top) if top else Path.home() / ".cache" / "b12") / digest


class RemoteHome:
    """A home named by a URL, and its two folders on this machine.

    Raises:
        ConfigurationError: The URL is of no file system that can hold a home, or its library is not installed.
    """

    def __init__(self, url: str) -> None:
        self.place = Place(url)
        folder = cache_folder(url)
        self._writer, self._reader = (Mirror(self.place, folder / name) for name in ("writer", "reader"))

    def ready(self, command: str | None, config: Path | None) -> Path:
        """The folder in which a command finds its home, with what it will read brought here.

        Raises:
            ConfigurationError: The command needs a folder of this machine, or decisions have no place.
            B12Error: The place failed.
        """
        if command in LOCAL:
            raise ConfigurationError(f"`b12 {command}` writes on this machine. Give a folder, not {self.place.url}.")
        mirror = self._writer if command in WRITERS else self._reader
        mirror.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if command in (*WRITERS, *READERS, *CONFIGURED):
            settings = self._configured(mirror, config)
            if command in DECIDERS:
                check_decisions(settings, self.place.url)
        if command in READERS:
            mirror.pull_publications()
            mirror.pull_history()
        if command == "backfill":
            mirror.pull_store()
        return mirror.folder

    def pull_store(self) -> None:
        """Bring the store too, for a command that judges anew."""
        self._reader.pull_store()

    def keep(self, folder: str) -> None:
        """Write to the remote home what a reading command left in a folder of its home."""
        if folder == "measures":
            self._reader.push_measures()
        else:
            self._reader.push(folder)

    @contextmanager
    def writing(self, now: datetime, as_of: date, config: Path | None) -> Iterator["Writing"]:
        """Hold the lock of the home for a run of a date, with everything it needs brought here.

        Raises:
            B12Error: Another machine holds the lock, or the place failed.
        """
        mirror = self._writer
        with remote_lock(self.place, mirror.folder, now) as still_held:
            Place(f"{self.place.url}/{WORK}").clear()  # what a killed run left there
            self._configured(mirror, config)
            mirror.pull_store()
            mirror.pull_history()
            yield Writing(mirror, still_held, mirror.pull_publications(as_of))

    def addresses(self, run_id: str) -> dict[str, str]:
        """Where what a run published lies in the remote home."""
        edition = f"{self.place.url}/editions/{run_id}"
        return {
            "database": f"{edition}/{DATABASE}",
            "lists": f"{edition}/worklists",
            "report": f"{self.place.url}/reports/{run_id}.html",
        }

    def follow(self, every: float = FOLLOW_SECONDS) -> Event:
        """Bring each new publication until the event is set; what fails is logged and tried again."""
        ended = Event()

        def renew() -> None:
            while not ended.wait(every):
                try:
                    self._reader.pull_publications()
                except (B12Error, OSError) as error:
                    LOG.error("The publication of %s could not be renewed here: %s", self.place.url, error)

        Thread(target=renew, name="renew", daemon=True).start()
        return ended

    def _configured(self, mirror: Mirror, config: Path | None) -> Settings:
        mirror.pull_configuration()
        settings = load_settings(config or mirror.folder / "b12.toml")
        folders = [each for each in settings.code_folders if not Path(each).is_absolute()]
        for each in folders:
            if not Path(each).parts or ".." in Path(each).parts:
                raise ConfigurationError(
                    f"code_folders names {each!r}, which is no folder in {self.place.url}. "
                    "Give one there, or a whole path."
                )
        mirror.pull_configuration(also=folders)
        return settings


@dataclass
class Writing:
    """A run that writes a remote home, from the lock taken to the run recorded."""

    mirror: Mirror
    still_held: Callable[[], None]
    before: Published

    def after(self, step: str) -> None:
        """Write what a step of the run left: the readings, so that they are read once, and at last the publication."""
        if step == "take_in":
            self.still_held()
            self.mirror.push_readings()
        elif step == "publish":
            self.still_held()
            self.mirror.push_publication(self.before)

    def close(self, record: RunRecord) -> None:
        """Write how the run ended, and stamp the publication when it was not renewed; a failure is logged."""
        try:
            self.still_held()
            if record.outcome != "published":
                since = record.started_at.isoformat(sep=" ", timespec="seconds")
                self.mirror.stamp_stale(since, record.because or record.outcome)
            self.mirror.push_record(record)
            self.mirror.push("reports")
        except (B12Error, OSError) as error:
            LOG.error("The end of run %s could not be recorded in %s: %s", record.run_id, self.mirror.place.url, error)


def check_decisions(settings: Settings, url: str) -> None:
    """Hold that decisions have a place that every machine reaches.

    Raises:
        ConfigurationError: They would be a file of a folder that only mirrors the home.
    """
    from sqlalchemy.engine import make_url

    from pipelines.decisions import log_url

    nowhere = Path("/nowhere")
    told = make_url(log_url(settings, nowhere))
    if told.get_backend_name() == "sqlite" and Path(str(told.database)).is_relative_to(nowhere):
        raise ConfigurationError(
            f"Decisions cannot be kept in {url}: an append-only log needs a database, and object storage is none. "
            'Set [decisions] url = "postgresql://user@host/database" or B12_DECISIONS_URL; where one machine does '
            'everything, "sqlite:////srv/b12/decisions.db", with a whole path, will do.'
        )
