"""Every notebook runs on a publication, shows what SQL says, and stores nothing."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import altair as alt
import duckdb
import polars as pl
import pytest

from pipelines.duck import reading_connection
from pipelines.errors import B12Error, ConfigurationError
from pipelines.notebook import notebook_command, notebooks

CYCLES = ("nhanes-2003-2004", "nhanes-2013-2014")


@pytest.fixture(scope="module")
def published(small_demo):
    with reading_connection(small_demo / "published" / "b12.duckdb") as con:
        yield con


@pytest.fixture
def run(small_demo, monkeypatch, tmp_path):
    """Run a notebook from top to bottom, as marimo would, and hand out what its cells define."""
    for cycle in CYCLES:
        (tmp_path / cycle).mkdir()
        (tmp_path / cycle / "published").symlink_to((small_demo / "published").resolve())
    monkeypatch.setenv("B12_DATABASE", str(small_demo / "published" / "b12.duckdb"))
    monkeypatch.setenv("B12_VALIDATION", str(tmp_path))
    monkeypatch.syspath_prepend(str(notebooks()["who_is_waiting"].parent))

    def defined(name):
        spec = importlib.util.spec_from_file_location(name, notebooks()[name])
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        _, definitions = module.app.run()
        return definitions

    return defined


@pytest.mark.parametrize("name", list(notebooks()))
def test_a_notebook_runs_as_a_script_and_leaves_nothing_behind(name, small_demo, tmp_path):
    before = sorted(notebooks()[name].parent.rglob("*"))
    environment = {
        **os.environ,
        "B12_DATABASE": str(small_demo / "published" / "b12.duckdb"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ran = subprocess.run(
        [sys.executable, str(notebooks()[name])],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert sorted(notebooks()[name].parent.rglob("*")) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", list(notebooks()))
def test_every_chart_of_a_notebook_can_be_drawn(name, run):
    charts = {key: value for key, value in run(name).items() if key.startswith("chart_") and value is not None}
    assert charts
    for chart in charts.values():
        assert isinstance(chart, alt.TopLevelMixin)
        assert "<svg" in _svg(chart)


def _svg(chart) -> str:
    import vl_convert

    return vl_convert.vegalite_to_svg(chart.to_json())


@pytest.fixture
def changed(small_demo, monkeypatch, tmp_path):
    """Lay out a copy of the publication on which some SQL was run."""

    def lay_out(*statements):
        copy = tmp_path / "changed.duckdb"
        shutil.copy(small_demo / "published" / "b12.duckdb", copy)
        with duckdb.connect(str(copy)) as con:
            for statement in statements:
                con.execute(statement)
        monkeypatch.setenv("B12_DATABASE", str(copy))

    return lay_out


def test_another_threshold_is_tried_where_the_usual_list_is_not_published(run, changed):
    changed(
        "DELETE FROM worklist WHERE worklist IN ('low_b12_untreated', 'metformin_unmonitored')",
        """UPDATE worklist SET parameters = '{"diet_risk_unscreened.feature_needed": true}' WHERE worklist = 'diet_risk_unscreened'""",
        "UPDATE worklist SET parameters = '{}' WHERE worklist = (SELECT worklist FROM worklist ORDER BY title LIMIT 1)",
    )
    shown = run("another_threshold")
    assert shown["number"].value in shown["numbers"][shown["worklist"].value]
    assert shown["series"].height > 0


def test_a_publication_whose_lists_read_no_number_says_so(run, changed):
    changed("UPDATE worklist SET parameters = '{}'")
    assert "series" not in run("another_threshold")


def test_nobody_who_waits_is_missing_from_the_notebook(run, published):
    shown = run("who_is_waiting")
    ((items,),) = published.execute("SELECT count(*) FROM worklist_item").fetchall()
    assert items > 0
    assert shown["by_list"]["items"].sum() == items
    assert shown["by_site"]["items"].sum() == shown["waiting"].height == items  # nobody keeps one quiet in a demo
    assert shown["steps"].filter(pl.col("step") == "Open")["people"].sum() == items


def test_rates_stand_inside_their_intervals(run):
    rates = run("testing_rates")["rates"]
    together = rates.filter(pl.col("site") == "all together")
    assert together["users"].unique().to_list() == [
        rates.filter(pl.col("years") == "1", pl.col("site") != "all together")["users"].sum()
    ]
    assert together.sort("years")["tested"].is_sorted()
    assert rates.select(((pl.col("low") <= pl.col("share")) & (pl.col("share") <= pl.col("high"))).all()).item()


def test_the_run_chart_of_tests_ends_with_the_last_whole_month(run):
    monthly = run("testing_rates")["monthly"]
    assert str(monthly["month"].min()) == "2024-11-01"
    assert str(monthly["month"].max()) == "2026-10-01"


def test_no_record_is_lost_by_the_count_of_the_notebook(run, published):
    shown = run("data_quality")
    assert shown["feeds"]["rows_lost"].to_list() == [0] * shown["feeds"].height
    ((records,),) = published.execute("SELECT count(*) FROM quarantine").fetchall()
    assert shown["reasons"]["records"].sum() == records


def test_the_notebook_of_the_survey_shows_the_shares_of_the_script(run, small_demo):
    figures = run("nhanes_figures")["figures"]
    from nhanes import validate

    shares = validate.shares(small_demo / "published" / "b12.duckdb")
    for group, share in shares.items():
        rows = figures.filter(pl.col("people") == group).sort("cycle")
        assert rows["deficient"].to_list() == [2 * share.deficient, share.deficient, share.deficient]
    assert dict(figures.select("people", "published").iter_rows()) == validate.PUBLISHED


def test_the_command_opens_one_or_all_on_the_link_to_the_publication(small_demo):
    command, settings = notebook_command(small_demo, "data_quality", headless=True, port=4321)
    assert command[1:5] == ["-m", "marimo", "run", str(notebooks()["data_quality"])]
    assert command[-3:] == ["--port", "4321", "--headless"]
    assert settings["B12_DATABASE"] == str(small_demo / "published" / "b12.duckdb")
    assert Path(settings["B12_DATABASE"]).parent.is_symlink()
    everything, _ = notebook_command(small_demo)
    assert set(map(str, notebooks().values())) < set(everything)


def test_what_cannot_be_opened_is_said(small_demo, tmp_path):
    with pytest.raises(ConfigurationError, match="No notebook named 'waiting'"):
        notebook_command(small_demo, "waiting")
    with pytest.raises(ConfigurationError, match="Name the notebook"):
        notebook_command(small_demo, edit=True)
    with pytest.raises(B12Error, match="Nothing is published"):
        notebook_command(tmp_path)
