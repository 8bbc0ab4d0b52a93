"""What a worklist is, and how the lists that exist are found."""

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property

import polars as pl

from pipelines.clinical._term import terms
from pipelines.contract import CORE_TABLES
from pipelines.errors import ConfigurationError
from pipelines.profile import Source, source

Rule = Callable[..., pl.LazyFrame]

EXTRACT_OF = {
    "person": "patients",
    "measurement": "labs",
    "drug_exposure": "prescriptions",
    "condition_occurrence": "diagnoses",
    "procedure_occurrence": "procedures",
}
SCOPE = "in_scope"  # every list speaks of the people in scope, whether its rule names the term or not


@dataclass(frozen=True)
class Worklist:
    """A rule with what a reader of the list wants to know about it."""

    name: str
    title: str
    action: str
    owner: str
    sources: tuple[Source, ...]
    reviewed: date
    rule: Rule
    ordered_by_mma: bool = False

    @property
    def source(self) -> Source:
        """The document that the list rests on first of all."""
        return self.sources[0]

    @property
    def rationale(self) -> str:
        """The docstring of the rule: the text of the catalogue."""
        return inspect.cleandoc(self.rule.__doc__ or "")

    @property
    def module(self) -> str:
        """Dotted path of the module that holds the rule."""
        return self.rule.__module__

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The core tables that the rule needs, directly or through terms and other lists."""
        return tuple(name for name in closure(self.name) if name in CORE_TABLES)

    @property
    def lists(self) -> tuple[str, ...]:
        """The other lists that the rule names."""
        return tuple(name for name in parameters_of(self.rule) if name in _RULES)

    @property
    def extracts(self) -> tuple[str, ...]:
        """The extract tables that those core tables are made from."""
        return tuple(EXTRACT_OF[name] for name in self.inputs)


_RULES: dict[str, Worklist] = {}


def worklist(
    *,
    title: str,
    action: str,
    owner: str,
    sources: tuple[str, ...],
    reviewed: date,
    ordered_by_mma: bool = False,
) -> Callable[[Rule], Rule]:
    """Register a rule as the worklist of its name.

    Within a priority the list is ordered by lower serum B12, or by higher MMA with ``ordered_by_mma``.

    The positional parameters of the rule name core tables, terms and other lists; ``sources`` are keys of
    ``profiles/sources.toml``, the first one foremost. The rule returns every eligible person once, as a lazy frame of

    - ``person_id``, ``index_date``, ``due_date``, ``closed_by`` (with the columns that ``close_gap`` adds),
    - ``priority`` as it is while the gap is open,
    - ``found`` and ``missing``, the two halves of the reason,
    - ``evidence_<role>``: the event, or the list of events, that plays this role; null for none,
    - ``flag_<name>``: true where the flag is to be set;

    any other column is left behind.
    """

    def register(rule: Rule) -> Rule:
        documents = tuple(source(key) for key in sources)
        _RULES[rule.__name__] = Worklist(rule.__name__, title, action, owner, documents, reviewed, rule, ordered_by_mma)
        return rule

    return register


@cache
def worklists() -> Mapping[str, Worklist]:
    """Every worklist by name, in judging order: a list comes after those it names."""
    package = importlib.import_module("pipelines.worklists")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"pipelines.worklists.{module.name}")
    judged: dict[str, Worklist] = {}

    def judge_after_needs(name: str, waiting: tuple[str, ...]) -> None:
        if name in waiting:
            raise ValueError(f"Worklists wait for each other: {' -> '.join((*waiting, name))}.")
        if name in judged:
            return
        for need in parameters_of(_RULES[name].rule):
            if need in _RULES:
                judge_after_needs(need, (*waiting, name))
        judged[name] = _RULES[name]

    for name in sorted(_RULES):
        judge_after_needs(name, ())
    return judged


def known_worklist(name: str) -> Worklist:
    """The worklist of that name.

    Raises:
        ConfigurationError: there is none; the message names the nearest, and lists those that exist.
    """
    known = sorted(worklists())
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
        raise ConfigurationError(
            f"No worklist named {name!r}; {near!r} is nearest. Known worklists: {', '.join(known)}."
        )
    return worklists()[name]


def parameters_of(function: Callable) -> tuple[str, ...]:
    """The tables, terms and lists that a term or rule names, in the order of its signature."""
    signature = inspect.signature(function).parameters.values()
    return tuple(each.name for each in signature if each.kind is not inspect.Parameter.KEYWORD_ONLY)


def keywords_of(function: Callable) -> tuple[str, ...]:
    """The settings that a term or rule asks for."""
    signature = inspect.signature(function).parameters.values()
    return tuple(each.name for each in signature if each.kind is inspect.Parameter.KEYWORD_ONLY)


def function_of(name: str) -> Callable[..., pl.LazyFrame]:
    """The rule or term of that name."""
    if name in _RULES:
        return _RULES[name].rule
    if name not in terms():
        raise ValueError(f"No core table, term or worklist named {name!r}. Known terms: {', '.join(sorted(terms()))}.")
    return terms()[name]


@cache
def closure(name: str) -> tuple[str, ...]:
    """Everything a list rests on, itself first: terms, other lists and core tables, the scope included."""
    seen: dict[str, None] = {}
    waiting = [name, SCOPE]
    while waiting:
        current = waiting.pop(0)
        if current not in seen:
            seen[current] = None
            if current not in CORE_TABLES:
                waiting.extend(parameters_of(function_of(current)))
    return tuple(seen)
