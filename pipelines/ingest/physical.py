"""Delivered files as bytes and as a stream of UTF-8 text: hashed while they are read, refused whole when broken."""

import codecs
import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pyarrow as pa

from pipelines.errors import ConfigurationError, UnreadableFile

BLOCK_BYTES = 4 << 20  # fits the caches and keeps the cost per block far below the cost of its bytes
HEAD_BYTES = 1 << 20  # what is read to find the header; no line end in so much is no CSV

_CODEC_OF = {"gzip": "gzip", "zstd": "zstd"}
_LINE_END = re.compile(rb"\r*\n|\r")
_UTF8 = {"utf-8", "utf-8-sig", "ascii"}


class Stamp(NamedTuple):
    """What a file shows from outside when it is written to."""

    size: int
    modified_ns: int
    inode: int


@contextmanager
def reaching(path: Path) -> Iterator[None]:
    """Say of a delivered file that is gone, or that may not be read, what to do; the others are taken.

    Raises:
        UnreadableFile: The file could not be reached.
    """
    try:
        yield
    except FileNotFoundError:
        what = "is a link that leads nowhere" if path.is_symlink() else "was there, and was gone when it was to be read"
        raise UnreadableFile(
            f"{printable(path.name)} {what}. Nothing of it was taken; deliver it again, or take it away for good, "
            "and move no files while they are read."
        ) from None
    except PermissionError:
        raise UnreadableFile(
            f"{printable(path.name)}: Permission denied. Nothing of it was taken; give the account that runs this the "
            "right to read it and the folders above it."
        ) from None


def stamp(path: Path) -> Stamp:
    """The stamp of a file as it is now.

    Raises:
        UnreadableFile: The file could not be reached.
    """
    with reaching(path):
        found = path.stat()
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ino)


