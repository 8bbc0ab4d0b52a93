"""Persons and drugs in HL7 v2 messages: what PID, RXE, RXD and RXA become."""

import pytest

from pipelines.config import Settings
from tests.sources.hl7_hospital import INJECTION, METFORMIN, Hospital, message, obr, obx, results
from tests.sources.hl7_writer import segment


@pytest.fixture
def hospital(tmp_path):
    return Hospital(tmp_path)


PERSON = "PID|||7^^^HOSP^MR~99^^^NHS&2.16.840.1.113883.2.1.4.1&ISO^NH||Van Gogh&Van&Gogh^Ann||19500301|F"


def persons(hospital):
    columns = ("person_id", "birth_date", "sex", "death_date", "site", "clinician", "display_name")
    return [tuple(cell if cell is None else str(cell) for cell in row) for row in hospital.table("person", *columns)]


def test_a_person_is_told_by_pid_pd1_and_pv1(hospital):
    visit = "PV1||O|WARD^1^2^NORTH SITE||||9^House^Gregory"
    hospital.send(message("EVN|A08", PERSON, "PD1||||5^Cuddy^Lisa", visit, kind="ADT^A08")).night()
    assert persons(hospital) == [("7", "1950-03-01", "F", None, "NORTH SITE", "Lisa Cuddy", "Ann Van Gogh")]


def test_what_a_message_leaves_out_of_a_person_is_as_it_was_and_what_it_deletes_is_gone(hospital):
    dead = PERSON + "|" * 21 + "20261101|Y"
    hospital.send(
        message(PERSON, "PV1||O|^^^NORTH||||9^House", kind="ADT^A01", sent="20261001"),
        message(dead, kind="ADT^A03", sent="20261102"),
        message("PID|||7||^Anna", kind="ADT^A08", sent="20261103"),
        results(obx(), pid="PID|||7||Wrong||19990101"),
    )
    hospital.night()
    assert persons(hospital) == [("7", "1950-03-01", "F", "2026-11-01", "NORTH", "House", "Anna")]
    alive = "PID|||7" + "|" * 26 + '""'
    hospital.send(
        message(PERSON, kind="ADT^A01", sent="20261104"), message(alive, kind="ADT^A08"), name="b.hl7"
    ).night()
    assert persons(hospital)[0][3] is None


def test_what_no_message_of_persons_says_is_known_from_beside_their_results(hospital):
    hospital.send(message("PID|||7||^Ann", kind="ADT^A08"), results(obx(), pid="PID|||7||^Wrong|||F")).night()
    [(_, _, sex, _, _, _, name)] = persons(hospital)
    assert (sex, name) == ("F", "Ann")


def test_a_death_without_a_date_is_dated_by_its_message(hospital):
    hospital.send(message(PERSON + "|" * 22 + "Y", kind="ADT^A03", sent="202611031200")).night()
    assert persons(hospital)[0][3] == "2026-11-03"


@pytest.mark.parametrize(
    ("death", "told"),
    [
        ("|Y", "2026-11-03"),
        ("|N", None),
        ("|n", None),
        ("|", "2026-11-01"),
        ("20261102|N", "2026-11-02"),
        ('""|Y', None),
    ],
)
def test_a_person_who_is_said_not_to_be_dead_lives_whatever_was_said_before(hospital, death, told):
    hospital.send(
        message(PERSON + "|" * 21 + "20261101|Y", kind="ADT^A03", sent="20261101"),
        message(PERSON + "|" * 21 + death, kind="ADT^A08", sent="20261103"),
    ).night()
    assert persons(hospital)[0][3] == told


def test_a_birth_that_is_withheld_in_part_stands_in_the_middle(hospital):
    births = {
        "1950": "1950-07-01",
        "19500000": "1950-07-01",
        "19500300": "1950-03-15",
        "195003": "1950-03-15",
        "195003011530": "1950-03-01",
    }
    hospital.send(*(message(f"PID|||{i}||||{born}|M", kind="ADT^A04") for i, born in enumerate(births))).night()
    assert [row[1] for row in persons(hospital)] == list(births.values())


