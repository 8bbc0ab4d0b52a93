"""The numbers of a definition as its publication applied them, each with what it rests on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipelines.errors import ConfigurationError
from pipelines.profile import OVERRIDE, Parameter, Source, load_profile


@dataclass(frozen=True)
class NumberShown:
    """A number: value and unit in words, its source, and its evidence tag.

    ``shipped`` is the value of the profile where the configuration sets another. Unit, source and tag are null for a
    number that this program does not know: one of another version published it.
    """

    name: str
    value: str
    unit: str | None = None
    source: Source | None = None
    tag: str | None = None
    shipped: str | None = None


def numbers_of(definition: Mapping[str, Any]) -> list[NumberShown]:
    """The numbers that a row of ``worklist`` applied, in the order of their names."""
    try:
        shipped = load_profile(definition["profile"]).parameters
    except ConfigurationError:  # a profile of another version
        shipped = {}
    applied = json.loads(definition["parameters"])
    return [_shown(name, value, shipped.get(name)) for name, value in sorted(applied.items())]


def _shown(name: str, value: Any, shipped: Parameter | None) -> NumberShown:
    if shipped is None:
        return NumberShown(name, str(value))
    number = shipped if value == shipped.value else replace(shipped, value=value, source=OVERRIDE, tag="D")
    was = None if number is shipped else shipped.shown_value
    return NumberShown(name, number.shown_value, number.shown_unit, number.source, number.tag, was)
