"""What elements of FHIR mean in native terms."""

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from pipelines.ingest.status import understood
from pipelines.sources.fhir_elements import ABSENT, CodeableConcept, Period, Quantity, Range, Reference, decoded
from pipelines.sources.fhir_resources import Measured, Resource

UCUM = "http://unitsofmeasure.org"

WORDS = Path(__file__).with_name("fhir_words.csv")
"""Codes whose meaning is the same everywhere, by the element that they stand in."""

_TAG = re.compile(r" \((qualifier value|finding)\)$")
"""What SNOMED CT puts after a name to say of what kind it is."""

_INTERPRETATIONS = ("v3-ObservationInterpretation", "v2/0078", "v2-0078")
"""What the systems of interpretations end with, by this and earlier names."""

_BOUNDS = ("<", ">")

_TO_RESOURCE = re.compile(r"(?:^|/)([A-Za-z]+)/([^/?#]+)(?:/_history/[^/]*)?$")


@cache
def _words(element: str) -> Mapping[str, str]:
    with WORDS.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: row["meaning"] for row in csv.DictReader(lines) if row["element"] == element}


def spoken(concept: CodeableConcept | None, element: str = "") -> str | None:
    """A concept in words: what its codes are known to mean, else its text, else the first name, else the first code."""
    if concept is None:
        return None
    known, codings = _words(element), concept.coding or ()
    says = [known[coding.code] for coding in codings if coding.code in known]
    names = [_TAG.sub("", coding.display) for coding in codings if coding.display]
    return next(iter([*says, *filter(None, [concept.text]), *names, *(c.code for c in codings if c.code)]), None)


def first_code(concept: CodeableConcept) -> str | None:
    """The first code of a concept, else its text."""
    return next((coding.code for coding in concept.coding or () if coding.code), concept.text)


def condition_status(concept: CodeableConcept) -> str | None:
    """The first code or text of a concept that is a known status, by its own name; else the first code."""
    said = [*(coding.code for coding in concept.coding or ()), concept.text]
    known = next((status.name for one in said if one and (status := understood("diagnoses", one))), None)
    return known or first_code(concept)


def flag(interpretations: list[CodeableConcept]) -> str | None:
    """The first interpretation that stands for a comparator, else the first, in a code of HL7 before local ones."""
    bounds = [coding.code for one in interpretations for coding in one.coding or () if coding.code in _BOUNDS]
    if bounds or not interpretations:
        return bounds[0] if bounds else None
    codings = sorted(interpretations[0].coding or (), key=lambda own: not (own.system or "").endswith(_INTERPRETATIONS))
    return next((coding.code for coding in codings if coding.code), interpretations[0].text)


def referred(reference: Reference, kind: str) -> str | None:
    """The id of the resource that is referred to; ``#id`` of a contained one; null when it is of another kind.

    Relative, absolute and versioned references are read, ``urn:uuid:`` and ``urn:oid:``, and, where there is nothing
    else, the value of an identifier.
    """
    said = reference.reference
    if not said:
        return reference.identifier.value if reference.identifier else None
    if said.startswith("#"):
        return said
    if said.startswith(("urn:uuid:", "urn:oid:")):
        return said.split(":", 2)[2]
    found = _TO_RESOURCE.search(said)
    return found[2] if found and found[1] == kind else None


def named(reference: Reference) -> str | None:
    """How a place or a clinician is called: the name given, else the id or identifier."""
    said = reference.reference or ""
    return reference.display or said.rsplit("/", 1)[-1].removeprefix("urn:uuid:") or referred(reference, "")


def start_of(period: Period | None) -> str | None:
    """The beginning of a period."""
    return period.start if period else None


def end_of(period: Period | None) -> str | None:
    """The end of a period."""
    return period.end if period else None


def number_of(quantity: Quantity | None) -> str | None:
    """The number of an amount, as it was written; null for none.

    Raises:
        msgspec.ValidationError: It is no number.
    """
    text = str(quantity.value, "utf-8") if quantity else ""
    if not text or text == "null":
        return None
    if text[0] not in "-0123456789":
        raise msgspec.ValidationError("Expected `number` - at `value` of a quantity")
    return text


def unit_of(quantity: Quantity) -> str | None:
    """The unit of an amount: its UCUM code, else what is written, else a code of another system."""
    return quantity.code if quantity.code and quantity.system == UCUM else quantity.unit or quantity.code


class Limits(NamedTuple):
    """A reference range; the unit is null where it states none."""

    low: str | None
    high: str | None
    unit: str | None


def normal_range(ranges: list[Range]) -> Limits | None:
    """The range of the normal; null when none or more than one is given: nobody says then whose is whose."""
    normal = [range_ for range_ in ranges if range_.type is None or first_code(range_.type) == "normal"]
    if len(normal) != 1:
        return None
    ends = (normal[0].low, normal[0].high)
    units = [unit for end in ends if end and (unit := unit_of(end))]
    return Limits(*(number_of(end) for end in ends), units[0] if units else None)


def other_value(of: Measured, absent: Mapping[bytes, str | None], answers: Mapping[bytes, str | None]) -> str | None:
    """The value of a result that gives no amount; what says why there is none is no result either."""
    said = answers[bytes(of.value_codeable_concept)] or of.value_string
    if said is None and of.value_integer is not None:
        said = str(of.value_integer)
    if said is None and of.value_boolean is not None:
        said = "positive" if of.value_boolean else "negative"
    if said is None and of.value_range:
        low, high = number_of(of.value_range.low), number_of(of.value_range.high)
        said = f"{low} - {high}" if low and high else f">={low}" if low else f"<={high}" if high else None
    if said is None and of.value_ratio:
        said = f"{number_of(of.value_ratio.numerator)} : {number_of(of.value_ratio.denominator)}"
    reason = absent[bytes(of.data_absent_reason)] if said is None else None
    return f"no result: {reason}" if reason else said


class Contained(Resource):
    """What is asked of a resource within another."""

    identifier: msgspec.Raw = ABSENT
    code: msgspec.Raw = ABSENT
    form: msgspec.Raw = ABSENT


_CONTAINED = msgspec.json.Decoder(list[Contained] | None)


def contained(raw: msgspec.Raw, reference: str) -> Contained | None:
    """The resource within another that ``#id`` refers to; null when it is not there."""
    inside = decoded("contained", _CONTAINED, bytes(raw)) or ()
    return next((resource for resource in inside if resource.id == reference[1:]), None)
