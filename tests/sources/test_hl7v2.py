"""Results in HL7 v2 messages: what an OBX becomes with the OBR and MSH before it."""

import pytest

from pipelines.config import Settings
from tests.sources.hl7_hospital import Hospital, message, obr, obx, results


@pytest.fixture
def hospital(tmp_path):
    return Hospital(tmp_path)


def test_a_result_is_read_with_all_that_its_segments_say(hospital):
    hospital.send(
        results(obx(unit="ng/L^nanogram per liter^UCUM", limits="197-771", flag="L~A"), "NTE|1||Phoned at 350")
    )
    hospital.night()
    columns = ("measurement_id", "person_id", "concept", "measured_at", "value_reported", "unit_reported", "status")
    [row] = hospital.measured(*columns, "known_from", "source_file", "source_row", "range_low")
    assert [str(cell) for cell in row[:-1]] == [
        "F1/2132-9", "7", "serum_b12", "2026-11-18 08:30:00", "150", "ng/L", "final", "2026-11-19 09:00:00", "a.hl7", "4",
    ]  # fmt: skip
    assert row[-1] == pytest.approx(197 * 0.737806, rel=1e-6)
    assert hospital.account() == (1, 1, 0, 0)


SAID = (
    ("NM", "150", "=", "150"),
    ("NM", "<150", "<", "<150"),  # what laboratories send though NM allows no sign
    ("SN", ">^2000", ">", ">2000"),
    ("SN", "^150", "=", "150"),
    ("SN", "<=^150", "<=", "<=150"),
    ("ST", "150", "=", "150"),
    ("TX", r"LESS THAN 150\.br\ ", "<", "LESS THAN 150"),
    ("FT", r"150\.sp1\ ", "=", "150"),
    ("CE", "^150^L", "=", "150"),
    ("CQ", "150^ng/L", "=", "150"),
    ("", "150", "=", "150"),
)


def test_a_value_is_read_as_its_type_says(hospital):
    told = [
        obx(said, kind=kind, unit="" if kind == "CQ" else "ng/L", sub=str(i)) for i, (kind, said, *_) in enumerate(SAID)
    ]
    hospital.send(results(*told)).night()
    found = sorted(hospital.measured("source_row", "comparator", "value_reported", "unit_reported"))
    assert [row[1:] for row in found] == [(comparator, value, "ng/L") for _, _, comparator, value in SAID]


NO_RESULTS = (
    ("NM", "HAEMOLYSED"),
    ("NM", "150^200"),
    ("NM", "150~160"),
    ("SN", "150"),  # a structured number begins with its comparator
    ("SN", "100^150"),
    ("SN", "^100^-^200"),
    ("SN", "^1^:^128"),
    ("DT", "20261118"),  # a date is no number, though it has digits
    ("TS", "20261118"),
    ("CE", "10828004^^SCT"),  # nor is a code
    ("CWE", "^150~^160"),
    ("ST", "1~500"),  # nor are two lines one number
    ("TX", r"1\.br\500"),
    ("NM", "1\r500"),
    ("XCN", "150"),
    ("ED", "LAB^AP^PDF^Base64^MTUw"),
)


def test_what_the_type_does_not_announce_is_no_result(hospital):
    told = [obx(said, kind=kind, sub=str(i)) for i, (kind, said) in enumerate(NO_RESULTS)]
    elsewhere = [obx(said, kind=kind, code="9^Zinc^L") for kind, said in NO_RESULTS]
    hospital.send(results(*told, *elsewhere)).night()
    assert [row[:2] for row in hospital.refused()] == [(4 + i, "not_a_result") for i in range(len(NO_RESULTS))]
    assert hospital.account() == (2 * len(NO_RESULTS), 0, len(NO_RESULTS), len(NO_RESULTS))


