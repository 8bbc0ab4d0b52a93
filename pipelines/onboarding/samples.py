"""The first rows of every delivered file, laid into a scratch folder under its own name, and what form each has.

A sample is compressed and encoded as the file is, so that whatever reads the sample reads the file.
"""

import codecs
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import UnreadableFile
from pipelines.ingest.physical import DeliveredText, kind_of, reaching

ENCODING_BYTES = 64 << 20
"""How much text is looked through for its encoding; a letter beyond ASCII may come late in a file."""

_DOCUMENTS = {
    b"%PDF": "a PDF document: no rows can be read from it. Ask for the data as CSV or Parquet",
    b"PK\x03\x04": "a ZIP archive or an Excel workbook. Unpack it, or save the sheet as CSV (UTF-8)",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file. Save the sheet as CSV (UTF-8)",
    b"\x89PNG": "a picture. Ask for the data as CSV or Parquet",
    b"\xff\xd8\xff": "a picture. Ask for the data as CSV or Parquet",
    b"SQLite format 3": "an SQLite database. Export its tables as CSV or Parquet",
    b"{\\rtf": "a text document. Ask for the data as CSV or Parquet",
}
"""First bytes of what people deliver instead of data, and what to do about it."""

_BOMS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Sample:
    """The beginning of one delivered file.

    Attributes:
        path: the file; ``name`` is its path below the extracts folder.
        form: parquet, csv, ndjson, json, hl7, or none: nothing in it can be read, and ``problem`` says why.
        text: decoded text of the sample (not of Parquet); line ends as they are.
        encoding: ascii, utf-8, utf-16, or the single-byte encoding that its letters speak for.
        is_sure: does anything but the look of its letters speak for the encoding?
        lines: lines of the sample, the header among them; ``is_whole`` says that there are no others.
    """

    path: Path
    name: str
    form: str
    text: str = ""
    encoding: str = "ascii"
    is_sure: bool = True
    lines: int = 0
    is_whole: bool = True
    problem: str = ""


def take_sample(path: Path, name: str, scratch: Path, rows: int) -> Sample:
    """Write the first rows of a file below ``scratch`` under its own name, and say what it is."""
    target = scratch / name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with reaching(path), path.open("rb") as file:
            start = file.read(16)
        if not start:
            return Sample(path, name, "none", problem="is empty")
        if told := next((what for magic, what in _DOCUMENTS.items() if start.startswith(magic)), None):
            return Sample(path, name, "none", problem=f"is {told}")
        if b"DUCK" in start[8:12]:
            problem = "is a DuckDB database. Export its tables as Parquet"
            return Sample(path, name, "none", problem=problem)
        if kind_of(path) == "parquet":
            return _parquet(path, name, target, rows)
        return _text(path, name, target, rows)
    except UnreadableFile as error:
        return Sample(path, name, "none", problem=str(error).removeprefix(path.name).strip())


def _parquet(path: Path, name: str, target: Path, rows: int) -> Sample:
    try:
        file = pq.ParquetFile(path)
        batch = next(file.iter_batches(batch_size=rows), None)
        table = file.schema_arrow.empty_table() if batch is None else pa.Table.from_batches([batch])
    except pa.ArrowException:
        return Sample(path, name, "none", problem="is not a complete Parquet file. Deliver it again, complete")
    pq.write_table(table, target)
    return Sample(path, name, "parquet", lines=table.num_rows + 1, is_whole=file.metadata.num_rows <= rows)


def _text(path: Path, name: str, target: Path, rows: int) -> Sample:
    raw = _head(path)
    encoding, is_sure = encoding_of(raw.removeprefix(codecs.BOM_UTF8))
    if encoding == "binary":
        return Sample(
            path, name, "none", problem="holds bytes that are no text. Expected CSV (also .gz, .zst) or Parquet"
        )
    text = raw.decode("utf-8-sig" if encoding == "ascii" else encoding, "replace").removeprefix("\ufeff")
    cut, count = cut_after(text, rows + 1)
    is_whole = cut == len(text) and len(raw) < ENCODING_BYTES
    text = text[:cut]
    written = text.encode("utf-8" if encoding == "ascii" else encoding, "replace")
    _write(target, written, kind_of(path))
    return Sample(path, name, form_of(text), text, encoding, is_sure, count, is_whole)


