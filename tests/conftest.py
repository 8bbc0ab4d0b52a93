"""The ``spec`` fixture: a worklist is held against tables drawn in text. Drawn cases are the same in every run."""

import logging
import os
from collections.abc import Callable, Mapping
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from pipelines.contract import core_schema
from pipelines.demo.tour import give_demo
from pipelines.profile import load_profile
from pipelines.worklists import Judgement, judge
from tests.tables import EVERYTHING, exposures, parse, tables_of, typed

FOLDERS = count()

settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("exploring", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("B12_DRAWS", "repeatable"))  # exploring: new cases every time


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a small demonstration, published; for tests that read it."""
    home = tmp_path_factory.mktemp("small_demo") / "home"
    give_demo(home, people=60, seed=1, as_of=date(2026, 11, 20), quiet=True)
    return home


@pytest.fixture(scope="session")
def s3_server():
    """An S3-compatible server, with address and keys in the environment, where the product looks for them."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "a key of nobody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "a secret of nobody")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        import s3fs

        s3fs.S3FileSystem().mkdir("clinic")
        yield server
    server.stop()


@pytest.fixture
def bucket(s3_server) -> str:
    """The URL of an empty folder on the server."""
    return f"s3://clinic/home-{next(FOLDERS)}"


@pytest.fixture
def spec() -> Callable[..., Judgement]:
    """Judge one list on tables drawn in text, and hold who is on it against the expectation."""

    def check(
        rule: Callable,
        *,
        as_of: str,
        given: Mapping[str, str],
        expect: str,
        profile: str = "uk_nice_ng239",
        overrides: Mapping[str, float] | None = None,
        delivered: frozenset[str] = EVERYTHING,
        first_exposure: str | None = None,
    ) -> Judgement:
        judgement = judge(
            {table: rows.lazy() for table, rows in tables_of(given).items()},
            as_of=date.fromisoformat(as_of),
            profile=load_profile(profile, overrides or {}),
            delivered=delivered,
            first_exposure=exposures(first_exposure),
            lists=[rule.__name__],
        )
        schema = core_schema("care_gap")
        columns = [cell.strip() for cell in expect.strip().splitlines()[0].split("#")[0].split("|")]
        expected = {
            row["person_id"]: {
                column: typed(row[column], schema[column]) or ([] if column == "flags" else None) for column in columns
            }
            for row in parse(expect)
        }
        found = {row["person_id"]: row for row in judgement.care_gap.select(columns).to_dicts()}
        assert found == expected
        return judgement

    return check
