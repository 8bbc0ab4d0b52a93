"""FHIR resources in native terms: what each element becomes."""

import pytest

from tests.sources.exports import UCUM, a, cells, ndjson, read, rows


def results(tmp_path, columns, *changes):
    reading = read(tmp_path, "Observation", ndjson(*(a("Observation", str(n), **c) for n, c in enumerate(changes))))
    return rows(reading, "labs", *columns.split())


def test_an_amount_has_its_comparator_its_number_as_written_and_the_ucum_code_of_its_unit(tmp_path):
    no_quantity = {"valueQuantity": None}
    assert results(
        tmp_path,
        "value unit",
        {"valueQuantity": {"value": 150, "comparator": "<", "unit": "picograms", "system": UCUM, "code": "pg/mL"}},
        {"valueQuantity": {"value": 150.0, "unit": "ng/L", "system": "urn:local", "code": "x"}},
        {"valueQuantity": {"value": 1.5e2, "code": "pmol/L"}},
        {"valueQuantity": {"unit": "ng/L"}, "valueString": "see report"},
        no_quantity,
    ) == [("<150", "pg/mL"), ("150.0", "ng/L"), ("150.0", "pmol/L"), ("see report", "ng/L"), (None, None)]
    line = ndjson(a("Observation")).replace(b'"value": 150', b'"value": 1.50E+2')
    assert rows(read(tmp_path, "Observation", line), "labs", "value") == [("1.50E+2",)]


@pytest.mark.parametrize(
    ("element", "said", "value"),
    [
        ("valueString", "> 2000", "> 2000"),
        ("valueCodeableConcept", {"coding": [{"code": "260385009"}]}, "negative"),
        ("valueCodeableConcept", {"coding": [{"code": "1", "display": "Detected (qualifier value)"}]}, "Detected"),
        ("valueCodeableConcept", {"text": "weak positive", "coding": [{"code": "1", "display": "?"}]}, "weak positive"),
        ("valueInteger", 12, "12"),
        ("valueBoolean", True, "positive"),
        ("valueBoolean", False, "negative"),
        ("valueRange", {"low": {"value": 2000}}, ">=2000"),
        ("valueRange", {"high": {"value": 150}}, "<=150"),
        ("valueRange", {"low": {"value": 150}, "high": {"value": 200}}, "150 - 200"),
        ("valueRatio", {"numerator": {"value": 1}, "denominator": {"value": 40}}, "1 : 40"),
        ("dataAbsentReason", {"coding": [{"code": "not-performed"}]}, "no result: not-performed"),
    ],
)
def test_a_value_that_is_no_amount_is_said_in_words(tmp_path, element, said, value):
    assert results(tmp_path, "value", {"valueQuantity": None, element: said}) == [(value,)]


def test_a_reference_range_is_taken_when_it_is_the_only_normal_one_and_in_the_unit_of_the_value(tmp_path):
    limits = {"low": {"value": 197, "code": "pg/mL", "system": UCUM}, "high": {"value": 771}}
    urgent = {"high": {"value": 100}, "type": {"coding": [{"code": "critical"}]}}
    normal = {"low": {"value": 190}, "type": {"coding": [{"code": "normal"}]}}
    assert results(
        tmp_path,
        "ref_low ref_high",
        {"referenceRange": [limits]},
        {"referenceRange": [urgent, normal]},
        {"referenceRange": [limits, normal]},  # whose is whose?
        {"referenceRange": [{"low": {"value": 145, "unit": "pmol/L"}}]},  # the value is in pg/mL
        {"referenceRange": []},
    ) == [("197", "771"), ("190", None), (None, None), (None, None), (None, None)]


def test_a_result_is_dated_by_its_specimen_and_known_since_the_server_has_it(tmp_path):
    undated = {"effectiveDateTime": None, "issued": "2026-01-03"}
    assert results(
        tmp_path,
        "collected_at reported_at",
        {"meta": {"lastUpdated": "2026-01-04"}, "issued": "2026-01-03"},
        undated | {"effectiveInstant": "2026-01-02"},
        undated | {"effectivePeriod": {"start": "2026-01-01", "end": "2026-01-02"}},
        undated | {"effectivePeriod": {"end": "2026-01-02"}},
        undated | {"meta": {"versionId": "2"}},
    ) == [
        ("2026-01-01T08:30:00Z", "2026-01-04"),
        ("2026-01-02", "2026-01-03"),
        ("2026-01-01", "2026-01-03"),
        ("2026-01-02", "2026-01-03"),
        ("2026-01-03", "2026-01-03"),
    ]


def test_the_flag_of_a_result_is_its_first_interpretation(tmp_path):
    assert results(
        tmp_path,
        "abnormal_flag status",
        {"interpretation": [{"coding": [{"code": "L"}]}, {"text": "low"}], "status": "amended"},
        {"interpretation": [{"text": "Low"}], "status": "registered"},
        {"interpretation": []},
    ) == [("L", "amended"), ("Low", "registered"), (None, "final")]


