"""The log of decisions: entries are added, each knowing the one before it, and never changed."""

import os
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import polars as pl
from sqlalchemy import Connection, Engine, RowMapping, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL

from pipelines.decisions.connection import failures_told, name_of, parsed, postgresql_engine, sqlite_engine
from pipelines.decisions.schema import DECISION, VERSION, make_current, version_of
from pipelines.decisions.vocabulary import LABELS, NewDecision
from pipelines.errors import B12Error

DECISION_SCHEMA = pl.Schema(
    {
        column.name: {str: pl.String, int: pl.Int64, datetime: pl.Datetime("us")}.get(column.type.python_type, pl.Date)
        for column in DECISION.columns
    }
)
"""The columns of ``DecisionLog.read``; ``decision_id`` counts up in the order in which entries were taken."""

PATIENCE_SECONDS = 20.0
"""How long a writer waits for others. Fifty at once need a second or two."""

_TOGETHER = 500  # items looked up in one statement; SQLite takes 32,766 parameters, older ones 999
_SAME = ("decision", "reason", "note", "snooze_until", "decided_by", "seen_run_id", "channel")
"""What makes two entries of one item the same: a form sent twice, a sheet imported twice."""


@dataclass(frozen=True)
class Fate:
    """What became of a decision.

    ``decision_id`` is the entry that was added or was there already; for a conflict the entry that stands in the way,
    null when the reviewer saw one that this log does not hold. ``told`` says it in words, without a patient.
    """

    outcome: Literal["taken", "repeated", "conflict"]
    decision_id: int | None
    told: str


