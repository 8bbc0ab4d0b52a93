"""What the commands are told of a remote home, before anything is read and while they read."""

import errno
import json
import time
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import cli
from pipelines.config import Settings, sources_below
from pipelines.errors import B12Error, ConfigurationError
from pipelines.orchestration.run import RunRequest, run_nightly
from pipelines.publish.editions import Editions
from pipelines.publish.history import RunRecord
from pipelines.remote.home import RemoteHome, cache_folder, check_decisions
from pipelines.remote.mirror import Published
from tests.remote.test_mirror import a_night, pulled


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine with a cache of its own and no decision log in its environment."""
    monkeypatch.setenv("B12_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("B12_DECISIONS_URL", raising=False)


@pytest.mark.parametrize("log", ["postgresql://b12@db/b12", "sqlite:////srv/b12/decisions.db"])
def test_decisions_in_a_database_that_every_run_reaches_are_accepted(log):
    check_decisions(Settings(decisions={"url": log}), "s3://b/h")


@pytest.mark.parametrize("settings", [Settings(), Settings(decisions={"url": "sqlite:///decisions.db"})])
def test_decisions_in_a_folder_that_only_mirrors_the_home_are_refused(settings):
    with pytest.raises(ConfigurationError, match=r"cannot be kept in s3://b/h.*postgresql://.*with a whole path"):
        check_decisions(settings, "s3://b/h")


def test_a_run_without_a_place_for_decisions_is_refused_and_a_reader_is_not(place):
    home = RemoteHome(place.url)
    with pytest.raises(ConfigurationError, match="Decisions cannot be kept"):
        home.ready("run", None)
    assert home.ready("status", None).is_dir()


@pytest.mark.parametrize("command", ["demo", "init"])
def test_a_demonstration_and_a_first_configuration_are_made_on_this_machine(place, command):
    with pytest.raises(ConfigurationError, match=f"`b12 {command}` writes on this machine"):
        RemoteHome(place.url).ready(command, None)


@pytest.mark.parametrize(
    ("asked", "code"),
    [(["run", "--help"], 0), (["codes", "show", "--help"], 0), (["status", "--nope"], 2), (["run"], 2)],
)
def test_help_and_a_wrong_option_are_told_without_a_word_to_the_storage(monkeypatch, asked, code):
    def reached(*_: object) -> None:
        raise AssertionError("The storage was asked.")

    monkeypatch.setattr("pipelines.remote.place._opened", reached)
    monkeypatch.delenv("B12_EXTRACTS", raising=False)
    assert CliRunner().invoke(cli.app, ["--home", "s3://nobody/here", *asked]).exit_code == code
    with pytest.raises(AssertionError):
        CliRunner().invoke(cli.app, ["--home", "s3://nobody/here", "status"], catch_exceptions=False)


def test_what_one_command_was_given_is_not_kept_for_the_next(place, tmp_path):
    assert CliRunner().invoke(cli.app, ["--home", place.url, "status"]).exit_code == 0
    told = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "other"), "status"])
    assert f"No home folder at {tmp_path}/other" in str(told.exception)


def test_the_folder_on_this_machine_is_one_for_each_home_and_private(place, tmp_path):
    assert cache_folder("s3://b/h/") == cache_folder("s3://b/h") != cache_folder("s3://b/i")
    folder = RemoteHome(place.url).ready("status", None)
    assert folder.is_relative_to(tmp_path / "cache")
    assert folder.stat().st_mode & 0o077 == 0


def test_a_server_that_reads_sees_the_next_publication(place, tmp_path):
    mirror, before = pulled(place, tmp_path / "writer", "2026-11-19")
    a_night(mirror.folder, "1", "2026-11-19")
    mirror.push_publication(before)
    before = Published.read(place)
    home = RemoteHome(place.url)
    reader = Editions(home.ready("status", None))
    ended = home.follow(every=0.01)
    assert reader.current()["run_id"] == "1"
    a_night(mirror.folder, "2", "2026-11-20")
    mirror.push_publication(before)
    ends = time.monotonic() + 30
    while reader.current()["run_id"] != "2":
        assert time.monotonic() < ends, "The reader still sees the publication of yesterday."
        time.sleep(0.01)
    ended.set()
    assert reader.latest_up_to(date(2026, 11, 20)).read_text() == "2"


def test_a_night_whose_record_this_machine_cannot_write_is_told_in_the_remote_home(place, tmp_path, monkeypatch):
    mirror, before = pulled(place, tmp_path / "writer", "2026-11-19")
    a_night(mirror.folder, "1", "2026-11-19")
    mirror.push_publication(before)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("B12_DECISIONS_URL", f"sqlite:///{tmp_path}/decisions.db")
    monkeypatch.setattr(RunRecord, "save", full)
    folder = RemoteHome(place.url).ready("run", None)
    with pytest.raises(B12Error, match="does not exist"):
        run_nightly(RunRequest(folder, tmp_path / "nowhere", remote=place.url, quiet=True))
    assert "nowhere" in Published.read(place).current["stale_because"]
    (name,) = place.versions("runs")
    assert json.loads(place.read(name)[0])["outcome"] == "failed"


def test_sources_lie_below_the_url_of_the_extracts_unless_they_name_a_place_of_their_own():
    sources = [
        {"name": "a"},
        {"name": "b", "path": "labs"},
        {"name": "c", "path": "/srv/labs"},
        {"name": "d", "path": "s3://other/labs"},
    ]
    below = sources_below(Settings(source=sources), "s3://b/extracts/")
    assert [source.path for source in below.source] == [
        "s3://b/extracts",
        "s3://b/extracts/labs",
        "/srv/labs",
        "s3://other/labs",
    ]


def test_a_code_list_that_the_configuration_names_comes_with_it(place, tmp_path):
    for name, text in {"b12.toml": 'code_folders = ["lists"]', "own.csv": "code"}.items():
        (tmp_path / name).write_text(text)
    place.upload({"b12.toml": tmp_path / "b12.toml", "lists/own.csv": tmp_path / "own.csv"})
    folder: Path = RemoteHome(place.url).ready("status", None)
    assert (folder / "lists" / "own.csv").read_text() == "code"


@pytest.mark.parametrize("named", [".", "../lists"])
def test_a_folder_of_code_lists_that_does_not_lie_in_the_home_is_refused(place, tmp_path, named):
    (tmp_path / "b12.toml").write_text(f'code_folders = ["{named}"]')
    place.upload({"b12.toml": tmp_path / "b12.toml"})
    with pytest.raises(ConfigurationError, match="is no folder in"):
        RemoteHome(place.url).ready("status", None)
