"""Rows that people filled in are found wherever they stand, and understood or refused with a reason."""

from datetime import date, datetime

import pytest

from pipelines.sheets.entries import decided, entries_of, header_of
from pipelines.sheets.opening import Cell, Row, Sheet
from tests.sheets.made import HASH, NOW, RUN

SEEN = f"{RUN}/{HASH}/2/-"
HEADER = ("Patient id", "Decision", "Reason", "Snooze until", "Note", "item_key", "Seen")


def sheet(*rows, header=HEADER, name="S"):
    """A sheet of a title, a header and rows; a text, date or number stands as a cell does."""
    cells = [("Low vitamin B12",), header, *rows]
    made = [tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in cells]
    return Sheet(name, [Row(number, row) for number, row in enumerate(made, 1)])


def read(*rows, **asked):
    made = sheet(*rows, **asked)
    return list(entries_of(made, header_of(made)))


def row(decision=None, reason=None, until=None, note=None, key="k1", seen=SEEN, patient="007"):
    return patient, decision, reason, until, note, key, seen


def made_of(entry):
    return decided(entry, worklist="w", person_id="007", by="ann", now=NOW, seen_at=NOW)


def test_a_row_is_read_with_its_place():
    (entry,) = read(row(), row("Snooze", until=date(2026, 12, 24), note="  booked "))
    assert (entry.sheet, entry.row, entry.item_key, entry.patient) == ("S", 4, "k1", "007")
    assert (entry.decision, entry.snooze_until, entry.note, entry.problem) == (
        "Snooze",
        date(2026, 12, 24),
        "booked",
        None,
    )


def test_a_row_in_which_nothing_was_entered_is_left_alone():
    assert read(row(), row(patient="changed")) == []


def test_columns_are_found_by_name_however_they_were_moved_added_or_spelled():
    header = ("my colour", "SEEN", "note", "Item Key", "extra", "decision")
    (entry,) = read(("red", SEEN, "n", "k1", 5, "DONE"), header=header)
    assert (entry.item_key, entry.decision, entry.note, entry.problem) == ("k1", "DONE", "n", None)


def test_the_header_may_have_been_sorted_down_between_the_rows():
    made = Sheet("S", [Row(1, tuple(map(Cell, row("done")))), Row(2, tuple(map(Cell, HEADER)))])
    assert [(entry.row, entry.decision) for entry in entries_of(made, header_of(made))] == [(1, "done")]


def test_two_lists_below_each_other_are_read_as_one():
    (first, second) = read(row("done"), HEADER, row("ordered", key="k2"))
    assert (first.row, second.row, second.item_key) == (3, 5, "k2")


def test_of_two_rows_that_could_be_the_header_the_first_is():
    moved = Sheet("S", [Row(1, (Cell("item_key"), Cell("Seen"))), Row(2, (Cell("Seen"), Cell("item_key")))])
    assert header_of(moved).places == {"item_key": 0, "Seen": 1}


def test_a_list_of_the_columns_is_no_header():
    assert header_of(Sheet("About", [Row(1, (Cell("item_key"), Cell("Names this item")))])) is None


def test_a_note_alone_is_a_comment():
    (entry,) = read(row(note="phoned"))
    assert (made_of(entry).decision, made_of(entry).note) == ("comment", "phoned")


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (row(Cell(flaw="holds a formula")), "Decision holds a formula"),
        (row("done", note=Cell(flaw="holds an error")), "Note holds an error"),
        (row("done", key=Cell(flaw="holds a formula")), "item_key holds a formula"),
        (row("done", key=None), "no item_key"),
        (row("done", seen=None), "Seen was emptied or changed"),
        (row("done", seen="yes"), "Seen was emptied or changed"),
        (row("Snooze", until="05/12/2026"), "more than one way, or in none"),
        (row("Snooze", until=46361), "more than one way, or in none"),
        (row(reason="Moved"), "needs a decision"),
        (row(until=date(2026, 12, 24)), "needs a decision"),
    ],
)
def test_a_row_that_cannot_be_understood_says_why(cells, problem):
    (entry,) = read(cells)
    assert problem in entry.problem


@pytest.mark.parametrize("lost", ["item_key", "Seen"])
def test_a_row_of_a_sheet_that_lost_a_key_column_says_so(lost):
    header = tuple(name if name != lost else "something" for name in HEADER)
    (entry,) = read(row("done"), header=header)
    assert entry.problem == f"The sheet has lost its column {lost}. Enter the row in a fresh list."


def test_a_row_of_a_sheet_with_a_column_twice_is_not_guessed_at():
    (entry,) = read((*row("done"), "ordered"), header=(*HEADER, "Decision"))
    assert "two columns named Decision" in entry.problem


def test_an_identifier_that_became_a_number_proves_nothing():
    (entry,) = read(row("done", patient=7.0))
    assert (entry.patient, entry.problem) == (None, None)


@pytest.mark.parametrize("spelled", ["Not applicable", "not_applicable", " NOT  APPLICABLE "])
def test_decisions_and_reasons_are_taken_by_label_or_slug_in_any_case(spelled):
    (entry,) = read(row(spelled, reason="Bought over the COUNTER"))
    assert (made_of(entry).decision, made_of(entry).reason) == ("not_applicable", "bought_over_the_counter")


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (row("Mrs Jones"), "The decision is none of: Done, Ordered"),
        (row("Not applicable", reason="Mrs Jones"), "The reason is none of: Wrong patient"),
        (row("Not applicable"), "'not applicable' needs a reason"),
        (row("Done", reason="Moved"), "A reason goes only with 'not applicable'"),
        (row("Snooze"), "'snooze' needs the date"),
        (row("Snooze", until=NOW.date()), "must be after today"),
        (row("Comment"), "A comment needs a note."),
        (row("Done", note="x" * 2001), "The note has 2,001 characters"),
    ],
)
def test_a_decision_that_cannot_be_taken_says_why_without_repeating_what_was_typed(cells, told):
    (entry,) = read(cells)
    assert told in made_of(entry)
    assert "Jones" not in made_of(entry)


def test_a_decision_keeps_what_was_seen_and_when():
    (entry,) = read(row("Snooze", until=datetime(2026, 11, 22)))
    made = made_of(entry)
    assert (made.channel, made.decided_by, made.decided_at, made.seen.run_id) == ("sheet", "ann", NOW, RUN)
    assert made.snooze_until == date(2026, 11, 22)