def printable(name: str) -> str:
    """The name of a file as text that can be written anywhere: bytes that are not UTF-8 as their numbers."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def kind_of(path: Path) -> str:
    """What a file is by its first bytes: ``parquet``, ``gzip``, ``zstd`` or ``text``.

    Raises:
        UnreadableFile: The bytes are not what the suffix promises, or belong to an archive; or the path is no text, or
            the file could not be reached.
    """
    if (shown := printable(str(path))) != str(path):
        raise UnreadableFile(
            f"{printable(path.name)} lies at {shown}, which is not UTF-8. Nothing of it was taken; rename it."
        )
    with reaching(path), path.open("rb") as file:
        start = file.read(4)
    magic = {b"PAR1": "parquet", b"\x28\xb5\x2f\xfd": "zstd"}
    if start in magic:
        return magic[start]
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    for suffix, kind in ((".parquet", "Parquet"), (".gz", "gzip"), (".zst", "zstd")):
        if path.name.lower().endswith(suffix):
            raise UnreadableFile(
                f"{path.name} does not begin as a {kind} file does. "
                "Nothing of it was taken; deliver it again, complete."
            )
    if start.startswith(b"PK\x03\x04"):
        raise UnreadableFile(
            f"{path.name} is a ZIP archive or a spreadsheet. "
            "Expected CSV (also .gz, .zst) or Parquet; unpack or export it."
        )
    return "text"


def text_codec(encoding: str) -> str:
    """The canonical name of a declared encoding.

    Raises:
        ConfigurationError: There is no such text encoding.
    """
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)  # refuses codecs that are not for text, such as "hex"
    except (LookupError, UnicodeError):
        raise ConfigurationError(
            f'No encoding named "{encoding}". Known are, for example, utf-8, latin-1, cp1252 and utf-16.'
        ) from None
    return codec.name


class DeliveredText:
    """A delivered CSV as UTF-8 text, hashed as it is read unless its ``sha256`` is known.

    Bytes that the declared encoding does not know become bytes that are not UTF-8, so that the line they stand in can
    be told later. A file whose first line ends with a carriage return alone is read as if all of these were line feeds.
    """

    def __init__(self, path: Path, encoding: str, sha256: str | None = None) -> None:
        self.path = path
        self.kind = kind_of(path)
        self.encoding = text_codec(encoding)
        self.is_as_delivered = self.kind == "text" and self.encoding in _UTF8
        self.bytes_read = 0
        self._sha256 = sha256
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The digest of the file, or of the bytes read so far until the blocks have run out."""
        return self._sha256 or self._hash.hexdigest()

    def count(self, block: bytes) -> None:
        """Take note of bytes that were read."""
        self.bytes_read += len(block)
        if self._sha256 is None:
            self._hash.update(block)

    def blocks(self) -> Iterator[bytes]:
        """The text in blocks of any size, but the first of at least ``HEAD_BYTES`` unless the text is shorter.

        Raises:
            UnreadableFile: The file is truncated or corrupt; what was yielded before is not to be used.
        """
        with reaching(self.path), self.path.open("rb", buffering=0) as file:
            texts = self._decoded(self._inflated(file))
            first = b""
            while len(first) < HEAD_BYTES and (block := next(texts, None)) is not None:
                first += block
            line_end = _LINE_END.search(first)
            if line_end is None or line_end.group().endswith(b"\n"):
                yield first
                yield from texts
                return
            self.is_as_delivered = False
            yield first.replace(b"\r", b"\n")
            for block in texts:
                yield block.replace(b"\r", b"\n")

    def _inflated(self, file: BinaryIO) -> Iterator[bytes]:
        raw = _Counted(file, self)
        if self.kind not in _CODEC_OF:
            while block := raw.read(BLOCK_BYTES):
                yield block
            return
        stream = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), _CODEC_OF[self.kind])
        while True:
            try:
                block = stream.read(BLOCK_BYTES)
            except OSError as error:
                if error.errno is not None:  # the disk, not the file
                    raise
                raise UnreadableFile(
                    f"{self.path.name} is truncated or corrupt: its {self.kind} data do not decompress to the end. "
                    "Nothing of it was taken; deliver it again, complete."
                ) from None
            if not block:
                return
            yield block

    def _decoded(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        if self.encoding in _UTF8:
            yield from blocks
            return
        # UTF-16 and UTF-32 know no escapes for single bytes, only for lone surrogates.
        errors = "surrogatepass" if self.encoding.startswith("utf-") else "surrogateescape"
        decoder = codecs.getincrementaldecoder(self.encoding)(errors)
        try:
            for block in blocks:
                yield decoder.decode(block).encode("utf-8", "surrogatepass")
            yield decoder.decode(b"", True).encode("utf-8", "surrogatepass")
        except UnicodeError:  # also of UTF-16 without a mark, which is no UnicodeDecodeError
            raise UnreadableFile(
                f"{self.path.name} is not {self.encoding} text from beginning to end. Nothing of it was taken; "
                "deliver it again, complete, or declare its true encoding under its source in b12.toml."
            ) from None


class _Counted(io.RawIOBase):
    """A file that has what is read from it counted."""

    def __init__(self, file: BinaryIO, delivered: DeliveredText) -> None:
        self._file, self._delivered = file, delivered

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._delivered.count(block)
        return block


class ReadableCopy:
    """The text as the CSV reader is to see it: the delivered file itself, until something in it has to change.

    From the first change on, and from the start where the file is compressed or encoded otherwise, it is a copy.
    """

    def __init__(self, delivered: DeliveredText, work: Path) -> None:
        self._delivered, self._work = delivered, work
        self._kept_bytes = 0
        self._copy: BinaryIO | None = None
        self.is_changed = False

    def __enter__(self) -> "ReadableCopy":
        return self

    def __exit__(self, failed: type | None, *_: object) -> None:
        if self._copy is not None:
            self._copy.close()
            if failed:
                Path(self._copy.name).unlink(missing_ok=True)

    @property
    def path(self) -> Path:
        """Where the text can be read, once complete."""
        return self._delivered.path if self._copy is None else Path(self._copy.name)

    def keep(self, text: bytes | memoryview) -> None:
        """Take over a stretch of the text as it is."""
        if self._copy is None and not self._delivered.is_as_delivered:
            self._begin()
        if self._copy is None:
            self._kept_bytes += len(text)
        else:
            self._copy.write(text)

    def write(self, instead: bytes) -> None:
        """Write this instead of the next stretch of the text."""
        if self._copy is None:
            self._begin()
        self.is_changed = True
        self._copy.write(instead)

    def _begin(self) -> None:
        self._work.mkdir(parents=True, exist_ok=True)
        self._copy = tempfile.NamedTemporaryFile(dir=self._work, suffix=".csv", delete=False)  # noqa: SIM115
        remaining = self._kept_bytes
        with self._delivered.path.open("rb") as source:
            while remaining and (block := source.read(min(remaining, BLOCK_BYTES))):
                self._copy.write(block)
                remaining -= len(block)
