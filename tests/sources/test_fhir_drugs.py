"""FHIR resources about drugs in native terms: doses, supplies, kinds and statuses."""

import pytest

from tests.sources.exports import UCUM, a, cells, ndjson, read, rows

DAILY = {"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}}
MG_500 = {"doseAndRate": [{"doseQuantity": {"value": 500, "unit": "mg"}}]}


@pytest.mark.parametrize(
    ("dosages", "dose"),
    [
        ([DAILY | MG_500], "1000 mg"),
        ([{"timing": {"repeat": {"frequency": 1, "period": 8, "periodUnit": "h"}}} | MG_500], "1500 mg"),
        ([{"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}} | MG_500], None),
        ([DAILY | MG_500 | {"asNeededBoolean": True}], None),
        ([DAILY | {"doseAndRate": [{"doseQuantity": {"value": 2, "unit": "tablets"}}]}], None),
        ([DAILY | MG_500, DAILY | MG_500], None),  # one after the other, or together
        ([MG_500], None),
        ([{"text": "500 mg daily"}], "500 mg daily"),
        ([{"text": "1 daily"}], None),
        ([{"text": "500 mg twice daily"}], None),
        ([], None),
    ],
)
def test_a_daily_dose_is_a_mass_a_day(tmp_path, dosages, dose):
    request = a("MedicationRequest", dosageInstruction=dosages)
    assert cells(tmp_path, "MedicationRequest", "prescriptions", "daily_dose", request) == [dose]


def test_a_prescription_lasts_for_its_supply_with_all_repeats_else_for_its_bounds(tmp_path):
    supply = {"quantity": {"value": 56}, "expectedSupplyDuration": {"value": 4, "unit": "wk"}}
    valid = {"validityPeriod": {"start": "2026-02-01", "end": "2027-01-31"}}
    bounds = [{"timing": {"repeat": {"boundsPeriod": {"start": "2026-01-05", "end": "2026-06-30"}}}}]
    reading = read(
        tmp_path,
        "MedicationRequest",
        ndjson(
            a("MedicationRequest", dispenseRequest=supply | {"numberOfRepeatsAllowed": 2} | valid),
            a("MedicationRequest", dispenseRequest=valid, authoredOn=None),
            a("MedicationRequest", dispenseRequest=supply, dosageInstruction=bounds, authoredOn=None),
            a("MedicationRequest", dispenseRequest=valid, dosageInstruction=bounds, authoredOn=None),
            a("MedicationRequest"),
        ),
    )
    assert rows(reading, "prescriptions", "start_date", "end_date", "quantity", "days_supply") == [
        ("2026-01-01", None, "168", "84"),
        ("2026-02-01", "2027-01-31", None, None),
        ("2026-01-05", "2026-06-30", "56", "28"),
        ("2026-02-01", "2026-06-30", None, None),  # valid from then, to be taken until then
        ("2026-01-01", None, None, None),
    ]


@pytest.mark.parametrize(
    ("changes", "end", "days"),
    [
        ({}, None, "14"),
        ({"dispenseRequest": {"expectedSupplyDuration": {"value": 28, "unit": "d"}}}, None, "28"),
        ({"dispenseRequest": {"validityPeriod": {"end": "2026-12-31"}}}, None, "14"),
        ({"status": "stopped", "meta": {"lastUpdated": "2026-01-13"}}, "2026-01-13", "14"),
        ({"status": "stopped", "meta": {"lastUpdated": "2026-01-14"}}, None, "14"),
        ({"dosageInstruction": [{"timing": {"repeat": {"boundsDuration": {"value": 1, "unit": "dose"}}}}]}, None, None),
    ],
)
def test_a_dosage_that_is_bounded_by_days_lasts_for_them_unless_the_supply_says_otherwise(tmp_path, changes, end, days):
    dosage = {"timing": {"repeat": {"boundsDuration": {"value": 2, "unit": "weeks", "system": UCUM, "code": "wk"}}}}
    reading = read(tmp_path, "MedicationRequest", ndjson(a("MedicationRequest", dosageInstruction=[dosage]) | changes))
    assert rows(reading, "prescriptions", "end_date", "days_supply") == [(end, days)]
    statements = (a("MedicationStatement", dosage=said) for said in ([dosage], [dosage, {"text": "then as needed"}]))
    assert cells(tmp_path, "MedicationStatement", "prescriptions", "days_supply", *statements) == ["14", None]


def test_of_several_dosages_the_last_to_end_ends_it_unless_one_has_no_end(tmp_path):
    def until(*days):
        return [{"timing": {"repeat": {"boundsPeriod": {"start": "2026-01-01", "end": day}}}} for day in days]

    several = (until("2026-03-01", "2026-02-01"), [*until("2026-02-01"), {"text": "then as needed"}], until(None))
    requests = (a("MedicationRequest", dosageInstruction=dosages) for dosages in several)
    found = cells(tmp_path, "MedicationRequest", "prescriptions", "end_date", *requests)
    assert found == ["2026-03-01", None, None]


@pytest.mark.parametrize(
    ("updated", "end"),
    [
        ("2026-01-27T08:00:00Z", "2026-01-27"),  # a day before the supply ends
        ("2026-01-28T08:00:00Z", None),  # its last day
        ("2025-12-31T08:00:00Z", "2026-01-01"),
        (None, None),
        ("recently", None),
    ],
)
def test_a_prescription_that_was_stopped_ends_when_the_server_learned_of_it_unless_its_supply_ended_before(
    tmp_path, updated, end
):
    supply = {"expectedSupplyDuration": {"value": 28, "unit": "d"}}
    changes = {"status": "stopped", "dispenseRequest": supply, "meta": updated and {"lastUpdated": updated}}
    request = a("MedicationRequest", **changes)
    assert cells(tmp_path, "MedicationRequest", "prescriptions", "end_date", request) == [end]
    running = request | {"status": "active"}
    assert cells(tmp_path, "MedicationRequest", "prescriptions", "end_date", running) == [None]


@pytest.mark.parametrize(
    ("kind", "changes", "status"),
    [
        ("MedicationRequest", {}, "active"),
        ("MedicationRequest", {"intent": "plan"}, "active"),
        ("MedicationRequest", {"intent": "proposal"}, "proposed"),
        ("MedicationRequest", {"intent": "proposal", "status": "entered-in-error"}, "entered-in-error"),
        ("MedicationRequest", {"doNotPerform": True}, "not-done"),
        ("MedicationDispense", {"status": "preparation"}, "draft"),
        ("MedicationDispense", {}, "completed"),
        ("MedicationAdministration", {"status": "not-done"}, "not-done"),
        ("MedicationStatement", {"status": "intended"}, "proposed"),
        ("MedicationStatement", {"status": "not-taken"}, "not-taken"),
    ],
)
def test_what_nobody_ordered_gave_or_took_is_no_exposure(tmp_path, kind, changes, status):
    assert cells(tmp_path, kind, "prescriptions", "status", a(kind, **changes)) == [status]


def test_each_resource_about_a_drug_says_its_kind_dates_amount_and_route_in_its_own_way(tmp_path):
    route = {"route": {"coding": [{"code": "78421000"}]}}
    given = {
        "MedicationDispense": {"quantity": {"value": 28}, "daysSupply": {"value": 28}, "dosageInstruction": [route]},
        "MedicationAdministration": {"dosage": {"route": {"text": "IM"}}},
        "MedicationStatement": {"effectivePeriod": {"start": "2026-01-01", "end": "2026-03-01"}, "dosage": [route]},
    }
    columns = ("prescription_id", "kind", "start_date", "end_date", "quantity", "days_supply", "route")
    found = [
        rows(read(tmp_path, kind, ndjson(a(kind, **own))), "prescriptions", *columns) for kind, own in given.items()
    ]
    assert [row for [row] in found] == [
        ("MedicationDispense/1", "dispensed", "2026-01-01", None, "28", "28", "intramuscular"),
        ("MedicationAdministration/1", "administered", "2026-01-01", "2026-01-01", None, None, "IM"),
        ("MedicationStatement/1", "prescribed", "2026-01-01", "2026-03-01", None, None, "intramuscular"),
    ]
