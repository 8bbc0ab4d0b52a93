"""Lines that are no record on their own: joined to the record they belong to, written anew, or set aside.

The caller hands over a run of such lines, with no whole record among them. What can be read with certainty is a
record; a line that cannot is set aside alone, and reading goes on with the next.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipelines.ingest.structure import LONGEST_LINE_BYTES, Dialect

JOINED_LINES = 200
JOINED_BYTES = 256 << 10

UNTERMINATED = "a quote is opened and never closed"
_BLANK = b" \t\x1a"  # 0x1A: the end mark of a file from DOS


class Split(NamedTuple):
    """A record split into its fields, unquoted.

    ``is_exact``: written as a CSV writer writes it, so that any reader gets the same fields. Otherwise ``flaw`` says
    why it is no record, or is null where the record can be read although it is not exact.
    """

    fields: list[bytes]
    is_exact: bool
    flaw: str | None = None


class Piece(NamedTuple):
    """One or more physical lines of a run, and what becomes of them.

    ``instead`` is what a reader is to see in their place (null: the lines as they are). ``detail`` says why the piece
    was set aside as malformed (null: it was not).
    """

    text: bytes
    lines: int
    is_record: bool
    instead: bytes | None = None
    detail: str | None = None


def split_record(record: bytes, delimiter: bytes) -> Split:
    """Split a record without its line end.

    A quote inside an unquoted field stands for itself (``5" tube``); spaces around a quoted field are dropped.
    """
    if b'"' not in record and b"\r" not in record:
        return Split(record.split(delimiter), True)
    fields, is_exact, place = [], True, 0
    while True:
        start = place
        if delimiter != b" ":
            while record[start : start + 1] == b" ":
                start += 1
        if record[start : start + 1] == b'"':
            close = _closing_quote(record, start + 1)
            if close < 0:
                return Split(fields, False, UNTERMINATED)
            end = record.find(delimiter, close + 1)
            end = len(record) if end < 0 else end
            if record[close + 1 : end].strip(b" "):
                return Split(fields, False, "text follows a closing quote")
            fields.append(record[start + 1 : close].replace(b'""', b'"'))
            is_exact = is_exact and start == place and end == close + 1
        else:
            end = record.find(delimiter, place)
            end = len(record) if end < 0 else end
            field = record[place:end]
            fields.append(field)
            is_exact = is_exact and b'"' not in field and b"\r" not in field
        if end == len(record):
            return Split(fields, is_exact)
        place = end + 1


def mend(lines: Sequence[bytes], dialect: Dialect, *, more: bool) -> Iterator[Piece]:
    """The pieces of a run of lines, in order.

    ``more``: the run may go on in text not read yet. Then the pieces end before a record that may still be completed,
    and its lines are to be handed over again, with what follows.
    """
    index = 0
    while index < len(lines):
        piece = _alone(lines[index], dialect)
        if piece is None:
            piece = _joined(lines, index, dialect)
            if piece is None and more and _may_go_on(lines, index):
                return
        piece = piece or _set_aside(lines[index], dialect, UNTERMINATED)
        yield piece
        index += piece.lines


def flaw_of(line: bytes) -> str | None:
    """Why a line cannot be text of a record at all; null when it can."""
    if len(line) > LONGEST_LINE_BYTES:
        return f"longer than {LONGEST_LINE_BYTES} bytes"
    if b"\0" in line:
        return "contains a NUL byte"
    try:
        line.decode()
    except UnicodeDecodeError:
        return "not UTF-8, or not text of the declared encoding"
    return None


def _alone(line: bytes, dialect: Dialect) -> Piece | None:
    """The line as a piece of its own; null when a quote is still open at its end."""
    content = line.rstrip(b"\r\n")
    if not content.strip(_BLANK.replace(dialect.delimiter, b"")) and (dialect.fields > 1 or not content):
        is_skipped = line == dialect.newline and dialect.fields > 1  # by the reader, of its own accord
        return Piece(line, 1, is_record=False, instead=None if is_skipped else b"")
    if flaw := flaw_of(line):
        return _set_aside(line, dialect, flaw)
    split = split_record(content, dialect.delimiter)
    if split.flaw == UNTERMINATED:
        return None
    if split.flaw:
        return _set_aside(line, dialect, split.flaw)
    if len(split.fields) != dialect.fields:
        return _set_aside(line, dialect, f"{len(split.fields)} fields where the header has {dialect.fields}")
    return Piece(line, 1, is_record=True, instead=_written(split.fields, dialect))


def _joined(lines: Sequence[bytes], first: int, dialect: Dialect) -> Piece | None:
    """The record that begins with an open quote in line ``first``; null when no few lines complete it.

    Where the first and a later line have each the delimiters of a whole record, they are taken for two records with a
    stray quote in each: joined, the values of one person would stand beside the identifier of another.
    """
    has_all = lines[first].count(dialect.delimiter) == dialect.fields - 1
    size = len(lines[first])
    for last in range(first + 1, min(len(lines), first + JOINED_LINES)):
        line = lines[last]
        size += len(line)
        if size > JOINED_BYTES or flaw_of(line) or (has_all and line.count(dialect.delimiter) == dialect.fields - 1):
            return None
        if b'"' not in line.replace(b'""', b""):  # within a quoted field, none of them closes it
            continue
        text = b"".join(lines[first : last + 1])
        content = text.rstrip(b"\r\n")
        split = split_record(content, dialect.delimiter)
        if split.flaw == UNTERMINATED:
            continue
        if split.flaw or len(split.fields) != dialect.fields:
            return None
        is_exact = split.is_exact and text[len(content) :] == dialect.newline
        instead = None if is_exact else _written(split.fields, dialect)
        return Piece(text, last + 1 - first, is_record=True, instead=instead)
    return None


def _may_go_on(lines: Sequence[bytes], first: int) -> bool:
    return len(lines) - first < JOINED_LINES and sum(map(len, lines[first:])) <= JOINED_BYTES


def _closing_quote(record: bytes, place: int) -> int:
    """Where the quoted field ends that goes on at ``place``; -1 when it does not."""
    while (place := record.find(b'"', place)) >= 0 and record[place + 1 : place + 2] == b'"':
        place += 2
    return place


def _set_aside(line: bytes, dialect: Dialect, detail: str) -> Piece:
    """A malformed line. A record of zeros stands in its place, so that the records after it keep their numbers."""
    stand_in = dialect.delimiter.join([b"0"] * dialect.fields) + dialect.newline
    return Piece(line, 1, is_record=True, instead=stand_in, detail=detail)


def _written(fields: Sequence[bytes], dialect: Dialect) -> bytes:
    quoted = (b'"' + field.replace(b'"', b'""') + b'"' for field in fields)
    return dialect.delimiter.join(quoted) + dialect.newline
