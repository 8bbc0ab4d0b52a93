"""The application: its routes, the headers that every answer carries, and the pages that tell of errors."""

import logging
import secrets
import traceback

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.review import routes_about, routes_lists, routes_patients
from pipelines.review.limits import LimitedForms
from pipelines.review.pages import STATIC, look_of
from pipelines.review.room import Room
from pipelines.review.turned import Turned

LOG = logging.getLogger("b12.review")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
UNTOLD = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""Addresses name patients: no collector that the environment may configure is told of them."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
}


def create_app(room: Room) -> FastAPI:
    """The application over a room."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, telemetry=UNTOLD)
    app.state.room = room
    for part in (routes_lists, routes_patients, routes_about):
        app.include_router(part.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(LimitedForms)
    app.add_middleware(SafeHeaders)
    app.add_exception_handler(Turned, _turned)
    app.add_exception_handler(HTTPException, _no_such_page)
    app.add_exception_handler(RequestValidationError, _not_understood)
    return app


class SafeHeaders:
    """Puts the headers above on every answer; a browser may keep the style sheet, script and icon of now alone.

    An answer of the next version that comes from here, or one that there is nothing, would else be kept for a year.

    An error that nobody else answers ends here too, before the server would write what it says to a log.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._look = f"v={look_of(STATIC)}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        began = False

        async def safe(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                is_static = scope["path"].startswith("/static/") and scope["query_string"] == self._look
                stays = is_static and message["status"] in (200, 304)
                headers["Cache-Control"] = "public, max-age=31536000, immutable" if stays else "no-store"
            await send(message)

        try:
            await self._app(scope, receive, safe)
        except Exception as error:
            answer = _failed(Request(scope), error)
            if not began:
                await answer(scope, receive, safe)


def _turned(request: Request, turned: Turned) -> Response:
    return _message(request, turned, "")


def _no_such_page(request: Request, error: HTTPException) -> Response:
    status = error.status_code
    told = {404: "There is no such page.", 405: "This page cannot be used in that way."}.get(
        status, "That did not work."
    )
    return _message(
        request, Turned(status, "Not found" if status == 404 else "Not possible", told, "Go to the home page."), ""
    )


def _not_understood(request: Request, _: RequestValidationError) -> Response:
    turned = Turned(
        400, "Not understood", "The address or the form is incomplete.", "Load the page again from the home page."
    )
    return _message(request, turned, "")


def _failed(request: Request, error: Exception) -> Response:
    """The page of an error of ours. The log gets where it happened; what it said stays out, for it may quote a row."""
    reference = secrets.token_hex(4)
    where = [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    LOG.error("Reference %s: %s at %s", reference, type(error).__name__, " < ".join(reversed(where[-6:])))
    turned = Turned(
        500,
        "Something went wrong",
        "This page could not be made. The fault is ours; nothing that you entered was wrong.",
        "Try again. If it stays, tell whoever runs the service, with the reference below.",
    )
    return _message(request, turned, reference)


def _message(request: Request, turned: Turned, reference: str) -> Response:
    headers = {"Retry-After": str(turned.wait_seconds)} if turned.wait_seconds else {}
    if request.headers.get("accept", "").startswith("application/json"):
        told = f"{turned.told} {turned.to_do}".strip()
        return JSONResponse({"told": told, "reference": reference}, status_code=turned.status, headers=headers)
    room: Room = request.app.state.room
    page = room.pages.page(
        "message",
        visitor=getattr(request.state, "visitor", None),
        sight=None,
        status=turned.status,
        title=turned.title,
        told=turned.told,
        to_do=turned.to_do,
        reference=reference,
    )
    page.headers.update(headers)
    return page
