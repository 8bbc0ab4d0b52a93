"""Building tables, terms and lists by name, each once, from what their signatures ask for."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from pipelines.profile import ReadNumbers
from pipelines.worklists._registry import SCOPE, function_of, keywords_of, parameters_of, worklists

LIST_COLUMNS = (
    "person_id",
    "index_date",
    "due_date",
    "closed_by",
    "closing",
    "priority",
    "found",
    "missing",
    "^evidence_.*$",
    "^flag_.*$",
)
OUTCOME = ("person_id", "closed_by", "evidence_closed_by")
"""What it takes to count a list, and what the lists that name it read of it."""

Keep = Callable[[pl.LazyFrame], pl.LazyFrame]


def collected(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows computed now, so that everyone who reads them finds them done."""
    return rows.collect(engine="in-memory").lazy()


def planned(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The plan as it is: nothing is computed."""
    return rows


class Build:
    """What was built so far, by name; ``read`` holds the profile numbers that each term and list read itself.

    Lists keep ``columns``: with ``OUTCOME`` in place of all of them, nothing is spent on evidence and words.
    """

    def __init__(
        self,
        tables: Mapping[str, pl.LazyFrame],
        settings: Mapping[str, object],
        *,
        keep: Keep,
        columns: Sequence[str] = LIST_COLUMNS,
    ) -> None:
        self.built = dict(tables)
        self.read: dict[str, frozenset[str]] = {}
        self._settings = settings
        self._keep = keep
        self._columns = columns

    def __call__(self, name: str) -> pl.LazyFrame:
        """The table, term or list of that name. A list holds the people in scope, with the flags of the scope."""
        if name not in self.built:
            rows = self.made(function_of(name), name)
            if name in worklists():
                flags = self(SCOPE).select("person_id", pl.col("^flag_.*$"))
                rows = rows.select(*self._columns).join(flags, on="person_id")
            self.built[name] = self._keep(rows)
        return self.built[name]

    def made(self, function: Callable[..., pl.LazyFrame], name: str) -> pl.LazyFrame:
        """What a function of tables, terms and lists returns; the numbers that it read are noted under ``name``."""
        needs = [self(need) for need in parameters_of(function)]
        numbers = ReadNumbers(self._settings["profile"])
        settings = {**self._settings, "profile": numbers}
        rows = function(*needs, **{keyword: settings[keyword] for keyword in keywords_of(function)})
        self.read[name] = frozenset(numbers.read)
        return rows
