"""Codes and names become concepts: the traps of real code lists, one by one."""

import re

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.codelists.own import own_lists
from pipelines.codelists.systems import coding_system
from pipelines.codes import (
    CodeBook,
    LocalCodes,
    ingredient_of_name,
    known_concepts,
    load_codebook,
    route_of_text,
    routes_of_texts,
)
from pipelines.errors import ConfigurationError


@pytest.fixture(scope="module")
def book() -> CodeBook:
    return load_codebook()


def rows(drawn: str) -> list[dict[str, str | None]]:
    """A table drawn in text: names above, one case a line, empty is null, a comment after two blanks and #."""
    lines = [re.sub(r"\s+#.*$", "", line).strip() for line in drawn.strip().splitlines()]
    header, *body = [[cell.strip() for cell in line.split("|")] for line in lines if line]
    return [dict(zip(header, [cell or None for cell in cells], strict=True)) for cells in body]


def matches(book: CodeBook, table: str, drawn: str) -> None:
    """Each drawn row is a triple and what it must become; a triple of several concepts names them with +."""
    expected = rows(drawn)
    columns = [column for column in expected[0] if column not in {"code_system", "code", "name"}]
    for case in expected:
        triple = {key: case.get(key) for key in ("code_system", "code", "name")}
        found = book.match(table, pl.DataFrame([triple], schema=dict.fromkeys(triple, pl.String)))
        for column in columns:
            values = [value for value in found[column].to_list() if value is not None]
            got = "+".join(sorted(dict.fromkeys(values))) or None
            assert got == case[column], f"{triple}: {column} is {got}, expected {case[column]}"


# --- traps of laboratory codes and names ------------------------------------------------------------------------------


def test_the_codes_of_vitamin_b12_and_methylmalonate_are_told_apart_from_those_that_circulate_for_them(book):
    matches(
        book,
        "labs",
        """
        code_system | code    | concept
        LOINC       | 2132-9  | serum_b12      # mass
        LOINC       | 14685-2 | serum_b12      # amount of substance: the same concept, the unit decides the scale
        LOINC       | 16695-9 | serum_b12      # in whole blood, mass
        LOINC       | 72160-5 | active_b12
        LOINC       | 13964-2 | mma_serum
        LOINC       | 14685-4 |                # wrong check digit
        LOINC       | 13964-4 |                # wrong check digit
        LOINC       | 43966-1 |
        LOINC       | 53551-8 |
                    | 2132-9  | serum_b12      # a test without a coding system is LOINC
        LOCAL       | 2132-9  |                # of another system, the same digits mean nothing
        """,
    )


def test_active_b12_never_becomes_total_b12(book):
    matches(
        book,
        "labs",
        """
        name                               | concept
        Vitamin B12                        | serum_b12
        Vitamin B12 concentration          | serum_b12
        Serum vitamin B12 level            | serum_b12
        VITAMIN_B12                        | serum_b12
        s-b12-vit                          | serum_b12
        Cobalamin (Vitamin B12)            | serum_b12
        Active B12                         | active_b12
        Vitamin B12 (active)               | active_b12
        Holotranscobalamin                 | active_b12
        Holo-transcobalamin II             | active_b12
        HoloTC                             | active_b12
        Transcobalamin II-bound B12        | active_b12
        S-B12-TC2                          | active_b12
        S-B12-vitamiini,aktiivinen         | active_b12
        Vitamin B12 binding capacity       |
        Unsaturated B12 binding cap        |
        Transcobalamin II                  |
        Schilling test with B12            |
        Intrinsic factor and B12 complex   |
        HLA-B12                            |
        Holotranscobalamin, % saturation   |
        Active vitamin B12 saturation      |
        """,
    )


def test_a_panel_of_b12_and_folate_is_neither(book):
    matches(
        book,
        "labs",
        """
        name                   | concept      | looks_like
        B12 & Folate level     |              | serum_b12
        Folate+Cyanocobalamin  |              | folate_serum
        Folate and vitamin B12 |              | serum_b12
        Serum folate           | folate_serum |
        Folic acid             | folate_serum |
        Red cell folate        | folate_rbc   |
        Folate, RBC            | folate_rbc   |
        fe-folaat              | folate_rbc   |
        Folate, whole blood    |              | folate_serum
        RBC folate and B12     |              | serum_b12
        Folate receptor antibody |            | folate_serum
        Urine folate           |              | folate_serum
        """,
    )


def test_methylmalonate_is_serum_unless_its_name_says_urine(book):
    matches(
        book,
        "labs",
        """
        name                                  | concept
        Methylmalonic acid                    | mma_serum
        Methylmalonic acid, serum             | mma_serum
        MMA (umol/L)                          | mma_serum
        MMA                                   | mma_serum
        Methylmalonic acid, urine             | mma_urine
        Urine methylmalonate/creatinine ratio | mma_urine
        U-MMA                                 | mma_urine
        Methylmalonate/creatinine             | mma_urine
        Methylmalonic acid, CSF               |
        Methylmalonylcarnitine                |
        Methylmalonylcarnitine, urine         |
        Gamma globulin                        |
        Gamma-glutamyltransferase             |
        """,
    )


