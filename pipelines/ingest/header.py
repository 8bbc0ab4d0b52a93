"""The header of a delivered CSV: the names of its columns, and where its records begin."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ConfigurationError, UnreadableFile
from pipelines.ingest.mend import split_record
from pipelines.ingest.physical import HEAD_BYTES

SOURCE_ROW = "source_row"
"""The column that carries the record number. A delivered column of this name is passed over."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_EXCEL_HINT = re.compile(rb"sep=[^\"\r\n]")  # a first line that tells Excel the delimiter, and is no header
_NUMBER_OR_DATE = re.compile(r"[+-]?\d[\d./:,T+-]*( [\d.:]+)?")


@dataclass(frozen=True)
class Header:
    """The columns as delivered, and how much of the text the header takes, with what stands before it.

    That is blank lines, or the ``sep=;`` that Excel asks for. A file without any line that is not blank has no columns.
    ``is_exact``: the first line, written as a CSV writer writes it.
    """

    columns: tuple[str, ...]
    text_bytes: int
    lines: int
    newline: bytes
    is_exact: bool


def delimiter_bytes(delimiter: str) -> bytes:
    """The declared delimiter as it stands in the text.

    Raises:
        ConfigurationError: It is not one ASCII character, or one that cannot delimit.
    """
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0':
        raise ConfigurationError(
            f'The delimiter {delimiter!r} cannot be used. Give one ASCII character, for example ",", ";", "|" or "\\t".'
        )
    return delimiter.encode()


def read_header(text: bytes, path: Path, delimiter: bytes) -> Header:
    """The header at the beginning of ``text``, the first ``HEAD_BYTES`` or more of a file.

    Names lose the spaces around them; a column without a name is called ``column_<position>``.

    Raises:
        UnreadableFile: The first line is no header that the columns could be told by.
    """
    place = lines = 0
    while place < len(text):
        end = text.find(b"\n", place) + 1 or len(text)
        line = text[place:end].removeprefix(_BYTE_ORDER_MARK if place == 0 else b"")
        place, lines = end, lines + 1
        if line.strip(b" \t\r\n\x1a") and not (lines == 1 and _EXCEL_HINT.fullmatch(line.strip())):
            if end >= HEAD_BYTES and not line.endswith(b"\n"):
                break
            newline = b"\r\n" if line.endswith(b"\r\n") else b"\n"
            content = line.rstrip(b"\r\n")
            has_plain_end = line[len(content) :] in (newline, b"")
            is_exact = lines == 1 and has_plain_end and split_record(content, delimiter).is_exact
            return Header(_names(content, path, delimiter), end, lines, newline, is_exact)
    if len(text) < HEAD_BYTES:
        return Header((), len(text), lines, b"\n", is_exact=True)
    raise UnreadableFile(
        f"{path.name} shows no header in its first {HEAD_BYTES >> 20} MiB. "
        "Expected CSV with the column names in the first line."
    )


def check_distinct(names: tuple[str, ...], path: Path) -> None:
    """Refuse columns that SQL, which does not tell upper from lower case, could not tell apart.

    Raises:
        UnreadableFile: Naming the columns.
    """
    seen = Counter(name.casefold() for name in names)
    repeated = [name for name in names if seen[name.casefold()] > 1]
    if repeated:
        raise UnreadableFile(
            f"{path.name} has columns of the same name: {', '.join(repeated)} (case does not count). "
            "Expected each name once; have the extract rename or leave out one of them."
        )


def _names(line: bytes, path: Path, delimiter: bytes) -> tuple[str, ...]:
    if b"\0" in line or line.startswith(_UTF16_MARKS):
        raise UnreadableFile(
            f"{path.name} is not text in the declared encoding: its first line holds NUL bytes or a UTF-16 mark. "
            'Expected CSV; if it is UTF-16, declare encoding = "utf-16" for it, for example under [source.labs].'
        )
    try:
        line.decode()
    except UnicodeDecodeError:
        raise UnreadableFile(
            f"{path.name}: the first line is not UTF-8, or not text of the declared encoding. "
            'Declare the true one, for example encoding = "latin-1" under [source.labs].'
        ) from None
    split = split_record(line, delimiter)
    if split.flaw:
        raise UnreadableFile(f"{path.name}: in the first line, {split.flaw}. Expected the column names.")
    names = tuple(
        field.decode().strip() or f"column_{position}" for position, field in enumerate(split.fields, start=1)
    )
    # Said without the names: where the header is missing they are a patient's.
    data_like = [str(position) for position, name in enumerate(names, start=1) if _NUMBER_OR_DATE.fullmatch(name)]
    if data_like:
        raise UnreadableFile(
            f"{path.name}: the first line looks like data, with a number or date in column {', '.join(data_like)}. "
            "Expected the column names; deliver the file with its header."
        )
    check_distinct(names, path)
    return names
