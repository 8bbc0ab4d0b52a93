"""Limits that no honest visitor meets: failed attempts to get in, and the size of what is sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.review.turned import Turned

FAILURES_ALLOWED = 5
FAILURES_WITHIN = timedelta(minutes=1)
ADDRESSES_KEPT = 10_000
LARGEST_FORM = 128 * 1024
"""Bytes: five hundred items with a note of two thousand characters in any script."""


class Failures:
    """Counts failed attempts by address, and turns further ones away for a while."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = Lock()
        self._failed: dict[str, list[datetime]] = {}

    def check(self, address: str) -> None:
        """Raise ``Turned`` when this address failed too often of late."""
        if len(self._recent(address)) >= FAILURES_ALLOWED:
            raise Turned(
                429,
                "Too many attempts",
                "Too many attempts to get in failed.",
                "Wait a minute, then use the newest link.",
                wait_seconds=int(FAILURES_WITHIN.total_seconds()),
            )

    def add(self, address: str) -> None:
        """Count one."""
        with self._lock:
            if len(self._failed) >= ADDRESSES_KEPT:
                self._failed.clear()
            self._failed[address] = [*self._recent(address), self._now()]

    def _recent(self, address: str) -> list[datetime]:
        since = self._now() - FAILURES_WITHIN
        return [at for at in self._failed.get(address, []) if at > since]


class LimitedForms:
    """Stops reading a request body that grows beyond ``LARGEST_FORM``, whatever length it claims to have."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting."""
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST_FORM:
                raise too_large()
            return message

        await self._app(scope, counted, send)


def too_large() -> Turned:
    """What is said of a form beyond the limit."""
    return Turned(
        413,
        "Too much at once",
        f"What was sent is larger than {LARGEST_FORM // 1024} KB. Nothing was recorded.",
        "A note may have 2,000 characters. Go back, shorten it, and send it again.",
    )
