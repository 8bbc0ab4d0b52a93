"""The workbook of what is seen: the same gate as the CSV file, and a way back into the log."""

import json
from pathlib import Path

import duckdb
import pytest

from pipelines.review import exports
from pipelines.sheets.importing import import_workbook
from tests.review.screen import LOW, Screen
from tests.sheets.made import enter, opened, places

SHEET = "Low B12 untreated"


def taken(screen: Screen, folder: Path, user: str = "nora", path: str = LOW, asked: str = "") -> Path:
    """The workbook that a user downloads from a list."""
    answer = screen.user(user).get(f"{path}/export.xlsx{asked}")
    assert answer.status_code == 200, answer.text
    book = folder / f"{user}{len(list(folder.iterdir()))}.xlsx"
    book.write_bytes(answer.content)
    return book


def people(book: Path, sheet: str = SHEET) -> list[str]:
    """The patients on a sheet, in order."""
    of = opened(book)[sheet]
    place = places(of)["Patient id"]
    return [of.cell(row, place).value for row in range(4, of.max_row + 1)]


def sent_back(screen: Screen, book: Path) -> list[str]:
    """Import a workbook; the outcomes of its rows."""
    report = import_workbook(book, home=screen.home, settings=screen.settings, user="nora", now=screen.clock())
    return [row.outcome for row in report.rows]


def test_the_workbook_holds_what_is_seen_and_says_what_that_is(shared_screen, tmp_path):
    book = taken(shared_screen, tmp_path, asked="?clinician=Dr+A&text=person")
    assert len(people(book)) == 20
    assert len(people(book, "Patients")) == 20
    assert opened(book).sheetnames == ["Patients", SHEET, "About this list"]
    about = " ".join(str(cell.value) for row in opened(book)["About this list"].rows for cell in row)
    assert "Taken from the screen by nora on 2024-03-04 09:00: to do, Dr A, search person" in about


def test_a_workbook_of_all_lists_has_a_sheet_for_each(shared_screen, tmp_path):
    assert SHEET in opened(taken(shared_screen, tmp_path, path="/list/all")).sheetnames


def test_a_list_without_an_item_gives_a_workbook_without_its_sheet(shared_screen, tmp_path):
    book = taken(shared_screen, tmp_path, asked="?text=nobody-has-this-name")
    assert opened(book).sheetnames == ["Patients", "About this list"]


def test_what_is_filled_in_comes_back_into_the_log(screen, tmp_path):
    book = enter(taken(screen, tmp_path), {0: {"Decision": "Done"}})
    assert sent_back(screen, book) == ["taken"]
    assert screen.decisions() == [(people(book)[0], "done", "nora")]


def test_a_workbook_knows_the_decisions_made_since_the_publication_and_an_older_one_does_not(screen, tmp_path):
    before = taken(screen, tmp_path)
    place = people(before).index("p07")
    screen.user("paul").decide(f"{screen.keys()['p07']}.0", decision="comment", note="Called.")
    after = taken(screen, tmp_path)
    assert sent_back(screen, enter(before, {place: {"Decision": "Done"}})) == ["conflict"]
    assert sent_back(screen, enter(after, {people(after).index("p07"): {"Decision": "Done"}})) == ["taken"]


def decided_so_far(book: Path, person: str) -> str | None:
    """What a workbook says was decided on a person."""
    of = opened(book)[SHEET]
    return of.cell(4 + people(book).index(person), places(of)["Decided so far"]).value


def test_a_comment_stands_in_the_workbook_until_somebody_decides_knowing_it(screen, tmp_path):
    key = screen.keys()["p07"]
    screen.user("paul").decide(f"{key}.0", decision="comment", note="Called.")
    assert decided_so_far(taken(screen, tmp_path), "p07") == "paul: Called."
    screen.user("nora").decide(f"{key}.1", decision="ordered", note="Form sent.")
    assert decided_so_far(taken(screen, tmp_path, asked="?show=all"), "p07") == "Ordered\nnora, 2024-03-04\nForm sent."
    screen.user("paul").decide(f"{key}.2", decision="comment", note="No answer.")
    assert decided_so_far(taken(screen, tmp_path, asked="?show=all"), "p07").endswith("\npaul: No answer.")


def test_a_publication_of_before_comments_were_published_is_shown(screen, practice, tmp_path):
    with duckdb.connect(str(practice.database.resolve())) as con:
        con.execute("ALTER TABLE worklist_item DROP comment")
        con.execute("ALTER TABLE worklist_item DROP comment_by")
    assert screen.user("nora").get(LOW).status_code == 200
    screen.user("paul").decide(f"{screen.keys()['p07']}.0", decision="comment", note="Called.")
    assert decided_so_far(taken(screen, tmp_path), "p07") == "paul: Called."


def test_the_workbook_leaves_out_the_sites_at_which_one_only_looks(shared_screen, tmp_path):
    everywhere = people(taken(shared_screen, tmp_path, "boss", asked="?size=100"))
    assert {"p07", "p40"} <= set(everywhere)
    for user in ("mixed", "nora", "lena"):
        book = taken(shared_screen, tmp_path, user, path="/list/all")
        assert not {f"p{n}" for n in range(40, 60)} & {*people(book), *people(book, "Patients")}, user


def test_the_patients_of_a_workbook_have_the_states_of_now(screen, tmp_path):
    screen.user("paul").decide(f"{screen.keys()['p07']}.0", decision="not_applicable", reason="moved")
    book = taken(screen, tmp_path, asked="?show=dismissed")
    for sheet, column in (("Patients", "Treatment: state"), (SHEET, "State")):
        of = opened(book)[sheet]
        assert of.cell(4, places(of)[column]).value == "Dismissed"


def test_the_patient_list_is_taken_with_all_open_items_of_its_people(screen, tmp_path):
    book = taken(screen, tmp_path, path="/patients", asked="?text=p03")
    assert people(book, "Patients") == people(book) == ["p03"]
    assert sent_back(screen, enter(book, {0: {"Decision": "Done"}})) == ["taken"]


def test_a_workbook_that_was_taken_is_in_the_audit_log(screen, practice, tmp_path):
    taken(screen, tmp_path, asked="?text=p07")
    (path,) = (practice.home / "audit").iterdir()
    (entry,) = map(json.loads, path.read_text().splitlines())
    assert (entry["who"], entry["did"], entry["form"], entry["persons"]) == ("nora", "export", "xlsx", ["p07"])


@pytest.mark.parametrize(("most", "status"), [(41, 200), (40, 413)])
def test_a_workbook_has_a_limit(screen, monkeypatch, most, status):
    monkeypatch.setattr(exports, "MOST_IN_WORKBOOK", most)
    for path in (LOW, "/patients"):
        answer = screen.user("nora").get(f"{path}/export.xlsx")
        assert answer.status_code == status
        assert ("at most 40 items, and 41 are seen here" in answer.text) == (status == 413)
    assert (screen.home / "audit").exists() == (status == 200), "what was refused was not taken away"
