"""What the texts of one delivered column look like, whatever it is called; asked for often, worked out once."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from pipelines.ingest.values import read_values
from pipelines.onboarding.dateforms import date_share, is_excel_serial
from pipelines.onboarding.headers import are_units

MOST_LOOKED_AT = 5_000
"""Rows whose texts are looked at; more tell no more of what a column is."""


@dataclass(frozen=True, eq=False)
class Content:
    """The texts of one column, null where empty. Shares are of the rows that hold a text."""

    texts: pl.Series

    @cached_property
    def _seen(self) -> pl.Series:
        return self.texts.drop_nulls().head(MOST_LOOKED_AT)

    @cached_property
    def filled(self) -> float:
        """The share of all rows that hold a text."""
        return 1 - self.texts.null_count() / len(self.texts) if len(self.texts) else 0.0

    @cached_property
    def distinct(self) -> float:
        """Different texts by rows: 1 for an id of the row."""
        return self._seen.n_unique() / len(self._seen) if len(self._seen) else 0.0

    @cached_property
    def variety(self) -> int:
        """How many different texts there are."""
        return self._seen.n_unique()

    @cached_property
    def length(self) -> float:
        """Mean number of characters."""
        return float(self._seen.str.len_chars().mean() or 0)

    @cached_property
    def dates(self) -> float:
        """The share that some known form reads as a date."""
        return date_share(self._seen)

    @cached_property
    def is_excel_serial(self) -> bool:
        """Numbers by which Excel counts days?"""
        return is_excel_serial(self._seen)

    @cached_property
    def numbers(self) -> float:
        """The share of numbers, with a comparator before it or not, by whichever decimal sign reads more."""
        return max((read_values(self._seen, decimal=sign)["number"].is_not_null().mean() or 0.0) for sign in ".,")

    @cached_property
    def words(self) -> float:
        """The share that holds a letter and a blank, or is long: names rather than codes."""
        text = self._seen
        return (text.str.contains(r"\p{L}.* ") | (text.str.len_chars() > 24)).mean() or 0.0

    @cached_property
    def units(self) -> float:
        """The share of spellings of known units."""
        return float(pl.Series(are_units(self._seen)).mean() or 0) if len(self._seen) else 0.0

    @cached_property
    def rounded_ids(self) -> int:
        """How many look like 1.07E+15: a long number that a spreadsheet rounded."""
        return int(self._seen.str.contains(r"^\d([.,]\d+)?E\+\d\d$").sum())


def decimal_sign(columns: list[pl.Series]) -> tuple[str, bool]:
    """The decimal sign of columns of numbers, and whether anything but habit tells it.

    ``1,234`` may be a thousand and more: digits after a comma other than three tell that it is a decimal sign.
    """
    texts = pl.concat(
        [pl.Series("n", column, pl.String).drop_nulls() for column in columns] or [pl.Series("n", [], pl.String)]
    )
    bare = texts.str.replace_all(r"^[<>=≤≥ ]+", "")
    comma = int(bare.str.contains(r"^[+-]?\d[\d. ']*,(\d{1,2}|\d{4,})$|^[+-]?0,\d+$").sum())
    point = int(bare.str.contains(r"^[+-]?\d[\d, ']*\.(\d{1,2}|\d{4,})$|^[+-]?0\.\d+$").sum())
    open_comma = int(bare.str.contains(r"^[+-]?[1-9]\d{0,2},\d{3}$").sum())
    if comma > point:
        return ",", point == 0
    return ".", comma == 0 and (open_comma == 0 or point > 0)
