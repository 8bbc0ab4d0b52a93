"""Core tables drawn in text: one row one case, the columns that matter, the others filled in."""

from collections.abc import Mapping
from datetime import date, datetime

import polars as pl

from pipelines.contract import CORE_TABLES, core_schema
from pipelines.profile import load_profile
from pipelines.worklists import Judgement
from pipelines.worklists._tables import numbered_people
from pipelines.worklists._worklist import scoped

EVERYTHING = frozenset({"patients", "labs", "prescriptions", "diagnoses", "procedures"})
DATE_OF = {
    "measurement": "measurement_date",
    "drug_exposure": "drug_exposure_start_date",
    "condition_occurrence": "condition_start_date",
    "procedure_occurrence": "procedure_date",
}
UNITS = {
    "serum_b12": "pmol/L",
    "active_b12": "pmol/L",
    "mma_serum": "nmol/L",
    "mma_urine": "mmol/mol",
    "homocysteine": "umol/L",
    "hemoglobin": "g/L",
    "mcv": "fL",
    "creatinine": "umol/L",
    "egfr": "mL/min/{1.73_m2}",
}
ROUTES = {"b12_injectable": "injection", "b12_nasal": "nasal", "b12_unknown_route": "unknown"}


def noted(text: str) -> list[tuple[dict[str, str | None], str]]:
    """Rows of a table drawn in text, each with what follows ``#``: why it is there. An empty cell is null."""
    lines = [[part.strip() for part in line.partition("#")[::2]] for line in text.strip().splitlines()]
    header, *rows = [([cell.strip() or None for cell in cells.split("|")], note) for cells, note in lines if cells]
    names = header[0]
    for row, _ in rows:
        assert len(row) == len(names), f"A row has {len(row)} cells where the header has {len(names)}: {row}"
    return [(dict(zip(names, row, strict=True)), note) for row, note in rows]


def parse(text: str) -> list[dict[str, str | None]]:
    """Rows of a table drawn in text, without what is said about them."""
    return [cells for cells, _ in noted(text)]


def typed(cell: str | None, dtype: pl.DataType) -> object:
    """A cell as the type of its column."""
    if cell is None:
        return None
    readers = {
        pl.Date: date.fromisoformat,
        pl.Datetime: datetime.fromisoformat,
        pl.Boolean: {"true": True, "false": False}.__getitem__,
        pl.Float64: float,
        pl.List: str.split,
    }
    return int(cell) if dtype.is_integer() else readers.get(dtype.base_type(), str)(cell)


def defaults(table: str, row: Mapping[str, object], number: int) -> dict[str, object]:
    """What a row holds where the test does not say: a plain, final, counting record."""
    if table == "person":
        return {"birth_date": date(1960, 5, 1), "sex": "F", "in_patients": True}
    at = datetime.combine(row[DATE_OF[table]], datetime.min.time())
    origin = {
        "known_from": at,
        "source_file": f"{table}.csv",
        "source_row": number,
        f"{table}_id": f"{table[0]}{number:03}",
    }
    if table == "measurement":
        value, concept = row.get("value"), row["concept"]
        return origin | {
            "measured_at": at,
            "comparator": "=",
            "unit": UNITS.get(concept),
            "unit_reported": UNITS.get(concept),
            "value_reported": None if value is None else f"{value:g}",
            "value_in_family": value,
            "unit_family": "substance" if concept.endswith("b12") else None,
            "status": "final",
            "is_implausible": False,
        }
    if table == "drug_exposure":
        route = ROUTES.get(row["concept"], "oral")
        return origin | {"route": route, "kind": "prescribed", "status": "active", "source_closes_rows": False}
    return origin | {"status": "active", "is_counted": True}


def draw(table: str, text: str = "") -> pl.DataFrame:
    """A core table from text: the columns that matter, the others filled in."""
    schema = core_schema(table)
    rows = []
    for number, cells in enumerate(parse(text) if text else [], start=1):
        unknown = set(cells) - set(schema)
        assert not unknown, f"{table} has no column {sorted(unknown)}; it has {list(schema)}"
        row = {column: typed(cell, schema[column]) for column, cell in cells.items()}
        rows.append(defaults(table, row, number) | row)
    return pl.DataFrame(rows, schema=schema) if rows else pl.DataFrame(schema=schema)


def tables_of(given: Mapping[str, str]) -> dict[str, pl.DataFrame]:
    """The five core tables; whoever is not drawn as a person is an adult woman."""
    tables = {table: draw(table, given.get(table, "")) for table in CORE_TABLES}
    named = pl.concat([rows.select("person_id") for rows in tables.values()]).unique()
    missing = named.join(tables["person"], on="person_id", how="anti")["person_id"].sort()
    if missing.len():
        others = draw("person", "person_id\n" + "\n".join(missing))
        tables["person"] = pl.concat([tables["person"], others])
    return tables


def exposures(text: str | None) -> pl.DataFrame:
    """The earliest drug exposure by site: long ago, where the test does not say."""
    schema = {"site": pl.String, "first_start": pl.Date}
    rows = parse(text) if text else [{"site": None, "first_start": "2000-01-01"}]
    typed_rows = [{name: typed(row[name], schema[name]) for name in schema} for row in rows]
    return pl.DataFrame(typed_rows, schema=schema)


def evidence_of(judgement: Judgement, person: str) -> set[tuple[str, str]]:
    """The roles and event ids that the gap of a person rests on."""
    rows = judgement.evidence.filter(pl.col("person_id") == person)
    return set(rows.select("role", "event_id").iter_rows())


def term_on(
    name: str, *, as_of: str, given: Mapping[str, str], profile: str = "uk_nice_ng239", overrides: Mapping | None = None
) -> pl.DataFrame:
    """A shared term built on tables drawn in text, with the persons' identifiers in place of their numbers."""
    tables = {table: rows.lazy() for table, rows in tables_of(given).items()}
    settings = {
        "as_of": date.fromisoformat(as_of),
        "profile": load_profile(profile, overrides or {}),
        "delivered": EVERYTHING,
        "first_exposure": exposures(None),
    }
    everyone = numbered_people(tables["person"])
    built = scoped(tables, everyone, settings)(name).collect()
    return built.join(everyone.select("person_id", "person"), on="person_id").with_columns(person_id="person")


def shown(rows: pl.DataFrame, *columns: str) -> list[tuple]:
    """The rows, in the order of these columns, as text where they are dates."""
    picked = rows.select(pl.col(column) for column in columns)
    dates = [column for column, dtype in picked.schema.items() if dtype == pl.Date]
    return sorted(picked.with_columns(pl.col(dates).dt.to_string()).iter_rows(), key=repr)
