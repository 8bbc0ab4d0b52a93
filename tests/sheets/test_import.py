"""A list goes out, people work in it, and it comes back: each row with an entry gets its fate, and nothing is lost."""

import csv
import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.config import Settings
from pipelines.decisions import DecisionLog, log_url
from pipelines.errors import B12Error
from tests.practice import OPENING
from tests.sheets.made import enter, opened, places

LATER = str((OPENING + timedelta(days=4000)).isoformat())


def person(path, row, sheet="Low B12 untreated"):
    of = opened(path)[sheet]
    return of.cell(4 + row, places(of)["Patient id"]).value


def outcomes(report):
    return [(row.row, row.outcome) for row in report.rows]


def test_decisions_of_a_workbook_are_taken_whatever_it_is_called(desk):
    path = desk.filled(
        {0: {"Decision": "Done"}, 2: {"Decision": "Not applicable", "Reason": "Declined", "Note": "by phone"}},
        name="Liste März v2 FINAL (1).xlsx",
    )
    report = desk.take(path)
    assert outcomes(report) == [(4, "taken"), (6, "taken")]
    assert sorted(desk.decided()) == sorted(
        [(person(path, 0), "done", "ann"), (person(path, 2), "not_applicable", "ann")]
    )


def test_the_same_workbook_again_changes_nothing(desk):
    path = desk.filled({0: {"Decision": "Done"}, 1: {"Note": "phoned"}})
    desk.take(path)
    before = desk.decided()
    assert outcomes(desk.take(path, after=timedelta(days=3))) == [(4, "repeated"), (5, "repeated")]
    assert desk.decided() == before


def test_a_snooze_that_was_taken_is_repeated_after_its_end_and_a_new_one_is_not_taken(desk):
    until = {"Decision": "Snooze", "Snooze until": (OPENING + timedelta(days=10)).isoformat()}
    path = desk.filled({0: until})
    desk.take(path)
    again = enter(path, {1: until})
    assert outcomes(desk.take(again, after=timedelta(days=9))) == [(4, "repeated"), (5, "taken")]
    late = enter(again, {2: until})
    assert outcomes(desk.take(late, after=timedelta(days=10))) == [(4, "repeated"), (5, "repeated"), (6, "invalid")]


def test_a_workbook_sent_again_with_more_in_it_adds_only_that(desk):
    path = desk.filled({0: {"Decision": "Done"}})
    desk.take(path)
    assert outcomes(desk.take(enter(path, {3: {"Decision": "Ordered"}}))) == [(4, "repeated"), (7, "taken")]


def test_a_colleague_who_decided_meanwhile_is_named_and_stays(desk):
    path = desk.filled({0: {"Decision": "Done"}})
    desk.take(desk.filled({0: {"Decision": "Ordered"}}, name="other.xlsx"), user="bob")
    (row,) = desk.take(path).rows
    assert row.outcome == "conflict"
    assert "bob entered 'ordered'" in row.told
    assert desk.decided() == [(person(path, 0), "ordered", "bob")]


def test_sorted_filtered_coloured_with_columns_added_and_moved_it_is_read_all_the_same(desk):
    path = desk.filled({0: {"Decision": "Done", "Note": "first"}, 5: {"Decision": "Ordered", "Note": "sixth"}})
    expected = {(person(path, 0), "done", "ann"), (person(path, 5), "ordered", "ann")}
    book = opened(path)
    sheet = book["Low B12 untreated"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3, max_col=39)]
    header, body = rows[0], sorted(rows[1:], key=lambda row: row[1], reverse=True)
    sheet.delete_rows(1, sheet.max_row)
    sheet.append(["my list"])
    for row in [header, *body]:
        sheet.append([*reversed(row), "mine"])
    for number in range(4, 20):
        sheet.row_dimensions[number].hidden = True
    sheet["A5"].fill = sheet["A5"].fill.copy(fill_type="solid", start_color="FF0000")
    sheet.title = "copy of my list"
    book.move_sheet(sheet, 2)
    book.create_sheet("private").append(["Reason", "why not"])
    book.save(path)
    report = desk.take(path)
    assert report.counts["taken"] == 2
    assert set(desk.decided()) == expected


