"""HL7 v2 messages: what their segments become, what is refused, and where it says so."""

import pytest

from pipelines.config import Settings
from tests.clinic import Clinic
from tests.sources.hl7_writer import segment

B12 = "2132-9^Cobalamin^LN"
METFORMIN = "861007^metformin hydrochloride 500 MG Oral Tablet^RXNORM"
INJECTION = "309594^vitamin B12 1 MG/ML Injectable Solution^RXNORM"


def msh(kind="ORU^R01", sent="20261119100000", control="M1", character_set="UNICODE UTF-8", facility="HOSPITAL"):
    return segment(
        "MSH", _1="^~\\&", _2="ENGINE", _3=facility, _6=sent, _8=kind, _9=control, _11="2.5.1", _17=character_set
    )


def obr(number="F1", collected="20261118083000", reported="20261119090000", status="", placer=""):
    return segment("OBR", _2=placer, _3=number, _7=collected, _22=reported, _25=status)


def obx(value="150", *, kind="NM", code=B12, unit="ng/L", sub="", limits="", flag="", status="F", at=""):
    return segment("OBX", _2=kind, _3=code, _4=sub, _5=value, _6=unit, _7=limits, _8=flag, _11=status, _14=at)


def message(*segments, end="\r", **header):
    return end.join([msh(**header), *segments, ""])


def results(*observations, pid="PID|||7", order=None, **header):
    """An ORU message about patient 7 with one order."""
    return message(pid, order or obr(), *observations, **header)


class Hospital(Clinic):
    """A clinic whose hl7 folder holds messages."""

    def __init__(self, folder, **source):
        super().__init__(folder, source=[{"name": "engine", "kind": "hl7v2", "path": "hl7"} | source])
        (self.extracts / "hl7").mkdir()

    def send(self, *messages, name="a.hl7", encoding="utf-8"):
        data = b"".join(m if isinstance(m, bytes) else m.encode(encoding) for m in messages)
        self.put(f"hl7/{name}", data)
        return self

    def entries(self):
        return [entry for entry in self.store.entries() if entry.source == "engine"]

    def account(self, table="labs"):
        """Rows read, kept, off the pathway and quarantined."""
        [entry] = [entry for entry in self.entries() if entry.table == table]
        assert entry.conserved
        return entry.rows_read, entry.rows_kept, entry.rows_off_pathway, entry.rows_quarantined

    def measured(self, *columns, **when):
        return self.table("measurement", *columns, **when)

    def read(self, column, *messages):
        """A column of the measurements of these messages, in the order of their segments."""
        self.send(*messages).night()
        return [None if row[1] is None else str(row[1]) for row in sorted(self.measured("source_row", column))]

    def refused(self):
        rows = self.part("quarantine")
        return [] if rows.is_empty() else sorted(rows.select("source_row", "reason", "detail").rows())


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
    hospital.send(results(obx(), order=obr(collected="202611180130"), sent="202611191000+0200")).night()
    assert [str(row[0]) for row in hospital.measured("measured_at")] == ["2026-11-17 23:30:00"]


def test_a_sample_without_a_day_is_refused(hospital):
    unfit = ("2026", "202611", "20261332", "yesterday")
    hospital.send(*(results(obx(), order=obr(collected=collected)) for collected in unfit)).night()
    assert [row[1] for row in hospital.refused()] == ["bad_date"] * 4


def test_a_result_is_known_from_the_report_else_from_the_message(hospital):
    hospital.send(results(obx("150")), results(obx("160"), order=obr("F2", reported=""))).night()
    assert [str(row[1]) for row in hospital.measured("value_reported", "known_from")] == [
        "2026-11-19 09:00:00", "2026-11-19 10:00:00",
    ]  # fmt: skip


def test_segments_end_and_messages_are_framed_in_many_ways(hospital):
    for number, end in enumerate(("\r", "\n", "\r\n", "\r\r", "\n\r\n")):
        sent = [results(obx(value), order=obr(f"{number}{value}"), end=end) for value in ("150", "160", "170")]
        hospital.send("\ufeff", *sent, name=f"bare{number}.hl7")
        hospital.send(*(f"\v{one}\x1c\r" for one in sent), name=f"framed{number}.hl7")
    hospital.night()
    stored = hospital.part("measurement").sort("entry", "source_row")
    assert stored.select("value_reported", "source_row").rows() == [("150", 4), ("160", 8), ("170", 12)] * 10
    assert hospital.refused() == []


