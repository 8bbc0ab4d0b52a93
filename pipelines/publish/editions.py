"""Publications on disk: each is a folder of its own, and ``published`` is a link that one rename moves to the next.

The database and ``current.json`` thus change together, and a crash leaves the old publication or the new one. Readers
that are open keep the rows of the file they opened.
"""

import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.ingest.store import flush
from pipelines.publish.history import write_atomically

DATABASE = "b12.duckdb"
CURRENT = "current.json"
OVERVIEW = "about_these_lists.csv"
"""What is written last among the lists of a night."""


class Editions:
    """The publications of a home folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.link = home / "published"
        self._folder = home.resolve() / "editions"

    @property
    def database(self) -> Path:
        """The published database; it may not exist yet."""
        return self.link / DATABASE

    def current(self) -> dict[str, Any] | None:
        """What ``current.json`` says, or null when nothing was ever published."""
        path = self.link / CURRENT
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def published(self) -> tuple[Path, dict[str, Any]] | None:
        """The database that is published and what its ``current.json`` says, or null when nothing ever was.

        Both are of one edition, whatever is published meanwhile.
        """
        folder = self.link.resolve()
        facts = self.facts(folder)
        return None if facts is None else (folder / DATABASE, facts)

    def latest_up_to(self, as_of: date) -> Path | None:
        """The database of the newest edition that looks from ``as_of`` or before; null when there is none.

        That is the publication to hold a run against: one of a later date says nothing about an earlier one.
        """
        found = [path for of, path in self._by_date() if of <= as_of.isoformat()]
        return found[-1] / DATABASE if found else None

    def latest_before(self, as_of: date) -> Path | None:
        """The database of the newest edition of an earlier date: what a run of ``as_of`` follows, however often run."""
        found = [path for of, path in self._by_date() if of < as_of.isoformat()]
        return found[-1] / DATABASE if found else None

    def furthest(self) -> Path | None:
        """The database of the edition of the latest date; null when there is none."""
        found = self._by_date()
        return found[-1][1] / DATABASE if found else None

    def _by_date(self) -> list[tuple[str, Path]]:
        """The editions with their as-of date, by it and then by run."""
        found = []
        for path in self._folder.glob("*/" + CURRENT):
            facts = json.loads(path.read_text(encoding="utf-8"))
            found.append((facts["as_of"], facts["run_id"], path.parent))
        return [(of, folder) for of, _, folder in sorted(found)]

    def edition(self, run_id: str) -> Path | None:
        """The folder of the edition that a run made; null when there is none, or no longer."""
        kept = {path.name: path for path in self._folder.glob("[!.]*")} if self._folder.is_dir() else {}
        return kept.get(run_id)

    @staticmethod
    def facts(folder: Path | None) -> dict[str, Any] | None:
        """What ``current.json`` of an edition says; null when it is not there, or no longer whole."""
        path = None if folder is None else folder / CURRENT
        return json.loads(path.read_text(encoding="utf-8")) if path is not None and path.exists() else None

    def begin(self, run_id: str) -> Path:
        """A new folder for the edition of a run."""
        folder = self._folder / f".building-{run_id}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def publish(self, building: Path, run_id: str, keep: int) -> None:
        """Make a finished edition the published one, place its worklists, and drop editions beyond ``keep``."""
        for path in building.rglob("*"):
            flush(path)
        flush(building)
        edition = self._folder / run_id
        building.rename(edition)
        flush(self._folder)
        beside = self.home / f".published-{run_id}"
        beside.unlink(missing_ok=True)
        beside.symlink_to(Path(self._folder.name) / run_id)
        beside.replace(self.link)
        flush(self.home)
        self._place_worklists()
        self._drop(keep)

    def recover(self) -> None:
        """Finish or clear what a crash left: unpublished editions go, worklists of the published one are placed."""
        self.home.mkdir(parents=True, exist_ok=True)
        for path in self.home.glob(".published-*"):
            path.unlink()
        published = self.link.readlink().name if self.link.is_symlink() else None
        if self._folder.is_dir():
            # The lists of an edition that was published were moved away, right then or by the recovery after it. To go
            # by the order of names would take a clock that never went back for granted.
            whole = [
                path for path in self._folder.iterdir() if path.name != published and (path / "worklists").exists()
            ]
            for path in {*self._folder.glob(".building-*"), *whole}:
                shutil.rmtree(path)
        self._place_worklists()
        for path in (self.home / "worklists").glob(".old-*"):
            _put_away(path)
        for path in (self.home / "worklists").glob(".gone-*"):
            shutil.rmtree(path)

    def stamp_stale(self, since: str, because: str) -> None:
        """Mark the publication as stale since a moment; of several refusals in a row, the first is the moment."""
        current = self.current()
        if current is not None:
            current["stale_since"] = current.get("stale_since") or since
            current["stale_because"] = because
            self.write_current(self.link.resolve(), current)

    @staticmethod
    def write_current(folder: Path, facts: Mapping[str, Any]) -> None:
        """Write ``current.json`` of an edition."""
        write_atomically(folder / CURRENT, json.dumps(facts, default=str, indent=1) + "\n")

    def _place_worklists(self) -> None:
        """Move the worklist files of the published edition to ``worklists/<as_of>``, in place of older ones.

        Older ones that somebody worked in stay beside, as ``<as_of>-replaced-<number>``: they may hold decisions that
        nobody brought back yet.
        """
        staged = self.link / "worklists"
        current = self.current()
        if current is None or not staged.is_dir():
            return
        target = self.home / "worklists" / current["as_of"]
        target.parent.mkdir(exist_ok=True)
        old = target.with_name(f".old-{target.name}")
        _put_away(old)
        if target.exists():
            target.rename(old)
        staged.resolve().rename(target)
        flush(target.parent)
        _put_away(old)

    def _drop(self, keep: int) -> None:
        """Remove all but ``keep`` editions besides the published one: first those whose date was published again."""
        editions = self._by_date()
        last_of_date = dict(editions)
        again = [path for of, path in editions if last_of_date[of] != path]
        previous = [path for path in (*again, *last_of_date.values()) if path != self.link.resolve()]
        for path in previous[: max(0, len(previous) - keep)]:
            (path / CURRENT).unlink(missing_ok=True)  # first, so that a half removed edition is none
            shutil.rmtree(path)
        for path in self._folder.iterdir():
            if not (path / CURRENT).exists():
                shutil.rmtree(path)


def was_worked_in(lists: Path) -> bool:
    """Was a file saved or added after the night wrote its last? Lists without the overview are not ours to judge."""
    overview = lists / OVERVIEW
    return not overview.exists() or any(
        path.stat().st_mtime_ns > overview.stat().st_mtime_ns for path in lists.iterdir()
    )


def _put_away(old: Path) -> None:
    """Remove lists that were replaced, or give them a name of their own where somebody worked in them."""
    if not old.exists():
        return
    of_date, number = old.name.removeprefix(".old-"), 1
    if not was_worked_in(old):
        gone = old.with_name(f".gone-{of_date}")  # under this name half of it can be told from lists worked in
        shutil.rmtree(gone, ignore_errors=True)
        old.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
        return
    while (kept := old.with_name(f"{of_date}-replaced-{number}")).exists():
        number += 1
    old.rename(kept)
