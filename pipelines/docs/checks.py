"""The expectations of a suite in words."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.publish.suites import Expectation

CONDITIONS = {
    None: "",
    "closed_by.isnull()": " while the gap is open",
    "closed_by.notnull()": " once the gap is closed",
}
"""The row conditions that have words of their own."""


@dataclass(frozen=True)
class CheckRow:
    """An expectation: what is asked, whether a failure refuses the publication, and why it is asked."""

    asked: str
    severity: str
    why: str


def is_among(line: Expectation, others: Iterable[Expectation]) -> bool:
    """Is the same asked, for the same reason, by one of the others?"""
    return any(
        (line.name, line.kwargs, line.severity, line.why) == (o.name, o.kwargs, o.severity, o.why) for o in others
    )


def check_row(line: Expectation) -> CheckRow:
    """The expectation as the catalogue shows it."""
    return CheckRow(_asked(line), line.severity, line.why)


def _asked(line: Expectation) -> str:
    """An expectation in words, with its columns and limits: "`priority` is among `1`, `2`"."""
    kwargs = line.kwargs
    if line.type == "expect_column_pair_values_a_to_be_greater_than_b":
        words = f"`{kwargs['column_A']}` is at least `{kwargs['column_B']}`"
    elif line.type == "expect_compound_columns_to_be_unique":
        words = ", ".join(f"`{column}`" for column in kwargs["column_list"]) + " together are there once"
    else:
        words = f"`{kwargs['column']}` {_claim(line.type, kwargs)}"
    mostly = f", in {kwargs['mostly']:.0%} of the rows" if "mostly" in kwargs else ""
    condition = {
        None: "",
        "closed_by.isnull()": " while the gap is open",
        "closed_by.notnull()": " once the gap is closed",
    }
    return words + mostly + condition.get(line.condition, f", where `{line.condition}`")


def _claim(kind: str, kwargs: Mapping[str, Any]) -> str:
    """What an expectation claims of its column."""
    plain = {
        "expect_column_values_to_not_be_null": "is known",
        "expect_column_values_to_be_null": "is empty",
        "expect_column_values_to_be_unique": "is there once",
    }
    if kind in plain:
        return plain[kind]
    if "value_set" in kwargs:
        values = [f"`{value}`" for value in kwargs["value_set"]]
        among = values[0] if len(values) == 1 else f"among {', '.join(values)}"
        return f"is {'not ' if 'not_be_in_set' in kind else ''}{among}"
    if "regex" in kwargs:
        return f"{'does not match' if 'not_match' in kind else 'matches'} `{kwargs['regex']}`"
    if kind.endswith("to_be_between"):
        what = "has a median" if "median" in kind else "is"
        return f"{what} {_between(kwargs.get('min_value'), kwargs.get('max_value'))}"
    return f"{kind.removeprefix('expect_').replace('_', ' ')} {json.dumps(dict(kwargs), sort_keys=True)}"


def _between(low: Any, high: Any) -> str:
    """The limits of a number or a date, either of which may be missing."""
    limits = {
        "as_of": "the as-of date",
        "known_at": "the knowledge date",
        "small_number": "the limit of small numbers",
    }
    if isinstance(high, Mapping):
        return f"not after {limits[high['$PARAMETER']]}"
    if isinstance(low, Mapping):
        return f"at least {limits[low['$PARAMETER']]}"
    if isinstance(low, str):
        return f"not before {low}"
    return f"at least {low:g}" if high is None else f"from {low:g} to {high:g}"
