"""What to do about files that cannot be read as they are: why, and where it helps, a query that mends them."""

from pipelines.config import EXTRACT_COLUMNS
from pipelines.duck import identifier, literal
from pipelines.onboarding.grouping import Group
from pipelines.onboarding.tables import Reading, Recognized

Advice = tuple[str, str]
"""Why, and what to do."""


def without_table(group: Group) -> Advice:
    """A file that is none of the extract tables."""
    count = len(group.files[0].layout.columns)
    return (
        f"has {count} columns, and by what these are called and hold it is none of {', '.join(EXTRACT_COLUMNS)}.",
        "If it is one of them, map its columns by hand; see the README.",
    )


def wide(group: Group, recognized: Recognized) -> Advice:
    """A file with a column for each test, and how to make a row of each result."""
    tests = ", ".join(identifier(header) for header in recognized.tests)
    person, day = (recognized.reading.delivered(native) or "..." for native in ("patient_id", "collected_at"))
    query = (
        "COPY (\n"
        f"    SELECT {identifier(person)} || '-' || {identifier(day)} || '-' || test_code AS result_id, *\n"
        f"    FROM (UNPIVOT (FROM {_file(group)})\n"
        f"          ON {tests} INTO NAME test_code VALUE value)\n"
        ") TO 'labs_by_row.csv';"
    )
    return (
        f"is wide: {len(recognized.tests)} columns are tests ({', '.join(recognized.tests[:6])}), and labs are a row a "
        "result.",
        f"Turn it in DuckDB, deliver what comes out, and run b12 init again:\n{query}",
    )


def without_row_id(group: Group, reading: Reading) -> Advice:
    """A table whose rows have no id: a corrected result could not be told from a second one."""
    native = {
        "labs": ("patient_id", "collected_at", "test_code"),
        "prescriptions": ("patient_id", "start_date", "drug_code"),
    }
    row_id = {"labs": "result_id", "prescriptions": "prescription_id"}[reading.table]
    parts = [reading.delivered(column) for column in native[reading.table]]
    if parts[-1] is None:
        parts[-1] = reading.delivered("test_name" if reading.table == "labs" else "drug_name")
    key = " || '-' || ".join(identifier(part) for part in parts if part)
    query = f"COPY (SELECT {key} AS {row_id}, * FROM {_file(group)}) TO '{reading.table}_with_id.csv';"
    return (
        f"is {reading.table}, and no column tells its rows apart ({row_id}): a correction could not be told from a "
        "second one.",
        "Ask for the id of the row in its system. Where there is none, make one in DuckDB and deliver what comes out:\n"
        + query,
    )


def _file(group: Group) -> str:
    """The file as a table in DuckDB, every column as text."""
    looked = group.files[0]
    if looked.sample.form == "parquet":
        return f"read_parquet({literal(looked.name)})"
    options = ["all_varchar = true", f"delim = {literal(group.delimiter)}"]
    if group.encoding in ("cp1252", "utf-16"):
        options.append(f"encoding = {literal('CP1252' if group.encoding == 'cp1252' else 'utf-16')}")
    return f"read_csv({literal(looked.name)}, {', '.join(options)})"
