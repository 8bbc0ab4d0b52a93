"""What the catalogue says of the measures that are no list: whom each counts, why, and on which numbers."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pipelines.clinical._term import terms
from pipelines.measures import Measure, measure_numbers, measures
from pipelines.profile import Profile
from pipelines.worklists import worklists
from pipelines.worklists._registry import parameters_of

KINDS = {
    "balancing": "Balancing measures: what the lists should not make worse",
    "testing": "Testing rates",
}
"""The kinds in the order of the page, with their headings."""


@dataclass(frozen=True)
class MeasureEntry:
    """A measure with the shared terms and lists that its rule rests on, and its numbers."""

    measure: Measure
    terms: tuple[str, ...]
    lists: tuple[str, ...]
    numbers: tuple[Any, ...]
    """The rows of the numbers that are shown with the measure."""
    shared: Mapping[str, str]
    """The sections of numbers that it reads besides, each with the anchor it is shown at."""


def measure_entries(
    profile: Profile, row: Callable[[str], Any], elsewhere: Mapping[str, str]
) -> dict[str, tuple[MeasureEntry, ...]]:
    """The measures by the heading of their kind, each kind sorted by name.

    Args:
        profile: says what numbers there are.
        row: gives the row of a number.
        elsewhere: the sections of numbers that have a place of their own in the catalogue, with their anchors.
    """
    ordered = sorted(measures().values(), key=lambda each: (list(KINDS).index(each.kind), each.name))
    return {
        KINDS[kind]: tuple(_entry(each, profile, row, elsewhere) for each in of_kind)
        for kind, of_kind in groupby(ordered, key=lambda each: each.kind)
    }


def _entry(measure: Measure, profile: Profile, row: Callable[[str], Any], elsewhere: Mapping[str, str]) -> MeasureEntry:
    read = set(measure_numbers(measure, profile))
    sections = {name: name.partition(".")[0] for name in profile if name in read}
    return MeasureEntry(
        measure=measure,
        terms=tuple(name for name in parameters_of(measure.rule) if name in terms()),
        lists=tuple(name for name in parameters_of(measure.rule) if name in worklists()),
        numbers=tuple(row(name) for name, section in sections.items() if section not in elsewhere),
        shared={section: elsewhere[section] for section in sections.values() if section in elsewhere},
    )


def meaning(term: str) -> str:
    """What a shared term holds."""
    return inspect.getdoc(terms()[term]) or ""