def test_the_names_of_blood_counts_and_kidney_tests_are_anchored(book):
    matches(
        book,
        "labs",
        """
        name                                              | concept
        Hemoglobin                                        | hemoglobin
        Haemoglobin estimation                            | hemoglobin
        Hgb                                               | hemoglobin
        Hemoglobin [Mass/volume] in Blood                 | hemoglobin
        Hemoglobin A1c                                    | hba1c
        HbA1c (IFCC)                                      | hba1c
        HbA1c target                                      |
        Hemoglobin [Mass/volume] in Blood from Fetus      |
        Glycated Hemoglobin                               | hba1c
        Hemoglobin A2                                     |
        Fetal Hemoglobin                                  |
        Carboxyhemoglobin                                 |
        Methemoglobin                                     |
        Plasma Hemoglobin                                 |
        Mean corpuscular hemoglobin                       |
        Mean corpuscular hemoglobin concentration         |
        Reticulocyte, Cellular Hemoglobin                 |
        HBsAg                                             |
        MCV                                               | mcv
        Mean corpuscular volume (MCV)                     | mcv
        Mean cell volume                                  | mcv
        Mean platelet volume                              |
        RDW                                               | rdw
        RDW-SD                                            |
        Platelet Count                                    | platelets
        PLT                                               | platelets
        Platelet distribution width                       |
        Large Platelets                                   |
        Absolute Neutrophil Count                         | neutrophils
        Neutrophils                                       | neutrophils
        Neutrophils %                                     |
        Anti-Neutrophil Cytoplasmic Antibody              |
        Hypersegmented Neutrophils                        |
        Reticulocyte Count, Absolute                      | reticulocytes
        Reticulocyte %                                    |
        Ferritin                                          | ferritin
        Serum ferritin level                              | ferritin
        Creatinine                                        | creatinine
        Serum creatinine level                            | creatinine
        Substance concentration of creatinine in serum    | creatinine
        Creatinine [Mass/volume] in Serum or Plasma       | creatinine
        Creatinine [Mass/volume] in Urine                 |
        Creatinine [Mass/volume] in Serum or Plasma --post dialysis |
        Creatinine clearance                              |
        Urine creatinine                                  |
        Creatinine, Urine                                 |
        Creatinine, Body Fluid                            |
        Albumin/Creatinine, Urine                         |
        Creatine Kinase                                   |
        24 hr Creatinine                                  |
        eGFR                                              | egfr
        MDRDgfr                                           | egfr
        Estimated GFR (MDRD equation)                     | egfr
        EGFR gene mutation analysis                       |
        Epidermal growth factor receptor (EGFR)           |
        VEGFR                                             |
        FGFR3                                             |
        """,
    )


def test_homocysteine_antibodies_and_gastrin_keep_their_look_alikes_out(book):
    matches(
        book,
        "labs",
        """
        name                                      | concept
        Homocysteine                              | homocysteine
        p-homokysteiini                           | homocysteine
        Homocystine                               |
        Homocysteine, urine                       |
        Intrinsic factor antibody                 | intrinsic_factor_ab
        Intrinsic factor blocking Ab              | intrinsic_factor_ab
        Anti-intrinsic factor                     | intrinsic_factor_ab
        Anti-Parietal Cell Antibody               | parietal_cell_ab
        Parietal cell and intrinsic factor abs    |
        Gastrin                                   | gastrin
        Gastrin releasing peptide                 |
        Gastrin [Mass/volume] in Serum or Plasma --15 minutes post secretin |
        Tissue Transglutaminase Ab, IgA           | ttg_iga
        tTG IgG                                   |
        tTG IgA/IgG                               |
        """,
    )


# --- traps of drugs ---------------------------------------------------------------------------------------------------


def test_the_antidote_and_the_radioactive_diagnostic_are_no_b12_treatment(book):
    matches(
        book,
        "prescriptions",
        """
        code_system | code        | name                                     | concept                 | ingredient
        HCPCS       | J3420       |                                          | b12_any_route           | cyanocobalamin
        HCPCS       | J3425       |                                          | b12_any_route           | hydroxocobalamin
        HCPCS       | J3424       |                                          | excluded_b12_antidote   |
        HCPCS       | A9559       |                                          | excluded_b12_diagnostic |
        RXNORM      | 700499      | hydroxocobalamin 5000 MG [Cyanokit]      | excluded_b12_antidote   |
                    |             | Cyanokit 5 g powder                      | excluded_b12_antidote   |
        dm+d        | 327529002   | Cyanokit 5g powder                       | excluded_b12_antidote   |                    # the code is of the substance
                    |             | Hydroxocobalamin 5 g                     | excluded_b12_antidote   |
                    |             | Cobalt-57 cyanocobalamin capsule         | excluded_b12_diagnostic |
                    |             | Hydroxocobalamin 1 mg                    | b12_any_route           | hydroxocobalamin
        """,
    )


