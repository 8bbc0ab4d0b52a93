"""Dates: days before and after, windows closed at both ends."""

from datetime import date, timedelta

import polars as pl


def days_before(as_of: date, days: int) -> date:
    """The date that lies ``days`` before ``as_of``."""
    return as_of - timedelta(days=days)


def years_before(as_of: date, years: int) -> pl.Expr:
    """The day so many calendar years before ``as_of``; before a 29 February the 28th in other years."""
    return pl.lit(as_of).dt.offset_by(f"-{years}y")


def plus_days(column: str | pl.Expr, days: int | pl.Expr) -> pl.Expr:
    """A date so many days later (earlier when negative); null where either is null."""
    day = pl.col(column) if isinstance(column, str) else column
    return (day.cast(pl.Int32) + days).cast(pl.Int32).cast(pl.Date)


def days_from(start: str | pl.Expr, end: str | pl.Expr | date) -> pl.Expr:
    """The count of days from one date to another: their difference."""
    first = pl.col(start) if isinstance(start, str) else start
    last = pl.lit(end) if isinstance(end, date) else (pl.col(end) if isinstance(end, str) else end)
    return last.cast(pl.Int32) - first.cast(pl.Int32)


def in_last(column: str, days: int, *, as_of: date, until_days: int = 0) -> pl.Expr:
    """Does the date lie in [as_of - days, as_of - until_days], both ends included?"""
    return pl.col(column).is_between(days_before(as_of, days), days_before(as_of, until_days), closed="both")


def around(column: str, center: str, *, before: int = 0, after: int | None = None) -> pl.Expr:
    """Does the date lie in [center - before, center + after]? Without ``after`` the window has no end."""
    begins = pl.col(column) >= plus_days(center, -before)
    return begins if after is None else begins & (pl.col(column) <= plus_days(center, after))


def birthday(birth_date: str, years: int | pl.Expr) -> pl.Expr:
    """The day on which so many years are completed. Born on 29 February: the 28th in other years."""
    return pl.col(birth_date).dt.offset_by(pl.format("{}y", years))


def aged(birth_date: str, years: int, *, on: date | pl.Expr) -> pl.Expr:
    """Had the person completed so many years on that day?"""
    return birthday(birth_date, years) <= on


def completed_years(birth_date: str, on: str) -> pl.Expr:
    """Completed years on a date."""
    years = pl.col(on).dt.year() - pl.col(birth_date).dt.year()
    return years - (birthday(birth_date, years) > pl.col(on)).cast(pl.Int32)
