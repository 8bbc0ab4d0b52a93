"""Which physical lines are whole records on their own, found for a block of text at once.

A line that reads alone as one record of the right number of fields is a record, whatever stands before it: no quote
opened earlier can reach past it. All other lines are left to :mod:`pipelines.ingest.mend`.
"""

import codecs
from dataclasses import dataclass
from functools import cached_property

import numpy as np

LONGEST_LINE_BYTES = 1 << 20

_NUL, _NEWLINE, _RETURN, _QUOTE = 0, 10, 13, 34
_WINDOW_BYTES = LONGEST_LINE_BYTES // 2


@dataclass(frozen=True)
class Dialect:
    """How the records of a file are written: the delimiter, the number of fields, and the line end of its header."""

    delimiter: bytes
    fields: int
    newline: bytes

    @cached_property
    def unmarked(self) -> bytes:
        """All byte values that say nothing about structure."""
        marks = {_NUL, _NEWLINE, _RETURN, _QUOTE, self.delimiter[0]}
        return bytes(value for value in range(256) if value not in marks)


@dataclass(frozen=True)
class Lines:
    """The physical lines of a block: where each ends (its line end included) and whether it is a whole record."""

    ends: np.ndarray
    is_whole: np.ndarray
    is_mixed: bool
    """Some whole records do not end as the header does."""


def uniform_records(text: bytes, dialect: Dialect) -> int | None:
    """The number of records when every line of ``text`` is one and all show the same marks; null when not so simple.

    ``text`` ends with a line end. Marks are delimiters, quotes and line ends. Comparing them to a repeated pattern
    proves the fields of each line ten times faster than looking at where the marks stand.
    """
    marks = text.translate(None, dialect.unmarked)
    pattern = marks[: marks.find(b"\n") + 1]
    count = len(marks) // len(pattern)
    if marks != pattern * count or not pattern.endswith(dialect.newline):
        return None
    fields = pattern[: -len(dialect.newline)].split(dialect.delimiter)
    # In a file of one column, an empty line and a record look the same.
    if len(fields) != dialect.fields or dialect.fields == 1 or not set(fields) <= {b"", b'""'}:
        return None
    quoted = sum(map(bool, fields)) * count
    if quoted and not _all_quotes_at_field_ends(text, dialect, quoted):
        return None
    if dialect.newline == b"\r\n" and text.count(b"\r\n") != count:
        return None
    return None if _has_long_line(text) or _undecodable_from(text, 0) is not None else count


def physical_lines(text: bytes, dialect: Dialect) -> Lines:
    """Every line of ``text``, which ends with a line end, and whether it is a whole record on its own.

    Whole is a line of the right number of fields, quoted where they need it and only as a CSV writer quotes, of no
    more than ``LONGEST_LINE_BYTES``, without NUL and stray carriage returns, and of valid UTF-8.
    """
    values = np.frombuffer(text, np.uint8)
    at = np.flatnonzero((values == dialect.delimiter[0]) | (values == _NEWLINE) | (values == _QUOTE))
    mark = values[at]
    last = np.flatnonzero(mark == _NEWLINE)  # the mark that ends each line
    ends = at[last] + 1
    size = np.diff(ends, prepend=0)

    is_quote = mark == _QUOTE
    quotes = np.cumsum(is_quote)
    before = np.concatenate(([0], quotes[last[:-1]]))
    is_even = (quotes[last] - before) & 1 == 0
    is_inside = quotes & 1 == 1
    if not is_even.all():  # count from the start of each line, not of the block
        is_inside ^= np.repeat(before & 1 == 1, np.diff(last, prepend=-1))
    delimiters = np.cumsum((mark == dialect.delimiter[0]) & ~is_inside)
    has_fields = np.diff(delimiters[last], prepend=0) == dialect.fields - 1

    ends_crlf = values[np.maximum(ends - 2, 0)] == _RETURN
    is_empty = size - ends_crlf == 1
    is_whole = is_even & has_fields & ~is_empty & (size <= LONGEST_LINE_BYTES)
    is_whole[_lines_of(_misplaced_quotes(values, at[is_quote], is_inside[is_quote], dialect), ends)] = False
    is_whole[_lines_of(_stray_returns(values, text), ends)] = False
    if b"\0" in text:
        is_whole[_lines_of(np.flatnonzero(values == _NUL), ends)] = False
    is_whole[_undecodable_lines(text, ends)] = False
    is_mixed = bool((is_whole & (ends_crlf != (dialect.newline == b"\r\n"))).any())
    return Lines(ends, is_whole, is_mixed)


def _lines_of(places: np.ndarray, ends: np.ndarray) -> np.ndarray:
    return np.searchsorted(ends, places, side="right")


def _misplaced_quotes(values: np.ndarray, quotes: np.ndarray, opens: np.ndarray, dialect: Dialect) -> np.ndarray:
    """Quotes that open within a field or close before its end; a doubled quote closes and opens again."""
    delimiter = dialect.delimiter[0]
    if not quotes.size:
        return quotes
    previous = np.where(quotes > 0, values[np.maximum(quotes - 1, 0)], _NEWLINE)
    following = values[quotes + 1]
    may_open = (previous == delimiter) | (previous == _NEWLINE) | (previous == _QUOTE)
    may_close = (following == delimiter) | (following == _NEWLINE) | (following == _RETURN) | (following == _QUOTE)
    return quotes[~np.where(opens, may_open, may_close)]


def _stray_returns(values: np.ndarray, text: bytes) -> np.ndarray:
    if b"\r" not in text:
        return np.empty(0, np.intp)
    returns = np.flatnonzero(values == _RETURN)
    return returns[values[returns + 1] != _NEWLINE]


def _all_quotes_at_field_ends(text: bytes, dialect: Dialect, quoted: int) -> bool:
    """Does each of the ``quoted`` fields begin and end with its quotes, given that it has two?

    Only the first quote of a field can follow a separator and only the second can precede one, so counting suffices.
    """
    values = np.frombuffer(text, np.uint8)
    is_quote = values == _QUOTE
    separates = (values == dialect.delimiter[0]) | (values == _NEWLINE)
    opening = int(is_quote[0]) + np.count_nonzero(is_quote[1:] & separates[:-1])
    if dialect.newline == b"\r\n":
        separates |= values == _RETURN
    return opening == quoted == np.count_nonzero(is_quote[:-1] & separates[1:])


def _has_long_line(text: bytes) -> bool:
    """Could a line be too long? Such a line covers a whole window, so a window without line end is the sign."""
    starts = range(0, len(text) - _WINDOW_BYTES + 1, _WINDOW_BYTES)
    return any(text.find(b"\n", start, start + _WINDOW_BYTES) < 0 for start in starts)


def _undecodable_from(text: bytes, start: int) -> int | None:
    """Where the first bytes at or after ``start`` stand that are not UTF-8; null when there are none."""
    if not start and text.isascii():
        return None
    try:
        codecs.utf_8_decode(memoryview(text)[start:], "strict", True)
    except UnicodeDecodeError as error:
        return start + error.start
    return None


def _undecodable_lines(text: bytes, ends: np.ndarray) -> list[int]:
    lines = []
    place = _undecodable_from(text, 0)
    while place is not None:
        line = int(np.searchsorted(ends, place, side="right"))
        lines.append(line)
        place = _undecodable_from(text, int(ends[line]))
    return lines
