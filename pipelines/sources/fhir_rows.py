"""From resources to the columns of extract tables, many at a time.

``told`` stands for code system, code and name: the number of a concept, whose codings are chosen from later.
``medication`` is the id of a product that stands elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipelines.sources.fhir_drugs import EXPOSURES, exposure_columns, product_columns
from pipelines.sources.fhir_meanings import end_of, named, start_of
from pipelines.sources.fhir_resources import TABLE_OF, Condition, HumanName, Patient, Procedure
from pipelines.sources.fhir_results import COMPONENTS_WITHDRAWN, component_id, result_columns
from pipelines.sources.fhir_sayings import Columns, Sayings

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "labs": (
        "patient_id", "result_id", "told", "value", "unit", "ref_low", "ref_high", "abnormal_flag", "collected_at",
        "reported_at", "status",
    ),
    "prescriptions": (
        "patient_id", "prescription_id", "told", "medication", "route", "form", "daily_dose", "quantity",
        "days_supply", "start_date", "end_date", "status", "kind", "recorded_at",
    ),
    "diagnoses": (
        "patient_id", "diagnosis_id", "told", "recorded_date", "resolved_date", "status", "recorded_at",
    ),
    "procedures": ("patient_id", "procedure_id", "told", "performed_date", "status", "recorded_at"),
    "patients": (
        "patient_id", "birth_date", "sex", "death_date", "site", "clinician", "registered_until", "display_name",
        "recorded_at", "is_undated",
    ),
    "medications": ("medication", "told", "form", "recorded_at"),
}  # fmt: skip
"""The columns that are written, by extract table; ``medications`` are looked up by prescriptions."""

SINCE_EVER = "1900-01-01"
"""The day of a death or departure of which nothing tells when: before every day that a list is made for."""

_PROCEDURE_STATUS = {"preparation": "not-done", "stopped": "not-done", "on-hold": "in-progress"}
"""Statuses that the ingest path calls otherwise. A procedure that was stopped was not done to its end."""

_ESTABLISHED = (None, "confirmed", "unknown")
"""Verifications of a condition that weigh less than its clinical status; one that nobody knows is to be told."""


def _conditions(found: Sequence[Condition], say: Sayings) -> Columns:
    statuses = []
    for one in found:
        verified = say.code[bytes(one.verification_status)]
        clinical = say.code[bytes(one.clinical_status)]
        statuses.append(clinical or verified if verified in _ESTABLISHED else verified)
    return {
        "patient_id": say.people(found),
        "diagnosis_id": [one.id for one in found],
        "told": [say.told[bytes(one.code)] for one in found],
        "recorded_date": [_began(one) for one in found],
        "resolved_date": [
            _first_day(one.abatement_date_time or end_of(one.abatement_period) or start_of(one.abatement_period))
            for one in found
        ],
        "status": statuses,
        "recorded_at": [one.last_updated or _first_day(one.recorded_date) for one in found],
    }


def _began(condition: Condition) -> str | None:
    """When it began, else when it was recorded; the first day of a year or month, where nothing tells more."""
    began = condition.onset_date_time or start_of(condition.onset_period)
    if began and len(began) < len("2026-11-20") and condition.recorded_date:
        began = condition.recorded_date
    return _first_day(began or condition.recorded_date)


def _first_day(said: str | None) -> str | None:
    """A date as it is, of a year or month the first day: never in the future, if what it says is not."""
    return said and said + _FIRST_DAY.get(len(said), "")


_FIRST_DAY = {len("2026"): "-01-01", len("2026-11"): "-01"}
_MIDDLE_DAY = {len("2026"): "-07-01", len("2026-11"): "-15"}


def _procedures(found: Sequence[Procedure], say: Sayings) -> Columns:
    return {
        "patient_id": say.people(found),
        "procedure_id": [one.id for one in found],
        "told": [say.told[bytes(one.code)] for one in found],
        "performed_date": [
            _first_day(one.performed_date_time or start_of(one.performed_period) or end_of(one.performed_period))
            for one in found
        ],
        "status": [_PROCEDURE_STATUS.get(one.status, one.status) for one in found],
        "recorded_at": [one.last_updated for one in found],
    }


def _patients(found: Sequence[Patient], say: Sayings) -> Columns:
    return {
        "patient_id": [one.id for one in found],
        "birth_date": [_born(one.birth_date) for one in found],
        "sex": [one.gender for one in found],
        "death_date": [_died(one) for one in found],
        "site": [say.place[bytes(one.managing_organization)] for one in found],
        "clinician": [named(one.general_practitioner[0]) if one.general_practitioner else None for one in found],
        "registered_until": [_left(one) if say.ends_registration else None for one in found],
        "display_name": [_name(one.name or []) for one in found],
        "recorded_at": [one.last_updated for one in found],
    }


def _born(said: str | None) -> str | None:
    """A birth date whose day is withheld stands in the middle: of the month, of the year."""
    return said and said + _MIDDLE_DAY.get(len(said), "")


def _died(person: Patient) -> str | None:
    if person.deceased_date_time:
        return _first_day(person.deceased_date_time)
    if person.deceased_boolean:
        return person.last_updated[:10] if person.last_updated else SINCE_EVER
    return None


def _left(person: Patient) -> str | None:
    return person.last_updated[:10] if person.active is False and person.last_updated else None


def _name(names: Sequence[HumanName]) -> str | None:
    usual = next((name for name in names if name.use in ("official", "usual")), names[0] if names else None)
    return usual and (usual.text or " ".join(filter(None, [*(usual.given or ()), usual.family])) or None)


READ: Mapping[str, Callable[[Any, Sayings], Columns]] = {
    "Observation": result_columns,
    **dict.fromkeys(EXPOSURES, exposure_columns),
    "Condition": _conditions,
    "Procedure": _procedures,
    "Patient": _patients,
    "Medication": product_columns,
}
"""The columns that resources of each type become; ``msgspec.ValidationError`` where one does not fit its type."""

_ID: Mapping[str, str] = {
    "labs": "result_id", "prescriptions": "prescription_id", "diagnoses": "diagnosis_id", "procedures": "procedure_id",
}  # fmt: skip


DELETABLE = tuple(kind for kind in TABLE_OF if kind != "Medication")
"""Resources whose deletion says something."""


def deleted_rows(kind: str, resource_id: str, on: str | None) -> Columns:
    """The rows that withdraw a resource which was deleted ``on`` a day, if that is known.

    Nothing tells how many components an observation had. A person cannot be withdrawn, and is one who has left; where
    the day is not known that is told by ``is_undated``, for a person without a time ranks below all others.
    """
    table = TABLE_OF[kind]
    if table == "patients":
        left = on[:10] if on else SINCE_EVER
        return {
            "patient_id": [resource_id],
            "registered_until": [left],
            "recorded_at": [on],
            "is_undated": [None if on else "true"],
        }
    ids = [f"{kind}/{resource_id}" if table == "prescriptions" else resource_id]
    if table == "labs":
        ids += [component_id(resource_id, count) for count in range(1, COMPONENTS_WITHDRAWN + 1)]
    said = "reported_at" if table == "labs" else "recorded_at"
    return {_ID[table]: ids, "status": ["entered-in-error"] * len(ids), said: [on] * len(ids)}
