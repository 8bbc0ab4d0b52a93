"""From the codes and names of an extract to the concepts of the pathway; what maps to none says what it looks like."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.codelists import SHIPPED
from pipelines.codelists.concepts import ANY_ROUTE, INJECTION_RECORDS, Concept, known_concepts
from pipelines.codelists.local import LocalCodes, entry_label, local_codes, local_names
from pipelines.codelists.matching import (
    HIT,
    by_exact_code,
    by_local_code,
    by_local_name,
    by_name,
    by_prefix,
    code_frame,
    looks_like,
    prepared,
)
from pipelines.codelists.own import ListFile, OwnLists, own_lists
from pipelines.codelists.reading import (
    ListedCode,
    NamePattern,
    loose_names,
    refuse_conflicts,
    shipped_codes,
    shipped_names,
)
from pipelines.codelists.routes import ingredient_of_name, ingredients_of_names, route_of_text, routes_of_texts
from pipelines.codelists.systems import coding_system, system_problem

__all__ = [
    "CodeBook",
    "Concept",
    "ListFile",
    "LocalCodes",
    "Matches",
    "coding_system",
    "ingredient_of_name",
    "ingredients_of_names",
    "known_concepts",
    "load_codebook",
    "route_of_text",
    "routes_of_texts",
]


@dataclass(frozen=True)
class CodeBook:
    """Every list that a run maps codes with: the shipped ones, the user's own, the entries of the configuration."""

    listed: tuple[ListedCode, ...]
    names: tuple[NamePattern, ...]
    loose: tuple[NamePattern, ...]
    local_listed: tuple[ListedCode, ...]
    local_patterns: tuple[NamePattern, ...]
    entries: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    """What a user should know of the own lists: an unknown system, codes that count instead of shipped ones."""

    def match(self, table: str, triples: pl.DataFrame) -> pl.DataFrame:
        """One row per triple and concept; a triple of no concept is one row with a null ``concept``.

        The most specific wins: a code, then a name of a ``[[code]]`` entry, then an exact code of a list, its longest
        prefix, and last a name pattern, unless an exclude rules it out. A name that is kept out of treatment
        (``excluded_*``: Cyanokit) is so whatever list has its code. A prescription may mean several concepts.

        Args:
            table: labs, prescriptions, diagnoses or procedures.
            triples: the distinct ``code_system``, ``code``, ``name`` of the rows, each nullable.

        Returns:
            The triples as they came, in their order, with ``concept`` (vitamin B12 of every route is
            ``b12_any_route``), ``ingredient`` (of vitamin B12, from the list, else the name), ``route_of_code`` (what
            list or entry says of the route, else null), ``matched_by`` (local_code, local_name, code, prefix, name),
            ``matched_entry`` (the list or entry), ``list_description``, and ``looks_like``: for a triple of no concept,
            the one that its name resembles, because an exclude ruled it out or a loose pattern matched.
        """
        rows = remaining = prepared(triples, table)
        many = table == "prescriptions"
        codes = code_frame([listed for listed in self.listed if listed.table == table])
        local = code_frame([listed for listed in self.local_listed if listed.table == table])
        local_patterns = _of_table(self.local_patterns, table)
        patterns = _of_table(self.names, table)
        kept_out = [named for named in patterns if named.concept.startswith("excluded_")]
        found = [pl.DataFrame(schema=HIT)]
        for step in (
            lambda unmapped: by_local_code(unmapped, local),
            lambda unmapped: by_local_name(unmapped, local_patterns, many=many),
            lambda unmapped: by_name(unmapped, kept_out, many=many),
            lambda unmapped: by_exact_code(unmapped, codes),
            lambda unmapped: by_prefix(unmapped, codes),
            lambda unmapped: by_name(unmapped, patterns, many=many),
        ):
            hits = step(remaining)
            found.append(hits)
            remaining = remaining.join(hits, on="row", how="anti")
        likenesses = looks_like(remaining, patterns, _of_table(self.loose, table))
        return (
            triples.select("code_system", "code", "name")
            .with_row_index("row")
            .join(_with_substance(pl.concat(found), rows), on="row", how="left")
            .join(likenesses, on="row", how="left")
            .sort("row", "concept")
            .drop("row")
        )

    def concepts(self, table: str | None = None) -> tuple[Concept, ...]:
        """The known concepts, or those that rows of one extract table may carry."""
        return tuple(known for known in known_concepts().values() if table is None or table in known.tables)

    def unused(self, matched_entries: Iterable[str | None]) -> list[str]:
        """The ``[[code]]`` entries and user lists that matched nothing.

        ``matched_entries`` are the values of that column over every match of the run.
        """
        used = {_entry_of(entry) for entry in matched_entries if entry}
        return [entry for entry in self.entries if entry not in used]

    def digest(self, table: str | None = None) -> str:
        """A hash that changes exactly when a list or entry changes that decides about rows of the table (or of any)."""
        parts = (self.listed, self.names, self.loose, self.local_listed, self.local_patterns)
        content = [[item.identity for item in part if table in {None, item.table}] for part in parts]
        shared = [(SHIPPED / name).read_text(encoding="utf-8") for name in ("code_systems.csv", "route_cues.csv")]
        return hashlib.sha256(json.dumps([content, shared]).encode()).hexdigest()


