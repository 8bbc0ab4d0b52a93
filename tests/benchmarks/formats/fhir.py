"""FHIR R4 bulk NDJSON with the elements that servers give (US Core), beside msgspec's decoder."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.deliveries import AS_OF, BACKGROUND_LABS

Row = dict[str, Any]

_SYSTEMS = {
    "LOINC": "http://loinc.org",
    "ICD10CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "DMD_PRODUCT": "https://dmd.nhs.uk",
}
_GENDERS = {"F": "female", "M": "male"}
_UCUM = "http://unitsofmeasure.org"
_PROFILE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
_TERMS = "http://terminology.hl7.org/CodeSystem/"
_KINDS = {
    "prescribed": "MedicationRequest", "dispensed": "MedicationDispense", "administered": "MedicationAdministration",
}  # fmt: skip


def write(folder: Path, people: int) -> None:
    """A population with its results off the pathway, as a bulk export; the configuration lies beside it."""
    import duckdb
    import msgspec

    from pipelines.demo.extracts import write_extracts

    encode = msgspec.json.Encoder(enc_hook=str).encode
    (folder / "extracts").mkdir(parents=True)
    with TemporaryDirectory(dir=folder.parent) as native:
        extracts = Path(native) / "extracts"
        write_extracts(
            extracts, as_of=AS_OF, people=people, planted=False, fmt="parquet", clean=True,
            background_labs_per_person=BACKGROUND_LABS,
        )  # fmt: skip
        con = duckdb.connect()
        con.execute("SET enable_progress_bar = false")
        for table, resource in _RESOURCES.items():
            files = {}
            rows = con.sql(f"FROM read_parquet('{extracts / table}/*.parquet')").to_arrow_reader(50_000)
            for batch in rows:
                for row in batch.to_pylist():
                    told = resource(row)
                    kind = told["resourceType"]
                    if kind not in files:
                        files[kind] = (folder / "extracts" / f"{kind}.000.ndjson").open("wb")
                    files[kind].write(encode(_without_nothing(told)) + b"\n")
            for file in files.values():
                file.close()
    (folder / "b12.toml").write_text('[[source]]\nname = "measured"\nkind = "fhir"\n', encoding="utf-8")


def bare(folder: Path) -> int:
    """Decode every line to Python objects."""
    import msgspec

    decode = msgspec.json.Decoder().decode
    records = 0
    for path in sorted((folder / "extracts").glob("*.ndjson")):
        with path.open("rb") as lines:
            for line in lines:
                decode(line)
                records += 1
    return records


def _patient(row: Row) -> Row:
    return {
        "resourceType": "Patient", "id": row["patient_id"], "meta": _meta(row["recorded_at"], "patient"),
        "gender": _GENDERS.get(row["sex"], "unknown"), "birthDate": row["birth_date"],
        "deceasedDateTime": row["death_date"], "name": [{"use": "official", "text": row["display_name"]}],
        "managingOrganization": {"reference": f"Organization/{row['site']}", "display": row["site"]},
        "generalPractitioner": [{"display": row["clinician"]}],
    }  # fmt: skip


def _observation(row: Row) -> Row:
    value = row["value"] or ""
    sign = value[: len(value) - len(value.lstrip("<>="))]
    try:
        amount = {"value": float(value.lstrip("<>=")), "comparator": sign or None, "unit": row["unit"]}
        told = {"valueQuantity": amount | {"system": _UCUM, "code": row["unit"]}}
    except ValueError:
        told = {"valueString": value}
    ends = {"low": _limit(row["ref_low"], row["unit"]), "high": _limit(row["ref_high"], row["unit"])}
    return {
        "resourceType": "Observation", "id": row["result_id"], "meta": _meta(row["reported_at"], "observation-lab"),
        "status": row["status"] or "final", "category": _category("observation-category", "laboratory", "Laboratory"),
        "code": _concept(row["code_system"], row["test_code"], row["test_name"]),
        **_around(row),
        "effectiveDateTime": _moment(row["collected_at"]), "issued": _moment(row["reported_at"]),
        "performer": [{"reference": "Organization/laboratory", "display": "Laboratory"}],
        "referenceRange": [ends] if any(ends.values()) else None, **told,
    }  # fmt: skip


def _exposure(row: Row) -> Row:
    kind = _KINDS[row["kind"] or "prescribed"]
    quantity = _limit(row["quantity"], None)
    days = _limit(row["days_supply"], "d")
    route = {"text": row["route"]} if row["route"] else None
    often = {"repeat": {"frequency": 1, "period": 1.0, "periodUnit": "d"}}
    dosage = {"sequence": 1, "text": "As directed", "timing": often, "asNeededBoolean": False, "route": route}
    begins = {"MedicationRequest": "authoredOn", "MedicationDispense": "whenHandedOver"}.get(kind, "effectiveDateTime")
    own: Row = {"dosageInstruction": [dosage]}
    if kind == "MedicationRequest":
        own |= {"intent": "order", "dispenseRequest": {"quantity": quantity, "expectedSupplyDuration": days}}
    elif kind == "MedicationDispense":
        own |= {"quantity": quantity, "daysSupply": days}
    else:
        own = {"dosage": {"text": "Given", "route": route}}
    return {
        "resourceType": kind, "id": row["prescription_id"], "meta": _meta(row["recorded_at"], "medication"),
        "status": row["status"] or "unknown",
        "medicationCodeableConcept": _concept(row["code_system"], row["drug_code"], row["drug_name"]),
        "category": _category("medicationrequest-category", "community", "Community"), **_around(row), **own,
        begins: row["start_date"], "requester": {"reference": "Practitioner/1", "display": "Dr. Demo"},
    }  # fmt: skip


def _condition(row: Row) -> Row:
    return {
        "resourceType": "Condition", "id": row["diagnosis_id"], "meta": _meta(row["recorded_at"], "condition"),
        "clinicalStatus": _category("condition-clinical", row["status"] or "active", None)[0],
        "verificationStatus": _category("condition-ver-status", "confirmed", "Confirmed")[0],
        "category": _category("condition-category", "encounter-diagnosis", "Encounter Diagnosis"), **_around(row),
        "code": _concept(row["code_system"], row["diagnosis_code"], row["description"]),
        "onsetDateTime": row["recorded_date"], "recordedDate": row["recorded_date"],
    }  # fmt: skip


def _procedure(row: Row) -> Row:
    return {
        "resourceType": "Procedure", "id": row["procedure_id"], "meta": _meta(row["recorded_at"], "procedure"),
        "status": row["status"] or "completed",
        "code": _concept(row["code_system"], row["procedure_code"], row["description"]),
        **_around(row), "performedDateTime": row["performed_date"],
    }  # fmt: skip


_RESOURCES: dict[str, Callable[[Row], Row]] = {
    "patients": _patient, "labs": _observation, "prescriptions": _exposure, "diagnoses": _condition,
    "procedures": _procedure,
}  # fmt: skip


def _category(system: str, code: str, display: str | None) -> list[Row]:
    return [{"coding": [{"system": _TERMS + system, "code": code, "display": display}]}]


def _around(row: Row) -> Row:
    """Who it is about, and the visit at which it was."""
    person = row["patient_id"]
    return {
        "subject": {"reference": f"Patient/{person}", "display": f"Patient {person}"},
        "encounter": {"reference": f"Encounter/5f1c1e9e-0000-4000-8000-{person:>012}"},
    }


def _concept(system: str | None, code: str | None, name: str | None) -> Row:
    return {"coding": [{"system": _SYSTEMS.get(system or "", system), "code": code, "display": name}], "text": name}


def _limit(number: Any, unit: str | None) -> Row | None:
    return None if number in (None, "") else {"value": float(number), "unit": unit}


def _meta(updated: Any, profile: str) -> Row:
    return {"versionId": "1", "lastUpdated": _moment(updated), "profile": [_PROFILE + profile]}


def _moment(at: Any) -> str | None:
    return None if at is None else str(at).replace(" ", "T")


def _without_nothing(element: Any) -> Any:
    if isinstance(element, dict):
        return {name: _without_nothing(value) for name, value in element.items() if value is not None}
    return [_without_nothing(value) for value in element] if isinstance(element, list) else element
