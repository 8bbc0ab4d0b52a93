"""Judging: from core tables to care gaps and their evidence, for every list at once.

A list answers one question: who has this gap today? Its rule returns every eligible person once, with ``closed_by``,
the first closing rule that holds, or null while the gap is open. The signatures of rules and terms say what is needed
and in which order; every table, term and list is built once.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.contract import core_schema
from pipelines.errors import B12Error
from pipelines.profile import Number, Profile
from pipelines.worklists._build import LIST_COLUMNS, Build, collected
from pipelines.worklists._evidence import gather, named_events
from pipelines.worklists._registry import SCOPE, Worklist, closure, known_worklist, worklists
from pipelines.worklists._tables import EVENT_TABLES, counting_rows, numbered_people

FLAG = "flag_"
KEY_LENGTH = 16  # of 64 hex digits: no two episodes meet by chance


@dataclass(frozen=True)
class Judgement:
    """What the lists say of the persons that were judged.

    ``care_gap`` and ``evidence`` have the columns of their tables, in no order. ``parameters`` holds, by list, the
    profile numbers that its rule and terms read; ``inputs`` the core tables that it needs. ``terms`` holds the shared
    terms that were asked for besides, with ``person_id`` as delivered.
    """

    care_gap: pl.DataFrame
    evidence: pl.DataFrame
    parameters: Mapping[str, Mapping[str, Number]]
    inputs: Mapping[str, tuple[str, ...]]
    terms: Mapping[str, pl.DataFrame]


def judge(
    tables: Mapping[str, pl.LazyFrame],
    *,
    as_of: date,
    profile: Profile,
    delivered: frozenset[str],
    first_exposure: pl.DataFrame,
    lists: Collection[str] | None = None,
    also: Collection[str | Callable[..., pl.LazyFrame]] = (),
) -> Judgement:
    """Judge the persons of these core tables, which may be a shard of all.

    Args:
        tables: the five core tables, each row in the version that counts at the run.
        as_of: the date the lists look from; later rows are not read.
        profile: the numbers of the rules.
        delivered: the extract tables of which a row was ever read.
        first_exposure: ``site`` and ``first_start``, the earliest start of a drug exposure among the persons of the
            site in the whole population; the row of null site holds the earliest of all.
        lists: the lists to judge; all when none are named.
        also: shared terms to hand out with the judgement, by name, and functions of terms, under their names.

    Raises:
        ConfigurationError: a list that does not exist.
        B12Error: a rule names a person twice.
    """
    wanted = [known_worklist(name) for name in (worklists() if lists is None else lists)]
    settings = {"as_of": as_of, "profile": profile, "delivered": delivered, "first_exposure": first_exposure}
    everyone = numbered_people(tables["person"])
    build = scoped(tables, everyone, settings)
    gaps, named = [pl.DataFrame(schema=core_schema("care_gap"))], []
    for worklist in wanted:
        judged = build(worklist.name).collect()
        gaps.append(care_gap(worklist, judged.join(everyone, on="person_id"), delivered))
        named.append(named_events(judged, worklist.name))
    return Judgement(
        care_gap=pl.concat(gaps),
        evidence=_evidence(named, build, everyone),
        parameters={each.name: _numbers(each, build, profile) for each in wanted},
        inputs={each.name: each.inputs for each in wanted},
        terms=dict(_asked(each, build, everyone) for each in also),
    )


def _asked(asked: str | Callable[..., pl.LazyFrame], build: Build, everyone: pl.DataFrame) -> tuple[str, pl.DataFrame]:
    """A term, or what a function of terms returns, under its name and with the persons' own identifiers."""
    name = asked if isinstance(asked, str) else asked.__name__
    rows = build(asked) if isinstance(asked, str) else build.made(asked, name)
    told = rows.collect().join(everyone, on="person_id").drop("person_id")
    return name, told.rename({"person": "person_id"})


def scoped(
    tables: Mapping[str, pl.LazyFrame],
    everyone: pl.DataFrame,
    settings: Mapping[str, object],
    *,
    columns: Sequence[str] = LIST_COLUMNS,
) -> Build:
    """A build on the rows that count of the people in scope: nothing else is ever looked at. Lists keep ``columns``."""
    as_of, conditions = settings["as_of"], "condition_occurrence"
    told = counting_rows(conditions, tables[conditions], everyone, as_of=as_of)
    person = everyone.drop("person")
    build = Build({"person": person.lazy(), conditions: told.lazy()}, settings, keep=collected, columns=columns)
    scope = build(SCOPE).select("person_id").collect()
    people = everyone.join(scope, on="person_id", how="semi")
    build.built["person"] = people.drop("person").lazy()
    build.built[conditions] = told.join(scope, on="person_id", how="semi").lazy()
    for table in EVENT_TABLES:
        if table != conditions:
            build.built[table] = counting_rows(table, tables[table], people, as_of=as_of).lazy()
    return build


def care_gap(worklist: Worklist, judged: pl.DataFrame, delivered: frozenset[str]) -> pl.DataFrame:
    """A judged list in the columns of the care gap table."""
    if judged["person_id"].n_unique() != judged.height:
        raise B12Error(f"Worklist {worklist.name} names a person twice. Its rule must return an eligible person once.")
    is_open = pl.col("closed_by").is_null()
    outcome = pl.when(is_open).then("missing").otherwise(pl.concat_str(pl.lit("closed: "), "closing"))
    unseen = [f"{extract}_not_seen" for extract in worklist.extracts if extract not in delivered]
    set_flags = [
        pl.when(column).then(pl.lit(column.removeprefix(FLAG))) for column in judged.columns if column.startswith(FLAG)
    ]
    keys = [
        hashlib.sha256(f"{worklist.name}\n{person}\n{index}".encode()).hexdigest()[:KEY_LENGTH]
        for person, index in judged.select("person", "index_date").iter_rows()
    ]
    return judged.with_columns(
        worklist=pl.lit(worklist.name),
        person_id="person",
        item_key=pl.Series(keys, dtype=pl.String),
        priority=pl.when(is_open).then("priority").cast(pl.Int8),
        reason=pl.concat_str("found", pl.lit("; "), outcome, pl.lit(".")),
        flags=pl.concat_list(*set_flags, *map(pl.lit, unseen)).list.drop_nulls().list.sort(),
    ).select(pl.col(name).cast(dtype) for name, dtype in core_schema("care_gap").items())


def _evidence(named: list[pl.DataFrame], build: Build, everyone: pl.DataFrame) -> pl.DataFrame:
    """The evidence table of the events that the lists named."""
    nothing = pl.DataFrame(schema=core_schema("evidence"))
    if not named:
        return nothing
    tables = {table: build(table).collect() for table in EVENT_TABLES}
    rows = gather(pl.concat(named), tables).join(everyone.select("person_id", "person"), on="person_id")
    return rows.with_columns(person_id="person").select(
        pl.col(name).cast(dtype) for name, dtype in core_schema("evidence").items()
    )


def _numbers(worklist: Worklist, build: Build, profile: Profile) -> dict[str, Number]:
    """The profile numbers that a list and everything it rests on read."""
    read = frozenset().union(*(build.read.get(name, frozenset()) for name in closure(worklist.name)))
    return {number: profile[number] for number in sorted(read)}
