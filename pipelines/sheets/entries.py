"""The rows that people filled in, found in any sheet by the headers of its columns, each with what was seen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from pydantic import ValidationError

from pipelines.decisions import NewDecision, Seen, problems
from pipelines.sheets.columns import DECISION, ENTRIES, KEY, NOTE, PATIENT, REASON, SEEN, UNTIL
from pipelines.sheets.opening import Cell, Row, Sheet, text_of
from pipelines.sheets.words import DECISION_LABELS, REASON_LABELS, day_of, header_word, seen_of

FRESH = "Enter the row in a fresh list."
RECOGNIZED = {header_word(header): header for header in (*ENTRIES, KEY, SEEN, PATIENT)}


@dataclass(frozen=True)
class Entry:
    """A row in which somebody entered something, as it can be understood.

    ``problem`` says why it cannot be taken, without any value; null when it may. Other fields are null where the row
    does not say, or is not understood; ``until_entered`` is the date to snooze until as it stands in the cell.
    """

    sheet: str
    row: int
    item_key: str | None = None
    patient: str | None = None
    seen: Seen | None = None
    decision: str | None = None
    reason: str | None = None
    snooze_until: date | None = None
    note: str | None = None
    until_entered: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Header:
    """Where the columns of a sheet are.

    Attributes:
        places: by our name of the column; columns that are not ours are left out.
        twice: our columns that the sheet has more than once.
    """

    places: Mapping[str, int]
    twice: tuple[str, ...]


def header_of(sheet: Sheet) -> Header | None:
    """The row that names the columns: the one with most of our names, of several the first; null without any.

    It has to name two of our columns at least: the list of columns in "About this list" is no header.
    """
    best: Header | None = None
    for row in sheet.rows:
        named = [(RECOGNIZED.get(header_word(str(cell.value))), place) for place, cell in enumerate(row.cells)]
        found = [(header, place) for header, place in named if header]
        places = {header: place for header, place in reversed(found)}
        if len(places) > 1 and (best is None or len(places) > len(best.places)):
            twice = tuple(header for header in places if [name for name, _ in found].count(header) > 1)
            best = Header(places, twice)
    return best


def entries_of(sheet: Sheet, header: Header) -> Iterator[Entry]:
    """An entry for each row of a sheet in which something was entered, wherever the header now stands."""
    missing = [name for name in (KEY, SEEN) if name not in header.places]
    for row in sheet.rows:
        if _is_header(row, header.places) or all(row.at(header.places.get(name)).is_empty for name in ENTRIES):
            continue
        entry = _read(sheet.name, row, header.places)
        if header.twice:
            entry = replace(entry, problem=f"The sheet has two columns named {header.twice[0]}. Keep one of them.")
        elif missing:
            entry = replace(entry, problem=f"The sheet has lost its column {missing[0]}. {FRESH}")
        yield entry


def decided(
    entry: Entry, *, worklist: str, person_id: str, by: str, now: datetime, seen_at: datetime
) -> NewDecision | str:
    """The decision that an entry makes, or what is wrong with it."""
    try:
        return NewDecision(
            worklist=worklist,
            person_id=person_id,
            item_key=entry.item_key,
            decision=entry.decision,
            reason=entry.reason,
            note=entry.note,
            snooze_until=entry.snooze_until,
            decided_by=by,
            decided_at=now,
            seen_at=seen_at,
            channel="sheet",
            seen=entry.seen,
        )
    except ValidationError as error:
        return " ".join(_told(error))


def _told(error: ValidationError) -> list[str]:
    """The problems in words; where the word itself was quoted, the choices instead: it may be a name that slipped."""
    slipped = {each["loc"][0] for each in error.errors() if each["type"] == "value_error" and each["loc"]}
    if "decision" in slipped:
        return [f"The decision is none of: {', '.join(DECISION_LABELS.values())}."]
    if "reason" in slipped:
        return [f"The reason is none of: {', '.join(REASON_LABELS.values())}."]
    return problems(error)


def _is_header(row: Row, places: Mapping[str, int]) -> bool:
    """Names the row the columns, once more where two lists were pasted below each other?"""
    return all(header_word(str(row.at(place).value)) == header_word(header) for header, place in places.items())


def _read(sheet: str, row: Row, places: Mapping[str, int]) -> Entry:
    cells = {header: row.at(places.get(header)) for header in RECOGNIZED.values()}
    entry = Entry(
        sheet,
        row.number,
        item_key=_text(cells[KEY]),
        # Made a number, an identifier has lost its zeros or its last digits and proves nothing.
        patient=_text(cells[PATIENT]) if isinstance(cells[PATIENT].value, str) else None,
        seen=seen_of(_text(cells[SEEN]) or ""),
        decision=_text(cells[DECISION]),
        reason=_text(cells[REASON]),
        snooze_until=day_of(cells[UNTIL].value),
        note=_text(cells[NOTE]),
        until_entered=_text(cells[UNTIL]),
    )
    if problem := _problem(entry, cells):
        return replace(entry, problem=problem)
    if entry.decision is None:  # a note was meant to be kept
        return replace(entry, decision="comment")
    return entry


def _problem(entry: Entry, cells: Mapping[str, Cell]) -> str | None:
    for header, cell in cells.items():
        if cell.flaw:
            return f"{header} {cell.flaw}. Enter the value itself."
    if entry.item_key is None:
        return "The row has no item_key. Enter it in the row of the patient."
    if entry.seen is None:
        return f"The cell Seen was emptied or changed. {FRESH}"
    if entry.snooze_until is None and not cells[UNTIL].is_empty:
        return "The date to snooze until can be read in more than one way, or in none. Write it like 2027-03-31."
    if entry.decision is None and (entry.reason or entry.snooze_until):
        return f"A reason or a date needs a decision. Choose one of: {', '.join(DECISION_LABELS.values())}."
    return None


def _text(cell: Cell) -> str | None:
    text = text_of(cell)
    return text.strip() if text else None
