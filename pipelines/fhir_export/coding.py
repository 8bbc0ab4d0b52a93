"""Codes, references and identifiers as FHIR writes them."""

from typing import Any

from pipelines.codelists.concepts import known_concepts
from pipelines.codelists.systems import DEFAULT_SYSTEM, coding_system

Element = dict[str, Any]

SYSTEMS = {
    "LOINC": "http://loinc.org",
    "SNOMED": "http://snomed.info/sct",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "NDC11": "http://hl7.org/fhir/sid/ndc",
    "HCPCS": "http://terminology.hl7.org/CodeSystem/HCPCS",
    "ICD10CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD10PCS": "http://www.cms.gov/Medicare/Coding/ICD10",
    "ICD9CM": "http://hl7.org/fhir/sid/icd-9-cm",
    "BNF": "https://www.nhsbsa.nhs.uk/bnf",
    "CTV3": "http://read.info/ctv3",
    "READ2": "http://read.info/readv2",
    "MIMIC_LABITEM": "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-d-labitems",
}
"""How FHIR names a coding system; each is also a spelling that extracts may use for it."""

UCUM = "http://unitsofmeasure.org"
OURS = "urn:x-b12-care-gaps:"
"""Where names of our own live: worklists, concepts, items, and coding systems of one place."""


def without_nothing(element: Element) -> Element:
    """The element without what is null or empty: FHIR knows no empty values."""
    return {name: value for name, value in element.items() if value is not None and value not in ([], {}, "")}


def ours(kind: str, code: str, display: str | None = None) -> Element:
    """A coding in one of our own systems."""
    return without_nothing({"system": OURS + kind, "code": code, "display": display})


def concept_of_row(row: dict[str, Any], table: str, *, as_delivered: bool = True) -> Element:
    """What a core row is about: the concept of the pathway and, ``as_delivered``, the code of its source."""
    codings = []
    if as_delivered and row["source_code"]:
        name = coding_system(row["source_vocabulary"]) or DEFAULT_SYSTEM.get(table)
        system = SYSTEMS.get(name, f"{OURS}code-system:{name}") if name else None
        codings.append(without_nothing({"system": system, "code": row["source_code"].strip()}))
    known = known_concepts().get(row["concept"])
    title = known.title if known else row["concept"].replace("_", " ")
    codings.append(ours("concept", row["concept"], title))
    return {"coding": codings, "text": row["source_name"] or title}


def person(person_id: str, display: str | None = None) -> Element:
    """A person by the identifier that the extracts gave: which resource of a server that is, only the server knows."""
    return without_nothing(
        {"type": "Patient", "identifier": {"system": OURS + "person", "value": person_id}, "display": display}
    )


def quantity(value: float, unit: str, comparator: str = "=") -> Element:
    """A number with its UCUM unit."""
    compared = None if comparator == "=" else comparator
    return without_nothing({"value": value, "comparator": compared, "unit": unit, "system": UCUM, "code": unit})


def day(date: Any) -> str | None:
    """A date, or the date of a time: times here are local, and FHIR takes no time without its zone."""
    return None if date is None else date.isoformat()[:10]
