"""``b12 init`` on files as they come: what it proposes, what it doubts, what it leaves alone, and what it never tells."""

import os
import re
import tomllib
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.config import load_settings
from pipelines.errors import ConfigurationError
from pipelines.onboarding.starting import start
from tests.onboarding.messy import NHS, SECRET, american, documents, french, german, write

NOW = datetime(2026, 11, 20, 2)


def init(extracts: Path, home: Path, **options):
    return start(home, extracts, **{"output": None, "force": False, "now": NOW, **options})


@pytest.fixture(scope="module")
def messy(tmp_path_factory):
    """A folder of three senders and some documents, proposed once."""
    folder = tmp_path_factory.mktemp("messy")
    german(folder / "extracts" / "de")
    french(folder / "extracts" / "fr")
    american(folder / "extracts" / "us")
    documents(folder / "extracts")
    started = init(folder / "extracts", folder / "home")
    return started, load_settings(started.written), folder


def read(started) -> dict[str, dict]:
    return {row["file"]: row for row in started.offer.trial.read.to_dicts()}


def source(settings, name):
    return next(source for source in settings.source if source.name == name)


def doubts(started, about: str) -> str:
    return " / ".join(text for place, text in started.offer.proposal.doubts if place == about)


def left(started, name: str):
    return next(each for each in started.offer.proposal.leftovers if each.name == name)


def test_a_german_laboratory_is_read_with_its_signs_and_dates(messy):
    started, settings, _ = messy
    labs = source(settings, "de").labs
    assert (labs.delimiter, labs.decimal, labs.encoding) == (";", ",", "cp1252")
    assert labs.date_formats == ("%d.%m.%Y %H:%M", "%d.%m.%Y")
    assert labs.columns == {
        "patient_id": "PATIENTENNR", "result_id": "AUFTRAGSNUMMER", "test_code": "ANALYT", "test_name": "BEZEICHNUNG",
        "value": "ERGEBNIS", "unit": "EINHEIT", "ref_low": "NORMBEREICH UNTEN", "collected_at": "ENTNAHMEDATUM",
        "reported_at": "BEFUNDDATUM",
    }  # fmt: skip
    assert labs.constants == {"code_system": "DE"}
    found = read(started)["Laborwerte_2024.csv"]
    assert (found["rows_read"], found["kept"], found["off_pathway"], found["quarantined"]) == (120, 90, 30, 0)
    assert "code system: the codes have the form of no known system" in doubts(started, "de, labs")
    assert "cp1252 by the look of its letters" in doubts(started, "de, labs")


def test_a_local_code_whose_letters_name_a_test_is_proposed(messy):
    """HB is hemoglobin by its letters; its name, with an umlaut, is in no list."""
    _, settings, _ = messy
    assert [(code.table, code.code_system, code.concepts) for code in settings.code] == [
        ("labs", "DE", {"HB": "hemoglobin"})
    ]


def test_numbers_of_a_national_system_are_not_taken_for_another_one(messy):
    """A PZN has eight digits, and so may an NDC."""
    _, settings, _ = messy
    assert source(settings, "de").prescriptions.constants["code_system"] == "DE"
    assert source(settings, "us").prescriptions.constants["code_system"] == "NDC11"


def test_codes_with_and_without_dots_are_of_one_system(messy):
    started, settings, _ = messy
    assert source(settings, "de").diagnoses.constants == {"code_system": "ICD10CM"}
    assert source(settings, "de").diagnoses.date_formats == ("%d.%m.%y",)
    assert read(started)["Diagnosen.csv"]["kept"] == 48


def test_day_and_month_that_nothing_tells_apart_are_a_doubt(messy):
    started, settings, _ = messy
    assert source(settings, "fr").labs.date_formats == ("%d/%m/%Y",)
    assert "no date has a day over 12" in doubts(started, "fr, labs")
    assert source(settings, "us").patients.date_formats == ("%m/%d/%Y",)
    assert "no date has a day over 12" not in doubts(started, "us, patients")


