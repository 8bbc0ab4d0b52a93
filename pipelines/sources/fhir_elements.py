"""Elements of FHIR R4 that resources are made of, as far as they are read.

Elements that repeat from resource to resource (codes, references, ranges) stay raw JSON in these: each distinct one is
read once, by :mod:`pipelines.sources.fhir_sayings`.
"""

from typing import Any

import msgspec

ABSENT = msgspec.Raw()
"""What an element left raw is where the resource lacks it."""


class Element(msgspec.Struct, rename="camel", gc=False):
    """What all others are: the names of FHIR in small letters; never part of a cycle."""


def decoded(element: str, decoder: msgspec.json.Decoder, raw: bytes) -> Any:
    """What raw JSON says; null where there is none.

    Raises:
        msgspec.ValidationError: It is not of its type; the message names the element.
    """
    try:
        return decoder.decode(raw) if raw else None
    except msgspec.ValidationError as error:
        raise msgspec.ValidationError(f"{element}: {error}") from None


class Coding(Element):
    """A code of a system."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Element):
    """One meaning in several codes, or in words."""

    coding: list[Coding] | None = None
    text: str | None = None


class Identifier(Element):
    """A number given by somebody else than the server."""

    system: str | None = None
    value: str | None = None


class Reference(Element):
    """Another resource."""

    reference: str | None = None
    identifier: Identifier | None = None
    display: str | None = None


class Period(Element):
    """From when to when."""

    start: str | None = None
    end: str | None = None


class Quantity(Element):
    """An amount; its number stays as it was written."""

    value: msgspec.Raw = ABSENT
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Range(Element):
    """Two amounts, and for a reference range what it is the range of."""

    low: Quantity | None = None
    high: Quantity | None = None
    type: CodeableConcept | None = None


class Ratio(Element):
    """Two amounts, as of a titer."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Repeat(Element):
    """How often, and within which bounds."""

    bounds_period: Period | None = None
    bounds_duration: Quantity | None = None
    frequency: int | None = None
    frequency_max: int | None = None
    period: float | None = None
    period_max: float | None = None
    period_unit: str | None = None


class Timing(Element):
    """When."""

    repeat: Repeat | None = None


class DoseAndRate(Element):
    """How much at a time."""

    dose_quantity: Quantity | None = None


class Dosage(Element):
    """An instruction, or of an administration what was given."""

    text: str | None = None
    timing: Timing | None = None
    as_needed_boolean: bool | None = None
    as_needed_codeable_concept: CodeableConcept | None = None
    route: CodeableConcept | None = None
    dose_and_rate: list[DoseAndRate] | None = None
