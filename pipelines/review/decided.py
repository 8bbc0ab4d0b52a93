"""Decisions as the pages read them: what stands for each item now, the publication's own knowledge included."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

import polars as pl

from pipelines.decisions import DECISION_SCHEMA, DecisionLog, Fate, NewDecision, comments, standing
from pipelines.errors import B12Error

STANDING = {
    "item_key": pl.String, "latest_id": pl.Int64, "decision_id": pl.Int64, "decision": pl.String,
    "reason": pl.String, "note": pl.String, "decided_by": pl.String, "decided_at": pl.Datetime("us"),
    "snooze_until": pl.Date, "seen_evidence_hash": pl.String, "comment": pl.String, "comment_by": pl.String,
}  # fmt: skip
"""Columns of what stands: a row per item with any entry. ``latest_id`` is its latest entry of any kind, ``decision``
and what follows the standing one, null when there is none; ``comment`` the latest comment that is newer than it."""

Answer = TypeVar("Answer")

READ_AGAIN = 500
"""Entries; a second of the busiest morning has fewer."""


@dataclass(frozen=True)
class Standing:
    """What stands now; ``rows`` is null when the log cannot be read, and ``told`` says why."""

    rows: pl.DataFrame | None
    told: str | None = None


class LiveDecisions:
    """The decision log, opened when first needed and again after a failure."""

    def __init__(self, open_log: Callable[[], DecisionLog], *, again: int = READ_AGAIN) -> None:
        self._again = again
        self._open_log = open_log
        self._log: DecisionLog | None = None
        self._lock = Lock()
        self._entries = pl.DataFrame(schema=DECISION_SCHEMA)
        self._standing = Standing(what_stands(self._entries))

    def standing(self) -> Standing:
        """What stands for every item now."""
        try:
            log = self._opened()
            with self._lock:
                self._catch_up(log)
                return self._standing
        except B12Error as error:
            self._forget()
            return Standing(None, str(error))

    def _catch_up(self, log: DecisionLog) -> None:
        """Read what was added, and the latest entries that are known once more.

        Two writers may be given their numbers in one order and finish in the other; and a log that was put back from a
        copy does not go on from the entries that are known here: then it is read anew.
        """
        last = self._entries["decision_id"].max() or 0
        after = max(0, last - self._again)
        known, read = self._entries.filter(pl.col("decision_id") > after), log.read(after=after)
        if read.equals(known):
            return
        if not read.filter(pl.col("decision_id").is_in(known["decision_id"].implode())).equals(known):
            after, read = 0, log.read()
        self._entries = pl.concat([self._entries.filter(pl.col("decision_id") <= after), read])
        self._standing = Standing(what_stands(self._entries))

    def entries(self) -> pl.DataFrame:
        """Every entry of the log, in order; none while it cannot be read."""
        return self._entries if self.standing().rows is not None else pl.DataFrame(schema=DECISION_SCHEMA)

    def of_person(self, person_id: str) -> list[dict[str, Any]] | None:
        """Every entry about one person, oldest first; null when the log cannot be read."""
        try:
            return self.with_log(lambda log: log.read(person_id=person_id).to_dicts())
        except B12Error:
            return None

    def append(self, new: Sequence[NewDecision]) -> list[Fate]:
        """Append, item by item, where nobody else was faster.

        Raises:
            B12Error: The log cannot be written.
        """
        return self.with_log(lambda log: log.append(new))

    def with_log(self, use: Callable[[DecisionLog], Answer]) -> Answer:
        """What ``use`` makes of the log.

        Raises:
            B12Error: It failed; the log is opened anew the next time.
        """
        try:
            return use(self._opened())
        except B12Error:
            self._forget()
            raise

    def close(self) -> None:
        """Close the log."""
        self._forget()

    def _opened(self) -> DecisionLog:
        with self._lock:
            if self._log is None:
                self._log = self._open_log()
            return self._log

    def _forget(self) -> None:
        with self._lock:
            if self._log is not None:
                self._log.close()
            self._log = None


def what_stands(decisions: pl.DataFrame) -> pl.DataFrame:
    """The rows of ``STANDING`` for all entries of the log."""
    entries = decisions.lazy()
    latest = entries.group_by("item_key").agg(latest_id=pl.col("decision_id").max())
    stands = standing(entries).select(
        "item_key",
        "decision_id",
        "decision",
        "reason",
        "note",
        "decided_by",
        "decided_at",
        "snooze_until",
        "seen_evidence_hash",
    )
    told = latest.join(stands, on="item_key", how="left").join(comments(entries), on="item_key", how="left")
    return told.select(pl.col(name).cast(kind) for name, kind in STANDING.items()).collect()
