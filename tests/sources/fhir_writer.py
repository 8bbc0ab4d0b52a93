"""Core tables written out as a FHIR R4 bulk export: what another hospital would deliver of the same people."""

import gzip
import json
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from pipelines.ingest.units import read_units
from pipelines.ingest.values import QUALITATIVE, read_values

Resource = dict[str, Any]

SYSTEMS = {
    "LOINC": "http://loinc.org", "DMD_PRODUCT": "https://dmd.nhs.uk", "DMD_VTM": "https://dmd.nhs.uk/VTM",
    "ICD10CM": "http://hl7.org/fhir/sid/icd-10-cm", "ICD10PCS": "http://www.cms.gov/Medicare/Coding/ICD10",
    "NDC11": "http://hl7.org/fhir/sid/ndc", "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
}  # fmt: skip
"""How FHIR names the coding systems; others keep their own names."""

GENDERS = {"F": "female", "M": "male"}
ANSWERS = {1.0: ("10828004", "Positive (qualifier value)"), 0.0: ("260385009", "Negative (qualifier value)")}
KINDS = {
    "prescribed": "MedicationRequest", "dispensed": "MedicationDispense", "administered": "MedicationAdministration",
}  # fmt: skip
DECIMAL_COMMAS = ["RIVERSIDE"]
"""Vocabularies whose results the demonstration writes with decimal commas."""

KEYS = ["source_vocabulary", "source_code", "source_name"]
LOCAL = ZoneInfo("Europe/London")


