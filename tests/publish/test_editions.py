"""Editions: a publication changes in one step, and a crash leaves the old one or the new one."""

import json
import os
from datetime import date

import pytest

from pipelines.publish.editions import CURRENT, DATABASE, OVERVIEW, Editions


@pytest.fixture
def editions(tmp_path):
    return Editions(tmp_path / "home")


def built(editions, run_id, as_of="2026-11-20"):
    editions.home.mkdir(exist_ok=True)
    building = editions.begin(run_id)
    (building / DATABASE).write_text(run_id)
    (building / "worklists" / "site").mkdir(parents=True)
    (building / "worklists" / "site" / "list.csv").write_text(run_id)
    Editions.write_current(building, {"run_id": run_id, "as_of": as_of, "stale_since": None, "stale_because": None})
    return building


def state(editions):
    lists = editions.home / "worklists" / "2026-11-20" / "site" / "list.csv"
    return editions.database.read_text(), editions.current()["run_id"], lists.read_text()


def test_database_current_and_lists_change_together(editions):
    editions.publish(built(editions, "1"), "1", keep=7)
    assert state(editions) == ("1", "1", "1")
    editions.publish(built(editions, "2"), "2", keep=7)
    assert state(editions) == ("2", "2", "2")


@pytest.mark.parametrize(("saved_after", "kept"), [(0, ["2026-11-20"]), (60, ["2026-11-20", "2026-11-20-replaced-1"])])
def test_lists_of_a_date_that_is_run_again_stay_beside_where_somebody_worked_in_them(editions, saved_after, kept):
    for run in "12":
        building = built(editions, run)
        for name, at in (("A.xlsx", 1000), (OVERVIEW, 1000)):
            (building / "worklists" / name).write_text(run)
            os.utime(building / "worklists" / name, (at, at))
        os.utime(building / "worklists" / "site", (1000, 1000))
        editions.publish(building, run, keep=7)
        if run == "1":
            os.utime(editions.home / "worklists" / "2026-11-20" / "A.xlsx", (1000 + saved_after,) * 2)
    lists = editions.home / "worklists"
    assert sorted(path.name for path in lists.iterdir()) == kept
    assert [(lists / name / "A.xlsx").read_text() for name in kept] == ["2", "1"][: len(kept)]


def test_what_was_found_published_stays_of_one_edition(editions):
    assert editions.published() is None
    editions.publish(built(editions, "run1"), "run1", keep=1)
    database, facts = editions.published()
    editions.publish(built(editions, "run2", "2026-11-21"), "run2", keep=1)
    assert (database.read_text(), facts["run_id"]) == ("run1", "run1")
    database, facts = editions.published()
    assert (database.read_text(), facts["run_id"]) == ("run2", "run2")


def test_so_many_previous_editions_are_kept(editions):
    for run in "12345":
        editions.publish(built(editions, run), run, keep=2)
    assert sorted(path.name for path in (editions.home / "editions").iterdir()) == ["3", "4", "5"]


def test_an_open_reader_keeps_its_file(editions):
    editions.publish(built(editions, "1"), "1", keep=0)
    with editions.database.open() as reader:
        editions.publish(built(editions, "2"), "2", keep=0)
        assert reader.read() == "1"
    assert editions.database.read_text() == "2"


def test_a_crash_while_building_leaves_the_old_edition(editions):
    editions.publish(built(editions, "1"), "1", keep=7)
    built(editions, "2")
    editions.recover()
    assert state(editions) == ("1", "1", "1")
    assert [path.name for path in (editions.home / "editions").iterdir()] == ["1"]


def test_a_crash_before_the_link_moved_leaves_the_old_edition(editions):
    editions.publish(built(editions, "1"), "1", keep=7)
    built(editions, "2").rename(editions.home / "editions" / "2")
    editions.recover()
    assert state(editions) == ("1", "1", "1")
    assert not (editions.home / "editions" / "2").exists()


def test_a_crash_after_the_link_moved_is_finished(editions):
    editions.publish(built(editions, "1"), "1", keep=7)
    built(editions, "2").rename(editions.home / "editions" / "2")
    editions.link.unlink()
    editions.link.symlink_to("editions/2")
    editions.recover()
    assert state(editions) == ("2", "2", "2")


def test_the_first_refusal_keeps_its_moment_until_the_next_publication(editions):
    editions.stamp_stale("monday", "no labs")  # nothing published yet: nothing to stamp
    editions.publish(built(editions, "1"), "1", keep=7)
    editions.stamp_stale("tuesday", "no labs")
    editions.stamp_stale("wednesday", "half the labs")
    assert (editions.current()["stale_since"], editions.current()["stale_because"]) == ("tuesday", "half the labs")
    assert editions.database.read_text() == "1"
    editions.publish(built(editions, "2"), "2", keep=7)
    assert editions.current()["stale_since"] is None


def test_a_run_is_compared_with_the_newest_edition_up_to_its_date(editions):
    for run, as_of in (("1", "2026-11-18"), ("2", "2026-11-20"), ("3", "2026-11-19")):
        editions.publish(built(editions, run, as_of), run, keep=7)
    up_to = {day: editions.latest_up_to(date(2026, 11, day)) for day in (17, 18, 19, 21)}
    assert up_to[17] is None
    assert [up_to[day].read_text() for day in (18, 19, 21)] == ["1", "3", "2"]
    assert json.loads((editions.link / CURRENT).read_text())["run_id"] == "3"