def test_vitamins_that_hold_some_b12_are_no_b12_treatment_and_say_what_they_look_like(book):
    matches(
        book,
        "prescriptions",
        """
        name                                    | concept       | looks_like
        Vitamin B12 1000 mcg tablets            | b12_any_route |
        VIT B-12                                | b12_any_route |
        B12 1000MCG                             | b12_any_route |
        Vitamine B12                            | b12_any_route |
        Vitamin B compound strong               |               |
        B complex (vitamin B12 10 mcg)          |               | b12_any_route
        Folbic (folic acid, vitamin B12)        | folic_acid    |
        Desiccated liver with B12 10 mcg        |               | b12_any_route
        Liver desiccated, vitamin B12           |               | b12_any_route
        Vitamin B12 level                       |               | b12_any_route
        Cobalamin 1 mg                          | b12_any_route |
        B12 injection                           | b12_any_route |
        B12                                     | b12_any_route |
        Multivitamin with vitamin B12           |               | b12_any_route
        Thiamine / Vitamin B6 / Vitamin B12     |               | b12_any_route
        Vitamin B12, thiamine and B6            |               | b12_any_route
        Vitamin B1 100 mg                       |               |
        Vitamin B6                              |               |
        Hematogen (iron, vitamin B12)           | iron          |
        Cobalamn 1 mg                           |               | b12_any_route
        Mecobalamin 500 mcg / pregabalin 75 mg  | b12_any_route+pregabalin |
        """,
    )


def test_look_alikes_by_a_part_of_the_word_are_no_match(book):
    matches(
        book,
        "prescriptions",
        """
        name                        | concept
        Omeprazole 20mg capsules    | ppi
        Dexlansoprazole             | ppi
        Aripiprazole                |
        Brexpiprazole               |
        Metronidazole               |
        Ferrous sulfate 200mg       | iron
        Spironolactone              |
        Buspirone                   |
        Desferrioxamine             |
        Folic acid 5mg              | folic_acid
        Calcium folinate            |
        Folinic acid                |
        Leucovorin (folate rescue)  |
        Metformin 500mg tablets     | metformin
        METFORMIN; SITAGLIPTIN      | metformin
        Janumet                     | metformin
        Januvia                     |
        Metoprolol                  |
        """,
    )


def test_drugs_are_known_by_substance_and_brand(book):
    matches(
        book,
        "prescriptions",
        """
        name                         | concept
        Axpinet 500mg                | metformin
        Ebymect                      | metformin
        Losec MUPS                   | ppi
        Prilosec OTC                 | ppi
        Famotidine                   | h2ra
        Zantac 75                    | h2ra
        Carbonyl iron 45 mg          | iron
        Ferric chloride              |
        Methotrexate 2.5mg           | methotrexate
        Hydroxyurea                  | hydroxycarbamide
        Azathioprine                 | azathioprine
        ABACAVIR; ZIDOVUDINE         | zidovudine
        Colchicine                   | colchicine
        Lyrica                       | pregabalin
        PHENObarbital                | phenobarbital
        Mysoline                     | primidone
        Topiramate                   | topiramate
        Entonox                      | nitrous_oxide
        """,
    )


def test_a_product_of_several_ingredients_is_a_row_for_each_but_a_test_is_one_concept(book):
    matches(
        book,
        "prescriptions",
        """
        code_system | code      | name                                     | concept         | matched_by
        dm+d        | 418558000 |                                          | folic_acid+iron | code
                    |           | Ferrous fumarate 305mg / Folic acid 350microgram | folic_acid+iron | name
        dm+d        | 109081006 | Ferrous fumarate                         | metformin       | code      # the code, not the name
        """,
    )
    matches(book, "labs", "name | concept\n        Hemoglobin A1c/Hemoglobin.total in Blood | hba1c")


def test_the_substance_chapter_holds_tablets_and_injections_and_the_longer_code_tells_them_apart(book):
    matches(
        book,
        "prescriptions",
        """
        code_system | code            | concept       | route_of_code | ingredient       | matched_by
        BNF         | 0901020D0AAADAD | b12_any_route | injection     | cyanocobalamin   | code
        BNF         | 0901020D0AAAEAE | b12_any_route | oral          | cyanocobalamin   | code
        BNF         | 0901020D0AAAZZZ | b12_any_route |               | cyanocobalamin   | prefix
        BNF         | 0901020N0AAABAB | b12_any_route | injection     | hydroxocobalamin | code
        BNF         | 0901020N0BBAAAA | b12_any_route |               | hydroxocobalamin | prefix
        RXNORM      | 11248           | b12_any_route |               |                  | code
        CTV3        | i312.           | b12_any_route | injection     | hydroxocobalamin | code
        BNF         | 0901020D        |               |               |                  |            # shorter than the prefix
        """,
    )


