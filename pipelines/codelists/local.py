"""Local codes and names of a site, from the ``[[code]]`` entries of the configuration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.codelists.concepts import TABLES, concept_problem
from pipelines.codelists.reading import ListedCode, NamePattern, checked_pattern
from pipelines.codelists.systems import coding_system
from pipelines.errors import ConfigurationError


@dataclass(frozen=True)
class LocalCodes:
    """One ``[[code]]`` entry: what codes and names of one table mean at this site.

    With ``code_system`` it speaks of rows of that system alone, as it stands in the extract; without, of every row.
    """

    table: str
    code_system: str | None = None
    concepts: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def entry_label(number: int) -> str:
    """How a match and an error name the ``[[code]]`` entry of this number, counted from 1."""
    return f"[[code]] {number}"


def local_codes(local: Sequence[LocalCodes]) -> list[ListedCode]:
    """The codes of all entries.

    Their check digits are not tested: an extract may carry a wrong code, and this is the place to say what it means.
    """
    listed = []
    for number, entry in enumerate(local, start=1):
        _check_table(number, entry)
        for code, concept in entry.concepts.items():
            where = f"{entry_label(number)}, {code}"
            problem = concept_problem(concept, entry.table)
            if problem or not code.strip():
                raise ConfigurationError(f"{where}: {problem or 'the code is empty'}.")
            system = coding_system(entry.code_system)
            listed.append(ListedCode(entry.table, system, code, "exact", concept, None, None, where))
    return listed


def local_names(local: Sequence[LocalCodes]) -> list[NamePattern]:
    """The name patterns of all entries, in the order of the configuration."""
    patterns = []
    for number, entry in enumerate(local, start=1):
        for pattern, concept in entry.names.items():
            where = f"{entry_label(number)}, {pattern}"
            system = coding_system(entry.code_system)
            patterns.append(checked_pattern(where, entry.table, concept, pattern, where, system=system))
    return patterns


def _check_table(number: int, entry: LocalCodes) -> None:
    if entry.table not in TABLES:
        raise ConfigurationError(
            f"{entry_label(number)}: no coded table named {entry.table!r}. Expected one of {', '.join(TABLES)}."
        )
