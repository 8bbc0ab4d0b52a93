"""The publication as the server reads it: read-only, of one run, and the next one without a restart.

A page is made from one edition from its first query to its last. The database of an edition never changes, so one
handle serves every request that reads it; it is closed when a newer edition is read and nobody reads this one any more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb

from pipelines.duck import reading_connection
from pipelines.publish.editions import DATABASE, Editions
from pipelines.review.turned import Turned


@dataclass(frozen=True)
class Publication:
    """One edition, for one request. ``facts`` are its ``current.json``, ``newest_run`` what is published now."""

    run_id: str
    as_of: date
    facts: dict[str, Any]
    newest_run: str
    con: duckdb.DuckDBPyConnection

    @property
    def is_newest(self) -> bool:
        """Whether this is what is published now."""
        return self.run_id == self.newest_run


@dataclass
class _Handle:
    con: duckdb.DuckDBPyConnection
    readers: int = 0


@dataclass
class Publications:
    """The editions of a home folder, open for reading."""

    editions: Editions
    _handles: dict[Path, _Handle] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def reading(self, run_id: str | None = None) -> Iterator[Publication]:
        """The edition of a run, with a cursor of its own; the published one when none is named.

        Raises:
            Turned: Nothing is published, or the edition of that run is no longer kept.
        """
        current, folder, facts = self._found(run_id)
        handle = self._take(folder / DATABASE)
        try:
            cursor = handle.con.cursor()
            try:
                yield Publication(facts["run_id"], date.fromisoformat(facts["as_of"]), facts, current["run_id"], cursor)
            finally:
                cursor.close()
        finally:
            self._give_back(handle)

    def _found(self, run_id: str | None) -> tuple[dict[str, Any], Path, dict[str, Any]]:
        """What is published now, and the folder and facts of the edition that is asked for."""
        try:
            current = self.editions.current()
            if current is None:
                raise Turned(
                    503,
                    "Nothing is published yet",
                    "The nightly job has not published any list so far.",
                    "Tell whoever runs it: `b12 status` says why.",
                )
            folder = self.editions.edition(run_id or current["run_id"])
            facts = current if folder is not None and folder.name == current["run_id"] else self.editions.facts(folder)
        except FileNotFoundError:  # dropped while it was read
            raise _replaced() from None
        if folder is None or facts is None:
            if run_id is None:
                raise _replaced()
            raise Turned(
                410,
                "This page is too old",
                "The publication it was made from is no longer kept.",
                "Open the list again from the home page; it shows the newest publication.",
            )
        return current, folder, facts

    def close(self) -> None:
        """Close every handle."""
        with self._lock:
            for handle in self._handles.values():
                handle.con.close()
            self._handles.clear()

    def _take(self, database: Path) -> _Handle:
        with self._lock:
            if database not in self._handles:
                self._drop_unread()
                try:
                    self._handles[database] = _Handle(reading_connection(database))
                except duckdb.IOException:
                    raise _replaced() from None
            self._handles[database].readers += 1
            return self._handles[database]

    def _give_back(self, handle: _Handle) -> None:
        with self._lock:
            handle.readers -= 1

    def _drop_unread(self) -> None:
        for path in [path for path, handle in self._handles.items() if not handle.readers]:
            self._handles.pop(path).con.close()


def _replaced() -> Turned:
    return Turned(
        503,
        "The lists cannot be opened just now",
        "The publication was replaced or removed while this page was being made.",
        "Load the page again. If this stays, tell whoever runs the service.",
    )
