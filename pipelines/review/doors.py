"""How somebody gets in: by a link that works once, on this machine; or through a proxy that says who they are."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from threading import Lock
from typing import Protocol

from starlette.requests import Request

from pipelines.config import Proxy, Review
from pipelines.errors import ConfigurationError
from pipelines.review.access import EVERYTHING, Visitor, access_of
from pipelines.review.limits import Failures
from pipelines.review.turned import Turned

COOKIE = "b12_review"
LONGEST_SESSION = timedelta(hours=12)
TOKEN_BYTES = 32
SHORTEST_SECRET = 24


class Door(Protocol):
    """Where requests come in."""

    def visitor(self, request: Request) -> Visitor:
        """Who is asking; raises ``Turned`` when nobody who may."""


@dataclass
class _Session:
    began: datetime
    last_seen: datetime
    form_key: str


class LoopbackDoor:
    """Lets in whoever brings the link printed at the start: each link once, each session for a while."""

    def __init__(
        self, settings: Review, *, user: str, now: Callable[[], datetime], announce: Callable[[str], None]
    ) -> None:
        self._idle = timedelta(minutes=settings.session_minutes)
        self._user, self._now, self._announce = user, now, announce
        self._failures = Failures(now)
        self._lock = Lock()
        self._sessions: dict[str, _Session] = {}
        self._link = ""
        self.new_link()

    def new_link(self) -> None:
        """Make a link and tell it; the one before stops working."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._link = _digest(token)
        self._announce(f"/enter?token={token}")

    def enter(self, token: str, address: str) -> str:
        """A session for a token that was not used before.

        Raises:
            Turned: The token is not the one printed last, or too many wrong ones came from the address.
        """
        self._failures.check(address)
        with self._lock:
            if not hmac.compare_digest(_digest(token), self._link):
                self._failures.add(address)
                raise _no_session("This link was used before, or is not the newest one.")
            session, now = secrets.token_urlsafe(TOKEN_BYTES), self._now()
            self._sessions = {key: each for key, each in self._sessions.items() if not self._ended(each, now)}
            self._sessions[_digest(session)] = _Session(now, now, secrets.token_urlsafe(TOKEN_BYTES))
            self.new_link()
        return session

    def leave(self, session: str) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(_digest(session), None)

    def visitor(self, request: Request) -> Visitor:
        """The user of this machine, while the session lasts."""
        now = self._now()
        with self._lock:
            session = self._sessions.get(_digest(request.cookies.get(COOKIE, "")))
            if session is None or self._ended(session, now):
                raise _no_session("There is no session, or it ended.")
            session.last_seen = now
        return Visitor(self._user, EVERYTHING, session.form_key)

    def _ended(self, session: _Session, now: datetime) -> bool:
        return now - session.last_seen > self._idle or now - session.began > LONGEST_SESSION


class ProxyDoor:
    """Believes the configured proxy, and nobody else, about who is asking; what they may do stands in the grants."""

    def __init__(self, settings: Review, proxy: Proxy, *, secret: str, now: Callable[[], datetime]) -> None:
        self._settings, self._proxy = settings, proxy
        self._networks = [ip_network(address) for address in proxy.addresses]
        self._secret = secret.encode()
        self._failures = Failures(now)
        self._key = secrets.token_bytes(TOKEN_BYTES)

    def visitor(self, request: Request) -> Visitor:
        """The user that the proxy names.

        Whoever brings the secret is never turned away for failures: they all come from one address, and somebody else
        there must not shut the door on everybody. The secret is too long to be guessed, however often one tries.
        """
        address = request.client.host if request.client else ""
        given = request.headers.get(self._proxy.secret_header, "").encode()
        if not self._is_proxy(address) or not hmac.compare_digest(given, self._secret):
            self._failures.check(address)
            self._failures.add(address)
            raise Turned(403, "Not let in", "This screen is reached through its own address only.", "Use that address.")
        user = self._single(request, self._proxy.user_header)
        groups = {group.strip() for group in self._single(request, self._proxy.groups_header).split(",")} - {""}
        access = access_of(self._settings.grant, user, groups) if user else None
        if access is None:
            raise Turned(
                403,
                "No access yet",
                "You are signed in, and no access to the review screen was given to you or to your groups.",
                "Ask whoever runs the service for a role and for your sites.",
            )
        form_key = hmac.new(self._key, user.encode(), hashlib.sha256).hexdigest()
        return Visitor(user, access, form_key)

    def _is_proxy(self, address: str) -> bool:
        try:
            return any(ip_address(address) in network for network in self._networks)
        except ValueError:
            return False

    def _single(self, request: Request, header: str) -> str:
        """A header that came once; two of one name are somebody's attempt to be somebody else."""
        values = request.headers.getlist(header)
        if len(values) > 1:
            raise Turned(400, "Not let in", f"The header {header} came more than once.", "Tell whoever runs the proxy.")
        return values[0].strip() if values else ""


def read_secret(path_text: str, read: Callable[[str], str]) -> str:
    """The secret shared with the proxy.

    Raises:
        ConfigurationError: The file cannot be read, or what it holds is too short to be a secret.
    """
    try:
        secret = read(path_text).strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(
            f"review.proxy: the secret_file {path_text} cannot be read. Write the secret there."
        ) from None
    if len(secret) < SHORTEST_SECRET:
        raise ConfigurationError(
            f"review.proxy: the secret in {path_text} is shorter than {SHORTEST_SECRET} characters."
        )
    return secret


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _no_session(told: str) -> Turned:
    return Turned(
        401,
        "Please open the newest link",
        told,
        "Open the newest link printed in the window where `b12 review` runs. Each link works once.",
    )
