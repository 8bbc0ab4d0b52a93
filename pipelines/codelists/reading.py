"""Code lists from CSV: every row checked, and a wrong one named by file and line."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from pipelines.codelists import SHIPPED
from pipelines.codelists.concepts import ANY_ROUTE, concept_problem, known_concepts, stored_concept
from pipelines.codelists.names import pattern_problem
from pipelines.codelists.systems import code_problem, coding_system
from pipelines.errors import ConfigurationError

SHIPPED_LISTS = {
    "labs": "labs.csv",
    "prescriptions": "drugs.csv",
    "diagnoses": "diagnoses.csv",
    "procedures": "procedures.csv",
}
"""The shipped list of codes of each extract table."""

NAME_LISTS = {"labs": "lab_names.csv", "prescriptions": "drug_names.csv"}
"""The shipped list of name patterns of the extract tables that have one."""

PROBLEMS_TOLD = 20
"""How many problems of lists one message names."""

_MATCHES = ("exact", "prefix")
_NAME_MATCHES = ("include", "exclude")


@dataclass(frozen=True)
class ListedCode:
    """One code of a list, and the concept it means in one extract table."""

    table: str
    system: str | None
    code: str
    match: str
    concept: str
    ingredient: str | None
    description: str | None
    entry: str
    line: int | None = None

    @property
    def place(self) -> str:
        """Where the code stands, for an error."""
        return self.entry if self.line is None else f"{self.entry}, line {self.line}"

    @property
    def identity(self) -> tuple[str | bool | None, ...]:
        """Everything about the code that a match depends on or reports; its line is not part of it."""
        return (
            self.table, self.system, self.code, self.match, self.concept, self.ingredient, self.description, self.entry,
        )  # fmt: skip


@dataclass(frozen=True)
class NamePattern:
    """One regular expression of names: what it means, or, as an exclude, what it rules out."""

    table: str
    concept: str
    is_exclude: bool
    pattern: str
    entry: str
    system: str | None = None

    @property
    def identity(self) -> tuple[str | bool | None, ...]:
        """Everything about the pattern that a match depends on or reports."""
        return astuple(self)


def shipped_codes() -> list[ListedCode]:
    """The codes that ship with the product."""
    return [
        listed
        for table, file in SHIPPED_LISTS.items()
        for line, row in list_rows(SHIPPED / file, required=("code",))
        for listed in listed_codes(
            f"{file}, line {line}",
            row,
            concept=row["concept"],
            system=coding_system(row["code_system"]),
            entry=file,
            line=line,
            only_table=table,
        )
    ]


def shipped_names() -> list[NamePattern]:
    """The name patterns that ship with the product, in the order in which they are tried."""
    patterns = []
    for table, file in NAME_LISTS.items():
        for line, row in list_rows(SHIPPED / file, required=("concept", "match_type", "pattern")):
            where = f"{file}, line {line}"
            if row["match_type"] not in _NAME_MATCHES:
                raise ConfigurationError(f"{where}: match_type is {row['match_type']!r}. Expected include or exclude.")
            is_exclude = row["match_type"] == "exclude"
            patterns.append(checked_pattern(where, table, row["concept"], row["pattern"], file, is_exclude=is_exclude))
    return patterns


def loose_names() -> list[NamePattern]:
    """Patterns that tell what an unmapped name looks like; they map nothing."""
    file = "looks_like.csv"
    return [
        checked_pattern(f"{file}, line {line}", row["table"], row["concept"], row["pattern"], file)
        for line, row in list_rows(SHIPPED / file, required=("table", "concept", "pattern"))
    ]


def checked_pattern(
    where: str,
    table: str,
    concept: str,
    pattern: str,
    entry: str,
    *,
    is_exclude: bool = False,
    system: str | None = None,
) -> NamePattern:
    """A name pattern whose concept fits the table and whose regular expression can be used."""
    refuse(where, concept_problem(concept, table))
    problem = pattern_problem(pattern)
    if problem:
        raise ConfigurationError(f"{where}: {pattern!r} cannot be used as a pattern: {problem}")
    return NamePattern(table, concept, is_exclude, pattern, entry, system)


def refuse_conflicts(codes: Iterable[ListedCode], keys: Sequence[str | None]) -> None:
    """Refuse codes that are listed for several concepts of one table, naming each.

    A drug product may carry several ingredients of the pathway (iron with folic acid); it may not be vitamin B12 of
    two routes, nor kept out of treatment and in it at once. ``keys`` are the codes as compared.
    """
    seen: dict[tuple[str | None, ...], list[ListedCode]] = {}
    for listed, key in zip(codes, keys, strict=True):
        seen.setdefault((listed.table, listed.system, listed.match, key), []).append(listed)
    clashes: dict[str, None] = {}
    for places in seen.values():
        first = places[0]
        other = next((place for place in places if not _may_share(first, place)), None)
        if other:
            clashes[
                f"{other.place}: {other.system or 'code'} {other.code} is listed for {other.concept!r}, and for "
                f"{first.concept!r} in {first.place}"
            ] = None
    if clashes:
        raise ConfigurationError(f"{told(list(clashes))}. A code means one concept: keep one of the two.")


def told(problems: Sequence[str]) -> str:
    """Problems of lists, a line each; of many the first, and how many there are."""
    more = [f"and {len(problems) - PROBLEMS_TOLD} more"] if len(problems) > PROBLEMS_TOLD else []
    return "\n  ".join([*problems[:PROBLEMS_TOLD], *more])


def _may_share(one: ListedCode, other: ListedCode) -> bool:
    if one.concept == other.concept:
        return True
    concepts = {one.concept, other.concept}
    if one.table != "prescriptions" or any(concept.startswith("excluded_") for concept in concepts):
        return False
    return {stored_concept(concept) for concept in concepts} != {ANY_ROUTE}


def listed_codes(
    where: str,
    row: Mapping[str, str],
    *,
    concept: str,
    system: str,
    entry: str,
    line: int,
    only_table: str | None = None,
) -> Iterator[ListedCode]:
    """The code of a row, once for each table whose rows may carry its concept (or for one table alone).

    Raises:
        ConfigurationError: The row is wrong; the message names it and what was expected.
    """
    refuse(where, concept_problem(concept, only_table))
    match = (row.get("match") or "exact").lower()
    if match not in _MATCHES:
        raise ConfigurationError(f"{where}: match is {row['match']!r}. Expected exact or prefix.")
    if not row["code"]:
        raise ConfigurationError(f"{where}: the code is empty. Expected a code of {system}.")
    refuse(where, code_problem(system, row["code"], is_prefix=match == "prefix"))
    description = row.get("description") or row.get("term") or None
    for table in (only_table,) if only_table else known_concepts()[concept].tables:
        yield ListedCode(
            table, system, row["code"], match, concept, row.get("ingredient") or None, description, entry, line
        )


def refuse(where: str, problem: str | None) -> None:
    """Raise a problem with its place; null is none."""
    if problem:
        raise ConfigurationError(f"{where}: {problem}.")


def list_rows(path: Path, *, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and trimmed values of each row of a CSV file; column names in any case."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            # Spreadsheets of many countries write semicolons.
            delimiter = next((sign for sign in ";\t" if sign in first and "," not in first), ",")
            # Strict, for a quotation mark that is left open would take the codes after it for its own text.
            reader = csv.DictReader(file, delimiter=delimiter, strict=True)
            columns = [column.strip().lower() for column in reader.fieldnames or []]
            reader.fieldnames = columns
            missing = [column for column in required if column not in columns]
            if missing:
                raise ConfigurationError(
                    f"{path.name}, line 1: no column {missing[0]!r}. Expected a header with {', '.join(required)}; "
                    f"found {', '.join(columns) or 'nothing'}."
                )
            for row in reader:
                if None in row:
                    raise ConfigurationError(
                        f"{path.name}, line {reader.line_num}: {len(columns) + len(row[None])} fields, and the header "
                        f"names {len(columns)}. Put a text that holds {delimiter!r} in quotation marks."
                    )
                yield reader.line_num, {column: (row[column] or "").strip() for column in columns}
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path.name} is not UTF-8. Save it as CSV in UTF-8.") from None
    except csv.Error as error:  # its words hold no value
        raise ConfigurationError(
            f"{path.name} is no CSV after line {reader.line_num}: {error}. Close the quotation mark that is left open."
        ) from None
