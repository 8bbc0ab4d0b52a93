"""The whole product on the demonstration: from `b12 demo` to what its readers see."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.contract import CORE_TABLES, ddl_files
from pipelines.demo.planted import differences
from pipelines.demo.planted.case import Expectation
from pipelines.demo.planted.older_adult_unscreened import WHEN_ENABLED
from pipelines.duck import reading_connection
from pipelines.explain.judging import published_profile
from pipelines.ingest.core import first_exposure
from pipelines.orchestration.run import RunRequest, run_nightly
from pipelines.profile import load_profile
from pipelines.worklists import judge, note_conditions
from tests.explain.test_law import disagreements
from tests.tables import EVERYTHING, exposures

AS_OF = "2026-11-20"


def b12(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipelines.cli", "--home", str(home), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, env={**os.environ, "COLUMNS": "200"}
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    home = tmp_path_factory.mktemp("demo") / "home"
    made = b12(home, "demo", "--people", "300", "--as-of", AS_OF)
    assert made.returncode == 0, made.stderr
    return home, made


@pytest.fixture(scope="module")
def published(demo):
    with reading_connection(demo[0] / "published" / "b12.duckdb") as con:
        yield con


def test_every_planted_case_is_right_and_it_says_where_to_look(demo):
    home, made = demo
    assert "planted expectations hold" in made.stdout
    for shown in ("published/b12.duckdb", f"worklists/{AS_OF}", "reports/", "explain PERSON"):
        assert shown in made.stdout
    assert (home / "published" / "current.json").exists()


def test_every_planted_case_is_right_under_the_us_profile_too(demo, tmp_path):
    extracts = demo[0] / "demo" / "extracts"
    config = demo[0] / "demo" / "b12.toml"
    run_nightly(
        RunRequest(
            home=tmp_path,
            extracts=extracts,
            config=config,
            as_of=pl.Series([AS_OF]).str.to_date()[0],
            profile="us",
            quiet=True,
        )
    )
    with reading_connection(tmp_path / "published" / "b12.duckdb") as con:
        assert differences(con.sql("FROM care_gap").pl(), "us").to_dicts() == []


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_every_planted_case_of_the_list_that_is_off_is_right_once_it_is_turned_on(published, profile):
    judgement = judge(
        {table: published.sql(f"FROM {table}").pl().lazy() for table in CORE_TABLES},
        as_of=date.fromisoformat(AS_OF),
        profile=load_profile(profile, {"older_adult_unscreened.enabled": True}),
        delivered=EVERYTHING,
        first_exposure=exposures(None),
        lists=["older_adult_unscreened"],
    )
    rows = judgement.care_gap.select("person_id", pl.col("closed_by").fill_null("open"), "priority").iter_rows()
    found = {person: Expectation(*state) for person, *state in rows if person.startswith("P-AGE")}
    assert found == {person: state for person, state in WHEN_ENABLED.items() if state.state != "not_eligible"}


def test_the_publication_keeps_its_contract(published):
    tables = {name for (name,) in published.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    assert tables == set(ddl_files())
    bare = "SELECT count(*) FROM duckdb_columns() WHERE comment IS NULL AND NOT internal"
    assert published.execute(bare).fetchall() == [(0,)]
    for claim in (
        "SELECT count(*) FROM (SELECT 1 FROM care_gap GROUP BY worklist, person_id HAVING count(*) > 1)",
        "SELECT count(*) FROM care_gap WHERE (closed_by IS NULL) <> (priority IS NOT NULL)",
        "SELECT count(*) FROM care_gap ANTI JOIN person USING (person_id)",
        "SELECT count(*) FROM care_gap WHERE closed_by IS NULL AND trim(reason) = ''",
        "SELECT count(*) FROM care_gap g WHERE closed_by IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM evidence e WHERE e.worklist = g.worklist AND e.person_id = g.person_id)",
        "SELECT count(*) FROM source_file WHERE rows_read <> rows_kept + rows_off_pathway + rows_quarantined",
        "SELECT abs((SELECT count(*) FROM worklist_item) - (SELECT count(*) FROM care_gap WHERE closed_by IS NULL))",
        "SELECT count(*) FROM attrition GROUP BY worklist HAVING sum(people) FILTER (step = 'eligible')"
        " <> sum(people) FILTER (step IN ('closed', 'open')) LIMIT 1",
    ):
        assert published.execute(claim).fetchall() in ([(0,)], []), claim


def test_quarantine_reasons_are_all_shown_by_the_demo(published):
    reasons = {reason for (reason,) in published.execute("SELECT DISTINCT reason FROM quarantine").fetchall()}
    assert reasons == {
        "malformed_record", "missing_required", "bad_date", "future_date", "unknown_unit", "missing_unit",
        "impossible_value", "unknown_status", "end_before_start", "not_a_result",
    }  # fmt: skip


def test_rows_are_in_the_order_of_their_keys(published):
    people = [row[0] for row in published.execute("SELECT person_id FROM person").fetchall()]
    assert people == sorted(people)


def test_a_second_run_reads_nothing_and_gives_the_same(demo):
    home, _ = demo
    tables = ("care_gap", "evidence", *CORE_TABLES)
    with reading_connection(home / "published" / "b12.duckdb") as con:
        before = {table: con.sql(f"FROM {table}").pl() for table in tables}
    again = b12(
        home,
        "--config",
        str(home / "demo" / "b12.toml"),
        "run",
        "--extracts",
        str(home / "demo" / "extracts"),
        "--as-of",
        AS_OF,
        "--json",
    )
    assert again.returncode == 0, again.stderr
    with reading_connection(home / "published" / "b12.duckdb") as con:
        assert con.execute("SELECT files_read FROM run ORDER BY started_at").fetchall()[-1] == (0,)
        for table in tables:
            assert con.sql(f"FROM {table}").pl().equals(before[table]), table
        states = con.execute("SELECT DISTINCT state FROM worklist_item").fetchall()
    assert states == [("new",)]


def test_explain_says_why_and_shows_the_source_row(demo):
    told = b12(demo[0], "explain", "P-LOW-001")
    assert "low_b12_untreated: open, priority 2" in told.stdout
    assert "record" in told.stdout
    facts = json.loads(b12(demo[0], "explain", "P-LOW-001", "--worklist", "low_b12_untreated", "--json").stdout)
    assert facts["lists"][0]["evidence"][0]["source_row"] >= 1
    assert [condition["holds"] for condition in facts["lists"][0]["conditions"]] == [True, True, True]
    missing = b12(demo[0], "explain", "SOMEBODY-ELSE")
    assert missing.returncode == 1
    assert "SOMEBODY-ELSE" not in missing.stdout + missing.stderr


def test_explain_draws_a_chart(demo, tmp_path):
    drawn = b12(demo[0], "explain", "P-LOW-001", "--chart", str(tmp_path / "chart.svg"))
    assert drawn.returncode == 0, drawn.stderr
    assert (tmp_path / "chart.svg").read_text().startswith("<svg")
    refused = b12(demo[0], "explain", "P-LOW-001", "--chart", str(tmp_path / "chart.jpg"))
    assert refused.returncode == 2


def test_what_is_explained_agrees_with_what_is_published_for_every_person_and_list(demo, published):
    tables = {table: published.sql(f"FROM {table}").pl() for table in CORE_TABLES}
    told = note_conditions(
        {table: rows.lazy() for table, rows in tables.items()},
        as_of=date.fromisoformat(AS_OF),
        profile=published_profile(published, "uk_nice_ng239"),
        delivered=EVERYTHING,
        first_exposure=first_exposure(published),
    )
    care_gap = published.sql("FROM care_gap").pl()
    assert care_gap.height > 300
    assert disagreements(told.conditions, care_gap) == []


def test_explain_of_another_date_reads_the_store(demo):
    told = b12(
        demo[0],
        "--config",
        str(demo[0] / "demo" / "b12.toml"),
        "explain",
        "P-LOW-001",
        "--as-of",
        "2027-11-20",
        "--json",
    )
    assert json.loads(told.stdout)["as_of"] == "2027-11-20"


def test_status_and_unmapped_codes(demo):
    status = json.loads(b12(demo[0], "status", "--json").stdout)
    assert status["current"]["as_of"] == AS_OF
    assert {feed["source"] for feed in status["tables"]["Feeds"]} == {
        "hillview",
        "northgate",
        "pharmacy",
        "practice",
        "riverside",
    }
    codes = json.loads(b12(demo[0], "codes", "unmapped", "--json").stdout)
    looks_like = [row["looks_like"] is None for row in codes]
    assert looks_like == sorted(looks_like)


def test_no_patient_is_named_on_the_terminal_or_in_the_report(demo, published):
    home, made = demo
    people = [name for (name,) in published.execute("SELECT person_id FROM person").fetchall()]
    report = next((home / "reports").glob("*.html")).read_text()
    for text in (made.stdout, made.stderr, report, b12(home, "status").stdout):
        assert not [name for name in people if name in text]


def test_an_old_client_reads_the_storage_version(demo):
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{demo[0] / 'published' / 'b12.duckdb'}' AS old (READ_ONLY)")
        tags = con.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'old'").fetchall()
    assert "v1.0.0" in str(tags)


def test_a_real_home_is_not_made_a_demonstration(tmp_path):
    (tmp_path / "store").mkdir()
    refused = b12(tmp_path, "demo")
    assert refused.returncode == 2
    assert "home of its own" in refused.stderr
