"""The reading of an HL7 v2 file: once, in bounded memory, into a Parquet file for each extract table."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.duck import literal
from pipelines.errors import UnreadableFile
from pipelines.ingest.header import SOURCE_ROW
from pipelines.ingest.physical import stamp
from pipelines.ingest.records import MALFORMED_SCHEMA, Records, fingerprint
from pipelines.sources.hl7_frames import Frames
from pipelines.sources.hl7_messages import messages_of
from pipelines.sources.hl7_walk import COLUMNS_OF, Walk

HL7_READING = 2
"""Raised when a message would be read differently than before; every file is then read again."""

PLACE = ("message", "segment")
"""Columns that say where a row stands: the control id of its message, and the number and name of its segment there."""

MOST_RAW, RAW_BEYOND = 64 << 20, 200
"""Characters of all refused segments of a table that are shown as they are, and of each one beyond that."""

_ROWS_AT_A_TIME = 50_000


@dataclass(frozen=True)
class Manner:
    """How the messages of a source are read: see the keys of the same names in its configuration."""

    encoding: str
    authority: str | None
    persons: bool

    @property
    def tables(self) -> tuple[str, ...]:
        """The extract tables that are read."""
        return tuple(table for table in COLUMNS_OF if table != "patients" or self.persons)


class Readings:
    """The files of one source, each read when the first of its tables is asked for, and kept in the work folder."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._read: dict[tuple[Path, str], dict[str, Records]] = {}

    def records(self, path: Path, table: str, work: Path, sha256: str | None) -> Records:
        """The records of one table of a file.

        Raises:
            UnreadableFile: The file is broken as a whole or changed while it was read; nothing of it is to be used.
        """
        key = work, sha256 or fingerprint(path)
        if key not in self._read:
            # One file is read for its tables one after the other; what is behind us is not asked for again.
            self._read = {key: _read(path, self._manner, work, key[1])}
        return self._read[key][table]


def _read(path: Path, manner: Manner, work: Path, sha256: str) -> dict[str, Records]:
    before = stamp(path)
    work.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="hl7-", dir=work))  # another source may read the same bytes otherwise
    tables = {table: _Table(folder / f"{table}.parquet", COLUMNS_OF[table]) for table in manner.tables}
    try:
        frames = Frames(tables)
        for message in messages_of(path, manner.encoding, sha256):
            frames.pass_by(message)
            if message.number:
                Walk(message, tables, manner.authority).run()
        frames.close()
    finally:
        for rows in tables.values():
            rows.close()
    if stamp(path) != before:
        raise UnreadableFile(
            f"{path.name} changed while it was read; nothing of it was taken. "
            "Deliver under another name and rename when complete; the next run reads it."
        )
    return {table: rows.records(sha256) for table, rows in tables.items()}


class _Table:
    """The rows of one extract table on their way into a Parquet file, and those refused."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path, self._columns = path, (*columns, *PLACE)
        self._schema = pa.schema([(name, pa.string()) for name in self._columns] + [(SOURCE_ROW, pa.int64())])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd", compression_level=1)
        self._rows: list[tuple[str | int | None, ...]] = []
        self._malformed: list[tuple[int, str, str]] = []
        self._count = self._raw = 0

    def add(self, row: tuple[str | int | None, ...]) -> None:
        self._rows.append(row)
        if len(self._rows) >= _ROWS_AT_A_TIME:
            self._write()

    def refuse(self, source_row: int, raw: str, detail: str) -> None:
        raw = raw if self._raw < MOST_RAW else raw[:RAW_BEYOND]
        self._raw += len(raw)
        self._malformed.append((source_row, raw, detail))

    def close(self) -> None:
        self._write()
        self._writer.close()

    def records(self, sha256: str) -> Records:
        """What was read, once it is closed."""
        malformed = pl.DataFrame(self._malformed, schema=MALFORMED_SCHEMA, orient="row")
        count = self._count + malformed.height
        relation = f"(SELECT * FROM read_parquet({literal(str(self._path))}))"
        return Records(relation, self._columns if count else (), count, malformed, sha256)

    def _write(self) -> None:
        if self._rows:
            columns = zip(*self._rows, strict=True)
            arrays = [pa.array(values, kind.type) for values, kind in zip(columns, self._schema, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._count += len(self._rows)
        self._rows = []
