"""FHIR exports: what a night makes of what was delivered, and what it refuses."""

import gzip
import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clinic import Clinic
from tests.sources.exports import BASES, LOINC_B12, a, drawn_lines, ndjson

SOURCES = [{"name": "native"}, {"name": "hospital", "kind": "fhir", "path": "fhir"}]


class Hospital(Clinic):
    """A clinic with the files of a FHIR export beside native ones."""

    def __init__(self, folder, **fhir):
        super().__init__(folder, source=[SOURCES[0], SOURCES[1] | fhir])

    def entries(self):
        """Of each FHIR file and table: rows read, kept, off the pathway and quarantined."""
        return {
            (entry.file, entry.table): (
                entry.rows_read,
                entry.rows_kept,
                entry.rows_off_pathway,
                entry.rows_quarantined,
            )
            for entry in self.store.entries()
            if entry.source == "hospital"
        }

    def refused(self):
        found = self.part("quarantine")
        return [] if found.is_empty() else sorted(found.select("source_row", "reason", "detail").rows())


@pytest.fixture
def hospital(tmp_path):
    hospital = Hospital(tmp_path)
    (hospital.extracts / "fhir").mkdir()
    return hospital


@given(st.lists(drawn_lines(), min_size=30, max_size=60))
@settings(max_examples=4)
def test_a_night_accounts_for_every_row_of_a_file_of_any_resources(tmp_path_factory, drawn):
    hospital = Hospital(tmp_path_factory.mktemp("drawn"))
    named = {kind: a(kind) for kind in BASES if kind != "Medication"}
    hospital.put(
        "fhir/all.ndjson", "".join(line + "\n" for line in (*map(json.dumps, named.values()), *drawn)).encode()
    )
    assert hospital.night().unread == ()
    entries = [entry for entry in hospital.store.entries() if entry.source == "hospital"]
    assert {entry.table for entry in entries} == {"labs", "prescriptions", "diagnoses", "procedures", "patients"}
    assert all(entry.conserved for entry in entries)


def test_of_several_codings_the_one_counts_that_the_lists_know_and_text_counts_last(hospital):
    local = {"system": "urn:local", "code": "B12X", "display": "Something"}
    codes = [
        {"coding": [local, LOINC_B12]},
        {"coding": [{"code": "2132-9"}]},  # results without a system are LOINC
        {"coding": [local], "text": "Vitamin B12"},
        {"text": "Vitamin B12"},
        {"coding": [local]},
        {"coding": [local | {"system": None}, local]},  # a system says more than none
    ]
    hospital.put("fhir/Observation.ndjson", ndjson(*(a("Observation", str(n), code=c) for n, c in enumerate(codes))))
    hospital.night()
    found = hospital.table("measurement", "measurement_id", "source_vocabulary", "source_code", "concept")
    assert found == [
        ("0", "http://loinc.org", "2132-9", "serum_b12"),
        ("1", "LOINC", "2132-9", "serum_b12"),
        ("2", "urn:local", "B12X", "serum_b12"),
        ("3", "LOINC", "Vitamin B12", "serum_b12"),
    ]
    assert hospital.part("unmapped").select("code_system", "code", "row_count").rows() == [("urn:local", "B12X", 2)]


def test_a_coding_without_a_system_has_the_one_that_the_source_declares(tmp_path):
    hospital = Hospital(tmp_path, diagnoses={"constants": {"code_system": "ICD10CM"}})
    bare = {"coding": [{"code": "D51.0"}]}
    hospital.put("fhir/Condition.ndjson", ndjson(a("Condition", "1", code=bare)))
    hospital.night()
    assert hospital.table("condition_occurrence", "concept", "source_vocabulary") == [("pernicious_anemia", "ICD10CM")]


