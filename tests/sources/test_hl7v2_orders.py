"""Orders, dispensings and administrations of HL7 v2 messages over time: what ends a course, and how long it lasts."""

import pytest

from tests.sources.hl7_hospital import INJECTION, METFORMIN, Hospital, message
from tests.sources.hl7_writer import segment


@pytest.fixture
def hospital(tmp_path):
    return Hospital(tmp_path)


def rde(control, *timing, number="R1", sent="20261105", status="", rxe=None, effective=""):
    orc = segment("ORC", _1=control, _3=number, _5=status, _9=sent, _15=effective)
    return message("PID|||7", orc, rxe or f"RXE||{METFORMIN}", *timing, kind="RDE^O11", sent=sent)


def courses(hospital, *columns):
    names = ("drug_exposure_start_date", "drug_exposure_end_date", "status")
    return [[str(cell) for cell in row] for row in hospital.table("drug_exposure", *(columns or names))]


NEW = rde("NW", "TQ1|||||||20240101", sent="20240101")
CHANGED = rde("XO", "TQ1|||||||20250101", sent="20250101")


@pytest.mark.parametrize(
    ("messages", "course"),
    [
        ([NEW, rde("DC")], ["2024-01-01", "2026-11-05", "discontinued"]),
        ([rde("DC"), NEW], ["2024-01-01", "2026-11-05", "discontinued"]),  # told first, and sent last
        ([NEW, rde("DC", effective="20261101")], ["2024-01-01", "2026-11-01", "discontinued"]),
        ([NEW, rde("DC", effective="20231231")], ["2024-01-01", "2024-01-01", "discontinued"]),
        ([NEW, CHANGED, rde("DC")], ["2025-01-01", "2026-11-05", "discontinued"]),
        ([NEW, rde("DC", "TQ1|||||||20240601")], ["2024-06-01", "2026-11-05", "discontinued"]),
        ([NEW, rde("DC", rxe=f"RXE|^^^20240601|{METFORMIN}")], ["2024-06-01", "2026-11-05", "discontinued"]),
        ([rde("NW", sent="20240101"), rde("DC")], ["2024-01-01", "2026-11-05", "discontinued"]),
        ([NEW, rde("HD")], ["2024-01-01", "2024-01-28", "on-hold"]),
        ([NEW, rde("SC", status="CM")], ["2024-01-01", "2024-01-28", "completed"]),
    ],
)
def test_what_ends_an_order_and_says_no_start_has_the_one_told_before(hospital, messages, course):
    hospital.send(*messages).night()
    assert courses(hospital) == [course]
    assert hospital.refused() == []


@pytest.mark.parametrize("ending", [rde("DC"), rde("DC", effective="20261105"), rde("HD"), rde("SC", status="CM")])
def test_what_ends_an_order_that_the_file_does_not_know_is_refused_and_takes_no_course_away(hospital, ending):
    hospital.send(NEW).night("2026-11-04")
    hospital.send(ending, rde("NW", number="R2", sent="20240202"), name="b.hl7").night()
    assert courses(hospital) == [["2024-01-01", "None", "active"], ["2024-02-02", "None", "active"]]
    assert hospital.refused() == [(4, "missing_required", "start_date: expected a value, found none")]


@pytest.mark.parametrize(("pid", "number"), [("PID|||8", "R1"), ("PID|||7", "R2")])
def test_the_start_of_another_order_or_person_is_none(hospital, pid, number):
    other = message(pid, f"ORC|NW||{number}", f"RXE||{METFORMIN}", "TQ1|||||||20240101", kind="RDE^O11")
    hospital.send(other, rde("DC")).night()
    assert [reason for _, reason, _ in hospital.refused()] == ["missing_required"]


def test_what_ends_an_order_off_the_pathway_is_not_refused(hospital):
    hospital.send(rde("DC", rxe="RXE||29046^Lisinopril^RXNORM")).night()
    assert hospital.account("prescriptions") == (1, 0, 1, 0)