def test_a_flag_is_a_comparator_wherever_it_stands_and_a_code_of_hl7_before_a_local_one(tmp_path):
    def coded(*codes, system="urn:local"):
        return {"coding": [{"system": system, "code": code} for code in codes]}

    off_scale = coded(">", system="http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")
    high = coded("H", system="http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")
    flags = {
        ">": [high, off_scale],
        "<": [coded("17", "<")],
        "H": [{"coding": coded("17")["coding"] + high["coding"]}],
        "17": [coded("17", "18"), high],
        "high": [{"coding": [{"display": "17"}], "text": "high"}],
    }
    told = ({"interpretation": said} for said in flags.values())
    assert results(tmp_path, "abnormal_flag", *told) == [(flag,) for flag in flags]


def test_components_are_results_of_their_own_and_a_heading_without_a_value_is_none(tmp_path):
    own = {"code": {"text": "Folate"}, "valueQuantity": {"value": 7, "unit": "ug/L"}}
    other = {"code": {"text": "MMA"}, "valueString": "pending"}
    assert results(
        tmp_path,
        "source_row result_id value patient_id collected_at",
        {"valueQuantity": None, "component": [own, other]},
        {"component": [own]},
        {"component": []},
    ) == [
        (2, "1", "150", "7", "2026-01-01T08:30:00Z"),
        (3, "2", "150", "7", "2026-01-01T08:30:00Z"),
        (10_000_000_001, "0#1", "7", "7", "2026-01-01T08:30:00Z"),
        (10_000_000_002, "1#1", "7", "7", "2026-01-01T08:30:00Z"),
        (20_000_000_001, "0#2", "pending", "7", "2026-01-01T08:30:00Z"),
    ]


def test_an_error_whose_content_was_taken_away_withdraws_the_components_that_it_may_have_had(tmp_path):
    def withdrawn(**changes):
        emptied = {"status": "entered-in-error", "valueQuantity": None, "code": None} | changes
        found = results(tmp_path, "result_id status", emptied)
        assert {status for _, status in found} <= {"entered-in-error", "cancelled"}
        return [result for result, _ in found]

    for component in (None, []):
        assert withdrawn(component=component) == ["0", *(f"0#{count}" for count in range(1, 31))]
    assert withdrawn(component=[{"code": {"text": "Folate"}}]) == ["0#1"]
    assert withdrawn(valueString="150") == ["0"]
    assert withdrawn(status="cancelled") == ["0"]
    assert withdrawn(id=None) == [None]


@pytest.mark.parametrize(
    ("subject", "person"),
    [
        ({"reference": "Patient/7"}, "7"),
        ({"reference": "https://fhir.example.org/r4/Patient/7"}, "7"),
        ({"reference": "Patient/7/_history/3"}, "7"),
        ({"reference": "urn:uuid:0c1f"}, "0c1f"),
        ({"reference": "urn:oid:1.2.3"}, "1.2.3"),
        ({"identifier": {"system": "urn:mrn", "value": "M7"}}, "M7"),
        ({"reference": "#p"}, "C7"),
        ({"reference": "#q"}, None),
        ({"reference": "Group/7"}, None),
        ({"display": "Somebody"}, None),
        (None, None),
    ],
)
def test_a_resource_is_about_the_person_that_it_refers_to(tmp_path, subject, person):
    inside = [{"resourceType": "Patient", "id": "p", "identifier": [{"value": "C7"}]}]
    for kind, table in (("Observation", "labs"), ("Condition", "diagnoses")):
        assert cells(tmp_path, kind, table, "patient_id", a(kind, subject=subject, contained=inside)) == [person]


@pytest.mark.parametrize(
    ("clinical", "verified", "status"),
    [
        ("active", "confirmed", "active"),
        ("resolved", None, "resolved"),
        (None, "confirmed", "confirmed"),
        ("active", "provisional", "provisional"),
        ("active", "refuted", "refuted"),
        (None, "entered-in-error", "entered-in-error"),
        (None, None, None),
    ],
)
def test_a_condition_that_is_not_established_is_so_whatever_its_clinical_status(tmp_path, clinical, verified, status):
    said = {
        "clinicalStatus": clinical and {"coding": [{"code": clinical}]},
        "verificationStatus": verified and {"coding": [{"code": verified}]},
    }
    assert cells(tmp_path, "Condition", "diagnoses", "status", a("Condition", **said)) == [status]


