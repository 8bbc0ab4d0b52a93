"""Dates and times: text of any delivered form to local time, each distinct text once."""

import re
from collections.abc import Callable, Sequence

import polars as pl

from pipelines.ingest.outcome import Fault, ReadSettings

_ISO_DAY = r"^\d{4}-\d{2}-\d{2}$"
_ISO_TIME = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?$"
_ISO_ZONED = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)? ?(Z|z|[+-]\d{2}(:?\d{2})?)$"
_COMPACT_DAY = r"^\d{8}$"

_TIME_CODES = re.compile(r"%[-_0#:.369]*[HIklMSTRXcsfprzZ+]")
_ZONE_CODES = re.compile(r"%(:{0,3}|#)z|%\+")
_UTC_LETTER = re.compile(r"%[-_0.:369]*[HMSTRf]Z$")  # a time and the letter that says it is one of UTC

EARLIEST_YEAR = 1000
"""A two-digit year read by a four-digit code comes out before this, and is then no date of that format."""


def over_distinct(texts: pl.Series, parse: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """What ``parse`` makes of each text, in the order of ``texts``, having parsed each distinct text once."""
    distinct = texts.unique().rename("text")
    parsed = pl.concat([distinct.to_frame(), parse(distinct)], how="horizontal")
    return (
        texts.to_frame("text").join(parsed, on="text", how="left", nulls_equal=True, maintain_order="left").drop("text")
    )


def read_times(texts: pl.Series, *, timezone: str, formats: Sequence[str] = ()) -> pl.Series:
    """Local times, microseconds, midnight where the text is a date; null where it is empty or cannot be read.

    Without ``formats`` the text is ISO 8601 (a date, or date and time with T or a blank; a zone is converted to
    ``timezone``) or YYYYMMDD. With ``formats`` (strftime codes) the first that fits the whole text decides; a zone, Z
    among them, is converted too.
    """

    def parse(distinct: pl.Series) -> pl.DataFrame:
        text = distinct.cast(pl.String).str.strip_chars()
        found = [_declared(text, given, timezone) for given in formats] if formats else _iso(text, timezone)
        return pl.select(pl.coalesce(*found).alias("time"))

    return over_distinct(texts, parse)["time"].rename(texts.name)


def with_times(rows: pl.DataFrame, columns: Sequence[str], settings: ReadSettings) -> pl.DataFrame:
    """Add, for each column of text, ``<column>_read`` with its local time."""
    return rows.with_columns(
        read_times(rows[name], timezone=settings.timezone, formats=settings.date_formats).alias(f"{name}_read")
        for name in columns
    )


def day_of(column: str) -> pl.Expr:
    """The local calendar date of a column that ``with_times`` read."""
    return pl.col(f"{column}_read").dt.date()


def with_clocks(
    rows: pl.DataFrame, settings: ReadSettings, *, said: str, event: str, whole_days: bool = True
) -> pl.DataFrame:
    """Add ``said_at``, ``event_at``, ``known_from`` (the first of the two that is known) and ``is_undated``.

    A withdrawal dated after the day its file was first read cannot mean that date: it counts as undated, so that it
    takes effect. ``whole_days`` sets events to midnight.
    """
    event_at = day_of(event).cast(pl.Datetime("us")) if whole_days else pl.col(f"{event}_read")
    withdraws = (pl.col("effect") == "withdraws").fill_null(False)

    def credible(time: pl.Expr) -> pl.Expr:
        return pl.when(~(withdraws & _is_later(time, settings))).then(time)

    return rows.with_columns(said_at=credible(pl.col(f"{said}_read")), event_at=credible(event_at)).with_columns(
        known_from=pl.coalesce("said_at", "event_at"), is_undated=pl.col("said_at").is_null()
    )


def date_faults(columns: Sequence[str], not_future: Sequence[str], settings: ReadSettings) -> list[Fault]:
    """Dates that are there and cannot be read, then dates after the day the file was first read."""
    if settings.date_formats:
        expected = f"expected a date as {' or '.join(settings.date_formats)}"
    else:
        expected = "expected an ISO 8601 date or time, or YYYYMMDD"
    unreadable = [
        Fault("bad_date", pl.col(name).is_not_null() & pl.col(f"{name}_read").is_null(), f"{name}: {expected}")
        for name in columns
    ]
    future = [
        Fault(
            "future_date",
            _is_later(pl.col(f"{name}_read"), settings),
            f"{name}: expected a date not after {settings.first_read_on}, when the file was first read",
        )
        for name in not_future
    ]
    return unreadable + future


def _is_later(time: pl.Expr, settings: ReadSettings) -> pl.Expr:
    if settings.shifts_dates:
        return pl.lit(False)
    return (time.dt.date() > settings.first_read_on).fill_null(False)


def _iso(text: pl.Series, timezone: str) -> list[pl.Series]:
    """One series per ISO form that occurs, each null where another form stands."""
    micro = pl.Datetime("us")
    found = [pl.Series([None], dtype=micro).new_from_index(0, len(text))]
    left = text
    for shape, read in (
        (_ISO_DAY, lambda s: s.str.to_date("%Y-%m-%d", strict=False).cast(micro)),
        (_COMPACT_DAY, lambda s: s.str.to_date("%Y%m%d", strict=False).cast(micro)),
        (_ISO_TIME, lambda s: _full_time(s).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us")),
        (_ISO_ZONED, lambda s: _zoned(s, timezone)),
    ):
        if left.null_count() == len(left):
            break
        fits = left.str.contains(shape).fill_null(False)
        if fits.any():
            found.append(read(left.set(~fits, None)))
            left = left.set(fits, None)
    return found


def _full_time(text: pl.Series) -> pl.Series:
    """Date and time with a T, a decimal point and seconds."""
    text = text.str.replace(" ", "T", literal=True).str.replace(",", ".", literal=True)
    return text.str.replace(r"T(\d{2}:\d{2})$", "T${1}:00")


def _zoned(text: pl.Series, timezone: str) -> pl.Series:
    parts = text.str.extract_groups(r"^(.{16,29}?) ?(Z|z|[+-]\d{2}:?(?:\d{2})?)$").struct.unnest()
    zone = parts["2"].str.replace(r"(?i)z", "+0000").str.replace(":", "", literal=True).str.pad_end(5, "0")
    full = _full_time(parts["1"]) + zone
    return _local(full.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", strict=False, time_unit="us"), timezone)


def _declared(text: pl.Series, given: str, timezone: str) -> pl.Series:
    if not _TIME_CODES.search(given):
        time = text.str.to_date(given, strict=False).cast(pl.Datetime("us"))
    else:
        if _UTC_LETTER.search(given):
            given = f"{given[:-1]}%z"
        if given.endswith("z"):
            text = text.str.replace(r"(\d ?)[Zz]$", "${1}+0000")
        time = text.str.to_datetime(given, strict=False, time_unit="us")
        if _ZONE_CODES.search(given):
            time = _local(time, timezone)
    return time.set((time.dt.year() < EARLIEST_YEAR).fill_null(False), None)


def _local(time: pl.Series, timezone: str) -> pl.Series:
    return time.dt.convert_time_zone(timezone).dt.replace_time_zone(None)
