"""What a file is by its first rows: form, encoding, delimiter, header; and what its columns are called."""

import gzip
from pathlib import Path

import pytest

from pipelines.ingest.header import read_header
from pipelines.onboarding.headers import likeness, unit_in, words_of
from pipelines.onboarding.layout import layout_of
from pipelines.onboarding.samples import cut_after, encoding_of, form_of, take_sample


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        ("plain", "ascii", ("ascii", True)),
        ("Hämoglobin", "utf-8", ("utf-8", True)),
        ("Hämoglobin", "utf-16", ("utf-16", True)),
        ("Hämoglobin, Folsäure, µmol", "cp1252", ("cp1252", False)),
        ("Hämoglobin, prélèvement", "cp850", ("cp850", False)),
        ("Hämoglobin, prélèvement", "mac-roman", ("mac-roman", False)),
    ],
)
def test_an_encoding_is_told_by_its_letters(text, encoding, found):
    assert encoding_of(text.encode(encoding)) == found


@pytest.mark.parametrize("raw", [b"a\0b", bytes(range(0x80, 0x100)) * 3, b"\x01\x02 \xe4"])
def test_bytes_that_are_no_text_are_binary(raw):
    assert encoding_of(raw)[0] == "binary"


def test_a_sample_ends_after_whole_records():
    text = 'a,b\n1,"x\ny"\n2,z\n'
    assert cut_after(text, 2) == (len("a,b\n"), 1)
    assert cut_after(text, 3) == (len('a,b\n1,"x\ny"\n'), 3)
    assert cut_after(text, 99) == (len(text), 4)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("MSH|^~\\&|LAB", "hl7"),
        ('{"resourceType": "Patient"}\n', "ndjson"),
        ("[1]", "json"),
        ('{"a":\n1}', "json"),
        ("a,b", "csv"),
    ],
)
def test_the_form_is_told_by_the_first_line(text, form):
    assert form_of(text) == form


def test_a_sample_is_compressed_as_its_file_is_and_reads_alike(tmp_path):
    path = tmp_path / "labs.csv.gz"
    path.write_bytes(gzip.compress(b"a;b\r\n" + b"1;2\r\n" * 50))
    sample = take_sample(path, "labs.csv.gz", tmp_path / "scratch", rows=10)
    assert (sample.lines, sample.is_whole) == (11, False)
    assert gzip.decompress((tmp_path / "scratch" / "labs.csv.gz").read_bytes()).count(b"\n") == 11
    assert layout_of(sample).columns == ("a", "b")
    assert take_sample(path, "labs.csv.gz", tmp_path / "scratch", rows=50).is_whole


@pytest.mark.parametrize(
    ("text", "delimiter", "columns"),
    [
        ("a;b\n1,5;2\n1,6;3\n", ";", ("a", "b")),
        ("a\tb,c\n1\t2,3\n1\t2\n", "\t", ("a", "b,c")),
        ("sep=|\na|b\n", "|", ("a", "b")),
        ('"a, x",b\n"1, 2",3\n', ",", ("a, x", "b")),
    ],
)
def test_delimiter_and_columns(tmp_path, text, delimiter, columns):
    (tmp_path / "x.csv").write_text(text)
    layout = layout_of(take_sample(tmp_path / "x.csv", "x.csv", tmp_path / "scratch", 10))
    assert (layout.delimiter, layout.columns, layout.problem) == (delimiter, columns, "")


def test_the_line_by_which_excel_is_told_the_delimiter_is_no_header():
    header = read_header(b"sep=;\r\na;b\r\n1;2\r\n", Path("x.csv"), b";")
    assert (header.columns, header.lines) == (("a", "b"), 2)
    assert read_header(b"sep=a;b\r\n1;2\r\n", Path("x.csv"), b";").columns == ("sep=a", "b")


@pytest.mark.parametrize(
    ("header", "table", "column"),
    [
        ("PatientNumber", "labs", "patient_id"),
        ("PAT_NR.", "patients", "patient_id"),
        ("Numéro patient", "prescriptions", "patient_id"),
        ("Entnahmedatum", "labs", "collected_at"),
        ("Date de prélèvement", "labs", "collected_at"),
        ("GEBURTSDATUM", "patients", "birth_date"),
        ("drug_name", "prescriptions", "drug_name"),
    ],
)
def test_a_column_is_known_by_its_name_in_several_languages(header, table, column):
    assert likeness(header, table, column) >= 3
    assert likeness("Bemerkung", table, column) == 0


def test_words_of_a_name():
    assert (
        words_of("PatientNumber") == words_of("patient_number") == words_of("PATIENT NUMBER") == ("patient", "number")
    )
    assert words_of("Wirkstärke") == ("wirkstaerke",)
    assert words_of("Numéro") == ("numero",)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("B12_pmol_L", ("B12", "pmol/L")),
        ("Vitamin B12 (ng/L)", ("Vitamin B12", "ng/L")),
        ("Hb_g_dL", ("Hb", "g/dL")),
        ("MCV_fL", ("MCV", "fL")),
        ("HbA1c %", ("HbA1c", "%")),
        ("pmol_L", None),
        ("B12", None),
        ("Draw Date", None),
    ],
)
def test_a_unit_in_a_header(header, found):
    assert unit_in(header) == found
