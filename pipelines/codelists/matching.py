"""The steps of a match, from the most specific to the last resort; each takes the rows that no earlier step mapped.

``rows`` is one row per triple: ``row`` (its number), ``system``, ``key`` (the code as compared in its system),
``plain`` (the code as compared without one), ``name`` (blanks collapsed) and ``spoken`` (also underscores as blanks).
A step returns hits: one row per triple and concept.
"""

from collections.abc import Sequence

import polars as pl

from pipelines.codelists.concepts import ROUTE_OF_CONCEPT, stored_concept
from pipelines.codelists.names import collapsed, pattern_hits, spoken
from pipelines.codelists.reading import ListedCode, NamePattern
from pipelines.codelists.systems import comparable_code, plain_code, system_column

HIT = {
    "row": pl.UInt32,
    "concept": pl.String,
    "ingredient": pl.String,
    "route_of_code": pl.String,
    "matched_by": pl.String,
    "matched_entry": pl.String,
    "list_description": pl.String,
}
"""Columns of a hit; ``concept`` holds vitamin B12 of every route as one."""

_OF_A_CODE = ("system", "match", "place", *(column for column in HIT if column not in {"row", "matched_by"}))


def prepared(triples: pl.DataFrame, table: str) -> pl.DataFrame:
    """The triples as the steps compare them, numbered in their order."""
    return (
        triples.select(pl.col("code_system", "code", "name").cast(pl.String))
        .with_row_index("row")
        .with_columns(system=system_column(triples["code_system"].cast(pl.String), table))
        .select(
            "row",
            "system",
            key=comparable_code(pl.col("system"), pl.col("code")),
            plain=plain_code(pl.col("code")),
            name=collapsed(pl.col("name")),
            spoken=spoken(pl.col("name")),
        )
    )


def code_frame(codes: Sequence[ListedCode]) -> pl.DataFrame:
    """Codes of a list as a frame to join rows with, in the order of the list."""
    frame = pl.DataFrame(
        {
            "system": [listed.system for listed in codes],
            "code": [listed.code for listed in codes],
            "match": [listed.match for listed in codes],
            "concept": [stored_concept(listed.concept) for listed in codes],
            "ingredient": [listed.ingredient for listed in codes],
            "route_of_code": [ROUTE_OF_CONCEPT.get(listed.concept) for listed in codes],
            "matched_entry": [listed.entry for listed in codes],
            "list_description": [listed.description for listed in codes],
        },
        schema_overrides=dict.fromkeys(
            ("system", "code", "ingredient", "route_of_code", "list_description"), pl.String
        ),
    )
    key = comparable_code(pl.col("system"), pl.col("code"))
    return frame.with_row_index("place").select(
        *_OF_A_CODE, key.alias("key"), plain_code(pl.col("code")).alias("plain")
    )


