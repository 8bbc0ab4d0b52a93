"""From a delivered file to a relation of numbered records, and the records that are malformed.

The physical lines decide what a record is, and every record is handed on or set aside under its number: a stray quote
costs its own line at most. DuckDB is given only text whose structure has been proved, and reads it where it lies unless
something in it had to change.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.duck import identifier, literal
from pipelines.errors import UnreadableFile
from pipelines.ingest.csv_scan import CsvScan
from pipelines.ingest.header import SOURCE_ROW, Header, check_distinct, delimiter_bytes, read_header
from pipelines.ingest.physical import DeliveredText, ReadableCopy, kind_of, reaching, stamp
from pipelines.ingest.structure import Dialect

MALFORMED_SCHEMA = {"source_row": pl.Int64, "raw": pl.String, "detail": pl.String}


@dataclass(frozen=True)
class FileFormat:
    """How a CSV file is encoded (UTF-8 with or without byte order mark, or any encoding Python knows) and delimited."""

    encoding: str = "utf-8"
    delimiter: str = ","


@dataclass(frozen=True)
class Records:
    """The records of a file.

    ``relation`` is an SQL table expression: the columns as delivered and ``source_row``, the number of the record in
    the file, 1 for the first after the header. From CSV every column is text, an empty field null; from Parquet types
    are as they are. It can be read as often as needed, as long as the file and the work folder stay as they are.
    ``count`` is the number of physical records: those of the relation and the malformed ones. Where the layout is
    another than the native one, ``terms`` says native columns in SQL, over the relation as ``r`` and the ``joins`` that
    they name: computed only for rows that are asked for.
    """

    relation: str
    columns: tuple[str, ...]
    count: int
    malformed: pl.DataFrame
    sha256: str
    terms: Mapping[str, str] = field(default_factory=dict)
    joins: Mapping[str, str] = field(default_factory=dict)


def columns_of(path: Path, fmt: FileFormat) -> tuple[str, ...]:
    """The columns of a file, from its header alone; none for an empty file.

    Raises:
        UnreadableFile: The header cannot be read.
    """
    if kind_of(path) == "parquet":
        return _parquet_columns(path)
    delimiter = delimiter_bytes(fmt.delimiter)
    first = next(DeliveredText(path, fmt.encoding).blocks())
    return _usable(read_header(first, path, delimiter).columns)


def fingerprint(path: Path) -> str:
    """The SHA-256 digest of a file's bytes as delivered.

    Raises:
        UnreadableFile: The file could not be reached.
    """
    with reaching(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_records(
    path: Path, fmt: FileFormat, *, work: Path, con: duckdb.DuckDBPyConnection, sha256: str | None = None
) -> Records:
    """The records of a file; ``sha256`` is its fingerprint where that was just taken, else it is taken.

    What has to be decompressed or written anew goes to ``work``, which is the caller's to clear. DuckDB's own messages
    quote records: a ``duckdb.Error`` while the relation is read must not reach a log.

    Raises:
        UnreadableFile: The file is broken as a whole or changed while it was read; nothing of it is to be used.
    """
    before = stamp(path)
    if kind_of(path) == "parquet":
        records, bytes_read = _read_parquet(path, sha256), before.size
    else:
        records, bytes_read = _read_csv(path, fmt, work, con, sha256)
    if stamp(path) != before or bytes_read != before.size:
        raise UnreadableFile(
            f"{path.name} changed while it was read; nothing of it was taken. "
            "Deliver under another name and rename when complete; the next run reads it."
        )
    return records


def _read_csv(
    path: Path, fmt: FileFormat, work: Path, con: duckdb.DuckDBPyConnection, sha256: str | None
) -> tuple[Records, int]:
    delimiter = delimiter_bytes(fmt.delimiter)
    text = DeliveredText(path, fmt.encoding, sha256)
    blocks = text.blocks()
    first = next(blocks)
    header = read_header(first, path, delimiter)
    with ReadableCopy(text, work) as copy:
        scan = CsvScan(path, Dialect(delimiter, len(header.columns), header.newline), copy)
        if header.is_exact:
            copy.keep(first[: header.text_bytes])
        else:
            copy.write(header.newline * header.lines)
        scan.run(chain([first[header.text_bytes :]], blocks))
    malformed = pl.DataFrame(scan.malformed, schema=MALFORMED_SCHEMA, orient="row")
    relation = _csv_relation(copy.path, header, fmt, scan) if header.columns else _nothing()
    if malformed.height:
        relation = _without(relation, malformed[SOURCE_ROW], copy.path.with_suffix(".malformed.parquet"))
    if scan.is_mixed or scan.is_multiline or copy.is_changed:
        _reconcile(relation, scan.count - malformed.height, path, con)
    return Records(relation, _usable(header.columns), scan.count, malformed, text.sha256), text.bytes_read


def _csv_relation(path: Path, header: Header, fmt: FileFormat, scan: CsvScan) -> str:
    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in header.columns)
    options = [
        f"columns = {{{types}}}", "auto_detect = false", "header = false", f"skip = {header.lines}",
        f"delim = {literal(fmt.delimiter)}", "quote = '\"'", "escape = '\"'",
    ]  # fmt: skip
    if scan.is_multiline:
        # With several threads DuckDB 2.0 loses its place where a block begins within a quoted field of several lines.
        options.append("parallel = false")
    if scan.is_mixed:
        options.append("strict_mode = false")  # DuckDB: strict is one kind of line end
    if scan.copy.is_changed:
        options.append("max_line_size = 4194304")  # a line written anew can be twice as long, for doubled quotes
    wanted = ", ".join(identifier(column) for column in _usable(header.columns))
    # A window without order numbers the rows as they are read, and DuckDB reads a file from beginning to end.
    return (
        f"(SELECT {wanted}, row_number() OVER () AS {SOURCE_ROW}"
        f" FROM read_csv({_file_literal(path)}, {', '.join(options)}))"
    )


def _without(relation: str, rows: pl.Series, path: Path) -> str:
    """The relation without the stand-ins of malformed records, whose numbers are written to ``path``."""
    rows.to_frame().write_parquet(path)
    return f"(SELECT * FROM {relation} ANTI JOIN read_parquet({_file_literal(path)}) USING ({SOURCE_ROW}))"


def _nothing() -> str:
    return f"(SELECT CAST(NULL AS BIGINT) AS {SOURCE_ROW} WHERE false)"


def _reconcile(relation: str, expected: int, path: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Hold the records that DuckDB reads against those counted, wherever a record was more than one plain line."""
    try:
        [(found,)] = con.execute(f"SELECT count({SOURCE_ROW}) FROM {relation}").fetchall()
    except duckdb.Error as error:  # its message quotes the record
        raise UnreadableFile(
            f"{path.name}: DuckDB refused to read its records ({type(error).__name__}). Nothing of it was taken; "
            "deliver it as Parquet, or quoted throughout as RFC 4180 says."
        ) from None
    if found != expected:
        raise UnreadableFile(
            f"{path.name}: {expected} records were counted and {found} read. Nothing of it was taken; "
            "deliver it as Parquet, or quoted throughout as RFC 4180 says."
        )


