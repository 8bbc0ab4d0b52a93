"""A log that cannot be used says why, what was expected and what to do, and tells no password."""

import os
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from pipelines.config import Settings
from pipelines.decisions import DecisionLog, log_url
from pipelines.errors import B12Error, ConfigurationError
from tests.decisions.made import decided, outcomes

NOBODY = 65534


def failed(url: str, **how) -> str:
    with pytest.raises(B12Error) as caught:
        DecisionLog.open(url, patience_seconds=0.2, **how).append([decided("b")])
    assert caught.value.__suppress_context__ or caught.value.__cause__ is None
    assert "P-1" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that other users can reach; pytest's own are closed to them."""
    folder = Path(tempfile.mkdtemp(prefix="b12-log-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def as_a_user_without_rights() -> Iterator[None]:
    """Root may write everywhere, so it steps aside for a moment; anybody else is bound by the rights as they are."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_log_that_another_program_holds_says_so_and_records_nothing(url, direct):
    with DecisionLog.open(url) as log:
        log.append([decided()])
    driver = url.replace("postgresql:", "postgresql+psycopg:")
    lock = "BEGIN IMMEDIATE" if url.startswith("sqlite") else "LOCK TABLE decision IN EXCLUSIVE MODE"
    holder = create_engine(driver, isolation_level="AUTOCOMMIT" if url.startswith("sqlite") else "READ COMMITTED")
    with holder.connect() as con:
        con.exec_driver_sql(lock)
        assert "is locked by another program, and stayed so. Nothing was recorded" in failed(url)
        with DecisionLog.open(url, read_only=True) as reader:
            assert len(reader.read()) == 1  # who reads is not kept waiting
        con.exec_driver_sql("ROLLBACK")
    holder.dispose()
    with DecisionLog.open(url) as log:
        assert outcomes(log, decided("b")) == ["taken"]


def test_a_file_that_may_only_be_read_says_so(shared):
    file = shared / "log.db"
    with DecisionLog.open(f"sqlite:///{file}") as log:
        log.append([decided()])
    file.chmod(0o444)
    shared.chmod(0o555)
    with as_a_user_without_rights():
        message = failed(f"sqlite:///{file}")
    assert f"The decision log {file} can" in message
    assert "folder" in message
    shared.chmod(0o755)


def test_a_log_cannot_be_created_in_a_folder_without_rights(shared):
    shared.chmod(0o555)
    with as_a_user_without_rights():
        message = failed(f"sqlite:///{shared}/log.db")
    assert "cannot be created (Permission denied). Expected a folder that this user may write to." in message
    shared.chmod(0o755)


def test_a_role_that_may_only_read_says_so(postgresql):
    with DecisionLog.open(postgresql) as log:
        log.append([decided()])
    engine = create_engine(postgresql.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as con:
        con.exec_driver_sql("DROP ROLE IF EXISTS auditor")
        con.exec_driver_sql("CREATE ROLE auditor LOGIN")
        con.exec_driver_sql("GRANT SELECT ON decision, decision_log_version TO auditor")
    auditor = postgresql.replace("postgres@", "auditor@")
    with DecisionLog.open(auditor, read_only=True) as log:
        assert len(log.read()) == 1
    assert "can be read, but not written" in failed(auditor)
    with engine.begin() as con:
        con.exec_driver_sql("DROP OWNED BY auditor")
        con.exec_driver_sql("DROP ROLE auditor")
    engine.dispose()


@pytest.mark.parametrize("content", [b"PK\x03\x04 a spreadsheet, say" * 200, b"item_key;decision\nx;done\n" * 50])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path, content, read_only):
    file = tmp_path / "decisions.db"
    file.write_bytes(content)
    assert "is no SQLite database, and was left as it is" in failed(f"sqlite:///{file}", read_only=read_only)
    assert file.read_bytes() == content


def test_a_damaged_file_says_so(tmp_path):
    file = tmp_path / "decisions.db"
    with DecisionLog.open(f"sqlite:///{file}") as log:
        log.append([decided(f"low:P-{n}:r1", note="x" * 500) for n in range(300)])
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(B12Error, match="is damaged, and was left as it is"):
        DecisionLog.open(f"sqlite:///{file}").read()


def test_an_empty_file_becomes_a_log(tmp_path):
    file = tmp_path / "decisions.db"
    file.touch()
    with DecisionLog.open(f"sqlite:///{file}", read_only=True) as log:
        assert log.read().is_empty()
    with DecisionLog.open(f"sqlite:///{file}") as log:
        assert outcomes(log, decided()) == ["taken"]
    with closing(sqlite3.connect(file)) as con:
        assert con.execute("PRAGMA journal_mode").fetchall() == [("wal",)]


def test_a_folder_in_the_place_of_the_file_says_so(tmp_path):
    assert "cannot be opened. Expected a file" in failed(f"sqlite:///{tmp_path}")


def test_a_log_that_is_taken_away_is_missed_and_not_begun_anew(tmp_path):
    file = tmp_path / "decisions.db"
    log = DecisionLog.open(f"sqlite:///{file}")
    log.append([decided()])
    file.unlink()
    with pytest.raises(B12Error, match="cannot be opened"):
        log.append([decided("b")])
    assert not file.exists()


def test_a_server_that_does_not_answer_is_named_without_its_password():
    with closing(socket.socket()) as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        port = nobody_listens.getsockname()[1]
        message = failed(f"postgresql://nurse:s3cret@127.0.0.1:{port}/clinic?options=-c%20search_path%3Ds3cret")
    assert message.startswith(
        f"The decision log in PostgreSQL (database 'clinic' on 127.0.0.1:{port}) cannot be reached."
    )
    assert "s3cret" not in message


def test_a_wrong_password_a_missing_role_and_a_missing_database_are_told_apart(postgresql, server):
    engine = create_engine(postgresql.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as con:
        con.exec_driver_sql("DROP ROLE IF EXISTS stranger")
        con.exec_driver_sql("CREATE ROLE stranger LOGIN PASSWORD 'right'")
    engine.dispose()
    database = postgresql.partition("@/")[2]
    message = failed(f"postgresql://stranger:s3cret@/{database}")
    assert "refused the user or password" in message
    assert "s3cret" not in message
    assert "s3cret" not in failed(f"postgresql:///{database}&user=stranger&password=s3cret")
    assert "does not know the user" in failed(f"postgresql://ghost@/{database}")
    assert "has an option in its URL" in failed(f"postgresql://postgres@/{database}&sslmod=s3cret")
    assert "Create the database" in failed(f"postgresql://postgres@/nowhere?host={server}")


@pytest.mark.parametrize("url", ["", "s3cret", "mysql://nurse:s3cret@host/db", "sqlite://", "sqlite:///:memory:"])
def test_a_url_of_no_database_that_keeps_decisions_is_refused_and_not_repeated(url):
    with pytest.raises(ConfigurationError, match=r"Expected sqlite:///<file>, or postgresql://") as caught:
        DecisionLog.open(url)
    assert "s3cret" not in str(caught.value)


@pytest.fixture
def configured(monkeypatch, tmp_path):
    def where(url: str | None = None, variable: str | None = None) -> str:
        monkeypatch.delenv("B12_DECISIONS_URL", raising=False)
        if variable:
            monkeypatch.setenv("B12_DECISIONS_URL", variable)
        return log_url(Settings.model_validate({"decisions": {"url": url}}), tmp_path)

    return where


def test_the_configuration_says_where_the_log_is_else_the_environment_else_it_is_in_the_home(configured, tmp_path):
    assert configured() == f"sqlite:///{tmp_path}/decisions.db"
    assert configured(variable="sqlite:////srv/a.db") == "sqlite:////srv/a.db"
    assert configured("sqlite:////srv/b.db", variable="sqlite:////srv/a.db") == "sqlite:////srv/b.db"
    assert configured("sqlite:///kept/b.db") == f"sqlite:///{tmp_path}/kept/b.db"
    secret = "postgresql://nurse:p%40ss@db.example/clinic?sslmode=require"
    assert configured(secret) == secret.replace("postgresql:", "postgresql+psycopg:")


def test_the_folder_of_a_new_log_is_made(tmp_path):
    with DecisionLog.open(f"sqlite:///{tmp_path}/new/home/decisions.db") as log:
        log.append([decided(decided_at=datetime(2026, 3, 2))])
    assert sorted(path.name for path in (tmp_path / "new/home").iterdir()) == ["decisions.db"]