def test_an_item_that_was_resolved_meanwhile_is_told_and_one_taken_before_is_repeated(desk):
    path = desk.filled({0: {"Decision": "Done"}})
    early = desk.filled({1: {"Decision": "Done"}}, name="early.xlsx")
    people = [person(path, row) for row in (0, 1)]
    desk.take(early)
    rows = [f"{who} | t-{who} | Cyanocobalamin 1 mg tablets | {OPENING} | active | {OPENING}" for who in people]
    desk.practice.prescriptions("prescriptions_001.csv", *rows)
    desk.practice.night(1)
    (row,) = desk.take(path).rows
    assert (row.outcome, row.person_id) == ("resolved", people[0])
    assert "treated" in row.told
    assert outcomes(desk.take(early)) == [(5, "repeated")]


def test_a_list_of_another_home_is_matched_by_its_keys_and_that_is_said(desk):
    path = desk.filled({0: {"Decision": "Done"}, 1: {"Decision": "Done"}})
    book = opened(path)
    sheet = book["Low B12 untreated"]
    at = places(sheet)
    for row in (4, 5):
        parts = sheet.cell(row, at["Seen"]).value.split("/")
        sheet.cell(row, at["Seen"]).value = "/".join(["20240101T020000-ffffffff", *parts[1:]])
    sheet.cell(5, at["item_key"]).value = "0000000000000000"
    book.save(path)
    report = desk.take(path)
    assert outcomes(report) == [(4, "taken"), (5, "unknown")]
    assert report.notes == (
        "2 of the rows were written by a run that this home does not know; they were matched by item_key.",
    )


def test_one_bad_row_keeps_no_good_one_out(desk):
    path = desk.filled(
        {
            0: {"Decision": "=B4"},
            1: {"Decision": "Snooze", "Snooze until": "04/05/2027"},
            2: {"Decision": "Snooze", "Snooze until": LATER},
            3: {"Decision": "call them"},
            4: {"Decision": "Done"},
        }
    )
    assert outcomes(desk.take(path)) == [(4, "invalid"), (5, "invalid"), (6, "invalid"), (7, "invalid"), (8, "taken")]


def test_a_dry_run_says_what_would_happen_and_leaves_no_trace(desk):
    path = desk.filled({0: {"Decision": "Done"}, 1: {"Decision": "?"}})
    report = desk.take(path, dry_run=True)
    assert outcomes(report) == [(4, "taken"), (5, "invalid")]
    assert desk.decided() == []
    assert not (desk.home / "imports").exists()
    desk.take(path)
    assert outcomes(desk.take(path, dry_run=True)) == [(4, "repeated"), (5, "invalid")]


def test_the_record_has_every_row_in_full_and_what_is_printed_names_no_patient(desk):
    path = desk.filled(
        {0: {"Decision": "Done", "Note": "=HYPERLINK(1)"}, 1: {"Decision": "private name"}}, name="a b.xlsx"
    )
    path = enter(path, {0: {"Note": "'=not a formula"}})
    report = desk.take(path)
    with report.record.open(encoding="utf-8-sig") as handle:
        first, second = csv.DictReader(handle)
    assert report.record.parent == desk.home / "imports"
    assert report.record.name.endswith("-a_b.csv")
    assert (first["person_id"], first["outcome"], first["imported_by"]) == (person(path, 0), "taken", "ann")
    assert (second["decision"], second["outcome"]) == ("private name", "invalid")
    for printed in (report.as_text(), json.dumps(report.as_dict())):
        assert person(path, 0) not in printed
        assert first["item_key"] not in printed
        assert "private name" not in printed
    assert "2 rows with an entry: 1 taken, 1 not understood." in report.as_text()
    assert "Low B12 untreated, row 5: invalid." in report.as_text()