@pytest.mark.parametrize(
    ("verified", "status"),
    [
        ({"coding": [{"system": "urn:local", "code": "X9"}, {"code": "refuted"}]}, "refuted"),
        ({"coding": [{"code": "Refuted"}]}, "refuted"),
        ({"text": "Entered in error"}, "entered-in-error"),
        ({"coding": [{"system": "urn:local", "code": "X9"}], "text": "Confirmed"}, "active"),
        ({"coding": [{"code": "unknown"}]}, "active"),
        ({"coding": [{"system": "urn:local", "code": "X9"}]}, "X9"),  # told as a status that nobody knows
        ({"text": "Ruled out"}, "Ruled out"),
    ],
)
def test_a_verification_is_read_in_the_words_of_fhir_wherever_they_stand(tmp_path, verified, status):
    condition = a("Condition", clinicalStatus={"coding": [{"code": "active"}]}, verificationStatus=verified)
    assert cells(tmp_path, "Condition", "diagnoses", "status", condition) == [status]


def test_a_condition_begins_when_it_began_and_a_year_is_its_first_day(tmp_path):
    recorded = {"recordedDate": "2026-03-03"}
    began = [
        recorded,
        {"onsetDateTime": "2019", **recorded},  # the record says the day
        {"onsetDateTime": "2019"},
        {"onsetDateTime": None, "onsetPeriod": {"start": "2019-05"}},
        {"onsetDateTime": None, **recorded},
        {"onsetDateTime": None},
    ]
    found = cells(tmp_path, "Condition", "diagnoses", "recorded_date", *(a("Condition", **said) for said in began))
    assert found == ["2026-01-01", "2026-03-03", "2019-01-01", "2019-05-01", "2026-03-03", None]


@pytest.mark.parametrize(
    ("said", "status"),
    [("completed", "completed"), ("preparation", "not-done"), ("stopped", "not-done"), ("on-hold", "in-progress")],
)
def test_a_procedure_counts_once_it_was_done(tmp_path, said, status):
    assert cells(tmp_path, "Procedure", "procedures", "status", a("Procedure", status=said)) == [status]


def test_a_procedure_of_a_year_was_done_on_its_first_day(tmp_path):
    spans = [{"performedDateTime": "2009"}, {"performedDateTime": None, "performedPeriod": {"end": "2009-05-02"}}]
    found = cells(tmp_path, "Procedure", "procedures", "performed_date", *(a("Procedure", **said) for said in spans))
    assert found == ["2009-01-01", "2009-05-02"]


def test_a_patient_has_a_birth_date_in_the_middle_of_what_is_known_and_a_death_at_its_beginning(tmp_path):
    updated = {"meta": {"lastUpdated": "2026-05-01T10:00:00Z"}}
    reading = read(
        tmp_path,
        "Patient",
        ndjson(
            a("Patient", birthDate="1960", deceasedDateTime="2025"),
            a("Patient", birthDate="1960-05", deceasedBoolean=True, **updated),
            a("Patient", deceasedBoolean=True),
            a("Patient", birthDate=None, deceasedBoolean=False),
        ),
    )
    assert rows(reading, "patients", "birth_date", "death_date") == [
        ("1960-07-01", "2025-01-01"),
        ("1960-05-15", "2026-05-01"),
        ("1960-05-01", "1900-01-01"),
        (None, None),
    ]


def test_a_name_may_hold_parts_of_which_only_an_extension_tells(tmp_path):
    names = [{"given": [None, "Ann"], "_given": [{"extension": []}, None], "family": "Gogh"}]
    assert cells(tmp_path, "Patient", "patients", "display_name", a("Patient", name=names)) == ["Ann Gogh"]


def test_a_patient_belongs_to_the_organization_and_the_practitioner_that_are_named(tmp_path):
    people = (
        a(
            "Patient",
            managingOrganization={"reference": "Organization/9", "display": "Elm Surgery"},
            generalPractitioner=[{"reference": "Practitioner/4"}],
            name=[{"use": "old", "text": "X"}, {"use": "official", "given": ["Ada", "B"], "family": "C"}],
        ),
        a(
            "Patient",
            managingOrganization={"identifier": {"value": "E1"}},
            generalPractitioner=[],
            name=[{"text": "Y"}],
        ),
    )
    reading = read(tmp_path, "Patient", ndjson(*people))
    assert rows(reading, "patients", "site", "clinician", "display_name") == [
        ("Elm Surgery", "4", "Ada B C"),
        ("E1", None, "Y"),
    ]


def test_a_patient_who_is_not_active_left_where_the_source_says_that_registrations_end(tmp_path):
    updated = {"meta": {"lastUpdated": "2026-05-01T10:00:00Z"}}
    people = ndjson(a("Patient", active=False, **updated), a("Patient", **updated), a("Patient", active=False))
    for ends, left in ((False, None), (True, "2026-05-01")):
        reading = read(tmp_path, "Patient", people, ends_registration=ends)
        assert rows(reading, "patients", "registered_until") == [(left,), (None,), (None,)]
