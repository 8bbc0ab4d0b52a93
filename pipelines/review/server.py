"""Starting the screen: who may come in by which door, where it listens, and the link that it prints."""

import getpass
import socket
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.config import Settings, load_settings
from pipelines.decisions import DecisionLog, log_url
from pipelines.errors import B12Error, ConfigurationError
from pipelines.publish.editions import Editions
from pipelines.review.audit import AuditLog
from pipelines.review.decided import LiveDecisions
from pipelines.review.doors import Door, LoopbackDoor, ProxyDoor, read_secret
from pipelines.review.pages import Pages
from pipelines.review.publication import Publications
from pipelines.review.room import Room

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


def serve(home: Path, config: Path | None, *, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve the screen until interrupted; ``say`` tells the one who started it where to go.

    Raises:
        ConfigurationError: The host is not this machine's own and no proxy is configured.
        B12Error: The home folder does not exist, or the port is taken.
    """
    import uvicorn

    from pipelines.review.app import create_app

    if not home.is_dir():
        raise B12Error(f"No home folder at {home}. Run `b12 --home {home} run --extracts DIR` first, or give --home.")
    settings = load_settings(config or home / "b12.toml")
    check_listening(settings, host)
    listening = _listen(host, port)
    address = _address(host, listening.getsockname()[1])
    zone = ZoneInfo(settings.timezone)

    def now() -> datetime:
        return datetime.now(zone).replace(tzinfo=None, microsecond=0)  # noqa: TID251 - the clock of the server

    door = open_door(settings, now=now, announce=lambda path: say(f"  {address}{path}"))
    say(
        "This link works once; after it is used, the next one is printed here."
        if isinstance(door, LoopbackDoor)
        else f"Listening on {address} for the proxy."
    )
    room = make_room(home, config, settings, door, now=now, host=host)
    quiet = uvicorn.Config(
        create_app(room),
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
        lifespan="off",
    )
    try:
        uvicorn.Server(quiet).run(sockets=[listening])
    finally:
        room.publications.close()
        room.decisions.close()


def make_room(
    home: Path, config: Path | None, settings: Settings, door: Door, *, now: Callable[[], datetime], host: str
) -> Room:
    """The room over a home folder.

    It answers to the names of this machine and to those that are configured; behind a proxy without any, to all.
    """
    named = settings.review.hosts
    hosts = None if settings.review.proxy and not named else frozenset({*LOOPBACK_NAMES, host, *named})
    return Room(
        home=home,
        config=config,
        settings=settings,
        door=door,
        hosts=hosts,
        publications=Publications(Editions(home)),
        decisions=LiveDecisions(lambda: DecisionLog.open(log_url(settings, home))),
        audit=AuditLog(home / "audit"),
        pages=Pages(),
        now=now,
    )


def open_door(settings: Settings, *, now: Callable[[], datetime], announce: Callable[[str], None]) -> Door:
    """The door that the configuration asks for."""
    proxy = settings.review.proxy
    if proxy is None:
        return LoopbackDoor(settings.review, user=getpass.getuser(), now=now, announce=announce)
    secret = read_secret(proxy.secret_file, lambda path: Path(path).read_text(encoding="utf-8"))
    return ProxyDoor(settings.review, proxy, secret=secret, now=now)


def check_listening(settings: Settings, host: str) -> None:
    """Refuse to open the screen to a network without a proxy that says who is asking."""
    try:
        is_own = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_own = False
    if not is_own and settings.review.proxy is None:
        raise ConfigurationError(
            f"--host {host} would open the screen to the network, and nothing says who is asking there. "
            "Use 127.0.0.1, or set [review.proxy] in b12.toml."
        )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise B12Error(
            f"Cannot listen on {host}, port {port}: {error.strerror or error}. "
            "Give another --port, or 0 for any free one."
        ) from None


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
