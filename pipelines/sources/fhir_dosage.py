"""What instructions, supplies and durations of FHIR say of a dose, a route and an end."""

import re
from typing import NamedTuple

from pipelines.sources.fhir_elements import Dosage, Quantity
from pipelines.sources.fhir_meanings import end_of, number_of, spoken, start_of, unit_of
from pipelines.sources.fhir_resources import DispenseRequest

_DAYS_IN = {
    "h": 1 / 24, "hr": 1 / 24, "hour": 1 / 24, "hours": 1 / 24, "d": 1, "day": 1, "days": 1,
    "wk": 7, "week": 7, "weeks": 7, "mo": 30, "month": 30, "months": 30, "a": 365, "year": 365, "years": 365,
}  # fmt: skip

_MASS = re.compile(r"(?i)g|mg|mcg|ug|µg|μg|grams?|milligrams?|micrograms?")

_A_DAY = re.compile(
    r"(?i)[\d.,]+ ?(g|mg|mcg|ug|µg|μg|grams?|milligrams?|micrograms?)"
    r" ?((/|per|a|each) ?(day|d)|daily|once daily|od|qd)"
)
"""An instruction that is one amount a day; a bare "1 daily" counts tablets."""


def days_of(duration: Quantity | None) -> float | None:
    """The days of a duration; days where it names no unit, null for a unit that is none of time."""
    number = number_of(duration)
    days = _DAYS_IN.get(unit_of(duration) or "d") if number else None
    return float(number) * days if days else None


def plain(number: float | None) -> str | None:
    """A number as text without an exponent."""
    return None if number is None else f"{number:.6f}".rstrip("0").rstrip(".")


class Instruction(NamedTuple):
    """What a dosage says in native terms."""

    route: str | None = None
    daily_dose: str | None = None
    begins: str | None = None
    ends: str | None = None
    days: str | None = None


def instruction(dosages: list[Dosage]) -> Instruction:
    """What the dosages of a prescription say; the dose of several is not known, for they may follow each other."""
    route = next((said for dosage in dosages if (said := spoken(dosage.route, "route"))), None)
    repeats = [dosage.timing.repeat for dosage in dosages if dosage.timing and dosage.timing.repeat]
    bounds = [repeat.bounds_period for repeat in repeats if repeat.bounds_period]
    starts = [period.start for period in bounds if period.start]
    ends = [period.end for period in bounds]
    return Instruction(
        route,
        _daily_dose(dosages[0]) if len(dosages) == 1 else None,
        min(starts, default=None),
        # One of several without an end goes on.
        max(ends) if ends and all(ends) and len(ends) == len(dosages) else None,
        plain(days_of(repeats[0].bounds_duration)) if repeats and len(dosages) == 1 else None,
    )


def _daily_dose(dosage: Dosage) -> str | None:
    """The mass a day; null when it is taken as needed, less often than daily, or counted in tablets."""
    if dosage.as_needed_boolean or dosage.as_needed_codeable_concept:
        return None
    repeat = dosage.timing.repeat if dosage.timing else None
    doses = [given.dose_quantity for given in dosage.dose_and_rate or () if given.dose_quantity]
    if repeat and len(doses) == 1 and _MASS.fullmatch(unit_of(doses[0]) or "") and repeat.period:
        days = repeat.period * _DAYS_IN.get(repeat.period_unit or "", 0)
        amount, is_range = number_of(doses[0]), repeat.frequency_max or repeat.period_max
        if not amount or is_range or not 0 < days <= 1:
            return None
        return f"{plain(float(amount) * (repeat.frequency or 1) / days)} {unit_of(doses[0])}"
    text = (dosage.text or "").strip()
    return text if _A_DAY.fullmatch(text) else None


class Amounts(NamedTuple):
    """What may be dispensed on a prescription, all its repeats together, in native terms."""

    quantity: str | None = None
    days: str | None = None
    begins: str | None = None
    ends: str | None = None


def amounts(may: DispenseRequest) -> Amounts:
    """What may be dispensed, the first time and at each repeat that is allowed."""
    times = 1 + max(may.number_of_repeats_allowed or 0, 0)
    quantity, days = number_of(may.quantity), days_of(may.expected_supply_duration)
    # A prescription that may be valid for longer than its supply lasts ends with the supply.
    ends = None if days else end_of(may.validity_period)
    return Amounts(
        plain(float(quantity) * times) if quantity else None, plain(days and days * times),
        start_of(may.validity_period), ends,
    )  # fmt: skip