def test_brands_tell_route_and_substance(book):
    matches(
        book,
        "prescriptions",
        """
        name         | concept       | route_of_code | ingredient
        Neo-Cytamen  | b12_any_route | injection     | hydroxocobalamin
        Cytamen 1000 | b12_any_route | injection     | cyanocobalamin
        Cytacon      | b12_any_route | oral          | cyanocobalamin
        Nascobal     | b12_any_route | nasal         | cyanocobalamin
        Cytacon (cyanocobalamin) | b12_any_route | oral | cyanocobalamin
        B12 Inject Kit           | b12_any_route | injection | cyanocobalamin
        Bedoz 100 mcg            | b12_any_route | injection | cyanocobalamin
        Cobalin-H                | b12_any_route | injection | hydroxocobalamin
        Cobex                    | b12_any_route | injection | cyanocobalamin
        Physicians EZ Use B-12   | b12_any_route | injection | cyanocobalamin
        Rubramin PC              | b12_any_route | injection | cyanocobalamin
        Scheinpharm B12          | b12_any_route | injection | cyanocobalamin
        Ce-Cobalin               | b12_any_route | oral      | cyanocobalamin
        Cyanovit-B12             | b12_any_route | oral      | cyanocobalamin
        Orobalin 1mg             | b12_any_route | oral      | cyanocobalamin
        Vitamin B12  | b12_any_route |               |
        """,
    )


# --- diagnoses and procedures -----------------------------------------------------------------------------------------


def test_the_most_specific_diagnosis_code_wins(book):
    matches(
        book,
        "diagnoses",
        """
        code_system | code    | concept                 | matched_by
        ICD10CM     | D51.0   | pernicious_anemia       | code
        ICD10CM     | D51     | b12_deficiency          | prefix
        ICD10CM     | D51.5   | b12_deficiency          | prefix
        ICD10CM     | O26     | pregnancy               | prefix
        ICD10CM     | O80     | pregnancy_end           | prefix
        ICD10       | O81.0   | pregnancy_end           | prefix   # deliveries and abortions of the WHO's ICD-10
        ICD10       | O83.9   | pregnancy_end           | prefix
        ICD10       | O84.2   | pregnancy_end           | prefix
        ICD10       | O05     | pregnancy_end           | prefix
        ICD10       | O06.9   | pregnancy_end           | prefix
        ICD10CM     | O88.211 | pregnancy               | prefix   # of one category, before and after birth
        ICD10CM     | O88.23  | pregnancy_end           | prefix
        ICD10CM     | O99.013 | pregnancy               | prefix   # anemia in pregnancy, at birth and after it
        ICD10CM     | O99.02  | pregnancy               | prefix
        ICD10CM     | O99.03  | pregnancy_end           | prefix
        ICD10CM     | O99.345 | pregnancy_end           | prefix
        ICD10CM     | O99.343 | pregnancy               | prefix
        ICD10CM     | O24.430 | pregnancy_end           | prefix
        ICD10CM     | O24.410 | pregnancy               | prefix
        ICD10CM     | O10.03  | pregnancy_end           | prefix
        ICD10       | O99.0   | pregnancy               | prefix
        ICD10CM     | N18.2   |                         |
        ICD10CM     | E53.8   | possible_b12_deficiency | code
        ICD9CM      | D51.0   |                         |
                    | D51.0   |                         |          # no coding system: nothing is guessed
        CTV3        | 66E5.   | b12_injection_recorded  | code
        """,
    )


def test_recorded_injections_keep_their_own_concept_and_tell_the_substance(book):
    matches(
        book,
        "procedures",
        """
        code_system | code  | concept                      | ingredient       | route_of_code
        HCPCS       | J3420 | b12_injection_administration | cyanocobalamin   | injection
        HCPCS       | J3425 | b12_injection_administration | hydroxocobalamin | injection
        """,
    )
    matches(
        book,
        "diagnoses",
        """
        code_system | code  | concept                | ingredient       | route_of_code
        CTV3        | i312. | b12_injection_recorded | hydroxocobalamin | injection
        CTV3        | 66E5. | b12_injection_recorded |                  | injection
        """,
    )


def test_a_gastrostomy_is_no_gastric_bypass(book):
    matches(
        book,
        "procedures",
        """
        code_system | code    | concept
        ICD10PCS    | 0D160ZA | bariatric_surgery
        ICD10PCS    | 0D160Z4 |                      # stomach to skin
        """,
    )


def test_an_unmapped_diagnosis_says_what_it_looks_like(book):
    matches(
        book,
        "diagnoses",
        """
        code_system | code | name                         | concept | looks_like
        SNOMED      | 1    | Pernicious anaemia           |         | pernicious_anemia
        SNOMED      | 2    | Vegan diet                   |         | vegan_diet
        SNOMED      | 3    | Vitamin B12 injection given  |         | b12_injection_recorded
        SNOMED      | 4    | Hypertension                 |         |
        """,
    )


# --- formatting -------------------------------------------------------------------------------------------------------


