"""The log on both databases: compare and append, repeats and conflicts, and what is read back."""

from datetime import date, datetime

import polars as pl
import pytest

from pipelines.decisions import DECISION_SCHEMA, DecisionLog, Seen
from pipelines.decisions.log import judged
from pipelines.errors import B12Error
from tests.decisions.made import broken_chains, decided, outcomes


@pytest.fixture
def log(url):
    with DecisionLog.open(url) as opened:
        yield opened


def test_what_was_decided_is_read_back_in_full(log):
    seen = Seen(run_id="run-7", evidence_hash="fedcba9876543210", priority=1, decision_id=1)
    log.append([decided()])
    [fate] = log.append(
        [
            decided(
                decision="snooze",
                snooze_until=date(2026, 6, 1),
                note="Jürgen – 'rang'\n;--",
                decided_at=datetime(2026, 3, 3, 10, 15, 0, 250),
                channel="sheet",
                seen=seen,
            )
        ]
    )
    assert (fate.outcome, fate.decision_id) == ("taken", 2)
    read = log.read()
    assert read.schema == DECISION_SCHEMA
    assert read.row(1, named=True) == {
        "decision_id": 2,
        "worklist": "low_b12_untreated",
        "person_id": "P-1",
        "item_key": "low:P-1:r1",
        "decision": "snooze",
        "reason": None,
        "note": "Jürgen – 'rang'\n;--",
        "snooze_until": date(2026, 6, 1),
        "decided_by": "Ann Lee",
        "decided_at": datetime(2026, 3, 3, 10, 15, 0, 250),
        "channel": "sheet",
        "seen_run_id": "run-7",
        "seen_at": datetime(2026, 3, 2, 2, 0),
        "seen_evidence_hash": "fedcba9876543210",
        "seen_priority": 1,
        "seen_decision_id": 1,
    }


def test_a_new_log_is_empty_and_nothing_appended_is_nothing(log):
    assert log.append([]) == []
    assert log.read().equals(pl.DataFrame(schema=DECISION_SCHEMA))


def test_a_decision_is_taken_only_by_who_saw_the_latest_entry(log):
    assert outcomes(log, decided()) == ["taken"]
    [stale] = log.append([decided(decided_by="Bo Ray", decision="ordered")])
    assert (stale.outcome, stale.decision_id) == ("conflict", 1)
    assert "Ann Lee entered 'done' on 02 Mar 2026 at 09:30" in stale.told
    assert "P-1" not in stale.told
    assert outcomes(log, decided(decided_by="Bo Ray", decision="ordered", after=1)) == ["taken"]
    assert outcomes(log, decided(decided_by="Cy", decision="ordered", after=1)) == ["conflict"]
    assert len(log.read()) == 2


def test_a_comment_of_another_counts_as_something_not_seen(log):
    log.append([decided(decision="comment", note="ask the daughter")])
    assert outcomes(log, decided(decided_by="Bo Ray")) == ["conflict"]


def test_items_do_not_stand_in_the_way_of_each_other(log):
    assert outcomes(log, decided("low:P-1:r1"), decided("low:P-2:r9"), decided("met:P-1:m1")) == ["taken"] * 3


def test_who_saw_an_entry_of_another_item_or_log_is_in_conflict(log):
    log.append([decided("low:P-1:r1")])
    [of_another] = log.append([decided("low:P-2:r9", after=1)])
    assert (of_another.outcome, of_another.decision_id) == ("conflict", None)
    assert "this log does not hold" in of_another.told
    assert outcomes(log, decided("low:P-1:r1", after=99, decided_by="Bo Ray")) == ["conflict"]


def test_a_sheet_imported_twice_adds_nothing(log):
    sheet = [decided(f"low:P-{n}:r1", channel="sheet") for n in range(700)]
    assert outcomes(log, *sheet) == ["taken"] * 700
    again = log.append([decided(f"low:P-{n}:r1", channel="sheet", decided_at=datetime(2026, 3, 9)) for n in range(700)])
    assert {fate.outcome for fate in again} == {"repeated"}
    assert sorted(fate.decision_id for fate in again) == log.read()["decision_id"].to_list()
    assert len(log.read()) == 700


