"""What the population is tested for, given and told: the pathway, with each laboratory's units, and all the rest."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reported:
    """How a laboratory reports a test: unit, factor from the canonical unit, decimals, and its reference limits."""

    unit: str
    factor: float = 1.0
    decimals: int = 0
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True)
class PathwayTest:
    """A test of the pathway: median and spread (of the logarithm) in canonical units, and how each laboratory reports it."""

    concept: str
    median: float
    spread: float
    reported: tuple[Reported, Reported, Reported]
    """Northgate, Riverside, Hillview."""


PATHWAY_TESTS = (
    PathwayTest("serum_b12", 350, 0.09, (Reported("pg/mL", 1 / 0.737806, 0, "197", "771"), Reported("pmol/L", 1, 1, "145", "569"), Reported("pmol/L", 1, 0, "133", "600"))),
    PathwayTest("folate_serum", 18, 0.45, (Reported("ng/mL", 1 / 2.26552, 1, "3.0", "20.0"), Reported("nmol/L", 1, 1), Reported("nmol/L", 1, 1))),
    PathwayTest("ferritin", 80, 0.8, (Reported("ng/mL"), Reported("µg/L"), Reported("ug/L"))),
    PathwayTest("hemoglobin", 139, 0.07, (Reported("g/dL", 0.1, 1, "12.0", "16.0"), Reported("g/L"), Reported("g/L"))),
    PathwayTest("mcv", 90, 0.05, (Reported("fL", 1, 1), Reported("fl", 1, 1), Reported("fL", 1, 1))),
    PathwayTest("platelets", 250, 0.22, (Reported("10*3/uL"), Reported("10^9/L"), Reported("10*9/L"))),
    PathwayTest("neutrophils", 4.1, 0.35, (Reported("K/uL", 1, 1), Reported("10^9/L", 1, 1), Reported("10*9/L", 1, 1))),
    PathwayTest("creatinine", 76, 0.2, (Reported("mg/dL", 1 / 88.4017, 2), Reported("µmol/L"), Reported("umol/L"))),
    PathwayTest("egfr", 88, 0.2, (Reported("mL/min/{1.73_m2}"), Reported("ml/min/1.73m2"), Reported("mL/min/1.73m2"))),
    PathwayTest("hba1c", 40, 0.18, (Reported("mmol/mol"), Reported("mmol/mol"), Reported("mmol/mol"))),
    PathwayTest("mma_serum", 190, 0.4, (Reported("umol/L", 0.001, 3, None, "0.32"), Reported("nmol/L", 1, 0), Reported("ug/dL", 1 / 84.6812, 2))),
    PathwayTest("homocysteine", 11, 0.3, (Reported("umol/L", 1, 1), Reported("µmol/L", 1, 1), Reported("mg/L", 1 / 7.39754, 2))),
    PathwayTest("active_b12", 60, 0.4, (Reported("pmol/L"), Reported("pmol/L", 1, 1), Reported("pmol/L"))),
    PathwayTest("intrinsic_factor_ab", 0, 0, (Reported(""), Reported(""), Reported(""))),
)  # fmt: skip

ANTIBODY_WORDS = (("NEGATIVE", "POSITIVE"), ("neg", "pos"), ("Not detected", "Detected"))
"""How each laboratory words an antibody result: negative, positive."""

OTHER_TESTS = (
    ("2951-2", "Sodium", "mmol/L", 139, 0.02, 0), ("2823-3", "Potassium", "mmol/L", 4.3, 0.09, 1),
    ("22664-7", "Urea", "mmol/L", 5.6, 0.3, 1), ("1742-6", "Alanine aminotransferase", "U/L", 24, 0.5, 0),
    ("6768-6", "Alkaline phosphatase", "U/L", 78, 0.3, 0), ("14631-6", "Bilirubin", "umol/L", 9, 0.4, 0),
    ("1751-7", "Albumin", "g/L", 43, 0.08, 0), ("2885-2", "Total protein", "g/L", 71, 0.06, 0),
    ("2000-8", "Calcium", "mmol/L", 2.35, 0.04, 2), ("14647-2", "Cholesterol", "mmol/L", 5.1, 0.2, 1),
    ("14646-4", "HDL cholesterol", "mmol/L", 1.4, 0.25, 1), ("22748-8", "LDL cholesterol", "mmol/L", 3.0, 0.3, 1),
    ("14927-8", "Triglycerides", "mmol/L", 1.4, 0.45, 1), ("3016-3", "Thyrotropin", "mU/L", 1.9, 0.6, 2),
    ("14920-3", "Free thyroxine", "pmol/L", 15, 0.15, 1), ("1988-5", "C-reactive protein", "mg/L", 3, 0.9, 0),
    ("15074-8", "Glucose", "mmol/L", 5.3, 0.18, 1), ("6690-2", "White cell count", "10*9/L", 6.8, 0.25, 1),
    ("789-8", "Red cell count", "10*12/L", 4.7, 0.1, 2), ("4544-3", "Haematocrit", "%", 42, 0.08, 0),
    ("731-0", "Lymphocyte count", "10*9/L", 1.9, 0.3, 1), ("742-7", "Monocyte count", "10*9/L", 0.5, 0.3, 1),
    ("711-2", "Eosinophil count", "10*9/L", 0.2, 0.5, 1), ("704-7", "Basophil count", "10*9/L", 0.1, 0.3, 1),
    ("14933-6", "Urate", "umol/L", 320, 0.25, 0), ("14879-1", "Phosphate", "mmol/L", 1.1, 0.15, 2),
    ("2601-3", "Magnesium", "mmol/L", 0.85, 0.08, 2), ("2857-1", "Prostate specific antigen", "ug/L", 1.1, 0.8, 1),
    ("1989-3", "25-OH vitamin D3", "ng/mL", 23, 0.4, 0), ("2324-2", "Gamma glutamyltransferase", "U/L", 27, 0.6, 0),
    ("2157-6", "Creatine kinase", "U/L", 110, 0.5, 0), ("DEMO-UBBC", "Vitamin B12 binding capacity", "pmol/L", 900, 0.2, 0),
)  # fmt: skip
"""Tests off the pathway: code, name, unit, median, spread, decimals. The last only looks like one of ours."""

OTHER_DRUGS = (
    ("0212000B0AAABAB", "Atorvastatin 20mg tablets"), ("0206020A0AAAAAA", "Amlodipine 5mg tablets"),
    ("0205051R0AAANAN", "Ramipril 5mg capsules"), ("0204000H0AAAIAI", "Bisoprolol 2.5mg tablets"),
    ("0403030Q0AAAAAA", "Sertraline 50mg tablets"), ("0403030D0AAABAB", "Citalopram 20mg tablets"),
    ("0407010H0AAAMAM", "Paracetamol 500mg tablets"), ("0602010V0AABXBX", "Levothyroxine 50microgram tablets"),
    ("0209000A0AAACAC", "Aspirin 75mg dispersible tablets"), ("0301011R0AAAPAP", "Salbutamol 100micrograms inhaler"),
    ("0501013B0AAABAB", "Amoxicillin 500mg capsules"), ("0202020L0AABBBB", "Furosemide 40mg tablets"),
    ("0205052N0AAABAB", "Losartan 50mg tablets"), ("0202030S0AAACAC", "Spironolactone 25mg tablets"),
    ("0402010ADAAAAAA", "Aripiprazole 10mg tablets"), ("0906024N0BBABCF", "Colecalciferol 800unit capsules"),
)  # fmt: skip
"""Drugs off the pathway; two of them only look like it."""

OTHER_DIAGNOSES = (
    ("I10", "Essential (primary) hypertension"), ("E78.5", "Hyperlipidemia, unspecified"), ("J45.909", "Unspecified asthma"),
    ("M54.50", "Low back pain, unspecified"), ("E03.9", "Hypothyroidism, unspecified"), ("F32.A", "Depression, unspecified"),
    ("N39.0", "Urinary tract infection"), ("J06.9", "Acute upper respiratory infection"), ("K21.9", "Gastro-esophageal reflux"),
    ("M17.9", "Osteoarthritis of knee"), ("Z00.00", "General adult medical examination"), ("L30.9", "Dermatitis, unspecified"),
    ("I48.91", "Unspecified atrial fibrillation"), ("G43.909", "Migraine, unspecified"), ("R10.9", "Unspecified abdominal pain"),
    ("Z23", "Encounter for immunization"),
)  # fmt: skip


@dataclass(frozen=True)
class Product:
    """A product of the pathway as the practices prescribe it."""

    code: str
    system: str
    name: str
    route: str | None = None
    form: str | None = None
    quantity: str | None = None
    days_supply: str | None = None


PRODUCTS = {
    "metformin": Product("42084911000001109", "DMD_PRODUCT", "Metformin 500mg tablets", "oral", "tablet", "168", "56"),
    "ppi": Product("1068411000001105", "DMD_PRODUCT", "Omeprazole 20mg gastro-resistant capsules", "oral", "capsule", "56", "56"),
    "h2ra": Product("317275005", "DMD_PRODUCT", "Famotidine 20mg tablets", "oral", "tablet", "56", "56"),
    "folic_acid": Product("1182711000001105", "DMD_PRODUCT", "Folic acid 5mg tablets", "oral", "tablet", "56", "56"),
    "iron": Product("71724000", "DMD_VTM", "Ferrous sulfate 200mg tablets", "oral", "tablet", "56", "56"),
    "oral_b12": Product("21333811000001109", "DMD_PRODUCT", "Cyanocobalamin 1mg tablets", "oral", "tablet", "56", "56"),
    "hydroxocobalamin": Product("2858311000001109", "DMD_PRODUCT", "Hydroxocobalamin 1mg/1ml solution for injection ampoules", "intramuscular", "solution for injection", "1"),
    "cyanocobalamin": Product("37084011000001108", "DMD_PRODUCT", "Cyanocobalamin 1mg/1ml solution for injection ampoules", "intramuscular", "solution for injection", "1"),
}  # fmt: skip