def test_formatting_of_a_code_does_not_matter(book):
    matches(
        book,
        "diagnoses",
        """
        code_system                            | code   | concept
        ICD10CM                                | D510   | pernicious_anemia
        ICD-10-CM                              | d51.0  | pernicious_anemia
        http://hl7.org/fhir/sid/icd-10-cm      | D 51.0 | pernicious_anemia
        ICD10                                  | D51.0+ | pernicious_anemia
        CTV3                                   | XE2ro  | pernicious_anemia
        CTV3                                   | xe2ro  |                      # Read codes differ by case
        CTV3                                   | D010   | pernicious_anemia    # the padding dot is left out
        """,
    )
    matches(
        book,
        "prescriptions",
        """
        code_system                                  | code                 | concept
        NDC                                          | 00143961910          | b12_any_route
        NDC                                          | 143961910            | b12_any_route   # leading zeros lost
        NDC                                          | 00143-9619-10        | b12_any_route   # 5-4-2
        NDC                                          | 0143-9619-10         | b12_any_route   # 4-4-2
        NDC                                          | 52125-799-01         | b12_any_route   # 5-3-2
        NDC                                          | 50090-1805-0         | b12_any_route   # 5-4-1
        NDC                                          | 00143-9619-11        |
        hcpcs                                        | j3420                | b12_any_route
        http://www.nlm.nih.gov/research/umls/rxnorm  | 11248                | b12_any_route
        RxNorm                                       | 11248.0              | b12_any_route   # a number kept as a decimal
        https://dmd.nhs.uk                           | 30010009             | b12_any_route   # a substance
        DMD                                          | 1070911000001108     | b12_any_route   # a product
        http://snomed.info/sct                       | 1070911000001108     | b12_any_route   # dm+d codes are SNOMED CT codes
        """,
    )


def test_formatting_of_a_name_does_not_matter(book):
    names = pl.DataFrame(
        {"code_system": [None] * 3, "code": [None] * 3, "name": ["  serum   VITAMIN b12 ", "Serum\tVitamin B12", " "]},
        schema={"code_system": pl.String, "code": pl.String, "name": pl.String},
    )
    assert book.match("labs", names)["concept"].to_list() == ["serum_b12", "serum_b12", None]


@pytest.mark.parametrize(
    ("spelling", "system"),
    [
        ("LN", "LOINC"),
        ("http://loinc.org", "LOINC"),
        ("urn:oid:2.16.840.1.113883.6.1", "LOINC"),
        ("dm+d", "SNOMED"),
        ("RXNORM_IN", "RXNORM"),
        ("NDC", "NDC11"),
        ("ICD 10-CM", "ICD10CM"),
        ("99LAB", "99LAB"),
        ("", None),
        (None, None),
    ],
)
def test_a_coding_system_has_one_name(spelling, system):
    assert coding_system(spelling) == system


def test_triples_come_back_as_they_were_in_their_order(book):
    triples = pl.DataFrame(
        {
            "code_system": ["dm+d", None, "ICD10CM", "dm+d"],
            "code": ["418558000", None, "", "1"],
            "name": [" x ", "METFORMIN", None, None],
        }
    )
    found = book.match("prescriptions", triples)
    assert found["concept"].to_list() == ["folic_acid", "iron", "metformin", None, None]
    assert_frame_equal(found.select(triples.columns).unique(maintain_order=True), triples)
    assert book.match("labs", triples.clear()).is_empty()


# --- precedence -------------------------------------------------------------------------------------------------------


def test_the_most_specific_mapping_wins():
    book = load_codebook(
        local=[
            LocalCodes("labs", "LOCAL", {"VB12": "serum_b12", "2132-9": "active_b12"}, {"^NIBSC": "ferritin"}),
            LocalCodes("labs", None, {"vb 12": "folate_serum", "MMA1": "mma_urine"}),
            LocalCodes("labs", "LOINC", {"2132-9": "active_b12"}, {"^special": "homocysteine"}),
        ]
    )
    matches(
        book,
        "labs",
        """
        code_system | code   | name               | concept      | matched_by | matched_entry
        local       | vb12   | Ferritin           | serum_b12    | local_code | [[code]] 1, VB12       # its own system first
        LOCAL       | VB12   | NIBSC Vitamin B12  | serum_b12    | local_code | [[code]] 1, VB12       # a code before a name
        OTHER       | VB12   |                    | folate_serum | local_code | [[code]] 2, vb 12      # an entry of any system
        LN          | 2132-9 |                    | active_b12   | local_code | [[code]] 3, 2132-9     # before the shipped code
        LOINC       | 718-7  | special hemoglobin | homocysteine | local_name | [[code]] 3, ^special   # a local name before a code
        OTHER       | 718-7  | special hemoglobin |              |            |                        # an entry speaks of its system
        LOCAL       | X1     | NIBSC Vitamin B12  | ferritin     | local_name | [[code]] 1, ^NIBSC     # before a shipped name
        LOINC       | 718-7  | Vitamin B12        | hemoglobin   | code       | labs.csv               # a code before a name
        LOINC       | 99-9   | Vitamin B12        | serum_b12    | name       | lab_names.csv          # a name as the last resort
        """,
    )


