"""The rows of a delivered file: what they tell of, counted in the scan, and those that matter, read batch by batch.

A file holds many rows and few of them matter. So the scan compares what was delivered, untouched, and text is trimmed
once for each distinct combination of code, name and status, and where a row was let through.
"""

from collections.abc import Iterator
from functools import cached_property

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

TOLD, READ, TOLD_BY = "told:", "read:", "told_by:"
"""Prefixes that keep what tells a row apart from delivered columns of its name."""

ROWS_PER_BATCH = 400_000
"""Rows handed over at a time: with fewer the fixed cost of a transform shows, with more its memory."""

DAYS = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"})
"""DuckDB's types that say a day without a zone that could shift it."""


WHOLE_IN_DOUBLE = 1 << 53
"""From here on a DOUBLE no longer tells one whole number from the next."""


class DeliveredRows:
    """The rows of one file, under the columns of its table and those kept aside; a connection holds one at a time."""

    def __init__(self, file: Delivered, records: Records, con: duckdb.DuckDBPyConnection) -> None:
        self._file, self._records, self._con = file, records, con
        natives = dict.fromkeys((*EXTRACT_COLUMNS[file.table], *records.terms))
        self._terms = {native: self._term(native) for native in natives}

    def told(self) -> pl.DataFrame:
        """Each combination of code system, code, name and status in the file, its rows, and the days of its events.

        ``code_system``, ``code``, ``name`` and ``status`` are as they are read; several combinations may be read alike,
        and are told apart by the columns ``told_by:*``. ``row_count``, ``first_date``, ``last_date``.
        """
        columns, day = self._telling(), self._event_day(EVENT_DATE[self._file.table])
        grouped = ", ".join(f"{term} AS {identifier(name)}" for name, term in self._told_by.items())
        combinations = (
            f"SELECT {grouped}, count(*) AS row_count, min({day}) AS first_date, max({day}) AS last_date"
            f" FROM {self._records.relation} AS r {self._joins(day)} GROUP BY ALL"
        )
        # What is joined is looked up once for each combination.
        terms = [
            f"r.{identifier(TOLD + name)}" if TOLD + name in self._told_by else self._terms[name] for name in columns
        ]
        listed = ", ".join(f"{term} AS {identifier(READ + name)}" for term, name in zip(terms, columns, strict=True))
        found = self._con.sql(f"SELECT r.*, {listed} FROM ({combinations}) AS r {self._joins(listed)}").pl()
        said = found.select(pl.col(READ + name).alias(name) for name in columns)
        read = zip([*TRIPLE, "status"], columns, strict=True)
        return found.select(
            pl.col(list(self._told_by)).name.prefix(TOLD_BY), "row_count", "first_date", "last_date"
        ).hstack(said.select(as_native(self._file, column).alias(name) for name, column in read))

    def batches(self, telling: pl.DataFrame | None = None) -> Iterator[pl.DataFrame]:
        """The rows as text, in the columns of the table, those aside, and ``source_row``; at least one a batch.

        Blanks are left around the text, for the reading of a table takes them off; constants stand where they belong.

        Args:
            telling: some rows of ``told``: only what tells one of these is read.
        """
        relation = f"{self._records.relation} AS r"
        if telling is not None:
            self._con.register("wanted_frame", telling.select(pl.col(f"^{TOLD_BY}.*$")).to_arrow())
            self._con.execute("CREATE OR REPLACE TEMP TABLE wanted AS FROM wanted_frame")
            self._con.unregister("wanted_frame")
            alike = (
                f"{term} IS NOT DISTINCT FROM wanted.{identifier(TOLD_BY + name)}"
                for name, term in self._told_by.items()
            )
            relation += f" SEMI JOIN wanted ON {' AND '.join(alike)}"
        terms = [f"{term} AS {native}" for native, term in self._terms.items()]
        terms += [f"CAST(r.{identifier(name)} AS VARCHAR) AS {identifier(ASIDE + name)}" for name in self._aside()]
        listed = ", ".join(terms)
        # Joined after the rows are chosen: what is listed is looked up and computed for them alone.
        query = f"SELECT r.source_row, {listed} FROM {relation} {self._joins(listed)}"
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
        if delivered not in self._records.columns:
            return "CAST(NULL AS VARCHAR)"
        column = f"r.{identifier(delivered)}"
        text = f"CAST({column} AS VARCHAR)"
        is_name = native.endswith("_id") or native in ("replaces", "drug_code")
        if is_name and self._types[delivered].startswith(("FLOAT", "DOUBLE", "DECIMAL")):
            # Whole numbers beside a missing one are written as fractions: 1001.0 would be another person than 1001.
            is_whole = f"{column} = trunc({column}) AND abs({column}) < {WHOLE_IN_DOUBLE}"
            return f"CASE WHEN {is_whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE {text} END"
        return text

    @cached_property
    def _types(self) -> dict[str, str]:
        """DuckDB's types of the delivered columns."""
        relation = self._con.sql(f"FROM {self._records.relation}")
        return dict(zip(relation.columns, map(str, relation.types), strict=True))

    @cached_property
    def _told_by(self) -> dict[str, str]:
        """The SQL, without any join, for what tells a row from one that says something else.

        A term of the row alone; for one that is looked up, the delivered columns that it and the lookup name.
        """
        found: dict[str, str] = {}
        for native in self._telling():
            term = self._terms[native]
            if joins := self._joins(term):
                names = (name for name in self._records.columns if f"r.{identifier(name)}" in term + joins)
                found |= {name: f"CAST(r.{identifier(name)} AS VARCHAR)" for name in names}
            else:
                found[TOLD + native] = term
        return found

    def _joins(self, terms: str) -> str:
        """The joins that these terms name."""
        return " ".join(join for alias, join in self._records.joins.items() if f"{alias}." in terms)

    def _event_day(self, native: str) -> str:
        """The SQL for the day of the event; null where it is missing, or cannot be read, or not by a format of SQL."""
        mapping, text = self._file.mapping, self._terms[native]
        trimmed_text = f"trim({text}, {literal(WHITE_SPACE)})"
        if mapping.date_formats:
            formats = ", ".join(literal(given) for given in mapping.date_formats if self._can_parse(given))
            return f"CAST(try_strptime({trimmed_text}, [{formats}]) AS DATE)" if formats else "CAST(NULL AS DATE)"
        delivered = mapping.columns.get(native, native)
        if delivered in self._records.columns and self._types[delivered] in DAYS:
            return f"CAST(r.{identifier(delivered)} AS DATE)"
        # To trim costs more than to parse, and what begins with a digit can be read without: nearly every date.
        plain = f"CASE WHEN {text} BETWEEN '0' AND ':' THEN TRY_CAST(left({text}, 10) AS DATE) END"
        return f"coalesce({plain}, TRY_CAST(left({trimmed_text}, 10) AS DATE))"

    def _can_parse(self, date_format: str) -> bool:
        """Is every code of this format one that DuckDB knows? Rows are read by polars, which knows more."""
        try:
            self._con.execute(f"SELECT try_strptime('', {literal(date_format)})").fetchall()
        except duckdb.InvalidInputException:
            return False
        return True
