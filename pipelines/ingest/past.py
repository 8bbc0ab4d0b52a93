"""The core tables of many past dates from one reading of the store.

What is stored is written once into shards of persons, every version of it, and which versions are superseded is settled
for all knowledge dates together. The tables of one date are then rows of the shards, filtered: the same rows that
``build_core`` writes for that date.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import polars as pl

from pipelines.contract import core_schema
from pipelines.duck import literal
from pipelines.ingest.core import EVENT_DATES, create_known_view, shards_for, stored_events, write_shards
from pipelines.ingest.feeds import delivered_by, entries_since
from pipelines.ingest.store import Entry, Store
from pipelines.ingest.versions import open_store, settle_versions


class Moment(NamedTuple):
    """A date to look from, and the date whose knowledge is used."""

    as_of: date
    known_at: date


@dataclass(frozen=True)
class Readings:
    """The readings in the store, and since when each says anything."""

    since: pl.DataFrame
    identities: dict[int, str]

    def delivered(self, moment: Moment) -> frozenset[str]:
        """The extract tables that had been delivered at the moment."""
        return delivered_by(self.since, moment.known_at)

    def contents(self, moment: Moment) -> str:
        """What of the store can say anything at this moment, as a digest: it changes when a delivery reaches back."""
        speaking = self.since.filter(pl.col("known_since") <= moment.known_at)["entry"]
        told = "\n".join(sorted(self.identities[entry] for entry in speaking))
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True)
class Past:
    """The store as it lies in shards of persons, with what tells the rows of each moment from the others."""

    folder: Path
    shards: int
    dead: pl.DataFrame

    def tables(self, moment: Moment, shard: int) -> dict[str, pl.DataFrame]:
        """The five core tables of a shard of persons, as ``build_core`` gives them for this moment."""
        events = {table: self._standing(table, moment, shard).collect() for table in EVENT_DATES}
        named = pl.concat([rows.select("person_id") for rows in events.values()]).unique()
        registered = self._registered(moment, shard).collect()
        others = named.join(registered, on="person_id", how="anti").with_columns(in_patients=pl.lit(value=False))
        return {"person": pl.concat([registered, others], how="diagonal"), **events}

    def first_exposure(self, moment: Moment) -> pl.DataFrame:
        """The earliest drug exposure of this moment by site, over all shards; the row of null site is of everybody."""
        earliest = [pl.DataFrame(schema={"site": pl.String, "first_start": pl.Date})]
        for shard in range(self.shards):
            starts = self._standing("drug_exposure", moment, shard).group_by("person_id")
            first = starts.agg(first_start=pl.col("drug_exposure_start_date").min())
            sites = self._registered(moment, shard).select("person_id", "site")
            by_site = first.join(sites, on="person_id", how="left").group_by("site").agg(pl.col("first_start").min())
            earliest.append(by_site.collect())
        found = pl.concat(earliest)
        sites = found.filter(pl.col("site").is_not_null()).group_by("site").agg(pl.col("first_start").min())
        return pl.concat([sites, found.select(site=pl.lit(None, pl.String), first_start=pl.col("first_start").min())])

    def _standing(self, table: str, moment: Moment, shard: int) -> pl.LazyFrame:
        dead = self.dead.lazy().filter(pl.col("known_at") == moment.known_at).select("entry", "source_row")
        return (
            pl.scan_parquet(self._path(table, shard))
            .filter(pl.col(EVENT_DATES[table]) <= moment.as_of, pl.col("known_from").dt.date() <= moment.known_at)
            .join(dead, on=["entry", "source_row"], how="anti")
            .select(pl.col(name).cast(kind) for name, kind in core_schema(table).items())
        )

    def _registered(self, moment: Moment, shard: int) -> pl.LazyFrame:
        """The latest known patients row of each person; the file holds the latest first."""
        is_known = pl.col("known_from").is_null() | (pl.col("known_from").dt.date() <= moment.known_at)
        return (
            pl.scan_parquet(self._path("person", shard))
            .filter(is_known)
            .unique("person_id", keep="first", maintain_order=True)
            .with_columns(in_patients=pl.lit(value=True))
            .select(pl.col(name).cast(kind) for name, kind in core_schema("person").items())
        )

    def _path(self, table: str, shard: int) -> Path:
        return self.folder / table / f"{shard:04d}.parquet"


def read_entries(store: Store, con: duckdb.DuckDBPyConnection) -> Readings:
    """What is in the store and since when it speaks; the rows themselves are not taken up."""
    entries = open_store(con, store)
    return Readings(entries_since(con), {entry.number: _identity(entry) for entry in entries})


def read_past(store: Store, moments: Sequence[Moment], *, folder: Path, con: duckdb.DuckDBPyConnection) -> Past:
    """Read the store once, into ``folder``, for all these moments."""
    entries = open_store(con, store)
    settle_versions(con, entries, [moment.known_at for moment in moments])
    last = Moment(max(moment.as_of for moment in moments), max(moment.known_at for moment in moments))
    shards = shards_for(stored_events(entries), con)
    for table in EVENT_DATES:
        create_known_view(con, table, *last)
        write_shards(con, f"known_{table}", folder / table, shards)
    _create_versions_of_persons(con)
    write_shards(con, "known_person", folder / "person", shards)
    dead = folder / "dead.parquet"
    con.execute(f"COPY (SELECT DISTINCT * FROM dead) TO {literal(str(dead))} (FORMAT parquet)")
    return Past(folder, shards, pl.read_parquet(dead))


def _create_versions_of_persons(con: duckdb.DuckDBPyConnection) -> None:
    """Create ``known_person``: every patients row, of each person the one that counts latest first."""
    details = ", ".join(name for name in core_schema("person") if name != "in_patients")
    con.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW known_person AS
        SELECT {details}, known_from
        FROM told_person
        ORDER BY person_id, known_from DESC NULLS LAST, placed DESC, source_row DESC
        """
    )


def _identity(entry: Entry) -> str:
    return f"{entry.order} {entry.source} {entry.table} {entry.sha256} {entry.mapping} {entry.first_read_at}"
