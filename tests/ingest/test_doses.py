"""Strengths and daily doses as text become amounts in the dose unit of the drug."""

import pytest

from pipelines.ingest.doses import masses, stated_dose, strength_of


def in_name(name, concept, *, is_combination=False, decimal="."):
    return strength_of(None, name, concept, is_combination=is_combination, decimal=decimal)


@pytest.mark.parametrize(
    ("text", "metformin_mg", "b12_mcg"),
    [
        ("1000", 1000, 1000),  # a bare number is in the dose unit
        ("1 g", 1000, 1_000_000),
        ("0.5mg", 0.5, 500),
        ("1000 micrograms", 1, 1000),
        ("1,000 mcg", 1, 1000),
        ("2000 mg daily", 2000, 2_000_000),
        ("1.5 g/day", 1500, 1_500_000),
        ("500 mg twice daily", None, None),
        ("1 tablet", None, None),
        ("0", None, None),
        ("-5", None, None),
    ],
)
def test_a_daily_dose_is_one_plain_amount(text, metformin_mg, b12_mcg):
    assert stated_dose(text, "metformin", decimal=".") == metformin_mg
    assert stated_dose(text, "b12_oral", decimal=".") == b12_mcg


@pytest.mark.parametrize(
    ("name", "concept", "expected"),
    [
        ("Metformin 500mg tablets", "metformin", 500),
        ("Metformin 1 g", "metformin", 1000),
        ("500mg Metformin tablets", "metformin", 500),  # the only number with a mass unit
        ("24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet", "metformin", 500),
        ("Metformin 500mg/5ml oral solution", "metformin", 100),  # in one mL
        ("Vitamin B12 1,000 mcg", "b12_oral", 1000),
        ("Vitamin B12 1000 mcg (1 mg) tablet", "b12_oral", 1000),  # the same, said twice
        ("Vitamin B12", "b12_oral", None),
        ("cyanocobalamin 1 MG/ML Injectable Solution", "b12_injectable", 1000),
        ("Hydroxocobalamin 1mg/1ml solution for injection ampoules", "b12_injectable", 1000),
        ("Cyanocobalamin 50microgram tablets", "b12_oral", 50),
        ("Cyanocobalamin 500 mcg/spray", "b12_nasal", 500),
        ("Folic acid 5mg tablets", "folic_acid", 5000),
    ],
)
def test_a_product_of_one_ingredient_has_the_strength_in_its_name(name, concept, expected):
    assert in_name(name, concept) == expected


@pytest.mark.parametrize(
    ("name", "concept", "expected"),
    [
        ("SITAGLIPTIN 50MG/METFORMIN 1000 MG", "metformin", 1000),
        ("Metformin 850mg / Pioglitazone 15mg", "metformin", 850),
        ("glipizide 2.5 MG / metformin hydrochloride 250 MG Oral Tablet", "metformin", 250),
        ("Metformin 500mg and Vildagliptin 50mg", "metformin", 500),
        ("Sitagliptin 50mg/Metformin", "metformin", None),  # 50 mg is the other one's
        ("Sitagliptin/Metformin 50mg/1000mg", "metformin", None),  # whose is whose?
        ("Janumet 50-1000 mg", "metformin", None),
    ],
)
def test_in_a_combination_the_strength_follows_the_ingredients_own_name(name, concept, expected):
    assert in_name(name, concept) == expected


def test_a_product_with_several_ingredients_of_the_pathway_is_a_combination():
    assert in_name("Ferrous fumarate 322mg / Folic acid 350microgram", "folic_acid", is_combination=True) == 350
    assert in_name("Pregaday 350microgram", "folic_acid", is_combination=True) is None


@pytest.mark.parametrize(
    ("strength", "name", "expected"),
    [
        ("850 mg", "Metformin 500 mg", 850),  # the strength comes first
        ("850", "Metformin", 850),  # bare: in the dose unit
        ("1 g", "Metformin", 1000),
        ("0", "Metformin 500 mg", 500),
        ("one", "Metformin 500 mg", 500),
        ("50 mg/1000 mg", "Metformin", None),
        ("50-1000 mg", "Metformin", None),
        ("50 mg", "Sitagliptin / Metformin", None),  # of which ingredient?
        ("metformin 1000 mg, sitagliptin 50 mg", "Sitagliptin / Metformin", 1000),
        (None, None, None),
    ],
)
def test_the_strength_column_comes_before_the_name(strength, name, expected):
    assert strength_of(strength, name, "metformin", is_combination=False, decimal=".") == expected


def test_a_declared_decimal_comma_holds_for_doses():
    assert stated_dose("0,5 g", "metformin", decimal=",") == 500
    assert stated_dose("1.000 mg", "metformin", decimal=",") == 1000
    assert masses("0.5 mg", decimal=",") == []
    assert masses("0,5 mg", decimal=".") == []
