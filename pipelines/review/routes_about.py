"""What the lists mean and how good the data are; the audit log; coming and going."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from pipelines.review import trends
from pipelines.review.doors import COOKIE, LoopbackDoor
from pipelines.review.lists import definitions
from pipelines.review.notes import change_notes, notes_on
from pipelines.review.numbers import numbers_of
from pipelines.review.overview import feeds, list_counts
from pipelines.review.quality import data_quality, funnel, how_right
from pipelines.review.room import Asking, Room, check_host, let_in, needs
from pipelines.review.turned import Turned, not_here

router = APIRouter()
Let = Annotated[Asking, Depends(let_in)]


@router.get("/definitions")
@needs("viewer")
def all_definitions(asking: Let) -> Response:
    """Every list: what it asks, why, and from which source."""
    with asking.sight() as sight:
        counts = {row["worklist"]: row for row in list_counts(sight, None)}
        return asking.page("definitions", sight, definitions=definitions(sight), counts=counts)


@router.get("/definitions/{slug}")
@needs("viewer")
def definition(asking: Let, slug: str, site: str | None = None) -> Response:
    """One list: its rule in words, its numbers, its funnel, its course over time, and how often it was right."""
    with asking.sight() as sight:
        known = definitions(sight)
        if slug not in known:
            raise not_here()
        sites = trends.sites_of(sight)
        chosen = site if site in sites else next(iter(sites), "")
        return asking.page(
            "definition",
            sight,
            sites=sites,
            site=chosen,
            points=trends.told(trends.points_of(sight, slug, chosen)),
            notes=notes_on(asking, slug, chosen),
            may_note=asking.visitor.access.may("lead", chosen or None),
            today=asking.room.now().date(),
            definition=known[slug],
            numbers=numbers_of(known[slug]),
            funnel=funnel(sight, slug),
            months=how_right(sight, asking.room.decisions, slug),
        )


@router.get("/definitions/{slug}/chart.svg")
@needs("viewer")
def run_chart(asking: Let, slug: str, site: str = "") -> Response:
    """The course of a list over time as a picture; its page has the same as a table."""
    with asking.sight() as sight:
        known = definitions(sight)
        if slug not in known or site not in trends.sites_of(sight):
            raise not_here()
        points = trends.points_of(sight, slug, site)
        if points.is_empty():
            raise not_here()
        title = known[slug]["title"] + (f", {site}" if site else "")
        notes = notes_on(asking, slug, site)
    return Response(trends.chart_of(points, notes, title), media_type="image/svg+xml")


@router.post("/definitions/{slug}/note")
@needs("lead")
def note_on_chart(asking: Let, slug: str) -> Response:
    """Add a note to the run chart of a list, or take one back."""
    site = str(asking.form.get("site") or "")
    with asking.sight() as sight:
        if slug not in definitions(sight):
            raise not_here()
        change_notes(asking, sight, slug, site)
    return RedirectResponse(f"/definitions/{slug}?{urlencode({'site': site})}#notes", status_code=303)


@router.get("/quality")
@needs("viewer")
def quality(asking: Let) -> Response:
    """How good the data are: checks, refused records by reason, codes that mean nothing here, runs."""
    with asking.sight() as sight:
        return asking.page("quality", sight, feeds=feeds(sight), **data_quality(sight))


@router.get("/audit")
@needs("lead")
def audit(asking: Let) -> Response:
    """Who looked at what; for a lead of every site, since entries name patients of any."""
    if not asking.visitor.access.everywhere("lead"):
        raise not_here()
    entries = asking.room.audit.latest()
    with asking.sight() as sight:
        asking.saw("audit log", sight, [])
        return asking.page("audit", sight, entries=entries)


@router.get("/enter")
def enter(request: Request, token: str = "") -> Response:
    """Exchange the link printed at the start for a session; the only page that is open to anybody."""
    room: Room = request.app.state.room
    check_host(request, room)
    if not isinstance(room.door, LoopbackDoor):
        raise not_here()
    session = room.door.enter(token, request.client.host if request.client else "")
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(COOKIE, session, httponly=True, samesite="strict", path="/")
    return answer


@router.post("/leave")
@needs("viewer")
def leave(asking: Let) -> Response:
    """End the session; behind a proxy there is none to end here, and that is said."""
    door, page = asking.room.door, asking.room.pages.page
    if not isinstance(door, LoopbackDoor):
        raise Turned(
            409,
            "You are still signed in",
            "Your organization's sign-in let you in, and only there can you sign out.",
            "Sign out there. At a computer that others use, close the browser or lock the screen too.",
        )
    door.leave(asking.request.cookies.get(COOKIE, ""))
    said = {"title": "Signed out", "told": "Your session has ended.", "to_do": "", "reference": ""}
    answer = page("message", visitor=None, sight=None, status=200, **said)
    answer.delete_cookie(COOKIE)
    return answer
