"""Dates and times: ISO 8601 as Python reads it, a declared format or nothing; never another day in silence."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from pipelines.config import TableMapping
from pipelines.ingest.dates import read_times
from tests.fuzz.material import Material, joined

ZONES = ("UTC", "Europe/London", "America/New_York", "Asia/Kolkata", "Pacific/Apia")
FORMATS = (
    (), ("%d/%m/%Y",), ("%d-%b-%Y",), ("%d/%m/%Y %H:%M", "%d/%m/%Y"), ("%Y%m%d%H%M%S",), ("%m/%d/%y",), ("%Y-%m-%dT%H:%M:%S%z",),
    ("%d.%m.%Y",), ("%Y-%j",), ("%e %B %Y",),
)  # fmt: skip
WORDS = (
    "2026-11-20", "20261120", "2026-11-20T08:30", "2026-11-20 08:30:15.123", "2026-03-29T01:30:00+01:00", "Z", "+05:30",
    "0000-00-00", "9999-12-31", "2024-02-29", "2023-02-29", "24:00", "23:59:60", "20/11/2026", "20-Nov-2026", "٢٠٢٦", "-", "T",
    "1582-10-10", "%d/%m/%Y", "%Q", "%", "%H", "%:z", "%s",
)  # fmt: skip
SEEDS = (
    joined("2026-11-20", "20261120", "2026-11-20T08:30:00+01:00", "2024-02-30", choices=b"\0\1"),
    joined("20/11/2026 08:30", "20/11/2026", choices=b"\3\0"),
    joined("%Y", "2026", choices=b"\xfe\0"),
)
DECLARED_HERE = 254
"""The choice under which the first text is the format."""

ZONES_KNOWN_UNTIL = 2100
"""polars knows the rules of daylight saving up to here."""

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ISO_ZONED = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-][01]\d:[0-5]\d)", re.ASCII)


def check(data: bytes) -> None:
    material = Material(data)
    choice = material.number(256)
    zone = material.pick(ZONES)
    texts = material.texts()
    formats = FORMATS[choice % len(FORMATS)]
    if choice == DECLARED_HERE:
        formats, texts = _declared(texts[0]), texts[1:]
        if formats is None:
            return
    read = read_times(pl.Series("day", texts, dtype=pl.String), timezone=zone, formats=formats)
    assert read.len() == len(texts)
    assert read.dtype == pl.Datetime("us")
    if not formats:
        for text, moment in zip(texts, read.dt.strftime("%Y-%m-%dT%H:%M:%S"), strict=True):
            _hold_against_python(text, moment, zone)


def _declared(text: str | None) -> tuple[str, ...] | None:
    """A format that the configuration takes."""
    try:
        return TableMapping(date_formats=(text or "",)).date_formats
    except ValueError:
        return None


def _hold_against_python(text: str | None, moment: str | None, zone: str) -> None:
    text = (text or "").strip()
    try:
        if _ISO_DAY.fullmatch(text):
            expected = datetime.combine(date.fromisoformat(text), datetime.min.time())
        elif _ISO_ZONED.fullmatch(text):
            expected = datetime.fromisoformat(text).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        else:
            return
    except (ValueError, OverflowError):
        return  # polars knows a year 0, and zones beyond a day
    if expected.year < ZONES_KNOWN_UNTIL:
        assert moment == expected.isoformat(timespec="seconds")
