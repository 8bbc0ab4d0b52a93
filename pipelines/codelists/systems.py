"""Coding systems: how each is spelled in extracts, and when two spellings of a code are one code."""

import csv
import difflib
import re
from functools import cache

import polars as pl

from pipelines.codelists import SHIPPED

DEFAULT_SYSTEM = {"labs": "LOINC"}
"""The coding system of a row that names none, by table; elsewhere such a row has no system."""

_CASE_SENSITIVE = ("CTV3", "READ2")
_DOTTED = ("ICD10CM", "ICD10PCS", "ICD9CM")
_NUMERIC = ("SNOMED", "RXNORM", "NDC11", "MIMIC_LABITEM")

_SHAPES = {
    "LOINC": (r"\d{1,7}-\d", "digits, a hyphen and a check digit, such as 2132-9"),
    "SNOMED": (r"\d{6,18}", "6 to 18 digits; an identifier such as 1.07E+15 was rounded by a spreadsheet"),
    "RXNORM": (r"\d{1,8}", "up to 8 digits"),
    "NDC11": (r"\d{1,11}|\d{4,5}-\d{3,4}-\d{1,2}", "up to 11 digits, or labeler-product-package with hyphens"),
    "ICD10CM": (r"[A-Za-z]\d[\dA-Za-z](\.?[\dA-Za-z]{1,4})?[-+*†.]*", "a letter, two digits and up to four more"),
    "ICD10PCS": (r"[0-9A-Za-z]{7}", "seven letters and digits"),
    "ICD9CM": (r"(\d{3}|[Vv]\d{2}|[Ee]\d{3})(\.?\d{1,2})?|\d{2}\.?\d{1,2}", "three digits and up to two more"),
    "HCPCS": (r"[A-Za-z]\d{4}|\d{4}[\dA-Za-z]", "a letter and four digits, or five digits for CPT"),
    "ATC": (r"[A-Za-z](\d{2}([A-Za-z]([A-Za-z](\d{2})?)?)?)?", "1 to 7 characters, such as A10BA02"),
    "READ2": (r"[0-9A-Za-z]{1,5}\.{0,4}([0-9A-Za-z]{2})?", "five characters, padded with dots"),
    "CTV3": (r"[0-9A-Za-z]{1,5}\.{0,4}([0-9A-Za-z]{2})?", "five characters, padded with dots"),
    "BNF": (r"\d{2}[0-9A-Za-z]{0,13}", "up to 15 letters and digits, such as 0901020N0AAABAB"),
}

_VERHOEFF_PRODUCT = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_SHIFT = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


@cache
def _spellings() -> dict[str, str]:
    with (SHIPPED / "code_systems.csv").open(encoding="utf-8", newline="") as file:
        return {_letters(row["spelling"]): row["code_system"] for row in csv.DictReader(file)}


def _letters(spelling: str) -> str:
    return re.sub(r"[^a-z0-9]", "", spelling.casefold())


def coding_system(spelling: str | None) -> str | None:
    """The one name of a coding system, however it is spelled; null when nothing is said.

    ``LN`` and ``http://loinc.org`` are LOINC. dm+d identifiers are SNOMED CT identifiers, so both are one system.
    A system that is not known keeps its own letters and digits, in capitals: it matches itself and no shipped list.
    """
    letters = _letters(spelling or "")
    return _spellings().get(letters, letters.upper()) or None


def is_known_system(spelling: str | None) -> bool:
    """Is this one of the spellings that extracts are known to use?"""
    return _letters(spelling or "") in _spellings()


def system_problem(spelling: str | None) -> str | None:
    """That a system is not known, with the nearest one that is; null when it is known, or nothing is said."""
    system = coding_system(spelling)
    known = sorted(set(_spellings().values()))
    if system is None or system in known:
        return None
    near = difflib.get_close_matches(system, [name.upper() for name in _spellings()], n=1, cutoff=0.75)
    hint = f" Nearest is {_spellings()[near[0].lower()]}." if near else ""
    return (
        f"{system} is no code system that is known here, so its codes match rows alone that say {system}.{hint} "
        f"Known: {', '.join(known)}."
    )


def has_form(system: str) -> bool:
    """Do the codes of this system have a form by which they can be told?"""
    return system in _SHAPES


