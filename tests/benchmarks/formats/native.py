"""Our own layout as CSV, beside DuckDB's reader."""

from pathlib import Path

from tests.benchmarks.deliveries import AS_OF, BACKGROUND_LABS
from tests.benchmarks.workloads import TABLES


def write(folder: Path, people: int) -> None:
    """A population with its results off the pathway, in CSV files; the configuration lies beside them."""
    from pipelines.demo.extracts import write_extracts

    write_extracts(
        folder / "extracts",
        as_of=AS_OF,
        people=people,
        planted=False,
        fmt="csv",
        clean=True,
        background_labs_per_person=BACKGROUND_LABS,
    )


def bare(folder: Path) -> int:
    """Parse every row, every column as text."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    records = 0
    for table in TABLES:
        path = {"path": str(folder / "extracts" / f"{table}.csv")}
        con.execute("SELECT count(*), bit_xor(hash(COLUMNS(*))) FROM read_csv($path, all_varchar = true)", path)
        records += con.fetchall()[0][0]
    return records
