"""Real processes: a notebook held open never blocks a run, and a run never breaks a notebook."""

import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from pipelines.notebook import notebook_command, notebooks
from tests.practice import low_results, open_practice

HELD_OPEN = """
import importlib.util, sys

spec = importlib.util.spec_from_file_location("notebook", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
_, defined = module.app.run()
for question in sys.stdin:
    try:
        print(defined["db"].execute(question).fetchall(), flush=True)
    except Exception as error:
        print(*str(error).splitlines(), flush=True)
"""


@contextmanager
def held_open(database, name="who_is_waiting"):
    """A process that ran a notebook and keeps its connection; ask it questions."""
    process = subprocess.Popen(
        [sys.executable, "-c", HELD_OPEN, str(notebooks()[name])],
        env={**os.environ, "B12_DATABASE": str(database)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip

    def ask(question: str) -> str:
        process.stdin.write(question + "\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    try:
        yield ask
    finally:
        process.stdin.close()
        assert process.wait(timeout=60) == 0


OPEN_ITEMS = "SELECT count(*) FROM waiting_time WHERE worklist = 'low_b12_untreated'"


def test_a_night_is_published_under_an_open_notebook_which_keeps_its_rows(tmp_path):
    practice = open_practice(tmp_path, people=12)
    practice.configure("keep_publications = 0\n")  # the file under the notebook is removed from its folder
    assert practice.night().outcome == "published"
    old = practice.database.resolve()
    with held_open(practice.database) as ask:
        assert ask(OPEN_ITEMS) == "[(12,)]"
        practice.labs("labs_001.csv", *low_results(range(12, 15)))
        assert practice.night(1).outcome == "published"
        assert not old.exists()
        assert ask(OPEN_ITEMS) == "[(12,)]"
        assert ask("SELECT count(DISTINCT measurement_id) FROM measurement") == "[(108,)]"
        with held_open(practice.database) as ask_now:
            assert ask_now(OPEN_ITEMS) == "[(15,)]"


def test_a_notebook_cannot_change_the_publication_nor_read_beside_it(small_demo, tmp_path):
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    with held_open(small_demo / "published" / "b12.duckdb") as ask:
        assert "read-only mode" in ask("DELETE FROM worklist_item")
        assert "read-only mode" in ask("CREATE TABLE mine AS SELECT 1")
        assert "disabled by configuration" in ask(f"FROM read_csv('{tmp_path / 'secret.csv'}')")


def page_at(address: str, server: subprocess.Popen) -> bytes:
    """The page, asked for again while the server has said its address and does not listen yet."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    while server.poll() is None:
        try:
            with browser.open(address, timeout=60) as page:
                return page.read()
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            threading.Event().wait(0.1)
    raise AssertionError("The server ended.")


def test_the_server_of_a_notebook_answers_with_its_token(small_demo):
    command, settings = notebook_command(small_demo, "who_is_waiting", headless=True)
    environment = {**os.environ, **settings, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    too_late = threading.Timer(120, server.kill)
    too_late.start()
    try:
        address = next(found[0] for line in server.stdout if (found := re.search(r"http://\S+", line)))
        assert b"who_is_waiting" in page_at(address, server)
        without = address.split("?")[0]
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{without}/api/status", timeout=60)
    finally:
        too_late.cancel()
        server.terminate()
        server.wait(timeout=60)
