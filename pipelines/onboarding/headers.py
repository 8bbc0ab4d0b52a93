"""Names of columns and files, of any language and spelling, as words; and what they are usually called here."""

import csv
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import polars as pl

from pipelines.config import EXTRACT_COLUMNS
from pipelines.ingest.units import known_units, normalized

EXACT, PARTLY = 3, 1
"""How much a name speaks for a column: as a whole, or by a part of its words."""

_WITHOUT_SLASH = ("fl", "%")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe"})


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, lower case, without accents: ``PatientNumber``, ``PAT_NR.`` and ``Numéro patient`` alike."""
    parted = re.sub(r"(?<=[a-zà-ÿ\d])(?=[A-ZÀ-Þ])", " ", name)
    plain = unicodedata.normalize("NFC", parted).lower().translate(_UMLAUTS)
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))
    return tuple(re.findall(r"[a-z0-9]+", bare))


@cache
def _column_words() -> dict[str, dict[str, tuple[tuple[str, ...], ...]]]:
    """Usual names by extract table and column, each as words."""
    found: dict[str, dict[str, tuple[tuple[str, ...], ...]]] = {table: {} for table in EXTRACT_COLUMNS}
    for row in _rows("column_names.csv"):
        spellings = tuple(tuple(spelling.split()) for spelling in row["words"].split("|"))
        for table in EXTRACT_COLUMNS if row["table"] == "*" else (row["table"],):
            if row["column"] in EXTRACT_COLUMNS[table]:
                found[table][row["column"]] = spellings
    return found


@cache
def _file_words() -> dict[str, frozenset[str]]:
    return {row["table"]: frozenset(row["words"].split("|")) for row in _rows("file_names.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def likeness(header: str, table: str, column: str) -> float:
    """How much the name of a delivered column speaks for a native one: 0, ``PARTLY`` or ``EXACT``, and its own most.

    Of usual names the first is the best: on a tie ``drug name`` goes before ``name``.
    """
    words = words_of(header)
    joined = "".join(words)
    if not joined:
        return 0
    if header.strip().casefold() == column:
        return EXACT + 1
    usual = _column_words()[table].get(column, ())
    best = 0.0
    for place, spelling in enumerate(usual):
        bonus = 0.5 * (1 - place / len(usual))
        if "".join(spelling) == joined:
            return EXACT + bonus
        if len("".join(spelling)) > 3 and set(spelling) <= set(words):
            best = max(best, PARTLY + bonus + 0.1 * len(spelling))
    return best


def table_hints(name: str) -> list[str]:
    """The extract tables that the name of a file, or of the folder it lies in, speaks of."""
    words = {word.rstrip("0123456789") for part in name.split("/")[-2:] for word in words_of(part)}
    return [table for table, known in _file_words().items() if words & known]


def unit_in(header: str) -> tuple[str, str] | None:
    """A measured name and its unit, of a header that holds both: ``B12_pmol_L`` is B12 in pmol/L; null for others."""
    parts = [part for part in re.split(r"[\s_\[\](){}]+|(?<=\D)\.(?=\D)", header) if part]
    for count in (3, 2, 1):
        if len(parts) <= count:
            continue
        for unit in ("/".join(parts[-count:]), "".join(parts[-count:])):
            if is_unit(unit):
                return " ".join(parts[:-count]), unit
    return None


def is_unit(text: str) -> bool:
    """Is this a unit that some concept is known to be reported in? Other bare words and numbers are not."""
    return ("/" in text or text.lower() in _WITHOUT_SLASH) and normalized(pl.Series([text])).item() in _units()


def are_units(texts: Iterable[str]) -> list[bool]:
    """Of many texts, which are spellings of known units, ``fL`` and ``%`` among them."""
    series = pl.Series(list(texts), dtype=pl.String)
    return normalized(series).is_in(list(_units())).fill_null(False).to_list()


@cache
def _units() -> frozenset[str]:
    return frozenset(known_units()["spelling"])
