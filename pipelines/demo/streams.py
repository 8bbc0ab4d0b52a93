"""Files that grow by one piece after another, so that nothing is held whole in memory."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol

import polars as pl
import zstandard


class Stream(Protocol):
    """Where the rows of a feed go."""

    rows: int

    def write(self, frame: pl.DataFrame) -> None:
        """Append rows."""

    def close(self) -> None:
        """Finish the file."""


class CsvStream:
    """A CSV file; ``.gz`` and ``.zst`` names are compressed, without a time stamp, so equal rows give equal bytes."""

    def __init__(self, path: Path, *, encoding: str = "utf-8", delimiter: str = ",") -> None:
        """Open the file for writing; ``utf-8-sig`` begins it with a byte order mark."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.rows = 0
        self._encoding, self._delimiter = encoding, delimiter
        self._raw = path.open("wb")
        self._sink: IO[bytes] = self._raw
        if path.suffix == ".gz":
            self._sink = gzip.GzipFile(filename="", fileobj=self._raw, mode="wb", compresslevel=1, mtime=0)
        elif path.suffix == ".zst":
            self._sink = zstandard.ZstdCompressor(level=3).stream_writer(self._raw, closefd=False)
        if encoding == "utf-8-sig":
            self._sink.write(b"\xef\xbb\xbf")
        self._has_header = False

    def write(self, frame: pl.DataFrame) -> None:
        """Append rows; the first call also writes the header."""
        is_first, self._has_header = not self._has_header, True
        self.rows += len(frame)
        text = frame.write_csv(include_header=is_first, separator=self._delimiter)
        encoding = "utf-8" if self._encoding == "utf-8-sig" else self._encoding
        self._sink.write(text.encode(encoding))

    def write_raw(self, text: str, rows: int) -> None:
        """Append text that is no proper CSV, counted as so many rows."""
        self.rows += rows
        self._sink.write(text.encode("utf-8"))

    def close(self) -> None:
        """Finish the file."""
        if self._sink is not self._raw:
            self._sink.close()
        self._raw.close()


class ParquetParts:
    """A folder of Parquet parts, each of at least ``rows_per_part`` rows but for the last."""

    def __init__(self, folder: Path, *, rows_per_part: int = 1_000_000) -> None:
        """Make the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.rows = 0
        self._folder, self._rows_per_part = folder, rows_per_part
        self._waiting: list[pl.DataFrame] = []
        self._parts = 0

    def write(self, frame: pl.DataFrame) -> None:
        """Keep rows until a part is full."""
        self.rows += len(frame)
        self._waiting.append(frame)
        if sum(map(len, self._waiting)) >= self._rows_per_part:
            self._flush()

    def close(self) -> None:
        """Write what is left; a table without rows still gets one part, with its columns."""
        if self._parts == 0 or sum(map(len, self._waiting)):
            self._flush()

    def _flush(self) -> None:
        pl.concat(self._waiting).write_parquet(
            self._folder / f"part-{self._parts:05d}.parquet", compression="zstd", compression_level=1
        )
        self._waiting = []
        self._parts += 1


class Streams:
    """The open files of a delivery, by name, each opened when its first rows come."""

    def __init__(self, root: Path) -> None:
        """Nothing is open yet."""
        self._root = root
        self._open: dict[str, Stream] = {}

    def get(self, name: str, make: Callable[[Path], Stream]) -> Stream:
        """The stream of that name, made on first use."""
        if name not in self._open:
            self._open[name] = make(self._root / name)
        return self._open[name]

    def close(self) -> dict[str, int]:
        """Finish every file; rows by name."""
        for stream in self._open.values():
            stream.close()
        return {name: stream.rows for name, stream in sorted(self._open.items())}