def systems_of_shape(code: str) -> list[str]:
    """The systems that have a code of this form; a check digit, where the system has one, is right."""
    return [system for system in _SHAPES if code_problem(system, code, is_prefix=False) is None]


def system_column(spelling: pl.Series, table: str) -> pl.Series:
    """The coding system of each row of an extract table, missing ones set to the default of that table."""
    known = {text: coding_system(text) for text in spelling.unique().to_list()}
    systems = [known[text] or DEFAULT_SYSTEM.get(table) for text in spelling.to_list()]
    return pl.Series("system", systems, dtype=pl.String)


def plain_code(code: pl.Expr) -> pl.Expr:
    """A code as compared where its system is unknown: without spaces, in capitals; null when empty."""
    bare = code.str.replace_all(r"\s+", "").str.to_uppercase()
    return pl.when(bare != "").then(bare)


def comparable_code(system: pl.Expr, code: pl.Expr) -> pl.Expr:
    """A code as compared within its system: equal exactly when two spellings mean one code; null when empty.

    Spaces never matter, nor dots and daggers in ICD, nor case outside Read and CTV3, nor the dots that pad a Read code,
    nor the leading zeros and hyphens of an NDC, nor the ``.0`` that a spreadsheet adds to a number.
    """
    bare = code.str.replace_all(r"\s+", "")
    digits = bare.str.replace(r"\.0$", "")
    key = (
        pl.when(system.is_in(_CASE_SENSITIVE))
        .then(bare.str.strip_chars_end("."))
        .when(system.is_in(_DOTTED))
        .then(bare.str.to_uppercase().str.replace_all(r"[^A-Z0-9]", ""))
        .when(system == "NDC11")
        .then(_eleven_digits(digits))
        .when(system.is_in(_NUMERIC))
        .then(digits)
        .otherwise(bare.str.to_uppercase())
    )
    return pl.when(bare != "").then(key)


def _eleven_digits(ndc: pl.Expr) -> pl.Expr:
    """An NDC as 11 digits: each of three hyphened parts padded (5-4-2), otherwise zeros in front."""
    parts = ndc.str.split("-")
    part = [parts.list.get(number, null_on_oob=True).str.zfill(width) for number, width in enumerate((5, 4, 2))]
    padded = pl.concat_str(part)
    return pl.when(parts.list.len() == 3).then(padded).otherwise(ndc.str.replace_all("-", "").str.zfill(11))


def code_problem(system: str | None, code: str, *, is_prefix: bool) -> str | None:
    """What is wrong with a code of a list, and what was expected; null when nothing is, or the system has no shape."""
    shape, expected = _SHAPES.get(system or "", ("", ""))
    bare = re.sub(r"\s+", "", code)
    if is_prefix:
        return _prefix_problem(system, bare)
    if not shape:
        return None
    if not re.fullmatch(shape, bare):
        return f"{code!r} is no {system} code: expected {expected}"
    if system == "LOINC" and _mod10_check_digit(bare[:-2]) != bare[-1]:
        return f"{code!r} is no {system} code: its check digit should be {_mod10_check_digit(bare[:-2])}"
    if system == "SNOMED" and not _verhoeff_holds(bare):
        return f"{code!r} is no SNOMED CT or dm+d identifier: its check digit is wrong (rounded by a spreadsheet?)"
    return None


def _prefix_problem(system: str | None, prefix: str) -> str | None:
    """What is wrong with a prefix; null when nothing is."""
    if not re.search(r"[^\W_]", prefix):
        return f"{prefix!r} holds no letter and no digit, and as a prefix would match every {system} code"
    if system == "NDC11":
        return f"{prefix!r} is a prefix, and NDC are compared as 11 digits: expected every code in full, as exact"
    return None


def _mod10_check_digit(body: str) -> str:
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body))]
    return str(-sum(sum(divmod(number, 10)) for number in doubled) % 10)


def _verhoeff_holds(identifier: str) -> bool:
    check = 0
    for place, digit in enumerate(reversed(identifier)):
        check = int(_VERHOEFF_PRODUCT[check][int(_VERHOEFF_SHIFT[place % 8][int(digit)])])
    return check == 0