def test_a_diagnosis_without_a_coding_system_is_counted_by_its_name_with_what_that_looks_like(hospital):
    bare = {"coding": [{"code": "D51.0", "display": "Pernicious anemia"}]}
    hospital.put("fhir/Condition.ndjson", ndjson(a("Condition", code=bare), a("Condition", "2", code=None)))
    hospital.night()
    columns = ("code_system", "code", "name", "looks_like")
    assert hospital.part("unmapped").select(columns).rows() == [
        (None, "D51.0", "Pernicious anemia", "pernicious_anemia")
    ]
    assert hospital.refused() == [(2, "missing_required", "diagnosis_code: expected a value, found none")]


def test_a_unit_in_brackets_is_understood_or_refused_with_what_was_expected(hospital):
    units = ["[pg]/mL", "pg/mL{serum}", "[arb'U]/mL"]
    results = (a("Observation", str(n), valueQuantity={"value": 300, "unit": unit}) for n, unit in enumerate(units))
    hospital.put("fhir/Observation.ndjson", ndjson(*results))
    hospital.night()
    assert hospital.table("measurement", "measurement_id", "unit_reported") == [("0", "[pg]/mL")]
    assert [(place, reason) for place, reason, _ in hospital.refused()] == [(2, "unknown_unit"), (3, "unknown_unit")]


def test_a_product_is_looked_up_contained_or_called_by_its_reference_and_one_that_is_nowhere_is_refused(hospital):
    b12 = {"text": "Hydroxocobalamin 1mg/1ml"}
    inside = [{"resourceType": "Medication", "id": "m", "code": b12, "form": {"text": "solution for injection"}}]
    said = [
        {"medicationReference": {"reference": "Medication/1"}},
        {"medicationReference": {"reference": "#m"}, "contained": inside},
        {"medicationReference": {"reference": "Medication/9", "display": "Metformin 850mg tablets"}},
        {"medicationReference": {"reference": "Medication/9"}},
        {"medicationReference": {"reference": "#n"}, "contained": inside},
    ]
    requests = (a("MedicationRequest", str(n), medicationCodeableConcept=None, **own) for n, own in enumerate(said, 1))
    hospital.put("fhir/MedicationRequest.ndjson", ndjson(*requests))
    stale = a("Medication", meta={"lastUpdated": "2026-01-01"}, code={"text": "Water"})
    hospital.put("fhir/Medication.ndjson", ndjson(a("Medication", meta={"lastUpdated": "2026-02-01"}), stale, "{"))
    intake = hospital.night()
    assert intake.ignored == ()
    assert hospital.table("drug_exposure", "drug_exposure_id", "concept", "route") == [
        ("MedicationRequest/1", "metformin", "oral"),
        ("MedicationRequest/2", "b12_injectable", "injection"),
        ("MedicationRequest/3", "metformin", "oral"),
    ]
    assert [place for place, _, _ in hospital.refused()] == [4, 5]
    assert json.loads(hospital.part("quarantine")["raw"][0])["medication"] == "9"


def test_prescriptions_are_read_again_when_their_product_arrives(hospital):
    request = a("MedicationRequest", medicationCodeableConcept=None, medicationReference={"reference": "Medication/1"})
    hospital.put("fhir/MedicationRequest.ndjson", ndjson(request))
    hospital.put("fhir/Observation.ndjson", ndjson(a("Observation")))
    hospital.night("2026-11-19")
    assert [reason for _, reason, _ in hospital.refused()] == ["missing_required"]
    hospital.put("fhir/Medication.ndjson", ndjson(a("Medication")))
    assert [entry.table for entry in hospital.night().read] == ["prescriptions"]
    assert hospital.table("drug_exposure", "concept") == [("metformin",)]
    assert hospital.night("2026-11-21").read == ()


