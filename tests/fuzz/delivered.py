"""Files of layouts that are no tables: whatever lies in one is handed on or refused once, under its own number."""

from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import duckdb

from pipelines.config import Source
from pipelines.errors import UnreadableFile
from pipelines.sources.finding import find_files
from tests.fuzz.material import hold


@cache
def room() -> tuple[Path, duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false; SET threads = 1")
    return Path(mkdtemp(prefix="b12-fuzz-")), con


def check_delivered(kind: str, name: str, content: bytes) -> None:
    """A file of that name and content, read for every table that its layout says."""
    folder, con = room()
    rmtree(folder, ignore_errors=True)
    (folder / "extracts").mkdir(parents=True)
    (folder / "work").mkdir()
    (folder / "extracts" / name).write_bytes(content)
    for file in find_files([Source(name="s", kind=kind)], folder / "extracts", folder / "incoming").files:
        try:
            records = file.records(folder / "work", con)
            rows = con.sql(f"SELECT source_row FROM {records.relation} AS r").pl()["source_row"].to_list()
        except UnreadableFile as error:
            hold(str(error))
            continue
        numbers = [*rows, *records.malformed["source_row"]]
        assert len(set(numbers)) == len(numbers) == records.count
        for detail in records.malformed["detail"]:
            hold(detail)
