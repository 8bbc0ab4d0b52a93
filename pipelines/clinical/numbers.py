"""Numeric conditions on results that may be bounds: a comparator satisfies one when its whole interval does."""

import polars as pl

SIGNIFICANT_DIGITS = 9  # binary fractions of decimal reports differ beyond this


def rounded(value: str | pl.Expr) -> pl.Expr:
    """The number as it is compared with a limit."""
    column = pl.col(value) if isinstance(value, str) else value
    return column.round_sig_figs(SIGNIFICANT_DIGITS)


def below(limit: float | pl.Expr, value: str | pl.Expr = "value") -> pl.Expr:
    """Is every number that the result may stand for < limit? "<5" is below 5, "<=5" is not."""
    number, comparator, bound = rounded(value), pl.col("comparator"), _limit(limit)
    return (comparator.is_in(["=", "<="]) & (number < bound)) | ((comparator == "<") & (number <= bound))


def above(limit: float | pl.Expr, value: str | pl.Expr = "value") -> pl.Expr:
    """Is every number that the result may stand for > limit?"""
    number, comparator, bound = rounded(value), pl.col("comparator"), _limit(limit)
    return (comparator.is_in(["=", ">="]) & (number > bound)) | ((comparator == ">") & (number >= bound))


def at_least(limit: float | pl.Expr, value: str | pl.Expr = "value") -> pl.Expr:
    """Is every number that the result may stand for >= limit?"""
    return pl.col("comparator").is_in(["=", ">", ">="]) & (rounded(value) >= _limit(limit))


def at_most(limit: float | pl.Expr, value: str | pl.Expr = "value") -> pl.Expr:
    """Is every number that the result may stand for <= limit?"""
    return pl.col("comparator").is_in(["=", "<", "<="]) & (rounded(value) <= _limit(limit))


def highest(value: str = "value") -> pl.Expr:
    """The upper end of what the result may stand for: infinite for ">5"."""
    return pl.when(pl.col("comparator").is_in([">", ">="])).then(float("inf")).otherwise(rounded(value))


def lowest(value: str = "value") -> pl.Expr:
    """The lower end of what the result may stand for: minus infinite for "<5"."""
    return pl.when(pl.col("comparator").is_in(["<", "<="])).then(float("-inf")).otherwise(rounded(value))


def lowest_first(value: str = "value") -> tuple[pl.Expr, ...]:
    """Sort keys that put the lowest result first by what is certain of it: "<80" is lower than 80."""
    return highest(value), pl.col("comparator") != "<"


def highest_first(value: str = "value") -> tuple[pl.Expr, ...]:
    """Sort keys that put the highest result first by what is certain of it: ">100" is higher than 100."""
    return -lowest(value), pl.col("comparator") != ">"


def _limit(limit: float | pl.Expr) -> pl.Expr:
    return rounded(limit if isinstance(limit, pl.Expr) else pl.lit(float(limit)))
