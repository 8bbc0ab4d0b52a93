"""Published tables that are made from the judged lists: definitions, attrition, and the counts of the report."""

import json
from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from pipelines.contract import core_schema
from pipelines.profile import Number
from pipelines.worklists import Worklist

IS_OPEN = pl.col("closed_by").is_null()


def definition_rows(
    lists: Iterable[Worklist],
    *,
    profile: str,
    parameters: Mapping[str, Mapping[str, Number]],
    hashes: Mapping[str, str],
) -> pl.DataFrame:
    """The rows of ``worklist``: each definition as it was applied."""
    rows = [
        {
            "worklist": each.name,
            "title": each.title,
            "action": each.action,
            "rationale": each.rationale,
            "source": each.source.title,
            "source_url": each.source.url or "",
            "profile": profile,
            "parameters": json.dumps(parameters[each.name], sort_keys=True),
            "definition_hash": hashes[each.name],
            "owner": each.owner,
            "reviewed": each.reviewed,
        }
        for each in lists
    ]
    return pl.DataFrame(rows, schema=core_schema("worklist"))


def attrition_rows(
    care_gap: pl.LazyFrame,
    person: pl.LazyFrame,
    in_scope: pl.DataFrame,
    before: pl.DataFrame | None,
    *,
    lists: Iterable[str],
    as_of: date,
) -> pl.DataFrame:
    """The rows of ``attrition``: people in scope, eligible, closed by each rule, and open, by list and site.

    ``in_scope`` counts ``people`` by ``site``. ``before`` is the attrition of the standing publication, null where
    there is none; a count that existed there and is gone now appears as zero.
    """
    key = ["worklist", "site", "step", "closed_by"]
    nothing = pl.lit(None, pl.String)
    gaps = care_gap.join(person.select("person_id", "site"), on="person_id", how="left")
    ended = gaps.with_columns(step=pl.when(IS_OPEN).then(pl.lit("open")).otherwise(pl.lit("closed")))
    eligible = gaps.with_columns(step=pl.lit("eligible"), closed_by=nothing)
    counted = pl.concat([ended.select(key), eligible.select(key)]).group_by(key).agg(people=pl.len()).collect()
    everybody = pl.DataFrame({"worklist": list(lists)}).join(in_scope, how="cross")
    scope = everybody.select("worklist", "site", pl.lit("in_scope").alias("step"), nothing.alias("closed_by"), "people")
    now = pl.concat([scope, counted], how="vertical_relaxed").with_columns(pl.col("people").cast(pl.Int64))
    if before is None:
        counts = now.with_columns(previous_people=pl.lit(None, pl.Int64))
    else:
        previous = before.filter(pl.col("people") > 0).select(*key, previous_people="people")
        counts = now.join(previous, on=key, how="full", coalesce=True, nulls_equal=True).with_columns(
            pl.col("people", "previous_people").fill_null(0)
        )
    changed = counts.with_columns(as_of=pl.lit(as_of), change=pl.col("people") - pl.col("previous_people"))
    return changed.select(pl.col(name).cast(kind) for name, kind in core_schema("attrition").items())


def list_counts(
    lists: Iterable[Worklist], care_gap: pl.LazyFrame | None, open_before: Mapping[str, int | None]
) -> pl.DataFrame:
    """A row per list for the report: ``eligible``, ``open_now``, ``urgent``, ``open_before``; none before judging."""
    titles = pl.DataFrame([(each.name, each.title) for each in lists], schema=["worklist", "title"], orient="row")
    if care_gap is None:
        return titles.clear().with_columns(eligible=0, open_now=0, urgent=0, open_before=0)
    counts = care_gap.group_by("worklist").agg(
        eligible=pl.len(), open_now=IS_OPEN.sum(), urgent=(pl.col("priority") == 1).sum()
    )
    before = pl.col("worklist").replace_strict(dict(open_before), default=None, return_dtype=pl.Int64)
    return (
        titles.join(counts.collect(), on="worklist", how="left", maintain_order="left")
        .with_columns(pl.col("eligible", "open_now", "urgent").fill_null(0))
        .with_columns(open_before=before)
    )
