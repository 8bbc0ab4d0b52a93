"""What every route shares, and what each request has to pass before a route runs."""

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import FormData

from pipelines.config import Settings
from pipelines.review.access import Visitor
from pipelines.review.audit import AuditLog
from pipelines.review.decided import LiveDecisions
from pipelines.review.doors import Door
from pipelines.review.limits import LARGEST_FORM, too_large
from pipelines.review.pages import Pages
from pipelines.review.publication import Publications
from pipelines.review.sight import Sight, sight_of
from pipelines.review.turned import Turned

FORM_FIELDS_AT_MOST = 600


@dataclass(frozen=True)
class Room:
    """The running application: what it reads, what it writes, and the clock."""

    home: Path
    config: Path | None
    settings: Settings
    door: Door
    hosts: frozenset[str] | None
    publications: Publications
    decisions: LiveDecisions
    audit: AuditLog
    pages: Pages
    now: Callable[[], datetime]

    @contextmanager
    def sight(self, visitor: Visitor, run_id: str | None = None) -> Iterator[Sight]:
        """What this visitor may see of the publication of a run, or of the one published now."""
        with (
            self.publications.reading(run_id) as publication,
            sight_of(publication, visitor, self.decisions.standing(), self.now().date()) as sight,
        ):
            yield sight


@dataclass(frozen=True)
class Asking:
    """One request that was let in: who asks, with which form, in which room."""

    room: Room
    visitor: Visitor
    request: Request
    form: FormData

    def sight(self, run_id: str | None = None) -> Any:
        """What the visitor may see; see ``Room.sight``."""
        return self.room.sight(self.visitor, run_id)

    def saw(self, did: str, sight: Sight, persons: list[str], **what: Any) -> None:
        """Record that the visitor was shown these people, before they are."""
        what = {"run_id": sight.publication.run_id, "from": self.address, **what}
        self.room.audit.record(self.room.now(), self.visitor.name, did, persons, **what)

    @property
    def address(self) -> str:
        """Where the request came from."""
        return self.request.client.host if self.request.client else ""

    def page(self, name: str, sight: Sight | None, *, status: int = 200, **what: Any) -> Any:
        """A page for this visitor."""
        return self.room.pages.page(name, visitor=self.visitor, sight=sight, status=status, **what)


def needs(role: str) -> Callable[[Any], Any]:
    """Say which role, at any site, a route needs; a route that does not say is closed to everybody."""

    def mark(route: Any) -> Any:
        route.needs = role
        return route

    return mark


async def let_in(request: Request) -> Asking:
    """The one gate of every route: host, who asks, role, and for forms their size, origin and key.

    Raises:
        Turned: The request may not pass.
    """
    room: Room = request.app.state.room
    check_host(request, room)
    visitor = room.door.visitor(request)
    role = getattr(request.scope["endpoint"], "needs", None)
    if role is None or not visitor.access.anywhere(role):
        raise Turned(
            403, "Not for your role", "Your role does not include this.", "Ask whoever grants access if it should."
        )
    form = FormData()
    if request.method != "GET":
        form = await _form(request)
        _check_form(request, visitor, form)
    request.state.visitor = visitor
    return Asking(room, visitor, request, form)


def check_host(request: Request, room: Room) -> None:
    """Refuse a name that this server does not go by: a page elsewhere may have pointed its own name here."""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    if room.hosts is not None and host not in room.hosts:
        raise Turned(
            421, "Not this address", "This screen does not answer to that name.", "Use the address printed at start."
        )


async def _form(request: Request) -> FormData:
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > LARGEST_FORM:
        raise too_large()
    return await request.form(max_files=0, max_fields=FORM_FIELDS_AT_MOST)


def _check_form(request: Request, visitor: Visitor, form: FormData) -> None:
    elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    key = form.get("form_key")
    if elsewhere or not isinstance(key, str) or not hmac.compare_digest(key.encode(), visitor.form_key.encode()):
        raise Turned(
            403,
            "The page was too old",
            "This form did not come from a page of your session. Nothing was recorded.",
            "Load the page again, and send it once more.",
        )
