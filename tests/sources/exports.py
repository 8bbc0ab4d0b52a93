"""FHIR resources for tests: one of each kind that can be read, to be changed where a test asks for it."""

import json
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import strategies as st

from pipelines.ingest.physical import DeliveredText
from pipelines.sources.fhir_reading import FhirReading
from pipelines.sources.fhir_resources import RESOURCES

LOINC_B12 = {"system": "http://loinc.org", "code": "2132-9", "display": "Cobalamin (Vitamin B12) in Serum"}
METFORMIN = {
    "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "code": "861007",
    "display": "metformin 500 MG Oral Tablet",
}
UCUM = "http://unitsofmeasure.org"

BASES: dict[str, dict[str, Any]] = {
    "Observation": {
        "status": "final",
        "code": {"coding": [LOINC_B12]},
        "effectiveDateTime": "2026-01-01T08:30:00Z",
        "valueQuantity": {"value": 150, "unit": "pg/mL", "system": UCUM, "code": "pg/mL"},
    },
    "MedicationRequest": {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [METFORMIN]},
        "authoredOn": "2026-01-01",
    },
    "MedicationDispense": {
        "status": "completed",
        "medicationCodeableConcept": {"coding": [METFORMIN]},
        "whenHandedOver": "2026-01-01",
    },
    "MedicationAdministration": {
        "status": "completed",
        "medicationCodeableConcept": {"coding": [METFORMIN]},
        "effectiveDateTime": "2026-01-01",
    },
    "MedicationStatement": {
        "status": "active",
        "medicationCodeableConcept": {"coding": [METFORMIN]},
        "effectivePeriod": {"start": "2026-01-01"},
    },
    "Medication": {"code": {"coding": [METFORMIN]}},
    "Condition": {
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "D51.0"}]},
        "onsetDateTime": "2026-01-01",
    },
    "Procedure": {
        "status": "completed",
        "code": {"coding": [{"system": "HCPCS", "code": "J3420", "display": "Injection, vitamin b-12"}]},
        "performedDateTime": "2026-01-01",
    },
    "Patient": {"gender": "female", "birthDate": "1960-05-01"},
}


def a(kind: str, own_id: str = "1", **changes: Any) -> dict[str, Any]:
    """A resource of a kind that can be read, with changes; null takes an element away."""
    subject = {} if kind in ("Patient", "Medication") else {"subject": {"reference": "Patient/7"}}
    whole = {"resourceType": kind, "id": own_id, **subject, **BASES[kind], **changes}
    return {name: value for name, value in whole.items() if value is not None}


def ndjson(*lines: dict[str, Any] | str) -> bytes:
    """Resources, and lines as they are, a line each."""
    return "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines).encode()


def read(folder: Path, kind: str | None, content: bytes, *, ends_registration: bool = False) -> FhirReading:
    """What a file says that holds resources of one kind or, for null, of any."""
    count = len(list(folder.iterdir()))
    path, work = folder / f"{count}.ndjson", folder / f"work-{count}"
    path.write_bytes(content)
    work.mkdir()
    reading = FhirReading(work, ends_registration=ends_registration)
    reading.read_lines(DeliveredText(path, "utf-8"), kind)
    return reading


def rows(reading: FhirReading, table: str, *columns: str) -> list[tuple]:
    """Some columns of the rows of a table, in order of place."""
    if not reading.rows[table].count:
        return []
    return pl.read_parquet(reading.rows[table].path).sort("source_row").select(columns).rows()


def cells(tmp_path, kind, table, column, *resources):
    """One column of the rows that resources of a kind become."""
    reading = read(tmp_path, kind, ndjson(*resources))
    assert reading.malformed(table).is_empty()
    return [cell for (cell,) in rows(reading, table, column)]


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["coding", "code", "text", "value", "reference", "start", "repeat"]), inner)
    ),
    max_leaves=6,
)


@st.composite
def drawn_lines(draw):
    """A resource of some kind with anything in some of its elements, or no resource at all."""
    kind = draw(st.sampled_from([*BASES, "Encounter"]))
    elements = RESOURCES[kind].__struct_encode_fields__ if kind in RESOURCES else ["id"]
    changed = draw(st.dictionaries(st.sampled_from(elements), anything, max_size=3))
    whole = json.dumps(a(kind, draw(st.sampled_from("12345"))) | changed if kind in BASES else {"resourceType": kind})
    return draw(st.sampled_from([whole] * 6 + [whole[:-4], whole.replace(":", "", 1), "", "null"]))