def by_local_code(rows: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """Rows whose code a ``[[code]]`` entry maps; an entry of the row's own system goes before one of any system."""
    in_system = _joined(rows, codes.filter(pl.col("system").is_not_null()), ["system", "key"], "local_code")
    anywhere = _joined(
        rows.join(in_system, on="row", how="anti"), codes.filter(pl.col("system").is_null()), ["plain"], "local_code"
    )
    return pl.concat([in_system, anywhere])


def by_exact_code(rows: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """Rows whose code is listed as it is."""
    return _joined(rows, codes.filter(pl.col("match") == "exact"), ["system", "key"], "code")


def by_prefix(rows: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """Rows whose code begins with a listed prefix: the longest one decides."""
    prefixes = codes.filter(pl.col("match") == "prefix")
    found = [pl.DataFrame(schema=HIT)]
    for length in prefixes["key"].str.len_chars().unique().sort(descending=True):
        begun = rows.filter(pl.col("key").str.len_chars() >= length).with_columns(pl.col("key").str.head(length))
        of_length = prefixes.filter(pl.col("key").str.len_chars() == length)
        hits = _joined(begun, of_length, ["system", "key"], "prefix")
        found.append(hits)
        rows = rows.join(hits, on="row", how="anti")
    return pl.concat(found)


def by_local_name(rows: pl.DataFrame, patterns: Sequence[NamePattern], *, many: bool) -> pl.DataFrame:
    """Rows whose name a ``[[code]]`` entry maps; ``many`` keeps every concept, otherwise the first entry decides."""
    hits = pattern_hits(rows["name"].unique(), [named.pattern for named in patterns])
    meant = rows.select("row", "name", "system").join(
        hits.join(_pattern_frame(patterns), on="pattern").rename({"system": "wanted"}), on="name"
    )
    in_system = meant.filter(pl.col("wanted").is_null() | (pl.col("wanted") == pl.col("system")))
    return _named_hits(in_system, "local_name", many=many)


def by_name(rows: pl.DataFrame, patterns: Sequence[NamePattern], *, many: bool) -> pl.DataFrame:
    """Rows whose name a shipped pattern maps and no exclude of that concept rules out.

    ``many`` keeps every concept (iron with folic acid); otherwise the first pattern of the list decides.
    """
    hits = pattern_hits(rows["spoken"].unique(), [named.pattern for named in patterns])
    meant = hits.join(_pattern_frame(patterns), on="pattern")
    kept = meant.filter(~pl.col("is_exclude")).join(meant.filter("is_exclude"), on=["name", "concept"], how="anti")
    return _named_hits(rows.select("row", name="spoken").join(kept, on="name"), "name", many=many)


def looks_like(rows: pl.DataFrame, patterns: Sequence[NamePattern], loose: Sequence[NamePattern]) -> pl.DataFrame:
    """For rows that nothing mapped: ``row`` and the concept that their name resembles.

    First a concept whose pattern matched and was ruled out by an exclude, then one of the loose patterns.
    """
    likenesses = [*(named for named in patterns if not named.is_exclude), *loose]
    hits = pattern_hits(rows["spoken"].unique(), [named.pattern for named in likenesses])
    first = hits.group_by("name").agg(pl.col("pattern").min()).join(_pattern_frame(likenesses), on="pattern")
    return rows.select("row", name="spoken").join(first, on="name").select("row", looks_like="concept")


def _pattern_frame(patterns: Sequence[NamePattern]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "pattern": range(len(patterns)),
            "concept": [stored_concept(named.concept) for named in patterns],
            "is_exclude": [named.is_exclude for named in patterns],
            "route_of_code": [ROUTE_OF_CONCEPT.get(named.concept) for named in patterns],
            "matched_entry": [named.entry for named in patterns],
            "system": [named.system for named in patterns],
        },
        schema={
            "pattern": pl.Int64,
            "concept": pl.String,
            "is_exclude": pl.Boolean,
            "route_of_code": pl.String,
            "matched_entry": pl.String,
            "system": pl.String,
        },
    )


def _joined(rows: pl.DataFrame, codes: pl.DataFrame, on: list[str], matched_by: str) -> pl.DataFrame:
    """Hits of rows and codes that agree; a concept listed twice for one code counts once, as first listed."""
    return (
        rows.select("row", *on)
        .join(codes.select(*on, "place", *[column for column in HIT if column in codes.columns]), on=on)
        .sort("row", "place")
        .unique(["row", "concept"], keep="first", maintain_order=True)
        .select(pl.lit(matched_by).alias(column) if column == "matched_by" else pl.col(column) for column in HIT)
    )


def _named_hits(meant: pl.DataFrame, matched_by: str, *, many: bool) -> pl.DataFrame:
    """Hits of rows and patterns: one per concept, or the first alone; the route is the first that a pattern states."""
    per_concept = (
        meant.sort("row", "pattern")
        .group_by("row", "concept", maintain_order=True)
        .agg(
            pl.col("pattern", "matched_entry").first(),
            pl.col("route_of_code").drop_nulls().first(),
        )
        .sort("row", "pattern")
    )
    decided = per_concept if many else per_concept.unique("row", keep="first", maintain_order=True)
    return decided.select(
        "row",
        "concept",
        pl.lit(None, pl.String).alias("ingredient"),
        "route_of_code",
        pl.lit(matched_by).alias("matched_by"),
        "matched_entry",
        pl.lit(None, pl.String).alias("list_description"),
    ).cast(HIT)