def _read_parquet(path: Path, sha256: str | None) -> Records:
    columns = _parquet_columns(path)
    wanted = ", ".join(identifier(column) for column in columns)
    if "file_row_number" in {column.casefold() for column in columns}:
        number, option = "row_number() OVER ()", ""
    else:
        number, option = "file_row_number + 1", ", file_row_number = true"
    relation = f"(SELECT {wanted}, {number} AS {SOURCE_ROW} FROM read_parquet({_file_literal(path)}{option}))"
    count = pq.read_metadata(path).num_rows
    return Records(relation, columns, count, pl.DataFrame(schema=MALFORMED_SCHEMA), sha256 or fingerprint(path))


def _parquet_columns(path: Path) -> tuple[str, ...]:
    try:
        with reaching(path):
            schema = pq.read_schema(path)
    except pa.ArrowException:
        raise UnreadableFile(
            f"{path.name} is not a complete Parquet file: its footer cannot be read. "
            "Nothing of it was taken; deliver it again, complete."
        ) from None
    unfit = [column.name for column in schema if _is_nested_or_bytes(column.type)]
    if unfit:
        raise UnreadableFile(
            f"{path.name} has nested or binary columns: {', '.join(unfit)}. "
            "Expected text, numbers, dates and times; have the extract write them as text or leave them out."
        )
    check_distinct(tuple(schema.names), path)
    return _usable(tuple(schema.names))


def _is_nested_or_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    is_bytes = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    return is_bytes or pa.types.is_nested(kind)


def _usable(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(column for column in columns if column.casefold() != SOURCE_ROW)


def _file_literal(path: Path) -> str:
    """A path as DuckDB takes it literally: its wildcards in brackets."""
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path.absolute())))
