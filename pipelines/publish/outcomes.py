"""What Great Expectations finds in a polars frame: counts by expectation, never a value.

Great Expectations knows pandas alone, and copies what it is handed several times for each expectation. So it judges
each distinct combination of the columns that an expectation reads once, and the counts are weighed by the rows that
carry it: 34 expectations on 5 M rows take 2 s instead of 36.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.publish.suites import Expectation

if TYPE_CHECKING:
    import pandas as pd  # noqa: TID251 - Great Expectations takes pandas
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - times of core tables are local and carry no zone
WEIGHT = "rows_alike"

Parameters = Mapping[str, date]


@dataclass
class Outcome:
    """What was counted for one expectation, summed over the parts of a table."""

    held: bool = True  # as judged part by part; where rows are counted, the sum of `unexpected` decides
    rows: int = 0  # rows that its condition chose
    judged: int = 0  # those of them that were not null where null says nothing
    unexpected: int | None = None  # null for an expectation about a column as a whole, such as a median
    error: str | None = None

    def add(self, part: "Outcome") -> None:
        """Take in the counts of one more part."""
        self.held &= part.held
        self.rows += part.rows
        self.judged += part.judged
        if part.unexpected is not None:
            self.unexpected = (self.unexpected or 0) + part.unexpected
        self.error = self.error or part.error


def judge(
    expectations: Iterable[Expectation], part: pl.DataFrame, parameters: Parameters
) -> Iterator[tuple[str, Outcome]]:
    """The outcome of each expectation by its name, on one part of a table; whatever raises becomes an error outcome."""
    definition = _batch_definition()
    for (form, columns, condition_columns), lines in _grouped(expectations, _form_and_columns).items():
        missing = sorted({*columns, *condition_columns} - set(part.columns))
        if missing:
            yield from _errors(lines, part.height, f"there is no column {', '.join(missing)}")
            continue
        frame = _handed_over(part, form, columns, condition_columns)
        unfilled = [line for line in lines if line.parameters - parameters.keys()]
        yield from _errors(unfilled, part.height, "a parameter was not given")
        ready = [line for line in lines if line not in unfilled]
        for condition, alike in _grouped(ready, lambda line: line.condition).items():
            try:
                chosen = frame.query(condition) if condition else frame
                yield from _run(definition, chosen, alike, form, list(columns), parameters)
            except Exception as error:  # a check that cannot be made is never silence
                yield from _errors(alike, part.height, type(error).__name__)  # its message may hold a value


def _grouped(lines: Iterable[Expectation], key: Callable[[Expectation], Any]) -> dict[Any, list[Expectation]]:
    groups: dict[Any, list[Expectation]] = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)
    return groups


def _form_and_columns(line: Expectation) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return line.form, tuple(sorted(line.columns)), tuple(line.condition_columns)


def _handed_over(
    part: pl.DataFrame, form: str, columns: tuple[str, ...], condition_columns: tuple[str, ...]
) -> "pd.DataFrame":
    """The pandas frame for one group of expectations, each row with the number of rows that it stands for."""
    own = [_in_form(form, part.schema[column], column) for column in columns if column not in condition_columns]
    given = [_in_form("value", part.schema[column], column) for column in condition_columns]
    rows = part.lazy().select(*own, *given)
    if form in ("value", "presence"):
        weighed = rows.group_by(pl.all()).agg(pl.len().alias(WEIGHT)).collect()
    elif form == "key":
        # Rows that stand alone by their hash cannot repeat one another: they are judged as one row that is unlike any.
        hashed = rows.with_columns(pl.struct(pl.all()).hash().is_duplicated().alias("repeats")).collect()
        repeated = hashed.filter("repeats").drop("repeats").with_columns(pl.lit(1).alias(WEIGHT))
        alone = hashed.filter(~pl.col("repeats")).drop("repeats")
        weighed = pl.concat([repeated, alone.head(1).with_columns(pl.lit(alone.height).alias(WEIGHT))])
    else:
        weighed = rows.with_columns(pl.lit(1).alias(WEIGHT)).collect()
    return weighed.to_pandas()


def _in_form(form: str, dtype: pl.DataType, column: str) -> pl.Expr:
    """A column in the cheapest form that its expectations can judge.

    For presence only null matters. For uniqueness only equality: a 64-bit hash of the text (null hashes too, so two
    nulls repeat one another). Elsewhere text becomes a category, and time becomes milliseconds, because Great
    Expectations compares dates one by one.
    """
    if form == "presence":
        return pl.when(pl.col(column).is_not_null()).then(pl.lit(1, pl.Int8)).alias(column)
    if dtype.is_temporal():
        return pl.col(column).cast(pl.Datetime("ms")).dt.epoch("ms")
    if dtype != pl.String:
        return pl.col(column)
    return pl.col(column).hash() if form == "key" else pl.col(column).cast(pl.Categorical)


def _run(
    definition: "BatchDefinition",
    frame: "pd.DataFrame",
    lines: list[Expectation],
    form: str,
    columns: list[str],
    parameters: Parameters,
) -> Iterator[tuple[str, Outcome]]:
    """Outcomes of expectations that read the same columns and rows."""
    import great_expectations as gx

    frame = frame.reset_index(drop=True)  # Great Expectations answers with labels of this index
    judged = frame if form in ("presence", "key") else frame.dropna(subset=columns)
    rows, counted = int(frame[WEIGHT].sum()), int(judged[WEIGHT].sum())
    if not counted:
        yield from ((line.name, Outcome(rows=rows)) for line in lines)
        return
    asked = [
        {"type": line.type, "kwargs": _filled(line.kwargs, parameters), "meta": {"name": line.name}} for line in lines
    ]
    batch = definition.get_batch({"dataframe": frame[columns]})
    answer = batch.validate(gx.ExpectationSuite(name="group", expectations=asked), result_format="COMPLETE")
    for result in answer.results:
        yield result.expectation_config.meta["name"], _outcome(result, frame, rows, counted)


def _outcome(result: "ExpectationValidationResult", frame: "pd.DataFrame", rows: int, judged: int) -> Outcome:
    """The counts of a result, weighed; its lists of values are left behind here."""
    if not result.result:  # emptied where the expectation raised
        return Outcome(held=False, rows=rows, error="Great Expectations raised")
    if "unexpected_count" not in result.result:
        return Outcome(bool(result.success), rows, judged)
    labels = result.result.get("unexpected_index_list") or []
    if len(labels) != result.result["unexpected_count"]:
        return Outcome(held=False, rows=rows, error="its rows were not all told")
    return Outcome(bool(result.success), rows, judged, int(frame.loc[labels, WEIGHT].sum()))


def _errors(lines: list[Expectation], rows: int, error: str) -> Iterator[tuple[str, Outcome]]:
    yield from ((line.name, Outcome(held=False, rows=rows, error=error)) for line in lines)


def _filled(kwargs: Mapping[str, Any], parameters: Parameters) -> dict[str, Any]:
    """The arguments without the row condition, which was applied before, and with parameters and dates filled in."""
    filled = {key: value for key, value in kwargs.items() if key not in ("row_condition", "condition_parser")}
    for key in {"min_value", "max_value"} & filled.keys():
        bound = filled[key]
        if isinstance(bound, Mapping):
            bound = parameters[bound["$PARAMETER"]]
        if isinstance(bound, str):
            bound = date.fromisoformat(bound)
        if isinstance(bound, date):
            if not isinstance(bound, datetime):  # a day as a bound is the whole day
                bound = datetime.combine(bound, time.max if key == "max_value" else time.min)
            bound = (bound - EPOCH) // timedelta(milliseconds=1)
        filled[key] = bound
    return filled


def _batch_definition() -> "BatchDefinition":
    """A fresh ephemeral context: it keeps the frames it was handed, and lets them go with itself."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read when Great Expectations is imported
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("rows")
    return source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("rows")
