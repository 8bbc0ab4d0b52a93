"""A folder on this machine that is kept like a remote home; the remote home is what counts.

``store/files/<reading>/``      a reading is there once its ``entry.json`` is, which is written last
``editions/<run>/``             a publication: the database, ``current.json``, ``worklists/``; never changed
``published.json``              which publication stands, and which are kept; one object, written last
``runs/``, ``reports/``, ``measures/``    what every run did, its page, and the measures of past dates
"""

import json
import logging
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from pipelines.errors import B12Error, ConfigurationError
from pipelines.publish.editions import CURRENT, DATABASE, Editions
from pipelines.publish.history import RunRecord, write_atomically
from pipelines.remote.place import UNFINISHED, Place

LOG = logging.getLogger("b12.remote")
POINTER = "published.json"
CONFIGURATION = ("b12.toml", "codelists")
READINGS = "store/files"
ENTRY = "entry.json"
NOTED = ".measures.json"
SAME = ".readings.json"
"""By reading, the mark of its entry in the remote home when it was the same here."""


@dataclass(frozen=True)
class Published:
    """What the pointer says: the facts of the standing publication, and the kept ones with their as-of dates."""

    current: dict[str, Any] | None = None
    editions: dict[str, str] = field(default_factory=dict)
    mark: str | None = None

    @classmethod
    def read(cls, place: Place) -> "Published":
        """The pointer of a remote home, or an empty one where nothing was ever published.

        Raises:
            B12Error: It cannot be understood, or the place is a home folder of a machine.
        """
        found = place.read(POINTER)
        if found is None:
            if place.read(f"published/{CURRENT}") is not None:
                path = place.url.split("://")[1]
                raise ConfigurationError(f"{place.url} is the home folder of a machine. Give its path: --home {path}.")
            return cls()
        try:
            told = json.loads(found[0])
            return cls(told["current"], dict(told["editions"]), found[1])
        except (ValueError, KeyError, TypeError):
            raise B12Error(
                f"{place.url}/{POINTER} cannot be understood. Put an earlier version of that object back, or remove it "
                "and run again: the store has everything else."
            ) from None

    def written(self) -> bytes:
        """The pointer as it is kept."""
        return (json.dumps({"current": self.current, "editions": self.editions}, default=str, indent=1) + "\n").encode()

    def followed_by(self, as_of: date) -> set[str]:
        """The publications whose databases a run of a date reads: before it, up to it, and the furthest."""
        by_date = sorted((of, run) for run, of in self.editions.items())
        before = [run for of, run in by_date if of < as_of.isoformat()]
        up_to = [run for of, run in by_date if of <= as_of.isoformat()]
        return {runs[-1] for runs in (before, up_to, [run for _, run in by_date]) if runs}