class DecisionLog:
    """The decisions of all reviewers. One instance may be used by many threads; processes open one each."""

    def __init__(self, url: URL, engine: Engine | None) -> None:
        self._url = url
        self._engine = engine

    @classmethod
    def open(cls, url: str, *, read_only: bool = False, patience_seconds: float = PATIENCE_SECONDS) -> Self:
        """The log at a URL. It is created, or migrated from an older version, unless it is only to be read.

        A log that is only to be read and does not exist is one without decisions.

        Raises:
            ConfigurationError: The URL names no database that the log can be kept in.
            B12Error: The log is locked, unreachable, not writable, no database, or of a newer version; or of an older
                one and only to be read.
        """
        place = parsed(url)
        with failures_told(place):
            if place.get_backend_name() == "postgresql":
                engine = postgresql_engine(place, read_only=read_only, patience_seconds=patience_seconds)
            else:
                file = Path(place.database)
                if not file.exists() and read_only:
                    return cls(place, None)
                _create_file(file, place, patience_seconds)
                engine = sqlite_engine(file, read_only=read_only, patience_seconds=patience_seconds)
            with engine.begin() as con:
                found = version_of(con)
            if found == VERSION:
                return cls(place, engine)
            if not read_only:
                _make_current(engine)
                return cls(place, engine)
        if found is None:
            return cls(place, None)
        raise B12Error(
            f"{name_of(place)} has version {found}, and this program reads version {VERSION}. Whatever opens it for "
            "writing, such as `b12 review` or `b12 import`, brings it up to date and loses nothing: start that first."
        )

    def append(self, new: Sequence[NewDecision]) -> list[Fate]:
        """Adds decisions, each only if its item's latest entry is the one its reviewer saw; a fate for each, in order.

        An entry that is in the log already is "repeated" and not added again; any other whose item has moved on is a
        "conflict". All that is taken is taken together: after an error, or a crash, nothing was.

        Raises:
            B12Error: The log cannot be written now; nothing was added.
        """
        fates: dict[int, Fate] = {}
        with self.transaction(writes=True) as con:
            known = _entries(con, {decision.item_key for decision in new})
            # In the order of their keys, so that two writers never wait for each other in a ring.
            for place in sorted(range(len(new)), key=lambda place: new[place].item_key):
                fates[place] = _settle(con, new[place], known)
        return [fates[place] for place in range(len(new))]

    def read(
        self,
        *,
        until: datetime | None = None,
        person_id: str | None = None,
        item_key: str | None = None,
        after: int = 0,
    ) -> pl.DataFrame:
        """The entries in the order in which they were taken, as ``DECISION_SCHEMA``; ``until`` is included.

        ``after`` leaves out the entries up to that number, for a reader who has them.

        Raises:
            B12Error: The log cannot be read now.
        """
        if self._engine is None:
            return pl.DataFrame(schema=DECISION_SCHEMA)
        query = select(DECISION).where(DECISION.c.decision_id > after).order_by(DECISION.c.decision_id)
        if until is not None:
            query = query.where(DECISION.c.decided_at <= until)
        if person_id is not None:
            query = query.where(DECISION.c.person_id == person_id)
        if item_key is not None:
            query = query.where(DECISION.c.item_key == item_key)
        with self.transaction() as con:
            rows = [tuple(row) for row in con.execute(query)]
        return pl.DataFrame(rows, schema=DECISION_SCHEMA, orient="row")

    @contextmanager
    def transaction(self, *, writes: bool = False) -> Iterator[Connection]:
        """A transaction on the database of the log, for what lies beside the decisions; failures are told.

        Raises:
            B12Error: The database failed, or there is none: the log was only to be read.
        """
        if self._engine is None:
            raise B12Error(f"{name_of(self._url)} was opened for reading. Open it for writing to add to it.")
        with failures_told(self._url), self._engine.execution_options(writes=writes).begin() as con:
            yield con

    def close(self) -> None:
        """Lets go of what is open."""
        if self._engine is not None:
            self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def judged(new: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> Fate | None:
    """What becomes of a row, given the entries of its item in their order; null when it may follow them."""
    latest = entries[-1] if entries else None
    same = [entry for entry in entries if all(entry[column] == new[column] for column in _SAME)]
    if new["seen_decision_id"] == (latest["decision_id"] if latest else None):
        # Done, undone and done again is three entries; only the very last one, sent once more, is none.
        same = same[-1:] if same and same[-1] is latest else []
        if not same:
            return None
    if same:
        told = f"Already recorded on {_moment(same[-1])}; nothing was added."
        return Fate("repeated", same[-1]["decision_id"], told)
    if latest is None:
        return Fate(
            "conflict", None, "Not recorded: it follows a decision that this log does not hold. Take a new list."
        )
    told = (
        f"Not recorded: {latest['decided_by']} entered {LABELS.get(latest['decision'], latest['decision'])!r} on "
        f"{_moment(latest)}, which your list did not show. Look at the item again, then decide."
    )
    return Fate("conflict", latest["decision_id"], told)


def _moment(entry: Mapping[str, Any]) -> str:
    return f"{entry['decided_at']:%d %b %Y at %H:%M}"


def _settle(con: Connection, decision: NewDecision, known: dict[str, list[Mapping[str, Any]]]) -> Fate:
    """Adds one decision, or says why not; ``known`` follows what was added."""
    row, entries = decision.row(), known[decision.item_key]
    fate = judged(row, entries)
    if fate is not None:
        return fate
    insert = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[con.dialect.name]
    added = con.execute(
        insert(DECISION).values(row).on_conflict_do_nothing().returning(DECISION.c.decision_id)
    ).scalar_one_or_none()
    if added is None:  # somebody was faster since we looked; in PostgreSQL their entry can be seen now
        known[decision.item_key] = _entries(con, {decision.item_key})[decision.item_key]
        fate = judged(row, known[decision.item_key])
        if fate is None:
            raise B12Error("The decision log gave an entry two followers. Nothing was recorded; check the database.")
        return fate
    entries.append(row | {"decision_id": added})
    return Fate("taken", added, f"Recorded: {LABELS[decision.decision]}.")


def _entries(con: Connection, keys: set[str]) -> dict[str, list[Mapping[str, Any]]]:
    """The entries of items, each in its order."""
    found: dict[str, list[RowMapping]] = defaultdict(list)
    wanted = sorted(keys)
    for start in range(0, len(wanted), _TOGETHER):
        some = DECISION.c.item_key.in_(wanted[start : start + _TOGETHER])
        for row in con.execute(select(DECISION).where(some).order_by(DECISION.c.decision_id)).mappings():
            found[row["item_key"]].append(row)
    return found


def _create_file(file: Path, place: URL, patience_seconds: float) -> None:
    """Makes a whole log beside and links it in, so that of many who create it at once all find the same, ready one.

    SQLite does not wait for others when a file changes to write-ahead logging; a file that nobody else sees can.
    """
    if file.exists():
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}-") as folder:
            fresh = Path(folder) / file.name
            fresh.touch()
            engine = sqlite_engine(fresh, read_only=False, patience_seconds=patience_seconds)
            _make_current(engine)
            engine.dispose()
            try:
                os.link(fresh, file)
            except OSError:
                file.touch()  # it is there by now; or the folder knows no links, and the log is made in place
    except OSError as error:
        raise B12Error(
            f"{name_of(place)} cannot be created ({error.strerror}). Expected a folder that this user may write to."
        ) from None


def _make_current(engine: Engine) -> None:
    with engine.execution_options(writes=True).begin() as con:
        make_current(con)
    if engine.dialect.name == "sqlite":
        # Readers and a writer at once. An old file that is in use now changes over when it is next opened alone.
        with suppress(sqlite3.OperationalError), closing(engine.raw_connection()) as raw:
            raw.execute("PRAGMA journal_mode = WAL")