def test_a_unit_is_its_code_or_name_and_a_power_of_ten_is_no_code(hospital):
    units = {
        "10*9/L^10*9 per litre^UCUM": "10*9/L",
        "^10*9/L": "10*9/L",
        r"10\S\9/L": "10^9/L",
        "10^9/L": "10^9/L",
        "x10^9/L": "x10^9/L",
        "X 10^9/L": "X 10^9/L",
        "10*9/L^10^9": "10*9/L",
    }
    told = (obx("200", code="777-3^Platelets^LN", unit=raw, sub=str(i)) for i, raw in enumerate(units))
    assert hospital.read("unit_reported", results(*told)) == list(units.values())


def test_a_coded_answer_is_read_by_its_words(hospital):
    antibody = "31444-8^Intrinsic factor Ab^LN"
    hospital.send(
        results(
            obx("10828004^Positive^SCT", kind="CWE", code=antibody, unit="", sub="1"),
            obx("NEG^^L^260385009^Negative^SCT", kind="CWE", code=antibody, unit="", sub="2"),
            obx("neg", kind="IS", code=antibody, unit="", sub="3"),
        )
    ).night()
    assert hospital.measured("measurement_id", "value") == [
        ("F1/31444-8/1", 1.0), ("F1/31444-8/2", 0.0), ("F1/31444-8/3", 0.0),
    ]  # fmt: skip


def test_a_reference_range_gives_its_limits(hospital):
    ranges = {
        "200-700": (200, 700),
        " 200 - 700 ": (200, 700),
        "(200 to 700)": (200, 700),
        "200–700": (200, 700),
        "<700": (None, 700),
        ">=200": (200, None),
        "> 200": (200, None),
        "see report 5": (None, None),
        "adults 200-700": (None, None),
        "": (None, None),
    }
    hospital.send(results(*(obx(unit="pmol/L", limits=said, sub=str(i)) for i, said in enumerate(ranges)))).night()
    found = sorted(hospital.measured("source_row", "range_low", "range_high"))
    assert [row[1:] for row in found] == list(ranges.values())


def test_a_flag_can_say_the_comparator_wherever_it_stands(hospital):
    hospital.send(results(obx(flag="L~<"), obx("160", flag="<", sub="2"), obx("170", flag="L", sub="3"))).night()
    assert hospital.measured("value_reported", "comparator") == [("150", "<"), ("160", "<"), ("170", "=")]


def test_of_two_codes_the_one_counts_that_the_lists_know_and_a_local_one_passes_with_its_system(tmp_path):
    hospital = Hospital(tmp_path)
    hospital.settings = Settings(
        source=hospital.settings.source,
        code=[{"table": "labs", "code_system": "PATH", "concepts": {"B12X": "serum_b12"}}],
    )
    hospital.send(
        results(
            obx("150", code="VB12^Cobaltspiegel^L^2132-9^^LN"),
            obx("160", code="B12X^^PATH^1^something else^LN"),
            obx("170", code="2132-9^Cobalamin^LN^VB12^Vitamin B12^L"),
            obx("180", code="^^^2132-9^Cobalamin^LN"),
            obx("190", code="ZN^Zinc^L^5763-8^Zinc^LN"),
            obx("200", code="^Zinc"),
        )
    ).night()
    found = hospital.measured("value_reported", "source_vocabulary", "source_code", "source_name")
    assert found == [
        ("150", "LN", "2132-9", "Cobaltspiegel"),
        ("160", "PATH", "B12X", None),
        ("170", "LN", "2132-9", "Cobalamin"),
        ("180", "LN", "2132-9", "Cobalamin"),
    ]
    unmapped = hospital.part("unmapped").select("code_system", "code", "name").rows()
    assert sorted(unmapped, key=str) == [("L", "ZN", "Zinc"), (None, None, "Zinc")]


def test_a_number_of_the_filler_tells_a_result_else_the_placers_else_patient_and_time(hospital):
    hospital.send(
        results(obx("150"), order=obr("F1^LAB", placer="P1")),
        results(obx("160"), order=obr("", placer="P1")),
        message("PID|||7", "ORC|RE|P2|F2", obr(""), obx("170"), obr(""), obx("180")),  # an ORC is of the next OBR alone
    ).night()
    assert hospital.measured("value_reported", "measurement_id") == [
        ("150", "F1/LAB/2132-9"), ("160", "P1/2132-9"), ("170", "F2/2132-9"), ("180", "7@2026-11-18T08:30:00/2132-9"),
    ]  # fmt: skip


