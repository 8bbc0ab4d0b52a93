"""What a measure is beside the worklists, and how the measures that exist are found."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

import polars as pl

from pipelines.profile import Source, source

Kind = Literal["balancing", "testing"]
Rule = Callable[..., pl.LazyFrame]


@dataclass(frozen=True)
class Measure:
    """A rule that counts people, with what a reader of the number wants to know about it.

    ``counted`` says in words who is counted among the eligible.
    """

    name: str
    kind: Kind
    title: str
    counted: str
    sources: tuple[Source, ...]
    reviewed: date
    rule: Rule

    @property
    def rationale(self) -> str:
        """The docstring of the rule: the text of the catalogue."""
        return inspect.cleandoc(self.rule.__doc__ or "")


_MEASURES: dict[str, Measure] = {}


def measure(
    *, kind: Kind, title: str, counted: str, sources: tuple[str, ...], reviewed: date
) -> Callable[[Rule], Rule]:
    """Register a rule as the measure of its name.

    As with a worklist, the positional parameters of the rule name core tables, terms and lists, and ``sources`` are
    keys of ``profiles/sources.toml``. The rule returns every eligible person once, as a lazy frame of ``person_id``
    and ``is_counted``; any other column is left behind.
    """

    def register(rule: Rule) -> Rule:
        documents = tuple(source(key) for key in sources)
        _MEASURES[rule.__name__] = Measure(rule.__name__, kind, title, counted, documents, reviewed, rule)
        return rule

    return register


@cache
def measures() -> Mapping[str, Measure]:
    """Every measure by name, sorted."""
    package = importlib.import_module("pipelines.measures")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"pipelines.measures.{module.name}")
    return dict(sorted(_MEASURES.items()))
