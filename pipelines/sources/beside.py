"""The files of a folder that others are looked up in: the vocabulary of a hospital, its admissions, its care sites."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb

from pipelines.config import Source
from pipelines.ingest.records import FileFormat, Records
from pipelines.sources.columns import NOTHING, Columns, Terms
from pipelines.sources.held import TableFile

LOG = logging.getLogger("b12.sources")


class Beside:
    """The files of one source, by table; each is read when it is first needed, and once a run."""

    def __init__(self, source: Source, files: Mapping[str, Sequence[TableFile]]) -> None:
        self.source, self._files = source, files
        self._fingerprints: dict[TableFile, str] = {}
        self._records: dict[TableFile, Records] = {}

    def has(self, table: str) -> bool:
        """Was the table delivered?"""
        return bool(self._files.get(table))

    def digest(self, reading: int, *tables: str) -> str:
        """A digest of what the presenting of a file depends on: how it is done, and these tables."""
        parts = [str(reading)]
        for file in (file for table in tables for file in self._files.get(table, ())):
            if file not in self._fingerprints:
                self._fingerprints[file] = file.fingerprint()
            parts.append(self._fingerprints[file])
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]

    def query(
        self,
        table: str,
        terms_of: Callable[[Columns], Terms],
        fmt: FileFormat,
        work: Path,
        con: duckdb.DuckDBPyConnection,
        columns_type: type[Columns] = Columns,
    ) -> str:
        """A query for what the files of a table say, in some terms; no rows where there is no file.

        ``source_file`` numbers the files in order of name, and ``source_row`` the records of each.

        Raises:
            UnreadableFile: One of the files is damaged.
        """
        nothing = ", ".join(f"{NOTHING} AS {name}" for name in terms_of(columns_type(())))
        parts = [
            f"SELECT {nothing}, CAST(NULL AS INTEGER) AS source_file, CAST(NULL AS BIGINT) AS source_row WHERE false"
        ]
        for number, file in enumerate(self._files.get(table, ())):
            records = self.records(file, fmt, work, con)
            if records.columns:
                columns = columns_type(records.columns)
                listed = ", ".join(f"{term} AS {name}" for name, term in terms_of(columns).items())
                parts.append(
                    f"SELECT {listed}, {number} AS source_file, source_row"
                    f" FROM {records.relation} AS r {' '.join(columns.joins.values())}"
                )
        return " UNION ALL ".join(parts)

    def records(self, file: TableFile, fmt: FileFormat, work: Path, con: duckdb.DuckDBPyConnection) -> Records:
        """The records of a file, found once a run; how many are malformed is told, for nothing else does."""
        if file not in self._records:
            self._records[file] = found = file.records(fmt, work, con)
            if lost := found.malformed.height:
                LOG.warning(
                    "%s of %s, in which other files are looked up: %s malformed of %s records are passed over there. "
                    "Correct the file, and deliver it again.",
                    file.name, self.source.name, lost, found.count,
                )  # fmt: skip
        return self._records[file]
