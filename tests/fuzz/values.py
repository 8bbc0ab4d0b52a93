"""Result values, abnormal flags and qualitative words: any text is read alike alone and among others, or not at all."""

import math
import re

import polars as pl

from pipelines.ingest.values import leading_number, read_flags, read_values, read_words
from tests.fuzz.material import Material, joined

WORDS = (
    "<", ">", "<=", "≥", "&lt;", "less than", "up to", " or more", "1,234.5", "1.234,5", "0,5", "1e3", "1e999", "-", "+",
    "pos", "not detected", "weak ", "±", "120", "'", " ", "28 tablets", "٣", "½", "1 000", ".", "nan", "inf", "HH",
)  # fmt: skip
SEEDS = (joined("120", "<90", "1,234", "less than 5", "positive (1:80)", "1e999", "7.", choices=b"\0"),)

_PLAIN_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,10})?", re.ASCII)


def check(data: bytes) -> None:
    material = Material(data)
    decimal = material.pick(".,")
    texts = pl.Series("value", material.texts(), dtype=pl.String)
    read, flags, words = read_values(texts, decimal=decimal), read_flags(texts), read_words(texts)
    leading = leading_number(texts, decimal=decimal)
    assert read.height == flags.height == words.height == leading.len() == texts.len()
    for text, number, comparator, first in zip(texts, read["number"], read["comparator"], leading, strict=True):
        assert number is None or math.isfinite(number)
        assert first is None or math.isfinite(first)
        assert comparator in ("<", "<=", ">", ">=", "=", None)
        assert number is not None or comparator is None
        if text is not None and _PLAIN_NUMBER.fullmatch(text) and (decimal == "." or "." not in text):
            assert (number, comparator) == (float(text), None)
    assert not (words["value"].is_not_null() & ~words["is_word"]).any()
    assert not words["is_word"].is_null().any()
    assert not flags["is_raised"].is_null().any()
    if texts.len():
        alone = texts.tail(1)
        assert read_values(alone, decimal=decimal).equals(read.tail(1))
        blank = pl.Series("value", [None if alone[0] is None else f" \t{alone[0]}\n"], dtype=pl.String)
        assert read_values(blank, decimal=decimal).equals(read.tail(1))
