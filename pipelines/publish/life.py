"""The life of an item: when it was first listed, what a reviewer decided on it, and why it is gone.

An item is an open gap under its ``item_key``. Its life is told by comparing the gaps of a run with the publication
before it, of an earlier as-of date: a run repeated on its day, or for a past one, tells the same story again.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import polars as pl

from pipelines.contract import core_schema, empty
from pipelines.decisions import comments, standing
from pipelines.duck import has_table, reading_connection
from pipelines.worklists import showable

ITEM = ("worklist", "person_id", "item_key")
ON_LIST = ("worklist", "person_id")
QUIETED_BY = {"snooze": "snoozed", "not_applicable": "dismissed"}
"""The decisions that keep an open item quiet, and the state in which they do."""

QUIET = tuple(QUIETED_BY.values())
SEEN = ("seen_evidence_hash", "seen_priority")
SHOWN = (*ITEM, "first_listed", "state", "decided_at")
"""What is asked of the items of the publication before."""


@dataclass(frozen=True)
class Before:
    """What was published before a run, as far as items live on.

    ``items`` are the open items of the publication before it, the columns of ``SHOWN``; ``evidence`` theirs;
    ``definitions`` the definition hash of each list; ``as_of``, ``known_at`` and ``made_at`` when that was, null
    before the first. ``history`` holds what earlier runs saw, of dates before the run's.
    """

    items: pl.DataFrame
    evidence: pl.DataFrame
    history: pl.DataFrame
    definitions: Mapping[str, str]
    as_of: date | None = None
    known_at: date | None = None
    made_at: datetime | None = None

    @staticmethod
    def nothing() -> "Before":
        """Before the first publication."""
        return Before(empty("worklist_item").select(SHOWN), empty("evidence"), empty("item_history"), {})

    @staticmethod
    def read(latest: Path | None, furthest: Path | None, *, as_of: date) -> "Before":
        """From the publication before ``as_of``; null where there is none.

        Its own history goes with its items: another edition may never have known of it. Only where there is none, the
        ``furthest``, the one of the latest date, tells what happened before.
        """
        nothing = Before.nothing()
        history = nothing.history
        telling = latest or furthest
        if telling is not None:
            with reading_connection(telling) as con:
                # What reviewers did is told from their log.
                told = "SELECT * FROM item_history WHERE on_date < ? AND event NOT IN ('snoozed', 'decided')"
                history = con.sql(told, params=[as_of]).pl() if has_table(con, "item_history") else history
        if latest is None:
            return replace(nothing, history=history)
        facts = json.loads(latest.with_name("current.json").read_text(encoding="utf-8"))
        with reading_connection(latest) as con:
            items = con.sql("FROM worklist_item").pl()
            of_open = "SELECT * FROM evidence SEMI JOIN worklist_item USING (worklist, person_id)"
            definitions = dict(con.execute("SELECT worklist, definition_hash FROM worklist").fetchall())
            return Before(
                items=as_published_now(items).select(SHOWN),
                evidence=con.sql(of_open).pl(),
                history=history,
                definitions=definitions,
                as_of=date.fromisoformat(facts["as_of"]),
                known_at=date.fromisoformat(facts["known_at"]),
                made_at=datetime.fromisoformat(facts["published_at"]),
            )


def facts_of(evidence: pl.DataFrame) -> pl.DataFrame:
    """One row per list, person and ``fact`` of the evidence: what it says, not where it was read or in which role."""
    return evidence.select(*ON_LIST, _fact()).unique()


def evidence_hashes(facts: pl.DataFrame) -> pl.DataFrame:
    """One row per list and person: ``evidence_hash``, 16 hex digits over their facts."""
    gathered = facts.group_by(ON_LIST).agg(pl.col("fact").sort().str.join("\x1e"))
    digests = [hashlib.sha256(said.encode()).hexdigest()[:16] for said in gathered["fact"]]
    return gathered.select(*ON_LIST, pl.Series("evidence_hash", digests, dtype=pl.String))


def live(
    items: pl.DataFrame, facts: pl.DataFrame, before: Before, decisions: pl.DataFrame, *, as_of: date, run_id: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The open items with their state, and what the run saw happen to them: rows of ``item_history``.

    ``items`` are worklist, person_id, item_key, priority and whatever else; ``facts`` those of their evidence;
    ``decisions`` the entries of the decision log that were known. Added are the columns of ``worklist_item`` from
    ``state`` to ``decision_id``, ``first_listed`` and ``days_listed``.
    """
    history = before.history
    resolved = history.filter(pl.col("event") == "resolved").select("item_key", was_resolved=True).unique()
    woken = history.filter(pl.col("event") == "woken").group_by("item_key").agg(woken_on=pl.col("on_date").max())
    known = before.items.select(*ITEM, "first_listed", state_before="state", decided_before="decided_at")
    items = (
        items.join(evidence_hashes(facts), on=ON_LIST, how="left")
        .join(known, on=ITEM, how="left")
        .join(resolved, on="item_key", how="left")
        .join(woken, on="item_key", how="left")
        .join(_decided(decisions), on="item_key", how="left")
    )
    quieted = items.filter(pl.col("decision").is_in(QUIETED_BY))
    items = items.join(waking(quieted, facts, before, as_of=as_of), on="item_key", how="left")
    came = (
        pl.when(pl.col("first_listed").is_not_null())
        .then(pl.lit("continuing"))
        .when("was_resolved")
        .then(pl.lit("returned"))
        .otherwise(pl.lit("new"))
    )
    # An item that woke stays awake until somebody decides on it again. A date alone does not say which came first on a
    # day: that it was awake under this very decision, the publication before says.
    woke_later = (pl.col("woken_on") > pl.col("decided_at").dt.date()).fill_null(value=False)
    knew_it = (pl.col("decided_before") == pl.col("decided_at")).fill_null(value=False)
    woke_since = woke_later | (knew_it & ~pl.col("state_before").is_in(QUIET))
    quiet = pl.col("decision").replace_strict(QUIETED_BY, default=None, return_dtype=pl.String)
    items = items.with_columns(came=came).with_columns(
        state=pl.when(pl.col("wakes").is_null() & ~woke_since).then(pl.coalesce(quiet, "came")).otherwise("came"),
        first_listed=pl.col("first_listed").fill_null(as_of),
    )
    items = items.with_columns(days_listed=(pl.lit(as_of) - pl.col("first_listed")).dt.total_days().cast(pl.Int32))
    arrived = items.filter(pl.col("came") != "continuing").with_columns(
        event=pl.col("came").replace({"new": "listed"}), because=pl.lit(None, pl.String)
    )
    awoken = items.filter(pl.col("wakes").is_not_null(), ~woke_since).with_columns(
        event=pl.lit("woken"), because="wakes"
    )
    return items, pl.concat([_events(rows, as_of=as_of, run_id=run_id) for rows in (arrived, awoken)])


