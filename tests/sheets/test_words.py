"""Words in cells, read back: days, headers, what was seen, and the names of sheets."""

from datetime import date, datetime

import pytest

from pipelines.sheets.words import day_of, decided_words, header_word, seen_of, sheet_names
from pipelines.worklists import worklists

FIFTH = date(2026, 12, 5)


@pytest.mark.parametrize(
    "entered",
    [
        FIFTH,
        datetime(2026, 12, 5, 14, 30),
        "2026-12-05",
        " 2026-12-5 ",
        "2026/12/05",
        "2026-12-05T00:00:00",
        "5 Dec 2026",
        "05-DEC-2026",
        "5th December 2026",
        "Dec 5, 2026",
        "December 5th 2026",
        "5.Dec.2026",
    ],
)
def test_a_day_that_can_be_read_in_one_way_is_read(entered):
    assert day_of(entered) == FIFTH


@pytest.mark.parametrize(
    ("entered", "day"),
    [("25/12/2026", date(2026, 12, 25)), ("12/25/2026", date(2026, 12, 25)), ("12/12/2026", date(2026, 12, 12))],
)
def test_figures_are_read_where_only_one_order_is_possible(entered, day):
    assert day_of(entered) == day


@pytest.mark.parametrize(
    "entered",
    ["05/12/2026", "5.12.2026", "5 Dec 26", "5/12", "Dec 2026", "31 Feb 2026", "2026-13-01", "next week", "", 46361, 1.5,
     True, None, "5 Decembre 2026", "2026-12/05"],
)  # fmt: skip
def test_a_day_in_doubt_is_none(entered):
    assert day_of(entered) is None


def test_what_was_seen_is_read_back_whole_or_not_at_all():
    seen = seen_of(" 20261120T020000-0a1b2c3d/0123456789abcdef/2/17 ")
    assert (seen.run_id, seen.evidence_hash, seen.priority, seen.decision_id) == (
        "20261120T020000-0a1b2c3d", "0123456789abcdef", 2, 17,
    )  # fmt: skip
    assert seen_of("r/0123456789abcdef/1/-").decision_id is None
    for text in (
        "",
        "r/0123456789abcdef/1",
        "r/0123456789abcdef/5/-",
        "r/0123456789ABCDEF/1/-",
        "r/xyz/1/-",
        "a b/0123456789abcdef/1/1",
    ):
        assert seen_of(text) is None, text


@pytest.mark.parametrize("spelled", ["Snooze until", "snooze_until", " SNOOZE  UNTIL ", "Snooze-until"])
def test_a_header_is_recognized_in_any_spelling(spelled):
    assert header_word(spelled) == "snooze until"


@pytest.mark.parametrize(("length", "end"), [(200, "x"), (201, "…")])
def test_what_was_decided_takes_a_line_each_for_what_who_and_the_note(length, end):
    entry = {"decision": "not_applicable", "decision_reason": "moved", "decision_note": "x" * length, "decided_by": "ann",
             "decided_at": datetime(2026, 11, 1, 9), "snoozed_until": None, "comment": None, "comment_by": None}  # fmt: skip
    what, who, note = decided_words(entry).split("\n")
    assert (what, who, note[-1]) == ("Not applicable (moved)", "ann, 2026-11-01", end)
    assert decided_words(entry | {"decision_note": None}) == "Not applicable (moved)\nann, 2026-11-01"
    assert decided_words(entry | {"decision": None}) is None
    comment = {"comment": "y" * length, "comment_by": "bob"}
    *_, said = decided_words(entry | comment).split("\n")
    assert (said[:6], said[-1], len(said)) == ("bob: y", "y" if end == "x" else end, 205 if end == "x" else 206)
    assert decided_words(entry | comment | {"decision": None}) == said


def test_sheet_names_are_short_and_differ_in_any_case():
    names = sheet_names(["low_b12_untreated", "a" * 40, "a" * 31 + "b", "patients"], taken=("Patients",))
    assert list(names.values()) == ["Low B12 untreated", "A" + "a" * 30, "A" + "a" * 28 + " 2", "Patients 2"]


def test_every_list_there_is_has_a_sheet_name_of_its_own_uncut():
    names = sheet_names(worklists())
    assert len({name.casefold() for name in names.values()}) == len(names)
    assert all(len(name) == len(slug) for slug, name in names.items())
