"""Status words: what a row's status says about whether it counts, and about earlier versions of it."""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from pipelines.ingest.dates import over_distinct
from pipelines.ingest.outcome import Fault


class Status(NamedTuple):
    """A status as understood: its name, whether it counts, is provisional or withdraws, and whether it corrects."""

    name: str
    effect: str
    is_correcting: bool = False


def _all(effect: str, *names: str) -> dict[str, Status]:
    return {_key(name): Status(name, effect) for name in names}


def _key(text: str) -> str:
    return text.strip().lower().replace("-", "").replace("_", "").replace(" ", "")


_LAB_WORDS = {
    **_all("counts", "final"),
    **{name: Status(name, "counts", is_correcting=True) for name in ("corrected", "amended", "appended")},
    **_all("provisional", "preliminary", "registered", "partial"),
    **_all("withdraws", "cancelled", "entered-in-error", "not-done", "deleted"),
}
_LAB_LETTERS = {
    "f": "final", "c": "corrected", "a": "amended", "u": "appended",
    "p": "preliminary", "r": "preliminary", "s": "partial", "i": "registered", "o": "registered", "n": "registered",
    "x": "cancelled", "d": "deleted", "w": "enteredinerror",
}  # fmt: skip
"""HL7 result status letters (table 0085), and the words they stand for."""

_RECORD_WORDS = {
    **_all("counts", "active", "recurrence", "relapse", "inactive", "remission", "resolved", "confirmed"),
    **_all("counts", "completed", "in-progress", "unknown"),
    **_all("provisional", "provisional", "differential", "unconfirmed"),
    **_all("withdraws", "refuted", "entered-in-error", "not-done", "cancelled"),
}

STATUSES: Mapping[str, Mapping[str, Status]] = {
    "labs": _LAB_WORDS | {letter: _LAB_WORDS[word] for letter, word in _LAB_LETTERS.items()},
    "prescriptions": {
        **_all("counts", "active", "completed", "stopped", "on-hold", "discontinued", "expired", "issued", "dispensed"),
        **_all("counts", "administered", "in-progress", "unknown"),
        **_all("withdraws", "cancelled", "entered-in-error", "not-done", "not-taken", "declined", "draft", "proposed"),
    },
    "diagnoses": _RECORD_WORDS,
    "procedures": _RECORD_WORDS,
}
"""What each table understands, by the status without case, blanks, hyphens and underscores."""

_WHEN_MISSING = {"labs": Status("final", "counts")}


def understood(table: str, text: str | None) -> Status | None:
    """The status that a text says, the one that stands for a missing text, or None when it says nothing known."""
    if text is None or not text.strip():
        return _WHEN_MISSING.get(table, Status("unknown", "counts"))
    return STATUSES[table].get(_key(text).replace("canceled", "cancelled"))


def corrects_or_withdraws(table: str, text: str | None) -> bool:
    """Does the status say that an earlier version of the row was wrong?"""
    status = understood(table, text)
    return status is not None and (status.is_correcting or status.effect == "withdraws")


def with_status(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Turn ``status`` into its name as understood and add ``effect`` and ``is_correcting``; null where unknown."""

    def read(distinct: pl.Series) -> pl.DataFrame:
        found = [understood(table, text) or Status(None, None) for text in distinct]
        schema = {"status": pl.String, "effect": pl.String, "is_correcting": pl.Boolean}
        return pl.DataFrame(found, schema=schema, orient="row")

    return rows.drop("status").hstack(over_distinct(rows["status"], read))


def unknown_status(table: str) -> Fault:
    """A status that is there and not understood."""
    known = sorted({status.name for status in STATUSES[table].values()})
    return Fault("unknown_status", pl.col("effect").is_null(), f"status: expected one of {', '.join(known)}")
