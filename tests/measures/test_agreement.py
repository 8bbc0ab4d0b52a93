"""The list, the funnel and the measure say the same, and a month end says what a run of its day said."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.config import load_settings
from pipelines.demo.tour import give_demo
from pipelines.duck import reading_connection, working_connection
from pipelines.ingest.past import Moment, read_entries, read_past
from pipelines.ingest.store import Store
from pipelines.measures import MeasureFiles, measures
from pipelines.measures._backfill import past_counts
from pipelines.orchestration.backfill import BackfillRequest, run_backfill
from pipelines.profile import load_profile
from pipelines.worklists import worklists

AS_OF = date(2026, 10, 31)
"""A month end, so that a run and a backfill can be held against each other."""

TOTALS = f"FROM measure WHERE as_of = DATE '{AS_OF}' AND site IS NULL AND age_band IS NULL AND sex IS NULL"


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("measured") / "home"
    give_demo(home, people=100, seed=3, as_of=AS_OF, quiet=True)
    return home


@pytest.fixture(scope="module")
def published(home) -> Iterator[duckdb.DuckDBPyConnection]:
    with reading_connection(home / "published" / "b12.duckdb") as con:
        yield con


@pytest.fixture(scope="module")
def counts(home, tmp_path_factory) -> pl.DataFrame:
    """Eligible and open, before anything is withheld, by the way of the backfill."""
    moment, store = Moment(AS_OF, AS_OF), Store(home / "store")
    settings = load_settings(home / "demo" / "b12.toml")
    with working_connection() as con:
        past = read_past(store, [moment], folder=tmp_path_factory.mktemp("past"), con=con)
        readings = read_entries(store, con)
    return past_counts(past, readings, moment, profile=load_profile(settings.profile, settings.overrides))


def test_the_list_the_funnel_and_the_measure_agree_on_every_list_and_site(published, counts):
    listed = published.sql(
        "SELECT worklist, coalesce(site, 'unknown') AS site, count(*) AS open FROM worklist_item GROUP BY ALL"
    )
    told = published.sql("SELECT worklist, coalesce(site, 'unknown') AS site, step, people FROM attrition")
    funnel = {
        step: {(name, site): people for name, site, at, people in told.fetchall() if at == step and people}
        for step in ("eligible", "open")
    }
    measured = (
        counts.filter(pl.col("kind") == "worklist").group_by("measure", "site").agg(pl.col("eligible", "open").sum())
    )
    for step in ("eligible", "open"):
        some = measured.filter(pl.col(step) > 0)
        assert {(name, site): people for name, site, people in some.select("measure", "site", step).rows()} == funnel[
            step
        ]
    assert {(name, site): people for name, site, people in listed.fetchall()} == funnel["open"]
    assert len(funnel["open"]) > 20, "the demonstration has something to agree on"


def test_what_the_publication_tells_is_what_was_counted(published, counts):
    rows = published.sql(f"SELECT measure, eligible, open, share, suppressed {TOTALS}").pl()
    assert set(rows["measure"]) == {*worklists(), *measures()}
    told = rows.filter(~pl.col("suppressed")).sort("measure")
    every = counts.group_by("measure").agg(pl.col("eligible", "open").sum()).sort("measure")
    truth = every.filter(pl.col("measure").is_in(told["measure"].implode()))
    assert_frame_equal(told.select("measure", "eligible", "open"), truth)
    assert told.height > 3
    assert (told["share"] == told["open"] / told["eligible"]).all()


def test_a_month_end_is_measured_as_the_run_of_its_day_measured_it(home, published):
    files = MeasureFiles(home / "measures")
    by_run = files.rows_of(AS_OF)
    done = run_backfill(BackfillRequest(home, AS_OF, AS_OF, config=home / "demo" / "b12.toml", quiet=True))
    assert [each.computed for each in done] == [True], "a run does not know whether a delivery reached back since"
    assert_frame_equal(files.rows_of(AS_OF), by_run)
    of_publication = published.sql(f"FROM measure WHERE as_of = DATE '{AS_OF}'").pl()
    assert_frame_equal(of_publication, by_run, check_row_order=False)
