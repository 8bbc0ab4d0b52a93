"""Doses: from a daily dose, a strength or a name comes one amount above zero and finite, or none."""

import math
from itertools import pairwise

from pipelines.ingest.doses import DOSE_UNITS, stated_dose, strength_of
from tests.fuzz.material import Material, joined

WORDS = (
    "metformin", "folic acid", "cyanocobalamin", "b12", " 500 mg", "1 mg/ml", "1000mcg", "50-1000 mg", "/", "+", " and ",
    "per day", "1,000", "1.000,5", "µg", "g", "daily", "/5 ml", "/0 ml", "24h", "once daily", "0 mg", "9" * 40,
)  # fmt: skip
SEEDS = (
    joined("500 mg", "1 mg/ml", "Metformin 50 mg/1000 mg tablets", choices=b"\0\0\0"),
    joined("1000 mcg daily", "1000", "Cyanocobalamin 1 mg in 1 ml", choices=b"\2\0\1"),
    joined("9" * 330, "9" * 330 + " mg", "metformin " + "9" * 330 + " mg", choices=b"\0\0\0"),
)
_CONCEPTS = tuple(DOSE_UNITS)


def check(data: bytes) -> None:
    material = Material(data)
    concept, decimal, is_combination = material.pick(_CONCEPTS), material.pick(".,"), bool(material.number(2))
    texts = material.texts(30)
    amounts = [stated_dose(text, concept, decimal=decimal) for text in texts if text]
    for strength, name in pairwise(texts):
        amounts.append(strength_of(strength, name, concept, is_combination=is_combination, decimal=decimal))
    for amount in amounts:
        assert amount is None or (amount > 0 and math.isfinite(amount))
