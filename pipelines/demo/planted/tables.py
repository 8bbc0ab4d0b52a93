"""The planted cases as rows of the five extract tables, with dates."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import polars as pl

from pipelines.demo.coding import LAB_TESTS
from pipelines.demo.layout import LABORATORIES, SCHEMAS
from pipelines.demo.people import CLINICIANS, SITES
from pipelines.demo.planted import CASES
from pipelines.demo.planted.case import Case, Person
from pipelines.demo.planted.rows import Ago, Field, Row, ppi

OLDEST_DRUG_ROW = 4000
"""Each site of the population issued some drug this many days ago, so a start without earlier rows can be trusted."""

ID_COLUMNS = {
    "labs": "result_id",
    "prescriptions": "prescription_id",
    "diagnoses": "diagnosis_id",
    "procedures": "procedure_id",
}


def planted_tables(as_of: date) -> dict[str, pl.DataFrame]:
    """The extract rows of all planted persons, by table, in the schemas of the demonstration."""
    records: dict[str, list[dict[str, object]]] = defaultdict(list)
    for place, case in enumerate((*CASES, *_old_hands())):
        site = SITES[place % len(SITES)] if case.person.site is None else case.person.site
        laboratory = case.person.lab or LABORATORIES[place % len(LABORATORIES)]
        if case.person.in_patients:
            records["patients"].append(_patient(case, place, site, as_of))
        for number, row in enumerate(case.rows, start=1):
            records[row.table].append(_record(row, case.patient_id, number, laboratory, as_of))
    return {table: pl.DataFrame(records[table], schema=schema) for table, schema in SCHEMAS.items()}


def _old_hands() -> Iterator[Case]:
    """A person per site of the population whose omeprazole, long ago, is the oldest drug row of the site."""
    for number, site in enumerate(SITES, start=1):
        rows = (ppi(OLDEST_DRUG_ROW, OLDEST_DRUG_ROW - 27),)
        yield Case(
            f"P-OLD-{number:03d}", Person(site=site, registered_from=5000), rows, {}, "the oldest drug row of the site"
        )


def _patient(case: Case, place: int, site: str, as_of: date) -> dict[str, object]:
    person = case.person
    return {
        "patient_id": case.patient_id,
        "birth_date": None if person.age is None else _years_before(as_of, person.age) + timedelta(person.younger_by),
        "sex": person.sex,
        "death_date": _day(person.died, as_of),
        "site": site,
        "clinician": CLINICIANS[place % len(CLINICIANS)],
        "registered_from": _day(person.registered_from, as_of),
        "registered_until": _day(person.registered_until, as_of),
        "display_name": f"Demo Planted {case.patient_id.removeprefix('P-')}",
    }


def _record(row: Row, patient_id: str, number: int, laboratory: str, as_of: date) -> dict[str, object]:
    schema = SCHEMAS[row.table]
    fields = {name: _resolved(value, schema[name], as_of) for name, value in row.fields.items()}
    id_column = ID_COLUMNS[row.table]
    fields[id_column] = f"{patient_id}-{fields.get(id_column) or number}"
    if fields.get("replaces"):
        fields["replaces"] = f"{patient_id}-{fields['replaces']}"
    if row.table == "labs":
        fields["laboratory"] = laboratory
        fields["local_code"] = LAB_TESTS[row.concept].local
    return {"patient_id": patient_id, **fields}


def _resolved(value: Field, kind: object, as_of: date) -> object:
    if not isinstance(value, Ago):
        return value
    day = as_of - timedelta(value.days)
    return day if kind == pl.Date else datetime.combine(day, time(value.hour or 0))


def _day(days: int | None, as_of: date) -> date | None:
    return None if days is None else as_of - timedelta(days)


def _years_before(day: date, years: int) -> date:
    """The same day so many calendar years earlier; 29 February falls on 28 February in other years."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