class Matches:
    """What a code book says of the triples of one run, each looked up once: the files of a feed repeat their codes."""

    def __init__(self, codebook: CodeBook) -> None:
        self.codebook = codebook
        self._found: dict[str, pl.DataFrame] = {}

    def of(self, table: str, triples: pl.DataFrame) -> pl.DataFrame:
        """The rows that ``CodeBook.match`` gives for the distinct triples, in any order."""
        key = ["code_system", "code", "name"]
        found = self._found.get(table)
        new = triples if found is None else triples.join(found, on=key, how="anti", nulls_equal=True)
        if found is None or new.height:
            matched = self.codebook.match(table, new)
            found = matched if found is None else pl.concat([found, matched])
            self._found[table] = found
        return found.join(triples, on=key, how="semi", nulls_equal=True)


def load_codebook(
    *, user_folders: Sequence[Path] = (), about: Sequence[ListFile] = (), local: Sequence[LocalCodes] = ()
) -> CodeBook:
    """All lists, read and checked; a user's list goes before a shipped one that has the same code.

    Args:
        user_folders: folders of CSV files with the columns of the shipped lists, or as OpenCodelists gives them.
        about: what the configuration says of files in them; of what a list replaces, nothing shipped is left.
        local: the ``[[code]]`` entries of the configuration, in their order.

    Raises:
        ConfigurationError: naming the files and lines, or the entry: an unknown concept, a wrong code or regular
            expression, a code that is listed for several concepts.
    """
    own = own_lists(user_folders, about)
    shipped = [listed for listed in shipped_codes() if listed.concept not in own.replaced]
    local_listed = local_codes(local)
    for codes in (own.codes, shipped, local_listed):
        refuse_conflicts(codes, _compared(codes))
    overruling = {_identity(listed, key): listed for listed, key in zip(own.codes, _compared(own.codes), strict=True)}
    identities = [_identity(listed, key) for listed, key in zip(shipped, _compared(shipped), strict=True)]
    kept = [listed for listed, identity in zip(shipped, identities, strict=True) if identity not in overruling]
    overruled = [
        (overruling[identity], listed)
        for listed, identity in zip(shipped, identities, strict=True)
        if identity in overruling
    ]
    return CodeBook(
        listed=(*own.codes, *kept),
        names=tuple(named for named in shipped_names() if named.concept not in own.replaced),
        loose=tuple(loose_names()),
        local_listed=tuple(local_listed),
        local_patterns=tuple(local_names(local)),
        entries=(*(entry_label(number) for number in range(1, len(local) + 1)), *own.entries),
        remarks=(*_unknown_systems(own), *_overruled(overruled)),
    )


def _unknown_systems(own: OwnLists) -> list[str]:
    """A remark for each own list and code system that is spelled in no known way."""
    found = dict.fromkeys((listed.entry, listed.system) for listed in own.codes)
    problems = ((entry, system_problem(system)) for entry, system in found)
    return [f"{entry}: {problem}" for entry, problem in problems if problem]


def _overruled(pairs: Sequence[tuple[ListedCode, ListedCode]]) -> list[str]:
    """A remark for each own code that means something else than the shipped list says."""
    return [
        f"{own.place}: {own.system} {own.code} is {own.concept!r} here and {shipped.concept!r} in the shipped "
        f"{shipped.entry}; yours counts."
        for own, shipped in pairs
        if own.concept != shipped.concept
    ]


def _with_substance(hits: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Hits with the substance of vitamin B12 rows read from the name where no list states it."""
    is_b12 = pl.col("concept").is_in((ANY_ROUTE, *INJECTION_RECORDS))
    named = hits.filter(is_b12).select("row").join(rows.select("row", "spoken"), on="row")["spoken"].unique()
    substances = pl.DataFrame({"spoken": named, "substance": ingredients_of_names(named)})
    known = rows.select("row", "spoken").join(substances, on="spoken").select("row", "substance")
    return (
        hits.join(known.unique("row"), on="row", how="left")
        .with_columns(ingredient=pl.when(is_b12).then(pl.coalesce("ingredient", "substance")))
        .drop("substance")
    )


def _compared(codes: Sequence[ListedCode]) -> list[str | None]:
    return code_frame(codes).select(pl.coalesce("key", "plain")).to_series().to_list()


def _identity(listed: ListedCode, key: str | None) -> tuple[str | None, ...]:
    return (listed.table, listed.system, listed.match, key)


def _of_table(patterns: Iterable[NamePattern], table: str) -> list[NamePattern]:
    return [named for named in patterns if named.table == table]


def _entry_of(matched_entry: str) -> str:
    """The entry that a match names: ``[[code]] 2`` of ``[[code]] 2, VB12``; a user's list as it is."""
    return matched_entry.partition(", ")[0] if matched_entry.startswith("[[code]]") else matched_entry