class FhirWriter:
    """Writes the core tables of a publication, a file a type; what repeats is said in each way that FHIR knows."""

    def __init__(self, published: Path) -> None:
        with duckdb.connect(str(published), read_only=True) as con:
            names = ("person", "measurement", "drug_exposure", "condition_occurrence", "procedure_occurrence")
            self.core = {name: con.sql(f"FROM {name}").pl() for name in names}
        drugs = self.core["drug_exposure"].select(KEYS).unique().sort(KEYS)
        self.products = {key: f"product-{number}" for number, key in enumerate(drugs.iter_rows())}

    def resources(self) -> dict[str, list[Resource]]:
        """Every resource, by its type."""
        found: dict[str, list[Resource]] = {}
        for resource in (
            *self._patients(), *self._observations(), *self._drugs(), *self._conditions(), *self._procedures(),
            *(_medication(name, key) for key, name in self.products.items()),
        ):  # fmt: skip
            found.setdefault(resource["resourceType"], []).append(resource)
        return found

    def write(self, folder: Path, *, mixed: bool = False) -> None:
        """All resources as NDJSON, a file a type and compressed, or all types in two files."""
        folder.mkdir(parents=True)
        found = self.resources()
        if mixed:
            every = [one for kind in found for one in found[kind]]
            for number in (0, 1):
                (folder / f"part-{number}.ndjson").write_text(ndjson(every[number::2]), encoding="utf-8")
            return
        for kind, resources in found.items():
            with gzip.open(folder / f"{kind}.000.ndjson.gz", "wt", encoding="utf-8") as file:
                file.write(ndjson(resources))

    def _patients(self) -> Iterator[Resource]:
        for row in self.core["person"].filter("in_patients").iter_rows(named=True):
            left = row["registered_until"]
            yield _without_nothing(
                resourceType="Patient", id=row["person_id"], meta={"lastUpdated": f"{left}T12:00:00Z"} if left else None,
                active=left is None, gender=GENDERS.get(row["sex"], "unknown"), birthDate=_text(row["birth_date"]),
                deceasedDateTime=_text(row["death_date"]), name=[{"text": row["display_name"]}],
                managingOrganization=row["site"] and {"reference": "Organization/1", "display": row["site"]},
                generalPractitioner=row["clinician"] and [{"display": row["clinician"]}],
            )  # fmt: skip

    def _observations(self) -> Iterator[Resource]:
        rows = self.core["measurement"]
        commas = pl.col("source_vocabulary").is_in(DECIMAL_COMMAS).fill_null(False)
        points, decimal = (
            read_values(rows["value_reported"], decimal=sign)["number"].rename(name)
            for sign, name in ((".", "points"), (",", "decimal"))
        )
        units = read_units(rows["concept"], rows["unit_reported"]).select("factor", "offset")
        shown = {
            f"shown_{end}": pl.col(f"range_{end}") / pl.col("factor") + pl.col("offset") for end in ("low", "high")
        }
        rows = rows.hstack([points, decimal]).hstack(units).with_columns(
            number=pl.when(commas).then("decimal").otherwise("points"), **shown
        )  # fmt: skip
        for count, row in enumerate(rows.iter_rows(named=True)):
            limits = {end: {"value": row[f"shown_{end}"]} for end in ("low", "high") if row[f"shown_{end}"] is not None}
            yield _without_nothing(
                resourceType="Observation", id=f"result-{count}", meta=_known(row), status=row["status"],
                code=_concept(row, count), subject=_subject(row["person_id"], count),
                effectiveDateTime=_moment(row["measured_at"]), referenceRange=[limits] if limits else None,
                **_value(row, count),
            )  # fmt: skip

    def _drugs(self) -> Iterator[Resource]:
        rows = self.core["drug_exposure"].unique(["source_file", "source_row"], keep="first", maintain_order=True)
        for count, row in enumerate(rows.iter_rows(named=True)):
            shared = {
                "id": f"drug-{count}", "meta": _known(row), "status": row["status"],
                "subject": _subject(row["person_id"], count),
            }  # fmt: skip
            if row["source_vocabulary"] == "CTV3":
                yield _condition(row, count, shared["id"], row["drug_exposure_start_date"], None, counts=True)
            elif row["source_vocabulary"] == "HCPCS":
                yield _procedure(row, count, shared["id"], row["drug_exposure_start_date"])
            else:
                yield _exposure(row, shared | self._product(row, count))

    def _product(self, row: Resource, count: int) -> Resource:
        """A product said at once, referred to, or contained."""
        name = self.products[tuple(row[key] for key in KEYS)]
        if count % 3 == 0:
            return {"medicationCodeableConcept": _concept(row, count)}
        if count % 3 == 1:
            return {"medicationReference": {"reference": f"Medication/{name}"}}
        return {
            "contained": [{"resourceType": "Medication", "id": "it", "code": _concept(row, count)}],
            "medicationReference": {"reference": "#it"},
        }

    def _conditions(self) -> Iterator[Resource]:
        for count, row in enumerate(self.core["condition_occurrence"].iter_rows(named=True)):
            dates = row["condition_start_date"], row["condition_end_date"]
            yield _condition(row, count, f"condition-{count}", *dates, counts=row["is_counted"])

    def _procedures(self) -> Iterator[Resource]:
        for count, row in enumerate(self.core["procedure_occurrence"].iter_rows(named=True)):
            yield _procedure(row, count, f"procedure-{count}", row["procedure_date"])


def ndjson(resources: list[Resource]) -> str:
    """Resources, a line each."""
    return "".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n" for one in resources)


def _value(row: Resource, count: int) -> Resource:
    """A quantity where there is a number, else the word, in one of the ways in which FHIR says words."""
    if row["number"] is not None:
        sign = {"comparator": row["comparator"]} if row["comparator"] != "=" else {}
        unit = {"unit": row["unit_reported"]}
        if count % 2 and row["unit_reported"]:
            unit = {"unit": "as coded", "system": "http://unitsofmeasure.org", "code": row["unit_reported"]}
        told = {"valueQuantity": _without_nothing(value=_number(row["number"]), **sign, **unit)}
        flag = row["concept"] in QUALITATIVE and row["range_high"] is None and row["value"] == 1
        return told | ({"interpretation": [{"coding": [{"code": "POS"}]}]} if flag else {})
    if row["value"] in ANSWERS and count % 2:
        code, display = ANSWERS[row["value"]]
        return {
            "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": code, "display": display}]}
        }
    return {"valueString": row["value_reported"]} if row["value_reported"] else {}