def test_the_number_of_a_person_is_the_medical_records_unless_an_authority_is_named(tmp_path):
    lists = ["1^^^X^PI~7^^^HOSP^MR", "7", "7^^^HOSP~8^^^NHS", "~7^^^HOSP^PI"]
    for number, identifiers in enumerate(lists):
        (tmp_path / str(number)).mkdir()
        hospital = Hospital(tmp_path / str(number))
        hospital.send(results(obx(), pid=f"PID|||{identifiers}")).night()
        assert hospital.measured("person_id") == [("7",)]
    named = Hospital(tmp_path, authority="2.16.840.1.113883.2.1.4.1")
    named.send(results(obx(), pid=PERSON), results(obx("160"), pid="PID|||7^^^HOSP^MR", order=obr("F2"))).night()
    assert named.measured("person_id", "value_reported") == [("99", "150")]
    assert [row[1] for row in named.refused()] == ["missing_required"]


def test_persons_are_left_to_another_source_where_the_configuration_says_so(tmp_path):
    hospital = Hospital(tmp_path, persons=False)
    hospital.send(results(obx(), pid=PERSON)).night()
    assert {entry.table for entry in hospital.entries()} == {"labs", "prescriptions"}
    assert hospital.measured("person_id") == [("7",)]


def test_a_pid_that_only_says_whose_results_they_are_is_no_record_of_a_person(hospital):
    hospital.send(
        message(PERSON, kind="ADT^A01"), results(obx()), results(obx("160"), order=obr("F2"), pid=PERSON)
    ).night()
    assert hospital.account("patients") == (2, 2, 0, 0)


@pytest.mark.parametrize("key", ["persons", "authority"])
def test_what_speaks_of_pid_is_refused_elsewhere(key):
    with pytest.raises(ValueError, match="persons and authority speak of the PID segments"):
        Settings(source=[{"name": "a", "kind": "omop", key: "x" if key == "authority" else False}])


EXPOSED = (
    "drug_exposure_id",
    "concept",
    "route",
    "kind",
    "status",
    "drug_exposure_start_date",
    "drug_exposure_end_date",
)


def exposed(hospital, *more):
    return [[str(cell) for cell in row] for row in hospital.table("drug_exposure", *EXPOSED, *more)]


def test_an_order_has_its_timing_amounts_and_route(hospital):
    rxe = segment("RXE", _2=METFORMIN, _6="^Tablet", _10="56", _11="TAB", _19="1000^mg", _25="500", _26="mg")
    hospital.send(
        message("PID|||7", "ORC|NW|P1|R1", rxe, "TQ1||||||28^d|20261001|20261028", "RXR|PO^Oral", kind="RDE^O11"),
        message("PID|||7", "ORC|NW|P2", f"RXE|^^W2^20261001|{METFORMIN}", kind="RDE^O01"),  # the older way
        message("PID|||7", "ORC|NW||R3||||||20261105", f"RXO|{METFORMIN}", "RXR|PO", kind="OMP^O09"),
    ).night()
    assert exposed(hospital, "daily_dose", "quantity", "days_supply") == [
        ["P2", "metformin", "oral", "prescribed", "active", "2026-10-01", "2026-10-14", "None", "None", "14.0"],
        ["R1", "metformin", "oral", "prescribed", "active", "2026-10-01", "2026-10-28", "1000.0", "56.0", "28.0"],
        ["R3", "metformin", "oral", "prescribed", "active", "2026-11-05", "None", "None", "None", "None"],
    ]


@pytest.mark.parametrize(
    ("segments", "days"),
    [
        (["TQ1||||||30^d", "RXE"], 30),
        (["RXE", "TQ1||||||30^d"], 30),
        (["TQ1||||||30^d", "RXE", "TQ1||||||30^d"], 30),  # as it was asked for, and as the pharmacy encoded it
        (["TQ1||||||30^d", "RXO", "TQ1||||||28^d", "RXE", "TQ1||||||14^d"], 14),
        (["RXE", "TQ1||||||2^wk", "TQ1||||||28^d"], 42),
        (["RXE", "TQ1||||||2^wk||||||S", "TQ1||||||28^d"], 42),
        (["RXE", "TQ1||||||2^wk||||||A", "TQ1||||||28^d"], 28),  # in the morning, and in the evening
        (["RXE", "TQ1||||||28^d||||||A", "TQ1||||||2^wk", "TQ1||||||1^wk"], 35),
        (["RXE", "TQ1||||||28^d||||||A"], 28),
        (["RXE", "TQ1||||||28^d||||||A", "TQ1"], 28),
        (["RXE", "TQ1||||||28^d||||||A", "TQ1||||||1^mo"], None),
    ],
)
def test_the_timings_of_a_drug_follow_each_other_or_hold_side_by_side(hospital, segments, days):
    told = [
        f"{one}||{METFORMIN}" if one == "RXE" else f"{one}|{METFORMIN}" if one == "RXO" else one for one in segments
    ]
    hospital.send(message("PID|||7", "ORC|NW||R1||||||20261001", *told, kind="RDE^O11")).night()
    assert hospital.table("drug_exposure", "days_supply") == [(days,)]


