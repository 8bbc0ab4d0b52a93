"""Columns of an OMOP table as SQL text, whatever the case of their names; what a well-known concept id means."""

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pipelines.duck import identifier, literal

NOTHING = "CAST(NULL AS VARCHAR)"

KNOWN = Path(__file__).with_name("omop_concepts.csv")
"""Concept ids whose meaning every OMOP database shares, by the column that they stand in."""


@cache
def known_concepts() -> Mapping[str, Mapping[str, str]]:
    """By column, the native word for each well-known concept id."""
    meanings: dict[str, dict[str, str]] = {}
    with KNOWN.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            meanings.setdefault(row["column"], {})[row["concept_id"]] = row["meaning"]
    return meanings


class Columns:
    """The columns of one file: SQL terms over its relation ``r``, null where it lacks the column."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name.casefold(): name for name in names}
        self._joins: dict[str, str] = {}
        self.asked: set[str] = set()

    @property
    def joins(self) -> str:
        """The joins that the terms need."""
        return " ".join(self._joins.values())

    def text(self, name: str) -> str:
        """A column as trimmed text, empty as null."""
        self.asked.add(name)
        if name not in self._names:
            return NOTHING
        return f"nullif(trim(CAST(r.{identifier(self._names[name])} AS VARCHAR)), '')"

    def number(self, name: str) -> str:
        """A column of numbers as text; what pandas writes for nothing is null."""
        text = self.text(name)
        # Not text <> 'nan': DuckDB 2.0 takes that as true of all, going by the bounds of a Parquet column.
        return text if text == NOTHING else f"CASE WHEN NOT regexp_matches({text}, '^nan$', 'i') THEN {text} END"

    def id(self, name: str) -> str:
        """A column of whole numbers as text; a column with gaps comes out of pandas as 12.0."""
        text = self.number(name)
        return text if text == NOTHING else rf"regexp_replace({text}, '^(\d+)\.0$', '\1')"

    def first(self, *names: str) -> str:
        """The first of several columns that says something."""
        return f"coalesce({', '.join(self.text(name) for name in names)}, NULL)"

    def meaning(self, name: str) -> str:
        """The native word for a concept id that every OMOP database shares; null for another."""
        concept = self.id(name)
        cases = " ".join(
            f"WHEN {literal(known)} THEN {literal(word)}" for known, word in known_concepts()[name].items()
        )
        return f"CASE {concept} {cases} END"

    def concept(self, name: str, what: str) -> str:
        """A column of the vocabulary for a concept id; null where it does not know the concept."""
        concept = self.id(name)
        if concept == NOTHING:
            return NOTHING
        alias = identifier(f"of {name}")
        self._joins[alias] = f"LEFT JOIN omop_concept AS {alias} ON {alias}.concept_id = {concept}"
        return f"{alias}.{what}"

    def named(self, name: str) -> str:
        """The native word for a concept id, else the name that the vocabulary gives it."""
        word = f"{self.meaning(name)}, " if name in known_concepts() else ""
        return f"coalesce({word}{self.concept(name, 'concept_name')}, NULL)"

    def join(self, table: str, alias: str, on: Mapping[str, str]) -> None:
        """Join a table whose columns tell, ids and source values as they stand, which row of it belongs to each."""
        alike = (f"{alias}.{theirs} IS NOT DISTINCT FROM {self.as_told(ours)}" for theirs, ours in on.items())
        self._joins[alias] = f"LEFT JOIN {table} AS {alias} ON {' AND '.join(alike)}"

    def join_persons(self, table: str, person: str) -> None:
        """Join, as ``whole``, the table of all that is known of each person."""
        self._joins["whole"] = f"LEFT JOIN {table} AS whole ON whole.patient_id = {person}"

    def as_told(self, name: str) -> str:
        """A concept id as id, anything else as text."""
        return self.id(name) if name.endswith("_id") else self.text(name)

    @property
    def concept_ids(self) -> list[str]:
        """The terms of the columns asked for that hold concept ids."""
        return [self.id(name) for name in sorted(self.asked) if name.endswith("_concept_id") and name in self._names]


def day(text: str) -> str:
    """The SQL for the day that a date or time says; null where it cannot be read."""
    return f"coalesce(TRY_CAST(left({text}, 10) AS DATE), CAST(try_strptime({text}, '%Y%m%d') AS DATE))"
