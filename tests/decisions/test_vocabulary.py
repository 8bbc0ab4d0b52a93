"""What a decision needs, and what its maker is told when it lacks something."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from pipelines.decisions import DECISIONS, LABELS, REASONS, problems
from tests.decisions.made import decided


def told(**values) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        decided(**values)
    assert "P-1" not in str(caught.value)
    return problems(caught.value)


def test_decisions_and_reasons_are_those_of_the_lists():
    assert DECISIONS == ("done", "ordered", "contacted", "snooze", "not_applicable", "comment", "undo")
    assert list(REASONS) == [
        "wrong_patient",
        "moved",
        "declined",
        "treated_elsewhere",
        "bought_over_the_counter",
        "clinically_inappropriate",
        "data_error",
        "other",
    ]


@pytest.mark.parametrize("decision", ["done", "ordered", "contacted", "undo"])
def test_a_plain_decision_needs_nothing_else(decision):
    assert decided(decision=decision).decision == decision


def test_words_are_taken_as_slug_or_label_however_they_are_typed():
    for typed in ("not_applicable", "not applicable", " Not  Applicable ", "NOT-APPLICABLE"):
        for reason in ("bought_over_the_counter", "Bought over the counter"):
            made = decided(decision=typed, reason=reason)
            assert (made.decision, made.reason) == ("not_applicable", "bought_over_the_counter")


@pytest.mark.parametrize("slug", list(LABELS))
def test_every_label_reads_back_as_its_slug(slug):
    needs = {
        "snooze": {"snooze_until": date(2026, 4, 1)},
        "comment": {"note": "x"},
        "not_applicable": {"reason": "other"},
    }
    assert decided(decision=LABELS[slug], **needs.get(slug, {})).decision == slug


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"decision": "finished"}, "The decision is not one that we know. Choose one of: done, ordered,"),
        ({"decision": " "}, "The decision is missing."),
        ({"decision": "not_applicable"}, "'not applicable' needs a reason. Choose one of: wrong patient, moved,"),
        ({"decision": "not_applicable", "reason": "bored"}, "The reason is not one that we know. Choose one of: wrong"),
        ({"reason": "declined"}, "A reason goes only with 'not applicable', not with 'done'."),
        ({"decision": "snooze"}, "'snooze' needs the date until which the item is to rest."),
        ({"snooze_until": date(2026, 4, 1)}, "A date to snooze until goes only with 'snooze', not with 'done'."),
        (
            {"decision": "snooze", "snooze_until": 46000},
            "The date to snooze until is no date. Write it like 2027-03-31.",
        ),
        ({"decision": "snooze", "snooze_until": "in May"}, "The date to snooze until is no date. Write it like"),
        ({"decision": "comment"}, "A comment needs a note."),
        ({"decision": "comment", "note": " \n"}, "A comment needs a note."),
        ({"decided_by": "  "}, "The name of who decided is missing."),
        ({"decided_at": datetime(2026, 3, 2, tzinfo=UTC)}, "The time of the decision cannot be understood."),
        ({"person_id": ""}, "What identifies the item is missing or was changed. Take the item from a fresh list."),
        ({"item_key": "a\0b"}, "What identifies the item is missing or was changed."),
        ({"seen": None}, "What identifies the item is missing or was changed."),
        (
            {"seen": {"run_id": "r", "evidence_hash": "1.23457E+15", "priority": 2}},
            "What identifies the item is missing",
        ),
    ],
)
def test_what_is_wrong_is_told_in_one_plain_sentence(values, sentence):
    assert len(told(**values)) == 1
    assert told(**values)[0].startswith(sentence)


def test_several_mistakes_are_told_together():
    assert told(decision="finished", note="x" * 2001, person_id="", item_key="") == [
        "What identifies the item is missing or was changed. Take the item from a fresh list.",
        f"The decision is not one that we know. Choose one of: {', '.join(LABELS.values())}.",
        "The note has 2,001 characters, and 2,000 is the most. Shorten it.",
    ]


def test_a_note_holds_two_thousand_characters_and_no_more():
    assert len(decided(note="ä" * 2000).note) == 2000
    assert told(note="ä" * 2001)


def test_a_note_keeps_its_lines_and_loses_what_cannot_be_seen():
    assert decided(note=" rang\r\nno answer\x00\x07\udfff\r").note == "rang\nno answer"
    assert decided(note="\tnaïve – 5 µg, 日本 🙂").note == "naïve – 5 µg, 日本 🙂"


def test_a_snooze_ends_after_the_day_of_the_decision():
    assert decided(decision="snooze", snooze_until="2026-03-03").snooze_until == date(2026, 3, 3)
    assert told(decision="snooze", snooze_until="2026-03-02") == ["The date to snooze until must be after today."]


def test_a_snooze_of_decades_is_taken_for_a_slip_of_the_pen():
    assert decided(decision="snooze", snooze_until=date(2031, 12, 31)).snooze_until == date(2031, 12, 31)
    assert told(decision="snooze", snooze_until=date(2032, 1, 1))[0].endswith("more than 5 years away. Check the year.")


def test_a_decision_is_never_changed():
    with pytest.raises(ValidationError):
        decided().decision = "undo"
