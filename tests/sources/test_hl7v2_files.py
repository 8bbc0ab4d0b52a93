"""Files of HL7 v2 messages: framing, delimiters, encodings; what is refused, and where it says so."""

import pytest

from pipelines.config import Settings
from pipelines.sources import hl7_reading
from tests.sources.hl7_hospital import METFORMIN, Hospital, message, msh, obr, obx, results


@pytest.fixture
def hospital(tmp_path):
    return Hospital(tmp_path)


def test_segments_end_and_messages_are_framed_in_many_ways(hospital):
    for number, end in enumerate(("\r", "\n", "\r\n", "\r\r", "\n\r\n")):
        sent = [results(obx(value), order=obr(f"{number}{value}"), end=end) for value in ("150", "160", "170")]
        hospital.send("\ufeff", *sent, name=f"bare{number}.hl7")
        hospital.send(*(f"\v{one}\x1c\r" for one in sent), name=f"framed{number}.hl7")
    hospital.night()
    stored = hospital.part("measurement").sort("entry", "source_row")
    assert stored.select("value_reported", "source_row").rows() == [("150", 4), ("160", 8), ("170", 12)] * 10
    assert hospital.refused() == []


@pytest.mark.parametrize("idle", ["\v\x1c\r", "\x1c", "\x1c\r\n"])
def test_frames_without_a_message_are_passed_over_however_many_there_are(hospital, idle):
    hospital.send(f"\v{results(obx('150'))}\x1c\r", idle * 2_000, f"\v{results(obx('160'), order=obr('F2'))}\x1c\r")
    hospital.send(results(obx("170"), order=obr("F3")), idle * 2_000, name="b.hl7").night()
    assert hospital.measured("value_reported") == [("150",), ("160",), ("170",)]
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
        message("PID|||7", obr(), "OBX^1^NM^2132-9", "OBX|1|NM|2132-9|", obx("150")),  # 11, 12
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


def test_nothing_behind_a_segment_that_cannot_be_read_goes_to_the_one_before(hospital):
    first = ["PID|||7", obr(), obx("150")]
    hospital.send(
        message(*first, "PID^^^8", obr("F2"), obx("160"), "PID|||9", obx("170")),
        message("PID|||7", obr("F3"), obx("180"), "OBR^^^F4", obx("190")),
        message("PID|||7", "ORC|NW||R1", "ORC^NW^^R2", f"RXE|^^^20261001|{METFORMIN}", kind="RDE^O11"),
    ).night()
    assert hospital.measured("person_id", "value_reported") == [("7", "150"), ("7", "180")]
    assert [(row, detail.split(": ")[1]) for row, _, detail in hospital.refused()] == [
        (5, "expected the delimiter of MSH-1 behind its name"),
        (7, "expected a PID before it"),
        (9, "expected an OBR before it"),
        (14, "expected the delimiter of MSH-1 behind its name"),
        (15, "expected an OBR before it"),
        (19, "expected the delimiter of MSH-1 behind its name"),
        (20, "expected an ORC before it"),
    ]


def test_two_sources_read_one_file_each_in_its_own_way(tmp_path):
    hospital = Hospital(tmp_path)
    engine = {"kind": "hl7v2", "path": "hl7"}
    hospital.settings = Settings(
        source=[engine | {"name": "mrn"}, engine | {"name": "nhs", "path": "copy", "authority": "NHS"}]
    )
    both = results(obx(), pid="PID|||7^^^HOSP^MR~99^^^NHS^NH||A")
    hospital.put("copy/a.hl7", both.encode())
    hospital.send(both).night()
    assert hospital.measured("person_id") == [("7",), ("99",)]
    assert hospital.table("person", "person_id") == [("7",), ("99",)]


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


@pytest.mark.parametrize(
    ("sent_for", "is_real"), [("T", False), ("t^I", False), ("D", False), ("P", True), ("P^T", True), ("", True)]
)
def test_a_message_of_training_or_debugging_is_counted_and_speaks_of_nobody(hospital, sent_for, is_real):
    trained = [
        one.replace("|M1||2.5.1", f"|M1|{sent_for}|2.5.1")
        for one in (results(obx()), message("PID|||7||Doe", kind="ADT^A08"))
    ]
    hospital.send(*trained).night()
    assert hospital.account("labs") == ((1, 1, 0, 0) if is_real else (2, 0, 2, 0))
    assert len(hospital.table("person", "person_id")) == is_real
    if not is_real:
        told = hospital.part("unmapped").select("code_system", "code", "name").sort("name").rows()
        assert told == [("HL70103", sent_for[0].upper(), kind) for kind in ("ADT^A08", "ORU^R01")]


def test_of_very_many_refused_segments_only_the_beginnings_are_kept(hospital, monkeypatch):
    monkeypatch.setattr(hl7_reading, "MOST_RAW", 600)
    segment = "OBX|1|NM|" + "x" * 500
    hospital.send(message("PID|||7", *[segment] * 4)).night()
    assert [len(raw) for raw in hospital.part("quarantine").sort("source_row")["raw"]] == [509, 509, 200, 200]


def test_a_file_that_was_cut_tells_it_and_keeps_what_is_whole(hospital):
    whole = results(obx("150"), obx("160", sub="2"))
    hospital.send(whole[: whole.index("|160|") + 3])  # ...|2|16
    hospital.send(f"\v{results(obx('170'), order=obr('F3'))}", name="b.hl7")  # no end block, and the last is a result
    hospital.send(f"\v{message('PID|||7', obr())}", name="c.hl7")
    hospital.send(results(obx("180"), order=obr("F4"))[:-1], name="d.hl7")  # no line end, and yet complete
    hospital.send(whole[: whole.index("|160|") + 3], results(obx("190"), order=obr("F5")), name="e.hl7")
    hospital.night()
    assert hospital.measured("value_reported") == [("150",), ("170",), ("180",), ("190",)]
    cut, lost = "the message was cut here", "segments are missing from its end"
    told = sorted((row, detail.split("; ")[1]) for row, _, detail in hospital.refused())
    assert told == [(1, lost), (1, lost), (5, cut), (5, cut)]


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
