"""Judging shard by shard: the same pure functions for each, here or on other machines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

import polars as pl

from pipelines.ingest.core import Core
from pipelines.measures import asked_of_judge, judged_counts
from pipelines.profile import Number, Profile
from pipelines.publish.items import open_items
from pipelines.worklists import judge

JUDGED = ("care_gap", "evidence", "worklist_item")
"""What judging a shard writes, a Parquet file each: the open items as today's facts give them."""


@dataclass(frozen=True)
class ShardOrder:
    """What it takes to judge any shard of a run; it can be sent to another process that sees the same folders."""

    core: Core
    as_of: date
    profile: Profile
    folder: Path

    def path(self, table: str, shard: int) -> Path:
        """Where a shard's rows of a judged table are written."""
        return self.folder / table / f"{shard:04d}.parquet"


@dataclass(frozen=True)
class Judged:
    """What a judged shard tells besides its files: counts of measures, people in scope by site, and numbers read."""

    counts: pl.DataFrame
    in_scope: pl.DataFrame
    parameters: Mapping[str, Mapping[str, Number]]


Engine = Callable[[ShardOrder, Sequence[int]], Iterator[Judged]]
"""Judges shards, in any order; each is told once."""


def here(order: ShardOrder, shards: Sequence[int]) -> Iterator[Judged]:
    """The shards one after the other in this process."""
    for shard in shards:
        yield judge_shard(order, shard)


def judge_shard(order: ShardOrder, shard: int) -> Judged:
    """Judge one shard and write its files, each whole or not at all; done again, it gives the same."""
    tables = {table: order.core.scan(table, shard) for table in order.core.rows}
    judgement = judge(
        tables,
        as_of=order.as_of,
        profile=order.profile,
        delivered=order.core.delivered,
        first_exposure=order.core.first_exposure,
        also=(*asked_of_judge(), "treatment_on_record"),
    )
    gaps, evidence = judgement.care_gap, judgement.evidence
    treatment = judgement.terms["treatment_on_record"].lazy()
    items = open_items(gaps.lazy(), evidence.lazy(), tables, treatment, as_of=order.as_of).collect()
    for table, frame in zip(JUDGED, (gaps, evidence, items), strict=True):
        path = order.path(table, shard)
        unfinished = path.with_suffix(f".{uuid4().hex}")  # a worker taken for lost may still write
        frame.write_parquet(unfinished)
        unfinished.replace(path)
    return Judged(
        counts=judged_counts(judgement, as_of=order.as_of, profile=order.profile),
        in_scope=judgement.terms["in_scope"].group_by("site").len("people"),
        parameters=judgement.parameters,
    )
