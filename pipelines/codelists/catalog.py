"""What the lists hold, in rows for a reader: concepts with their codes, and where the codes come from."""

import csv
from collections import Counter
from typing import Any

from pipelines.codelists import SHIPPED
from pipelines.codelists.concepts import concept_problem
from pipelines.codelists.reading import NAME_LISTS, SHIPPED_LISTS
from pipelines.codes import CodeBook
from pipelines.errors import ConfigurationError

_SHIPPED_ENTRIES = frozenset((*SHIPPED_LISTS.values(), *NAME_LISTS.values()))


def concept_rows(book: CodeBook) -> list[dict[str, Any]]:
    """A row per concept and extract table: ``codes`` by system, ``names`` (patterns that include it), ``yours``.

    ``codes`` counts every list; ``yours`` those of own lists and ``[[code]]`` entries, names included.
    """
    listed, patterns = (*book.listed, *book.local_listed), (*book.names, *book.local_patterns)
    by_system = Counter((code.concept, code.table, code.system or "any system") for code in listed)
    names = Counter((named.concept, named.table) for named in patterns if not named.is_exclude)
    yours = Counter((item.concept, item.table) for item in (*listed, *patterns) if item.entry not in _SHIPPED_ENTRIES)
    rows = []
    for known in book.concepts():
        for table in known.tables:
            key = (known.concept, table)
            counts = [f"{system} {count}" for (*of, system), count in sorted(by_system.items()) if tuple(of) == key]
            rows.append(
                {
                    "concept": known.concept, "title": known.title, "table": table,
                    "codes": ", ".join(counts) or "none",
                    "names": names[key], "yours": yours[key],
                }
            )  # fmt: skip
    return rows


def code_rows(book: CodeBook, concept: str) -> list[dict[str, Any]]:
    """Every code and name pattern of one concept, and the list it stands in.

    Raises:
        ConfigurationError: There is no such concept; the message names the nearest.
    """
    if problem := concept_problem(concept):
        raise ConfigurationError(f"{problem}.")
    codes = [
        {
            "table": code.table, "system": code.system, "match": code.match, "code": code.code,
            "description": code.description, "list": code.entry,
        }
        for code in (*book.listed, *book.local_listed)
        if code.concept == concept
    ]  # fmt: skip
    names = [
        {
            "table": named.table, "system": named.system, "match": "not the name" if named.is_exclude else "name",
            "code": named.pattern, "description": None, "list": named.entry,
        }
        for named in (*book.names, *book.local_patterns)
        if named.concept == concept
    ]  # fmt: skip
    return [*codes, *names]


def source_rows(book: CodeBook) -> list[dict[str, Any]]:
    """A row per code system: how many codes are shipped and yours, their source, its terms, and what to know."""
    of_product, yours = Counter(), Counter()
    for code in (*book.listed, *book.local_listed):
        (of_product if code.entry in _SHIPPED_ENTRIES else yours)[code.system or "any system"] += 1
    with (SHIPPED / "sources.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            {
                "system": row["code_system"], "shipped": of_product[row["code_system"]],
                "yours": yours[row["code_system"]], "source": row["source"], "edition": row["edition"] or None,
                "licence": row["licence"], "note": row["note"] or None,
            }
            for row in csv.DictReader(file)
        ]  # fmt: skip
    others = sorted(set(yours) - {row["system"] for row in rows})
    return rows + [_own_row(system, yours[system]) for system in others]


def _own_row(system: str, yours: int) -> dict[str, Any]:
    return {
        "system": system, "shipped": 0, "yours": yours, "source": "your own lists", "edition": None,
        "licence": None, "note": None,
    }  # fmt: skip
