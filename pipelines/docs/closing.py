"""The closing rules of a worklist in their order, read from the source of its rule."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from types import FunctionType

from pipelines.worklists import Worklist, _closing

CLOSES = "close_gap"
SAYS = "because"


@dataclass(frozen=True)
class ClosingRule:
    """A closing rule: its name, and the words with which it closes a gap."""

    name: str
    said: str


def closing_rules(worklist: Worklist) -> list[ClosingRule]:
    """The closing rules of a list, in order.

    Raises:
        ValueError: the rule does not end in one ``close_gap`` with its closing rules named one by one.
    """
    rule = _tree(worklist.rule)
    calls = [node for node in ast.walk(rule) if isinstance(node, ast.Call) and _called(node) == CLOSES]
    if len(calls) != 1 or not all(keyword.arg for keyword in calls[0].keywords):
        raise ValueError(f"{worklist.name}: cannot read its closing rules. Name them in one call of {CLOSES}.")
    return [
        ClosingRule(keyword.arg, " or ".join(dict.fromkeys(_phrases(keyword.value, rule))))
        for keyword in calls[0].keywords
    ]


def _phrases(part: ast.AST, rule: ast.AST | None, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """What ``because`` is told in a part of a rule: here, in a helper that is called, or where a name was assigned."""
    for node in ast.walk(part):
        if isinstance(node, ast.Call) and _called(node) == SAYS:
            yield ast.literal_eval(node.args[0])
        elif isinstance(node, ast.Call) and isinstance(getattr(_closing, _called(node), None), FunctionType):
            yield from _phrases(_tree(getattr(_closing, _called(node))), None)
        elif isinstance(node, ast.Name) and rule is not None and node.id not in seen:
            for assigned in _assigned(node.id, rule):
                yield from _phrases(assigned, rule, seen | {node.id})


def _assigned(name: str, rule: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(rule):
        if isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == name for each in node.targets
        ):
            yield node.value


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _tree(function: object) -> ast.FunctionDef:
    return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
