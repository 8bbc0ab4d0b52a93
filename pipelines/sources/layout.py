"""Layouts of fixed tables and columns (OMOP, MIMIC, Synthea): native columns by SQL, on top of the scan of each file.

A layout says which of its tables become which extract table, and in which terms; what a table has elsewhere, such as
the names of its codes, is looked up in the files that lie beside it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from pipelines.codes import Matches
from pipelines.config import EXTRACT_COLUMNS, Source, TableMapping
from pipelines.errors import ConfigurationError, UnreadableFile
from pipelines.ingest.records import Records
from pipelines.sources.beside import Beside
from pipelines.sources.columns import Columns, Terms
from pipelines.sources.held import DatabaseTable, TableFile, is_database, tables_in
from pipelines.sources.native import PRESENTED, SUFFIXES, Claims, Delivered


@dataclass(frozen=True)
class LayoutTable:
    """A table of a layout: the extract table that it becomes, its native terms, and the columns that it must have.

    Of several required columns in one tuple one is enough.
    """

    extract: str
    terms: Callable[[Columns], Terms]
    required: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Layout:
    """A layout: what its users call it, its tables, and the tables that others are looked up in, by extract table.

    ``reading`` is raised when a file would be presented differently than before; every one is then read again.
    ``others`` are tables that nothing is made of: a file of such a name is none of the table whose folder it lies in.
    Names that could as well tell a part of a table from others, such as a place, are none of them.
    """

    name: str
    reading: int
    tables: Mapping[str, LayoutTable]
    beside: Mapping[str, tuple[str, ...]]
    others: tuple[str, ...] = ()

    def files(self, names: Mapping[Path, str]) -> dict[str, tuple[TableFile, ...]]:
        """The files of each table, by their names in any case, and the tables of DuckDB files.

        Raises:
            ConfigurationError: A database holds one of the tables twice, in different schemas.
        """
        found: dict[str, tuple[TableFile, ...]] = {}
        for path, name in names.items():
            if is_database(path):
                for table, held in self._of_database(path, name).items():
                    found[table] = (*found.get(table, ()), held)
            elif table := self._of_file(name):
                found[table] = (*found.get(table, ()), TableFile(path, name))
        return found

    def _of_file(self, name: str) -> str | None:
        """The table whose name a file has, or else a folder above it: ``MEASUREMENT.csv``, ``labevents/part-0.csv``."""
        if not name.casefold().endswith(SUFFIXES):
            return None
        called = (table for part in reversed(name.split("/")) if (table := self._called(part)))
        table = next(called, None)
        return None if table in self.others else table

    def _of_database(self, path: Path, name: str) -> dict[str, TableFile]:
        found: dict[str, DatabaseTable] = {}
        try:
            held = tables_in(path, name)
        except UnreadableFile:
            # Reading it as any of its tables tells why it cannot be read.
            first = next(iter(self.tables))
            return {first: DatabaseTable(path, name, "main", first)}
        for table in held:
            called = self._called(table.table)
            if called in self.others:
                continue
            if called in found:
                raise ConfigurationError(
                    f"{name} holds {called} of {self.name} twice: {found[called].schema}.{found[called].table} and "
                    f"{table.schema}.{table.table}. Deliver a database with one of them."
                )
            if called:
                found[called] = table
        return found

    def _called(self, name: str) -> str | None:
        known = {*self.tables, *self.others, *(table for tables in self.beside.values() for table in tables)}
        # concept_ancestor is another table than concept, measurement_2 another part of measurement.
        return next((table for table in known if re.match(rf"{table}(?![a-z]|_[a-z])", name.casefold())), None)


@dataclass(frozen=True)
class LayoutFile(Delivered):
    """A file of a table of a layout, which stands under native columns too."""

    layout: Layout
    layout_table: str
    beside: Beside
    held: TableFile

    @property
    def mapping(self) -> TableMapping:
        """Every native column is the one presented under its name."""
        columns = {native: PRESENTED + native for native in EXTRACT_COLUMNS[self.table]}
        return self.source.table(self.table).model_copy(update={"columns": columns})

    @property
    def context(self) -> str:
        """The files that those of the extract table are looked up in."""
        return self.beside.digest(self.layout.reading, *self.layout.beside.get(self.table, ()))

    def fingerprint(self) -> str:
        """What changes when the rows of the table do."""
        return self.held.fingerprint()

    def records(self, work: Path, con: duckdb.DuckDBPyConnection, sha256: str | None = None) -> Records:
        """The records of the table, where they lie."""
        return self.held.records(self.format, work, con, sha256)

    def problems(self) -> Iterator[str]:
        """Columns that the table must have and the file has not."""
        try:
            columns = self.held.columns(self.format)
        except UnreadableFile:
            return
        if not columns:
            return
        present = {column.casefold() for column in columns}
        for alternatives in self.required():
            if not present.intersection(alternatives):
                yield (
                    f"  {self.name}: no column {' or '.join(alternatives)} of {self.layout.name} {self.layout_table}."
                    f" Columns that exist: {', '.join(columns)}."
                )

    def required(self) -> tuple[tuple[str, ...], ...]:
        """The columns that the file must have; of several in one tuple one is enough."""
        return self.layout.tables[self.layout_table].required

    def terms(
        self,
        records: Records,
        matches: Matches,  # noqa: ARG002 - some layouts need it, as they do the next two
        work: Path,  # noqa: ARG002
        con: duckdb.DuckDBPyConnection,  # noqa: ARG002
    ) -> tuple[Terms, Columns]:
        """The native terms of the records, and the columns that they are made of; whatever they join is loaded."""
        columns = Columns(records.columns)
        return self.layout.tables[self.layout_table].terms(columns), columns

    def present(self, records: Records, matches: Matches, work: Path, con: duckdb.DuckDBPyConnection) -> Records:
        """The records with their native columns in terms of what was delivered, on top of the same scan."""
        terms, columns = self.terms(records, matches, work, con)
        return replace(records, terms=terms, joins=columns.joins)

    def ignored_columns(self, columns: Sequence[str]) -> list[str]:
        """Columns that nothing is made of."""
        used = self.used_columns(columns)
        return [column for column in columns if column.casefold() not in used]

    def used_columns(self, columns: Sequence[str]) -> set[str]:
        """The columns that something is made of, in small letters."""
        known = Columns(columns)
        self.layout.tables[self.layout_table].terms(known)
        return known.asked


def layout_claims(
    layout: Layout,
    source: Source,
    names: Mapping[Path, str],
    *,
    file: type[LayoutFile] = LayoutFile,
    beside: type[Beside] = Beside,
) -> Claims:
    """The files of a folder that belong to a layout, and those read besides them alone."""
    of_table = layout.files(names)
    shared = beside(source, of_table)
    files = tuple(
        (False, file(source, layout.tables[table].extract, held.path, held.name, layout, table, shared, held))
        for table, parts in of_table.items()
        if table in layout.tables
        for held in parts
    )
    claimed = {delivered.path for _, delivered in files}
    besides = (held.path for parts in of_table.values() for held in parts if held.path not in claimed)
    return Claims(files, tuple(besides))
