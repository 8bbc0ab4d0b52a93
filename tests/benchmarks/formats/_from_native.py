"""A population of the native layout written in another by SQL, as CSV, and DuckDB's reader to measure it by."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.deliveries import AS_OF, BACKGROUND_LABS
from tests.benchmarks.workloads import TABLES


def write_from_native(folder: Path, people: int, *, source: str, tables: Mapping[str, str]) -> None:
    """The files of a layout, each by a query over the native tables; ``source`` says the kind in the configuration."""
    import duckdb

    from pipelines.demo.extracts import write_extracts

    folder.mkdir(parents=True)
    with TemporaryDirectory(dir=folder) as native:
        extracts = Path(native) / "extracts"
        write_extracts(
            extracts,
            as_of=AS_OF,
            people=people,
            planted=False,
            fmt="parquet",
            background_labs_per_person=BACKGROUND_LABS,
        )
        (folder / "extracts").mkdir()
        con = duckdb.connect()
        con.execute("SET enable_progress_bar = false")
        con.execute("SET memory_limit = '1GB'")
        for table in TABLES:
            con.execute(f"CREATE VIEW {table} AS FROM read_parquet('{extracts / table}/*.parquet')")
        for name, query in tables.items():
            con.execute(f"COPY ({query}) TO '{folder / 'extracts' / name}.csv' (HEADER)")
    (folder / "b12.toml").write_text(f'[[source]]\nname = "measured"\n{source}\n', encoding="utf-8")


def bare_csv(folder: Path) -> int:
    """Parse every row of every file, every column as text."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    records = 0
    for path in sorted((folder / "extracts").glob("*.csv")):
        query = "SELECT count(*), bit_xor(hash(COLUMNS(*))) FROM read_csv($path, all_varchar = true)"
        records += con.execute(query, {"path": str(path)}).fetchall()[0][0]
    return records
