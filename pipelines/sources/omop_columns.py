"""Columns of an OMOP table as SQL text, and what a well-known concept id means."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pipelines.duck import identifier, literal
from pipelines.sources.columns import NOTHING, Columns

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


class CdmColumns(Columns):
    """The columns of one OMOP file, and what its concept ids mean."""

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

    def join_persons(self, table: str, person: str) -> None:
        """Join, as ``whole``, the table of all that is known of each person."""
        self._joins["whole"] = f"LEFT JOIN {table} AS whole ON whole.patient_id = {person}"

    @property
    def concept_ids(self) -> list[str]:
        """The terms of the columns asked for that hold concept ids."""
        return [self.id(name) for name in sorted(self.asked) if name.endswith("_concept_id") and self.has(name)]
