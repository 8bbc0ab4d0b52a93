"""The native layout: which delivered files belong to which extract table, and how their columns map to ours."""

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipelines.codes import Matches
from pipelines.config import CODE_COLUMNS, EXTRACT_COLUMNS, REQUIRED_COLUMNS, Source, TableMapping
from pipelines.errors import ConfigurationError, UnreadableFile
from pipelines.ingest.records import FileFormat, Records, columns_of, fingerprint, read_records

WHITE_SPACE = " \t\r\n\v\f\u00a0"

PRESENTED = "native:"
"""Prefix that keeps a native column from being taken for a delivered one of its name, where the layout is another."""

SUFFIXES = (".csv", ".csv.gz", ".csv.zst", ".parquet")


@dataclass(frozen=True)
class Delivered:
    """A file that belongs to a table of a source."""

    source: Source
    table: str
    path: Path
    name: str

    @property
    def mapping(self) -> TableMapping:
        """How the file's columns map to the native layout."""
        return self.source.table(self.table)

    @property
    def format(self) -> FileFormat:
        """How the file is encoded and delimited."""
        return FileFormat(encoding=self.mapping.encoding, delimiter=self.mapping.delimiter)

    @property
    def context(self) -> str:
        """What else than its bytes, mapping and code lists decides how the file is read; empty for nothing."""
        return ""

    def fingerprint(self) -> str:
        """What tells its content from another: two files alike are read once."""
        return fingerprint(self.path)

    def problems(self) -> Iterator[str]:
        """Why the header does not fit, a line each."""
        return _mapping_problems(self)

    def records(self, work: Path, con: duckdb.DuckDBPyConnection, sha256: str | None = None) -> Records:
        """The records of the file; ``sha256`` is its fingerprint where that was just taken.

        Raises:
            UnreadableFile: The file is broken as a whole; nothing of it is to be used.
        """
        return read_records(self.path, self.format, work=work, con=con, sha256=sha256)

    def present(self, records: Records, matches: Matches, work: Path, con: duckdb.DuckDBPyConnection) -> Records:  # noqa: ARG002 - another layout needs them
        """The records with the native columns that they have in other terms; in the native layout none."""
        return records

    def ignored_columns(self, columns: Sequence[str]) -> list[str]:
        """Columns of the file that nothing is made of, and that were not expected."""
        return unknown_columns(self, columns)


@dataclass(frozen=True)
class Claims:
    """The files of a source in a folder, each with whether the configuration names it, and those read besides them."""

    files: tuple[tuple[bool, Delivered], ...]
    besides: tuple[Path, ...] = ()


def claims(source: Source, names: Mapping[Path, str]) -> Claims:
    """The files that belong to a native source: by its ``files`` patterns, else by the names of the tables."""
    found: list[tuple[bool, Delivered]] = []
    for path, name in names.items():
        for table in EXTRACT_COLUMNS:
            pattern = source.table(table).files
            named = pattern is not None and fnmatch.fnmatchcase(name, pattern)
            if named or (pattern is None and _belongs_to(name, table)):
                found.append((named, Delivered(source, table, path, name)))
    return Claims(tuple(found))


def check_mappings(files: Sequence[Delivered]) -> None:
    """Hold the header of every file against its mapping, before any data is read.

    A file whose header cannot be read is passed over: reading it tells why, and the others are taken.

    Raises:
        ConfigurationError: Naming each file, the key that is wrong and the columns that exist.
    """
    problems = [problem for file in files for problem in file.problems()]
    if problems:
        raise ConfigurationError("The extracts do not fit their mapping; nothing was read.\n" + "\n".join(problems))


def as_native(file: Delivered, native: str) -> pl.Expr:
    """The text of a column as the table takes it: trimmed, empty as null, and null as the constant of the mapping."""
    text = trimmed(native)
    if native in CODE_COLUMNS.get(file.table, ()):
        # Whether a row has a code or name decides where it is counted, so blanks of any kind are no text here.
        text = pl.when(text.str.strip_chars() != "").then(text)
    constant = file.mapping.constants.get(native)
    return text if constant is None else text.fill_null(constant)


def trimmed(column: str) -> pl.Expr:
    """Text without the white space around it, empty as null."""
    text = pl.col(column).cast(pl.String).str.strip_chars(WHITE_SPACE)
    return pl.when(text != "").then(text).alias(column)


def unknown_columns(file: Delivered, columns: Sequence[str]) -> list[str]:
    """Columns of the file that the native layout does not know: ignored, and reported once."""
    used = {file.mapping.columns.get(native, native) for native in EXTRACT_COLUMNS[file.table]}
    return [column for column in columns if column not in used]


def _belongs_to(name: str, table: str) -> bool:
    return name.startswith(table) and name.endswith(SUFFIXES)


def _mapping_problems(file: Delivered) -> Iterator[str]:
    try:
        columns = columns_of(file.path, file.format)
    except UnreadableFile:
        return
    if not columns:
        return  # an empty file carries no rows; it is recorded, and the gate judges what that means
    mapping, exist = file.mapping, f"Columns that exist: {', '.join(columns)}."
    for native, delivered in mapping.columns.items():
        if delivered not in columns:
            yield (
                f"  {file.name}: [source.{file.table}] columns maps {native} to {delivered!r}, "
                f"which the file does not have. {exist}"
            )
    for alternatives in REQUIRED_COLUMNS[file.table]:
        if not any(_is_supplied(native, mapping, columns) for native in alternatives):
            if alternatives == ("code_system",) and CODE_COLUMNS[file.table][0]:
                hint = f'give it as a constant: [source.{file.table}] constants = {{ code_system = "ICD10CM" }}'
            else:
                hint = f"map it under [source.{file.table}] columns"
            delimiter = (
                "" if len(columns) > 1 else f" The header is one column: is the delimiter really {mapping.delimiter!r}?"
            )
            yield f"  {file.name}: no column {' or '.join(alternatives)}; {hint}. {exist}{delimiter}"


def _is_supplied(native: str, mapping: TableMapping, columns: Sequence[str]) -> bool:
    return native in mapping.constants or mapping.columns.get(native, native) in columns
