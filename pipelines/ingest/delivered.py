"""The rows of a delivered file: what they tell of, counted in the scan, and those that matter, read batch by batch.

A file holds many rows and few of them matter. So the scan compares what was delivered, untouched, and text is trimmed
once for each distinct combination of code, name and status, and where a row was let through.
"""

from collections.abc import Iterator

import duckdb
import polars as pl

from pipelines.config import CODE_COLUMNS, EVENT_DATE, EXTRACT_COLUMNS
from pipelines.duck import full_batches, identifier, literal
from pipelines.ingest.records import Records
from pipelines.sources.native import (
    WHITE_SPACE,
    Delivered,
    as_native,
    trimmed,
    unknown_columns,
)

TRIPLE = ["code_system", "code", "name"]
"""What a row says it is about."""

ASIDE = "delivered:"
"""Prefix of the delivered columns that go along with a row only so that a quarantined one can be shown whole."""

ROWS_PER_BATCH = 400_000
"""Rows handed over at a time: with fewer the fixed cost of a transform shows, with more its memory."""

DAYS = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"})
"""DuckDB's types that say a day without a zone that could shift it."""


class DeliveredRows:
    """The rows of one file, under the columns of its table and those kept aside; a connection holds one at a time."""

    def __init__(self, file: Delivered, records: Records, con: duckdb.DuckDBPyConnection) -> None:
        self._file, self._records, self._con = file, records, con
        self._terms = {native: self._term(native) for native in EXTRACT_COLUMNS[file.table]}

    def told(self) -> pl.DataFrame:
        """Each combination of code system, code, name and status in the file, its rows, and the days of its events.

        ``code_system``, ``code``, ``name`` and ``status`` are as they are read, ``delivered_*`` as the file has them:
        several of these may be read alike. ``row_count``, ``first_date``, ``last_date``.
        """
        columns, day = self._telling(), self._event_day(EVENT_DATE[self._file.table])
        listed = ", ".join(f"{self._terms[column]} AS {column}" for column in columns)
        found = self._con.sql(
            f"SELECT {listed}, count(*) AS row_count, min({day}) AS first_date, max({day}) AS last_date"
            f" FROM {self._records.relation} AS r {self._joins(listed + day)} GROUP BY ALL"
        ).pl()
        read = zip([*TRIPLE, "status"], columns, strict=True)
        return found.select(
            pl.col(columns).name.prefix("delivered_"),
            *(as_native(self._file, column).alias(name) for name, column in read),
            pl.col("row_count", "first_date", "last_date"),
        )

    def batches(self, telling: pl.DataFrame | None = None) -> Iterator[pl.DataFrame]:
        """The rows as text, in the columns of the table, those aside, and ``source_row``; at least one a batch.

        Blanks are left around the text, for the reading of a table takes them off; constants stand where they belong.

        Args:
            telling: some rows of ``told``: only what tells one of these is read.
        """
        terms = [f"{term} AS {native}" for native, term in self._terms.items()]
        terms += [f"CAST(r.{identifier(name)} AS VARCHAR) AS {identifier(ASIDE + name)}" for name in self._aside()]
        listed = ", ".join(terms)
        relation, also = f"{self._records.relation} AS r", self._joins(listed)
        if telling is not None:
            columns = self._telling()
            wanted = telling.select(pl.col(f"delivered_{column}").alias(column) for column in columns)
            self._con.register("wanted_frame", wanted.to_arrow())
            self._con.execute("CREATE OR REPLACE TEMP TABLE wanted AS FROM wanted_frame")
            self._con.unregister("wanted_frame")
            alike = " AND ".join(f"{self._terms[column]} IS NOT DISTINCT FROM wanted.{column}" for column in columns)
            # What is joined after the rows are chosen is looked up, and what is listed is computed, for them alone.
            first = self._joins(alike)
            relation += f" {first} SEMI JOIN wanted ON {alike}"
            also = self._joins(listed, but=alike)
        query = f"SELECT r.source_row, {listed} FROM {relation} {also}"
        for rows in full_batches(self._con.sql(query), ROWS_PER_BATCH):
            yield rows.with_columns(as_native(self._file, native) for native in self._file.mapping.constants)

    def as_json(self, rows: pl.DataFrame) -> pl.DataFrame:
        """``source_row`` and ``raw`` of rows of a batch: the record as JSON, under its delivered names alone."""
        columns = self._file.mapping.columns
        named = {columns.get(native, native): native for native in self._terms}
        named |= {name: ASIDE + name for name in self._aside()}
        delivered = (name for name in self._records.columns if name in named)
        fields = [trimmed(named[name]).alias(name) for name in delivered]
        return rows.select("source_row", raw=pl.struct(fields).struct.json_encode())

    def _aside(self) -> list[str]:
        """Delivered columns that no native column takes as they are: kept with a row until it is known to be good."""
        columns, mapping = self._records.columns, self._file.mapping
        filled = [mapping.columns.get(native, native) for native in mapping.constants]
        return [*unknown_columns(self._file, columns), *(name for name in filled if name in columns)]

    def _telling(self) -> list[str]:
        """The columns that say what a row is about, and whether it corrects another."""
        return ["code_system", *CODE_COLUMNS[self._file.table], "status"]

    def _term(self, native: str) -> str:
        """The SQL for a column of the table as the file has it, as text; null where the file does not have it.

        Nothing else is done to what was delivered: few of its rows matter, and ``as_native`` reads only those.
        """
        if native in self._records.terms:
            return f"CAST({self._records.terms[native]} AS VARCHAR)"
        delivered = self._file.mapping.columns.get(native, native)
        exists = delivered in self._records.columns
        return f"CAST(r.{identifier(delivered)} AS VARCHAR)" if exists else "CAST(NULL AS VARCHAR)"

    def _joins(self, terms: str, *, but: str = "") -> str:
        """The joins that these terms name and the others do not."""
        joins = self._records.joins.items()
        return " ".join(join for alias, join in joins if f"{alias}." in terms and f"{alias}." not in but)

    def _event_day(self, native: str) -> str:
        """The SQL for the day of the event; null where it is missing or cannot be read."""
        mapping, text = self._file.mapping, self._terms[native]
        trimmed_text = f"trim({text}, {literal(WHITE_SPACE)})"
        if mapping.date_formats:
            formats = ", ".join(literal(given) for given in mapping.date_formats)
            return f"CAST(try_strptime({trimmed_text}, [{formats}]) AS DATE)"
        delivered = mapping.columns.get(native, native)
        if delivered in self._records.columns:
            [kind] = self._con.sql(f"SELECT {identifier(delivered)} FROM {self._records.relation}").types
            if str(kind) in DAYS:
                return f"CAST(r.{identifier(delivered)} AS DATE)"
        # To trim costs more than to parse, and what begins with a digit can be read without: nearly every date.
        plain = f"CASE WHEN {text} BETWEEN '0' AND ':' THEN TRY_CAST(left({text}, 10) AS DATE) END"
        return f"coalesce({plain}, TRY_CAST(left({trimmed_text}, 10) AS DATE))"
