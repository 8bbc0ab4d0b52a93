"""Take in a delivery: read the files that are new, or whose mapping changed, and say what could not be read."""

import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from pipelines.codes import CodeBook, Matches
from pipelines.config import Settings
from pipelines.errors import B12Error, ConfigurationError, UnreadableFile
from pipelines.ingest.physical import stamp
from pipelines.ingest.read import Place, read_file, reading_key
from pipelines.ingest.store import Entry, Lost, Store
from pipelines.sources.finding import Delivery
from pipelines.sources.native import Delivered, check_mappings

NEEDED_TABLES = ("labs", "prescriptions")
"""The tables without which no list can be made."""

LOG = logging.getLogger("b12.store")

SET_BACK = timedelta(days=1)
"""How far a clock may go back between runs: daylight saving and a change of time zone stay well below."""

FUTURE_SHARE = 0.05
"""Share of the rows on the pathway from which dates in the future are the fault of a clock, not of who typed them."""


@dataclass(frozen=True)
class Unread:
    """A file that was delivered and could not be taken."""

    source: str
    table: str
    file: str
    why: str


@dataclass(frozen=True)
class Intake:
    """What became of a delivery."""

    read: tuple[Entry, ...]
    unchanged: int
    unread: tuple[Unread, ...]
    ignored: tuple[str, ...]
    outdated: tuple[Entry, ...]
    """Readings under an older mapping whose files are no longer delivered."""
    restored: tuple[str, ...] = ()
    """The files that were read again because what the store held of them was damaged, each with where it belongs."""
    delivered: Mapping[str, int] = field(default_factory=dict)
    """By source, how many files of its tables lay in its folder; a source without one is not among them."""


def take_in(
    delivery: Delivery,
    store: Store,
    *,
    codebook: CodeBook,
    settings: Settings,
    now: datetime,
    work: Path,
    con: duckdb.DuckDBPyConnection,
    progress: Callable[[str], None] = lambda _: None,
    needed: Sequence[str] = NEEDED_TABLES,
) -> Intake:
    """Read what is new in a delivery into the store, file by file, each all or nothing.

    ``now`` is the local time of the run, ``needed`` the tables without which there is nothing to do. Files are read in
    order of name; a file that cannot be read is reported and tried again by the next run. A reading in the store that
    is damaged is set aside, and its file read again under its old place in the order and its old first-reading date.
    A file that was first read by a clock so far behind that many of its rows seemed to be of the future is read again,
    as if for the first time, and that counts where fewer of them are refused now.

    Raises:
        ConfigurationError: A mapping does not fit a file, or a needed table never came; nothing is read.
        B12Error: The clock lies before an earlier run, and nothing is read; or a reading is damaged and its file is
            not delivered, and what is new was read.
    """
    store.clean()
    damaged = _look_through(store)
    _check_clock(store, now)
    held = {(entry.source, entry.table, entry.sha256): entry for entry in store.entries()}
    _check_delivered(delivery, [*held.values(), *(each.entry for each in damaged if each.entry)], needed)
    check_mappings(delivery.files)
    taking = _Taking(store, codebook, settings, now, work, con, held, damaged)
    read: list[Entry] = []
    unread: list[Unread] = []
    for file in delivery.files:
        try:
            entry = taking.one(file, progress)
        except UnreadableFile as error:
            unread.append(Unread(file.source.name, file.table, file.name, str(error)))
            continue
        if entry is not None:
            held[entry.source, entry.table, entry.sha256] = entry
            read.append(entry)
    if damaged and (lost := store.lost()):
        raise B12Error(_ask_for(lost, unread))
    return Intake(
        read=tuple(read),
        unchanged=len(delivery.files) - len(read) - len(unread),
        unread=tuple(unread),
        ignored=delivery.ignored,
        outdated=tuple(entry for entry in held.values() if taking.is_outdated(entry)),
        restored=tuple(each.name for each in damaged),
        delivered=Counter(file.source.name for file in delivery.files),
    )


