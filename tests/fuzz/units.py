"""Units: one spelling whatever was written, and a factor that is a number above zero; rows as they were."""

import math

import polars as pl

from pipelines.ingest.units import known_units, normalized, read_units
from tests.fuzz.material import Material, joined

WORDS = (
    "pg/mL", "ng/L", "pmol/L", "µg/L", "μmol/l", "mcg/dl", "10^9/L", "10*9/L", "x10e9/l", "K/uL", "{cells}/uL", "%", "fL",
    "g/L", "[IU]/L", "mm³", "micromol", "litre", "th/ul", " ", "×10⁹/l", "umols", "cumm", "mL/min/{1.73_m2}", "㎍",
)  # fmt: skip
SEEDS = (joined("pg/mL", "ng/L", "10*9/L", "×10⁹/l", "µg/L", "mmol/mol", choices=b"\0"),)


def check(data: bytes) -> None:
    material = Material(data)
    concepts = [*sorted(known_units()["concept"].unique()), "no_such_concept"]
    concept = material.pick(concepts)
    texts = pl.Series("unit", material.texts(), dtype=pl.String)
    spelled = normalized(texts)
    assert spelled.len() == texts.len()
    assert (spelled.is_null() == texts.is_null()).all()
    read = read_units(pl.Series([concept] * texts.len(), dtype=pl.String), texts)
    assert read.height == texts.len()
    assert not read["is_known"].is_null().any()
    for known, factor, offset in read.select("is_known", "factor", "offset").rows():
        assert math.isfinite(offset)
        assert not known or (factor is not None and math.isfinite(factor) and factor > 0)
