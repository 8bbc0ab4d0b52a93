"""The tables that the tests of the worklists draw, got by calling the very same tests with a recorder as ``spec``."""

import importlib
import inspect
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

DEFAULT_PROFILE = "uk_nice_ng239"

CAPITALS = {
    "b12": "B12",
    "mma": "MMA",
    "mcv": "MCV",
    "egfr": "eGFR",
    "ppi": "PPI",
    "united kingdom": "United Kingdom",
    "united states": "United States",
    "february": "February",
    "crohns": "Crohn's",
}
"""Words of a test's name that are not written as Python writes them."""


@dataclass(frozen=True)
class Drawn:
    """One table of cases: what was given, on which date, and what must come out."""

    worklist: str
    as_of: str
    given: Mapping[str, str]
    expect: str
    profiles: tuple[str, ...]
    overrides: Mapping[str, object]
    delivered: frozenset[str] | None
    """The extract tables that were ever delivered; None for all of them."""
    first_exposure: str | None


@dataclass(frozen=True)
class Example:
    """What one test says: its name as a sentence, its docstring, and the tables that show it."""

    sentence: str
    note: str
    tables: tuple[Drawn, ...]


class _EndOfTable(Exception):
    """A test asked for what was judged: the tables are drawn, and the rest concerns the test alone."""


class _Unjudged:
    """Stands in place of a judgement; whoever looks into it has drawn the table."""

    def __getattr__(self, name: str) -> Any:
        raise _EndOfTable(name)


@contextmanager
def with_tests(checkout: Path) -> Iterator[None]:
    """The tests of a checkout can be imported."""
    sys.path.insert(0, str(checkout))
    try:
        yield
    finally:
        sys.path.remove(str(checkout))


def examples(slug: str) -> list[Example]:
    """What the tests of a worklist say, in the order of their file; tests that draw no table are left out.

    The tests must be importable, see :func:`with_tests`. Nothing is judged, so this does not say that the tests pass.
    """
    module = importlib.import_module(f"tests.worklists.test_{slug}")
    found = (_example(name, function) for name, function in _tests(module))
    return [example for example in found if example.tables]


def sentence(name: str) -> str:
    """The name of a test as a sentence: ``test_b12_in_the_year`` is "B12 in the year"."""
    words = name.removeprefix("test_").replace("_", " ")
    for plain, written in CAPITALS.items():
        words = f" {words} ".replace(f" {plain} ", f" {written} ").strip()
    return words if words.startswith("eGFR") else words[:1].upper() + words[1:]


def _tests(module: ModuleType) -> Iterator[tuple[str, Callable]]:
    for name, function in vars(module).items():
        if name.startswith("test_") and callable(function):
            yield name, function


def _example(name: str, function: Callable) -> Example:
    drawn: list[Drawn] = []

    def record(
        rule: Callable,
        *,
        as_of: str,
        given: Mapping[str, str],
        expect: str,
        profile: str = DEFAULT_PROFILE,
        overrides: Mapping[str, object] | None = None,
        delivered: frozenset[str] | None = None,
        first_exposure: str | None = None,
    ) -> _Unjudged:
        drawn.append(Drawn(rule.__name__, as_of, given, expect, (profile,), overrides or {}, delivered, first_exposure))
        return _Unjudged()

    for arguments in _arguments(function):
        try:
            function(spec=record, **arguments)
        except _EndOfTable:
            continue
    return Example(sentence(name), inspect.cleandoc(function.__doc__ or ""), tuple(_merged(drawn)))


def _arguments(function: Callable) -> Iterator[dict[str, Any]]:
    """The arguments of each case of a parametrized test; none where the test wants a fixture besides ``spec``."""
    sets = [
        [_named(mark.args[0], values) for values in mark.args[1]]
        for mark in getattr(function, "pytestmark", [])
        if mark.name == "parametrize"
    ]
    wanted = set(inspect.signature(function).parameters)
    for chosen in itertools.product(*sets):
        arguments = {name: value for part in chosen for name, value in part.items()}
        if wanted == {"spec", *arguments}:
            yield arguments


def _named(names: str | tuple[str, ...], values: Any) -> dict[str, Any]:
    """One case of ``pytest.mark.parametrize`` by argument name."""
    wanted = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    values = getattr(values, "values", values)  # pytest.param
    return (
        {wanted[0]: values} if isinstance(names, str) and len(wanted) == 1 else dict(zip(wanted, values, strict=True))
    )


def _merged(drawn: list[Drawn]) -> list[Drawn]:
    """The tables, each once: one that holds under several profiles names them all."""
    merged: list[Drawn] = []
    for table in drawn:
        for place, known in enumerate(merged):
            if replace(known, profiles=()) == replace(table, profiles=()):
                merged[place] = replace(known, profiles=tuple(dict.fromkeys((*known.profiles, *table.profiles))))
                break
        else:
            merged.append(table)
    return merged
