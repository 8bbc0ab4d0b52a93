"""One writer at a time, whichever machine it is on; and how a lock ends whose holder is dead."""

import json
from datetime import datetime

import pytest

from pipelines.errors import B12Error
from pipelines.remote.lock import LOCK, break_lock, remote_lock

NOW = datetime(2026, 11, 20, 2)


def test_the_lock_of_another_machine_is_named_and_left(place, tmp_path):
    with remote_lock(place, tmp_path / "one", NOW):
        claimed = place.read(LOCK)
        with (
            pytest.raises(B12Error, match=r"process \d+ on .* since 2026-11-20 02:00:00. Wait for it to end") as told,
            remote_lock(place, tmp_path / "two", NOW),
        ):
            pytest.fail("Both write.")
        assert f"b12 --home {place.url} unlock" in str(told.value)
        assert place.read(LOCK) == claimed
    assert place.read(LOCK) is None
    with remote_lock(place, tmp_path / "two", NOW):
        pass


def test_a_lock_that_this_machine_left_when_its_run_was_killed_is_taken_over(place, tmp_path):
    killed = remote_lock(place, tmp_path / "one", NOW)
    still_held_by_killed = killed.__enter__()
    with remote_lock(place, tmp_path / "one", NOW) as still_held:
        still_held()
        with pytest.raises(B12Error, match="writes no more"):
            still_held_by_killed()


def test_a_lock_is_broken_for_a_machine_that_is_gone_and_its_run_writes_no_more(place, tmp_path):
    gone = remote_lock(place, tmp_path / "one", NOW)
    still_held = gone.__enter__()
    assert "since 2026-11-20 02:00:00" in break_lock(place)
    assert break_lock(place) is None
    with pytest.raises(B12Error, match="was broken, so this run writes no more"):
        still_held()
    with remote_lock(place, tmp_path / "two", NOW):
        gone.__exit__(None, None, None)  # it comes back to life, and gives back what it holds no longer
        assert json.loads(place.read(LOCK)[0])["folder"] == (tmp_path / "two" / "identity").read_text()


def test_a_lock_that_is_given_back_at_that_moment_is_not_taken_from_whoever_comes_next(place, tmp_path, monkeypatch):
    create, turns = place.create, iter(["given back", "taken by a third"])

    def create_after_others(name: str, content: bytes) -> bool:
        match next(turns, None):
            case "given back":
                return False
            case "taken by a third":
                create(name, b'{"token": "t", "folder": "third", "process": 3, "host": "h", "since": "s"}')
        return create(name, content)

    monkeypatch.setattr(place, "create", create_after_others)
    with pytest.raises(B12Error, match="process 3 on h since s"), remote_lock(place, tmp_path / "one", NOW):
        pytest.fail("The third holds it.")
    assert json.loads(place.read(LOCK)[0])["folder"] == "third"


def test_storage_that_creates_what_is_there_holds_no_home(place, tmp_path, monkeypatch):
    monkeypatch.setattr(place, "create", lambda *_: True)
    with pytest.raises(B12Error, match="two runs could write at once"), remote_lock(place, tmp_path / "one", NOW):
        pytest.fail("Nothing keeps a second one out.")


@pytest.mark.parametrize("content", [b"\x00", b"", b"[1]"])
def test_a_lock_that_cannot_be_understood_is_held(place, tmp_path, content):
    place.create(LOCK, content)
    with pytest.raises(B12Error, match="an unnamed process"), remote_lock(place, tmp_path / "one", NOW):
        pytest.fail("It is held.")