def test_encodings_are_told_by_their_letters(messy):
    _, settings, _ = messy
    french_files = source(settings, "fr")
    assert (french_files.labs.encoding, french_files.labs.delimiter) == ("utf-16", "\t")
    assert (french_files.prescriptions.encoding, french_files.prescriptions.delimiter) == ("cp850", "|")
    assert french_files.prescriptions.columns["drug_name"] == "Médicament"


def test_a_test_and_its_unit_in_a_header_become_constants(messy):
    started, settings, _ = messy
    labs = source(settings, "us").labs
    assert labs.constants == {"test_code": "B12", "test_name": "B12", "unit": "pmol/L", "code_system": "US"}
    assert labs.columns["value"] == "B12_pmol_L"
    assert read(started)["b12_only.csv"]["kept"] == 80
    assert "all rows are taken for one test" in doubts(started, "us, labs")


def test_a_wide_file_is_told_with_a_query_that_turns_it(messy, tmp_path, monkeypatch):
    started, _, folder = messy
    told = left(started, "us/wide.csv")
    assert "is wide: 3 columns are tests (B12_pmol_L, Hgb_g_dL, MCV_fL)" in told.why
    query = told.to_do.partition("\n")[2]
    (tmp_path / "us").mkdir()
    (tmp_path / "us" / "wide.csv").write_bytes((folder / "extracts" / "us" / "wide.csv").read_bytes())
    monkeypatch.chdir(tmp_path)
    duckdb.execute(query)
    turned = pl.read_csv(tmp_path / "labs_by_row.csv")
    assert turned.height == 240
    assert turned["result_id"].n_unique() == 240
    assert set(turned["test_code"]) == {"B12_pmol_L", "Hgb_g_dL", "MCV_fL"}


def test_the_turned_file_is_read_by_a_second_proposal(tmp_path):
    """Its codes are the old headers, which say test and unit."""
    rows = ["result_id,MRN,Draw Date,test_code,value"]
    rows += [f"r{n},{n % 20},1/{1 + n % 28}/2024,B12_pmol_L,{150 + n}" for n in range(60)]
    write(tmp_path / "in", "labs_by_row.csv", rows)
    started = init(tmp_path / "in", tmp_path / "home")
    settings = load_settings(started.written)
    assert settings.source[0].labs.units == {"B12_pmol_L": "pmol/L"}
    assert read(started)["labs_by_row.csv"]["kept"] == 60


