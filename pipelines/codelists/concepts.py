"""The concepts of the pathway: the one list of names that code lists, configuration and rules may use."""

import csv
import difflib
from dataclasses import dataclass
from functools import cache

from pipelines.codelists import SHIPPED

TABLES = ("labs", "prescriptions", "diagnoses", "procedures")
"""The extract tables whose rows carry a code."""

ROUTE_OF_CONCEPT = {
    "b12_any_route": None,
    "b12_unknown_route": None,
    "b12_injectable": "injection",
    "b12_oral": "oral",
    "b12_nasal": "nasal",
    "b12_other_route": "other",
    "b12_injection_administration": "injection",
    "b12_injection_recorded": "injection",
}
"""What a concept of vitamin B12 treatment says of the route; null where the row has to say it."""

ANY_ROUTE = "b12_any_route"
"""The concept of every vitamin B12 prescription until its route is resolved."""

INJECTION_RECORDS = ("b12_injection_administration", "b12_injection_recorded")
"""Procedures and diagnoses that record an injection: they keep their concept here and become drug rows later."""


@dataclass(frozen=True)
class Concept:
    """One concept: its name, the extract tables that may carry it, and whether a rule reads it."""

    concept: str
    tables: tuple[str, ...]
    title: str
    used_by_rules: bool


@cache
def known_concepts() -> dict[str, Concept]:
    """Every concept by name, in the order of ``concepts.csv``."""
    with (SHIPPED / "concepts.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["concept"]: Concept(
                row["concept"], tuple(row["tables"].split()), row["title"], row["used_by_rules"] == "yes"
            )
            for row in csv.DictReader(file)
        }


def concept_problem(concept: str, table: str | None = None) -> str | None:
    """What is wrong with a concept's name, with the nearest known one; null when it is known (and fits the table)."""
    known = known_concepts()
    fitting = [name for name, described in known.items() if table is None or table in described.tables]
    if concept in fitting:
        return None
    if concept in known:
        return (
            f"{concept!r} is a concept of {' and '.join(known[concept].tables)}, not of {table}. "
            f"Concepts of {table}: {', '.join(fitting)}"
        )
    near = difflib.get_close_matches(concept, fitting, n=1) or difflib.get_close_matches(concept, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"no concept named {concept!r}.{hint} Known concepts{f' of {table}' if table else ''}: {', '.join(fitting)}"


def stored_concept(concept: str) -> str:
    """The concept that a match reports: vitamin B12 of every route is one, the rest stay as they are."""
    return ANY_ROUTE if concept in ROUTE_OF_CONCEPT and concept not in INJECTION_RECORDS else concept