@pytest.mark.parametrize(
    ("amount", "unit", "days"),
    [
        ("56", "TAB", None),  # an eighth of what the order asks for
        ("364", "TAB", None),
        ("365", "TAB", 365),
        ("365", "", 365),
        ("730", "^tablets", 365),
        ("365", "mL", None),
        ("365000", "mg", None),
        ("a box", "", None),
        ("", "", 365),
    ],
)
def test_a_dispensing_lasts_for_its_order_only_where_its_quantity_reaches_so_far(hospital, amount, unit, days):
    rxd = segment("RXD", _1="1", _2=METFORMIN, _3="20261002", _4=amount, _5=unit)
    hospital.send(message("PID|||7", "ORC|RE||R1", rxd, "TQ1||||||365^d", kind="RDS^O13")).night()
    assert hospital.table("drug_exposure", "days_supply") == [(days,)]


@pytest.mark.parametrize(
    ("fields", "timing", "told"),
    [
        ({"_10": "90", "_12": "3"}, "", ["2026-04-22", "360.0", "None"]),
        ({"_10": "90", "_12": "1"}, "", ["2026-02-25", "180.0", "None"]),
        ({"_10": "90", "_12": "0"}, "", ["2026-01-28", "90.0", "None"]),
        ({"_10": "90"}, "", ["2026-01-28", "90.0", "None"]),
        ({"_10": "90", "_12": "PRN"}, "", ["2026-01-28", "90.0", "None"]),
        ({"_12": "3"}, "", ["None", "None", "None"]),  # open
        ({"_10": "90", "_12": "3"}, "TQ1||||||90^d", ["2026-03-31", "90.0", "90.0"]),
        ({"_10": "90", "_12": "3"}, "TQ1||||||||20260215", ["2026-02-15", "90.0", "None"]),
    ],
)
def test_a_quantity_with_refills_lasts_for_all_of_them_where_no_timing_tells(hospital, fields, timing, told):
    rxe = segment("RXE", _2=METFORMIN, **fields)
    hospital.send(rde("NW", *filter(None, [timing]), rxe=rxe, sent="20260101")).night()
    assert courses(hospital, "drug_exposure_end_date", "quantity", "days_supply") == [told]


def test_a_requested_drug_has_refills_too_and_ends_when_it_is_discontinued(hospital):
    asked = segment("RXO", _1=METFORMIN, _11="90", _13="3")
    for number, (control, said) in enumerate((("NW", "20260101"), ("DC", "20260201"))):
        orc = f"ORC|{control}||R{number}||||^^^20260101||{said}"
        hospital.send(message("PID|||7", orc, asked, kind="OMP^O09"), name=f"{number}.hl7")
    hospital.night()
    assert sorted(row[1] for row in courses(hospital)) == ["2026-02-01", "2026-04-22"]


@pytest.mark.parametrize(
    ("control", "state", "completion", "told"),
    [
        ("RE", "", "", ["administered"]),
        ("CA", "", "", []),
        ("DE", "", "", []),
        ("CA", "", "CP", []),
        ("RE", "CA", "", ["administered"]),
        ("RE", "ER", "CP", ["completed"]),
        ("DC", "", "", ["administered"]),
        ("HD", "", "PA", ["completed"]),
    ],
)
def test_a_giving_is_taken_back_by_its_order_control_and_not_by_the_state_of_the_order(
    hospital, control, state, completion, told
):
    for sent, orc in (("20261003", "ORC|RE||R1"), ("20261004", f"ORC|{control}||R1||{state}")):
        rxa = segment("RXA", _2="1", _3="202610030900", _5=INJECTION, _20=completion)
        hospital.send(message("PID|||7", orc, rxa, kind="RAS^O17", sent=sent), name=f"{sent}.hl7")
    hospital.night()
    assert courses(hospital, "status") == [[status] for status in told]
