"""What a reviewer decides: complete and kept as it is, or told in words that repeat nothing of what was typed."""

from datetime import date, datetime

from pydantic import ValidationError

from pipelines.decisions import LABELS, REASONS, NewDecision, Seen, problems
from pipelines.decisions.vocabulary import LONGEST_NOTE
from pipelines.sheets.words import day_of, header_word, seen_of
from tests.fuzz.material import SECRET, Material, hold, joined

WORDS = (
    *LABELS, *REASONS, "Not applicable", "2027-03-31", "31/03/2027", "5 Dec 2026", "December 5, 2026", "0000-01-01", "9999-12-31",
    "2027-W01-1", "20270331", SECRET, "\0", "\u200b", "\ud7ff", "r1/0123456789abcdef/2/-", "/", "٣", " ",
)  # fmt: skip
SEEDS = (
    joined("snooze", "", "", "2027-03-31", "ann", "r1/0123456789abcdef/2/-", "k1"),
    joined("not applicable", "declined", "SECRET", "", "ann", "r1/0123456789abcdef/2/5", "k1"),
    joined("snooze", "", "", "2027-03-31", "ann", "\0r/0123456789abcdef/2/-", "k1"),  # no run is called so
    joined("SECRET", "SECRET", "SECRET", "SECRET", "SECRET", "SECRET", "SECRET"),
)
NOW = datetime(2026, 11, 21, 9, 30)


def check(data: bytes) -> None:
    decision, reason, note, until, by, seen, key = Material(data).rows(7)[0]
    looked_at = seen_of(seen or "") or Seen(run_id="r1", evidence_hash="0" * 16, priority=1)
    day = day_of(until)
    assert day is None or isinstance(day, date)
    assert header_word(header_word(by or "")) == header_word(by or "")
    try:
        new = NewDecision(
            worklist="low_b12_untreated", person_id="p", item_key=key, decision=decision, reason=reason, note=note,
            snooze_until=until, decided_by=by, decided_at=NOW, seen_at=NOW, channel="sheet", seen=looked_at,
        )  # fmt: skip
    except ValidationError as error:
        told = problems(error)
        hold(" ".join(told))
        hold(str(error))
        return
    row = new.row()
    assert row["decision"] in LABELS
    assert (row["reason"] in REASONS) == (row["decision"] == "not_applicable")
    assert (row["snooze_until"] is not None) == (row["decision"] == "snooze")
    assert row["snooze_until"] is None or row["snooze_until"] > NOW.date()
    assert row["note"] is None or 0 < len(row["note"]) <= LONGEST_NOTE
    for text in (row["note"], row["item_key"], row["decided_by"]):
        assert text is None or ("\0" not in text and text.encode())
