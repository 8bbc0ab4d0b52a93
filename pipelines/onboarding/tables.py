"""Which extract table a file is, and how its columns map: the proposal for one group of files of one layout."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from pipelines.codes import CodeBook
from pipelines.config import CODE_COLUMNS, EXTRACT_COLUMNS, REQUIRED_COLUMNS
from pipelines.onboarding.coding import on_pathway, told_triples
from pipelines.onboarding.columns import Choice, choose_columns, measured_headers, misses
from pipelines.onboarding.content import Content
from pipelines.onboarding.headers import table_hints

_FAR = 6.0
"""How far behind the best a table is no longer looked at; the code lists add four at most."""

_ENOUGH = 5
"""So many columns that were found make a table of which one that is required may be missing."""

_SHARED = ("patient_id", "status", "recorded_at", "code_system")
"""Columns that most tables have: they tell a file of patients from nothing, and no table from another."""


@dataclass(frozen=True)
class Reading:
    """A file as one of the extract tables; the higher the ``score``, the likelier."""

    table: str
    choices: Mapping[str, Choice]
    missing: tuple[tuple[str, ...], ...]
    score: float
    pathway: float = 0.0

    @property
    def is_possible(self) -> bool:
        """Is enough there to read rows, once code systems are given as constants?"""
        return not [needed for needed in self.missing if needed != ("code_system",)]

    def delivered(self, native: str) -> str | None:
        """The delivered column of a native one."""
        return self.choices[native].delivered if native in self.choices else None


@dataclass(frozen=True)
class Recognized:
    """What the files of one layout are.

    ``reading`` is null when they are no extract table; ``runner_up`` is another table that they could nearly as well
    be. ``tests`` are columns named after tests: with several the file is wide, a column a test.
    """

    reading: Reading | None
    runner_up: str | None = None
    tests: tuple[str, ...] = ()
    contents: Mapping[str, Content] = field(default_factory=dict)


def recognize(name: str, frame: pl.DataFrame, book: CodeBook) -> Recognized:
    """What a sample is; ``name`` is that of its file below the extracts, ``frame`` its texts, empty ones null."""
    contents = {column: Content(frame[column]) for column in frame.columns}
    hints = table_hints(name)
    readings = sorted((_reading(table, contents, hints) for table in EXTRACT_COLUMNS), key=_merit)
    # To ask the code lists costs; a table that is far behind is none, whatever they say.
    likely = [reading for reading in readings if reading.score > readings[-1].score - _FAR and reading.choices]
    readings = (
        sorted([*readings[: -len(likely)], *(_with_pathway(each, frame, book) for each in likely)], key=_merit)
        if likely
        else readings
    )
    best, second = readings[-1], readings[-2]
    tests = measured_headers(contents, lambda names: _are_tests(book, names))
    named = best.table == "labs" and ("test_code" in best.choices or "test_name" in best.choices)
    if tests and not named and "patient_id" in {native for reading in readings for native in reading.choices}:
        labs = next(reading for reading in readings if reading.table == "labs")
        return Recognized(labs, tests=tuple(tests), contents=contents)
    if not best.choices or (best.score <= 0 and len(best.choices) < _ENOUGH):
        return Recognized(None, contents=contents)
    close = second.table if second.is_possible and second.score > best.score - 1.5 else None
    return Recognized(best, close, contents=contents)


def _merit(reading: Reading) -> tuple[bool, float]:
    return reading.is_possible and reading.score > 0, reading.score


def _with_pathway(reading: Reading, frame: pl.DataFrame, book: CodeBook) -> Reading:
    """The reading with the share of rows that the lists map, and the score that this adds."""
    if reading.table not in CODE_COLUMNS:
        return reading
    code, name = (reading.delivered(native) for native in CODE_COLUMNS[reading.table])
    if not code and not name:
        return reading
    share = on_pathway(book, reading.table, told_triples(frame, code, name, reading.delivered("code_system")))
    return replace(reading, pathway=share, score=reading.score + 4 * share)


def _reading(table: str, contents: Mapping[str, Content], hints: list[str]) -> Reading:
    choices = choose_columns(table, contents)
    missing = misses(table, choices)
    needed = {native for alternatives in REQUIRED_COLUMNS[table] for native in alternatives}
    own = [choice for native, choice in choices.items() if native not in _SHARED]
    score = (
        sum(2.0 if choice.native in needed else 1.0 for choice in own if choice.is_sure)
        + sum(0.5 for choice in own if not choice.is_sure)
        - 3.0 * len([alternatives for alternatives in missing if alternatives != ("code_system",)])
        + (2.0 if table in hints else 0.0)
    )
    if table == "patients" and "birth_date" not in choices and "sex" not in choices:
        score -= 4  # an id alone makes no register
    return Reading(table, choices, tuple(missing), score)


def _are_tests(book: CodeBook, names: list[str]) -> list[bool]:
    triples = pl.DataFrame(
        {"code_system": None, "code": None, "name": names},
        schema=dict.fromkeys(("code_system", "code", "name"), pl.String),
    ).unique("name")
    found = book.match("labs", triples)
    known = set(found.filter(pl.col("concept").is_not_null() | pl.col("looks_like").is_not_null())["name"])
    return [name in known for name in names]