def test_a_test_that_is_told_twice_in_one_order_is_two_results_unless_it_corrects(hospital):
    hospital.send(
        results(obx("150"), obx("see comment 5", kind="TX"), obx("160")),
        results(obx("170"), obx("180", status="C"), order=obr("F2")),
    ).night()
    assert hospital.measured("measurement_id", "value_reported") == [
        ("F1/2132-9#3", "160"), ("F1/2132-9", "150"), ("F2/2132-9", "180"),
    ]  # fmt: skip
    assert [row[1] for row in hospital.refused()] == ["not_a_result"]


@pytest.mark.parametrize(
    ("first", "then", "known"),
    [
        ("150 F, 160 F", "250 C, 260 C", ["250", "260"]),
        ("150 F, 160 F", "250 C, 160 F", ["160", "250"]),
        ("150 F, 160 F", "250 A", ["160", "250"]),
        ("150 F, 160 F", " X,  X", []),
        ("150 F, 160 F", " D", ["160"]),
        ("150 F, 160 F", "250 C, 255 C, 255 C", ["250", "255", "255"]),  # a third sample that was not sent before
        ("150 F, 250 C, 160 F, 260 C", "", ["250", "260"]),
        ("150 F, 250 C, 255 C", "", ["255"]),
        ("150 P, 160 P", "", ["150", "160"]),
        ("150 P, 160 P", "250 F, 260 F", ["250", "260"]),
        ("150 F, see F", "250 C, corrected F", ["250"]),  # a line of comment beside the value
        ("150 F, see F", "250 C, corrected C", ["250"]),
        ("150 f, 160 f", "250 c, 260 c", ["250", "260"]),
    ],
)
def test_of_several_results_of_one_test_each_is_corrected_by_the_one_in_its_place(hospital, first, then, known):
    for day, told in (("20261110", first), ("20261112", then)):
        lines = [line.rsplit(" ", 1) for line in told.split(", ") if line]
        sent = [obx(value, status=status, kind="NM" if value.isdigit() else "TX") for value, status in lines]
        hospital.send(results(*sent, order=obr(reported=day)), name=f"{day}.hl7")
    hospital.night()
    assert sorted(value for (value,) in hospital.measured("value_reported")) == known


def test_a_correction_takes_the_place_of_the_original_whichever_comes_first(hospital):
    first = results(obx("150"), order=obr(reported="20261110"))
    corrected = results(obx("300", status="C"), order=obr(reported="20261112"))
    hospital.send(corrected, first).night()
    assert hospital.measured("value_reported", "status") == [("300", "corrected")]
    assert hospital.measured("value_reported", "status", known_at="2026-11-11") == [("150", "final")]
    hospital.send(results(obx("150", at="20261109"), order=obr("F9", reported="20261110")), name="b.hl7")
    hospital.send(results(obx("155", at="20261109", status="C"), order=obr("F9", reported="20261112")), name="c.hl7")
    hospital.night()
    assert hospital.measured("value_reported", known_at="2026-11-11") == [("150",), ("150",)]
    assert hospital.measured("value_reported") == [("155",), ("300",)]


def test_a_deletion_withdraws_what_was_sent_before(hospital):
    for letter in "DXW":
        early = results(obx("", status=letter, unit=""), order=obr(letter, reported="20261112"))
        hospital.send(results(obx(), order=obr(letter)), early, name=f"{letter}.hl7")
    hospital.night()
    assert len(hospital.measured("value_reported")) == 3  # reported on the 19th, deleted on the 12th
    for letter in "DXW":
        late = results(obx("", status=letter), order=obr(letter, reported="20261120"))
        hospital.send(late, name=f"{letter}-late.hl7")
    hospital.night()
    assert hospital.measured("value_reported") == []


