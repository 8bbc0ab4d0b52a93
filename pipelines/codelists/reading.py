"""Code lists from CSV, shipped or a user's own: every row checked, the first wrong one named by file and line."""

import csv
from collections.abc import Iterable, Iterator, Sequence
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
        for listed in _codes_of(SHIPPED / file, entry=file, only_table=table)
    ]


def user_codes(folder: Path) -> list[ListedCode]:
    """The codes of every CSV file in a user's folder, by file name.

    A file has the columns of a shipped list. One without ``concept`` is named after it, and one without ``code_system``
    may name that too: ``vegan_diet.csv`` (SNOMED) and ``vegan_diet.CTV3.csv`` load as OpenCodelists gives them.

    Raises:
        ConfigurationError: the folder is not there, or a row is wrong.
    """
    if not folder.is_dir():
        raise ConfigurationError(
            f"Code list folder {folder} is not there. Create it, or take it out of the configuration."
        )
    files = sorted(folder.glob("*.csv"))
    return [listed for file in files for listed in _codes_of(file, entry=f"{folder.name}/{file.name}")]


def user_lists(folder: Path) -> list[str]:
    """The lists of a user's folder, as a match names them."""
    return [f"{folder.name}/{file.name}" for file in sorted(folder.glob("*.csv"))]


def shipped_names() -> list[NamePattern]:
    """The name patterns that ship with the product, in the order in which they are tried."""
    patterns = []
    for table, file in NAME_LISTS.items():
        for line, row in _rows(SHIPPED / file, required=("concept", "match_type", "pattern")):
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
        for line, row in _rows(SHIPPED / file, required=("table", "concept", "pattern"))
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
    _refuse(where, concept_problem(concept, table))
    problem = pattern_problem(pattern)
    if problem:
        raise ConfigurationError(f"{where}: {pattern!r} is no regular expression: {problem}")
    return NamePattern(table, concept, is_exclude, pattern, entry, system)


def refuse_conflicts(codes: Iterable[ListedCode], keys: Sequence[str | None]) -> None:
    """Refuse a code that is listed for several concepts of one table.

    A drug product may carry several ingredients of the pathway (iron with folic acid); it may not be vitamin B12 of
    two routes, nor kept out of treatment and in it at once. ``keys`` are the codes as compared.
    """
    seen: dict[tuple[str | None, ...], list[ListedCode]] = {}
    for listed, key in zip(codes, keys, strict=True):
        seen.setdefault((listed.table, listed.system, listed.match, key), []).append(listed)
    for places in seen.values():
        first = places[0]
        other = next((place for place in places if not _may_share(first, place)), None)
        if other:
            raise ConfigurationError(
                f"{other.place}: {other.system or 'code'} {other.code} is listed for {other.concept!r}, and for "
                f"{first.concept!r} in {first.place}. A code means one concept: keep one of the two."
            )


def _may_share(one: ListedCode, other: ListedCode) -> bool:
    if one.concept == other.concept:
        return True
    concepts = {one.concept, other.concept}
    if one.table != "prescriptions" or any(concept.startswith("excluded_") for concept in concepts):
        return False
    return {stored_concept(concept) for concept in concepts} != {ANY_ROUTE}


def _codes_of(path: Path, *, entry: str, only_table: str | None = None) -> Iterator[ListedCode]:
    """The codes of one file; a user's code counts in every table that may carry its concept."""
    concept_in_name, _, system_in_name = path.stem.partition(".")
    for line, row in _rows(path, required=("code",)):
        where = f"{entry}, line {line}"
        concept = row.get("concept") or concept_in_name
        _refuse(where, concept_problem(concept, only_table))
        system = coding_system(row.get("code_system") or system_in_name or "SNOMED") or "SNOMED"
        match = (row.get("match") or "exact").lower()
        if match not in _MATCHES:
            raise ConfigurationError(f"{where}: match is {row['match']!r}. Expected exact or prefix.")
        if not row["code"]:
            raise ConfigurationError(f"{where}: the code is empty. Expected a code of {system}.")
        _refuse(where, code_problem(system, row["code"], is_prefix=match == "prefix"))
        description = row.get("description") or row.get("term") or None
        for table in (only_table,) if only_table else known_concepts()[concept].tables:
            yield ListedCode(
                table, system, row["code"], match, concept, row.get("ingredient") or None, description, entry, line
            )


def _refuse(where: str, problem: str | None) -> None:
    if problem:
        raise ConfigurationError(f"{where}: {problem}.")


def _rows(path: Path, *, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and trimmed values of each row of a CSV file; column names in any case."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = [column.strip().lower() for column in reader.fieldnames or []]
            reader.fieldnames = columns
            missing = [column for column in required if column not in columns]
            if missing:
                raise ConfigurationError(
                    f"{path.name}, line 1: no column {missing[0]!r}. Expected a header with {', '.join(required)}; "
                    f"found {', '.join(columns) or 'nothing'}."
                )
            for row in reader:
                yield reader.line_num, {column: (row[column] or "").strip() for column in columns}
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path.name} is not UTF-8. Save it as CSV in UTF-8.") from None