def test_of_versions_of_a_resource_the_last_updated_counts_and_an_error_withdraws(hospital):
    def version(own_id, updated, value, **changes):
        return a(
            "Observation",
            own_id,
            meta={"lastUpdated": updated},
            valueQuantity={"value": value, "unit": "ng/L"},
            **changes,
        )

    hospital.put(
        "fhir/Observation.ndjson",
        ndjson(
            version("1", "2026-02-02T00:00:00Z", 210, status="amended"),
            version("1", "2026-02-01T00:00:00Z", 200),
            version("2", "2026-02-01T00:00:00Z", 300),
            version("2", "2026-02-02T00:00:00Z", 300, status="entered-in-error"),
            version("3", "2026-02-01T00:00:00Z", 400),
            version("3", "2026-02-02T00:00:00Z", 410, status="preliminary"),
            version("4", "2026-11-21T00:00:00Z", 400),  # updated after the night that reads it
        ),
    )
    hospital.night()
    assert hospital.table("measurement", "measurement_id", "value_reported") == [("1", "210"), ("3", "400")]
    assert hospital.table("measurement", "measurement_id", "value_reported", known_at="2026-02-01") == [
        ("1", "200"),
        ("2", "300"),
        ("3", "400"),
    ]
    assert [(place, reason) for place, reason, _ in hospital.refused()] == [(7, "future_date")]


def deletions(*urls, **bundle):
    entries = [{"request": {"method": "DELETE", "url": url}} for url in urls]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries, **bundle}


@pytest.mark.parametrize("name", ["deleted/del-1.ndjson", "Observation-deleted.ndjson", "gone.json"])
def test_what_a_server_says_was_deleted_is_withdrawn_with_its_components(hospital, name):
    heading = {"valueQuantity": None, "component": [{"code": {"coding": [LOINC_B12]}, **BASES["Observation"]}]}
    hospital.put("fhir/Observation.ndjson", ndjson(a("Observation", "1"), a("Observation", "2", **heading)))
    hospital.put("fhir/MedicationRequest.ndjson", ndjson(a("MedicationRequest", "1")))
    hospital.put("fhir/Condition.ndjson", ndjson(a("Condition", "1")))
    hospital.put("fhir/Patient.ndjson", ndjson(a("Patient", "7"), a("Patient", "8")))
    hospital.night("2026-11-18")
    assert len(hospital.table("measurement", "measurement_id", as_of="2026-11-18")) == 2
    urls = ("Observation/2", "https://example.org/fhir/MedicationRequest/1", "Condition/1", "Patient/8", "Encounter/1")
    told = ndjson(deletions(*urls, meta={"lastUpdated": "2026-11-18T23:00:00Z"}))
    hospital.put(f"fhir/{name}", told)
    intake = hospital.night("2026-11-19")
    assert (intake.unread, intake.ignored) == ((), ())
    assert hospital.table("measurement", "measurement_id") == [("1",)]
    assert hospital.table("drug_exposure", "drug_exposure_id") == []
    assert hospital.table("condition_occurrence", "condition_occurrence_id") == []
    left = {person: str(until) for person, until in hospital.table("person", "person_id", "registered_until")}
    assert left == {"7": "None", "8": "2026-11-18"}
    assert hospital.entries()[name, "labs"] == (31, 31, 0, 0)
    assert hospital.entries()[name, "diagnoses"] == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("bundle", "entry", "left"),
    [
        ({"meta": {"lastUpdated": "2026-11-18T23:00:00Z"}}, None, "2026-11-18"),
        ({}, "2026-11-17T23:00:00Z", "2026-11-17"),
        ({"meta": {"lastUpdated": "2026-11-18T23:00:00Z"}}, "2026-11-17T23:00:00Z", "2026-11-17"),
        ({}, "2026-11-14T23:00:00Z", "None"),  # and was made again on the 15th
        ({}, None, "1900-01-01"),  # known from the 19th, when it was first read
    ],
)
@pytest.mark.parametrize("name", ["deleted.ndjson", "gone.json"])
def test_a_person_is_deleted_when_the_entry_says_else_its_bundle_else_when_it_was_first_read(
    hospital, name, bundle, entry, left
):
    told = deletions("Patient/7", **bundle)
    told["entry"][0]["response"] = {"status": "204", **({"lastModified": entry} if entry else {})}
    hospital.put("fhir/Patient.ndjson", ndjson(a("Patient", "7", meta={"lastUpdated": "2026-11-15T10:00:00Z"})))
    hospital.night("2026-11-18")
    hospital.put(f"fhir/{name}", ndjson(told))
    hospital.night("2026-11-19")
    assert [str(until) for (until,) in hospital.table("person", "registered_until")] == [left]
    assert hospital.table("person", "registered_until", as_of="2026-11-16") == [(None,)]
    hospital.put("fhir/Patient-2.ndjson", ndjson(a("Patient", "7", meta={"lastUpdated": "2026-11-19T10:00:00Z"})))
    hospital.night("2026-11-20")
    assert hospital.table("person", "registered_until") == [(None,)]


