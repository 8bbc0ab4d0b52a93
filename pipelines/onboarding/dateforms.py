"""In which forms a column writes its dates, as ``date_formats`` of a mapping; and whether day and month can be told."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import polars as pl

from pipelines.ingest.dates import read_times

DAYS = (
    "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d-%b-%Y",
    "%d %b %Y", "%b %d %Y", "%b %d, %Y", "%d %B %Y", "%d%b%Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y",
    "%d-%b-%y", "%Y%m%d",
)  # fmt: skip
TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %H:%M:%S%.f", "T%H:%M:%S%.f", " %I:%M %p", " %I:%M:%S %p", "%H%M%S")
FORMS = tuple(day + time for day, time in product(DAYS, TIMES))

_PARTS = {
    "%Y": r"\d{4}", "%y": r"\d{2}", "%m": r"\d{1,2}", "%d": r"\d{1,2}", "%b": r"[^\W\d_]{3}", "%B": r"[^\W\d_]{3,}",
    "%H": r"\d{1,2}", "%I": r"\d{1,2}", "%M": r"\d{1,2}", "%S": r"\d{1,2}", "%.f": r"\.\d+", "%p": "[AaPp][Mm]",
}  # fmt: skip
_FITS = {
    form: re.compile(re.sub(r"%\.f|%[A-Za-z]|.", lambda p: _PARTS.get(p.group(), re.escape(p.group())), form))
    for form in FORMS
}
"""What a text looks like to be read by a form: far cheaper to ask than the reader."""

_RARE = 0.002
"""Share of rows below which a form is chance: a typing error that happens to read."""

_PROBED = 20
_SERIALS = (20_000, 60_000)  # days since 1900 as Excel counts them: 1954 to 2064


@dataclass(frozen=True)
class DateForms:
    """The forms of the dates of a table.

    Attributes:
        formats: for ``date_formats``; empty when ISO 8601, the default, reads what can be read.
        is_ambiguous: day and month could change places, and nothing in the file tells which comes first.
        told_by: rows in which the day is over 12, so that the order is sure; null where order is no question.
        against: rows that only the other order of day and month reads: the file mixes both.
        unread: rows in no known form; ``filled`` all rows that hold a text.
    """

    formats: tuple[str, ...] = ()
    is_ambiguous: bool = False
    told_by: int | None = None
    against: int = 0
    unread: int = 0
    filled: int = 0


def date_share(texts: pl.Series) -> float:
    """The share of texts (null: no text) that some known form reads; 0 of none."""
    counted = _counted(texts.drop_nulls().head(2_000))
    if not counted.height:
        return 0.0
    forms = _possible(counted["text"])
    masks = [_reads(counted["text"], form) for form in forms]
    read = counted.filter(pl.any_horizontal(*masks)) if masks else counted.clear()
    return int(read["rows"].sum()) / int(counted["rows"].sum())


def is_excel_serial(texts: pl.Series) -> bool:
    """Are these the numbers by which Excel counts days? They look like 45231, and no reader takes them for dates."""
    numbers = texts.drop_nulls().head(2_000).cast(pl.Float64, strict=False)
    low, high = _SERIALS
    return len(numbers) > 0 and bool((numbers.is_between(low, high)).fill_null(False).mean() > 0.95)


def forms_of(columns: Sequence[pl.Series], *, month_first: bool | None = None) -> DateForms:
    """The forms of the texts of all date columns of a table, which share their formats.

    Args:
        columns: texts, null where there is none.
        month_first: what other files of the same sender say of the order, where these leave it open.
    """
    counted = _counted(pl.concat([pl.Series("text", column, pl.String).drop_nulls() for column in columns] or [_NONE]))
    filled = int(counted["rows"].sum())
    if not filled:
        return DateForms()
    if _rows(counted, _reads(counted["text"], "")) == filled:
        return DateForms(filled=filled)
    masks = {form: _reads(counted["text"], form) for form in _possible(counted["text"])}
    chosen, left = _covering(counted, masks, filled, month_first)
    by_default = _rows(counted, _reads(counted["text"], ""))
    if not chosen or by_default >= filled - _rows(counted, left):
        return DateForms(unread=filled - by_default, filled=filled)
    return _judged(counted, masks, chosen, left, filled)


def swapped(form: str) -> str:
    """The form with day and month in each other's place; itself where a month is a word."""
    return form.replace("%d", "%#").replace("%m", "%d").replace("%#", "%m") if "%m" in form else form


