"""What is kept of past nights besides the facts: the lists and reports of so many of them, and Dagster's records.

All of it can be made again, and lists and reports hold patients' data that nobody needs for ever. The store, decisions,
measures, audit and the record of each run are never removed.
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterInstance

MADE_EACH_NIGHT = {"worklists": "[!.]*", "reports": "*.html"}
"""The folders of a home that gain a file or folder a night, and the names of these."""


def drop_old_files(home: Path, keep: int) -> None:
    """Remove all lists and reports but those of the ``keep`` nights written last, whatever dates they look from."""
    for folder, names in MADE_EACH_NIGHT.items():
        made = sorted((home / folder).glob(names), key=lambda path: (path.stat().st_mtime_ns, path.name))
        for path in made[:-keep]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def drop_old_records(instance: "DagsterInstance", keep: int) -> None:
    """Remove what Dagster keeps of all but its latest ``keep`` runs: a megabyte and a half each."""
    for run_id in instance.get_run_ids()[keep:]:
        instance.delete_run(run_id)
        shutil.rmtree(Path(instance.storage_directory()) / run_id, ignore_errors=True)
