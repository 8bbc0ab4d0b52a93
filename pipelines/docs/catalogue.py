"""What the catalogue says of the worklists, gathered from rules, profiles, suites and tests."""

import inspect
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from pipelines.clinical._term import terms
from pipelines.contract import root
from pipelines.docs.cases import Cases, cases
from pipelines.docs.checks import CheckRow, check_row, is_among
from pipelines.docs.closing import ClosingRule, closing_rules
from pipelines.docs.measured import MeasureEntry, meaning, measure_entries
from pipelines.docs.recorded import DEFAULT_PROFILE, examples
from pipelines.profile import Profile, Source, load_profile, profile_names, sources
from pipelines.publish.patients import TEST, TREATMENT
from pipelines.publish.suites import Expectation, load_suite
from pipelines.worklists import Worklist, worklists
from pipelines.worklists._definition import numbers_read
from pipelines.worklists._registry import parameters_of

PROFILES = {DEFAULT_PROFILE: "United Kingdom", "us": "United States"}
"""The two profiles that the catalogue shows side by side; the others differ from one of them in a few cut-offs."""


@dataclass(frozen=True)
class NumberRow:
    """A profile number: its value in each profile that is shown, its unit, and what it rests on."""

    name: str
    values: tuple[str, ...]
    unit: str
    basis: tuple[tuple[str, str], ...]
    """Evidence tag and key of the source, each once, in the order of the profiles."""


@dataclass(frozen=True)
class ExampleRow:
    """A test: its sentence, its docstring, and its tables of cases."""

    sentence: str
    note: str
    tables: tuple[Cases, ...]


@dataclass(frozen=True)
class Entry:
    """The section of one worklist."""

    worklist: Worklist
    lead: str
    source_keys: tuple[str, ...]
    closing: tuple[ClosingRule, ...]
    terms: tuple[str, ...]
    """The shared terms that the rule names."""
    numbers: tuple[NumberRow, ...]
    shared: Mapping[str, str]
    """The sections of numbers that the list reads besides, each with the anchor it is shown at."""
    checks: tuple[CheckRow, ...]
    """What is asked of this list beyond the checks of every list."""
    examples: tuple[ExampleRow, ...]


@dataclass(frozen=True)
class Preset:
    """A profile that is not shown: the shown one it is nearest to, and the numbers of both where they differ."""

    title: str
    like: str
    numbers: tuple[NumberRow, ...]


@dataclass(frozen=True)
class Catalogue:
    """Everything the catalogue shows. ``shared`` holds the numbers of no single list, by section."""

    profiles: Mapping[str, str]
    groups: Mapping[str, tuple[Entry, ...]]
    """The lists by what they ask for, the first to act on first."""
    terms: Mapping[str, str]
    """What the shared terms mean that some list names."""
    shared: Mapping[str, tuple[NumberRow, ...]]
    measures: Mapping[str, tuple[MeasureEntry, ...]]
    """The measures that are no list, by the heading of their kind."""
    common_checks: tuple[CheckRow, ...]
    presets: Mapping[str, Preset]
    """The other profiles by name."""
    documents: Mapping[str, Source]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every list, in the order of the catalogue."""
        return tuple(chain.from_iterable(self.groups.values()))


def catalogue() -> Catalogue:
    """The catalogue of the worklists that exist, sorted by name; the tests must be importable."""
    shown = [load_profile(name) for name in PROFILES]
    asked = {name: load_suite(root("expectations") / "worklists" / f"{name}.json").expectations for name in worklists()}
    common = [line for line in next(iter(asked.values())) if all(is_among(line, suite) for suite in asked.values())]
    groups = {
        title: tuple(
            _entry(worklists()[name], shown, [line for line in asked[name] if not is_among(line, common)])
            for name in names
        )
        for title, names in _groups().items()
    }
    entries = list(chain.from_iterable(groups.values()))
    shared = [
        section
        for section in _sections(shown[0])
        if section not in worklists() and any(section in entry.shared for entry in entries)
    ]
    anchors = {name: name for name in worklists()} | {section: f"numbers-{section}" for section in shared}
    measured = measure_entries(shown[0], lambda name: _number(name, shown), anchors)
    counting = list(chain.from_iterable(measured.values()))
    return Catalogue(
        profiles=PROFILES,
        groups=groups,
        terms={name: meaning(name) for name in sorted({name for each in entries + counting for name in each.terms})},
        shared={
            section: tuple(_number(name, shown) for name in shown[0] if name.startswith(f"{section}."))
            for section in shared
        },
        measures=measured,
        common_checks=tuple(check_row(line) for line in common),
        presets={name: _preset(load_profile(name), shown) for name in profile_names() if name not in PROFILES},
        documents={key: document for key, document in sources().items() if document.url},
    )


def _groups() -> dict[str, list[str]]:
    """The names of the lists by the heading of their group, in clinical order; new ones stand behind."""
    behind = sorted(set(worklists()) - {*TREATMENT, *TEST})
    return {
        "Lists that ask for treatment": [name for name in TREATMENT if name in worklists()],
        "Lists that ask for a test": [name for name in (*TEST, *behind) if name in worklists()],
    }


def _entry(worklist: Worklist, shown: list[Profile], checks: list[Expectation]) -> Entry:
    read = numbers_read(worklist, shown[0])
    everything = frozenset().union(*read.values())
    first = f"{worklist.name}."
    own = [
        name
        for name in sorted(shown[0], key=lambda name: not name.startswith(first))
        if name in everything and (name.startswith(first) or name in read[worklist.name])
    ]
    module = inspect.getdoc(sys.modules[worklist.module]) or ""
    return Entry(
        worklist=worklist,
        lead=module.partition("\n")[0],
        source_keys=tuple(_key(document) for document in worklist.sources),
        closing=tuple(closing_rules(worklist)),
        terms=tuple(name for name in parameters_of(worklist.rule) if name in terms()),
        numbers=tuple(_number(name, shown) for name in own),
        shared={
            section: section if section in worklists() else f"numbers-{section}"
            for section in _sections(name for name in shown[0] if name in everything.difference(own))
        },
        checks=tuple(check_row(line) for line in checks),
        examples=tuple(
            ExampleRow(each.sentence, each.note, tuple(cases(table, PROFILES) for table in each.tables))
            for each in examples(worklist.name)
        ),
    )


def _sections(names: Iterable[str]) -> list[str]:
    """The sections that numbers belong to, each once."""
    return list(dict.fromkeys(name.partition(".")[0] for name in names))


def _number(name: str, shown: list[Profile]) -> NumberRow:
    found = [profile.parameters[name] for profile in shown]
    basis = dict.fromkeys((each.tag, _key(each.source)) for each in found)
    return NumberRow(name, tuple(each.shown_value for each in found), found[0].shown_unit, tuple(basis))


def _preset(profile: Profile, shown: list[Profile]) -> Preset:
    differing = [[name for name in profile if profile.parameters[name] != other.parameters[name]] for other in shown]
    nearest = min(range(len(shown)), key=lambda place: len(differing[place]))
    rows = tuple(_number(name, [shown[nearest], profile]) for name in differing[nearest])
    return Preset(profile.title, list(PROFILES.values())[nearest], rows)


def _key(document: Source) -> str:
    return next(key for key, known in sources().items() if known == document)
