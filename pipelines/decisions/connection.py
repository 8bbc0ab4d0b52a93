"""Where the log is, how it is reached, and what its failures mean; passwords and people stay out of every message."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from pipelines.config import Settings
from pipelines.errors import B12Error, ConfigurationError

FILE_NAME = "decisions.db"
URL_VARIABLE = "B12_DECISIONS_URL"
EXPECTED = "Expected sqlite:///<file>, or postgresql://<user>@<host>/<database>."
CONNECT_SECONDS = 10


def log_url(settings: Settings, home: Path) -> str:
    """Where the decisions are: ``[decisions] url``, else ``B12_DECISIONS_URL``, else ``decisions.db`` in the home.

    The text may hold a password: hand it to ``DecisionLog.open`` and to nothing else. A relative SQLite path is taken
    from the home, so that a scheduler and a person in another folder mean the same log.
    """
    given = settings.decisions.url.get_secret_value() if settings.decisions.url else os.environ.get(URL_VARIABLE)
    url = parsed(given) if given else URL.create("sqlite", database=FILE_NAME)
    if url.get_backend_name() == "sqlite":
        url = url.set(database=str((home / url.database).resolve()))
    return url.render_as_string(hide_password=False)


def parsed(given: str) -> URL:
    """The parts of a URL; PostgreSQL is always spoken to through psycopg 3.

    Raises:
        ConfigurationError: It is no URL, or of a database that the log does not know; the text is not repeated.
    """
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise ConfigurationError(f"The URL of the decision log cannot be understood. {EXPECTED}") from None
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername in ("sqlite", "sqlite+pysqlite") and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite")
    raise ConfigurationError(f"The URL of the decision log names no database that it can be kept in. {EXPECTED}")


def name_of(url: URL) -> str:
    """The log as messages name it: a file, or a database and its host; neither user nor password nor options."""
    if url.get_backend_name() == "sqlite":
        return f"The decision log {url.database}"
    host = url.host or url.query.get("host") or "the local socket"
    return f"The decision log in PostgreSQL (database {url.database!r} on {host}{f':{url.port}' if url.port else ''})"


def sqlite_engine(file: Path, *, read_only: bool, patience_seconds: float) -> Engine:
    """Connections to an existing file. One that was taken away is missed, not made anew and empty."""
    mode = "ro" if read_only else "rw"

    def connect() -> sqlite3.Connection:
        # Without an isolation level the driver leaves BEGIN to us; its own comes too late to keep other writers out.
        con = sqlite3.connect(
            f"file:{quote(str(file.resolve()))}?mode={mode}", uri=True, timeout=patience_seconds, isolation_level=None
        )
        con.execute("PRAGMA synchronous = FULL")  # a decision that was told "recorded" survives a power cut
        return con

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def begin(con: Connection) -> None:
        con.exec_driver_sql("BEGIN IMMEDIATE" if con.get_execution_options().get("writes") else "BEGIN")

    return engine


def postgresql_engine(url: URL, *, read_only: bool, patience_seconds: float) -> Engine:
    """Connections to a server, one for each use: a restart of the server, or a fork, is not noticed.

    Raises:
        ConfigurationError: psycopg is not installed.
    """
    try:
        engine = create_engine(
            url,
            poolclass=NullPool,
            hide_parameters=True,
            isolation_level="READ COMMITTED",  # after losing a race, the entry that won must be seen
            connect_args={"connect_timeout": CONNECT_SECONDS} if "connect_timeout" not in url.query else {},
        )
    except ImportError:
        raise ConfigurationError(
            "The decision log is in PostgreSQL, and psycopg is not installed. Install b12-care-gaps[postgresql]."
        ) from None

    @event.listens_for(engine, "begin")
    def begin(con: Connection) -> None:
        con.exec_driver_sql(f"SET LOCAL lock_timeout = {round(patience_seconds * 1000)}")

    return engine.execution_options(postgresql_readonly=True) if read_only else engine


@contextmanager
def failures_told(url: URL) -> Iterator[None]:
    """Turns what a driver says into an error that a user can act on.

    Only words of our own and the kind of the failure are told: a driver's text may quote rows and credentials.

    Raises:
        B12Error: The database failed.
    """
    try:
        yield
    except DBAPIError as error:
        meaning = _sqlite_meaning(error) if url.get_backend_name() == "sqlite" else _postgresql_meaning(error)
        raise B12Error(f"{name_of(url)} {meaning}") from None


_LOCKED = "is locked by another program, and stayed so. Nothing was recorded; close what holds it, then try again."
_READ_ONLY = (
    "can be read, but not written. Nothing was recorded; give the user that runs b12 the right to write "
    "(for a file, to its folder too), then try again."
)
_SQLITE: tuple[tuple[str, str], ...] = (
    ("locked", _LOCKED),
    ("readonly", _READ_ONLY),
    (
        "unable to open",
        "cannot be opened. Expected a file that this user may read, in a folder that they may write to (SQLite keeps "
        "what it shares between programs beside the file). Look at the path and its rights.",
    ),
    ("not a database", "is no SQLite database, and was left as it is. Move it away, or correct [decisions] url."),
    ("malformed", "is damaged, and was left as it is. Keep a copy, then restore the file from a backup."),
    ("full", "cannot grow: the disk is full. Nothing was recorded; make room, then try again."),
    ("append-only", "is append-only. Nothing was changed; correct a decision by a new one."),
)
_POSTGRESQL: tuple[tuple[str, str], ...] = (
    ("55P03", _LOCKED),
    ("25006", _READ_ONLY),
    ("42501", _READ_ONLY),
    ("53100", "cannot grow: the disk of the server is full. Nothing was recorded; make room, then try again."),
    ("53300", "has no connection left. Nothing was recorded; try again, or raise max_connections of the server."),
)
_REFUSED: tuple[tuple[str, str], ...] = (
    ("password", "refused the user or password. Correct [decisions] url or B12_DECISIONS_URL."),
    (
        "no pg_hba.conf entry",
        "lets this user in from nowhere here. Correct [decisions] url, or the server's pg_hba.conf.",
    ),
    ("role", "does not know the user. Correct [decisions] url or B12_DECISIONS_URL, or create the role."),
    ("database", "does not exist there. Create the database, or correct [decisions] url."),
    ("too many", "has no connection left. Try again, or raise max_connections of the server."),
    ("", "refused the connection. Look at user, password and database in [decisions] url, and at the server's log."),
)


def _sqlite_meaning(error: DBAPIError) -> str:
    said = str(error.orig)
    for part, meaning in _SQLITE:
        if part in said:
            return meaning
    return f"failed ({type(error.orig).__name__}). Nothing was recorded; look at the file and its disk, then try again."


def _postgresql_meaning(error: DBAPIError) -> str:
    state = getattr(error.orig, "sqlstate", None)
    for code, meaning in _POSTGRESQL:
        if state == code:
            return meaning
    if state is None:
        _, fatal, said = str(error.orig).partition("FATAL")
        for part, meaning in _REFUSED if fatal else ():
            if part in said:
                return meaning
        if "connection option" in str(error.orig):
            return "has an option in its URL that PostgreSQL does not know. Correct [decisions] url."
        return "cannot be reached. Nothing was recorded; see that the server runs and that host and port are right."
    return f"failed ({type(error.orig).__name__}, {state}). Nothing was recorded; look at the server's log."
