"""Rows of extract tables on their way to Parquet."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from pipelines.duck import literal
from pipelines.sources.fhir_rows import COLUMNS

ROWS_AT_A_TIME = 50_000


@dataclass
class TableRows:
    """The rows of one table, written as they come."""

    path: Path
    table: str
    count: int = 0
    _columns: dict[str, list[Any]] = field(default_factory=dict)
    _waiting: int = 0
    _writer: pq.ParquetWriter | None = None

    @property
    def relation(self) -> str:
        """The rows as an SQL table expression."""
        if self.count:
            return f"read_parquet({literal(str(self.path))})"
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in self.types.items())
        return f"(SELECT {nothing} WHERE false)"

    @property
    def types(self) -> dict[str, str]:
        """The columns and their types in SQL."""
        names = (*COLUMNS[self.table], "source_row")
        return {name: "BIGINT" if name in ("told", "source_row") else "VARCHAR" for name in names}

    def add(self, columns: dict[str, Sequence[Any]], places: Sequence[int]) -> None:
        """Take rows in."""
        told = {**columns, "source_row": places}
        for name in self.types:
            self._columns.setdefault(name, []).extend(told.get(name) or [None] * len(places))
        self.count += len(places)
        self._waiting += len(places)
        if self._waiting >= ROWS_AT_A_TIME:
            self._write()

    def close(self) -> None:
        """Write what waits."""
        if self._waiting:
            self._write()
        if self._writer:
            self._writer.close()

    def _write(self) -> None:
        series = (
            pl.Series(name, self._columns[name], dtype=pl.Int64 if kind == "BIGINT" else pl.String)
            for name, kind in self.types.items()
        )
        rows = pl.DataFrame(list(series)).to_arrow()
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, rows.schema, compression="lz4", write_statistics=False)
        self._writer.write_table(rows)
        self._columns, self._waiting = {}, 0
