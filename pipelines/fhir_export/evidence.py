"""The rows that an item rests on, each as a contained resource of its own kind."""

from typing import Any

from pipelines.fhir_export.coding import Element, concept_of_row, day, person, quantity, without_nothing

B12_BY_MASS = "ng/L"  # the unit of measurement.value_in_family for total B12 that was reported by mass

OBSERVATION_STATUS = {"final": "final", "corrected": "corrected", "amended": "amended", "appended": "amended"}
"""An appended result is an amended one in FHIR, whose definition is "more was added"."""

STATEMENT_STATUS = {
    "active": "active", "issued": "active", "in-progress": "active", "on-hold": "on-hold", "stopped": "stopped",
    "discontinued": "stopped", "completed": "completed", "expired": "completed", "dispensed": "completed",
    "administered": "completed",
}  # fmt: skip
CLINICAL_STATUS = ("active", "recurrence", "relapse", "inactive", "remission", "resolved")
ENDED = ("inactive", "remission", "resolved")
PROCEDURE_STATUS = ("completed", "in-progress")


def contained(table: str, row: dict[str, Any], name: str) -> Element:
    """A core row as the contained resource of that name."""
    made = {
        "measurement": observation,
        "drug_exposure": medication_statement,
        "condition_occurrence": condition,
        "procedure_occurrence": procedure,
    }[table](row)
    return without_nothing({"resourceType": made.pop("resourceType"), "id": name, **made})


def observation(row: dict[str, Any]) -> Element:
    """A laboratory result in its canonical unit, with the value as reported in a note.

    The code of the source speaks of mass or of amount of substance. It is left out where the value given here is of
    the other kind; total B12 is given in the kind of its report.
    """
    value, unit, low, high = row["value"], row["unit"], row["range_low"], row["range_high"]
    if row["concept"] == "serum_b12" and row["unit_family"] == "mass":
        value, unit, low, high = row["value_in_family"], B12_BY_MASS, None, None
    is_of_its_kind = row["unit_family"] is None or unit is None or (row["unit_family"] == "mass") != ("mol" in unit)
    reported = " ".join(part for part in (row["value_reported"], row["unit_reported"]) if part)
    limits = without_nothing(
        {
            "low": quantity(low, unit) if low is not None and unit else None,
            "high": quantity(high, unit) if high is not None and unit else None,
        }
    )
    return {
        "resourceType": "Observation",
        "status": OBSERVATION_STATUS.get(row["status"], "unknown"),
        "code": concept_of_row(row, "labs", as_delivered=is_of_its_kind),
        "subject": person(row["person_id"]),
        "effectiveDateTime": day(row["measurement_date"]),
        **_value(value, unit, row["comparator"]),
        "note": [{"text": f"As reported: {reported}"}] if reported else None,
        "referenceRange": [limits] if limits else None,
    }


def _value(value: float | None, unit: str | None, comparator: str) -> Element:
    """A quantity, a finding where there is no unit, or why there is neither."""
    if value is None:
        unknown = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}
        return {"dataAbsentReason": {"coding": [unknown]}}
    if unit is None:
        return {"valueCodeableConcept": {"text": "positive" if value else "negative"}}
    return {"valueQuantity": quantity(value, unit, comparator)}


def medication_statement(row: dict[str, Any]) -> Element:
    """A prescription, dispensing or administration; open where no end was delivered."""
    dose = None
    if row["daily_dose"] is not None and row["dose_unit"]:
        dose = [{"text": f"{row['daily_dose']:g} {row['dose_unit']} a day"}]
    return {
        "resourceType": "MedicationStatement",
        "status": STATEMENT_STATUS.get(row["status"], "unknown"),
        "category": {"text": row["kind"]},
        "medicationCodeableConcept": concept_of_row(row, "prescriptions"),
        "subject": person(row["person_id"]),
        "effectivePeriod": without_nothing(
            {"start": day(row["drug_exposure_start_date"]), "end": day(row["drug_exposure_end_date"])}
        ),
        "dosage": dose,
    }


def condition(row: dict[str, Any]) -> Element:
    """A diagnosis; one with an end is no longer active, whatever its status says."""
    status = row["status"] if row["status"] in CLINICAL_STATUS else None
    if row["condition_end_date"] is not None and status not in ENDED:
        status = "resolved"
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": system, "code": status}]} if status else None,
        "code": concept_of_row(row, "diagnoses"),
        "subject": person(row["person_id"]),
        "abatementDateTime": day(row["condition_end_date"]),
        "recordedDate": day(row["condition_start_date"]),
    }


def procedure(row: dict[str, Any]) -> Element:
    """A procedure."""
    return {
        "resourceType": "Procedure",
        "status": row["status"] if row["status"] in PROCEDURE_STATUS else "unknown",
        "code": concept_of_row(row, "procedures"),
        "subject": person(row["person_id"]),
        "performedDateTime": day(row["procedure_date"]),
    }
