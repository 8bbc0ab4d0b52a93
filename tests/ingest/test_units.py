"""Every spelling of a unit means one thing, by concept, and converts exactly."""

import polars as pl
import pytest

from pipelines.ingest.units import known_units, normalized, read_units


def unit(concept, reported):
    return read_units(pl.Series([concept]), pl.Series([reported], dtype=pl.String)).row(0, named=True)


def canonical(concept, reported, amount):
    read = unit(concept, reported)
    return (amount - read["offset"]) * read["factor"], read["unit"]


@pytest.mark.parametrize(
    ("spellings", "meaning"),
    [
        (["µmol/L", "μmol/L", "umol/l", "mcmol/L", "micromol/L", "MICMOL/L", "u mol / L"], "umol/l"),
        (["µg/L", "ug/L", "mcg/L"], "ug/l"),
        (["g/dL", "gm/dL", "G/DL"], "g/dl"),
        (
            ["10*9/L", "10^9/L", "x10^9/L", "10**9/L", "x10(9)/L", "10⁹/L", "10E9/L", "e9/l", "x 10e9/L", "Giga/l"],
            "10^9/l",
        ),
        (["10*3/uL", "10^3/µL", "K/uL", "thou/uL", "Thousand/uL", "10*3/mm3", "X10E3/UL"], "10^3/ul"),
        (["/uL", "/mm3", "cells/uL", "/mm³"], "/ul"),
        (["mL/min/{1.73_m2}", "mL/min/1.73 m²", "ml/min/1.73m2"], "ml/min/1.73m2"),
    ],
)
def test_spellings_of_one_unit_are_one(spellings, meaning):
    assert normalized(pl.Series(spellings)).to_list() == [meaning] * len(spellings)


@pytest.mark.parametrize(
    ("concept", "reported", "amount", "expected", "in_unit"),
    [
        ("serum_b12", "pmol/L", 133, 133, "pmol/L"),
        ("serum_b12", "ng/L", 180, 132.80508, "pmol/L"),
        ("serum_b12", "pg/mL", 180, 132.80508, "pmol/L"),
        ("serum_b12", "ng/mL", 0.18, 132.80508, "pmol/L"),
        ("serum_b12", "ug/L", 0.18, 132.80508, "pmol/L"),
        ("serum_b12", "ng/dL", 18, 132.80508, "pmol/L"),
        ("serum_b12", "nmol/L", 0.133, 133, "pmol/L"),
        ("active_b12", "pmol/L", 25, 25, "pmol/L"),
        ("active_b12", "pg/mL", 100, 73.7806, "pmol/L"),
        ("mma_serum", "umol/L", 0.28, 280, "nmol/L"),
        ("mma_serum", "nmol/mL", 0.28, 280, "nmol/L"),
        ("mma_serum", "nmol/L", 280, 280, "nmol/L"),
        ("mma_serum", "ng/mL", 10, 84.6812, "nmol/L"),
        ("mma_serum", "ug/L", 10, 84.6812, "nmol/L"),
        ("mma_serum", "ug/dL", 1, 84.6812, "nmol/L"),
        ("mma_serum", "mg/L", 0.01, 84.681, "nmol/L"),
        ("mma_urine", "mmol/mol creatinine", 3.6, 3.6, "mmol/mol{creat}"),
        ("mma_urine", "umol/mmol", 3.6, 3.6, "mmol/mol{creat}"),
        ("mma_urine", "mg/g{creat}", 2, 1.91582, "mmol/mol{creat}"),
        ("mma_urine", "ug/g creat", 2000, 1.91582, "mmol/mol{creat}"),
        ("homocysteine", "mg/L", 2, 14.79508, "umol/L"),
        ("homocysteine", "nmol/mL", 15, 15, "umol/L"),
        ("folate_serum", "ng/mL", 4, 9.06208, "nmol/L"),
        ("folate_serum", "µg/L", 4, 9.06208, "nmol/L"),
        ("folate_rbc", "ng/mL", 100, 226.552, "nmol/L"),
        ("ferritin", "ng/mL", 30, 30, "ug/L"),
        ("ferritin", "pmol/L", 100, 44.5, "ug/L"),
        ("hemoglobin", "g/dL", 12, 120, "g/L"),
        ("hemoglobin", "mmol/L", 8, 128.916, "g/L"),
        ("mcv", "um3", 101, 101, "fL"),
        ("platelets", "K/uL", 150, 150, "10*9/L"),
        ("platelets", "/uL", 150000, 150, "10*9/L"),
        ("neutrophils", "/mm3", 1800, 1.8, "10*9/L"),
        ("reticulocytes", "10*3/uL", 80, 80, "10*9/L"),
        ("creatinine", "mg/dL", 1, 88.4017, "umol/L"),
        ("egfr", "ml/min/173m2", 59, 59, "mL/min/{1.73_m2}"),
        ("gastrin", "pg/mL", 100, 47.664, "pmol/L"),
        ("hba1c", "%", 6.5, 47.54115, "mmol/mol"),
        ("hba1c", "mmol/mol Hb", 48, 48, "mmol/mol"),
    ],
)
def test_a_known_unit_converts_to_the_canonical_one(concept, reported, amount, expected, in_unit):
    assert canonical(concept, reported, amount) == (pytest.approx(expected, rel=1e-9), in_unit)


@pytest.mark.parametrize(
    ("concept", "reported"),
    [
        ("serum_b12", "mmol/L"),  # a wrong label, seen in a national set
        ("active_b12", "nmol/L"),  # another analyte
        ("reticulocytes", "%"),
        ("neutrophils", "%"),
        ("creatinine", "mmol/L"),
        ("egfr", "mL/min"),  # not per body surface
        ("homocysteine", "nmol/L"),
        ("serum_b12", "pmol"),
        ("serum_b12", None),
    ],
)
def test_a_unit_that_the_concept_does_not_have_is_unknown(concept, reported):
    read = unit(concept, reported)
    assert (read["has_units"], read["is_known"], read["factor"]) == (True, False, None)


def test_a_concept_without_a_canonical_unit_keeps_the_reported_one():
    assert canonical("rdw", " fL ", 14.0) == (14.0, "fl")
    assert not unit("rdw", "fL")["has_units"]
    assert not unit("rdw", None)["is_known"]


@pytest.mark.parametrize(
    ("reported", "family", "factor"),
    [("pmol/L", "substance", 1), ("nmol/L", "substance", 1000), ("ng/L", "mass", 1), ("pg/mL", "mass", 1),
     ("ng/mL", "mass", 1000), ("ug/L", "mass", 1000), ("ng/dL", "mass", 10)],
)  # fmt: skip
def test_serum_b12_scales_exactly_within_the_family_of_its_unit(reported, family, factor):
    read = unit("serum_b12", reported)
    assert (read["family"], read["family_factor"]) == (family, factor)


def test_the_table_of_units_is_consistent():
    table = known_units()
    assert not table.select("concept", "spelling").is_duplicated().any()
    assert (
        table.group_by("concept").agg(pl.col("unit").n_unique())["unit"].to_list() == [1] * table["concept"].n_unique()
    )
    assert set(table["family"].drop_nulls()) == {"mass", "substance"}
    # a factor of 1 belongs to the canonical unit or to one that is numerically equal: within one family
    scaled = table.filter(pl.col("family").is_not_null() & (pl.col("factor") == 1))
    assert scaled.group_by("concept").agg(pl.col("family").n_unique())["family"].max() == 1
