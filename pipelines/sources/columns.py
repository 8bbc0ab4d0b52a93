"""Columns of a delivered table as SQL text, whatever the case of their names."""

from collections.abc import Iterable, Mapping

from pipelines.duck import identifier

Terms = dict[str, str]
"""Native columns and the SQL terms that say them, over the relation ``r`` and what is joined to it."""

NOTHING = "CAST(NULL AS VARCHAR)"


class Columns:
    """The columns of one file: SQL terms over its relation ``r``, null where it lacks the column."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name.casefold(): name for name in names}
        self._joins: dict[str, str] = {}
        self.asked: set[str] = set()

    @property
    def joins(self) -> dict[str, str]:
        """The joins that the terms need, by the alias that a term names."""
        return dict(self._joins)

    def has(self, name: str) -> bool:
        """Does the file have the column?"""
        return name in self._names

    def text(self, name: str) -> str:
        """A column as trimmed text, empty as null."""
        self.asked.add(name)
        if name not in self._names:
            return NOTHING
        return f"nullif(trim(CAST(r.{identifier(self._names[name])} AS VARCHAR)), '')"

    def raw(self, name: str) -> str:
        """A column as it was delivered."""
        self.asked.add(name)
        return f"CAST(r.{identifier(self._names[name])} AS VARCHAR)" if name in self._names else NOTHING

    def number(self, name: str) -> str:
        """A column of numbers as text; what pandas writes for nothing is null."""
        text = self.text(name)
        return text if text == NOTHING else f"CASE WHEN NOT {_is_nan(text)} THEN {text} END"

    def id(self, name: str) -> str:
        """A column of whole numbers as text; a column with gaps comes out of pandas as 12.0."""
        text = self.text(name)
        if text == NOTHING:
            return text
        whole = rf"CASE WHEN suffix({text}, '.0') THEN regexp_replace({text}, '^(\d+)\.0$', '\1') ELSE {text} END"
        return f"CASE WHEN NOT {_is_nan(text)} THEN {whole} END"

    def first(self, *names: str) -> str:
        """The first of several columns that says something."""
        return f"coalesce({', '.join(self.text(name) for name in names)}, NULL)"

    def join(self, table: str, alias: str, on: Mapping[str, str]) -> None:
        """Join a table whose columns tell, ids and other text as they stand, which row of it belongs to each."""
        alike = (f"{alias}.{theirs} IS NOT DISTINCT FROM {self.as_told(ours)}" for theirs, ours in on.items())
        self._joins[alias] = f"LEFT JOIN {table} AS {alias} ON {' AND '.join(alike)}"

    def join_raw(self, table: str, alias: str, on: Mapping[str, str]) -> None:
        """Join a table whose columns are those of this file as they were delivered: the fastest way."""
        alike = (f"{alias}.{theirs} IS NOT DISTINCT FROM {self.raw(ours)}" for theirs, ours in on.items())
        self._joins[alias] = f"LEFT JOIN {table} AS {alias} ON {' AND '.join(alike)}"

    def as_told(self, name: str) -> str:
        """A column of ids as id, anything else as text."""
        return self.id(name) if name.endswith(("_id", "itemid")) else self.text(name)


def _is_nan(text: str) -> str:
    # Not text = 'nan', nor a prefix: DuckDB 2.0 takes these as false of all, going by the bounds of a Parquet column.
    return f"regexp_matches({text}, '^nan$', 'i')"


def day(text: str) -> str:
    """The SQL for the day that a date or time says; null where it cannot be read."""
    return f"coalesce(TRY_CAST(left({text}, 10) AS DATE), CAST(try_strptime({text}, '%Y%m%d') AS DATE))"


def joined_text(*texts: str) -> str:
    """Texts with a bar between them, as an id where a layout has none; a missing one leaves its place empty."""
    return " || '|' || ".join(f"coalesce({text}, '')" for text in texts)
