"""The definition hash of a list: it changes when the list may change its mind, and not when only words do."""

import ast
import hashlib
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from types import CodeType, FunctionType

import polars as pl

from pipelines.contract import CORE_TABLES, empty
from pipelines.profile import Number, Profile
from pipelines.worklists._build import Build, planned
from pipelines.worklists._registry import EXTRACT_OF, Worklist, closure, function_of
from pipelines.worklists._tables import EVENT_TABLES, counting_rows, numbered_people


def definition_hash(worklist: Worklist, profile: Profile, codebook_digest: str) -> str:
    """SHA-256 of the rule, its terms, their helpers, its profile numbers and the code lists.

    Comments, docstrings, titles and layout do not count.
    """
    parts = {
        "functions": functions_behind(worklist.name),
        "numbers": parameters(worklist, profile),
        "codes": codebook_digest,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def parameters(worklist: Worklist, profile: Profile) -> dict[str, Number]:
    """The profile numbers that a list and everything it rests on read, by their dotted name."""
    return numbers_behind(profile, worklist.name)


def numbers_behind(profile: Profile, *names: str, besides: Sequence[FunctionType] = ()) -> dict[str, Number]:
    """The profile numbers that these lists and terms read, and these functions ``besides``, by their dotted name."""
    read = _read(profile, names, besides)
    return {name: profile[name] for name in sorted(frozenset().union(*read.values()))}


def numbers_read(worklist: Worklist, profile: Profile) -> dict[str, frozenset[str]]:
    """The dotted names of the profile numbers that the list itself, each term and each list it rests on read."""
    return _read(profile, (worklist.name,))


def _read(profile: Profile, names: Sequence[str], besides: Sequence[FunctionType] = ()) -> dict[str, frozenset[str]]:
    """The dotted names of the profile numbers that each function reads itself, planned without a row."""
    settings = {
        "as_of": date(2000, 1, 1),
        "profile": profile,
        "delivered": frozenset(EXTRACT_OF.values()),
        "first_exposure": pl.DataFrame(schema={"site": pl.String, "first_start": pl.Date}),
    }
    build = Build(tables_without_rows(), settings, keep=planned)
    for each in dict.fromkeys(each for name in names for each in closure(name)):
        build(each)
    for function in besides:
        build.made(function, function.__name__)
    return build.read


@cache
def tables_without_rows() -> Mapping[str, pl.LazyFrame]:
    """The core tables as rules see them, without a row: enough to build a plan on."""
    people = numbered_people(empty("person").lazy())
    rows = {table: counting_rows(table, empty(table).lazy(), people, as_of=date(2000, 1, 1)) for table in EVENT_TABLES}
    return {"person": people.drop("person").lazy(), **{table: found.lazy() for table, found in rows.items()}}


def functions_behind(*names: str, besides: Sequence[FunctionType] = ()) -> dict[str, str]:
    """What these lists and terms are made of, and these functions ``besides``: every function as bare syntax.

    By dotted name, with the constants that they read.
    """
    seen: dict[str, str] = {}
    needed = {each: None for name in names for each in closure(name) if each not in CORE_TABLES}
    waiting = [counting_rows, *(function_of(each) for each in needed), *besides]
    while waiting:
        function = waiting.pop()
        key = f"{function.__module__}.{function.__qualname__}"
        if key in seen:
            continue
        seen[key] = _bare(function)
        for named in sorted(_names(function.__code__)):
            value = function.__globals__.get(named)
            if isinstance(value, FunctionType) and value.__module__.startswith("pipelines."):
                waiting.append(value)
            elif isinstance(value, str | int | float | tuple | dict | pl.DataType):
                seen[f"{function.__module__}.{named}"] = _told(value)
    return seen


def _told(value: object) -> str:
    """A constant in words that are the same in every process: the ``repr`` of an expression holds its address."""
    if isinstance(value, pl.Expr):
        return value.meta.serialize(format="json")
    if isinstance(value, dict):
        return str({_told(key): _told(each) for key, each in value.items()})
    if isinstance(value, list | tuple):
        return str([_told(each) for each in value])
    if is_dataclass(value) and not isinstance(value, type):
        return str({each.name: _told(getattr(value, each.name)) for each in fields(value)})
    return repr(value)


def _names(code: CodeType) -> Iterator[str]:
    """Every name that a function reads from its module, inner functions included."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


@cache
def _bare(function: FunctionType) -> str:
    """A function as syntax, without decorators and docstrings."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)