def test_two_imports_in_one_second_have_a_record_each(desk):
    path = desk.filled({0: {"Decision": "Done"}})
    assert desk.take(path).record != desk.take(path).record


def test_a_log_that_cannot_be_written_takes_nothing_and_leaves_no_record(desk):
    path = desk.filled({0: {"Decision": "Done"}})
    (desk.home / "decisions.db").write_text("no database")
    with pytest.raises(B12Error, match="decision log"):
        desk.take(path)
    assert list((desk.home / "imports").iterdir()) == []


def test_a_home_without_a_publication_says_what_to_do(desk, tmp_path):
    path = desk.filled({0: {"Decision": "Done"}})
    desk.home = tmp_path / "nowhere"
    with pytest.raises(B12Error, match="Nothing is published"):
        desk.take(path)


def run(desk, *words):
    return CliRunner().invoke(app, ["--home", str(desk.home), *map(str, words)])


def test_the_command_takes_several_files_and_reports_each(desk, tmp_path):
    path = desk.filled({0: {"Decision": "Done"}})
    (tmp_path / "b.xlsx").write_text("text")
    ended = run(desk, "import", path, tmp_path / "b.xlsx", "--as", "carl", "--json")
    assert isinstance(ended.exception, B12Error)
    assert "b.xlsx is no Excel workbook" in str(ended.exception)
    (report,) = json.loads(ended.stdout)
    assert (report["counts"]["taken"], report["user"]) == (1, "carl")
    assert set(report["rows"][0]) == {"sheet", "row", "outcome", "told", "decision_id"}
    assert desk.decided() == [(person(path, 0), "done", "carl")]


def test_a_decision_shows_in_the_next_list_with_its_number(desk):
    desk.take(desk.filled({0: {"Decision": "Contacted", "Note": "rang"}}))
    desk.practice.night(1)
    sheet = opened(desk.workbook())["Low B12 untreated"]
    at = places(sheet)
    said = [sheet.cell(row, at["Decided so far"]).value for row in range(4, sheet.max_row + 1)]
    assert sum(bool(text) for text in said) == 1
    with DecisionLog.open(log_url(Settings(), desk.home), read_only=True) as log:
        number = log.read()["decision_id"].item()
    seen = [sheet.cell(row, at["Seen"]).value for row in range(4, sheet.max_row + 1)]
    assert [text.endswith(f"/{number}") for text in seen].count(True) == 1


def test_the_command_fails_where_every_row_conflicts_and_its_last_line_says_so(desk):
    first = desk.filled({0: {"Decision": "Done"}, 1: {"Decision": "Done"}})
    late = enter(desk.workbook("late.xlsx"), {0: {"Decision": "Contacted"}, 1: {"Decision": "Contacted"}})
    assert run(desk, "import", first, "--as", "ann").exit_code == 0
    assert run(desk, "import", first, "--as", "ann").exit_code == 0  # all there already: nothing is anybody's work
    for words in (["--dry-run"], []):
        ended = run(desk, "import", late, "--as", "bo", *words)
        assert isinstance(ended.exception, B12Error)
        assert ended.exception.exit_code == 1
        last = str(ended.exception).splitlines()[-1]
        assert f"taken from {late}: 2 rows with an entry: 2 conflict" in last
        assert "row 4: conflict" in ended.stdout
    assert {who for _, _, who in desk.decided()} == {"ann"}


def test_the_command_says_of_which_of_several_files_nothing_was_taken(desk):
    first = desk.filled({0: {"Decision": "Done"}})
    late = enter(desk.workbook("late.xlsx"), {0: {"Decision": "Contacted"}})
    ended = run(desk, "import", first, late, "--as", "ann", "--json")
    assert str(ended.exception).startswith(f"Nothing was taken from {late}")
    assert [report["counts"]["taken"] for report in json.loads(ended.stdout)] == [1, 0]