def test_days_as_excel_counts_them_are_told(messy):
    started, _, _ = messy
    assert "'Order Date' (start_date) holds numbers by which Excel counts days" in doubts(started, "us, prescriptions")
    assert read(started)["meds.csv"]["reasons"] == "bad_date 80"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("us/report.csv", "2 lines stand above the header. Take them out"),
        ("us/no_row_id.csv", r"is labs, and no column tells its rows apart \(result_id\)"),
        ("letter.pdf", "is a PDF document"),
        ("list.xlsx", "is a ZIP archive or an Excel workbook"),
        ("backup.bin", "holds bytes that are no text"),
        ("empty.csv", "is empty"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_to_do(messy, name, why):
    assert re.search(why, left(messy[0], name).why)


def test_every_file_is_read_or_told_and_every_row_accounted_for(messy):
    started, _, folder = messy
    delivered = {path.name for path in (folder / "extracts").rglob("*") if path.is_file()}
    told = {each.name.split("/")[-1] for each in started.offer.proposal.leftovers}
    assert set(read(started)) | told == delivered
    for row in read(started).values():
        assert row["rows_read"] == row["kept"] + row["off_pathway"] + row["quarantined"]


def test_nothing_of_a_patient_is_told(messy):
    started, _, _ = messy
    everything = started.offer.text + str(started.as_dict())
    assert SECRET not in everything
    assert NHS not in everything
    assert "2024-01-01" not in everything


def test_a_name_in_a_column_of_names_is_not_told(tmp_path):
    """A remark in a column that is taken for the name of a test, with a word of the pathway in it."""
    rows = ["PatientID,Result ID,Code,Description,Result,Units,Collected"]
    rows += [f"{NHS}{n},R{n},X{n},B12 low in {SECRET} {n},{n},pmol/L,2024-02-01" for n in range(40)]
    write(tmp_path / "in", "labs.csv", rows)
    started = init(tmp_path / "in", tmp_path / "home")
    assert read(started)["labs.csv"]["kept"] > 0
    assert SECRET not in started.offer.text + str(started.as_dict())


def test_nothing_is_left_of_the_copies_that_were_read(messy):
    assert [path.name for path in (messy[2] / "home").iterdir()] == ["b12.toml"]


def test_the_file_is_toml_whose_doubts_are_comments(messy):
    started, _, _ = messy
    tomllib.loads(started.offer.text)
    for place, text in started.offer.proposal.doubts:
        said = re.sub(r"\s*\n#\s+", " ", started.offer.text)
        assert text in said, place


def test_an_existing_file_stays_unless_it_is_forced(tmp_path):
    write(
        tmp_path / "in",
        "x.csv",
        ["patient_id,result_id,test_code,value,unit,collected_at", "1,1,2132-9,200,pg/mL,2024-01-01"],
    )
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "b12.toml").write_text("# mine\n")
    with pytest.raises(ConfigurationError, match="exists and stays as it is"):
        init(tmp_path / "in", tmp_path / "home")
    assert (tmp_path / "home" / "b12.toml").read_text() == "# mine\n"
    elsewhere = init(tmp_path / "in", tmp_path / "home", output=tmp_path / "other.toml")
    assert elsewhere.written == tmp_path / "other.toml"
    init(tmp_path / "in", tmp_path / "home", force=True)
    assert "[[source]]" in (tmp_path / "home" / "b12.toml").read_text()


def test_lists_of_the_user_beside_the_file_are_used_already(tmp_path):
    write(
        tmp_path / "in",
        "labs.csv",
        ["patient_id,result_id,test_code,value,unit,collected_at", "1,1,LX-9,200,pg/mL,2024-01-01"],
    )
    (tmp_path / "home" / "codelists").mkdir(parents=True)
    (tmp_path / "home" / "codelists" / "serum_b12.LOCAL.csv").write_text("code\nLX-9\n")
    assert read(init(tmp_path / "in", tmp_path / "home"))["labs.csv"]["kept"] == 1


def test_files_that_need_no_mapping_get_none(tmp_path):
    write(
        tmp_path / "in",
        "labs.csv",
        ["patient_id,result_id,test_code,value,unit,collected_at", "1,1,2132-9,200,pg/mL,2024-01-01"],
    )
    started = init(tmp_path / "in", tmp_path / "home")
    assert tomllib.loads(started.offer.text)["source"] == [{"name": "extracts", "labs": {}}]


def test_a_table_in_two_layouts_becomes_two_sources_that_share_no_file(tmp_path):
    write(
        tmp_path / "in",
        "labs.csv",
        ["patient_id,result_id,test_code,value,unit,collected_at", "1,1,2132-9,200,pg/mL,2024-01-01"],
    )
    write(
        tmp_path / "in", "labs_old.csv", ["MRN;Lab ID;LOINC;Result;Units;Collected", "1;1;2132-9;200;pg/mL;2024-01-01"]
    )
    write(
        tmp_path / "in",
        "prescriptions.csv",
        ["patient_id,prescription_id,drug_name,start_date", "1,1,Metformin,2024-01-01"],
    )
    started = init(tmp_path / "in", tmp_path / "home")
    rows = [(row["source"], row["file"], row["kept"]) for row in started.offer.trial.read.to_dicts()]
    assert sorted(rows) == [
        ("extracts", "labs.csv", 1),
        ("extracts", "prescriptions.csv", 1),
        ("extracts_labs_old", "labs_old.csv", 1),
    ]


