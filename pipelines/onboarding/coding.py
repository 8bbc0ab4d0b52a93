"""What the codes and names of a sample say: their code system, how many are on the pathway, and what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.codelists.names import pattern_hits, spoken
from pipelines.codelists.own import code_column
from pipelines.codelists.systems import coding_system, has_form, is_known_system, systems_of_shape
from pipelines.codes import CodeBook

MOST_MATCHED = 2_000
"""Codes of a column that are compared with the lists, the most frequent first."""

_BY_FORM = {
    "labs": ("LOINC", "SNOMED"),
    "prescriptions": ("SNOMED", "ATC", "NDC11"),
    "diagnoses": ("SNOMED", "ICD10CM", "ICD9CM"),
    "procedures": ("SNOMED", "ICD10PCS", "HCPCS"),
}
"""Systems that the form of the codes alone may speak for, by table; of several the first."""

_CHECKED = ("LOINC", "SNOMED")  # a check digit makes chance unlikely
_LISTED_ENOUGH, _LISTED_SURELY, _FORMED_ENOUGH = 0.02, 0.1, 0.95
"""Shares of rows: bare numbers of a local system may be listed by chance, a few of them."""


@dataclass(frozen=True)
class System:
    """A code system for codes that come without one: its name (null: unknown, the codes are local), and why."""

    name: str | None
    is_sure: bool
    why: str


def told_triples(frame: pl.DataFrame, code: str | None, name: str | None, system: str | None) -> pl.DataFrame:
    """The distinct ``code_system``, ``code``, ``name`` of the rows, with ``rows``, the most frequent first."""
    columns = {"code_system": system, "code": code, "name": name}
    texts = [
        pl.lit(None, pl.String).alias(key) if column is None else pl.col(column).alias(key)
        for key, column in columns.items()
    ]
    counted = frame.select(texts).group_by(pl.all()).agg(rows=pl.len())
    return counted.sort("rows", "code", "name", "code_system", descending=[True, False, False, False], nulls_last=True)


def on_pathway(book: CodeBook, table: str, triples: pl.DataFrame) -> float:
    """The share of rows, of those with a code or name, that the lists map."""
    told = triples.filter(pl.col("code").is_not_null() | pl.col("name").is_not_null()).head(MOST_MATCHED)
    if not told.height:
        return 0.0
    matched = (
        book.match(table, told).filter(pl.col("concept").is_not_null()).select("code_system", "code", "name").unique()
    )
    hit = told.join(matched, on=["code_system", "code", "name"], how="semi", nulls_equal=True)
    return int(hit["rows"].sum()) / int(told["rows"].sum())


def system_of_codes(book: CodeBook, table: str, triples: pl.DataFrame, header: str) -> System:
    """The code system of a column of codes: by the lists that hold them, by their form, by the name of the column."""
    codes = (
        triples.filter(pl.col("code").is_not_null()).group_by("code").agg(pl.col("rows").sum())
        .sort("rows", "code", descending=[True, False]).head(MOST_MATCHED)
    )  # fmt: skip
    rows = int(codes["rows"].sum())
    if not rows:
        return System(None, True, "no row has a code")
    formed = _rows_by_form(codes)
    _, named = code_column({header: ""})
    named = coding_system(named) if is_known_system(named) else None
    shipped = dict.fromkeys(listed.system for listed in book.listed if listed.table == table)
    possible = [system for system in shipped if formed.get(system, 0 if has_form(system) else rows) / rows > 0.5]
    listed = {system: _listed(book, table, codes, system) / rows for system in possible}
    best = max(listed, key=lambda system: (listed[system], system == named, system), default=None)
    if best and listed[best] >= _LISTED_ENOUGH:
        is_sure = best in (named, *_CHECKED) or listed[best] >= _LISTED_SURELY
        return System(best, is_sure, f"{listed[best]:.0%} of the rows have a code of the shipped {best} lists")
    for system in (named, *_BY_FORM[table]):
        is_told = system is not None and (system == named or _says_itself(system, codes))
        if is_told and formed.get(system, 0) >= _FORMED_ENOUGH * rows:
            is_sure = system == named or system in _CHECKED
            return System(system, is_sure, f"the codes have the form of {system}")
    if named:
        return System(named, False, f"the column is called so, but few of its codes have the form of {named}")
    return System(None, False, "the codes have the form of no known system")


def _rows_by_form(codes: pl.DataFrame) -> dict[str, int]:
    formed: dict[str, int] = {}
    for code, rows in codes.iter_rows():
        for system in systems_of_shape(code):
            formed[system] = formed.get(system, 0) + rows
    return formed


def _says_itself(system: str, codes: pl.DataFrame) -> bool:
    """Is the form of the codes one that other numbers do not have? Any number of up to 11 digits may be an NDC."""
    return system != "NDC11" or bool(codes["code"].str.contains(r"^\d{11}$|^\d{4,5}-\d{3,4}-\d{1,2}$").all())


def _listed(book: CodeBook, table: str, codes: pl.DataFrame, system: str) -> int:
    """Rows whose code a list of this system holds."""
    triples = codes.select(
        code_system=pl.lit(system), code=pl.col("code"), name=pl.lit(None, pl.String), rows=pl.col("rows")
    )
    hits = book.match(table, triples).filter(pl.col("matched_by").is_in(["code", "prefix"])).select("code").unique()
    return int(triples.join(hits, on="code", how="semi")["rows"].sum())


@dataclass(frozen=True)
class LocalCode:
    """A local code that could be mapped: concept, rows, and whether its own letters or only a likeness say so."""

    code: str
    concept: str
    rows: int
    is_sure: bool


def codes_to_map(book: CodeBook, table: str, triples: pl.DataFrame, shareable: Sequence[str]) -> list[LocalCode]:
    """Codes that no list maps, by code or name, and that look like a concept; only those that may be told.

    ``shareable`` are the codes that several people have in common.
    """
    told = triples.filter(pl.col("code").is_in(list(shareable))).head(MOST_MATCHED)
    unmapped = book.match(table, told.select("code_system", "code", "name")).filter(pl.col("concept").is_null())
    if not unmapped.height:
        return []
    rows = dict(triples.group_by("code").agg(pl.col("rows").sum()).iter_rows())
    # What the letters of the code say, as if they were its name: VITB12.
    codes = unmapped.join(_kept_out(book, table, unmapped), on="name", how="anti")["code"].unique().drop_nulls().sort()
    as_names = book.match(table, pl.DataFrame({"code_system": None, "code": None, "name": codes}, schema=_TRIPLE))
    spelled = dict(as_names.select("name", "concept").unique("name", keep="first").iter_rows())
    resembled = dict(as_names.select("name", "looks_like").unique("name", keep="first").iter_rows())
    alike = dict(unmapped.filter(pl.col("looks_like").is_not_null()).select("code", "looks_like").iter_rows())
    found = []
    for code in codes:
        concept = spelled.get(code) or alike.get(code) or resembled.get(code)
        if concept:
            found.append(LocalCode(code, concept, rows[code], is_sure=bool(spelled.get(code))))
    return sorted(found, key=lambda local: (-local.rows, local.code))


def _kept_out(book: CodeBook, table: str, unmapped: pl.DataFrame) -> pl.DataFrame:
    """``name``: those that an exclude of the name lists was written for, such as a binding capacity."""
    patterns = [named.pattern for named in book.names if named.is_exclude and named.table == table]
    names = unmapped.select("name").drop_nulls().unique().with_columns(spoken=spoken(pl.col("name")))
    hits = pattern_hits(names["spoken"].unique(), patterns).select(spoken="name").unique()
    return names.join(hits, on="spoken", how="semi").select("name")


_TRIPLE = dict.fromkeys(("code_system", "code", "name"), pl.String)
