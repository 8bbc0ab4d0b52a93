"""Great Expectations over core tables and worklists: what was checked, on how many rows, and why it matters.

Values of patients never leave these checks; only counts, column names and the words of the suite do.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from pipelines.contract import core_schema
from pipelines.publish.outcomes import Outcome, Parameters, judge
from pipelines.publish.suites import Expectation, columns_named, load_suite

Rows = Callable[[list[str]], pl.DataFrame | pl.LazyFrame]


@dataclass(frozen=True)
class CheckResult:
    """What one check found; the columns of ``check_result``, where each is explained, without the run."""

    check_name: str
    layer: str
    table_name: str | None
    column_name: str | None
    severity: str
    status: str
    unexpected_count: int | None
    row_count: int | None
    why: str
    detail: str

    @property
    def refuses(self) -> bool:
        """Does this check alone keep the run from being published?"""
        return self.status == "error" or (self.status == "failed" and self.severity == "critical")

    @property
    def warns(self) -> bool:
        """Is this a failed check that is shown and passes on?"""
        return self.status == "failed" and self.severity == "warning"


def validate(suite: Path, rows: Rows, *, parameters: Parameters | None = None) -> list[CheckResult]:
    """The results of a suite on the rows of its table, one per expectation, in the order of the suite.

    ``rows`` is asked once for the columns that the suite names; a lazy frame is never held as a whole. ``parameters``
    fill ``{"$PARAMETER": "as_of"}``: a date as an upper bound means the whole day. Without a row to judge, a check is
    not applicable.
    """
    loaded = load_suite(suite)
    outcomes = {expectation.name: Outcome() for expectation in loaded.expectations}
    for name, outcome in judge(loaded.expectations, rows(columns_named(suite)).lazy(), parameters or {}):
        outcomes[name].add(outcome)
    return [_result(loaded.name, expectation, outcomes[expectation.name]) for expectation in loaded.expectations]


def describe(result: CheckResult) -> str:
    """Say what was found, on how many rows, and why it matters; never show a value."""
    return f"{result.check_name}: {result.detail} {result.why}"


def check_table(results: Iterable[CheckResult], run_id: str) -> pl.DataFrame:
    """The rows of ``check_result`` for a run, in the order given."""
    return pl.DataFrame(
        [{"run_id": run_id, **asdict(result)} for result in results], schema=core_schema("check_result")
    )


def _result(suite: str, line: Expectation, outcome: Outcome) -> CheckResult:
    layer, _, table = suite.partition(".")
    status, detail = _told(line, outcome)
    return CheckResult(
        check_name=f"{suite}.{line.name}",
        layer=layer,
        table_name=table,
        column_name=", ".join(line.columns) or None,
        severity="critical" if status == "error" else line.severity,
        status=status,
        unexpected_count=outcome.unexpected,
        row_count=outcome.rows,
        why=line.why,
        detail=detail,
    )


def _told(line: Expectation, outcome: Outcome) -> tuple[str, str]:
    """Status and detail: a sentence of counts and column names."""
    columns = ", ".join(line.columns)
    if outcome.error:
        return "error", f"{columns} could not be checked ({outcome.error}); until it can, it counts as failed."
    if not outcome.judged:
        return "not_applicable", "No row to check."
    if outcome.unexpected is None:  # about the column as a whole
        return (
            ("passed", f"Held on {outcome.rows:,} rows.") if outcome.held else ("failed", f"{columns}: did not hold.")
        )
    tolerated = round((1 - line.kwargs.get("mostly", 1)) * outcome.judged, 6)  # 0.1 x 10 is a hair under 1
    found = f"{columns}: {outcome.unexpected:,} of {outcome.judged:,} rows did not hold."
    if outcome.unexpected > tolerated:
        return "failed", found
    return "passed", found if outcome.unexpected else f"Held on {outcome.judged:,} rows."