def test_a_known_layout_is_given_to_its_adapter(tmp_path):
    folder = tmp_path / "in" / "warehouse"
    write(
        folder,
        "MEASUREMENT.csv",
        ["measurement_id,person_id,measurement_concept_id,measurement_date,value_as_number", "1,1,0,2024-01-01,3"],
    )
    write(folder, "Person.csv", ["person_id,gender_concept_id,year_of_birth", "1,8507,1950"])
    write(
        tmp_path / "in",
        "labs.csv",
        ["patient_id,result_id,test_code,value,unit,collected_at", "1,1,2132-9,200,pg/mL,2024-01-01"],
    )
    settings = load_settings(init(tmp_path / "in", tmp_path / "home").written)
    assert [(each.name, each.kind, each.path) for each in settings.source] == [
        ("warehouse", "omop", "warehouse"),
        ("extracts", "native", "."),
    ]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"The folder .* is empty"),
        (
            {"a.pdf": b"%PDF-1.4", "b.pdf": b"%PDF-1.7"},
            r"Nothing in .* can be read as it is\. Expected CSV or Parquet(.|\n)*a\.pdf is a PDF",
        ),
        ({"a.bin": bytes(range(256)) * 9}, "holds bytes that are no text"),
        ({"a.csv.gz": b"\x1f\x8b broken"}, "is truncated or corrupt"),
        ({"a.csv": b"9434765919,1975-02-03,Smith\n9434765918,1976-02-03,Miller\n"}, "the first line looks like data"),
        ({"a.csv": b"just some words\nand more\n"}, "has one column alone"),
    ],
)
def test_a_folder_of_nothing_is_refused_with_what_is_there(tmp_path, files, message):
    (tmp_path / "in").mkdir()
    for name, data in files.items():
        (tmp_path / "in" / name).write_bytes(data)
    with pytest.raises(ConfigurationError, match=message) as refused:
        init(tmp_path / "in", tmp_path / "home")
    assert "9434765919" not in str(refused.value)
    assert not (tmp_path / "home" / "b12.toml").exists()


def test_a_wrong_folder_is_told_as_what_it_is(tmp_path):
    write(tmp_path, "labs.csv", ["a,b"])
    with pytest.raises(ConfigurationError, match="is a file, not a folder"):
        init(tmp_path / "labs.csv", tmp_path / "home")
    with pytest.raises(ConfigurationError, match="does not exist"):
        init(tmp_path / "none", tmp_path / "home")


@pytest.mark.skipif("B12_REAL_DATA" not in os.environ, reason="B12_REAL_DATA is not set: the public files are not here")
def test_public_files_are_proposed_and_read(tmp_path):
    """A survey in the native layout, with codes of its own, and an OMOP database."""
    public = Path(os.environ["B12_REAL_DATA"])
    survey = init(public / "nhanes-2013-2014", tmp_path / "survey", rows=2_000)
    rows = {row["table"]: (row["kept"], row["quarantined"]) for row in survey.offer.trial.read.to_dicts()}
    assert rows["labs"] == (2_000, 0)
    assert rows["patients"] == (2_000, 0)
    assert "closes_rows = true" in doubts(survey, "extracts")
    omop = init(public / "omop-synthea27nj", tmp_path / "omop", rows=2_000)
    assert tomllib.loads(omop.offer.text)["source"] == [{"name": "omop", "kind": "omop"}]
    assert read(omop)["PERSON.csv.gz"]["kept"] == 28


def test_the_command_says_what_it_found_and_where_it_wrote(messy, tmp_path):
    extracts = messy[2] / "extracts"
    for sender in ("de",):
        told = CliRunner().invoke(
            app, ["--home", str(tmp_path), "init", str(extracts / sender)], env={"COLUMNS": "300"}
        )
    assert told.exit_code == 0, told.output
    assert "Laborwerte_2024.csv" in told.output
    assert "To be looked at" in told.output
    assert f"Wrote {tmp_path / 'b12.toml'}" in told.output
    assert SECRET not in told.output
    assert NHS not in told.output
