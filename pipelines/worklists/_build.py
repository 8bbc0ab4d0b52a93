"""Building tables, terms and lists by name, each once, from what their signatures ask for."""

from collections.abc import Callable, Mapping

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
Keep = Callable[[pl.LazyFrame], pl.LazyFrame]


def collected(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows computed now, so that everyone who reads them finds them done."""
    return rows.collect(engine="in-memory").lazy()


def planned(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The plan as it is: nothing is computed."""
    return rows


class Build:
    """What was built so far, by name; ``read`` holds the profile numbers that each term and list read itself."""

    def __init__(self, tables: Mapping[str, pl.LazyFrame], settings: Mapping[str, object], *, keep: Keep) -> None:
        self.built = dict(tables)
        self.read: dict[str, frozenset[str]] = {}
        self._settings = settings
        self._keep = keep

    def __call__(self, name: str) -> pl.LazyFrame:
        """The table, term or list of that name. A list holds the people in scope, with the flags of the scope."""
        if name not in self.built:
            rows = self.asked(name)
            if name in worklists():
                flags = self(SCOPE).select("person_id", pl.col("^flag_.*$"))
                rows = rows.select(*LIST_COLUMNS).join(flags, on="person_id")
            self.built[name] = self._keep(rows)
        return self.built[name]

    def asked(self, name: str) -> pl.LazyFrame:
        """What the term or rule of that name returns, asked now, on what it needs built once."""
        function = function_of(name)
        needs = [self(need) for need in parameters_of(function)]
        numbers = ReadNumbers(self._settings["profile"])
        settings = {**self._settings, "profile": numbers}
        rows = function(*needs, **{keyword: settings[keyword] for keyword in keywords_of(function)})
        self.read[name] = frozenset(numbers.read)
        return rows
