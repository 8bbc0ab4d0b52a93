"""Both databases for real: a file of its own for every test, and a PostgreSQL that lives as long as the session."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine

NUMBERS = count(1)


def programs() -> Path | None:
    """The folder with PostgreSQL's programs: on the path, or where Debian keeps each version."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]), default=None)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The socket folder of a throwaway PostgreSQL; it does not listen on the network.

    PostgreSQL refuses to run as root, so root hands the folder to the user that Debian's package makes. Reviewers are
    trusted; the role ``stranger`` needs a password.
    """
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql); its tests are left out")
    place = Path(tempfile.mkdtemp(prefix="b12-pg-", dir="/tmp"))  # short: the path of a socket holds 107 bytes
    user = []
    if os.geteuid() == 0:
        user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(place, "postgres", "postgres")

    def run(*command: str) -> None:
        done = subprocess.run([*user, *command], cwd=place, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    data = place / "data"
    # No durability: nothing here outlives the test. A message of another language would not be recognized.
    run(str(folder / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync", "--locale=C.UTF-8")
    (data / "pg_hba.conf").write_text("local all stranger scram-sha-256\nlocal all all trust\n")
    options = f"-c listen_addresses='' -c unix_socket_directories={place} -c fsync=off"
    run(str(folder / "pg_ctl"), "-D", str(data), "-l", str(place / "log"), "-o", options, "-w", "start")
    try:
        yield str(place)
    finally:
        run(str(folder / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def postgresql(server) -> str:
    """The URL of a fresh database."""
    name = f"b12_{next(NUMBERS)}"
    engine = create_engine(f"postgresql+psycopg://postgres@/postgres?host={server}", isolation_level="AUTOCOMMIT")
    with engine.connect() as con:
        con.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return f"postgresql://postgres@/{name}?host={server}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> str:
    """The URL of a log that does not exist yet, on each database."""
    return request.getfixturevalue("postgresql") if request.param == "postgresql" else f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
def direct(url) -> Iterator[Callable[[str], list]]:
    """Runs SQL past the log, as a person with a database client would."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))

    def run(sql: str) -> list:
        with engine.begin() as con:
            result = con.exec_driver_sql(sql)
            return [tuple(row) for row in result] if result.returns_rows else []

    yield run
    engine.dispose()
