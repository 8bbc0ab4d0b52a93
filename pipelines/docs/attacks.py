"""The attacks that were tried on the review screen and their answers, as their tests tell them."""

import ast
import importlib
import inspect
import io
import tokenize
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from pipelines.docs.recorded import sentence

ATTACKS = "tests.review.test_attacks"
LONGEST = 60
ANSWERS = {
    200: "without what was asked for",
    303: "back to a page of ours",
    400: "not understood",
    403: "not let in",
    404: "not found",
    409: "nothing done",
    410: "gone",
    413: "too large",
    421: "not this host",
}
"""What a status means to whoever tried."""


@dataclass(frozen=True)
class Attempt:
    """One thing that was sent, what came back, and why it is tried; answer and reason may be empty."""

    tried: str
    answer: str
    why: str


@dataclass(frozen=True)
class Attack:
    """A kind of attack: what is tried, what holds, and the attempts one by one, where there are several.

    ``each`` says what every attempt is repeated with.
    """

    tried: str
    holds: str
    attempts: tuple[Attempt, ...]
    each: str


def attacks() -> list[Attack]:
    """Every attack, in the order of the tests; these must be importable, and each must say what it tries."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the test client: no business of a page
        module = importlib.import_module(ATTACKS)
    source = inspect.getsource(module)
    comments = _comments(source)
    tests = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return [_attack(node, module, comments) for node in tests if node.name.startswith("test_")]


def _attack(node: ast.FunctionDef, module: ModuleType, comments: Mapping[int, str]) -> Attack:
    tables = [_table(call, module, comments) for call in reversed(node.decorator_list)]
    told = max(tables, key=lambda table: ("status" in table[0], len(table[1])), default=([], []))
    repeated = [", ".join(shown(values[0]) for values, _ in rows) for names, rows in tables if rows is not told[1]]
    return Attack(
        tried=ast.get_docstring(node) or "",
        holds=sentence(node.name),
        attempts=tuple(_attempt(told[0], values, why) for values, why in told[1]),
        each="; ".join(repeated),
    )


def _table(
    call: ast.expr, module: ModuleType, comments: Mapping[int, str]
) -> tuple[list[str], list[tuple[tuple, str]]]:
    """The names of a ``parametrize`` and its rows: the values, and what is said behind them."""
    names, listed = call.args
    named = ast.literal_eval(names)
    if isinstance(listed, ast.Name):
        listed = _assigned(module, listed.id)
    names = [named] if isinstance(named, str) else list(named)
    rows = []
    for element in listed.elts:
        value = eval(compile(ast.Expression(element), ATTACKS, "eval"), vars(module))
        # Several on a line share what is said behind it, which then is about none of them.
        why = comments.get(element.end_lineno, "") if isinstance(element, ast.Tuple) else ""
        rows.append(((value,) if isinstance(named, str) else tuple(value), why))
    return names, rows


def _assigned(module: ModuleType, name: str) -> ast.expr:
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return node.value
    raise ValueError(f"{ATTACKS} has no table named {name}.")


def _attempt(names: list[str], values: tuple, why: str) -> Attempt:
    given = dict(zip(names, values, strict=True))
    status = given.pop("status", None)
    answer = f"{status}, {ANSWERS[status]}" if status else ""
    return Attempt(" ".join(shown(value) for value in given.values()), answer, why)


def shown(value: Any) -> str:
    """A value as the page shows it: code, and what is long by its beginning and its length."""
    if isinstance(value, Mapping):
        return ", ".join(
            f"{name.replace('_', '-') if name[:1].isupper() else name}: {shown(v)}" for name, v in value.items()
        )
    if isinstance(value, list):
        if len(value) > 2:
            return f"{len(value)} × {shown(value[0])}"
        return ", ".join(map(shown, value)) or "nothing"
    text = str(value)
    plain = text if text.isprintable() else repr(text)[1:-1]
    if len(plain) > LONGEST:
        return f"`{plain[:36]}…` ({len(plain):,} characters)"
    return f"`{plain}`" if plain else "nothing"


def _comments(source: str) -> dict[int, str]:
    """What is said behind each line."""
    return dict(_said_behind(source))


def _said_behind(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.removeprefix("#").strip()
