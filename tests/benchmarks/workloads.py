"""What the pipeline is measured against, each run as a process of its own: ``python -m tests.benchmarks.workloads``."""

import sys
from datetime import date
from pathlib import Path

TABLES = ("labs", "prescriptions", "diagnoses", "patients", "procedures")
DATES = {
    "labs": {"collected_at": "TIMESTAMP", "reported_at": "TIMESTAMP", "ref_low": "DOUBLE", "ref_high": "DOUBLE"},
    "prescriptions": {
        "start_date": "DATE",
        "end_date": "DATE",
        "recorded_at": "TIMESTAMP",
        "quantity": "DOUBLE",
        "days_supply": "INTEGER",
    },
    "diagnoses": {"recorded_date": "DATE", "resolved_date": "DATE", "recorded_at": "TIMESTAMP"},
    "patients": {
        "birth_date": "DATE",
        "death_date": "DATE",
        "registered_from": "DATE",
        "registered_until": "DATE",
        "recorded_at": "TIMESTAMP",
    },
    "procedures": {"performed_date": "DATE", "recorded_at": "TIMESTAMP"},
}
"""The columns of the native layout that are not text, as an analyst would declare them."""

SQL = Path(__file__).parent / "three_lists.sql"


def scan_parquet(extracts: Path) -> None:
    """Decode every column of every table with polars, batch by batch, and drop it."""
    import polars as pl

    for table in TABLES:
        pl.scan_parquet(extracts / table / "*.parquet").sink_batches(lambda _: False)


def scan_csv(extracts: Path) -> None:
    """Parse every column of every table with DuckDB, dates and numbers typed."""
    import duckdb

    con = duckdb.connect()
    for table in TABLES:
        path = str(extracts / f"{table}.csv")
        con.execute(
            "SELECT count(COLUMNS(*)) FROM read_csv($path, types = $types)", {"path": path, "types": DATES[table]}
        )
        con.fetchall()


def three_lists(extracts: Path, as_of: date) -> None:
    """Run the SQL script; the lists are written to the current folder."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    con.execute(f"SET VARIABLE extracts = '{extracts}'")
    con.execute(f"SET VARIABLE as_of = DATE '{as_of}'")
    con.execute(SQL.read_text(encoding="utf-8"))


def main() -> None:
    """Run the workload that is named: its name, the extracts, and for the script the as-of date."""
    name, extracts, *rest = sys.argv[1:]
    if name == "three_lists":
        three_lists(Path(extracts), date.fromisoformat(rest[0]))
    else:
        {"scan_parquet": scan_parquet, "scan_csv": scan_csv}[name](Path(extracts))


if __name__ == "__main__":
    main()
