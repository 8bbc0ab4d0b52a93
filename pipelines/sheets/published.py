"""What the standing publication says of items: those that are open, those that were, and when each run published."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.duck import reading_connection
from pipelines.errors import B12Error
from pipelines.publish.editions import Editions
from pipelines.publish.history import load_runs


@dataclass(frozen=True)
class OpenItem:
    """An item that is open now."""

    worklist: str
    person_id: str
    evidence_hash: str


@dataclass(frozen=True)
class PastItem:
    """An item that is open no longer; ``because`` is the slug that ``item_history`` or ``care_gap`` gives."""

    worklist: str
    person_id: str
    because: str


@dataclass(frozen=True)
class Published:
    """The items that this home knows, by item_key, and its runs.

    Attributes:
        run_id: the run of the standing publication.
        open_items: the open ones.
        past_items: those that were open, or eligible, and are not open now.
        published_at: when each run ended, by run id.
    """

    run_id: str
    open_items: Mapping[str, OpenItem]
    past_items: Mapping[str, PastItem] = field(default_factory=dict)
    published_at: Mapping[str, datetime] = field(default_factory=dict)

    def seen_at(self, run_id: str) -> datetime | None:
        """When a run published; of one that this home does not know the start that its id begins with, else null."""
        if run_id in self.published_at:
            return self.published_at[run_id]
        try:
            return datetime.fromisoformat(run_id[: len("20261122T201434")])
        except ValueError:
            return None


def published_items(home: Path) -> Published:
    """What the standing publication of a home says.

    Raises:
        B12Error: Nothing is published there, or by a version that knew no decisions.
    """
    published = Editions(home).published()
    if published is None:
        raise B12Error(f"Nothing is published in {home} yet. Run `b12 --home {home} run --extracts DIR` first.")
    database, current = published
    try:
        with reading_connection(database) as con:
            open_rows = con.execute("SELECT item_key, worklist, person_id, evidence_hash FROM worklist_item").fetchall()
            # What closes an item today comes last, and so wins over what once did.
            past_rows = [*con.execute(RESOLVED).fetchall(), *con.execute(CLOSED).fetchall()]
    except duckdb.Error:
        raise B12Error(
            f"The publication in {home} was made by an older version. Run the nightly job once, then import again."
        ) from None
    runs = {run.run_id: run.ended_at for run in load_runs(home / "runs")}
    return Published(
        run_id=current["run_id"],
        open_items={key: OpenItem(*rest) for key, *rest in open_rows},
        past_items={key: PastItem(*rest) for key, *rest in past_rows},
        published_at=runs | {current["run_id"]: datetime.fromisoformat(current["published_at"])},
    )


RESOLVED = """
    SELECT item_key, worklist, person_id, because FROM item_history WHERE event = 'resolved'
    QUALIFY row_number() OVER (PARTITION BY item_key ORDER BY on_date DESC, run_id DESC) = 1
"""
CLOSED = "SELECT item_key, worklist, person_id, closed_by FROM care_gap WHERE closed_by IS NOT NULL"
