"""The measures of past month ends, from one reading of the store."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipelines.ingest.past import Moment, Past, Readings, read_entries, read_past
from pipelines.ingest.store import Store
from pipelines.measures._counts import added, tallied_counts
from pipelines.measures._definition import measures_definition
from pipelines.measures._files import Mark, MeasureFiles
from pipelines.measures._rows import measure_rows
from pipelines.profile import Profile


@dataclass(frozen=True)
class MonthEnd:
    """What became of one month end: computed now, or kept because nothing that it rests on has changed."""

    as_of: date
    computed: bool
    rows: int
    suppressed: int


def month_ends(first: date, last: date) -> list[date]:
    """The last day of every month from that of ``first`` to that of ``last``, both included."""
    starts = pl.date_range(first.replace(day=1), last.replace(day=1), "1mo", eager=True)
    return starts.dt.month_end().to_list()


def backfill(
    store: Store,
    files: MeasureFiles,
    dates: Sequence[date],
    *,
    profile: Profile,
    hashes: Mapping[str, str],
    work: Path,
    con: duckdb.DuckDBPyConnection,
    progress: Callable[[str], None] = lambda _: None,
) -> list[MonthEnd]:
    """Compute the measures of these dates, each with what was known on it, and write a file for each.

    A date whose file was computed by the same definition from the same contents of the store is kept. The store is
    read once for all the others; a date is written as soon as it is computed, so that what a crash interrupts goes on
    where it was. ``hashes`` are those of ``measure_hashes``; ``work`` is a folder for what is read, emptied first.
    """
    readings = read_entries(store, con)
    definition = measures_definition(hashes, profile)
    marks = {day: Mark(day, definition, readings.contents(Moment(day, day))) for day in dates}
    waiting = [day for day in dates if files.mark(day) != marks[day]]
    if waiting:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        progress(f"reading the store for {len(waiting)} of {len(dates)} month ends")
        past = read_past(store, [Moment(day, day) for day in waiting], folder=work, con=con)
        for place, day in enumerate(waiting, start=1):
            progress(f"measuring {day} ({place} of {len(waiting)})")
            counts = past_counts(past, readings, Moment(day, day), profile=profile)
            files.write(measure_rows(counts, as_of=day, profile=profile, hashes=hashes), day, marks[day])
        shutil.rmtree(work)
    return [_month_end(files, day, computed=day in waiting) for day in dates]


def past_counts(past: Past, readings: Readings, moment: Moment, *, profile: Profile) -> pl.DataFrame:
    """The counts of one moment, over all shards."""
    delivered, first_exposure = readings.delivered(moment), past.first_exposure(moment)
    return added(
        [
            tallied_counts(
                past.tables(moment, shard),
                as_of=moment.as_of,
                profile=profile,
                delivered=delivered,
                first_exposure=first_exposure,
            )
            for shard in range(past.shards)
        ]
    )


def _month_end(files: MeasureFiles, day: date, *, computed: bool) -> MonthEnd:
    rows = files.rows_of(day)
    return MonthEnd(day, computed, rows.height, int(rows["suppressed"].sum()))
