"""From the four resources about a drug, and products, to the columns of prescriptions."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from pipelines.sources.fhir_dosage import Amounts, Instruction, days_of, plain
from pipelines.sources.fhir_elements import ABSENT, CodeableConcept
from pipelines.sources.fhir_meanings import contained, end_of, number_of, spoken, start_of
from pipelines.sources.fhir_resources import (
    AboutDrug,
    Medication,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
)
from pipelines.sources.fhir_sayings import Columns, Sayings

_OF_REQUEST = {"proposal": "proposed", "option": "proposed"}
"""Intents of requests that nobody has ordered."""

_DRUG_STATUS = {"preparation": "draft", "intended": "proposed"}


Exposure = tuple[str | None, str | None, str | None, str | None, str | None, str | None, str | None]
"""What each kind of resource about a drug says in its own way: status, start, end, quantity, days, route, dose."""

_NOTHING_SAID, _NOTHING_SUPPLIED = Instruction(), Amounts()


def _request(of: MedicationRequest, say: Sayings) -> Exposure:
    route, dose, begins, ends, bounded = say.dosages[bytes(of.dosage_instruction)] or _NOTHING_SAID
    quantity, days, valid_from, valid_until = say.amounts[bytes(of.dispense_request)] or _NOTHING_SUPPLIED
    if bounded and not days:
        days, valid_until = bounded, None
    status = of.status
    if status != "entered-in-error":
        status = "not-done" if of.do_not_perform else _OF_REQUEST.get(of.intent, status)
    start, end = of.authored_on or valid_from or begins, ends or valid_until
    if status == "stopped" and end is None:
        end = _stopped(start, days, of.last_updated)
    return status, start, end, quantity, days, route, dose


def _stopped(start: str | None, days: str | None, updated: str | None) -> str | None:
    """The last day of a prescription that was stopped: when the server learned of it; null after its supply."""
    try:
        begins, stopped = date.fromisoformat((start or "")[:10]), date.fromisoformat((updated or "")[:10])
        supplied_until = begins + timedelta(days=float(days or 0) - 1)
    except (ValueError, OverflowError):
        return None
    return str(max(begins, stopped)) if stopped < supplied_until else None


def _dispense(of: MedicationDispense, say: Sayings) -> Exposure:
    route, dose, *_ = say.dosages[bytes(of.dosage_instruction)] or _NOTHING_SAID
    quantity, days = number_of(of.quantity), plain(days_of(of.days_supply))
    return of.status, of.when_handed_over or of.when_prepared, None, quantity, days, route, dose


def _administration(of: MedicationAdministration, say: Sayings) -> Exposure:
    route, *_ = say.dosage[bytes(of.dosage)] or _NOTHING_SAID
    start = of.effective_date_time or start_of(of.effective_period)
    return of.status, start, end_of(of.effective_period) or start, None, None, route, None


def _statement(of: MedicationStatement, say: Sayings) -> Exposure:
    route, dose, _, ends, days = say.dosages[bytes(of.dosage)] or _NOTHING_SAID
    start = start_of(of.effective_period) or of.effective_date_time or of.date_asserted
    return of.status, start, end_of(of.effective_period) or ends, None, days, route, dose


EXPOSURES: Mapping[str, tuple[str, Callable[[Any, Sayings], Exposure]]] = {
    "MedicationRequest": ("prescribed", _request),
    "MedicationDispense": ("dispensed", _dispense),
    "MedicationAdministration": ("administered", _administration),
    "MedicationStatement": ("prescribed", _statement),
}


def exposure_columns(found: Sequence[AboutDrug], say: Sayings) -> Columns:
    """The columns of prescriptions, of resources of one type."""
    resource = type(found[0]).__name__
    kind, read = EXPOSURES[resource]
    statuses, starts, ends, quantities, days, routes, doses = zip(*[read(one, say) for one in found], strict=True)
    told, products, forms = zip(*[_product(one, say) for one in found], strict=True)
    return {
        "patient_id": say.people(found),
        # Ids are unique among resources of one type only.
        "prescription_id": [one.id and f"{resource}/{one.id}" for one in found],
        "told": told,
        "medication": products,
        "route": routes,
        "form": forms,
        "daily_dose": doses,
        "quantity": quantities,
        "days_supply": days,
        "start_date": starts,
        "end_date": ends,
        "status": [_DRUG_STATUS.get(status, status) for status in statuses],
        "kind": [kind] * len(found),
        "recorded_at": [one.last_updated for one in found],
    }


def _product(of: AboutDrug, say: Sayings) -> tuple[int | None, str | None, str | None]:
    """The product of a resource: its concept, the id of one that stands elsewhere, the form of a contained one."""
    told = say.told[bytes(of.medication_codeable_concept)]
    if of.medication_reference is ABSENT:
        return told, None, None
    product, display = say.product[bytes(of.medication_reference)] or (None, None)
    if product and product[0] == "#" and (inside := contained(of.contained, product)):
        form = msgspec.json.decode(inside.form, type=CodeableConcept) if inside.form is not ABSENT else None
        return say.told[bytes(inside.code)], None, spoken(form)
    if display:
        told = say.told[msgspec.json.encode({"text": display})]
    return told, product, None


def product_columns(found: Sequence[Medication], say: Sayings) -> Columns:
    """The columns that prescriptions look up."""
    return {
        "medication": [one.id for one in found],
        "told": [say.told[bytes(one.code)] for one in found],
        "form": [spoken(one.form) for one in found],
        "recorded_at": [one.last_updated for one in found],
    }
