"""The life of an item: listed, quiet, awake, returned, gone; and why."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from pipelines.contract import core_schema, empty
from pipelines.decisions import DECISION_SCHEMA
from pipelines.publish.life import (
    SHOWN,
    Before,
    corrected,
    decided_events,
    evidence_hashes,
    facts_of,
    live,
    resolve,
    vanished,
)
from tests.tables import tables_of

TODAY = date(2026, 11, 20)
YESTERDAY = TODAY - timedelta(days=1)
LIST = "low_b12_untreated"


def rows(table, *given, **defaults):
    schema = core_schema(table)
    return pl.DataFrame([dict.fromkeys(schema) | defaults | row for row in given], schema=schema)


def evidence(*given):
    same = {"worklist": LIST, "person_id": "1", "role": "index", "event_table": "measurement", "event_id": "m1"}
    where = {
        "event_date": date(2026, 10, 1),
        "value": 100.0,
        "unit": "pmol/L",
        "text": "",
        "source_file": "f",
        "source_row": 1,
    }
    return rows("evidence", *given, **same, **where)


SAW = evidence_hashes(facts_of(evidence({})))["evidence_hash"].item()
"""The hash of evidence of one result: what a reviewer saw."""


def before(*, state="continuing", evidence_then=None, history=(), decided_at=None, definitions=None):
    """The publication of yesterday with one open item, k1 of person 1."""
    item = {"worklist": LIST, "person_id": "1", "item_key": "k1", "first_listed": YESTERDAY, "state": state}
    items = rows("worklist_item", item | {"decided_at": decided_at}).select(SHOWN)
    of_item = {"worklist": LIST, "person_id": "1", "item_key": "k1", "run_id": "r0"}
    return Before(
        items=items,
        evidence=evidence({}) if evidence_then is None else evidence_then,
        history=rows("item_history", *history, **of_item) if history else empty("item_history"),
        definitions=definitions or {},
        as_of=YESTERDAY,
    )


def open_items(*keys, priority=2):
    return rows(
        "worklist_item", *({"item_key": key} for key in keys), worklist=LIST, person_id="1", priority=priority
    ).select("worklist", "person_id", "item_key", "priority")


def decision(at="2026-11-19 10:00", **given):
    entry = {
        "decision_id": 1, "worklist": LIST, "person_id": "1", "item_key": "k1", "decision": "snooze", "reason": None,
        "note": None, "snooze_until": TODAY + timedelta(days=30), "decided_by": "ann", "channel": "review",
        "decided_at": datetime.fromisoformat(at), "seen_run_id": "r0", "seen_at": datetime.fromisoformat(at),
        "seen_evidence_hash": SAW, "seen_priority": 2, "seen_decision_id": None,
    } | given  # fmt: skip
    return pl.DataFrame([entry], schema=DECISION_SCHEMA)


NOTHING_DECIDED = pl.DataFrame(schema=DECISION_SCHEMA)


def lived(then, decisions=NOTHING_DECIDED, *, now=None, keys=("k1",), priority=2):
    """State of the first item, and the events that the run saw."""
    facts = facts_of(evidence({}) if now is None else now)
    items, events = live(open_items(*keys, priority=priority), facts, then, decisions, as_of=TODAY, run_id="r1")
    return items.row(0, named=True), events.select("event", "because").rows()


def test_an_item_is_new_when_it_was_never_published():
    item, events = lived(Before.nothing())
    assert (item["state"], item["first_listed"], item["days_listed"]) == ("new", TODAY, 0)
    assert events == [("listed", None)]


def test_an_item_continues_from_the_day_it_was_first_listed():
    item, events = lived(before())
    assert (item["state"], item["first_listed"], item["days_listed"]) == ("continuing", YESTERDAY, 1)
    assert events == []


def test_an_item_that_was_resolved_returns_and_its_days_begin_anew():
    gone = {"event": "resolved", "on_date": date(2026, 11, 1), "because": "treated"}
    then = before(history=[gone])
    item, events = lived(Before(then.items.clear(), then.evidence, then.history, {}))
    assert (item["state"], item["first_listed"]) == ("returned", TODAY)
    assert events == [("returned", None)]


def test_only_an_item_that_was_resolved_returns():
    decided = {"event": "decided", "on_date": date(2026, 11, 1), "because": "done"}
    then = before(history=[decided])
    assert lived(Before(then.items.clear(), then.evidence, then.history, {}))[0]["state"] == "new"


def test_another_key_of_the_same_person_is_another_item():
    item, events = lived(before(), keys=("k2",))
    assert item["state"] == "new"
    assert events == [("listed", None)]


ANOTHER = evidence({}, {"event_id": "m2", "event_date": date(2026, 11, 18), "value": 90.0})
MOVED = evidence({"source_file": "g", "source_row": 9, "role": "last_test"})
CHANGED = evidence({"value": 99.0})
FEWER = evidence({}).clear()


@pytest.mark.parametrize(
    ("decided", "now", "priority", "state", "woken"),
    [
        ({}, None, 2, "snoozed", None),
        ({"snooze_until": TODAY + timedelta(days=1)}, None, 2, "snoozed", None),
        ({"snooze_until": TODAY}, None, 2, "continuing", "date_reached"),
        ({"snooze_until": YESTERDAY}, None, 2, "continuing", "date_reached"),
        ({}, None, 1, "continuing", "higher_priority"),
        ({}, None, 3, "snoozed", None),
        ({}, ANOTHER, 2, "continuing", "newer_evidence"),
        ({}, CHANGED, 2, "continuing", "newer_evidence"),
        ({}, MOVED, 2, "snoozed", None),
        ({}, FEWER, 2, "snoozed", None),
        ({"decision": "not_applicable", "reason": "declined", "snooze_until": None}, None, 2, "dismissed", None),
        ({"decision": "not_applicable", "reason": "declined", "snooze_until": None}, ANOTHER, 2, "continuing", "newer_evidence"),
        ({"decision": "done", "snooze_until": None}, None, 2, "continuing", None),
        ({"decision": "comment", "snooze_until": None}, None, 2, "continuing", None),
        ({"decision": "undo", "snooze_until": None}, None, 2, "continuing", None),
    ],
)  # fmt: skip
def test_a_decision_keeps_an_item_quiet_until_its_date_newer_evidence_or_a_higher_priority(
    decided, now, priority, state, woken
):
    item, events = lived(before(), decision(**decided), now=now, priority=priority)
    assert item["state"] == state
    assert events == ([("woken", woken)] if woken else [])


def test_a_quiet_item_is_compared_with_the_publication_in_which_it_was_quiet():
    """Evidence that ages out and comes back is not newer; evidence that came meanwhile is."""
    at = datetime(2026, 11, 10, 9)
    then = before(state="snoozed", decided_at=at, evidence_then=ANOTHER)
    assert lived(then, decision(str(at)), now=ANOTHER)[0]["state"] == "snoozed"
    assert lived(then, decision(str(at)))[0]["state"] == "snoozed"
    third = evidence({}, {"event_id": "m3"})
    assert lived(then, decision(str(at)), now=third)[0]["state"] == "continuing"


def test_an_item_that_was_quiet_by_an_earlier_decision_is_held_against_what_the_reviewer_saw():
    """What was published between a decision and a later one on an older sheet was never decided on."""
    then = before(state="snoozed", decided_at=datetime(2026, 11, 10, 9), evidence_then=ANOTHER)
    assert lived(then, decision("2026-11-19 10:00"), now=ANOTHER)[1] == [("woken", "newer_evidence")]
    awake = before(state="continuing", decided_at=datetime(2026, 11, 10, 9), evidence_then=ANOTHER)
    item, events = lived(awake, decision("2026-11-10 09:00"), now=ANOTHER)
    assert (item["state"], events) == ("continuing", [])  # it woke by then, and stays so


def test_evidence_that_the_reviewer_saw_and_nobody_published_before_is_not_newer():
    seen = evidence_hashes(facts_of(ANOTHER))["evidence_hash"].item()
    empty_before = before(evidence_then=FEWER)
    assert lived(empty_before, decision(seen_evidence_hash=seen), now=ANOTHER)[0]["state"] == "snoozed"
    assert lived(empty_before, decision(seen_evidence_hash=seen))[1] == [("woken", "newer_evidence")]


def test_evidence_that_ages_out_of_what_the_reviewer_saw_is_not_newer():
    seen = evidence_hashes(facts_of(ANOTHER))["evidence_hash"].item()
    assert lived(before(evidence_then=ANOTHER), decision(seen_evidence_hash=seen))[0]["state"] == "snoozed"


def test_a_comment_alone_is_no_decision_and_has_its_number():
    item, _ = lived(before(), decision(decision_id=7, decision="comment", snooze_until=None))
    assert (item["decision"], item["decision_id"]) == (None, 7)


def test_a_decision_on_the_day_of_a_waking_and_one_after_another_waking_are_told_apart():
    """Dates are all that the history keeps: of one day, the publication before knows which was the later."""
    at = datetime(2026, 11, 18, 10)
    changed = decision(str(at), seen_evidence_hash="other")
    same_day = [{"event": "woken", "on_date": at.date(), "because": "newer_evidence"}]
    item, events = lived(before(history=same_day, evidence_then=ANOTHER, decided_at=at), changed, now=ANOTHER)
    assert (item["state"], events) == ("continuing", [])
    snoozed = before(history=same_day, state="snoozed", decided_at=at)
    item, events = lived(snoozed, decision(str(at), snooze_until=TODAY))
    assert (item["state"], events) == ("continuing", [("woken", "date_reached")])
    quiet = lived(before(history=same_day), decision("2026-11-18 10:00"))
    assert (quiet[0]["state"], quiet[1]) == ("snoozed", [])
    twice = [{"event": "woken", "on_date": day, "because": "newer_evidence"} for day in (date(2026, 11, 2), YESTERDAY)]
    assert lived(before(history=twice), decision("2026-11-18 10:00"))[0]["state"] == "continuing"
    long_ago = [{"event": "woken", "on_date": date(2026, 11, 2), "because": "newer_evidence"}]
    assert lived(before(history=long_ago), decision("2026-11-18 10:00"))[0]["state"] == "snoozed"
    resolved = [{"event": "resolved", "on_date": YESTERDAY, "because": "treated"}]
    assert lived(before(history=resolved), decision("2026-11-18 10:00"))[0]["state"] == "snoozed"


def test_a_decision_that_does_not_quiet_wakes_nothing():
    done = decision(decision="done", snooze_until=None, seen_evidence_hash="other")
    assert lived(before(), done, priority=1)[1] == []


def test_a_decision_on_an_old_sheet_does_not_hush_what_it_never_saw():
    then = before(evidence_then=ANOTHER)
    assert lived(then, decision(), now=ANOTHER)[1] == [("woken", "newer_evidence")]


def test_an_item_that_woke_stays_awake_until_somebody_decides_again():
    woken = {"event": "woken", "on_date": YESTERDAY, "because": "newer_evidence"}
    then = before(history=[woken], evidence_then=ANOTHER)
    item, events = lived(then, decision("2026-11-18 10:00", seen_evidence_hash="other"), now=ANOTHER)
    assert (item["state"], events) == ("continuing", [])
    seen = evidence_hashes(facts_of(ANOTHER))["evidence_hash"].item()
    again = decision("2026-11-19 10:00", seen_evidence_hash=seen)
    assert lived(then, again, now=ANOTHER)[0]["state"] == "snoozed"


def test_a_decision_stands_beside_its_item_with_the_number_of_the_latest_entry():
    entries = pl.concat([decision(note="after her holiday"), decision(decision_id=2, decision="comment", note="rang")])
    item, _ = lived(before(), entries)
    until = date(2026, 12, 20)
    shown = ("decision", "decision_note", "decided_by", "snoozed_until", "comment", "comment_by", "decision_id")
    assert [item[name] for name in shown] == ["snooze", "after her holiday", "ann", until, "rang", "ann", 2]


RESULT = """
person_id | measurement_id | concept   | measurement_date | value | unit
1         | m1             | serum_b12 | 2026-10-01       | {}    | pmol/L
"""
STANDING = RESULT.format(100)
PRELIMINARY = """
person_id | measurement_id | concept   | measurement_date | value | unit   | status
1         | m1             | serum_b12 | 2026-10-01       | 100   | pmol/L | preliminary
"""


def tables(person="1 | | ", result=STANDING):
    given = {"person": "person_id | death_date | registered_until\n" + person, "measurement": result}
    return {name: frame.lazy() for name, frame in tables_of(given).items()}


def gap(key="k1", closed_by="treated"):
    return rows("care_gap", {"item_key": key, "closed_by": closed_by}, worklist=LIST, person_id="1").select(
        "worklist", "person_id", "item_key", "closed_by"
    )


@pytest.mark.parametrize(
    ("gaps", "core", "redefined", "because"),
    [
        (gap(), tables(), (), "treated"),
        (gap(), tables("1 | 2026-11-20 |"), (), "died"),
        (gap(), tables("1 | 2026-11-21 |"), (), "treated"),
        (gap(), tables("1 | | 2026-11-19"), (), "left"),
        (gap(), tables("1 | | 2026-11-20"), (), "treated"),
        (gap(), tables(), ("k1",), "definition_changed"),
        (gap(), tables("1 | 2026-11-20 |"), ("k1",), "died"),
        (gap(), tables(result=RESULT.format(300)), (), "treated"),
        (gap().clear(), tables(result=RESULT.format(300)), (), "correction"),
        (gap("k2", None), tables(result=RESULT.format(300)), (), "correction"),
        (gap("k2", None), tables(), (), "new_episode"),
        (gap("k2"), tables(), (), "treated"),
        (gap().clear(), tables(), (), "no_longer_eligible"),
        (gap().clear(), tables("2 | |"), (), "no_longer_eligible"),
        (gap().clear(), tables("2 | |", STANDING.replace("\n1 ", "\n2 ")), (), "correction"),  # nothing of person 1 is left
    ],
)  # fmt: skip
def test_an_item_is_resolved_because_of_the_first_reason_that_holds(gaps, core, redefined, because):
    events = resolve(before().items, before(), gaps, core, redefined=frozenset(redefined), as_of=TODAY, run_id="r1")
    assert events.select("item_key", "event", "because", "on_date").rows() == [("k1", "resolved", because, TODAY)]


def test_an_item_that_is_still_open_has_not_vanished():
    assert vanished(before(), open_items("k1")).is_empty()
    assert vanished(before(), open_items("k2"))["item_key"].to_list() == ["k1"]


@pytest.mark.parametrize(
    ("result", "is_corrected"),
    [
        (STANDING, False),
        (RESULT.format(101), True),
        (STANDING.replace("2026-10-01", "2026-10-02"), True),
        (STANDING.replace("pmol/L", "ng/L"), True),
        (PRELIMINARY, True),
    ],
)
def test_a_fact_is_corrected_when_it_does_not_stand_as_it_was_shown(result, is_corrected):
    assert corrected(before(), before().items, tables(result=result)).height == is_corrected


def test_entries_of_the_log_are_told_as_history():
    entries = pl.concat(
        [
            decision(),
            decision(decision="not_applicable", reason="declined", snooze_until=None),
            decision(decision="done"),
        ]
    )
    assert decided_events(entries).select("event", "because", "actor", "on_date", "run_id").rows() == [
        ("snoozed", "until 2026-12-20", "ann", YESTERDAY, "r0"),
        ("decided", "not_applicable: declined", "ann", YESTERDAY, "r0"),
        ("decided", "done", "ann", YESTERDAY, "r0"),
    ]