def test_the_state_of_an_order_is_that_of_its_control_or_status(hospital):
    states = (
        ("NW", "", "active", "None"), ("XO", "IP", "active", "None"), ("SC", "CM", "completed", "2026-10-28"),
        ("DC", "", "discontinued", "2026-11-05"), ("SC", "DC", "discontinued", "2026-11-05"),
        ("HD", "", "on-hold", "2026-10-28"), ("HR", "", "on-hold", "2026-10-28"),
        ("DR", "", "discontinued", "2026-11-05"), ("RU", "", "discontinued", "2026-11-05"),
    )  # fmt: skip
    for i, (control, state, *_) in enumerate(states):
        orc = segment("ORC", _1=control, _3=f"R{i}", _5=state, _9="20261105")
        hospital.send(message("PID|||7", orc, f"RXE|^^^20261001|{METFORMIN}", kind="RDE^O11"), name=f"{i}.hl7")
    hospital.night()
    assert [(row[4], row[6]) for row in exposed(hospital)] == [(status, end) for *_, status, end in states]


def test_a_cancelled_order_is_withdrawn(hospital):
    order = ("PID|||7", f"RXE|^^^20261001|{METFORMIN}")
    for number, control in enumerate(("CA", "CR", "OC", "DE", "UA")):
        hospital.send(
            message(order[0], f"ORC|NW||R{number}||||||20261001", order[1], kind="RDE^O11"),
            message(order[0], f"ORC|{control}||R{number}||||||20261002", order[1], kind="RDE^O11"),
            name=f"{number}.hl7",
        )
    hospital.night()
    assert exposed(hospital) == []


def test_a_dispensing_and_an_administration_have_kinds_and_numbers_of_their_own(hospital):
    rxd = segment("RXD", _1="1", _2=METFORMIN, _3="20261002", _4="56", _5="TAB")
    given = segment("RXA", _2="1", _3="202610030900", _4="202610030901", _5=INJECTION, _6="1000", _7="mcg")
    again = segment("RXA", _2="1", _3="202610100900", _5=INJECTION, _6="2", _7="ampoule", _20="CP")
    hospital.send(
        message("PID|||7", "ORC|RE||R1", rxd, kind="RDS^O13"),
        message("PID|||7", "ORC|RE||R2", "RXE||" + INJECTION, given, again, "RXR|IM", kind="RAS^O17"),
    ).night()
    assert exposed(hospital, "quantity", "doses") == [
        ["R1/1/20261002", "metformin", "oral", "dispensed", "dispensed", "2026-10-02", "2026-10-29", "56.0", "None"],
        ["R2/1/202610030900", "b12_injectable", "injection", "administered", "administered", "2026-10-03", "2026-10-30",
         "None", "None"],
        ["R2/1/202610100900", "b12_injectable", "injection", "administered", "completed", "2026-10-10", "2026-11-06",
         "2.0", "2.0"],
    ]  # fmt: skip


def test_what_was_not_given_is_no_administration(hospital):
    for i, ending in enumerate(({"_20": "RE"}, {"_20": "NA"}, {"_21": "D"})):
        rxa = {"_2": "1", "_3": "202610030900", "_5": INJECTION}
        for sent, said in (("20261003", {}), ("20261004", ending)):
            given = message("PID|||7", f"ORC|RE||R{i}", segment("RXA", **rxa, **said), kind="RAS^O17", sent=sent)
            hospital.send(given, name=f"{i}-{sent}.hl7")
    hospital.night()
    assert hospital.part("drug_exposure").height == 3
    assert exposed(hospital) == []
