"""From observations and their components to the columns of results."""

from collections.abc import Sequence

import msgspec

from pipelines.sources.fhir_elements import ABSENT, decoded
from pipelines.sources.fhir_meanings import Limits, end_of, number_of, other_value, start_of, unit_of
from pipelines.sources.fhir_resources import Measured, Observation, Resource
from pipelines.sources.fhir_sayings import Columns, Sayings

COMPONENTS_WITHDRAWN = 30
"""Components that are withdrawn with an observation that does not say how many it had; panels are smaller."""


class Component(Measured):
    """One of several results under one heading."""


_COMPONENTS = msgspec.json.Decoder(list[Component] | None)


def parted(found: Sequence[Observation]) -> tuple[list[tuple[int, int]], list[Observation]]:
    """Observations and their components as results of their own, and for each of which it is which component.

    Component 0 is the observation itself; one that has components and neither value nor reason is only their heading.
    Of an error whose content was taken away nobody knows how many components it had: those that it may have had are.
    """
    which, results = [], []
    for number, whole in enumerate(found):
        components = decoded("component", _COMPONENTS, bytes(whole.component)) or []
        if is_emptied(whole):
            components = [Component()] * COMPONENTS_WITHDRAWN
            which.append((number, 0))
            results.append(whole)
        if not components or _says_something(whole):
            which.append((number, 0))
            results.append(whole)
        for count, own in enumerate(components, 1):
            told = {name: getattr(own, name) for name in Measured.__struct_fields__ if name not in _OF_WHOLE}
            results.append(msgspec.structs.replace(whole, id=component_id(whole.id, count), **told))
            which.append((number, count))
    return which, results


_OF_WHOLE = Resource.__struct_fields__
_VALUES = [name for name in Measured.__struct_fields__ if name.startswith("value_") or name == "data_absent_reason"]


def is_emptied(whole: Observation) -> bool:
    """Is it an error of which nothing is left but its id?"""
    is_error = whole.status == "entered-in-error" and whole.id is not None
    return is_error and bytes(whole.component) in (b"", b"null", b"[]") and not _says_something(whole)


def _says_something(whole: Observation) -> bool:
    return any(getattr(whole, name) not in (None, ABSENT) for name in _VALUES)


def component_id(whole: str | None, count: int) -> str | None:
    """The id of a component as a result: FHIR gives it none."""
    return whole and f"{whole}#{count}"


def result_columns(found: Sequence[Observation], say: Sayings) -> Columns:
    """The columns of labs; ``msgspec.ValidationError`` where an element is not of its type."""
    told, flags, limits = say.told, say.flag, say.limits
    values, units = zip(*[_value(result, say) for result in found], strict=True)
    ranges = [limits[bytes(result.reference_range)] for result in found]
    # Limits in another unit than the value's are none of it.
    alike = [
        limits if limits and limits.unit in (None, unit) else _NO_LIMITS
        for limits, unit in zip(ranges, units, strict=True)
    ]
    return {
        "patient_id": say.people(found),
        "result_id": [result.id for result in found],
        "told": [told[bytes(result.code)] for result in found],
        "value": values,
        "unit": units,
        "ref_low": [limits.low for limits in alike],
        "ref_high": [limits.high for limits in alike],
        "abnormal_flag": [flags[bytes(result.interpretation)] for result in found],
        "collected_at": [result.effective_date_time or _measured_at(result) for result in found],
        "reported_at": [result.last_updated or result.issued for result in found],
        "status": [result.status for result in found],
    }


def _value(result: Measured, say: Sayings) -> tuple[str | None, str | None]:
    """Value, with its comparator, and unit."""
    amount = result.value_quantity
    if amount is None:
        return other_value(result, say.absent, say.answer), None
    number = number_of(amount)
    if number is None:
        return other_value(result, say.absent, say.answer), unit_of(amount)
    return amount.comparator + number if amount.comparator else number, unit_of(amount)


_NO_LIMITS = Limits(None, None, None)


def _measured_at(result: Observation) -> str | None:
    return (
        result.effective_instant
        or start_of(result.effective_period)
        or end_of(result.effective_period)
        or result.issued
    )
