"""What the lists would be with another number: the published core tables, judged again."""

import json
from collections.abc import Collection, Mapping

import duckdb
import polars as pl

from pipelines.contract import CORE_TABLES
from pipelines.duck import scalar
from pipelines.ingest.core import first_exposure
from pipelines.profile import Number, Profile, load_profile
from pipelines.worklists import judge

PEOPLE_AT_ONCE = 50_000


def published_profile(con: duckdb.DuckDBPyConnection, overrides: Mapping[str, Number] | None = None) -> Profile:
    """The profile that a publication was judged by, its overrides included, with ``overrides`` laid over it.

    Numbers that no list reads are those that ship: nothing published depends on them.

    Raises:
        ConfigurationError: an override has an unknown name, a wrong type or a value out of bounds.
    """
    name = scalar(con, "SELECT profile FROM this_run")
    applied: dict[str, Number] = {}
    for (parameters,) in con.execute("SELECT parameters FROM worklist").fetchall():
        applied |= json.loads(parameters)
    shipped = load_profile(name)
    changed = {number: value for number, value in applied.items() if value != shipped[number]}
    return load_profile(name, changed | dict(overrides or {}))


def judged_again(
    con: duckdb.DuckDBPyConnection, overrides: Mapping[str, Number], *, lists: Collection[str]
) -> pl.DataFrame:
    """The care gaps of these lists with other numbers: the columns of ``care_gap``, ordered by list and person.

    Reads nothing but the connection to a publication, and writes nothing. Without overrides it is ``care_gap``.

    Raises:
        ConfigurationError: there is no such list, or an override does not fit.
    """
    profile = published_profile(con, overrides)
    as_of = scalar(con, "SELECT as_of FROM this_run")
    read = con.execute("SELECT DISTINCT extract_table FROM source_file WHERE rows_read > 0").fetchall()
    seen_since = first_exposure(con)
    shards = scalar(con, "SELECT count(*) FROM person") // PEOPLE_AT_ONCE + 1
    gaps = []
    for shard in range(shards):
        of_shard = f"hash(person_id) % {shards} = {shard}"
        tables = {name: con.sql(f"SELECT * FROM {name} WHERE {of_shard}").pl().lazy() for name in CORE_TABLES}
        judgement = judge(
            tables,
            as_of=as_of,
            profile=profile,
            delivered=frozenset(name for (name,) in read),
            first_exposure=seen_since,
            lists=lists,
        )
        gaps.append(judgement.care_gap)
    return pl.concat(gaps).sort("worklist", "person_id")