_NONE = pl.Series("text", [], pl.String)


def _counted(texts: pl.Series) -> pl.DataFrame:
    """``text`` and ``rows``, each distinct text once, in a fixed order."""
    trimmed = texts.rename("text").to_frame().select(pl.col("text").cast(pl.String).str.strip_chars())
    return trimmed.filter(pl.col("text") != "").group_by("text").agg(rows=pl.len()).sort("text")


def _reads(texts: pl.Series, form: str) -> pl.Series:
    times = read_times(texts, timezone="UTC", formats=[form] if form else ())
    credible = times.dt.year().is_between(1850, 2300)  # shifted dates of the future are dates
    return (times.is_not_null() & credible).fill_null(False)


def _rows(counted: pl.DataFrame, mask: pl.Series) -> int:
    return int(counted.filter(mask)["rows"].sum())


def _possible(texts: pl.Series) -> list[str]:
    """The forms that read any of a few texts of each shape (digits, letters and signs in the same places)."""
    shapes = texts.str.replace_all(r"\d", "9").str.replace_all(r"\p{L}", "a")
    probed = pl.DataFrame({"text": texts, "shape": shapes}).group_by("shape", maintain_order=True).head(_PROBED)
    fitting = {
        shape: [form for form, fits in _FITS.items() if fits.fullmatch(text)]
        for shape, text in probed.unique("shape", keep="first", maintain_order=True).select("shape", "text").rows()
    }
    few = probed.filter(pl.col("shape").is_in([shape for shape, forms in fitting.items() if forms]))["text"]
    tried = {form for forms in fitting.values() for form in forms}
    return [form for form in FORMS if form in tried and _reads(few, form).any()]


def _covering(
    counted: pl.DataFrame, masks: Mapping[str, pl.Series], filled: int, month_first: bool | None
) -> tuple[list[str], pl.Series]:
    """Forms that read the most rows, one after another; never one and the same with day and month swapped."""
    left = pl.Series([True] * counted.height)
    chosen: list[str] = []
    while True:
        gains = {
            form: _rows(counted, mask & left)
            for form, mask in masks.items()
            if swapped(form) not in chosen or form in chosen
        }
        best = max(
            gains, key=lambda form: (gains[form], _in_order(form, month_first), -FORMS.index(form)), default=None
        )
        if best is None or gains[best] <= (0 if _day_of(best) in map(_day_of, chosen) else _RARE * filled):
            return _with_bare_days(chosen), left
        chosen.append(best)
        left = left & ~masks[best]
        month_first = _leads_with_month(best) if "%m" in best and "%Y-%m" not in best else month_first


def _day_of(form: str) -> str:
    """The part of a form that says the day."""
    return next(day for day in sorted(DAYS, key=len, reverse=True) if form.startswith(day))


def _with_bare_days(chosen: list[str]) -> list[str]:
    """With each form of day and time that of the day alone: a time that is not known is often left out."""
    return list(dict.fromkeys([*chosen, *map(_day_of, chosen)]))


def _leads_with_month(form: str) -> bool:
    return form.find("%m") < form.find("%d")


def _in_order(form: str, month_first: bool | None) -> bool:
    return month_first is not None and _leads_with_month(form) == month_first


def _judged(
    counted: pl.DataFrame, masks: Mapping[str, pl.Series], chosen: list[str], left: pl.Series, filled: int
) -> DateForms:
    told_by, against, both = 0, 0, 0
    for form in chosen:
        twin = masks.get(swapped(form))
        if swapped(form) == form or form.startswith("%Y") or form not in masks:
            continue
        other = twin if twin is not None else pl.Series([False] * counted.height)
        told_by += _rows(counted, masks[form] & ~other)
        against += _rows(counted, other & ~masks[form])
        both += _rows(counted, masks[form] & other)
    is_question = told_by + against + both > 0
    return DateForms(
        formats=tuple(sorted(chosen, key=lambda form: (-len(form), form))),
        is_ambiguous=is_question and told_by == 0,
        told_by=told_by if is_question else None,
        against=against,
        unread=_rows(counted, left) - against,
        filled=filled,
    )