def test_a_local_name_maps_by_route_and_matches_the_name_as_it_stands():
    book = load_codebook(
        local=[
            LocalCodes(
                "prescriptions",
                names={"^VEGAN": "b12_oral", "^B12_IM$": "b12_injectable", r"^NEURO(?!L)": "b12_unknown_route"},
            )
        ]
    )
    matches(
        book,
        "prescriptions",
        """
        name       | concept       | route_of_code | matched_entry
        vegan mix  | b12_any_route | oral          | [[code]] 1, ^VEGAN
        B12_IM     | b12_any_route | injection     | [[code]] 1, ^B12_IM$
        Neurobion  | b12_any_route |               | [[code]] 1, ^NEURO(?!L)
        Neurol     |               |               |
        """,
    )


def test_of_two_prefixes_the_longest_wins(tmp_path):
    (tmp_path / "own.csv").write_text(
        "concept,code_system,code,match\nfatigue,OPCS4,G2,prefix\nglossitis,OPCS4,G27,prefix\ncrohns_disease,OPCS4,G27.1,exact\n"
    )
    matches(
        load_codebook(user_folders=[tmp_path]),
        "diagnoses",
        """
        code_system | code  | concept
        OPCS4       | G20   | fatigue
        OPCS4       | G27.2 | glossitis
        OPCS4       | G27   | glossitis
        OPCS4       | G27.1 | crohns_disease
        OPCS4       | G3    |
        """,
    )


# --- lists of a user --------------------------------------------------------------------------------------------------


def test_a_user_brings_lists_of_the_same_columns_or_as_opencodelists_gives_them(tmp_path):
    folder = tmp_path / "codes"
    folder.mkdir()
    (folder / "vegan_diet.csv").write_text("\ufeffcode,term\n138045004,Vegan diet\n")
    (folder / "gastrectomy_total.CTV3.csv").write_text("code,term\n76100,Total gastrectomy\n")
    (folder / "site.csv").write_text("concept,code_system,code\nileal_resection,ICD-10-CM,Z90.49\n")
    (folder / "metformin.csv").write_text("code,term\n109081006,Metformin\n")
    (folder / "idle.csv").write_text("concept,code_system,code\nfatigue,LOCAL,F1\n")
    (folder / "notes.txt").write_text("not a list")
    book = load_codebook(user_folders=[folder], local=[LocalCodes("labs", None, {"Q": "ferritin"})])
    matches(
        book,
        "diagnoses",
        """
        code_system | code      | concept           | matched_entry                     | list_description
        SNOMED      | 138045004 | vegan_diet        | codes/vegan_diet.csv              | Vegan diet
        CTV3        | 76100     | gastrectomy_total | codes/gastrectomy_total.CTV3.csv  | Total gastrectomy
        ICD10CM     | Z9049     | ileal_resection   | codes/site.csv                    |             # before the shipped list
        """,
    )
    matches(book, "procedures", "code_system | code | concept\n        CTV3 | 76100 | gastrectomy_total")
    found = book.match("labs", pl.DataFrame({"code_system": ["X"], "code": ["q"], "name": [""]}))
    used = ["codes/site.csv", "codes/vegan_diet.csv", "labs.csv", None, *found["matched_entry"]]
    assert book.unused(used) == ["codes/gastrectomy_total.CTV3.csv", "codes/idle.csv", "codes/metformin.csv"]
    assert load_codebook(local=[LocalCodes("labs", None, {"Q": "ferritin"})]).unused([]) == ["[[code]] 1"]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("a.csv", "concept,code_system,code\nmetfomin,LOCAL,1\n", r"a\.csv, line 2: no concept named 'metfomin'\. Did you mean 'metformin'\?"),
        ("vegan.csv", "code,term\n138045004,x\n", r"vegan\.csv, line 2: no concept named 'vegan'"),
        ("a.csv", "concept,code_system\nmetformin,LOCAL\n", r"a\.csv, line 1: no column 'code'\. Expected a header with code; found concept"),
        ("a.csv", "concept,code_system,code,match\nfatigue,LOCAL,1,starts\n", r"a\.csv, line 2: match is 'starts'\. Expected exact or prefix"),
        ("a.csv", "concept,code_system,code\nfatigue,LOCAL,1\nfatigue,LOCAL,\n", r"a\.csv, line 3: the code is empty"),
        ("a.csv", "concept,code_system,code\nserum_b12,LOINC,2132-8\n", r"a\.csv, line 2: '2132-8' is no LOINC code: its check digit should be 9"),
        ("a.csv", "concept,code_system,code\nserum_b12,LN,B12\n", r"'B12' is no LOINC code: expected digits, a hyphen and a check digit"),
        ("vegan_diet.csv", "code\n1.38E+08\n", r"vegan_diet\.csv, line 2: '1\.38E\+08' is no SNOMED code: expected 6 to 18 digits"),
        ("vegan_diet.csv", "code\n138045000\n", r"its check digit is wrong \(rounded by a spreadsheet\?\)"),
        ("a.csv", "concept,code_system,code\nfatigue,ICD10CM,Q11.1\nglossitis,ICD10,q111\n", r"a\.csv, line 3: ICD10CM q111 is listed for 'glossitis', and for 'fatigue' in .*a\.csv, line 2"),
        ("a.csv", "concept,code_system,code\nb12_oral,LOCAL,1\nb12_injectable,LOCAL,1\n", r"listed for 'b12_injectable', and for 'b12_oral'"),
        ("a.csv", "concept,code_system,code\niron,LOCAL,1\nexcluded_b12_antidote,LOCAL,1\n", r"listed for 'excluded_b12_antidote', and for 'iron'"),
    ],
)  # fmt: skip
def test_a_wrong_list_is_refused_with_file_line_and_what_was_expected(tmp_path, file, text, message):
    (tmp_path / file).write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        load_codebook(user_folders=[tmp_path])


