"""What a night imports, imported once; nothing of polars or DuckDB is run here, for their threads survive no fork."""

import os

os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")

import dagster
import duckdb
import great_expectations
import pandas
import polars
import xlsxwriter

import pipelines.cli
import pipelines.orchestration.definitions
import pipelines.orchestration.nightly
import pipelines.orchestration.run
import pipelines.publish.checks
import pipelines.publish.suites

READY = (dagster, duckdb, great_expectations, pandas, polars, xlsxwriter, pipelines)