def test_a_batch_is_taken_off_and_held_against_its_count(hospital):
    inside = [results(obx("150")), results(obx("160"), order=obr("F2"))]
    whole = ["FHS|^~\\&|E\r", "BHS|^~\\&|E\r", *inside, "BTS|2\r", "FTS|1\r"]
    hospital.send(*whole).send(*whole[:-2], "BTS|3\r", "FTS|1\r", name="b.hl7").send(*whole[:-2], name="c.hl7").night()
    assert len(hospital.measured("value_reported")) == 2
    assert hospital.refused() == [
        (1, "malformed_record", "segment FHS: expected FTS at the end of the file; it was cut"),
        (2, "malformed_record", "segment BHS: expected BTS at the end of the file; it was cut"),
        (11, "malformed_record", "segment BTS: expected 3 messages in the batch, found 2"),
    ]


def test_delimiters_are_those_of_the_message(hospital):
    segments = [msh(), "PID|||7", obr("F~1"), obx(r">^20\T\00", kind="SN", unit=r"ng\S\L")]
    other = "\r".join(segments).translate(str.maketrans("|^~\\&", "#!*?@")) + "\r"
    hospital.send(other).night()
    assert hospital.refused()[0][1] == "not_a_result"  # ">20@00": the escape came out as the delimiter in use
    hospital.send(other.replace("20?T?00", "2000").replace("ng?S?L", "ng/L"), name="b.hl7").night()
    assert hospital.measured("measurement_id", "comparator", "value_reported") == [("F/2132-9", ">", ">2000")]


def test_escapes_are_read_and_nothing_is_lost_of_what_is_none(hospital):
    texts = {
        r"a\F\b\S\c\T\d\R\e\E\f": r"a|b^c&d~e\f",
        r"\XC2B5\g \XC2\\XB5\g": "µg µg",
        r"one\.br\two\.sp2\three \H\bold\N\ end": "one\ntwo three bold end",
        r"50\Q\ and \unfinished": r"50\Q\ and \unfinished",
        "\\E\\R\\E\\": "\\R\\",
        r"\XZZ\ \X4\.": r"\XZZ\ \X4\.",
    }
    told = (obx(code=f"2132-9^{raw}^LN", sub=str(i)) for i, raw in enumerate(texts))
    assert hospital.read("source_name", results(*told)) == list(texts.values())


