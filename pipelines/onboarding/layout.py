"""How a sample of CSV is laid out: its delimiter, the line of its header, its columns; or why it cannot be read."""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import UnreadableFile
from pipelines.ingest.header import delimiter_bytes, read_header
from pipelines.onboarding.samples import Sample

DELIMITERS = (",", ";", "\t", "|")
_LINES = 200
_EXCEL_HINT = re.compile(r'sep=([^"\r\n])\s*')


@dataclass(frozen=True)
class Layout:
    """Delimiter and columns of a CSV sample; ``problem`` says why there are none, and what to do."""

    delimiter: str = ","
    columns: tuple[str, ...] = ()
    problem: str = ""


def layout_of(sample: Sample) -> Layout:
    """The layout of a sample of CSV."""
    lines = [line for line in sample.text.splitlines()[:_LINES] if line.strip()]
    if not lines:
        return Layout(problem="holds no line")
    hint = _EXCEL_HINT.fullmatch(lines[0])
    delimiter = hint.group(1) if hint else _delimiter(lines)
    body = lines[1:] if hint else lines
    if (above := _lines_above(body, delimiter)) > 0:
        what = "a line stands" if above == 1 else f"{above} lines stand"
        return Layout(delimiter, problem=f"{what} above the header. Take them out: the names of the columns come first")
    try:
        header = read_header(sample.text.encode(), Path(sample.name), delimiter_bytes(delimiter))
    except UnreadableFile as error:
        return Layout(delimiter, problem=str(error).partition(sample.path.name)[2].lstrip(": ") or str(error))
    if len(header.columns) < 2:
        return Layout(delimiter, problem="has one column alone; no delimiter was found (, ; tab |). Is it a table?")
    return Layout(delimiter, header.columns)


def _widths(lines: list[str], delimiter: str) -> list[int]:
    try:
        return [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return [1]


def _delimiter(lines: list[str]) -> str:
    """The sign that cuts most lines into the same number of fields, and into most of them on a tie."""

    def merit(delimiter: str) -> tuple[float, int]:
        widths = _widths(lines, delimiter)
        width, count = Counter(widths).most_common(1)[0]
        return (count / len(widths) if width > 1 else 0.0, width)

    return max(DELIMITERS, key=merit)


def _lines_above(lines: list[str], delimiter: str) -> int:
    """How many lines before the first that is as wide as most: titles and dates that a report begins with."""
    widths = _widths(lines, delimiter)
    usual = Counter(widths[1:] or widths).most_common(1)[0][0]
    if usual < 2 or widths[0] > 1:
        return 0
    return next(place for place, width in enumerate(widths) if width == usual)
