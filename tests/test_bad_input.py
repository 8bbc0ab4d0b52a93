"""Bad input on the command line: the exit code, what is said of it, what is lost, and that no patient is named."""

import gzip
import os
import shutil
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from pipelines.publish.history import load_runs
from tests.practice import OPENING, Practice

LABS = "patient_id,result_id,test_code,value,unit,collected_at\n"
DRUGS = "patient_id,prescription_id,drug_name,start_date\n"
VALUE = "123.4567"


def good(people: range) -> str:
    return "".join(f"SECRET{n},r{n},2132-9,{VALUE},ng/L,2024-02-01\n" for n in people)


class Said(NamedTuple):
    """How a command ended, and what it said on both streams."""

    code: int
    text: str


@pytest.fixture
def b12(monkeypatch, capsys) -> Callable[..., Said]:
    """The command, in this process; whatever it says names no patient and no value."""

    def run(*arguments: object) -> Said:
        monkeypatch.setattr("sys.argv", ["b12", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        streams = capsys.readouterr()
        text = " ".join((streams.out + streams.err).replace("│", " ").split())
        for private in ("SECRET", VALUE, "Traceback"):
            assert private not in text
        return Said(code, text)

    return run


@pytest.fixture
def run(b12) -> Callable[..., Said]:
    """The nightly job on a practice."""

    def night(practice: Practice, *options: object) -> Said:
        return b12("--home", practice.home, "run", "--extracts", practice.extracts, "--as-of", OPENING, *options)

    return night


@pytest.fixture
def practice(tmp_path) -> Practice:
    """A practice with one file of prescriptions and no labs yet."""
    practice = Practice(tmp_path)
    drugs = "".join(f"SECRET{n},m{n},Metformin 500 mg tablets,2024-01-05\n" for n in range(3))
    practice.put("prescriptions.csv", (DRUGS + drugs).encode())
    return practice


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Practice:
    """A practice with a publication of three people."""
    practice = Practice(tmp_path_factory.mktemp("published"))
    practice.put("labs.csv", (LABS + good(range(3))).encode())
    practice.put("prescriptions.csv", (DRUGS + "SECRET0,m0,Metformin 500 mg tablets,2024-01-05\n").encode())
    practice.night()
    return practice


def account(practice: Practice, file: str) -> tuple[int, int, int, int]:
    """Rows of a file that were read, kept, off the pathway and quarantined."""
    [row] = practice.rows(
        f"SELECT rows_read, rows_kept, rows_off_pathway, rows_quarantined FROM source_file WHERE source_file = '{file}'"
    )
    return row


def refused_rows(practice: Practice) -> list[tuple]:
    return practice.rows("SELECT source_row, reason FROM quarantine ORDER BY ALL")


# --- wrong usage and configuration: exit code 2, nothing read ------------------------------------------------------


def test_without_an_extracts_folder_it_says_what_to_give(run, practice):
    practice.extracts = practice.extracts / "missing"
    said = run(practice)
    assert said.code == 2
    assert f"{practice.extracts} of source 'default' does not exist" in said.text
    assert "Give the folder that holds labs*.csv and prescriptions*.csv" in said.text


def test_a_file_for_a_folder_is_told(run, practice):
    practice.extracts = practice.extracts / "prescriptions.csv"
    said = run(practice)
    assert said.code == 2
    assert "prescriptions.csv of source 'default' is a file, not a folder" in said.text


def test_without_labs_it_says_what_was_expected_and_what_is_there(run, practice):
    practice.put("LABORATORY.csv", LABS.encode())
    said = run(practice)
    assert said.code == 2
    assert "No file of labs was found, now or before. Expected labs*.csv" in said.text
    assert "Files that belong to no table: LABORATORY.csv" in said.text
    assert not (practice.home / "published").exists()


CONFIGURATIONS = {
    "profile = \n": ["b12.toml is not valid TOML", "line 1"],
    'profile = "uk"\n': ["uk", "uk_nice_ng239"],
    'timezone = "Europe/Lodon"\n': ["line 1: timezone: no time zone named 'Europe/Lodon'"],
    '\n[[source]]\nname = "a"\n[source.labs]\ncolums = { value = "RESULT" }\n': ["line 5: unknown key 'colums'; nearest is 'columns'"],
    '[[source]]\nname = "a"\n[source.labs]\ncolumns = { valu = "RESULT" }\n': ["names 'valu'", "nearest is 'value'"],
    '[[source]]\nname = "a"\n[source.labs]\ncolumns = { value = "RESULT" }\n': [
        "labs.csv: [source.labs] columns maps value to 'RESULT', which the file does not have",
        "Columns that exist: patient_id, result_id, test_code, value, unit, collected_at",
        "nothing was read",
    ],
    '[[source]]\nname = "a"\n[source.labs]\nencoding = "latin1000"\n': ["line 4: source.0.labs.encoding: no encoding named 'latin1000'"],
    '[[source]]\nname = "a"\n[source.labs]\ndelimiter = ";"\n': ["labs.csv: no column patient_id", "is the delimiter really ';'"],
    '[[source]]\nname = "a"\npath = "elsewhere"\n': ["elsewhere of source 'a' does not exist"],
    '[[code]]\ntable = "labs"\nconcepts = { VB12 = "serum_b12x" }\n': ["serum_b12x", "serum_b12"],
    '[[code]]\ntable = "labs"\nnames = { "(" = "serum_b12" }\n': ["("],
    '[overrides]\n"b12_total.mass_low_ngl" = 200\n': ["No profile number named 'b12_total.mass_low_ngl'. Did you mean 'b12_total.mass_low_ng_l'"],
    '[overrides]\n"b12_total.mass_low_ng_l" = "many"\n': ["b12_total.mass_low_ng_l", "set a number"],
    '[overrides]\n"b12_total.mass_low_ng_l" = -5\n': ["b12_total.mass_low_ng_l", "out of bounds", "from 50 to 500"],
    '[max_change]\nlow_b12 = 0.5\n': ["No worklist named 'low_b12'"],
}  # fmt: skip


@pytest.mark.parametrize("text", CONFIGURATIONS, ids=range(len(CONFIGURATIONS)))
def test_a_wrong_configuration_stops_the_run_with_its_place_and_what_was_meant(run, practice, text):
    practice.put("labs.csv", (LABS + good(range(3))).encode())
    practice.configure(text)
    said = run(practice)
    assert said.code == 2, said
    for words in CONFIGURATIONS[text]:
        assert words in said.text
    assert not list((practice.home / "store" / "files").glob("*"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--as-of", "20-11-2026"], ["--as-of", "20-11-2026", "%Y-%m-%d"]),
        (["--known-at", "2026-02-30"], ["--known-at", "2026-02-30"]),
        (["--profile", "mars"], ["mars", "uk_nice_ng239"]),
        (["--accept-change", "low_b12"], ["No worklist named 'low_b12'"]),
        (["--extract", "x"], ["--extract"]),
        (["--as-of", "0026-11-20"], ["year 26", "from 1900 to 2199"]),
        (["--known-at", "9999-12-31"], ["year 9999"]),
    ],
)
def test_wrong_usage_is_told(run, practice, options, words):
    said = run(practice, *options)
    assert said.code == 2
    for word in words:
        assert word in said.text


def test_a_site_without_people_is_told_before_lists_are_written_for_nobody(run, published):
    before = published.current["run_id"]
    said = run(published, "--site", "Nowhere")
    assert said.code == 2
    assert "No site named 'Nowhere' has people. Known: none." in said.text
    assert published.current["run_id"] == before


def test_a_configuration_that_is_not_there_is_told(b12, practice):
    said = b12("--home", practice.home, "--config", practice.home / "other.toml", "status")
    assert said.code == 2
    assert f"No configuration file at {practice.home / 'other.toml'}" in said.text


# --- files that cannot be taken: exit code 3, the publication stays -------------------------------------------------


def a_truncated_gzip(path: Path) -> None:
    path.with_suffix(".csv.gz").write_bytes(gzip.compress((LABS + good(range(20_000))).encode())[:-300])


def a_broken_gzip(path: Path) -> None:
    path.with_suffix(".csv.gz").write_bytes(gzip.compress((LABS + good(range(5))).encode())[:20])


def a_binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 200)


def a_parquet_cut_short(path: Path) -> None:
    table = pa.table({"patient_id": ["SECRET1"]})
    pq.write_table(table, path)
    path.write_bytes(path.read_bytes()[:-10])


def columns_of_one_name(path: Path) -> None:
    path.write_text(LABS.replace("unit", "Value") + good(range(1)))


def no_header(path: Path) -> None:
    path.write_text(good(range(5)))


def nested_columns(path: Path) -> None:
    pq.write_table(pa.table({"patient_id": ["SECRET1"], "value": [[1.5]]}), path)


UNREADABLE = {
    a_truncated_gzip: "labs_1.csv.gz is truncated or corrupt: its gzip data do not decompress to the end",
    a_broken_gzip: "labs_1.csv.gz is truncated or corrupt: its gzip data do not decompress to the end",
    a_binary: "labs_1.csv is not text in the declared encoding",
    a_parquet_cut_short: "labs_1.csv is not a complete Parquet file",
    columns_of_one_name: "labs_1.csv has columns of the same name: value, Value",
    no_header: "labs_1.csv: the first line looks like data",
    nested_columns: "labs_1.csv has nested or binary columns: value",
}


def test_a_file_that_cannot_be_read_is_named_and_the_publication_stays_stamped_stale(run, published, tmp_path):
    practice = published.copy(tmp_path)
    before = practice.database.read_bytes()
    a_truncated_gzip(practice.extracts / "labs_1.csv")
    said = run(practice)
    assert said.code == 3
    assert UNREADABLE[a_truncated_gzip] in said.text
    assert "deliver it again, complete" in said.text
    assert "stays, stamped stale" in said.text
    assert practice.database.read_bytes() == before
    assert UNREADABLE[a_truncated_gzip] in practice.current["stale_because"]
    assert practice.current["stale_since"] is not None


def test_every_kind_of_file_that_cannot_be_read_is_told_of_and_the_others_are_taken(run, published, tmp_path):
    practice = published.copy(tmp_path)
    for number, deliver in enumerate(UNREADABLE):
        folder = practice.extracts / f"labs/{number}"
        folder.mkdir(parents=True)
        deliver(folder / "labs_1.csv")
    practice.put("labs_2.csv", (LABS + good(range(3, 5))).encode())
    said = run(practice)
    assert said.code == 3
    assert f"And {len(UNREADABLE) - 1} more" in said.text
    refusing = load_runs(practice.home / "runs")[-1]
    told = [check["detail"] for check in refusing.checks if check["check_name"].startswith("gate.files_are_readable: ")]
    assert len(told) == len(UNREADABLE)
    for words, detail in zip(UNREADABLE.values(), told, strict=True):
        assert words in detail
        assert "SECRET" not in detail
    shutil.rmtree(practice.extracts / "labs")
    assert run(practice).code == 0
    assert account(practice, "labs_2.csv") == (2, 2, 0, 0)  # it was taken by the night that was refused


def test_a_file_that_grows_while_it_is_read_is_not_taken_and_the_next_run_takes_it(run, published, tmp_path):
    practice = published.copy(tmp_path)
    path = practice.put("labs_1.csv", (LABS + good(range(50_000))).encode())
    stop = threading.Event()

    def grow() -> None:
        with path.open("a") as file:
            number = 50_000
            while not stop.wait(0.001):
                file.write(good(range(number, number + 1)))
                file.flush()
                number += 1

    growing = threading.Thread(target=grow)
    growing.start()
    try:
        said = run(practice)
    finally:
        stop.set()
        growing.join()
    assert said.code == 3
    assert "labs_1.csv changed while it was read; nothing of it was taken" in said.text
    assert run(practice, "--accept-change", "low_b12_untreated").code == 0
    records = path.read_bytes().count(b"\n") - 1
    assert account(practice, "labs_1.csv") == (records, records, 0, 0)


# --- files with something wrong in them: what can be read is read, and nothing is lost ------------------------------


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf" + LABS.encode()])
def test_labs_without_a_row_publish_nothing(run, practice, content):
    practice.put("labs.csv", content)
    said = run(practice)
    assert said.code == 3
    assert "rows of labs are a serum vitamin B12" in said.text
    assert not (practice.home / "published").exists()


TYPED = {
    "patient_id": pa.array([1, 2, 3], pa.int64()),
    "result_id": pa.array([11, 12, 13], pa.int32()),
    "test_code": pa.array(["2132-9"] * 3).dictionary_encode(),
    "value": pa.array([90, 91.5, None], pa.float64()),
    "unit": pa.array(["ng/L"] * 3, pa.large_string()),
    "collected_at": pa.array([datetime(2024, 2, 1, 8, 30)] * 3, pa.timestamp("ns", tz="UTC")),
    "reported_at": pa.array([datetime(2024, 2, 2).date()] * 3, pa.date32()),
    "is_fasting": pa.array([True, False, None]),
}


def as_parquet(path: Path) -> None:
    pq.write_table(pa.table(TYPED), path)


def with_rows(*rows: str, header: str = LABS) -> Callable[[Path], None]:
    return lambda path: path.write_bytes((header + "".join(rows)).encode("utf-8", "surrogateescape"))


def in_latin_1(path: Path) -> None:
    rows = "SECRET1,r1,2132-9,90,ng/L,2024-02-01,Zoë\nSECRET2,r2,2132-9,90,ng/L,2024-02-01,Zoe\n"
    text = LABS.strip() + ",test_name\n" + rows
    path.write_bytes(text.replace("\n", "\r\n").encode("latin-1"))


A_NUL = "SECRET8,r8,2132-9,9\0,ng/L,2024-02-01\n"
TEN_MEGABYTES = f"SECRET8,r8,2132-9,{'9' * 10_000_000},ng/L,2024-02-01\n"
A_STRAY_QUOTE = 'SECRET8,"r8,2132-9,90,ng/L,2024-02-01\n'
A_SHORT_LINE = "SECRET8,r8,2132-9,90\n"
WHOLE = good(range(5)).splitlines(keepends=True)
BROKEN = (WHOLE[0], A_NUL, WHOLE[1], TEN_MEGABYTES, WHOLE[2], A_STRAY_QUOTE, WHOLE[3], A_SHORT_LINE, WHOLE[4])
BLANK = ("\t,r9,2132-9,90,ng/L,2024-02-01\n", "SECRET3,r3,\t,90,ng/L,2024-02-01\n")
DATES = tuple(
    f"SECRET{n},r{n},2132-9,90,ng/L,{on}\n" for n, on in enumerate(("2024-02-01", "01/02/2024", "1-Feb-2024"))
)
DECLARED = '[[source]]\nname = "default"\n[source.labs]\n'


@pytest.mark.parametrize(
    ("deliver", "declared", "expected", "refused"),
    [
        (with_rows(*BROKEN), "", (9, 5, 0, 4), [(place, "malformed_record") for place in (2, 4, 6, 8)]),
        (in_latin_1, "", (2, 1, 0, 1), [(1, "malformed_record")]),
        (in_latin_1, 'encoding = "latin-1"\n', (2, 2, 0, 0), []),
        (with_rows(*DATES, *BLANK), "", (5, 1, 0, 4), [(2, "bad_date"), (3, "bad_date"), (4, "missing_required"), (5, "missing_required")]),
        (with_rows(*DATES), 'date_formats = ["%Y-%m-%d", "%d/%m/%Y", "%d-%b-%Y"]\n', (3, 3, 0, 0), []),
        (as_parquet, "", (3, 2, 0, 1), [(3, "missing_required")]),
    ],
    ids=["broken lines", "another encoding", "the encoding declared", "dates of three formats and nothing but a tab", "three formats declared", "typed Parquet"],
)  # fmt: skip
def test_a_bad_record_is_set_aside_alone(run, practice, deliver, declared, expected, refused):
    deliver(practice.extracts / "labs.csv")
    if declared:
        practice.configure(DECLARED + declared)
    assert run(practice).code == 0
    assert account(practice, "labs.csv") == expected
    assert refused_rows(practice) == refused


@pytest.mark.parametrize(("records", "quotes"), [(100_000, [50_000]), (1_000_000, [17, 999_998])])
def test_a_stray_quote_in_a_big_file_costs_its_own_record(run, practice, records, quotes):
    lines = [f"SECRET1,k{number},2823-3,4.1,mmol/L,2024-02-01\n" for number in range(records)]
    whole = {quotes[0] - 1: 1, quotes[0] + 1: 2, quotes[-1] - 1: 3, records - 1: 4}  # on the pathway, beside the quotes
    for place, number in whole.items():
        lines[place] = good(range(number, number + 1))
    for place in quotes:
        lines[place] = lines[place].replace(",k", ',"k', 1)
    practice.put("labs.csv", (LABS + "".join(lines)).encode())
    assert run(practice).code == 0
    kept = len(whole)
    assert account(practice, "labs.csv") == (records, kept, records - kept - len(quotes), len(quotes))
    assert refused_rows(practice) == [(place + 1, "malformed_record") for place in quotes]
    found = practice.rows("SELECT source_row - 1, measurement_id FROM measurement ORDER BY ALL")
    assert found == sorted((place, f"r{number}") for place, number in whole.items())


def test_a_quarantined_record_is_shown_as_it_was_delivered(run, practice):
    practice.put(
        "labs.csv",
        (
            LABS.replace("unit", "unit,reason,detail")
            + 'SECRET1,r1,2132-9,haemolysed,ng/L,because,"a ""b""",2024-02-01\n'
            + "SECRET2,r2,2132-9,90,ng/L,,,2024-02-01\n"
        ).encode(),
    )
    assert run(practice).code == 0
    [(raw,)] = practice.rows("SELECT raw FROM quarantine")
    assert (
        raw
        == '{"patient_id":"SECRET1","result_id":"r1","test_code":"2132-9","value":"haemolysed","unit":"ng/L","reason":"because","detail":"a \\"b\\"","collected_at":"2024-02-01"}'
    )


def test_a_mapping_that_quarantines_half_a_file_is_refused(run, practice):
    practice.put(
        "labs.csv", (LABS + good(range(300)) + good(range(300, 600)).replace("2024-02-01", "01.02.2024")).encode()
    )
    said = run(practice)
    assert said.code == 3
    assert "300 of 600 rows of labs.csv were quarantined" in said.text


@pytest.mark.skipif(os.geteuid() == 0, reason="Nothing is forbidden to root.")
def test_a_file_without_the_right_to_read_it_is_named(run, published, tmp_path):
    practice = published.copy(tmp_path)
    practice.put("labs_1.csv", LABS.encode()).chmod(0)
    said = run(practice)
    assert said.code == 3
    assert "labs_1.csv: Permission denied. Nothing of it was taken; give the account" in said.text