def test_a_deletion_of_nothing_that_can_be_told_is_refused(hospital):
    hospital.put("fhir/Observation.ndjson", ndjson(a("Observation")))
    hospital.put("fhir/deleted.ndjson", ndjson(deletions("Observation/1", "Observation?status=final")))
    hospital.night()
    detail = "request.url: expected the type and id of a deleted resource"
    assert hospital.refused() == [(20_000_000_000_001, "malformed_record", detail)]


def test_a_bundle_is_read_by_its_entries_and_its_own_references_hold(hospital):
    uuid = "0c1f6a"
    entries = [
        {"fullUrl": f"urn:uuid:{uuid}", "resource": a("Patient", id=None)},
        {"fullUrl": "urn:uuid:b2", "resource": a("Observation", id=None, subject={"reference": f"urn:uuid:{uuid}"})},
        {"fullUrl": "urn:uuid:c3", "resource": a("Medication", id=None)},
        {
            "resource": a(
                "MedicationRequest",
                medicationCodeableConcept=None,
                medicationReference={"reference": "urn:uuid:c3"},
                subject={"reference": f"urn:uuid:{uuid}"},
            )
        },
        {"resource": {"resourceType": "Encounter", "id": "1"}},
        {"fullUrl": "urn:uuid:d4"},
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    hospital.put("fhir/Ada_Lovelace.json", json.dumps(bundle, indent=2).encode())
    hospital.night()
    assert hospital.table("measurement", "measurement_id", "person_id", "source_row") == [("b2", uuid, 2)]
    assert hospital.table("drug_exposure", "concept", "person_id", "source_row") == [("metformin", uuid, 4)]
    assert hospital.table("person", "person_id", "sex") == [(uuid, "F")]
    detail = "resourceType: expected the name of a resource, found none"
    assert hospital.refused() == [(6, "malformed_record", detail)]
    told = {entry.table: entry.unknown_columns for entry in hospital.store.entries() if entry.source == "hospital"}
    assert told == {"labs": ("Encounter",), "patients": (), "prescriptions": ()}


@pytest.mark.parametrize("name", ["bundle.json", "bundles.ndjson"])
def test_within_a_bundle_a_resource_is_found_by_its_full_url_whatever_its_own_id(hospital, name):
    person, product = "urn:uuid:0c1f", "urn:oid:1.2.3"
    request = a(
        "MedicationRequest", medicationCodeableConcept=None, medicationReference={"reference": product},
        subject={"reference": person},
    )  # fmt: skip
    entries = [
        {"fullUrl": "urn:uuid:5", "resource": a("Observation", subject={"reference": person})},
        {"fullUrl": "urn:uuid:6", "resource": request},
        {"fullUrl": person, "resource": a("Patient", "P7")},
        {"fullUrl": product, "resource": a("Medication", "M1")},
        {"fullUrl": "urn:uuid:8", "resource": a("Patient", "8")},
        {"fullUrl": "urn:uuid:9", "resource": a("Observation", "2", subject={"reference": "urn:uuid:8"})},
        {"fullUrl": "urn:uuid:10", "resource": "no resource"},
    ]
    whole = {"resourceType": "Bundle", "type": "document", "entry": entries}
    hospital.put(f"fhir/{name}", ndjson(whole, whole) if name.endswith("ndjson") else ndjson(whole))
    hospital.night()
    assert hospital.table("person", "person_id", "birth_date") == [
        ("8", date(1960, 5, 1)), ("P7", date(1960, 5, 1)),
    ]  # fmt: skip
    assert {person for (person,) in hospital.table("measurement", "person_id")} == {"8", "P7"}
    assert hospital.table("drug_exposure", "person_id", "concept") == [("P7", "metformin")]


def test_a_json_file_may_hold_one_resource_or_one_a_line(hospital):
    hospital.put("fhir/one.json", json.dumps(a("Observation", "1"), indent=2).encode())
    hospital.put("fhir/Observation.json", ndjson(a("Observation", "2"), "{", a("Observation", "3")))
    hospital.put("fhir/Medication.json", ndjson(a("Medication", "m")))
    request = a("MedicationRequest", medicationCodeableConcept=None, medicationReference={"reference": "Medication/m"})
    hospital.put("fhir/request.json", ndjson(request))
    hospital.night()
    found = hospital.table("measurement", "measurement_id", "source_file", "source_row")
    assert found == [("1", "one.json", 1), ("2", "Observation.json", 1), ("3", "Observation.json", 3)]
    assert [place for place, _, _ in hospital.refused()] == [2]
    assert hospital.table("drug_exposure", "concept") == [("metformin",)]


def test_a_bundle_that_is_cut_and_a_damaged_archive_are_refused_whole_and_the_others_read(hospital):
    bundle = json.dumps({"resourceType": "Bundle", "entry": [{"resource": a("Observation")}]}, indent=2)
    hospital.put("fhir/cut.json", bundle[:-10].encode())
    hospital.put("fhir/Observation.1.ndjson.gz", gzip.compress(ndjson(a("Observation", "1")) * 99)[:-20])
    hospital.put("fhir/unnamed.ndjson.gz", b"\x1f\x8b broken")
    hospital.put("fhir/Observation.2.ndjson.gz", gzip.compress(ndjson(a("Observation", "2"))))
    intake = hospital.night()
    assert sorted(unread.file for unread in intake.unread) == [
        "Observation.1.ndjson.gz",
        "cut.json",
        "unnamed.ndjson.gz",
    ]
    assert hospital.table("measurement", "measurement_id") == [("2",)]


def test_a_dump_that_was_cut_loses_its_last_line_and_says_so(hospital):
    whole = ndjson(*(a("Observation", str(n)) for n in range(1, 4)))
    hospital.put("fhir/Observation.ndjson", whole[:-40])
    hospital.night()
    assert hospital.entries() == {("Observation.ndjson", "labs"): (3, 2, 0, 1)}
    assert hospital.refused() == [(3, "malformed_record", "JSON ends in the middle: the line is cut")]


def test_manifests_are_read_besides_and_other_types_are_said_to_belong_to_nothing(hospital):
    hospital.put("fhir/Observation.ndjson", ndjson(a("Observation")))
    hospital.put("fhir/Encounter.ndjson", ndjson({"resourceType": "Encounter", "id": "1"}))
    hospital.put("fhir/manifest.json", b'{"transactionTime": "2026-11-01T00:00:00Z", "output": []}')
    hospital.put("fhir/readme.txt", b"An export.")
    assert hospital.night().ignored == ("Encounter.ndjson", "readme.txt")


def test_fhir_and_native_files_are_read_in_one_run_and_ids_of_different_sources_are_different_rows(hospital):
    hospital.put(
        "labs_1.csv",
        """
        patient_id | result_id | test_code | value | unit | collected_at
        7          | 1         | 2132-9    | 410   | ng/L | 2026-02-01
        """,
    )
    hospital.put("fhir/Observation.ndjson", ndjson(a("Observation", "1")))
    hospital.night()
    found = hospital.table("measurement", "measurement_id", "value_reported", "source_file")
    assert found == [("1", "150", "Observation.ndjson"), ("1", "410", "labs_1.csv")]
