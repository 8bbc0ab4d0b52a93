"""Suites: the JSON files under ``expectations/``, each line with its severity and its why.

The files are plain Great Expectations suites; a line adds ``meta.why`` (required) and ``meta.name``, where its column
and type do not name it well. Row conditions are pandas queries.
"""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import B12Error

SEVERITIES = ("critical", "warning")
UNIQUENESS = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")
PRESENCE = ("expect_column_values_to_be_null", "expect_column_values_to_not_be_null")
ROW_BY_ROW = ("expect_column_values_", "expect_column_pair_values_", "expect_multicolumn_values_")


@dataclass(frozen=True)
class Expectation:
    """One line of a suite."""

    name: str
    type: str
    kwargs: Mapping[str, Any]
    severity: str
    why: str

    @property
    def columns(self) -> list[str]:
        """The columns it judges, in the order of the suite."""
        named = [self.kwargs.get(key) for key in ("column", "column_A", "column_B")]
        return [column for column in [*named, *self.kwargs.get("column_list", [])] if column]

    @property
    def parameters(self) -> set[str]:
        """The names of the parameters that fill its bounds."""
        return {bound["$PARAMETER"] for bound in self.kwargs.values() if isinstance(bound, Mapping)}

    @property
    def form(self) -> str:
        """What it needs to see of a row: the key, the presence or the value of its columns; or the whole column."""
        if self.type in UNIQUENESS:
            return "key"
        if self.type in PRESENCE:
            return "presence"
        return "value" if self.type.startswith(ROW_BY_ROW) else "column"

    @property
    def condition(self) -> str | None:
        """Which rows it judges, as a pandas query; null for all."""
        return self.kwargs.get("row_condition")

    @property
    def condition_columns(self) -> list[str]:
        """The columns that its row condition reads."""
        tree = ast.parse(self.condition or "None", mode="eval")
        return sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})


@dataclass(frozen=True)
class Suite:
    """A suite as read: ``core.<table>``, ``worklist.<slug>`` or ``published.<table>``, and its expectations."""

    name: str
    expectations: list[Expectation]


def load_suite(path: Path) -> Suite:
    """The suite of a file, refused unless every expectation says how severe it is and why.

    Raises:
        B12Error: A severity or a ``why`` is missing, or two expectations share a name.
    """
    raw = json.loads(path.read_text(encoding="utf-8"))
    suite = Suite(raw["name"], [_expectation(line, path) for line in raw["expectations"]])
    names = [expectation.name for expectation in suite.expectations]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise B12Error(f"{path.name}: two expectations are named {', '.join(twice)}. Give one of them a meta.name.")
    return suite


def columns_named(suite: Path) -> list[str]:
    """The columns that a suite reads, sorted: all that validation needs of its table."""
    lines = load_suite(suite).expectations
    return sorted({column for line in lines for column in [*line.columns, *line.condition_columns]})


def _expectation(line: Mapping[str, Any], path: Path) -> Expectation:
    meta, kwargs = line.get("meta", {}), line["kwargs"]
    short = line["type"].removeprefix("expect_").removeprefix("column_").removeprefix("values_to_").removeprefix("be_")
    name = meta.get("name", f"{kwargs.get('column', 'rows')}_{short}")
    if line.get("severity") not in SEVERITIES:
        raise B12Error(f"{path.name}: {name} has no severity. Expected one of: {', '.join(SEVERITIES)}.")
    if not meta.get("why", "").strip():
        raise B12Error(f"{path.name}: {name} does not say why. Add meta.why: what goes wrong when it does not hold?")
    return Expectation(name, line["type"], kwargs, line["severity"], meta["why"])
