"""What is said of an import: counts, and the place of each row that was not taken."""

from pathlib import Path

import pytest

from pipelines.sheets.report import LINES_SHOWN, ImportReport, RowFate
from tests.sheets.made import NOW


def fate(row, outcome="invalid"):
    return RowFate("S", row, outcome, "Why.", None, "w", "007", "k1", "done", None, None, None)


def report(*rows, **given):
    return ImportReport(Path("a.xlsx"), rows, **({"notes": (), "user": "ann", "imported_at": NOW} | given))


@pytest.mark.parametrize(
    ("outcomes", "is_nothing"),
    [
        (["conflict"], True),
        (["conflict", "resolved", "unknown", "invalid"], True),
        (["conflict", "taken"], False),
        (["conflict", "repeated"], False),
        ([], False),
    ],
)
def test_that_nothing_could_be_taken_is_told_and_only_then(outcomes, is_nothing):
    told = report(*(fate(row, outcome) for row, outcome in enumerate(outcomes, 4))).nothing_taken
    assert (told is not None) == is_nothing


def test_what_would_not_be_taken_is_told_as_such():
    assert report(fate(4, "conflict"), dry_run=True).nothing_taken == (
        "Nothing would be taken from a.xlsx: 1 row with an entry: 1 conflict: decided by somebody else meanwhile. "
        "Look at these items in a fresh list, and decide again where it is still needed."
    )


def test_a_file_without_an_entry_says_so():
    assert report().as_text() == "a.xlsx: 0 rows with an entry."


def test_rows_that_were_taken_are_counted_and_the_others_are_shown_with_their_place():
    told = report(fate(4, "taken"), fate(5, "repeated"), fate(6, "conflict"), notes=("Note.",)).as_text()
    assert told.splitlines() == [
        "a.xlsx: 3 rows with an entry: 1 taken, 1 there already, 1 conflict: decided by somebody else meanwhile.",
        "  Note.",
        "  S, row 6: conflict. Why.",
    ]


@pytest.mark.parametrize(("rows", "last"), [(LINES_SHOWN, "Why."), (LINES_SHOWN + 1, "  and 1 more.")])
def test_a_long_report_ends_in_how_many_more_there_are(rows, last):
    assert report(*map(fate, range(rows))).as_text().splitlines()[-1].endswith(last)


def test_the_counts_name_every_outcome():
    assert report(fate(4)).counts == {
        "taken": 0, "repeated": 0, "conflict": 0, "resolved": 0, "unknown": 0, "invalid": 1,
    }  # fmt: skip
