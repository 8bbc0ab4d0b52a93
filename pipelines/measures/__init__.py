"""Measures: counts of people over lists, balancing measures and testing rates; one module per rule or family of rules.

The modules that begin with an underscore are the engine. ``measure_rows`` makes the rows of the table ``measure`` from
counts, ``backfill`` those of past month ends, ``run_chart`` the signals of a series.
"""

from pipelines.measures._backfill import MonthEnd, backfill, month_ends
from pipelines.measures._counts import added, asked_of_judge, judged_counts, tallied_counts
from pipelines.measures._definition import measure_hashes, measure_numbers, measures_definition
from pipelines.measures._files import Mark, MeasureFiles, published_rows
from pipelines.measures._registry import Measure, measure, measures
from pipelines.measures._rows import SMALL, measure_rows, precision_rows
from pipelines.measures._run_chart import draw_run_chart, run_chart

__all__ = [
    "SMALL",
    "Mark",
    "Measure",
    "MeasureFiles",
    "MonthEnd",
    "added",
    "asked_of_judge",
    "backfill",
    "draw_run_chart",
    "judged_counts",
    "measure",
    "measure_hashes",
    "measure_numbers",
    "measure_rows",
    "measures",
    "measures_definition",
    "month_ends",
    "precision_rows",
    "published_rows",
    "run_chart",
    "tallied_counts",
]
