"""Doses of drugs: what a strength, a daily dose or a product name says, in the dose unit of the concept."""

import math
import re
from collections.abc import Callable, Sequence
from functools import cache

import polars as pl

B12_CONCEPTS = ("b12_injectable", "b12_oral", "b12_nasal", "b12_unknown_route", "b12_other_route")

DOSE_UNITS = {"metformin": "mg", "folic_acid": "mcg", **dict.fromkeys(B12_CONCEPTS, "mcg")}
"""The unit of a daily dose, by concept; doses of other concepts are not used."""

_MCG_IN = {"mg": 1_000.0, "mcg": 1.0}

_UNITS = {
    r"g|gm|grams?|grammes?": 1_000_000.0,
    r"mg|mgs|milligrams?|milligrammes?": 1_000.0,
    r"mcg|mcgs|ug|µg|μg|micrograms?|microgrammes?": 1.0,
}
"""Mass units and their micrograms."""

_INGREDIENT = {
    "metformin": r"metformin",
    "folic_acid": r"folic(?: acid)?|folate|folacin",
    **dict.fromkeys(B12_CONCEPTS, r"cobal+amin|cobamamid|\bb[ -]?12\b"),
}
"""How a product name calls the ingredient."""

_NEXT_INGREDIENT = re.compile(r"(?:[/+&,;]|\band\b|\bwith\b) ?[a-z]{4,}")
"""Where another ingredient begins: a separator and a word, longer than the units in "mg/ml"."""

_COMBINED = re.compile(r"\d ?[-/] ?\d[\d.,]* ?(?:m?c?g|ug|µg|μg)\b")
"""Two strengths that share one unit, as in "50-1000 mg": nobody can say whose is whose."""

_PER_DAY = r"(?: ?(?:/|per|a|each) ?(?:day|d|24 ?h)| (?:daily|once daily|od|qd))?"


def _number(decimal: str) -> str:
    point, group = (r"\.", ",") if decimal == "." else (",", r"\.")
    return rf"(?<![\d.,])(?:[1-9]\d{{0,2}}(?:{group}\d{{3}})+(?!\d)|\d+)(?:{point}\d+)?"


@cache
def _mass(decimal: str) -> re.Pattern[str]:
    """A number with a mass unit and, of a solution, the volume that holds it."""
    units = "|".join(f"({unit})" for unit in _UNITS)
    volume = rf"(?: ?(?:/|per) ?({_number(decimal)})? ?(?:ml|millilit(?:er|re)s?)\b)?"
    return re.compile(rf"({_number(decimal)}) ?-?(?:{units})(?![a-zµμ]){volume}")


def masses(text: str, *, decimal: str) -> list[float]:
    """The masses in a text in lower case, micrograms; of a solution, those in one mL."""
    found = []
    for match in _mass(decimal).finditer(text):
        number, *units, volume = match.groups()
        mcg_in_unit = next(size for unit, size in zip(units, _UNITS.values(), strict=True) if unit)
        per = _value(volume, decimal) if volume else 1.0
        if per:
            found.append(_value(number, decimal) * mcg_in_unit / per)
    return found


def _value(number: str, decimal: str) -> float:
    return float(number.replace(",", "") if decimal == "." else number.replace(".", "").replace(",", "."))


def stated_dose(text: str, concept: str, *, decimal: str) -> float | None:
    """The amount that a daily dose states, in the dose unit of the concept; a bare number is in that unit.

    None when it is not plainly one amount a day ("500 mg twice daily"), or not above zero.
    """
    plain = _plain(text)
    units = "|".join(_UNITS)
    if not re.fullmatch(rf"{_number(decimal)}(?: ?(?:{units}))?{_PER_DAY}", plain):
        return None
    return _one_amount(plain, concept, decimal)


def strength_of(
    strength: str | None, name: str | None, concept: str, *, is_combination: bool, decimal: str
) -> float | None:
    """The strength of one unit of a product in the dose unit of the concept, from ``strength``, else from the name.

    A combination has the strength that follows the ingredient's own name; another product the only one there is.
    None when it cannot be told.
    """
    name = _plain(name or "")
    is_combination = is_combination or bool(_NEXT_INGREDIENT.search(name))
    if strength and (amount := _strength_in(_plain(strength), concept, is_combination, decimal, bare=True)):
        return amount
    return _strength_in(name, concept, is_combination, decimal, bare=False)


def _strength_in(text: str, concept: str, is_combination: bool, decimal: str, *, bare: bool) -> float | None:
    part = text
    if own_name := re.search(_INGREDIENT[concept], text):
        part = text[own_name.end() :]
        if other := _NEXT_INGREDIENT.search(part):
            part = part[: other.start()]
        if (amount := _only_mass(part, concept, decimal)) is not None:
            return amount
    if is_combination:
        return None
    if bare and re.fullmatch(_number(decimal), text):
        return _one_amount(text, concept, decimal)
    return _only_mass(text, concept, decimal)


def _only_mass(text: str, concept: str, decimal: str) -> float | None:
    found = set() if _COMBINED.search(text) else set(masses(text, decimal=decimal))
    return _positive(found.pop() / _MCG_IN[DOSE_UNITS[concept]]) if len(found) == 1 else None


def _one_amount(text: str, concept: str, decimal: str) -> float | None:
    if found := masses(text, decimal=decimal):
        return _positive(found[0] / _MCG_IN[DOSE_UNITS[concept]])
    return _positive(_value(re.match(_number(decimal), text)[0], decimal))


def _positive(amount: float) -> float | None:
    """The amount; None where it is nothing, or more than a number holds."""
    return amount if 0 < amount < math.inf else None


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().lower()


def over_distinct_rows(rows: pl.DataFrame, columns: Sequence[str], read: Callable[..., float | None]) -> pl.Series:
    """What ``read`` makes of the given columns, row by row, having read each distinct combination once."""
    distinct = rows.select(columns).unique()
    amounts = pl.Series("amount", [read(*values) for values in distinct.iter_rows()], dtype=pl.Float64)
    read_rows = rows.select(columns).join(
        distinct.with_columns(amounts), on=list(columns), how="left", nulls_equal=True, maintain_order="left"
    )
    return read_rows["amount"]


def with_daily_dose(rows: pl.DataFrame, *, decimal: str) -> pl.DataFrame:
    """Replace ``daily_dose`` by a number and add ``dose_unit``.

    The dose is the one stated, else strength x quantity / days supplied; null where neither can be told. Needs
    ``is_combination``, and ``quantity`` and ``days_supply`` as numbers.
    """
    used = pl.col("concept").is_in(list(DOSE_UNITS))
    columns = ["concept", "daily_dose", "strength", "drug_name", "is_combination"]
    asked = rows.select(pl.when(used).then("concept"), *columns[1:])

    def stated(concept: str | None, text: str | None) -> float | None:
        return stated_dose(text, concept, decimal=decimal) if concept and text else None

    def strength(concept: str | None, text: str | None, name: str | None, is_combination: bool) -> float | None:
        return concept and strength_of(text, name, concept, is_combination=is_combination, decimal=decimal)

    dose = over_distinct_rows(asked, columns[:2], stated)
    unit_dose = over_distinct_rows(asked, [columns[0], *columns[2:]], strength)
    supplied = (unit_dose * rows["quantity"] / rows["days_supply"]).round_sig_figs(12)
    return rows.with_columns(
        daily_dose=pl.select(pl.coalesce(dose, supplied)).to_series(),
        dose_unit=pl.col("concept").replace_strict(DOSE_UNITS, default=None, return_dtype=pl.String),
    )