def waking(quieted: pl.DataFrame, facts: pl.DataFrame, before: Before, *, as_of: date) -> pl.DataFrame:
    """Of the items that a decision keeps quiet those that wake: ``item_key`` and why, in ``wakes``.

    A snooze ends on its date; both end when the priority rises or newer evidence arrives: a fact that was not there
    when the reviewer decided. Against what is it compared? Against the publication before, where the item was quiet by
    this decision already, or looked as it did to the reviewer. Otherwise anything that differs from what the reviewer
    saw counts as newer: better asked twice than never.
    """
    told = facts_of(before.evidence.join(quieted, on=ON_LIST, how="semi"))
    gained = facts.join(quieted, on=ON_LIST, how="semi").join(told, on=[*ON_LIST, "fact"], how="anti")
    has_gained = gained.select(ON_LIST).unique().with_columns(has_gained=True)
    compared = quieted.join(
        evidence_hashes(told).rename({"evidence_hash": "hash_before"}), on=ON_LIST, how="left"
    ).join(has_gained, on=ON_LIST, how="left")
    was_quiet = pl.col("state_before").is_in(QUIET) & (pl.col("decided_before") == pl.col("decided_at"))
    looked_so = pl.col("hash_before") == pl.col("seen_evidence_hash")
    is_comparable = (was_quiet | looked_so).fill_null(value=False)
    differs = pl.col("evidence_hash") != pl.col("seen_evidence_hash")
    has_newer = pl.when(is_comparable).then(pl.col("has_gained").fill_null(value=False)).otherwise(differs)
    why = (
        pl.when(pl.col("snoozed_until") <= as_of)
        .then(pl.lit("date_reached"))
        .when(pl.col("priority") < pl.col("seen_priority"))
        .then(pl.lit("higher_priority"))
        .when(has_newer)
        .then(pl.lit("newer_evidence"))
    )
    return compared.select("item_key", wakes=why).drop_nulls()


