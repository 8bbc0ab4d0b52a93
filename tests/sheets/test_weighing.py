"""Entries beside what is published: whose item is open, past, unknown or mixed up, and rows that say two things."""

from datetime import datetime

import pytest

from pipelines.decisions import Fate, Seen
from pipelines.errors import B12Error
from pipelines.sheets.entries import Entry
from pipelines.sheets.importing import entries_in, settle
from pipelines.sheets.opening import Cell, Row, Sheet
from pipelines.sheets.published import OpenItem, PastItem, Published
from pipelines.sheets.weighing import weigh
from tests.sheets.made import HASH, NOW, RUN

PUBLISHED = Published(
    run_id=RUN,
    open_items={"k1": OpenItem("low_b12_untreated", "007", HASH), "k2": OpenItem("neuro_untested", "8", "f" * 16)},
    past_items={"k9": PastItem("low_b12_untreated", "9", "no_longer_eligible")},
    published_at={RUN: datetime(2026, 11, 20, 2, 10)},
)


def entry(key="k1", row=4, said="done", **given):
    made = {
        "decision": said,
        "patient": "007",
        "seen": Seen(run_id=RUN, evidence_hash=HASH, priority=2, decision_id=None),
    }
    return Entry("S", row, item_key=key, **(made | given))


def weighed(*entries):
    return weigh(entries, PUBLISHED, user="ann", now=NOW)


def outcome(*entries):
    return [each.outcome for each in weighed(*entries)]


def test_an_open_item_is_for_the_log_to_answer():
    (each,) = weighed(entry())
    assert (each.outcome, each.decision.worklist, each.decision.person_id) == (None, "low_b12_untreated", "007")
    assert each.decision.seen_at == datetime(2026, 11, 20, 2, 10)


def test_an_item_that_was_resolved_is_told_with_its_reason():
    (each,) = weighed(entry("k9"))
    assert (each.outcome, each.told) == (
        "resolved",
        "The item is no longer open (no longer eligible). Nothing was recorded.",
    )


def test_an_item_that_was_never_here_is_unknown():
    assert outcome(entry("k77")) == ["unknown"]


def test_a_problem_of_the_row_comes_first_and_names_the_item_where_it_is_known():
    known, unknown = weighed(entry(problem="No."), entry("k77", row=5, problem="No."))
    assert (known.outcome, known.person_id, unknown.outcome, unknown.person_id) == ("invalid", "007", "invalid", None)


@pytest.mark.parametrize(
    "mixed",
    [{"patient": "8"}, {"seen": Seen(run_id=RUN, evidence_hash="f" * 16, priority=2)}],
    ids=["another patient", "another evidence"],
)
def test_a_row_whose_columns_were_sorted_apart_is_refused(mixed):
    (each,) = weighed(entry(**mixed))
    assert each.outcome == "invalid"
    assert "only some columns sorted" in each.told


def test_a_row_without_a_readable_patient_goes_by_its_key():
    assert outcome(entry(patient=None)) == [None]


def test_evidence_may_differ_from_what_an_earlier_run_showed():
    earlier = Seen(run_id="20261119T020000-aa", evidence_hash="e" * 16, priority=3)
    (each,) = weighed(entry(seen=earlier))
    assert (each.outcome, each.decision.seen_at) == (None, datetime(2026, 11, 19, 2))


def test_a_run_that_is_none_is_refused():
    assert outcome(entry(seen=Seen(run_id="yesterday", evidence_hash=HASH, priority=2))) == ["invalid"]


def test_rows_that_say_the_same_of_an_item_count_once_and_rows_that_differ_do_not_count():
    assert outcome(entry(row=4), entry(row=5)) == [None, "repeated"]
    apart = weighed(entry(row=4), entry(row=5, said="ordered"))
    assert [each.outcome for each in apart] == ["invalid", "invalid"]
    assert "(S row 5)" in apart[0].told


def test_a_row_that_is_refused_anyhow_contradicts_nobody():
    assert outcome(entry(row=4), entry(row=5, said="ordered", problem="No.")) == [None, "invalid"]


def test_all_rows_are_settled_in_one_call_in_their_order():
    asked = []

    def log(new):
        asked.append([each.item_key for each in new])
        return [Fate("taken", number, "Recorded.") for number, _ in enumerate(new, 1)]

    settled = settle(weighed(entry("k77", row=3), entry("k1", row=4), entry("k2", row=5, patient="8",
        seen=Seen(run_id=RUN, evidence_hash="f" * 16, priority=1))), log)  # fmt: skip
    assert asked == [["k1", "k2"]]
    assert [(each.entry.row, each.outcome, each.decision_id) for each in settled] == [
        (3, "unknown", None), (4, "taken", 1), (5, "taken", 2),
    ]  # fmt: skip


def cells(*rows):
    return [Row(number, tuple(map(Cell, row))) for number, row in enumerate(rows, 1)]


def test_a_workbook_without_any_key_column_is_refused(tmp_path):
    with pytest.raises(B12Error, match="has the column item_key"):
        entries_in(tmp_path / "a.xlsx", [Sheet("S", cells(("Decision", "Note"), ("done", "x")))])


def test_of_a_workbook_that_lost_the_key_column_of_one_sheet_that_sheet_is_told(tmp_path):
    seen = f"{RUN}/{HASH}/2/-"
    good = Sheet("A", cells(("item_key", "Seen", "Decision"), ("k1", seen, "done")))
    lost = Sheet("B", cells(("Seen", "Decision"), (seen, "done")))
    entries, notes = entries_in(tmp_path / "a.xlsx", [good, lost])
    assert [(each.sheet, each.problem is None) for each in entries] == [("A", True), ("B", False)]
    assert notes == ["The sheet A has lost its column Reason and Snooze until and Note: nothing was read from there."]