def test_each_message_is_decoded_as_it_says(hospital):
    sets = (
        ("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("8859/15", "iso8859-15"), ("ISO-8859-1", "latin-1"),
        ("WINDOWS-1252", "cp1252"), ("UNICODE", "utf-8"), ("8859/1~ISO IR87", "latin-1"), ("", "utf-8"), ("ASCII", "utf-8"),
    )  # fmt: skip
    sent = [
        results(obx(code="2132-9^Cobalamine sérique^LN"), order=obr(f"F{i}"), character_set=name).encode(encoding)
        for i, (name, encoding) in enumerate(sets)
    ]
    assert hospital.read("source_name", *sent) == ["Cobalamine sérique"] * len(sets)


def test_where_messages_say_nothing_the_encoding_is_that_of_the_configuration(tmp_path):
    hospital = Hospital(tmp_path, labs={"encoding": "latin-1"})
    silent = results(obx(code="2132-9^é^LN"), character_set="")
    hospital.send(silent.encode("latin-1"), results(obx(code="2132-9^ü^LN"), order=obr("F2"))).night()
    assert hospital.measured("source_name") == [("é",), ("ü",)]


@pytest.mark.parametrize("declared", ["utf-8", "utf-16"])
def test_a_file_of_wide_characters_is_read(tmp_path, declared):
    hospital = Hospital(tmp_path, labs={"encoding": declared})
    hospital.send(results(obx(code="2132-9^µ^LN"), character_set="UNICODE UTF-16"), encoding="utf-16").night()
    assert hospital.measured("source_name") == [("µ",)]


def test_bytes_that_are_no_text_refuse_the_record_that_they_stand_in(hospital):
    damaged = results(
        obx("150", code="2132-9^\xe9^LN"),
        obx("160"),
        pid="PID|||7||M\xfcller^A||19500101",
        character_set="UNICODE UTF-8",
    ).encode("latin-1")
    hospital.send(damaged, results(obx("17\0"), order=obr("F2"))).night()
    assert hospital.measured("value_reported") == [("160",)]
    assert [row[:2] for row in hospital.refused()] == [
        (2, "malformed_record"), (4, "malformed_record"), (9, "malformed_record"),
    ]  # fmt: skip


def test_a_character_set_that_nobody_knows_refuses_its_message_alone(hospital):
    hospital.send(results(obx(), character_set="KLINGON"), results(obx("160"))).night()
    assert hospital.measured("value_reported") == [("160",)]
    [(row, reason, detail)] = hospital.refused()
    assert (row, reason) == (1, "malformed_record")
    assert detail.startswith("message 1, segment 1 MSH: MSH-18: expected a character set")


def test_a_line_that_begins_like_no_segment_goes_on_with_the_one_before(hospital):
    hospital.send(results("OBX|1|TX|9^Note^L||first line\rsecond, 12|||||F", obx())).night()
    assert hospital.account() == (2, 1, 1, 0)
    assert hospital.measured("source_row") == [(5,)]


def test_what_stands_in_the_wrong_place_is_refused_with_message_and_segment(hospital):
    hospital.send(
        "OBX|1|NM|x||1|||||F\r",  # 1: before any message
        message("PID|||7", obx("1")),  # 4: no OBR
        message(obr(), obx("2")),  # 7: no PID
        message("PID|||7", obr(), "OBX^1^NM^2132-9", "OBX|1|NM|2132-9", obx("150")),  # 11, 12
        message("PID|||7", "RXE||" + METFORMIN, kind="RDE^O11"),  # 16: no ORC
        "MSH|^^^^|E\rPID|||7\r",  # 17
        "MSH|^~\\&|E||||||\rPID|||7\r",  # 19
    ).night()
    assert hospital.measured("value_reported") == [("150",)]
    assert [(row, detail) for row, _, detail in hospital.refused()] == [
        (1, "segment OBX: expected an MSH before it; it stands in no message"),
        (4, "message 1, segment 3 OBX: expected an OBR before it"),
        (7, "message 2, segment 3 OBX: expected a PID before it"),
        (11, "message 3, segment 4 OBX: expected the delimiter of MSH-1 behind its name"),
        (12, "message 3, segment 5 OBX: expected a value in OBX-5; the segment ends before it"),
        (16, "message 4, segment 3 RXE: expected an ORC before it"),
        (17, r"message 5, segment 1 MSH: MSH-2: expected different signs that part components, repetitions and so on, "
         r"as in ^~\&"),
        (19, "message 6, segment 1 MSH: MSH-9: expected a message type, such as ORU^R01"),
    ]  # fmt: skip


def test_a_result_without_a_patient_number_is_missing_what_it_needs(hospital):
    hospital.send(results(obx(), pid="PID|1|||")).night()
    assert [row[1] for row in hospital.refused()] == ["missing_required"]
    [raw] = hospital.part("quarantine")["raw"]
    assert '"message":"M1","segment":"4 OBX"' in raw


def test_a_message_of_another_type_is_counted_off_the_pathway(hospital):
    hospital.send(
        message("MSA|AA|1", kind="ACK"), message("PID|||7", kind="SIU^S12"), message("PID|||8", obx(), kind="MDM^T02"),
        message("PID|||9||A^B", kind="ADT^A29"), results(obx()),
    ).night()  # fmt: skip
    assert hospital.account() == (5, 1, 4, 0)
    assert hospital.account("patients") == (0, 0, 0, 0)
    unmapped = hospital.part("unmapped").sort("code").select("code_system", "code", "row_count").rows()
    assert unmapped == [("HL70076", kind, 1) for kind in ("ACK", "ADT^A29", "MDM^T02", "SIU^S12")]


def test_a_file_that_was_cut_tells_it_and_keeps_what_is_whole(hospital):
    whole = results(obx("150"), obx("160", sub="2"))
    hospital.send(whole[: whole.index("|160|") + 3])  # ...|2|16
    hospital.send(f"\v{results(obx('170'), order=obr('F3'))}", name="b.hl7")  # no end block, and the last is a result
    hospital.send(f"\v{message('PID|||7', obr())}", name="c.hl7")
    hospital.send(results(obx("180"), order=obr("F4"))[:-1], name="d.hl7")  # no line end, and yet complete
    hospital.send(whole[: whole.index("|160|") + 3], results(obx("190"), order=obr("F5")), name="e.hl7")
    hospital.night()
    assert hospital.measured("value_reported") == [("150",), ("170",), ("180",), ("190",)]
    told = [(row, detail.split("; ")[1]) for row, _, detail in hospital.refused()]
    assert told == [
        (3, "the message was cut here"), (5, "the message was cut here"), (5, "the message was cut here"),
    ]  # fmt: skip


def test_files_without_any_message_are_told_or_empty(hospital):
    hospital.send("", name="empty.hl7").send("\r\n \n", name="blank.hl7").send("PID|||7\rOBX|1\r", name="half.hl7")
    hospital.send(bytes(range(256)) * 50, name="binary.hl7").send(b"\x1f\x8bnothing", name="broken.hl7.gz")
    hospital.send("notes about 5 patients", name="notes.txt")
    hospital.put("hl7/results.dat", results(obx()).encode())
    intake = hospital.night()
    assert {(unread.file, unread.table) for unread in intake.unread} == {
        (name, table)
        for name in ("half.hl7", "binary.hl7", "broken.hl7.gz")
        for table in ("labs", "patients", "prescriptions")
    }
    assert intake.ignored == ("notes.txt",)
    assert {(entry.file, entry.rows_read) for entry in hospital.entries() if entry.table == "labs"} == {
        ("empty.hl7", 0), ("blank.hl7", 0), ("results.dat", 1),
    }  # fmt: skip


def test_an_embedded_document_of_some_megabytes_is_no_result_and_harms_none(hospital):
    document = obx("LAB^AP^PDF^Base64^" + "QUJD" * 1_300_000, kind="ED", unit="")
    hospital.send(results(obx("150"), document, obx("160", sub="2")), results(obx("170"), order=obr("F2"))).night()
    assert [row[0] for row in hospital.measured("value_reported")] == ["150", "160", "170"]
    assert [row[1] for row in hospital.refused()] == ["not_a_result"]
    assert len(hospital.part("quarantine")["raw"][0]) < 3_000


def test_a_message_that_is_sent_again_changes_nothing(hospital):
    hospital.send(results(obx()), results(obx())).send(results(obx()), name="again.hl7").night()
    assert hospital.measured("measurement_id", "value_reported") == [("F1/2132-9", "150")]


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
        results(obx(), pid="PID|||7||Wrong||18990101"),
    )
    hospital.night()
    assert persons(hospital) == [("7", "1950-03-01", "F", "2026-11-01", "NORTH", "House", "Anna")]
    alive = "PID|||7" + "|" * 26 + '""'
    hospital.send(
        message(PERSON, kind="ADT^A01", sent="20261104"), message(alive, kind="ADT^A08"), name="b.hl7"
    ).night()
    assert persons(hospital)[0][3] is None


