"""What is kept of past nights, and what goes."""

import os

import dagster as dg
import pytest

from pipelines.orchestration.tidy import drop_old_files, drop_old_records


@pytest.fixture
def home(tmp_path):
    """Four nights, of which the one that looks furthest back was run last; and what is never removed."""
    for written, night in enumerate(("2026-11-01", "2026-11-02", "2026-11-03", "2025-01-31")):
        for path in (tmp_path / "worklists" / night / "Hillview.csv", tmp_path / "reports" / f"{night}.html"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        for path in (tmp_path / "worklists" / night, tmp_path / "reports" / f"{night}.html"):
            os.utime(path, (written, written))
    for path in (tmp_path / "store" / "entry.json", tmp_path / "runs" / "run.json", tmp_path / "audit" / "day.jsonl"):
        path.parent.mkdir(parents=True)
        path.touch()
    return tmp_path


def held(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("keep", "lists"),
    [
        (4, ["2025-01-31", "2026-11-01", "2026-11-02", "2026-11-03"]),
        (3, ["2025-01-31", "2026-11-02", "2026-11-03"]),
        (1, ["2025-01-31"]),
    ],
)
def test_lists_and_reports_written_last_are_kept(home, keep, lists):
    drop_old_files(home, keep)
    assert held(home / "worklists") == lists
    assert held(home / "reports") == [f"{night}.html" for night in lists]


def test_facts_are_never_removed(home):
    drop_old_files(home, 1)
    assert held(home / "store") == ["entry.json"]
    assert held(home / "runs") == ["run.json"]
    assert held(home / "audit") == ["day.jsonl"]


def test_a_home_without_any_night_is_left_alone(tmp_path):
    drop_old_files(tmp_path, 1)
    assert held(tmp_path) == []


def test_dagster_keeps_the_records_of_its_latest_runs():
    @dg.asset
    def nothing() -> None:
        """Nothing."""

    with dg.DagsterInstance.ephemeral() as instance:
        ran = [dg.materialize([nothing], instance=instance).run_id for _ in range(3)]
        drop_old_records(instance, 2)
        assert set(instance.get_run_ids()) == set(ran[1:])
