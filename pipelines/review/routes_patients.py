"""Looking somebody up, and everything about one patient."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from pipelines.errors import B12Error
from pipelines.explain import Explanation, as_svg, explain_person
from pipelines.review.choices import LONGEST_TEXT
from pipelines.review.lists import definitions
from pipelines.review.pages import query
from pipelines.review.patient import FOUND_AT_MOST, found, patient_of
from pipelines.review.room import Asking, let_in, needs
from pipelines.review.turned import Turned, not_here
from pipelines.review.why import why_of

router = APIRouter()
Let = Annotated[Asking, Depends(let_in)]


@router.get("/find")
@needs("viewer")
def find(asking: Let, q: str = "") -> Response:
    """Look somebody up by identifier or name; a single match opens at once."""
    text = q.strip()[:LONGEST_TEXT]
    with asking.sight() as sight:
        people = found(sight, text)
        if len(people) == 1 or (people and people[0]["person_id"] == text):
            return RedirectResponse("/patient?" + query({"id": people[0]["person_id"]}), status_code=303)
        asking.saw("search", sight, [person["person_id"] for person in people[:FOUND_AT_MOST]])
        more = len(people) > FOUND_AT_MOST
        return asking.page("find", sight, text=text, people=people[:FOUND_AT_MOST], more=more)


@router.get("/patient")
@needs("viewer")
def patient(asking: Let, id: str = "") -> Response:
    """Everything about one patient, from the publication of now."""
    with asking.sight() as sight:
        shown = patient_of(sight, asking.room.decisions, id)
        asking.saw("patient", sight, [id])
        return asking.page(
            "patient",
            sight,
            patient=shown,
            why=why_of(_explanation(asking, id, sight.publication.run_id)),
            titles={name: row["title"] for name, row in definitions(sight).items()},
            here="/patient?" + query({"id": id}),
        )


@router.get("/patient/timeline.svg")
@needs("viewer")
def timeline(asking: Let, id: str = "") -> Response:
    """The timeline of one patient as a picture; the page has the same as a table."""
    with asking.sight() as sight:
        patient_of(sight, asking.room.decisions, id)
        asking.saw("patient timeline", sight, [id])
        explanation = _explanation(asking, id, sight.publication.run_id)
    return Response(as_svg(explanation), media_type="image/svg+xml")


def _explanation(asking: Asking, person_id: str, run_id: str) -> Explanation:
    """Why this person is or is not on each list, from the same publication as the rest of the page."""
    room = asking.room
    try:
        explanation = explain_person(room.home, room.config, person_id)
    except B12Error:
        raise not_here() from None
    if (room.publications.editions.current() or {}).get("run_id") != run_id:
        raise Turned(
            503,
            "A new publication appeared",
            "The lists were replaced while this page was being made.",
            "Load it again.",
        )
    return explanation
