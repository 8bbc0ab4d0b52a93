"""The rows that make a planted case, written as days before the as-of date.

``days=14`` is the date fourteen days before the as-of date D; ``days=0`` is D itself. Each builder returns one
extract row (or several) whose fields stand as a source would deliver them; dates are still relative, and become
dates in :mod:`pipelines.demo.planted.tables`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from pipelines.demo.coding import DIAGNOSES, LAB_TESTS, PROCEDURES


@dataclass(frozen=True)
class Ago:
    """A moment ``days`` before the as-of date, at ``hour`` o'clock; without an hour, the bare date."""

    days: int
    hour: int | None = None


Field = str | Ago | None

IN_HAND = -60
"""The last day of a product that is running: with supply in hand, so that it runs on the nights that follow too."""


@dataclass(frozen=True)
class Row:
    """One row of an extract table; fields that are missing are delivered empty."""

    table: str
    fields: Mapping[str, Field]
    concept: str | None = None


Rows = Row | tuple[Row, ...]


def flat(rows: tuple[Rows, ...]) -> tuple[Row, ...]:
    """The rows of a case in the order written, with the groups that builders return opened."""
    return tuple(chain.from_iterable((row,) if isinstance(row, Row) else row for row in rows))


def lab(
    concept: str,
    value: float | str,
    unit: str | None = None,
    *,
    days: int,
    row_id: str | None = None,
    status: str | None = "final",
    reported: int | None = None,
    high: float | None = None,
    flag: str | None = None,
    replaces: str | None = None,
    hour: int | None = 9,
) -> Row:
    """A result collected ``days`` ago and reported the next day, or ``reported`` days ago.

    Without a unit, the concept's usual one; ``unit=""`` delivers none. ``row_id`` ties versions of one result together,
    within the case.
    """
    test = LAB_TESTS[concept]
    unit = test.unit if unit is None else unit
    reported = max(days - 1, 0) if reported is None else reported
    return Row(
        "labs",
        {
            "result_id": row_id,
            "test_code": test.code_for(unit),
            "code_system": "LOINC",
            "test_name": test.name,
            "value": str(value),
            "unit": unit or None,
            "ref_high": None if high is None else str(high),
            "abnormal_flag": flag,
            "collected_at": Ago(days, hour),
            "reported_at": Ago(reported, 17),
            "status": status,
            "replaces": replaces,
        },
        concept,
    )


def b12(value: float | str, unit: str = "pmol/L", **options: object) -> Row:
    """A total serum B12 result."""
    return lab("serum_b12", value, unit, **options)


def drug(
    name: str,
    start: int,
    until: int | None = None,
    *,
    code: str | None = None,
    system: str = "DMD_PRODUCT",
    daily_dose: float | None = None,
    **fields: Field,
) -> Row:
    """A prescribed product that covers the days from ``start`` to ``until`` days ago, both included.

    ``until`` may be negative, as ``IN_HAND`` is. ``until=None`` delivers neither quantity nor duration.
    """
    known: dict[str, Field] = {
        "drug_code": code,
        "code_system": system if code else None,
        "drug_name": name,
        "start_date": Ago(start),
        "days_supply": None if until is None else str(start - until + 1),
        "daily_dose": None if daily_dose is None else f"{daily_dose:g}",
        "status": "active",
        "kind": "prescribed",
    }
    return Row("prescriptions", known | fields)


_AMPOULES = {
    "hydroxocobalamin": ("2858311000001109", "Hydroxocobalamin 1mg/1ml solution for injection ampoules"),
    "cyanocobalamin": ("37084011000001108", "Cyanocobalamin 1mg/1ml solution for injection ampoules"),
    "unknown": (None, "Vitamin B12 injection"),
}


def injection(
    days: int,
    *,
    substance: str = "hydroxocobalamin",
    kind: str = "administered",
    quantity: float | None = None,
    status: str | None = None,
) -> Row:
    """One B12 injection given, or ampoules prescribed or dispensed, ``days`` ago."""
    code, name = _AMPOULES[substance]
    return drug(
        name,
        days,
        code=code,
        route="intramuscular",
        form="solution for injection",
        quantity=None if quantity is None else f"{quantity:g}",
        kind=kind,
        status=status or ("active" if kind == "prescribed" else "completed"),
    )


def injections(*days: int, substance: str = "hydroxocobalamin") -> tuple[Row, ...]:
    """B12 injections given on several days."""
    return tuple(injection(day, substance=substance) for day in days)


def dispensed(days: int, quantity: float | None = None) -> Row:
    """Hydroxocobalamin ampoules handed out; without a quantity, the pharmacy did not say how many."""
    return injection(days, kind="dispensed", quantity=quantity)


def prescribed(days: int, quantity: float | None = None) -> Row:
    """Hydroxocobalamin ampoules prescribed."""
    return injection(days, kind="prescribed", quantity=quantity)


def oral_b12(start: int, until: int | None = IN_HAND, *, dose: float | None = 1000, **fields: Field) -> Row:
    """Oral cyanocobalamin, ``dose`` mcg a day; ``dose=None`` is not known."""
    return drug(
        "Cyanocobalamin tablets",
        start,
        until,
        code="30010009",
        system="DMD_VTM",
        daily_dose=dose,
        **({"route": "oral", "form": "tablet"} | fields),
    )


def nasal_b12(start: int, until: int = IN_HAND) -> Row:
    """Nasal cyanocobalamin."""
    return drug("Nascobal 500 mcg nasal spray", start, until, code="49884027082", system="NDC11", route="nasal")


def unrouted_b12(start: int, until: int = IN_HAND) -> Row:
    """B12 of which nobody wrote down the route."""
    return drug("Cyanocobalamin", start, until, code="30010009", system="DMD_VTM")


def metformin(start: int, until: int = IN_HAND, *, dose: float | None = 1000, **fields: Field) -> Row:
    """Metformin, ``dose`` mg a day; ``dose=None`` is not known."""
    return drug("Metformin tablets", start, until, code="109081006", system="DMD_VTM", daily_dose=dose, **fields)


def ppi(start: int, until: int = IN_HAND, **fields: Field) -> Row:
    """Omeprazole capsules."""
    return drug("Omeprazole 20mg gastro-resistant capsules", start, until, code="1068411000001105", **fields)


def h2ra(start: int, until: int = IN_HAND) -> Row:
    """Famotidine tablets."""
    return drug("Famotidine 20mg tablets", start, until, code="317275005")


def diagnosis(
    concept: str, days: int, *, status: str | None = "active", row_id: str | None = None, **fields: Field
) -> Row:
    """A diagnosis first recorded ``days`` ago."""
    coded = DIAGNOSES[concept]
    known: dict[str, Field] = {
        "diagnosis_id": row_id,
        "diagnosis_code": coded.code,
        "code_system": coded.system,
        "description": coded.name,
        "recorded_date": Ago(days),
        "status": status,
    }
    return Row("diagnoses", known | fields)


def procedure(concept: str, days: int, *, status: str | None = "completed") -> Row:
    """A procedure performed ``days`` ago."""
    coded = PROCEDURES[concept]
    return Row(
        "procedures",
        {
            "procedure_code": coded.code,
            "code_system": coded.system,
            "description": coded.name,
            "performed_date": Ago(days),
            "status": status,
        },
    )
