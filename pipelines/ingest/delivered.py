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
    PRESENTED,
    WHITE_SPACE,
    Delivered,
    as_delivered,
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
        self._natives = EXTRACT_COLUMNS[file.table]
        terms = [f"{as_delivered(file, native, records.columns)} AS {native}" for native in self._natives]
        terms += [f"CAST({identifier(name)} AS VARCHAR) AS {identifier(ASIDE + name)}" for name in self._aside()]
        if file.table in EVENT_DATE:
            terms.append(f"{self._event_day(EVENT_DATE[file.table])} AS event_day")
        # What a query on the view does not name is not read.
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW delivered AS SELECT source_row, {', '.join(terms)} FROM {records.relation}"
        )

    def told(self) -> pl.DataFrame:
        """Each combination of code system, code, name and status in the file, its rows, and the days of its events.

        ``code_system``, ``code``, ``name`` and ``status`` are as they are read, ``delivered_*`` as the file has them:
        several of these may be read alike. ``row_count``, ``first_date``, ``last_date``.
        """
        columns = self._telling()
        found = self._con.sql(
            f"SELECT {', '.join(columns)}, count(*) AS row_count,"
            " min(event_day) AS first_date, max(event_day) AS last_date FROM delivered GROUP BY ALL"
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
        names = [*self._natives, *(ASIDE + name for name in self._aside())]
        query = f"SELECT source_row, {', '.join(identifier(name) for name in names)} FROM delivered"
        if telling is not None:
            columns = self._telling()
            wanted = telling.select(pl.col(f"delivered_{column}").alias(column) for column in columns)
            self._con.register("wanted_frame", wanted.to_arrow())
            self._con.execute("CREATE OR REPLACE TEMP TABLE wanted AS FROM wanted_frame")
            self._con.unregister("wanted_frame")
            alike = (f"delivered.{column} IS NOT DISTINCT FROM wanted.{column}" for column in columns)
            query += f" SEMI JOIN wanted ON {' AND '.join(alike)}"
        for rows in full_batches(self._con.sql(query), ROWS_PER_BATCH):
            yield rows.with_columns(as_native(self._file, native) for native in self._file.mapping.constants)

    def as_json(self, rows: pl.DataFrame) -> pl.DataFrame:
        """``source_row`` and ``raw`` of rows of a batch: the record as JSON, under its delivered names alone."""
        columns = self._file.mapping.columns
        named = {columns.get(native, native): native for native in self._natives}
        named |= {name: ASIDE + name for name in self._aside()}
        delivered = (name for name in self._records.columns if name in named and not name.startswith(PRESENTED))
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

    def _event_day(self, native: str) -> str:
        """The SQL for the day of the event; null where it is missing or cannot be read."""
        mapping, columns = self._file.mapping, self._records.columns
        text = as_delivered(self._file, native, columns)
        trimmed_text = f"trim({text}, {literal(WHITE_SPACE)})"
        if mapping.date_formats:
            formats = ", ".join(literal(given) for given in mapping.date_formats)
            return f"CAST(try_strptime({trimmed_text}, [{formats}]) AS DATE)"
        delivered = mapping.columns.get(native, native)
        if delivered in columns:
            [kind] = self._con.sql(f"SELECT {identifier(delivered)} FROM {self._records.relation}").types
            if str(kind) in DAYS:
                return f"CAST({identifier(delivered)} AS DATE)"
        # To trim costs more than to parse, and what begins with a digit can be read without: nearly every date.
        plain = f"CASE WHEN {text} BETWEEN '0' AND ':' THEN TRY_CAST(left({text}, 10) AS DATE) END"
        return f"coalesce({plain}, TRY_CAST(left({trimmed_text}, 10) AS DATE))"
