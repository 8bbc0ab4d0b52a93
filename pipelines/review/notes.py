"""Notes on run charts: which a visitor may read, and who may add one or take it back."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pipelines.decisions.chart_notes import NewChartNote, add_note, note_problems, standing_notes, take_back
from pipelines.errors import B12Error
from pipelines.review.room import Asking
from pipelines.review.sight import Sight
from pipelines.review.trends import sites_of
from pipelines.review.turned import Turned, not_here


def notes_on(asking: Asking, slug: str, site: str) -> list[dict[str, Any]]:
    """The notes on the chart of a list at a site ("" for all together), numbered as the chart numbers them.

    Those on all sites together stand on the chart of each: what they tell happened there too. None while the log
    cannot be read, which a banner on the page tells.
    """
    try:
        notes = asking.room.decisions.with_log(lambda log: standing_notes(log, slug))
    except B12Error:
        return []
    here = [note for note in notes if note["site"] in (None, site or None)]
    may = asking.visitor.access.may
    return [note | {"number": number, "is_mine": may("lead", note["site"])} for number, note in enumerate(here, 1)]


def change_notes(asking: Asking, sight: Sight, slug: str, site: str) -> None:
    """Add the note of the form, or take back the one that its ``undo`` names; recorded in the audit log before.

    Raises:
        Turned: The visitor is no lead there, the note is incomplete or gone, or it cannot be written; nothing changed.
    """
    if site not in sites_of(sight):
        raise not_here()
    undone = str(asking.form.get("undo") or "")
    try:
        if undone:
            _take_back(asking, sight, slug, site, undone)
        else:
            _add(asking, sight, slug, site, asking.form)
    except B12Error as error:
        raise Turned(503, "The note was not changed", str(error), "Try again, or tell whoever runs it.") from None


def _add(asking: Asking, sight: Sight, slug: str, site: str, form: Mapping[str, Any]) -> None:
    _check_lead(asking, site or None)
    try:
        new = NewChartNote(
            worklist=slug,
            site=site or None,
            on_date=form.get("on_date") or None,
            note=form.get("note") or "",
            written_by=asking.visitor.name,
            written_at=asking.room.now(),
        )
    except ValidationError as error:
        told = " ".join(note_problems(error))
        raise Turned(422, "The note is not complete", told, "Nothing was recorded. Go back and complete it.") from None
    asking.saw("noted on chart", sight, [], worklist=slug, site=new.site, on_date=new.on_date)
    asking.room.decisions.with_log(lambda log: add_note(log, new))


def _take_back(asking: Asking, sight: Sight, slug: str, site: str, undone: str) -> None:
    note = next((note for note in notes_on(asking, slug, site) if str(note["note_id"]) == undone), None)
    if note is None:
        raise _gone()
    _check_lead(asking, note["site"])
    asking.saw("took back chart note", sight, [], worklist=slug, site=note["site"], note_id=note["note_id"])
    who, now = asking.visitor.name, asking.room.now()
    if not asking.room.decisions.with_log(lambda log: take_back(log, note, by=who, at=now)):
        raise _gone()


def _check_lead(asking: Asking, site: str | None) -> None:
    if not asking.visitor.access.may("lead", site):
        where = "this site" if site else "all sites together"
        raise Turned(403, "Not for your role", f"Notes on the chart of {where} are for a lead there.", "Ask one.")


def _gone() -> Turned:
    return Turned(409, "No such note", "This note is not there any more.", "Load the page again; nothing was changed.")
