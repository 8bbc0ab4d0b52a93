"""Whether two ways to the lists say the same."""

from pathlib import Path

LISTS = ("low_b12_untreated", "borderline_without_mma", "metformin_unmonitored")
"""The lists that the SQL script makes too."""

EVENTS = (
    "person",
    "measurement",
    "drug_exposure",
    "condition_occurrence",
    "procedure_occurrence",
    "evidence",
    "care_gap",
)


def with_script(home: Path, lists: Path) -> dict[str, str]:
    """By list: whether the open gaps published under ``home`` are the rows that the SQL script wrote to ``lists``."""
    import duckdb

    said = {}
    with duckdb.connect(str(home / "published" / "b12.duckdb"), read_only=True) as con:
        for worklist in LISTS:
            path = str(lists / f"{worklist}.csv")
            columns = "person_id, index_date, due_date, priority"
            ours = f"SELECT {columns} FROM care_gap WHERE worklist = '{worklist}' AND closed_by IS NULL"
            script = f"SELECT patient_id AS {columns} FROM read_csv('{path}', types = {{'patient_id': 'VARCHAR', 'priority': 'TINYINT'}})"
            [(count,)] = con.execute(f"SELECT count(*) FROM ({ours})").fetchall()
            [(people,)] = con.execute(
                _differing(f"SELECT person_id FROM ({ours})", f"SELECT person_id FROM ({script})")
            ).fetchall()
            [(rows,)] = con.execute(_differing(ours, script)).fetchall()
            agree = "agree" if not rows else f"differ: {people} people, {rows} rows"
            said[worklist] = f"{count} open, {agree}"
    return said


def of_scripts(lists: Path, prefix: str) -> dict[str, str]:
    """By list: whether the rows written as ``<prefix><list>.csv`` are those that the SQL script wrote beside them."""
    import duckdb

    said = {}
    with duckdb.connect() as con:
        for worklist in LISTS:
            one, other = (
                f"FROM read_csv('{lists / f'{name}{worklist}.csv'}', types = {{'patient_id': 'VARCHAR'}})"
                for name in ("", prefix)
            )
            [(count,)] = con.execute(f"SELECT count(*) {other}").fetchall()
            [(rows,)] = con.execute(_differing(one, other)).fetchall()
            said[worklist] = f"{count} open, " + ("agree" if not rows else f"{rows} rows differ")
    return said


def of_rebuild(home: Path, rebuilt: Path) -> dict[str, str]:
    """By table: whether it has the same rows under both homes; of gaps and evidence all columns are compared."""
    import duckdb

    said = {}
    with duckdb.connect() as con:
        for name, folder in (("ours", home), ("rebuild", rebuilt)):
            con.execute(f"ATTACH '{folder / 'published' / 'b12.duckdb'}' AS {name} (READ_ONLY)")
        for table in EVENTS:
            [(count,)] = con.execute(f"SELECT count(*) FROM ours.{table}").fetchall()
            [(rows,)] = con.execute(_differing(f"FROM ours.{table}", f"FROM rebuild.{table}")).fetchall()
            said[table] = f"{count} rows, " + ("identical" if not rows else f"{rows} differ")
    return said


def _differing(one: str, other: str) -> str:
    return f"SELECT count(*) FROM (({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one}))"
