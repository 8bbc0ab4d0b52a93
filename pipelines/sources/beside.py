"""The files of a folder that others are looked up in: the vocabulary of a hospital, its admissions, its care sites."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb

from pipelines.config import Source
from pipelines.ingest.physical import kind_of
from pipelines.ingest.records import FileFormat, Records, columns_of, fingerprint, read_records
from pipelines.sources.columns import Columns, Terms

C = type[Columns]


class Beside:
    """The files of one source, by table; each is read when it is first needed, and once a run."""

    def __init__(self, source: Source, files: Mapping[str, Sequence[Path]]) -> None:
        self.source, self._files = source, files
        self._fingerprints: dict[Path, str] = {}
        self._records: dict[Path, Records] = {}

    def has(self, table: str) -> bool:
        """Was the table delivered?"""
        return bool(self._files.get(table))

    def digest(self, reading: int, *tables: str) -> str:
        """A digest of what the presenting of a file depends on: how it is done, and these tables."""
        parts = [str(reading)]
        for path in (path for table in tables for path in self._files.get(table, ())):
            if path not in self._fingerprints:
                self._fingerprints[path] = fingerprint(path)
            parts.append(self._fingerprints[path])
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]

    def query(
        self,
        table: str,
        terms_of: Callable[[Columns], Terms],
        fmt: FileFormat,
        work: Path,
        con: duckdb.DuckDBPyConnection,
        columns_type: C = Columns,
    ) -> str:
        """A query for what the files of a table say, in some terms and ``source_row``; no rows where there is no file.

        Raises:
            UnreadableFile: One of the files is damaged.
        """
        nothing = ", ".join(f"{term} AS {name}" for name, term in terms_of(columns_type(())).items())
        parts = [f"SELECT {nothing}, CAST(NULL AS BIGINT) AS source_row WHERE false"]
        for path in self._files.get(table, ()):
            records = self.records(path, fmt, work, con)
            if records.columns:
                columns = columns_type(records.columns)
                listed = ", ".join(f"{term} AS {name}" for name, term in terms_of(columns).items())
                parts.append(f"SELECT {listed}, source_row FROM {records.relation} AS r {columns.joins}")
        return " UNION ALL ".join(parts)

    def records(self, path: Path, fmt: FileFormat, work: Path, con: duckdb.DuckDBPyConnection) -> Records:
        """The records of a file, found once a run."""
        if path not in self._records:
            self._records[path] = read_records(path, fmt, work=work, con=con)
        return self._records[path]


def tabs_or_commas(path: Path) -> FileFormat:
    """The format of a table of names: as a vocabulary service gives it, with tabs, or as a database exports it."""
    tabs = FileFormat(delimiter="\t")
    return tabs if kind_of(path) != "parquet" and len(columns_of(path, tabs)) > 1 else FileFormat()