def test_the_state_is_that_of_the_result_else_of_its_order(hospital):
    states = (
        ("F", "P", "final"), ("", "P", "preliminary"), ("", "A", "partial"), ("A", "", "amended"), ("B", "", "appended"),
        ("R", "F", "preliminary"), ("I", "", "registered"), ("", "", "final"), ("f", "", "final"),
    )  # fmt: skip
    sent = [results(obx(status=own), order=obr(f"F{i}", status=order)) for i, (own, order, _) in enumerate(states)]
    assert hospital.read("status", *sent) == [status for *_, status in states]


@pytest.mark.parametrize(
    ("segments", "refused"),
    [
        ([obr(status="X")], [3]),
        ([obr(status="x")], [3]),
        ([obr(status="X"), obr("F2"), obx()], [3]),
        ([obr("F2"), obx(), obr(status="X"), "NTE|1||5"], [5]),
        ([obr(status="X"), "PID|||8", obr("F2"), obx()], [3]),
        ([obr(status="X"), obx("", status="")], []),
        ([obr(status="F")], []),
        ([obr()], []),
    ],
)
def test_an_order_that_is_cancelled_without_its_results_is_told(hospital, segments, refused):
    hospital.send(message("PID|||7", *segments)).night()
    assert [row[0] for row in hospital.refused()] == refused
    details = {detail for *_, detail in hospital.refused()}
    number = {
        f"message 1, segment {row} OBR: expected an OBX for each result of the cancelled order; none is withdrawn"
        for row in refused
    }
    assert details == number


def test_an_order_that_is_cancelled_with_its_results_withdraws_them(hospital):
    hospital.send(results(obx())).night("2026-11-19")
    hospital.send(results(obx("", status=""), order=obr(status="X")), name="b.hl7").night()
    assert hospital.measured("value_reported") == []


def test_a_state_that_nobody_knows_is_told(hospital):
    hospital.send(results(obx(status="Q"))).night()
    assert [row[1] for row in hospital.refused()] == ["unknown_status"]


def test_times_are_read_to_the_precision_they_have(tmp_path):
    hospital = Hospital(tmp_path)
    hospital.settings = hospital.settings.model_copy(update={"timezone": "Europe/London"})
    times = (
        ("20261118083015", "", "2026-11-18 08:30:15"),
        ("20261118083015.1234", "", "2026-11-18 08:30:15.123400"),
        ("202611180830", "", "2026-11-18 08:30:00"),
        ("2026111808", "", "2026-11-18 08:00:00"),
        ("20261118", "", "2026-11-18 00:00:00"),
        ("20261118", "20261117", "2026-11-17 00:00:00"),  # OBX-14 is nearer to the result than OBR-7
        ("20260718233015+0000", "", "2026-07-19 00:30:15"),
        ("202607182330-0500^M", "", "2026-07-19 05:30:00"),
        ("2026-11-18 08:30", "", "2026-11-18 08:30:00"),
    )
    sent = [results(obx(at=own), order=obr(f"F{i}", collected=order)) for i, (order, own, _) in enumerate(times)]
    assert hospital.read("measured_at", *sent) == [time for *_, time in times]


def test_times_without_a_zone_are_in_that_of_the_message(hospital):
    sent = "202611191000+0200"
    bare = results(obx(), order=obr(collected="202611180130"), sent=sent)
    zoned = results(obx(), order=obr("F2", collected="202611180130+0000"), sent=sent)
    assert hospital.read("measured_at", bare, zoned) == ["2026-11-17 23:30:00", "2026-11-18 01:30:00"]


def test_a_sample_without_a_day_is_refused(hospital):
    unfit = ("2026", "202611", "20261332", "yesterday")
    hospital.send(*(results(obx(), order=obr(collected=collected)) for collected in unfit)).night()
    assert [row[1] for row in hospital.refused()] == ["bad_date"] * 4


def test_a_result_is_known_from_the_report_else_from_the_message(hospital):
    hospital.send(results(obx("150")), results(obx("160"), order=obr("F2", reported=""))).night()
    assert [str(row[1]) for row in hospital.measured("value_reported", "known_from")] == [
        "2026-11-19 09:00:00", "2026-11-19 10:00:00",
    ]  # fmt: skip
