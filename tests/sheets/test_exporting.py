"""The published lists as files, whole or in part."""

import json

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.duck import reading_connection
from pipelines.errors import B12Error, ConfigurationError
from pipelines.sheets import exporting, published
from pipelines.sheets.about import about_of
from pipelines.sheets.exporting import EXPORTERS, export_lists, select
from tests.practice import low_results
from tests.sheets.made import opened, places


def export(desk, form="xlsx", site=None, worklist=None, to=None):
    return export_lists(desk.home, form=form, site=site, worklist=worklist, to=to)


def test_a_workbook_goes_to_the_exports_of_the_day_unless_told_otherwise(desk, tmp_path):
    as_of = desk.practice.current["as_of"]
    assert export(desk)[0] == desk.home / "exports" / as_of / "site-unknown.xlsx"
    assert export(desk, "csv", to=tmp_path / "out")[0] == tmp_path / "out" / "site-unknown.csv"


def test_only_the_list_that_was_asked_for_is_exported(desk):
    sheets = opened(export(desk, worklist="low_b12_untreated")[0]).sheetnames
    assert sheets == ["Patients", "Low B12 untreated", "About this list"]
    rows = pl.read_parquet(export(desk, "parquet", worklist="low_b12_untreated")[0])
    assert rows["worklist"].unique().to_list() == ["low_b12_untreated"]


def test_every_open_item_of_the_publication_is_in_the_workbook(desk):
    book = opened(export(desk)[0])
    keys = {row[37] for sheet in book.worksheets[1:-1] for row in sheet.iter_rows(min_row=4, values_only=True)}
    assert keys == {key for (key,) in desk.practice.rows("SELECT item_key FROM worklist_item")}


def decided_so_far(book):
    """What stands in the column of that name, where anything does."""
    of = opened(book)["Low B12 untreated"]
    return [told for row in range(4, of.max_row + 1) if (told := of.cell(row, places(of)["Decided so far"]).value)]


def test_the_comment_of_a_colleague_stands_in_the_workbook_of_the_next_night(desk):
    sent_back = desk.take(desk.filled({0: {"Decision": "Comment", "Note": "Away until May"}}))
    assert [row.outcome for row in sent_back.rows] == ["taken"]
    desk.practice.night(1)
    assert decided_so_far(export(desk, worklist="low_b12_untreated")[0]) == ["ann: Away until May"]


def test_a_publication_of_before_comments_were_published_is_exported(desk):
    with duckdb.connect(str(desk.practice.database.resolve())) as con:
        con.execute("ALTER TABLE worklist_item DROP comment")
        con.execute("ALTER TABLE worklist_item DROP comment_by")
    assert decided_so_far(export(desk, worklist="low_b12_untreated")[0]) == []


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"form": "odt"}, f"Known formats: {', '.join(EXPORTERS)}, fhir."),
        ({"worklist": "low_b12"}, "No worklist named 'low_b12' is published. Known: acid_suppression_unscreened"),
        ({"site": "Hill"}, "No site named 'Hill' is published"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(desk, asked, told):
    with pytest.raises(ConfigurationError, match=told):
        export(desk, **asked)


def test_a_home_without_a_publication_says_what_to_do(tmp_path):
    with pytest.raises(B12Error, match="Nothing is published"):
        select(tmp_path)


def test_a_publication_in_between_does_not_part_the_run_from_its_items(desk, monkeypatch):
    first, people = desk.practice.current["run_id"], desk.practice.listed()

    def night_and_open(database):
        desk.practice.labs("labs_001.csv", *low_results([98]))
        desk.practice.night(1)
        return reading_connection(database)

    monkeypatch.setattr(exporting, "reading_connection", night_and_open)
    selection = select(desk.home, worklist="low_b12_untreated")
    assert (selection.current["run_id"], set(selection.items["person_id"])) == (first, people)
    assert (desk.practice.current["run_id"] != first, desk.practice.listed()) == (True, people | {"p98"})

    monkeypatch.setattr(
        published, "reading_connection", lambda path: (desk.practice.night(2), reading_connection(path))[1]
    )
    second, before = desk.practice.current["run_id"], desk.practice.listed()
    desk.practice.labs("labs_002.csv", *low_results([99]))
    known = published.published_items(desk.home)
    assert (known.run_id, {item.person_id for item in known.open_items.values()}) == (second, before)


def test_a_stale_publication_says_so_among_the_known_problems(desk):
    current = desk.practice.current | {"stale_since": "2024-03-05 02:00:00", "stale_because": "labs are late"}
    assert about_of(current, ["x"]).problems == ("Stale since 2024-03-05 02:00:00: labs are late.", "x")


def test_the_command_prints_the_files(desk, tmp_path):
    ended = CliRunner().invoke(app, ["--home", str(desk.home), "export", "--to", str(tmp_path / "out"), "--json"])
    assert [path.rsplit("/", 1)[1] for path in json.loads(ended.stdout)] == [
        "site-unknown.xlsx",
        "about_these_lists.csv",
    ]