def test_a_death_without_a_date_is_dated_by_its_message(hospital):
    hospital.send(message(PERSON + "|" * 22 + "Y", kind="ADT^A03", sent="202611031200")).night()
    assert persons(hospital)[0][3] == "2026-11-03"


def test_a_birth_that_is_withheld_in_part_stands_in_the_middle(hospital):
    births = {"1950": "1950-07-01", "195003": "1950-03-15", "195003011530": "1950-03-01"}
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


def test_the_state_of_an_order_is_that_of_its_control_or_status(hospital):
    states = (
        ("NW", "", "active", "None"), ("XO", "IP", "active", "None"), ("SC", "CM", "completed", "2026-10-28"),
        ("DC", "", "discontinued", "2026-11-05"), ("SC", "DC", "discontinued", "2026-11-05"),
        ("HD", "", "on-hold", "2026-10-28"),
    )  # fmt: skip
    for i, (control, state, *_) in enumerate(states):
        orc = segment("ORC", _1=control, _3=f"R{i}", _5=state, _9="20261105")
        hospital.send(message("PID|||7", orc, f"RXE|^^^20261001|{METFORMIN}", kind="RDE^O11"), name=f"{i}.hl7")
    hospital.night()
    assert [(row[4], row[6]) for row in exposed(hospital)] == [(status, end) for *_, status, end in states]


def test_a_cancelled_order_is_withdrawn(hospital):
    order = ("PID|||7", f"RXE|^^^20261001|{METFORMIN}")
    hospital.send(
        message(order[0], "ORC|NW||R1||||||20261001", order[1], kind="RDE^O11"),
        message(order[0], "ORC|CA||R1||||||20261002", order[1], kind="RDE^O11"),
    ).night()
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
