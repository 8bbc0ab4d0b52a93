"""Counting people: who is eligible and who is counted, by measure, site, age band and sex, before suppression."""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise

import polars as pl

from pipelines.clinical.dates import aged
from pipelines.measures._registry import measures
from pipelines.profile import Profile
from pipelines.worklists import Judgement, worklists
from pipelines.worklists._build import OUTCOME
from pipelines.worklists._registry import SCOPE
from pipelines.worklists._tables import numbered_people
from pipelines.worklists._worklist import scoped

UNKNOWN = "unknown"
MEASURE = ("kind", "measure")
CELL = ("site", "age_band", "sex")
COUNTS = {
    **dict.fromkeys((*MEASURE, *CELL), pl.String),
    "eligible": pl.Int64,
    "open": pl.Int64,
}
"""The columns of counts. ``open`` are the people counted: with an open gap, or whom the measure's rule counts."""


def asked_of_judge() -> tuple[object, ...]:
    """What ``judge`` has to hand out besides the lists, so that ``judged_counts`` can count."""
    return (SCOPE, *(each.rule for each in measures().values()))


def judged_counts(judgement: Judgement, *, as_of: date, profile: Profile) -> pl.DataFrame:
    """The counts of a judgement that was made with ``also=asked_of_judge()``; those of shards add up.

    Every list and measure appears in every cell in which anybody is in scope, with zeros where nobody is eligible.
    """
    gaps = judgement.care_gap.select("person_id", "closed_by", measure="worklist")
    members = [_of_lists(gaps)]
    members += [_of_rule(name, judgement.terms[name]) for name in measures()]
    return _counts(pl.concat(members), _cells(judgement.terms[SCOPE], as_of=as_of, profile=profile))


def tallied_counts(
    tables: Mapping[str, pl.DataFrame],
    *,
    as_of: date,
    profile: Profile,
    delivered: frozenset[str],
    first_exposure: pl.DataFrame,
) -> pl.DataFrame:
    """The same counts from core tables, judged for their outcome alone: no evidence, no reasons, no keys."""
    settings = {"as_of": as_of, "profile": profile, "delivered": delivered, "first_exposure": first_exposure}
    lazy = {name: rows.lazy() for name, rows in tables.items()}
    build = scoped(lazy, numbered_people(lazy["person"]), settings, columns=OUTCOME)
    judged = [
        _of_lists(build(name).select("person_id", "closed_by", measure=pl.lit(name)).collect()) for name in worklists()
    ]
    ruled = [_of_rule(name, build.made(each.rule, name).collect()) for name, each in measures().items()]
    return _counts(pl.concat(judged + ruled), _cells(build(SCOPE).collect(), as_of=as_of, profile=profile))


def added(counts: list[pl.DataFrame]) -> pl.DataFrame:
    """The counts of several shards as one."""
    every = pl.concat([pl.DataFrame(schema=COUNTS), *counts])
    return every.group_by(*MEASURE, *CELL).agg(pl.col("eligible", "open").sum())


def age_bands(profile: Profile) -> dict[str, int]:
    """The age bands by name, with the completed years at which each begins."""
    begins = [
        profile["scope.adult_years"],
        *(profile[f"measure.{age}_years"] for age in ("middle", "older", "oldest")),
    ]
    names = [f"{first}-{after - 1}" for first, after in pairwise(begins)]
    return dict(zip([*names, f"{begins[-1]}+"], begins, strict=True))


def _of_lists(judged: pl.DataFrame) -> pl.DataFrame:
    return judged.select("person_id", "measure", kind=pl.lit("worklist"), is_counted=pl.col("closed_by").is_null())


def _of_rule(name: str, ruled: pl.DataFrame) -> pl.DataFrame:
    return ruled.select("person_id", "is_counted", measure=pl.lit(name), kind=pl.lit(measures()[name].kind)).select(
        "person_id", "measure", "kind", "is_counted"
    )


def _cells(in_scope: pl.DataFrame, *, as_of: date, profile: Profile) -> pl.DataFrame:
    """One row per person in scope with the cell that the person is counted in."""
    bands = age_bands(profile)
    band = pl.coalesce(
        *(pl.when(aged("birth_date", begins, on=as_of)).then(pl.lit(name)) for name, begins in reversed(bands.items())),
        pl.lit(UNKNOWN),
    )
    return in_scope.select(
        "person_id", site=pl.col("site").fill_null(UNKNOWN), age_band=band, sex=pl.col("sex").fill_null(UNKNOWN)
    )


def _counts(members: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    names = [("worklist", name) for name in worklists()]
    names += [(each.kind, name) for name, each in measures().items()]
    every = pl.DataFrame(names, schema=list(MEASURE), orient="row").join(cells.select(CELL).unique(), how="cross")
    found = members.join(cells, on="person_id").group_by(*MEASURE, *CELL)
    counts = found.agg(eligible=pl.len().cast(pl.Int64), open=pl.col("is_counted").sum().cast(pl.Int64))
    return every.join(counts, on=[*MEASURE, *CELL], how="left").with_columns(pl.col("eligible", "open").fill_null(0))