class _Taking:
    """A delivery on its way into the store; ``held`` are the readings that count, by source, table and content."""

    def __init__(
        self,
        store: Store,
        codebook: CodeBook,
        settings: Settings,
        now: datetime,
        work: Path,
        con: duckdb.DuckDBPyConnection,
        held: Mapping[tuple[str, str, str], Entry],
        damaged: Sequence[Lost],
    ) -> None:
        self._store, self._codebook, self._settings, self._now = store, codebook, settings, now
        self._work, self._con, self._held, self._damaged = work, con, held, damaged
        self._matches = Matches(codebook)
        self._keys: dict[tuple[str, str], str] = {}

    def one(self, file: Delivered, progress: Callable[[str], None]) -> Entry | None:
        """The new reading of a file; null where the one that is held stands.

        Raises:
            UnreadableFile: The file cannot be taken.
        """
        feed = (file.source.name, file.table)
        if feed not in self._keys:
            self._keys[feed] = reading_key(file, self._codebook, self._settings)
        key = self._keys[feed]
        since, sha256 = stamp(file.path), file.fingerprint()
        before = self._held.get((*feed, sha256))
        was_behind = before is not None and _was_read_by_a_clock_behind(before, self._store, self._now)
        if before is not None and before.mapping == key and not was_behind:
            return None
        before = before or next((each for each in self._damaged if each.is_of(*feed, sha256)), None)
        progress(f"reading {file.name}")
        number = self._store.next_number()
        place = Place(
            number=number,
            order=before.order if before else number,
            first_read_at=(before and not was_behind and before.first_read_at) or self._now,
            read_at=self._now,
        )
        folder = self._store.begin()
        entry = read_file(
            file,
            place,
            key=key,
            sha256=sha256,
            since=since,
            matches=self._matches,
            settings=self._settings,
            folder=folder,
            work=self._work,
            con=self._con,
        )
        # To count as read for the first time today for nothing would let a withdrawal in it that tells no time win over
        # what was reported since.
        if was_behind and before.mapping == key and entry.rows_quarantined >= before.rows_quarantined:
            shutil.rmtree(folder)
            return None
        self._store.commit(folder, entry)
        return entry

    def is_outdated(self, entry: Entry) -> bool:
        """Was it read under another mapping than the files that now lie there are?"""
        return entry.mapping != self._keys.get((entry.source, entry.table), entry.mapping)


def _look_through(store: Store) -> list[Lost]:
    """Set damaged readings aside, name them, and return all that is to be read again, of this night and earlier."""
    damaged = store.set_damaged_aside()
    lost = store.lost()
    names = {each.folder: each.name for each in lost}
    for folder, wrong in damaged.items():
        name = names.get(folder, "a file that was read again since")
        LOG.warning("The store is damaged in what it holds of %s: %s. Set aside at %s.", name, wrong, folder)
    return lost


def _check_clock(store: Store, now: datetime) -> None:
    """Refuse to read by a clock that went back: dates would pass for future ones, and a file is not read twice."""
    if later := store.read_after(now + SET_BACK):
        few, where = 12, next(iter(later)).parent
        folders = ", ".join(map(str, later)) if len(later) <= few else f"the {len(later)} folders of them in {where}"
        raise B12Error(
            f"The clock says {now:%Y-%m-%d %H:%M}, and files were read at {max(later.values()):%Y-%m-%d %H:%M}. "
            "Nothing was read. If the clock is wrong now, set it and run again. If it was wrong then, "
            f"put the files that were read then among the extracts, and remove {folders}; they are read again."
        )


def _was_read_by_a_clock_behind(entry: Entry, store: Store, now: datetime) -> bool:
    """Was it first read on a day that so many of its rows come after, and is it later now? Then that day was wrong.

    Those rows would stay in quarantine for good, for a file is read once.
    """
    few = FUTURE_SHARE * (entry.rows_kept + entry.rows_quarantined)
    if now.date() <= entry.first_read_at.date() or entry.rows_quarantined <= few:
        return False
    reasons = pl.scan_parquet(store.paths([entry], "quarantine")).select("reason")
    return reasons.filter(pl.col("reason") == "future_date").select(pl.len()).collect().item() > few


def _ask_for(lost: Sequence[Lost], unread: Sequence[Unread]) -> str:
    """What to deliver so that the store is whole again."""
    few = 5
    names = "; ".join(each.name for each in lost[:few]) + (f"; and {len(lost) - few} more" if lost[few:] else "")
    but = f" These could not be read: {'; '.join(each.why for each in unread[:few])}" if unread else ""
    return (
        f"The store has lost what was read from {names}: it was damaged, and set aside at {lost[0].folder.parent}. "
        "Deliver the same file again, unchanged, under any name of its table; the next run reads it in its old place. "
        f"If it cannot be had, remove {lost[0].folder}: the lists then go on without what it said.{but}"
    )


def _check_delivered(delivery: Delivery, known: Iterable[Entry], needed: Sequence[str]) -> None:
    tables = {file.table for file in delivery.files} | {entry.table for entry in known}
    for table in needed:
        if table not in tables:
            others = f" Files that belong to no table: {', '.join(delivery.ignored[:5])}." if delivery.ignored else ""
            raise ConfigurationError(
                f"No file of {table} was found, now or before. Expected {table}*.csv, .csv.gz, .csv.zst or .parquet "
                f"in the extracts folder, a `files` pattern under [source.{table}], or another kind of source. "
                f"`b12 init` proposes a configuration for unknown files.{others}"
            )
