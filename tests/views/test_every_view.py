"""What holds for every analysts' view."""

import re

import duckdb
import pytest

from pipelines.contract import ddl_files, view_files, view_reads
from pipelines.duck import reading_connection
from pipelines.profile import load_profile
from pipelines.publish.snapshot import build_database
from tests.publication import publication
from tests.tables import tables_of

VIEWS = list(view_files())


@pytest.fixture(scope="module")
def empty_publication():
    with publication({}) as con:
        yield con


@pytest.mark.parametrize("view", VIEWS)
def test_a_file_holds_one_view_of_its_own_name_under_a_full_header(view):
    text = view_files()[view].read_text()
    header = [line for line in text.splitlines() if line.startswith("--")]
    assert header[0].removeprefix("-- ").endswith(".")
    assert [word for word in ("Grain", "Reads", "Use", "Ties") if f"-- {word:<7} " not in text] == []
    assert re.findall(r"CREATE OR REPLACE VIEW (\w+) AS", text) == [view]


@pytest.mark.parametrize("view", VIEWS)
def test_the_header_names_what_is_read(view):
    text = view_files()[view].read_text()
    known = set(ddl_files()) | set(VIEWS)
    assert set(view_reads(text)) == set(re.findall(r"\b(?:FROM|JOIN) (\w+)", text)) & known


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_and_each_of_its_columns_are_commented(view, empty_publication):
    bare = empty_publication.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND comment IS NULL", [view]
    )
    assert bare.fetchall() == []
    named = empty_publication.execute("SELECT comment FROM duckdb_views() WHERE view_name = ?", [view]).fetchall()
    assert named[0][0]


@pytest.mark.parametrize("view", [view for view in VIEWS if view not in ("this_run", "profile_number")])
def test_a_view_of_an_empty_publication_is_empty(view, empty_publication):
    assert empty_publication.execute(f"SELECT count(*) FROM {view}").fetchall() == [(0,)]


@pytest.mark.parametrize("view", VIEWS)
def test_no_number_of_the_profile_stands_in_a_view_again(view):
    """Ones, and the years and digits that a header explains, are all the numbers that a view may hold."""
    code = re.sub(r"--.*|COMMENT ON .*|'(?:[^']|'')*'", "", view_files()[view].read_text())
    years = {"2", "5"} if view == "metformin_testing_rate" else set()
    assert set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?", code)) <= {"0", "1"} | years


def test_every_number_that_a_view_asks_for_is_one_of_the_profile(empty_publication):
    published = {name for (name,) in empty_publication.execute("SELECT number FROM profile_number").fetchall()}
    asked = {name for path in view_files().values() for name in re.findall(r"number = '([\w.]+)'", path.read_text())}
    assert asked
    assert asked <= published
    assert asked <= set(load_profile("uk_nice_ng239"))


def test_a_view_needs_nothing_but_the_file(tmp_path):
    """Made in one database, and read by another name, read-only, without access to anything else."""
    tables = {name: [] for name in ddl_files()} | tables_of({})
    build_database(tmp_path / "b12.duckdb", tables, memory_limit="1GB", spill=tmp_path)
    (tmp_path / "b12.duckdb").rename(tmp_path / "moved.duckdb")
    with reading_connection(tmp_path / "moved.duckdb") as con:
        for view in VIEWS:
            con.execute(f"FROM {view}").fetchall()
        with pytest.raises(duckdb.Error):
            con.execute("CREATE VIEW another AS SELECT 1")
