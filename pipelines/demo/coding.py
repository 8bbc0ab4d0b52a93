"""The codes that the demonstration uses: real ones of national systems, and a few local ones that b12.toml maps."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Coded:
    """A code as a source delivers it."""

    system: str
    code: str
    name: str


@dataclass(frozen=True)
class LabTest:
    """A laboratory test of the pathway, as it is coded nationally and at the Riverside laboratory."""

    loinc: str
    local: str
    name: str
    unit: str | None
    loinc_by_unit: tuple[tuple[str, str], ...] = ()

    def code_for(self, unit: str | None) -> str:
        """The LOINC code that a laboratory reporting in this unit would send."""
        return dict(self.loinc_by_unit).get(unit or "", self.loinc)


_MASS_B12 = tuple((unit, "2132-9") for unit in ("ng/L", "pg/mL", "ng/mL"))

LAB_TESTS = {
    "serum_b12": LabTest("14685-2", "VB12", "Vitamin B12", "pmol/L", _MASS_B12),
    "active_b12": LabTest("72160-5", "HTC", "Holotranscobalamin", "pmol/L"),
    "mma_serum": LabTest("13964-2", "MMA", "Methylmalonic acid", "nmol/L"),
    "mma_urine": LabTest("25116-5", "UMMA", "Methylmalonic acid/creatinine, urine", "mmol/mol creatinine"),
    "homocysteine": LabTest("13965-9", "HCY", "Homocysteine", "umol/L"),
    "folate_serum": LabTest("14732-2", "FOL", "Serum folate", "nmol/L", (("ng/mL", "2284-8"),)),
    "ferritin": LabTest("2276-4", "FER", "Ferritin", "ug/L"),
    "hemoglobin": LabTest("718-7", "HB", "Haemoglobin", "g/L"),
    "mcv": LabTest("787-2", "MCV", "Mean cell volume", "fL"),
    "platelets": LabTest("777-3", "PLT", "Platelet count", "10*9/L"),
    "neutrophils": LabTest("751-8", "NEU", "Neutrophil count", "10*9/L"),
    "creatinine": LabTest("14682-9", "CREA", "Creatinine", "umol/L", (("mg/dL", "2160-0"),)),
    "egfr": LabTest("98979-8", "GFR", "eGFR (CKD-EPI 2021)", "mL/min/1.73m2"),
    "hba1c": LabTest("4548-4", "A1C", "HbA1c", "mmol/mol"),
    "intrinsic_factor_ab": LabTest("31444-3", "IFAB", "Intrinsic factor antibody", None),
    "parietal_cell_ab": LabTest("14241-4", "GPC", "Gastric parietal cell antibody", None),
}

LOCAL = "DEMO_LOCAL"
"""Code system of the practices' own codes; the demonstration's b12.toml maps them."""

LOCAL_CONCEPTS = {"AIG01": "autoimmune_gastritis", "DIET07": "vegan_diet"}

DIAGNOSES = {
    concept: Coded(system, code, name)
    for concept, system, code, name in (
        ("neuropathy", "ICD10CM", "G62.9", "Polyneuropathy, unspecified"),
        ("gait_ataxia", "ICD10CM", "R26.0", "Ataxic gait"),
        ("subacute_combined_degeneration", "ICD10CM", "G32.0", "Subacute combined degeneration of spinal cord"),
        ("optic_neuropathy", "ICD10CM", "H46.2", "Nutritional optic neuropathy"),
        ("diabetic_neuropathy", "ICD10CM", "E11.42", "Type 2 diabetes mellitus with diabetic polyneuropathy"),
        ("cognitive_impairment", "ICD10CM", "R41.3", "Other amnesia"),
        ("fatigue", "ICD10CM", "R53.83", "Other fatigue"),
        ("glossitis", "ICD10CM", "K14.0", "Glossitis"),
        ("pernicious_anemia", "ICD10CM", "D51.0", "Vitamin B12 deficiency anemia due to intrinsic factor deficiency"),
        ("autoimmune_gastritis", LOCAL, "AIG01", "Autoimmune gastritis on biopsy"),
        ("possible_autoimmune_gastritis", "ICD10CM", "K29.40", "Chronic atrophic gastritis without bleeding"),
        ("celiac_disease", "ICD10CM", "K90.0", "Celiac disease"),
        ("crohns_disease", "ICD10CM", "K50.00", "Crohn's disease of small intestine"),
        ("pancreatic_insufficiency", "ICD10CM", "K86.81", "Exocrine pancreatic insufficiency"),
        ("small_bowel_overgrowth", "ICD10CM", "K90.2", "Blind loop syndrome"),
        ("bariatric_surgery", "ICD10CM", "Z98.84", "Bariatric surgery status"),
        ("gastrectomy_partial", "ICD10CM", "Z90.3", "Acquired absence of stomach [part of]"),
        ("b12_deficiency", "ICD10CM", "D51.9", "Vitamin B12 deficiency anemia, unspecified"),
        ("nitrous_oxide_misuse", "ICD10CM", "T41.0X1A", "Poisoning by inhaled anesthetics"),
        ("vegan_diet", LOCAL, "DIET07", "Vegan diet"),
        ("pregnancy", "ICD10CM", "Z34.90", "Encounter for supervision of normal pregnancy"),
        ("pregnancy_end", "ICD10CM", "O80", "Encounter for full-term uncomplicated delivery"),
        ("puerperium", "ICD10CM", "O90.81", "Anemia of the puerperium"),
        ("palliative_care", "ICD10CM", "Z51.5", "Encounter for palliative care"),
        ("type2_diabetes", "ICD10CM", "E11.9", "Type 2 diabetes mellitus without complications"),
        ("b12_injection_recorded", "CTV3", "66E5.", "B12 injections - at surgery"),
    )
}

PROCEDURES = {
    concept: Coded(system, code, name)
    for concept, system, code, name in (
        ("bariatric_surgery", "ICD10PCS", "0D164ZA", "Bypass Stomach to Jejunum, Percutaneous Endoscopic Approach"),
        ("gastrectomy_total", "ICD10PCS", "0DT60ZZ", "Resection of Stomach, Open Approach"),
        ("gastrectomy_partial", "ICD10PCS", "0DB60ZZ", "Excision of Stomach, Open Approach"),
        ("ileal_resection", "ICD10PCS", "0DTB0ZZ", "Resection of Ileum, Open Approach"),
        ("cyanocobalamin_injection", "HCPCS", "J3420", "Injection, vitamin B-12 cyanocobalamin, up to 1000 mcg"),
        ("hydroxocobalamin_injection", "HCPCS", "J3425", "Injection, hydroxocobalamin, intramuscular, 10 mcg"),
    )
}