@pytest.mark.parametrize("pattern", [".*", "^.*$", "vit(amin|) b12", "b12.*", "^(?!.*folate)", "(?=.*b12)(?=.*serum)"])
def test_a_pattern_may_match_every_name_where_it_says_so_and_have_parts_that_may_be_empty(pattern):
    load_codebook(local=[LocalCodes("labs", None, {}, {pattern: "serum_b12"})])


def test_a_row_with_more_fields_than_the_header_is_refused_by_file_and_line(tmp_path):
    (tmp_path / "fatigue.csv").write_text("code,term\n84229001,Fatigue\n224960004,Tired, for weeks\n")
    with pytest.raises(ConfigurationError, match=r"fatigue\.csv, line 3: 3 fields, and the header names 2\..*','"):
        load_codebook(user_folders=[tmp_path])


def test_what_a_program_keeps_for_itself_beside_the_lists_is_passed_over(tmp_path):
    for name in ("fatigue.csv", ".ipynb_checkpoints/fatigue-checkpoint.csv", "of/.old/fatigue.csv", "~$fatigue.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("code\n84229001\n" if name == "fatigue.csv" else "not a list")
    assert own_lists([tmp_path]).entries == (f"{tmp_path.name}/fatigue.csv",)


def test_a_list_that_is_not_utf8_or_a_folder_that_is_not_there_is_refused(tmp_path):
    (tmp_path / "fatigue.csv").write_bytes("code,term\n84229001,M\xfcdigkeit\n".encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"fatigue\.csv is not UTF-8"):
        load_codebook(user_folders=[tmp_path])
    with pytest.raises(ConfigurationError, match="is not there"):
        load_codebook(user_folders=[tmp_path / "none"])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (LocalCodes("labs", "L", {"VB12": "serum_b21"}), r"\[\[code\]\] 2, VB12: no concept named 'serum_b21'\. Did you mean 'serum_b12'\?"),
        (LocalCodes("labs", "L", {"M": "metformin"}), r"\[\[code\]\] 2, M: 'metformin' is a concept of prescriptions, not of labs"),
        (LocalCodes("labs", "L", {" ": "ferritin"}), r"the code is empty"),
        (LocalCodes("labs", None, {}, {"B12(": "serum_b12"}), r"\[\[code\]\] 2, B12\(: 'B12\(' cannot be used as a pattern: .*unterminated"),
        (LocalCodes("labs", None, {}, {" ": "serum_b12"}), r"it is empty and would match every name"),
        (LocalCodes("labs", None, {}, {"b12|": "serum_b12"}), r"'b12\|' cannot be used as a pattern: an alternative of it is empty.*every name"),
        (LocalCodes("labs", None, {}, {"(b12)?": "serum_b12"}), r"would match every name; if so meant, write \.\*"),
        (LocalCodes("labs", None, {}, {"b*": "serum_b12"}), r"would match every name"),
        (LocalCodes("lab", "L", {"A": "ferritin"}), r"\[\[code\]\] 2: no coded table named 'lab'\. Expected one of labs, prescriptions"),
        (LocalCodes("labs", "L", {"A": "serum_b12"}), r"\[\[code\]\] 2, A: L A is listed for 'serum_b12', and for 'ferritin' in \[\[code\]\] 1, a"),
    ],
)  # fmt: skip
def test_a_wrong_entry_of_the_configuration_is_refused_by_its_number(entry, message):
    with pytest.raises(ConfigurationError, match=message):
        load_codebook(local=[LocalCodes("labs", "L", {"a": "ferritin"}), entry])


def test_a_local_mapping_may_say_what_a_wrong_code_of_the_extract_means():
    book = load_codebook(local=[LocalCodes("labs", "LOINC", {"14685-4": "mma_serum"})])
    matches(book, "labs", "code_system | code | concept\n        LOINC | 14685-4 | mma_serum")


