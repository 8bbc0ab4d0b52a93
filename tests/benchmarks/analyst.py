"""What an analyst of one site knows by heart: the codes of the pathway, and the units with their cut-offs.

The same as in ``three_lists.sql``, for the lists in polars and in pandas.
"""

LAB_CODES = {
    "14685-2": "serum_b12", "2132-9": "serum_b12", "72160-5": "active_b12", "13964-2": "mma_serum",
    "25116-5": "mma_urine", "13965-9": "homocysteine", "718-7": "hemoglobin", "787-2": "mcv",
    "31444-3": "intrinsic_factor_ab",
}  # fmt: skip
DRUG_CODES = {
    "2858311000001109": "b12", "37084011000001108": "b12", "21333811000001109": "b12",
    "42084911000001109": "metformin", "1068411000001105": "acid", "317275005": "acid",
}  # fmt: skip
RECORD_CODES = (
    dict.fromkeys(("G62.9", "R26.0", "G32.0", "H46.2"), "neuro")
    | dict.fromkeys(("E11.42", "R41.3", "R53.83", "K14.0"), "sign")
    | dict.fromkeys(
        ("D51.0", "AIG01", "K90.0", "K50.00", "K86.81", "K90.2", "Z98.84", "Z90.3", "0D164ZA", "0DT60ZZ", "0DB60ZZ",
         "0DTB0ZZ"),
        "malabsorption",
    )
    | {"Z34.90": "pregnancy", "O80": "pregnancy_end", "Z51.5": "palliative_care"}
)  # fmt: skip
UNIT_COLUMNS = ("concept", "unit", "factor", "pmol", "low", "high", "severe")
UNITS = (
    ("serum_b12", "pg/ml", 1, 0.737806, 180, 350, 100),
    ("serum_b12", "ng/l", 1, 0.737806, 180, 350, 100),
    ("serum_b12", "pmol/l", 1, 1, 133, 258, 74),
    ("active_b12", "pmol/l", 1, 1, 25, 70, None),
    ("hemoglobin", "g/dl", 10, 1, None, None, None),
    ("hemoglobin", "g/l", 1, 1, None, None, None),
    ("mcv", "fl", 1, 1, None, None, None),
)
"""Factor to the unit of the cut-offs, from there to pmol/L, and the cut-offs; null where there are none."""

RESULTED = ("final", "corrected", "amended")
WITHDRAWN = ("cancelled", "entered-in-error", "not-done", "not-taken", "declined", "draft", "proposed")
INJECTED = ("intramuscular", "subcutaneous", "injection")
POSITIVE = ("positive", "pos", "detected")