def _exposure(row: Resource, shared: Resource) -> Resource:
    kind, start, end = KINDS[row["kind"]], row["drug_exposure_start_date"], row["drug_exposure_end_date"]
    route = {"text": row["route"]} if row["route"] != "unknown" else None
    dose = row["daily_dose"] and {"value": row["daily_dose"], "unit": row["dose_unit"]}
    repeat = _without_nothing(
        frequency=1, period=1, periodUnit="d", boundsPeriod=end and {"start": str(start), "end": str(end)}
    )
    dosage = _without_nothing(route=route, timing={"repeat": repeat}, doseAndRate=dose and [{"doseQuantity": dose}])
    quantity = row["quantity"] and {"value": row["quantity"]}
    days = row["days_supply"] and {"value": row["days_supply"], "unit": "days"}
    if kind == "MedicationRequest":
        supply = _without_nothing(quantity=quantity, expectedSupplyDuration=days)
        own = {"intent": "order", "authoredOn": str(start), "dosageInstruction": [dosage], "dispenseRequest": supply}
    elif kind == "MedicationDispense":
        covered = days or {"value": (end - start).days + 1, "unit": "d"}
        own = {"whenHandedOver": str(start), "dosageInstruction": [dosage], "quantity": quantity, "daysSupply": covered}
    else:
        own = {"effectivePeriod": {"start": str(start), "end": str(end)}, "dosage": _without_nothing(route=route)}
    return _without_nothing(resourceType=kind, **shared, **own)


def _condition(row: Resource, count: int, own_id: str, start: date, end: date | None, *, counts: bool) -> Resource:
    return _without_nothing(
        resourceType="Condition", id=own_id, meta=_known(row), code=_concept(row, count),
        subject=_subject(row["person_id"], count), onsetDateTime=str(start), abatementDateTime=_text(end),
        clinicalStatus={"coding": [{"code": "active"}]},
        verificationStatus={"coding": [{"code": "confirmed" if counts else "provisional"}]},
    )  # fmt: skip


def _procedure(row: Resource, count: int, own_id: str, on: date) -> Resource:
    return _without_nothing(
        resourceType="Procedure", id=own_id, meta=_known(row), status="completed", code=_concept(row, count),
        subject=_subject(row["person_id"], count), performedPeriod={"start": str(on), "end": str(on)},
    )  # fmt: skip


def _medication(name: str, key: tuple) -> Resource:
    return {"resourceType": "Medication", "id": name, "code": _concept(dict(zip(KEYS, key, strict=True)), 0)}


def _concept(row: Resource, count: int) -> Resource:
    """The code, alone, or after one that nobody knows; without any code, the text."""
    vocabulary, code, name = (row[key] for key in KEYS)
    if code is None:
        return {"text": name}
    coding = _without_nothing(system=SYSTEMS.get(vocabulary, vocabulary), code=code, display=name)
    local = {"system": "urn:example:local", "code": f"L{count % 7}", "display": "Something of ours"}
    return {"coding": [local, coding] if count % 2 else [coding]}


def _subject(person: str, count: int) -> Resource:
    """A reference, relative, absolute or versioned."""
    return {
        "reference": ("", "https://fhir.example.org/r4/")[count % 2]
        + f"Patient/{person}"
        + ("", "/_history/2")[count % 3 == 1]
    }


def _known(row: Resource) -> Resource:
    return {"lastUpdated": row["known_from"].replace(tzinfo=LOCAL).isoformat()}


def _number(number: float) -> float | int:
    return int(number) if number == int(number) else number


def _moment(at: datetime) -> str:
    return str(at.date()) if at.time() == time() else at.replace(tzinfo=LOCAL).isoformat()


def _text(day: date | None) -> str | None:
    return None if day is None else str(day)


def _without_nothing(**elements: Any) -> Resource:
    return {name: value for name, value in elements.items() if value is not None}