# --- routes and substances --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("IM", "injection"),
        ("i.m.", "injection"),
        ("SC", "injection"),
        ("IV", "injection"),
        ("Intramuscular route", "injection"),
        ("subcutaneous", "injection"),
        ("1mg/1ml solution for injection ampoules", "injection"),
        ("Cyanocobalamin_Inj 1mg/ml 1ml Amp", "injection"),
        ("Cyanocobalamin 1000 mcg/mL", "injection"),
        ("10 mL vial", "injection"),
        ("Neo-Cytamen", "injection"),  # a brand of one route
        ("Cytacon", "oral"),
        ("Nascobal", "nasal"),
        ("NU", "nasal"),
        ("IN", "nasal"),
        ("25 in 1 tray", None),
        ("NG", "oral"),
        ("PO", "oral"),
        ("PO/NG", "oral"),
        ("per os", "oral"),
        ("by mouth", "oral"),
        ("sublingual", "oral"),
        ("TAB", "oral"),
        ("50microgram tablets", "oral"),
        ("150micrograms/5ml oral solution", "oral"),
        ("10mg/ml oral drops", "oral"),
        ("oral syringe", "oral"),
        ("Vitamin B12 oral spray", "oral"),
        ("syrup", "oral"),
        ("nasal spray", "nasal"),
        ("Intranasal", "nasal"),
        ("Nascobal (cyanocobalamin) 4 SPRAY in 1 BOTTLE", "nasal"),
        ("TP", "other"),
        ("topical cream", "other"),
        ("vaginal tablet", "other"),
        ("capsules for inhalation", "other"),
        ("eye drops", "other"),
        ("PR", "other"),
        ("SYR", None),  # a syrup in one source, a syringe in another
        ("solution", None),
        ("500 ng", None),
        ("OS", None),  # left eye, or per os
        ("", None),
        (None, None),
    ],
)
def test_the_route_a_text_speaks_of(text, route):
    assert route_of_text(text) == route


def test_routes_of_many_texts_keep_their_order_and_repeats():
    texts = pl.Series("route", ["IM", None, "PO", "IM", "?"])
    assert routes_of_texts(texts).to_list() == ["injection", None, "oral", "injection", None]


@pytest.mark.parametrize(
    ("name", "substance"),
    [
        ("CYANOCOBALAMIN 1000MCG/ML", "cyanocobalamin"),
        ("hidroxocobalamina", "hydroxocobalamin"),
        ("Mecobalamin 500 mcg", "methylcobalamin"),
        ("Cobamamide", "cobamamide"),
        ("Neo-Cytamen", "hydroxocobalamin"),
        ("Cytamen", "cyanocobalamin"),
        ("Cyanocobalamin + hydroxocobalamin", "hydroxocobalamin"),  # the longest-acting names the mixture
        ("Vitamin B12", None),
        (None, None),
    ],
)
def test_the_substance_a_name_speaks_of(name, substance):
    assert ingredient_of_name(name) == substance


# --- the shipped lists ------------------------------------------------------------------------------------------------


def test_every_shipped_code_maps_to_the_concept_it_is_listed_for(book):
    """No code is hidden behind another one, and each listed spelling of a coding system is known."""
    for table in ("labs", "prescriptions", "diagnoses", "procedures"):
        listed = pl.DataFrame(
            [(code.system, code.code, code.concept) for code in book.listed if code.table == table],
            schema=["code_system", "code", "listed"],
            orient="row",
        ).unique()
        triples = listed.select("code_system", "code", name=pl.lit(None, pl.String)).unique()
        found = book.match(table, triples).select("code_system", "code", "concept")
        is_b12 = pl.col("listed").is_in(["b12_any_route", "b12_injectable", "b12_oral", "b12_nasal"])
        wanted = listed.with_columns(concept=pl.when(is_b12).then(pl.lit("b12_any_route")).otherwise("listed"))
        assert wanted.join(found, on=["code_system", "code", "concept"], how="anti").is_empty()
        assert found.unique().height == wanted.select("code_system", "code", "concept").unique().height


def test_every_rule_has_its_concepts_and_every_concept_a_title():
    concepts = known_concepts().values()
    assert all(concept.title and concept.tables for concept in concepts)
    unlisted = {"vegan_diet", "autoimmune_gastritis"}  # no code that may be shipped was seen: a site brings its own
    book = load_codebook()
    reachable = {item.concept for item in (*book.listed, *book.names)} | {"b12_unknown_route"}
    assert {concept.concept for concept in concepts if concept.used_by_rules} - reachable == unlisted


def test_concepts_of_a_table(book):
    assert "bariatric_surgery" in {concept.concept for concept in book.concepts("procedures")}
    assert "bariatric_surgery" in {concept.concept for concept in book.concepts("diagnoses")}
    assert "metformin" not in {concept.concept for concept in book.concepts("labs")}
    assert len(book.concepts()) == len(known_concepts())


def test_the_digest_changes_with_the_content_and_with_nothing_else(book, tmp_path):
    local = [LocalCodes("labs", "L", {"A": "ferritin"})]
    assert book.digest() == load_codebook().digest()
    assert load_codebook(local=local).digest("labs") != book.digest("labs")
    assert load_codebook(local=local).digest("diagnoses") == book.digest("diagnoses")
    for folder in ("one", "two"):
        (tmp_path / folder / "codes").mkdir(parents=True)
        (tmp_path / folder / "codes" / "fatigue.csv").write_text("code\n84229001\n")
    one, two = (load_codebook(user_folders=[tmp_path / folder / "codes"]) for folder in ("one", "two"))
    assert one.digest() == two.digest() != book.digest()
