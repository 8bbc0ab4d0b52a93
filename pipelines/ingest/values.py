"""Result values: text to a number and a comparator, or to positive, negative, equivocal."""

from functools import cache
from pathlib import Path

import polars as pl

QUALITATIVE = ("intrinsic_factor_ab", "parietal_cell_ab", "ttg_iga")
"""Concepts whose value is 1 (positive), 0 (negative) or null (equivocal), without unit or range."""

STORED_DIGITS = 12
"""Significant digits of a stored value: all that a laboratory reports, without the noise of a multiplication."""

COMPARED_DIGITS = 9
"""Significant digits that are compared with a limit: a value converted onto the limit stands on it."""

_SIGNS = {
    "&lt;": "<", "&gt;": ">", "≤": "<=", "⩽": "<=", "≦": "<=", "≥": ">=", "⩾": ">=", "≧": ">=",
    "＜": "<", "＞": ">", "=<": "<=", "=>": ">=",
}  # fmt: skip
_PHRASES = (
    (r"(?:greater|more|higher) than or equal(?: to)?|at least|not less than|no less than|> ?(?:/|or) ?=|gte", ">="),
    (r"(?:less|lower|fewer) than or equal(?: to)?|at most|up to|not more than|no more than|< ?(?:/|or) ?=|lte", "<="),
    (r"(?:greater|more|higher) than|above|over|exceeds|gt", ">"),
    (r"(?:less|lower|fewer) than|below|under|lt", "<"),
)
"""Words before a number that stand for a comparator, the longer ones first."""

_TRAILING = (
    (r" (?:or|and) (?:greater|more|higher|above|over)", ">="),
    (r" (?:or|and) (?:less|lower|fewer|below|under)", "<="),
)
"""Words after a number that stand for a comparator."""

_POSITIVE = r"(?:(?:strong|strongly) )?(?:pos|positive|detected|reactive)(?:[ \d.,:()/<>=+*]*)|\d?\++"
_NEGATIVE = r"(?:neg|negative|not[ -]?detected|non[ -]?reactive)(?:[ \d.,:()/<>=*]*)|-"
_EQUIVOCAL = r"equivocal|indeterminate|\+ ?/? ?-|±|(?:weak|weakly|borderline)(?: (?:pos|positive|detected|reactive))?"


@cache
def limits() -> pl.DataFrame:
    """Limits by concept, canonical unit, inclusive: ``hard_*`` (beyond: refused) and ``soft_*`` (beyond: flagged)."""
    path = Path(__file__).parents[1] / "codelists" / "limits.csv"
    return pl.read_csv(
        path, schema_overrides={name: pl.Float64 for name in ("hard_low", "hard_high", "soft_low", "soft_high")}
    )


def number_pattern(decimal: str) -> str:
    """A number as a regular expression, with grouped thousands, ``decimal`` as its decimal sign and an exponent.

    Groups have three digits and never follow a leading zero, so that "0,123" is no number of a source that writes
    decimal points.
    """
    point, group = (r"\.", "[, ']") if decimal == "." else (",", r"[. ']")
    return rf"[+-]?(?:(?:[1-9]\d{{0,2}}(?:{group}\d{{3}})+|\d+)(?:{point}\d*)?|{point}\d+)(?:e[+-]?\d+)?"


def to_number(text: pl.Expr, decimal: str) -> pl.Expr:
    """The finite number that the whole text says in lower case, else null."""
    plain = text.str.replace_all(r"[, ']" if decimal == "." else r"[. ']", "")
    plain = plain if decimal == "." else plain.str.replace(",", ".", literal=True)
    number = pl.when(text.str.contains(f"^{number_pattern(decimal)}$")).then(plain).cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def leading_number(texts: pl.Series, *, decimal: str) -> pl.Series:
    """The number that each text begins with ("28 tablets" is 28), else null."""
    text = pl.col("text").cast(pl.String).str.strip_chars().str.to_lowercase()
    start = text.str.extract(rf"^({number_pattern(decimal)})(?:[^\d.,]|$)")
    return texts.to_frame("text").select(to_number(start, decimal)).to_series().rename(texts.name)


def read_values(texts: pl.Series, *, decimal: str) -> pl.DataFrame:
    """``number`` and ``comparator`` (null where the text states none) of each text; both null where it is no result."""
    text = _plain(pl.col("text"))
    for phrase, sign in _PHRASES:
        text = text.str.replace(rf"^(?:{phrase})(?: than)?\s*", sign)
    for phrase, sign in _TRAILING:
        text = text.str.replace(rf"^([^<>=].*?){phrase}$", f"{sign}${{1}}")
    comparator = text.str.extract(r"^(<=|>=|<|>|=)")
    number = to_number(text.str.replace(r"^(?:<=|>=|<|>|=)\s*", ""), decimal)
    parsed = texts.to_frame("text").select(number=number, comparator=comparator)
    return parsed.with_columns(comparator=pl.when(pl.col("number").is_not_null()).then("comparator"))


def read_flags(texts: pl.Series) -> pl.DataFrame:
    """Of an abnormal flag: the ``comparator`` it stands for, if any, and ``is_raised`` (H, HH, A or POS)."""
    flag = _plain(pl.col("text"))
    return texts.to_frame("text").select(
        comparator=pl.when(flag.is_in(["<", "<=", ">", ">="])).then(flag),
        is_raised=flag.is_in(["h", "hh", "a", "pos"]).fill_null(False),
    )


def read_words(texts: pl.Series) -> pl.DataFrame:
    """``is_word`` (the text is a qualitative result) and ``value``: 1 positive, 0 negative, null equivocal."""
    text = _plain(pl.col("text"))
    positive, negative, equivocal = (
        text.str.contains(rf"^(?:{words})$").fill_null(False) for words in (_POSITIVE, _NEGATIVE, _EQUIVOCAL)
    )
    return texts.to_frame("text").select(
        is_word=positive | negative | equivocal,
        value=pl.when(positive).then(1.0).when(negative).then(0.0),
    )


def is_above(number: pl.Expr, comparator: pl.Expr, limit: pl.Expr) -> pl.Expr:
    """Is the whole interval that number and comparator stand for above the limit? Null where there is no limit."""
    return (
        pl.when(limit.is_null())
        .then(None)
        .when(comparator == ">")
        .then(number >= limit)
        .when(comparator.is_in(["=", ">="]))
        .then(number > limit)
        .otherwise(False)
    )


def is_outside(value: pl.Expr, comparator: pl.Expr, low: pl.Expr, high: pl.Expr) -> pl.Expr:
    """Does the value lie beyond a limit? An upper bound has no lower limit, a lower bound no upper one."""
    compared = value.round_sig_figs(COMPARED_DIGITS)
    below = (compared < low) & ~comparator.is_in(["<", "<="])
    above = (compared > high) & ~comparator.is_in([">", ">="])
    return below.fill_null(False) | above.fill_null(False)


def _plain(text: pl.Expr) -> pl.Expr:
    """Lower case, one kind of blank and of sign, no full stop at the end."""
    text = text.cast(pl.String).str.to_lowercase().str.replace_all(r"\s+", " ")
    for written, sign in _SIGNS.items():
        text = text.str.replace_all(written, sign, literal=True)
    return text.str.strip_chars().str.replace(r"(\d)\.$", "${1}")
