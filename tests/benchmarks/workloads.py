"""What the pipeline is measured against, each run as a process of its own: ``python -m tests.benchmarks.workloads``."""

import json
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


def scan_duckdb(extracts: Path) -> None:
    """Decode every column of every table with DuckDB."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    for table in TABLES:
        # A hash needs every value: a count may be had without decoding any.
        path = str(extracts / table / "*.parquet")
        con.execute("SELECT bit_xor(hash(COLUMNS(*))) FROM read_parquet($path)", {"path": path})
        con.fetchall()


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


def three_lists_polars(extracts: Path, as_of: date) -> None:
    """The same lists in polars."""
    from tests.benchmarks import three_lists_polars

    three_lists_polars.three_lists(extracts, as_of)


def three_lists_pandas(extracts: Path, as_of: date) -> None:
    """The same lists in pandas."""
    from tests.benchmarks import three_lists_pandas

    three_lists_pandas.three_lists(extracts, as_of)


SCANS = {"scan_parquet": scan_parquet, "scan_duckdb": scan_duckdb, "scan_csv": scan_csv}
LISTS = {
    "three_lists": three_lists,
    "three_lists_polars": three_lists_polars,
    "three_lists_pandas": three_lists_pandas,
}
"""By name: what reads everything and drops it, and what makes the lists."""


def main() -> None:
    """Run the workload that is named, on what is named behind it; one that reads a format says how many records."""
    name, *words = sys.argv[1:]
    if name in ("bare_parse", "take_in"):
        from tests.benchmarks import takein

        last = [words[0], Path(words[1])] if name == "bare_parse" else list(map(Path, words))
        sys.stdout.write(json.dumps({"records": getattr(takein, name)(*last)}) + "\n")
    elif name in LISTS:
        LISTS[name](Path(words[0]), date.fromisoformat(words[1]))
    else:
        SCANS[name](Path(words[0]))


if __name__ == "__main__":
    main()
