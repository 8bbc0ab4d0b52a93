"""What is kept of past nights besides the facts: the lists and reports of so many of them, and Dagster's records.

All of it can be made again, and lists and reports hold patients' data that nobody needs for ever. The store, decisions,
measures, audit and the record of each run are never removed.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.publish.editions import was_worked_in

if TYPE_CHECKING:
    from dagster import DagsterInstance


def drop_old_files(home: Path, keep: int, standing: str | None) -> None:
    """Remove the lists and reports of all but the ``keep`` nights that wrote theirs last, whatever date they look from.

    Lists stay that somebody worked in: a file was saved or added after the night wrote its last, so that it may hold
    decisions that nobody brought back yet. So do those of ``standing``, the as-of date of the publication.
    """
    lists = [path for path in (home / "worklists").glob("[!.]*") if path.name != standing]
    for path in _all_but_latest(lists, keep):
        if not was_worked_in(path):
            shutil.rmtree(path)
    for path in _all_but_latest((home / "reports").glob("*.html"), keep):
        path.unlink()


def _all_but_latest(made: Iterable[Path], keep: int) -> list[Path]:
    return sorted(made, key=lambda path: (path.stat().st_mtime_ns, path.name))[:-keep]


def drop_old_records(instance: "DagsterInstance", keep: int) -> None:
    """Remove what Dagster keeps of all but its latest ``keep`` runs: a megabyte and a half each."""
    for run_id in instance.get_run_ids()[keep:]:
        instance.delete_run(run_id)
        shutil.rmtree(Path(instance.storage_directory()) / run_id, ignore_errors=True)