@pytest.mark.parametrize(
    "other",
    [
        {"decided_by": "Bo Ray"},
        {"decision": "ordered"},
        {"note": "again"},
        {"channel": "sheet"},
        {"seen": Seen(run_id="run-2", evidence_hash="0123456789abcdef", priority=2)},
    ],
)
def test_an_entry_that_differs_in_anything_that_counts_is_no_repeat(log, other):
    log.append([decided()])
    assert outcomes(log, decided(**other)) == ["conflict"]


def test_snoozes_and_dismissals_differ_by_date_and_reason(log):
    log.append([decided("a", decision="snooze", snooze_until=date(2026, 4, 1))])
    log.append([decided("b", decision="not_applicable", reason="moved")])
    assert outcomes(
        log,
        decided("a", decision="snooze", snooze_until=date(2026, 4, 1)),
        decided("a", decision="snooze", snooze_until=date(2026, 4, 2)),
        decided("b", decision="not_applicable", reason="moved"),
        decided("b", decision="not_applicable", reason="declined"),
    ) == ["repeated", "conflict", "repeated", "conflict"]


def test_a_repeat_is_known_after_others_went_on(log):
    log.append([decided()])
    log.append([decided(decision="undo", decided_by="Bo Ray", after=1)])
    [again] = log.append([decided()])
    assert (again.outcome, again.decision_id) == ("repeated", 1)


def test_done_undone_and_done_again_on_the_same_day_are_three_entries(log):
    assert outcomes(log, decided(), decided(decision="undo", after=1), decided(after=2)) == ["taken"] * 3
    assert outcomes(log, decided(after=3)) == ["repeated"]
    assert broken_chains(log) == []


def test_the_second_of_two_decisions_about_an_item_in_one_sheet_is_a_conflict(log):
    assert outcomes(log, decided(), decided(decision="ordered"), decided()) == ["taken", "conflict", "repeated"]


def test_fates_come_in_the_order_of_the_decisions(log):
    log.append([decided("b")])
    fates = log.append([decided("c"), decided("b", decision="ordered"), decided("a")])
    assert [fate.outcome for fate in fates] == ["taken", "conflict", "taken"]
    numbers = dict(log.read().select("item_key", "decision_id").iter_rows())
    assert [fate.decision_id for fate in fates] == [numbers["c"], numbers["b"], numbers["a"]]


def test_reading_chooses_by_time_person_and_item(log):
    log.append(
        [
            decided("a", person_id="P-1", decided_at=datetime(2026, 3, 1, 12)),
            decided("b", person_id="P-1", decided_at=datetime(2026, 3, 2, 12)),
            decided("c", person_id="P-2", decided_at=datetime(2026, 3, 3, 12)),
        ]
    )

    def items(**chosen) -> list[str]:
        return log.read(**chosen)["item_key"].to_list()

    assert items() == ["a", "b", "c"]
    assert items(until=datetime(2026, 3, 2, 12)) == ["a", "b"]
    assert items(until=datetime(2026, 3, 2, 11, 59, 59)) == ["a"]
    assert items(person_id="P-1") == ["a", "b"]
    assert items(item_key="c") == ["c"]
    assert items(person_id="P-2", item_key="a") == []


def test_a_log_opened_for_reading_reads_and_refuses_to_be_added_to(url):
    with DecisionLog.open(url) as writer:
        writer.append([decided()])
    with DecisionLog.open(url, read_only=True) as reader:
        assert len(reader.read()) == 1
        with pytest.raises(B12Error, match="can be read, but not written"):
            reader.append([decided("b")])


def test_a_log_that_does_not_exist_reads_as_one_without_decisions(url):
    with DecisionLog.open(url, read_only=True) as reader:
        assert reader.read().equals(pl.DataFrame(schema=DECISION_SCHEMA))
        with pytest.raises(B12Error, match="was opened for reading"):
            reader.append([decided()])


def test_a_judgement_needs_no_database():
    first = decided().row() | {"decision_id": 5}
    assert judged(decided().row(), []) is None
    assert judged(decided(after=5, decision="undo").row(), [first]) is None
    assert judged(decided(decision="undo").row(), [first]).outcome == "conflict"
    assert judged(decided().row(), [first]).outcome == "repeated"
