"""Where the rows of one table lie: in a file of their own, or among others in a DuckDB file."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from pipelines.duck import identifier, literal, reading_connection
from pipelines.errors import UnreadableFile
from pipelines.ingest.physical import Stamp, reaching, stamp
from pipelines.ingest.records import FileFormat, Records, columns_of, fingerprint, read_records

DATABASES = (".duckdb", ".db")

_MAGIC = slice(8, 12), b"DUCK"
"""Where a DuckDB file says what it is."""

_PLAIN = r"^(VARCHAR|BOOLEAN|DATE|U?(TINY|SMALL|BIG)?(INT|INTEGER)|FLOAT|DOUBLE|DECIMAL[^\[]*|TIMESTAMP[^\[]*)$"
"""Types that Parquet holds as they are; any other is read as its text."""

_ROWS_PER_BATCH = 100_000


@dataclass(frozen=True)
class TableFile:
    """A file that holds the rows of one table, in CSV or Parquet."""

    path: Path
    name: str

    def fingerprint(self) -> str:
        """What changes when the rows do."""
        return fingerprint(self.path)

    def columns(self, fmt: FileFormat) -> tuple[str, ...]:
        """The columns of the table; none for an empty file.

        Raises:
            UnreadableFile: They cannot be read.
        """
        return columns_of(self.path, fmt)

    def records(
        self, fmt: FileFormat, work: Path, con: duckdb.DuckDBPyConnection, sha256: str | None = None
    ) -> Records:
        """The records of the table.

        Raises:
            UnreadableFile: The file is damaged as a whole.
        """
        return read_records(self.path, fmt, work=work, con=con, sha256=sha256)


@dataclass(frozen=True)
class DatabaseTable(TableFile):
    """A table of a DuckDB file, which is opened read-only and can reach nothing but itself."""

    schema: str
    table: str

    def fingerprint(self) -> str:
        """What changes when the database does, and is another for each of its tables."""
        told = f"{_database_fingerprint(self.path, stamp(self.path))} {self.schema}.{self.table}"
        return hashlib.sha256(told.encode()).hexdigest()

    def columns(self, fmt: FileFormat) -> tuple[str, ...]:  # noqa: ARG002 - of text files
        """The columns of the table."""
        with _opened(self.path) as database:
            return tuple(name for name, _ in self._typed_columns(database))

    def records(
        self, fmt: FileFormat, work: Path, con: duckdb.DuckDBPyConnection, sha256: str | None = None
    ) -> Records:
        """The rows in the order of the table, written to Parquet batch by batch: no connection sees both worlds."""
        sha256 = sha256 or self.fingerprint()
        written = work / f"{sha256}.parquet"  # the name of a table may hold what no name of a file may
        with _opened(self.path) as database:
            wanted = ", ".join(
                f"CAST({identifier(name)} AS VARCHAR) AS {identifier(name)}" if is_other else identifier(name)
                for name, is_other in self._typed_columns(database)
            )
            query = f"SELECT {wanted} FROM {identifier(self.schema)}.{identifier(self.table)}"
            batches = database.sql(query).to_arrow_reader(_ROWS_PER_BATCH)
            with pq.ParquetWriter(written, batches.schema) as writer:
                for batch in batches:
                    writer.write_batch(batch)
        return read_records(written, fmt, work=work, con=con, sha256=sha256)

    def _typed_columns(self, database: duckdb.DuckDBPyConnection) -> list[tuple[str, bool]]:
        """The columns in their order, each with whether it has a type that is read as text."""
        return database.execute(
            f"SELECT column_name, NOT regexp_matches(data_type, {literal(_PLAIN)}) FROM duckdb_columns()"
            " WHERE database_name = current_database() AND schema_name = ? AND table_name = ? ORDER BY column_index",
            [self.schema, self.table],
        ).fetchall()


def is_database(path: Path) -> bool:
    """Is a file a DuckDB database? Others call theirs ``.db`` too, such as the thumbnails that Windows keeps.

    An empty ``.db`` is taken for one, and one that cannot be reached: its reading tells what is wrong with it.
    """
    name, (where, magic) = path.name.casefold(), _MAGIC
    if not name.endswith(DATABASES) or name.endswith(DATABASES[0]):
        return name.endswith(DATABASES)
    try:
        with reaching(path), path.open("rb") as file:
            start = file.read(where.stop)
    except UnreadableFile:
        return True
    return not start or start[where] == magic


def tables_in(path: Path, name: str) -> list[DatabaseTable]:
    """The tables of a DuckDB file; views are none of them, for what they read may lie anywhere.

    Raises:
        UnreadableFile: It cannot be opened.
    """
    with _opened(path) as database:
        found = database.execute(
            "SELECT schema_name, table_name FROM duckdb_tables()"
            " WHERE database_name = current_database() AND NOT internal ORDER BY ALL"
        ).fetchall()
    return [DatabaseTable(path, f"{name}/{table}", schema, table) for schema, table in found]


@contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB file for reading; its messages may quote rows, and are told in our words."""
    if path.with_name(f"{path.name}.wal").exists():
        raise UnreadableFile(
            f"{path.name} was not closed by its writer: a .wal file lies beside it. Nothing of it was taken; "
            "deliver it again after a CHECKPOINT, closed."
        )
    try:
        with reading_connection(path) as database:
            yield database
    except duckdb.Error as error:
        raise UnreadableFile(
            f"{path.name} cannot be read as a DuckDB database ({type(error).__name__}): it is damaged, open for "
            "writing, of a later version, or none. Nothing of it was taken; deliver it again, complete and closed."
        ) from None


@cache
def _database_fingerprint(path: Path, at: Stamp) -> str:  # noqa: ARG001 - another stamp, another content
    return fingerprint(path)
