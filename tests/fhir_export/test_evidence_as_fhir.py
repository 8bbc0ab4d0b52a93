"""Core rows as contained resources, drawn in text."""

import pytest

from pipelines.codelists.systems import coding_system
from pipelines.fhir_export.coding import SYSTEMS
from pipelines.fhir_export.evidence import contained
from pipelines.fhir_export.valid import problems
from tests.tables import draw


def made(table, text):
    """The rows as resources, each valid by itself."""
    resources = [contained(table, row, f"e{place}") for place, row in enumerate(draw(table, text).to_dicts(), start=1)]
    assert [problems(resource) for resource in resources] == [[] for _ in resources]
    return resources


def test_total_b12_is_given_in_the_kind_of_its_report():
    molar, mass = made(
        "measurement",
        """
        person_id | concept   | measurement_date | value | unit_family | value_in_family | value_reported | unit_reported | source_code | source_vocabulary
        p         | serum_b12 | 2026-01-02       | 98    | substance   | 98              | 98             | pmol/L        | 14685-2     | LOINC
        p         | serum_b12 | 2026-01-02       | 132.8 | mass        | 180             | 0.18           | ng/mL         | 2132-9      | LN
        """,
    )
    assert molar["valueQuantity"]["code"] == "pmol/L"
    assert molar["code"]["coding"][0] == {"system": "http://loinc.org", "code": "14685-2"}
    assert (mass["valueQuantity"]["value"], mass["valueQuantity"]["code"]) == (180, "ng/L")
    assert mass["code"]["coding"][0] == {"system": "http://loinc.org", "code": "2132-9"}
    assert mass["note"] == [{"text": "As reported: 0.18 ng/mL"}]
    assert mass["effectiveDateTime"] == "2026-01-02"


def test_a_code_of_the_other_kind_is_left_out():
    """2284-8 says mass; the value is given in nmol/L."""
    folate, ferritin, mcv = made(
        "measurement",
        """
        person_id | concept      | measurement_date | value | unit   | unit_family | source_code | source_vocabulary
        p         | folate_serum | 2026-01-02       | 6.8   | nmol/L | mass        | 2284-8      | LOINC
        p         | ferritin     | 2026-01-02       | 30    | ug/L   | mass        | 2276-4      | LOINC
        p         | mcv          | 2026-01-02       | 101   | fL     |             | 787-2       |
        """,
    )
    assert [coding["code"] for coding in folate["code"]["coding"]] == ["folate_serum"]
    assert [coding["code"] for coding in ferritin["code"]["coding"]] == ["2276-4", "ferritin"]
    assert mcv["code"]["coding"][0] == {"system": "http://loinc.org", "code": "787-2"}  # the system of labs by default


def test_bounds_findings_and_missing_values():
    bound, positive, negative, equivocal = made(
        "measurement",
        """
        person_id | concept             | measurement_date | value | comparator | unit   | range_low | range_high | status
        p         | mma_serum           | 2026-01-02       | 280   | >=         | nmol/L | 70        | 270        | appended
        p         | intrinsic_factor_ab | 2026-01-02       | 1     | =          |        |           |            | corrected
        p         | intrinsic_factor_ab | 2026-01-02       | 0     | =          |        |           |            | final
        p         | intrinsic_factor_ab | 2026-01-02       |       | =          |        |           |            | final
        """,
    )
    assert bound["valueQuantity"]["comparator"] == ">="
    assert bound["referenceRange"][0]["high"]["value"] == 270
    assert (bound["status"], positive["status"]) == ("amended", "corrected")
    assert positive["valueCodeableConcept"] == {"text": "positive"}
    assert negative["valueCodeableConcept"] == {"text": "negative"}
    assert equivocal["dataAbsentReason"]["coding"][0]["code"] == "unknown"


@pytest.mark.parametrize(
    ("table", "concept", "statuses"),
    [
        ("drug_exposure", "metformin", ("active", "issued", "dispensed", "administered", "unknown", "stopped")),
        ("condition_occurrence", "neuropathy", ("active", "confirmed", "resolved", "unknown")),
        ("procedure_occurrence", "ileal_resection", ("completed", "in-progress", "active", "unknown")),
    ],
)
def test_every_status_of_an_extract_has_one_in_fhir(table, concept, statuses):
    on = {"drug_exposure": "drug_exposure_start_date", "condition_occurrence": "condition_start_date"}.get(
        table, "procedure_date"
    )
    rows = "\n".join(f"p | {concept} | 2026-01-02 | {status}" for status in statuses)
    assert len(made(table, f"person_id | concept | {on} | status\n{rows}")) == len(statuses)


def test_a_diagnosis_that_ended_is_not_active():
    """Rule con-4 of R4: abated, so inactive, resolved or in remission."""
    ended, remission, running = made(
        "condition_occurrence",
        """
        person_id | concept    | condition_start_date | condition_end_date | status
        p         | neuropathy | 2026-01-02           | 2026-02-02         | active
        p         | neuropathy | 2026-01-02           | 2026-02-02         | remission
        p         | neuropathy | 2026-01-02           |                    | active
        """,
    )
    found = [each["clinicalStatus"]["coding"][0]["code"] for each in (ended, remission, running)]
    assert found == ["resolved", "remission", "active"]
    assert "abatementDateTime" not in running


def test_a_drug_keeps_its_dose_and_an_open_end():
    metformin, injection = made(
        "drug_exposure",
        """
        person_id | concept        | drug_exposure_start_date | drug_exposure_end_date | daily_dose | dose_unit | kind | source_code | source_vocabulary | source_name
        p         | metformin      | 2026-01-02 | 2026-01-30 | 1000 | mg | dispensed    | 109081006       | DMD_VTM | Metformin tablets
        p         | b12_injectable | 2026-01-02 |            |      |    | administered | 0901020N0AAABAB | OWN     |
        """,
    )
    assert metformin["dosage"] == [{"text": "1000 mg a day"}]
    assert metformin["medicationCodeableConcept"]["text"] == "Metformin tablets"
    assert metformin["medicationCodeableConcept"]["coding"][0]["system"] == "http://snomed.info/sct"
    assert injection["effectivePeriod"] == {"start": "2026-01-02"}
    own = injection["medicationCodeableConcept"]["coding"][0]
    assert own["system"] == "urn:x-b12-care-gaps:code-system:OWN"


def test_a_system_as_fhir_names_it_is_read_back_as_itself():
    assert {name: coding_system(uri) for name, uri in SYSTEMS.items()} == {name: name for name in SYSTEMS}
