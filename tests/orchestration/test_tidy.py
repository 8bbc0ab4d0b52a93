"""What is kept of past nights, and what goes."""

import os

import dagster as dg
import pytest

from pipelines.orchestration.tidy import drop_old_files, drop_old_records
from pipelines.sheets.files import OVERVIEW


@pytest.fixture
def home(tmp_path):
    """Four nights, of which the one that looks furthest back was run last; and what is never removed."""
    for written, night in enumerate(("2026-11-01", "2026-11-02", "2026-11-03", "2025-01-31")):
        lists, report = tmp_path / "worklists" / night, tmp_path / "reports" / f"{night}.html"
        for path in (lists / "Hillview.xlsx", lists / OVERVIEW, report):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.utime(path, (written, written))
        os.utime(lists, (written, written))
    for path in (tmp_path / "store" / "entry.json", tmp_path / "runs" / "run.json", tmp_path / "audit" / "day.jsonl"):
        path.parent.mkdir(parents=True)
        path.touch()
    return tmp_path


def held(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("keep", "nights"),
    [
        (4, ["2025-01-31", "2026-11-01", "2026-11-02", "2026-11-03"]),
        (3, ["2025-01-31", "2026-11-02", "2026-11-03"]),
        (1, ["2025-01-31"]),
    ],
)
def test_lists_and_reports_written_last_are_kept(home, keep, nights):
    drop_old_files(home, keep, standing=None)
    assert held(home / "worklists") == nights
    assert held(home / "reports") == [f"{night}.html" for night in nights]


def test_the_lists_of_the_standing_publication_are_kept(home):
    drop_old_files(home, 1, standing="2026-11-01")
    assert held(home / "worklists") == ["2025-01-31", "2026-11-01"]


@pytest.mark.parametrize(("saved", "stays"), [(0, False), (0.001, True)])
def test_lists_that_somebody_saved_after_the_night_are_kept(home, saved, stays):
    """Decisions may stand in them that nobody brought back yet."""
    os.utime(home / "worklists" / "2026-11-01" / "Hillview.xlsx", (saved, saved))
    drop_old_files(home, 1, standing=None)
    assert ("2026-11-01" in held(home / "worklists")) == stays


def test_lists_without_an_overview_are_left_alone(home):
    (home / "worklists" / "2026-11-01" / OVERVIEW).unlink()
    os.utime(home / "worklists" / "2026-11-01", (0, 0))
    drop_old_files(home, 1, standing=None)
    assert "2026-11-01" in held(home / "worklists")


def test_facts_are_never_removed(home):
    drop_old_files(home, 1, standing=None)
    assert held(home / "store") == ["entry.json"]
    assert held(home / "runs") == ["run.json"]
    assert held(home / "audit") == ["day.jsonl"]


def test_a_home_without_any_night_is_left_alone(tmp_path):
    drop_old_files(tmp_path, 1, standing=None)
    assert held(tmp_path) == []


def test_dagster_keeps_the_records_of_its_latest_runs():
    @dg.asset
    def nothing() -> None:
        """Nothing."""

    with dg.DagsterInstance.ephemeral() as instance:
        ran = [dg.materialize([nothing], instance=instance).run_id for _ in range(3)]
        drop_old_records(instance, 2)
        assert set(instance.get_run_ids()) == set(ran[1:])