def _head(path: Path) -> bytes:
    parts: list[bytes] = []
    size = 0
    for block in _raw_blocks(path):
        parts.append(block)
        size += len(block)
        if size >= ENCODING_BYTES:
            break
    return b"".join(parts)


def _raw_blocks(path: Path) -> Iterator[bytes]:
    """The bytes of the text, decompressed; UTF-16 as it is, for its line ends are two bytes each."""
    if kind_of(path) == "text":
        with path.open("rb") as file:
            while block := file.read(4 << 20):
                yield block
    else:
        yield from DeliveredText(path, "utf-8").blocks()


def _write(target: Path, text: bytes, kind: str) -> None:
    if kind == "gzip":
        with gzip.open(target, "wb", compresslevel=1) as file:
            file.write(text)
    elif kind == "zstd":
        with pa.CompressedOutputStream(str(target), "zstd") as file:
            file.write(text)
    else:
        target.write_bytes(text)


def cut_after(text: str, lines: int) -> tuple[int, int]:
    """Where the first lines of a text end, quoted fields of several lines kept whole; and how many lines these are."""
    end = count = 0
    whole = (0, 0)
    quotes = 0
    while count < lines and end < len(text):
        following = text.find("\n", end) + 1 or len(text)
        quotes += text.count('"', end, following)
        end, count = following, count + 1
        if quotes % 2 == 0:
            whole = end, count
    return whole if whole[1] else (end, count)


def form_of(text: str) -> str:
    """What kind of text this is, by its first line that is not blank."""
    start = text.lstrip("\ufeff\x0b \t\r\n")
    if start.startswith(("MSH|", "FHS|", "BHS|", "MSH^")):
        return "hl7"
    if start.startswith("{"):
        return "ndjson" if '"resourceType"' in start.partition("\n")[0] or "}\n{" in start else "json"
    if start.startswith("["):
        return "json"
    return "csv"


def encoding_of(raw: bytes) -> tuple[str, bool]:
    """The encoding of a text and whether that is sure: ascii, utf-8, utf-16, cp1252, cp850, mac-roman; or binary.

    Of single-byte encodings the one is taken in which most of the signs beyond ASCII are letters of European words, and
    small ones rather than capitals.
    """
    for bom, name in _BOMS:
        if raw.startswith(bom):
            return name, True
    if b"\0" in raw[: 1 << 16]:
        return "binary", True
    if raw.isascii():
        return "ascii", True
    if _is_utf8(raw):
        return "utf-8", True
    foreign = raw.translate(None, _ASCII)
    if len(foreign) > len(raw) / 3 or raw.translate(None, _NOT_CONTROL):
        return "binary", True
    scores = {name: _letters(foreign, name) for name in ("cp1252", "cp850", "mac-roman")}
    best = max(scores, key=scores.__getitem__)
    return best, False


def _is_utf8(raw: bytes) -> bool:
    """Is it UTF-8 to the end, but for a letter that the end of what was looked at may have cut?"""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(raw) >= ENCODING_BYTES and error.start > len(raw) - 4
    return True


_ASCII = bytes(range(0x80))
_NOT_CONTROL = bytes({*range(0x20, 0x100), *b"\t\r\n\f\v\x1a"})
_USUAL = frozenset("äöüÄÖÜßéèêëàâáçñóòôíìîïúùûœæøåÅØÆÉÈÀÁÇÑÓÍÚµ°²³±–’€×")


def _letters(foreign: bytes, encoding: str) -> float:
    text = foreign.decode(encoding, "replace")
    return sum(0.0 if letter not in _USUAL else 0.4 if letter.isupper() else 1.0 for letter in text) / len(text)
