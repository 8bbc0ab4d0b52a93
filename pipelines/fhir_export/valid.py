"""Holding resources against FHIR: what the models see, and what they do not.

The models are those of ``fhir.resources`` for R4B (4.3.0). They know which elements exist and of what type, which are
required, the form of dates, codes and identifiers, and that only one of a choice is given. Of the resources written
here R4B changed nothing that R4 (4.0.1) does not also allow, so what fits one fits the other. The models do not look
at required value sets, nor whether a contained resource is there and referred to: those are looked at here.
"""

from collections.abc import Iterator
from typing import Any

from pipelines.errors import B12Error
from pipelines.fhir_export.coding import Element

OBSERVATION_STATUS = frozenset(
    ("registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown")
)
REQUIRED_CODES = {
    ("DetectedIssue", "status"): OBSERVATION_STATUS,
    ("DetectedIssue", "severity"): frozenset(("high", "moderate", "low")),
    ("Group", "type"): frozenset(("person", "animal", "practitioner", "device", "medication", "substance")),
    ("Observation", "status"): OBSERVATION_STATUS,
    ("MedicationStatement", "status"): frozenset(
        ("active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken")
    ),
    ("Procedure", "status"): frozenset(
        ("preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown")
    ),
}
"""The value sets of R4 that bind as required, of the elements that are written here."""


def refuse_invalid(resource: Element) -> None:
    """Raise when the resource is not valid.

    Raises:
        B12Error: It is not; the message names elements and rules, never a value of a patient. Or the models are not
            installed.
    """
    if found := problems(resource):
        raise B12Error(
            f"A {resource.get('resourceType', 'resource')} does not fit FHIR R4: {'; '.join(found)}. Nothing was "
            "written. This is a fault of the export, please report it."
        )


def problems(resource: Element) -> list[str]:
    """What does not hold, as element and rule; empty when the resource is valid."""
    return [*_of_the_model(resource), *_of_codes(resource), *_of_containment(resource)]


def _of_the_model(resource: Element) -> Iterator[str]:
    try:
        from fhir.resources.R4B import get_fhir_model_class
    except ImportError:
        raise B12Error(
            "FHIR needs the package fhir.resources. Install it with: pip install 'b12-care-gaps[fhir]'"
        ) from None
    from pydantic import ValidationError

    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_context=False, include_url=False):
            yield f"{'.'.join(str(part) for part in problem['loc'])}: {problem['type']}"


def _of_codes(resource: Element) -> Iterator[str]:
    for part in (resource, *resource.get("contained", [])):
        for (kind, name), allowed in REQUIRED_CODES.items():
            if part.get("resourceType") == kind and part.get(name) is not None and part[name] not in allowed:
                yield f"{kind}.{name}: not in its value set"


def _of_containment(resource: Element) -> Iterator[str]:
    """Rule dom-3, and its other half: what is contained is referred to, what is referred to is contained."""
    names = [part["id"] for part in resource.get("contained", [])]
    referred = {reference.removeprefix("#") for reference in _references(resource) if reference.startswith("#")}
    if len(set(names)) < len(names):
        yield "contained: two resources of one id"
    if set(names) != referred:
        yield "contained: resources and references to them differ"


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)