def resolve(
    gone: pl.DataFrame,
    before: Before,
    care_gap: pl.DataFrame,
    tables: Mapping[str, pl.LazyFrame],
    *,
    redefined: frozenset[str],
    as_of: date,
    run_id: str,
) -> pl.DataFrame:
    """Why items that were open before no longer are: rows of ``item_history``.

    The first that holds: the person died or left; today's definition does not list the item on the facts of that day
    (its key is in ``redefined``); a closing rule holds for it; a fact that it rested on was corrected or withdrawn; a
    closing rule holds for a later episode; a later episode is open; the person is no longer eligible.

    Args:
        gone: the items that vanished.
        before: what was published before the run.
        care_gap: the care gaps of the run, of these lists and persons at least.
        tables: the core tables of the run.
        redefined: keys of items that their lists, as defined now, do not hold open on yesterday's facts.
        as_of: the as-of date of the run.
        run_id: the run.
    """
    people = (
        tables["person"]
        .select("person_id", "death_date", "registered_until")
        .join(gone.lazy().select("person_id").unique(), on="person_id", how="semi")
    )
    now = care_gap.select(*ON_LIST, key_now="item_key", closed_now="closed_by", is_listed=True)
    told = (
        gone.join(people.collect(), on="person_id", how="left")
        .join(now, on=ON_LIST, how="left")
        .join(corrected(before, gone, tables), on=ON_LIST, how="left")
    )
    closed_here = pl.when(pl.col("key_now") == pl.col("item_key")).then("closed_now")
    because = pl.coalesce(
        pl.when(pl.col("death_date") <= as_of).then(pl.lit("died")),
        pl.when(pl.col("registered_until") < as_of).then(pl.lit("left")),
        pl.when(pl.col("item_key").is_in(redefined)).then(pl.lit("definition_changed")),
        closed_here,
        pl.when("is_corrected").then(pl.lit("correction")),
        "closed_now",
        pl.when("is_listed").then(pl.lit("new_episode")),
        pl.lit("no_longer_eligible"),
    )
    return _events(told.with_columns(event=pl.lit("resolved"), because=because), as_of=as_of, run_id=run_id)


def vanished(before: Before, items: pl.DataFrame) -> pl.DataFrame:
    """The items of the publication before that are not among these, the open ones."""
    return before.items.join(items, on=ITEM, how="anti")


def corrected(before: Before, gone: pl.DataFrame, tables: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """One row per list and person whose evidence shows a fact that no longer stands, or not so: ``is_corrected``."""
    people = gone.select("person_id").unique().lazy()
    shown = before.evidence.join(gone, on=ON_LIST, how="semi").select(*ON_LIST, _fact())
    events = [name for name in tables if name != "person"]
    stands = pl.concat(
        showable(name, tables[name].join(people, on="person_id", how="semi")).select("person_id", _fact())
        for name in events
    ).collect()
    missing = shown.join(stands, on=["person_id", "fact"], how="anti")
    return missing.select(ON_LIST).unique().with_columns(is_corrected=True)


def decided_events(decisions: pl.DataFrame) -> pl.DataFrame:
    """The entries of the decision log as rows of ``item_history``."""
    is_snooze = pl.col("decision") == "snooze"
    told = decisions.with_columns(
        event=pl.when(is_snooze).then(pl.lit("snoozed")).otherwise(pl.lit("decided")),
        because=pl.when(is_snooze)
        .then(pl.format("until {}", "snooze_until"))
        .otherwise(pl.concat_str("decision", "reason", separator=": ", ignore_nulls=True)),
        on_date=pl.col("decided_at").dt.date(),
        run_id="seen_run_id",
        actor="decided_by",
    )
    return told.select(pl.col(name).cast(kind) for name, kind in core_schema("item_history").items())


def _decided(decisions: pl.DataFrame) -> pl.DataFrame:
    """One row per item that the log speaks of: the decision that stands, a later comment, the latest entry's number."""
    latest = decisions.group_by("item_key").agg(pl.col("decision_id").max())
    stands = standing(decisions.lazy()).select(
        "item_key",
        "decision",
        "decided_by",
        "decided_at",
        *SEEN,
        decision_reason="reason",
        decision_note="note",
        snoozed_until="snooze_until",
    )
    told = latest.join(stands.collect(), on="item_key", how="left")
    return told.join(comments(decisions.lazy()).collect(), on="item_key", how="left")


def as_published_now(items: pl.DataFrame) -> pl.DataFrame:
    """The columns of ``worklist_item``; null where an earlier release did not publish one yet."""
    missing = {
        name: pl.lit(None, kind) for name, kind in core_schema("worklist_item").items() if name not in items.columns
    }
    return items.with_columns(**missing)


def _fact() -> pl.Expr:
    said = ("event_table", "event_id", "event_date", "value", "unit")
    return pl.concat_str(*(pl.col(name).cast(pl.String).fill_null("") for name in said), separator="\x1f").alias("fact")


def _events(rows: pl.DataFrame, *, as_of: date, run_id: str) -> pl.DataFrame:
    no_reviewer = {"actor": pl.lit(None, pl.String), "decision_id": pl.lit(None, pl.Int64)}
    told = rows.with_columns(on_date=pl.lit(as_of), run_id=pl.lit(run_id), **no_reviewer)
    return told.select(pl.col(name).cast(kind) for name, kind in core_schema("item_history").items())
