"""What a run follows: the publication before it, what reviewers decided, and so what became of every item."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, time
from functools import cached_property
from pathlib import Path

import polars as pl

from pipelines.decisions import DecisionLog, log_url, precision
from pipelines.duck import reading_connection, working_connection
from pipelines.ingest.core import Core, build_core
from pipelines.ingest.store import Store
from pipelines.measures import precision_rows
from pipelines.orchestration.order import Order
from pipelines.publish.editions import Editions
from pipelines.publish.items import rank_items
from pipelines.publish.life import ITEM, ON_LIST, Before, decided_events, facts_of, live, resolve, vanished
from pipelines.worklists import judge


@dataclass
class Following:
    """What came before one run; read once, when it is asked for.

    ``hashes`` are the definitions of the run by list, ``work`` its work folder.
    """

    order: Order
    run_id: str
    hashes: Mapping[str, str]
    store: Store
    editions: Editions
    work: Path

    def lives(
        self, judged: Callable[[str], pl.LazyFrame], core: Core, *, by_mma: frozenset[str]
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows of ``worklist_item`` and of ``item_history``: what became of every item by this run.

        ``judged`` gives the care gaps, the evidence and the open items of the run by the name of their table;
        ``by_mma`` names the lists that are ordered by MMA.
        """
        before, decisions = self.before, self.decisions
        told = {"as_of": self.order.as_of, "run_id": self.run_id}
        gaps = judged("care_gap").select(*ITEM, "closed_by")
        is_open = gaps.filter(pl.col("closed_by").is_null())
        facts = facts_of(judged("evidence").join(is_open, on=ON_LIST, how="semi").collect())
        items, arrived = live(judged("worklist_item").collect(), facts, before, decisions, **told)
        gone = vanished(before, items)
        concerned = gaps.join(gone.lazy(), on=ON_LIST, how="semi").collect()
        tables = {table: core.scan(table) for table in core.rows}
        resolved = resolve(gone, before, concerned, tables, redefined=self._redefined(gone, before), **told)
        history = pl.concat([before.history, resolved, arrived, decided_events(decisions)])
        return rank_items(items, by_mma=by_mma), history

    @cached_property
    def before(self) -> Before:
        """What was published before this run's date."""
        latest, furthest = self.editions.latest_before(self.order.as_of), self.editions.furthest()
        return Before.read(latest, furthest, as_of=self.order.as_of)

    @cached_property
    def decisions(self) -> pl.DataFrame:
        """The entries of the decision log that were known at the knowledge date."""
        log = DecisionLog.open(log_url(self.order.settings, self.order.home))
        with closing(log):
            return log.read(until=datetime.combine(self.order.known_at, time.max))

    def precision(self) -> pl.DataFrame:
        """The rows of ``measure`` that say how often reviewers found a list right."""
        told = precision(self.decisions.lazy()).collect()
        return precision_rows(told, known_at=self.order.known_at, profile=self.order.profile)

    def _redefined(self, gone: pl.DataFrame, before: Before) -> frozenset[str]:
        """Keys of the items that today's definitions do not hold open on the facts of the publication before.

        Only lists whose definition changed are judged again, on what the store held and knew then.
        """
        changed = {name for name, digest in before.definitions.items() if self.hashes.get(name) != digest}
        asked = gone.filter(pl.col("worklist").is_in(changed))
        if asked.is_empty():
            return frozenset()
        judged = self._judged_as_before(before, sorted(changed & self.hashes.keys()), asked)
        return frozenset(asked.join(judged, on=ITEM, how="anti")["item_key"])

    def _judged_as_before(self, before: Before, lists: list[str], asked: pl.DataFrame) -> pl.DataFrame:
        """The items that lists, as defined now, would have held open in the publication before."""
        people = asked.select("person_id").unique().lazy()
        with working_connection(self.order.settings.memory_limit, self.work / "spill") as con:
            core = build_core(
                self.store.as_read_by(before.made_at),
                as_of=before.as_of,
                known_at=before.known_at,
                folder=self.work / "core_before",
                con=con,
            )
        judgement = judge(
            {table: core.scan(table).join(people, on="person_id", how="semi") for table in core.rows},
            as_of=before.as_of,
            profile=self.order.profile,
            delivered=core.delivered,
            first_exposure=core.first_exposure,
            lists=lists,
        )
        return judgement.care_gap.filter(pl.col("closed_by").is_null())

    def attrition(self) -> pl.DataFrame | None:
        """The attrition of the publication before; null where there is none."""
        database = self.editions.latest_before(self.order.as_of)
        if database is None:
            return None
        with reading_connection(database) as con:
            return con.sql("FROM attrition").pl()