class Mirror:
    """A remote home and its folder on this machine."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place, self.folder = place, folder

    def pull_configuration(self, also: Iterable[str] = ()) -> None:
        """Bring the configuration, and the folders of code lists that it names."""
        parts = (*CONFIGURATION, *also)
        names = {name for part in parts for name in self.place.versions(part)}
        for part in parts:
            for path in _files(self.folder / part):
                if path.relative_to(self.folder).as_posix() not in names:
                    path.unlink(missing_ok=True)
        self.place.download({name: self.folder / name for name in names})

    def pull_store(self) -> None:
        """Bring the readings that are missing here, each whole, and drop those that the remote home has not.

        A reading here may have the name of one there and be another: a killed run read a file and never wrote it, and
        somebody else read the same one since, with other code lists.
        """
        found: dict[str, list[str]] = {}
        versions = self.place.versions(READINGS)
        for name in versions:
            found.setdefault(name.removeprefix(f"{READINGS}/").split("/")[0], []).append(name)
        whole = {reading: names for reading, names in found.items() if f"{READINGS}/{reading}/{ENTRY}" in names}
        marks = {reading: versions[f"{READINGS}/{reading}/{ENTRY}"] for reading in whole}
        here = self.folder / READINGS
        here.mkdir(parents=True, exist_ok=True)
        others = self._others(marks)
        for path in here.iterdir():
            if path.name not in whole or path.name in others:
                shutil.rmtree(path)
        missing = {reading: names for reading, names in whole.items() if not (here / reading).exists()}
        with TemporaryDirectory(prefix=".incoming-", dir=self.folder) as folder:
            incoming = Path(folder)
            self.place.download(
                {name: incoming / name.removeprefix(f"{READINGS}/") for names in missing.values() for name in names}
            )
            for reading in sorted(missing):
                try:
                    (incoming / reading).rename(here / reading)
                except OSError:
                    if not (here / reading / ENTRY).exists():  # else another reader was faster
                        raise
        write_atomically(self.folder / SAME, json.dumps(marks))

    def _others(self, marks: Mapping[str, str]) -> set[str]:
        """The readings here that are not those of their names there; those known to be the same are not asked again."""
        noted = self.folder / SAME
        same = json.loads(noted.read_text(encoding="utf-8")) if noted.exists() else {}
        entries = {reading: self.folder / READINGS / reading / ENTRY for reading in marks}
        asked = [reading for reading, mark in marks.items() if entries[reading].exists() and same.get(reading) != mark]
        with TemporaryDirectory(prefix=".incoming-", dir=self.folder) as folder:
            told = {reading: Path(folder) / reading for reading in asked}
            self.place.download({f"{READINGS}/{reading}/{ENTRY}": path for reading, path in told.items()})
            return {reading for reading in asked if told[reading].read_bytes() != entries[reading].read_bytes()}

    def pull_publications(self, as_of: date | None = None) -> Published:
        """Bring the standing publication, and for a run of a date also those that it follows.

        What the remote home does not keep is dropped here; ``published`` points to the standing one at last.
        """
        while True:
            published = Published.read(self.place)
            try:
                self._bring(published, as_of)
                return published
            except B12Error:
                if Published.read(self.place).mark == published.mark:
                    raise
                # The next one was published meanwhile, and what was being brought is no longer kept.

    def _bring(self, published: Published, as_of: date | None) -> None:
        standing = published.current["run_id"] if published.current else None
        here = self.folder / "editions"
        here.mkdir(parents=True, exist_ok=True)
        for path in here.iterdir():
            if path.name not in published.editions:
                shutil.rmtree(path)
        if as_of:  # the list files of earlier nights lie in their editions
            shutil.rmtree(self.folder / "worklists", ignore_errors=True)
        whole = {standing, *(published.followed_by(as_of) if as_of else ())} - {None}
        for run_id in published.editions if as_of else whole:
            self._pull_edition(run_id, with_database=run_id in whole)
        self._point_to(published)

    def pull_history(self) -> None:
        """Bring the records of runs that are missing here, and the measures that changed."""
        runs = self.place.versions("runs")
        self._drop_others("runs", runs)
        self.place.download({name: self.folder / name for name in runs if not (self.folder / name).exists()})
        measures, noted = self.place.versions("measures"), self._noted()
        self._drop_others("measures", measures)
        changed = {name: self.folder / name for name, mark in measures.items() if noted.get(name, [""])[0] != mark}
        self.place.download(changed | {name: path for name, path in self._all(measures) if not path.exists()})
        self._note(measures)

    def push_readings(self) -> None:
        """Write the readings that the remote home has not; of each, the mark that it is whole comes last."""
        there = self.place.versions(READINGS)
        readings = {path.name for path in (self.folder / READINGS).iterdir()}
        self.place.remove(*(name for name in there if name.split("/")[2] not in readings))
        for reading in sorted(readings):
            files = {f"{READINGS}/{reading}/{path.name}": path for path in (self.folder / READINGS / reading).iterdir()}
            mark = f"{READINGS}/{reading}/{ENTRY}"
            if mark not in there:
                last = files.pop(mark)
                self.place.upload(files)
                self.place.upload({mark: last})

    def push_publication(self, before: Published) -> None:
        """Write the standing publication of this folder, point to it, and drop those that are no longer kept.

        Raises:
            Changed: The pointer is not what it was in ``before``; then nothing else was touched.
        """
        editions = Editions(self.folder)
        facts = editions.current()
        run_id = facts["run_id"]
        under = f"editions/{run_id}"
        edition, lists = self.folder / under, self.folder / "worklists" / facts["as_of"]
        files = {f"{under}/{path.relative_to(edition).as_posix()}": path for path in _files(edition)}
        files |= {f"{under}/worklists/{path.relative_to(lists).as_posix()}": path for path in _files(lists)}
        last = files.pop(f"{under}/{CURRENT}")
        self.push_measures()
        self.place.upload(files)
        self.place.upload({f"{under}/{CURRENT}": last})
        kept = {folder.name: Editions.facts(folder)["as_of"] for folder in edition.parent.iterdir()}
        self.place.replace(POINTER, Published(facts, kept).written(), before.mark)
        try:
            self.place.remove(*(name for name in self.place.versions("editions") if name.split("/")[1] not in kept))
        except B12Error as error:  # the new one stands, and the next one removes them
            LOG.error("Publications that are no longer kept could not be removed: %s", error)

    def push_measures(self) -> None:
        """Write the measures that were computed here."""
        noted = self._noted()
        here = {path.relative_to(self.folder).as_posix(): path for path in _files(self.folder / "measures")}
        computed = {name: path for name, path in here.items() if noted.get(name, ["", 0])[1] != _written_at(path)}
        if computed:
            self.place.upload(computed)
            self._note(self.place.versions("measures"))

    def push(self, folder: str) -> None:
        """Write the files of a folder that the remote home has not."""
        there = self.place.versions(folder)
        here = {path.relative_to(self.folder).as_posix(): path for path in _files(self.folder / folder)}
        self.place.upload({name: path for name, path in here.items() if name not in there})

    def push_record(self, record: RunRecord) -> None:
        """Write the record of a run, with those that are missing; a full disk may have kept it from being here."""
        name = f"runs/{record.run_id}.json"
        self.push("runs")
        if not (self.folder / name).exists():
            self.place.create(name, record.as_json().encode())

    def stamp_stale(self, since: str, because: str) -> None:
        """Mark the standing publication of the remote home as stale; of several refusals, the first is the moment."""
        published = Published.read(self.place)
        if published.current is not None:
            first = published.current.get("stale_since") or since
            current = {**published.current, "stale_since": first, "stale_because": because}
            self.place.replace(POINTER, Published(current, published.editions).written(), published.mark)

    def _pull_edition(self, run_id: str, *, with_database: bool) -> None:
        """Bring a publication without its list files; its database, by which it is whole, comes after all else.

        ``current.json``, by which it is seen here, comes last.
        """
        under, here = f"editions/{run_id}", self.folder / "editions" / run_id
        current = f"{under}/{CURRENT}"
        if with_database and not (here / DATABASE).exists():
            names = [name for name in self.place.versions(under) if name.split("/")[2] not in (CURRENT, "worklists")]
            database = {name: self.folder / name for name in names if name == f"{under}/{DATABASE}"}
            self.place.download({name: self.folder / name for name in names if name not in database})
            self.place.download(database)
        if not (here / CURRENT).exists():
            self.place.download({current: here / CURRENT})
        if with_database and not (here / DATABASE).exists():
            raise B12Error(
                f"{self.place.url}/{under} has lost its {DATABASE}. Put that object back from a backup; without one "
                f"remove {POINTER} and run again, and every item counts as new."
            )

    def _point_to(self, published: Published) -> None:
        """Let ``published`` be the standing publication, with what is said of it since."""
        link = self.folder / "published"
        if published.current is None:
            link.unlink(missing_ok=True)
            return
        run_id = published.current["run_id"]
        edition = self.folder / "editions" / run_id
        if Editions.facts(edition) != published.current:
            Editions.write_current(edition, published.current)
        beside = self.folder / f".published-{uuid4().hex}"
        beside.symlink_to(f"editions/{run_id}")
        beside.replace(link)

    def _drop_others(self, folder: str, names: Mapping[str, str]) -> None:
        (self.folder / folder).mkdir(parents=True, exist_ok=True)
        for path in _files(self.folder / folder):
            if path.relative_to(self.folder).as_posix() not in names:
                path.unlink(missing_ok=True)

    def _all(self, names: Iterable[str]) -> list[tuple[str, Path]]:
        return [(name, self.folder / name) for name in names]

    def _noted(self) -> dict[str, list[Any]]:
        """By measure file: its mark in the remote home, and when its copy was written here."""
        path = self.folder / NOTED
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def _note(self, marks: Mapping[str, str]) -> None:
        noted = {name: [mark, _written_at(self.folder / name)] for name, mark in marks.items()}
        write_atomically(self.folder / NOTED, json.dumps(noted))


def _files(folder: Path) -> list[Path]:
    """The files below a folder, or the file itself; hidden and unfinished ones are left out."""
    if folder.is_file():
        return [folder]
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path for path in found if not path.name.startswith(".") and not path.name.endswith(UNFINISHED)]


def _written_at(path: Path) -> int:
    return path.stat().st_mtime_ns
