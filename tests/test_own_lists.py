"""Code lists of a user's own: found beside the configuration, added or in place of the shipped ones, checked, told."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.codelists.catalog import code_rows, concept_rows, source_rows
from pipelines.codes import ListFile, load_codebook
from pipelines.config import load_settings
from pipelines.contract import root
from pipelines.errors import ConfigurationError
from pipelines.ingest.read import reading_key
from pipelines.orchestration.order import configured_codebook
from pipelines.sources.native import Delivered
from tests.clinic import csv_text

VEGAN = "code,term\n138045004,Vegan diet\n"


def concept_of(book, table: str, system: str | None, code: str | None, name: str | None = None) -> str | None:
    triple = pl.DataFrame(
        {"code_system": [system], "code": [code], "name": [name]},
        schema=dict.fromkeys(("code_system", "code", "name"), pl.String),
    )
    return book.match(table, triple)["concept"][0]


def home_with(folder: Path, lists: dict[str, str], toml: str = "") -> Path:
    (folder / "codelists").mkdir(parents=True)
    for name, text in lists.items():
        (folder / "codelists" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "codelists" / name).write_text(text)
    (folder / "b12.toml").write_text(toml)
    return folder


def book_of(home: Path):
    return configured_codebook(home, load_settings(home / "b12.toml"))


def test_a_folder_codelists_beside_the_configuration_is_read_without_being_named(tmp_path):
    home = home_with(tmp_path / "conf", {"vegan_diet.csv": VEGAN, "sent/by/ppi.ATC.csv": "code\nA02BC01\n"})
    book = configured_codebook(tmp_path / "elsewhere", load_settings(home / "b12.toml"))
    assert concept_of(book, "diagnoses", "SNOMED CT", "138045004") == "vegan_diet"
    assert concept_of(book, "prescriptions", "http://www.whocc.no/atc", "a02bc01") == "ppi"
    assert load_settings(tmp_path / "elsewhere" / "b12.toml").code_folders == ()


def test_a_folder_that_is_also_named_is_read_once(tmp_path):
    home = home_with(tmp_path, {"vegan_diet.csv": VEGAN}, 'code_folders = ["codelists"]\n')
    assert book_of(home).entries == ("codelists/vegan_diet.csv",)


@pytest.mark.parametrize(
    ("header", "code", "system"),
    [
        ("CTV3ID,CTV3PreferredTermDesc", "X40Is,Vegan", "CTV3"),
        ("icd10_code,term", "Z72.4,x", "ICD10CM"),
        ("dmd_type,dmd_id,dmd_name,bnf_code", "VTM,138045004,x,y", "SNOMED"),
        ("term;SNOMED_Code", "x;138045004", "SNOMED"),
    ],
)
def test_the_header_tells_the_code_system(tmp_path, header, code, system):
    home = home_with(tmp_path, {"vegan_diet.csv": f"{header}\n{code}\n"})
    assert [listed.system for listed in book_of(home).listed[:1]] == [system]


def test_the_configuration_says_what_a_downloaded_name_does_not(tmp_path):
    toml = """
    [[codelist]]
    file = "opensafely-acid-2024.csv"
    concept = "ppi"
    code_system = "ATC"
    match = "prefix"
    """
    book = book_of(home_with(tmp_path, {"opensafely-acid-2024.csv": "code,term\nA02BC,PPI\n"}, toml))
    assert concept_of(book, "prescriptions", "ATC", "A02BC05") == "ppi"
    assert concept_of(book, "prescriptions", "ATC", "A02BA02") is None


def test_own_codes_are_added_unless_the_list_replaces_the_shipped_one(tmp_path):
    shipped_code = ("prescriptions", "RXNORM", "7646")  # omeprazole
    added = book_of(home_with(tmp_path / "a", {"ppi.ATC.csv": "code\nA02BC01\n"}))
    replacing = '[[codelist]]\nfile = "ppi.ATC.csv"\nreplaces = true\n'
    replaced = book_of(home_with(tmp_path / "b", {"ppi.ATC.csv": "code\nA02BC01\n"}, replacing))
    for book in (added, replaced):
        assert concept_of(book, "prescriptions", "ATC", "A02BC01") == "ppi"
    assert concept_of(added, *shipped_code) == "ppi"
    assert concept_of(added, "prescriptions", None, None, "Omeprazole 20 mg") == "ppi"
    assert concept_of(replaced, *shipped_code) is None
    assert concept_of(replaced, "prescriptions", None, None, "Omeprazole 20 mg") is None
    assert concept_of(replaced, "prescriptions", None, None, "Metformin 500 mg") == "metformin"


def test_a_changed_list_reads_the_files_of_its_tables_again(tmp_path):
    def keys(text: str, toml: str = "") -> list[str]:
        home = home_with(tmp_path / str(len(list(tmp_path.iterdir()))), {"ppi.ATC.csv": text}, toml)
        settings = load_settings(home / "b12.toml")
        files = [Delivered(settings.source[0], table, Path("x"), "x") for table in ("prescriptions", "labs")]
        return [reading_key(file, book_of(home), settings) for file in files]

    first, same, other = keys("code\nA02BC01\n"), keys("code\nA02BC01\n"), keys("code\nA02BC02\n")
    replacing = keys("code\nA02BC01\n", '[[codelist]]\nfile = "ppi.ATC.csv"\nreplaces = true\n')
    assert first == same
    assert other[0] != first[0]
    assert replacing[0] != first[0]
    assert other[1] == replacing[1] == first[1]


@pytest.mark.parametrize(
    ("lists", "toml", "message"),
    [
        (
            {"vegan_diet.csv": "code\n138045000\n12\n", "fatigue.ICD10.csv": "code\nR53\n"},
            "",
            r"vegan_diet\.csv, line 2: .*check digit is wrong[^$]*line 3: '12' is no SNOMED code",
        ),
        ({"fatigue.ICD10.csv": "code\nR53\n", "glossitis.ICD10.csv": "code\nR53\n"}, "", r"ICD10CM R53 is listed for 'glossitis', and for 'fatigue'"),
        ({"fatigue.csv": "code\nR53\n"}, "", r"'R53' is no SNOMED code: .*name the system, in the file's name \(fatigue\.ICD10\.csv\)"),
        ({"fatigue.ICD10.csv": "code\n53R\n"}, "", r"'53R' is no ICD10CM code: expected a letter, two digits"),
        ({"fatigue.ICD10.csv": "code\n"}, '[[codelist]]\nfile = "fatigue.ICD10.csv"\nreplaces = true\n', "holds no code; nothing would be left"),
        ({"vegan_diet.csv": VEGAN}, '[[codelist]]\nfile = "vegan_dit.csv"\n', r"'vegan_dit\.csv', which is not in codelists\. Did you mean 'vegan_diet\.csv'\?"),
        ({"vegan_diet.xlsx": "PK"}, "", r"codelists/vegan_diet\.xlsx is no CSV\. Save it as CSV"),
        ({"vegan_diet.csv.gz": "PK"}, "", r"codelists/vegan_diet\.csv\.gz is no CSV"),
        ({"vegan_diet.csv.txt": VEGAN}, "", r"codelists/vegan_diet\.csv\.txt is no CSV"),
        ({"vegan_diet.txt": VEGAN}, "", r"codelists/vegan_diet\.txt is no CSV"),
        ({"vegan_diet.csv": 'code,term\n138045004,"Vegan\n44054006,Diabetes\n'}, "", r"vegan_diet\.csv is no CSV after line 1: unexpected end of data\. Close the quotation mark"),
        ({"vegan_diet.csv": f'code,term\n138045004,"{"x" * 200_000}\n'}, "", r"vegan_diet\.csv is no CSV after line 1: field larger than"),
        ({"fatigue.ICD10.csv": "code,match\n-,prefix\n"}, "", r"line 2: '-' holds no letter and no digit, and as a prefix would match every ICD10CM code"),
        ({"ppi.NDC.csv": "code,match\n0002-1,prefix\n"}, "", r"line 2: '0002-1' is a prefix, and NDC are compared as 11 digits"),
        ({"vegan_diet.csv": VEGAN}, '[[codelist]]\nfile = "vegan_diet.csv"\nreplace = true\n', r"unknown key 'replace'; nearest is 'replaces'"),
    ],
)  # fmt: skip
def test_wrong_lists_are_refused_with_all_their_places(tmp_path, lists, toml, message):
    with pytest.raises(ConfigurationError, match=message):
        book_of(home_with(tmp_path, lists, toml))


def test_a_remark_beside_the_lists_is_none_of_them(tmp_path):
    home = home_with(tmp_path, {"vegan_diet.csv": VEGAN, "README.txt": "Ask the library.", "sources.md": "Theirs."})
    assert book_of(home).entries == ("codelists/vegan_diet.csv",)


def test_codes_that_count_otherwise_than_shipped_and_systems_that_are_not_known_are_told(tmp_path):
    lists = {
        "fatigue.csv": "code_system,code\nSNOWMED,138045004\nICD10CM,K90.0\n",
        "celiac_disease.csv": "code_system,code\nICD10,K900\n",
    }
    with pytest.raises(ConfigurationError, match="K90"):
        book_of(home_with(tmp_path / "clash", lists))
    del lists["celiac_disease.csv"]
    system, overruled = book_of(home_with(tmp_path / "told", lists)).remarks
    assert system.startswith("codelists/fatigue.csv: SNOWMED is no code system that is known here")
    assert "Nearest is SNOMED." in system
    assert overruled == (
        "codelists/fatigue.csv, line 3: ICD10CM K90.0 is 'fatigue' here and 'celiac_disease' in the shipped "
        "diagnoses.csv; yours counts."
    )


def test_a_code_that_means_the_same_in_both_is_no_remark(tmp_path):
    assert book_of(home_with(tmp_path, {"celiac_disease.ICD10.csv": "code\nK90.0\n"})).remarks == ()


def test_the_codes_that_are_shown_are_those_that_are_matched(tmp_path):
    book = book_of(home_with(tmp_path, {"vegan_diet.csv": VEGAN}))
    shown = {row["concept"]: row for row in concept_rows(book)}
    assert shown["vegan_diet"]["codes"] == "SNOMED 1"
    assert shown["vegan_diet"]["yours"] == 1
    assert shown["serum_b12"]["codes"].count("LOINC") == 1
    assert shown["serum_b12"]["names"] > 0
    assert shown["serum_b12"]["yours"] == 0
    listed = len([row for row in code_rows(book, "serum_b12") if row["match"] in ("exact", "prefix")])
    assert listed == sum(code.concept == "serum_b12" for code in book.listed)
    with pytest.raises(ConfigurationError, match="Did you mean 'serum_b12'"):
        code_rows(book, "serum_b21")


def test_every_shipped_system_says_where_it_comes_from_and_the_notice_goes_along():
    book = load_codebook()
    rows = {row["system"]: row for row in source_rows(book)}
    shipped = {code.system for code in book.listed}
    assert shipped <= set(rows)
    notice = (root("expectations").parent / "NOTICE").read_text(encoding="utf-8")
    for words in (
        "LOINC is copyright",
        "courtesy of the U.S. National Library of Medicine",
        "Open Government Licence v3.0",
    ):
        assert words in " ".join(notice.split())
    for never in ("CPT", "ATC", "OPCS4", "READ2"):
        assert rows[never]["shipped"] == 0


def test_the_command_shows_the_lists_and_the_codes_of_a_concept(tmp_path):
    home = home_with(tmp_path, {"vegan_diet.csv": VEGAN})
    ask = CliRunner()
    overview = ask.invoke(app, ["--home", str(home), "codes", "--json"])
    assert {row["system"] for row in json.loads(overview.output)["sources"]} >= {"LOINC", "RXNORM"}
    of_concept = ask.invoke(app, ["--home", str(home), "codes", "vegan_diet"])
    assert "138045004" in of_concept.output
    assert "codelists/vegan_diet.csv" in of_concept.output


def test_what_the_configuration_says_of_a_file_does_not_hide_what_the_file_says(tmp_path):
    about = [ListFile("mixed.csv", concept="ppi", code_system="ATC")]
    (tmp_path / "mixed.csv").write_text(
        csv_text("concept | code_system | code\n | | A02BC01\nh2ra | | A02BA02\n | RXNORM | 1")
    )
    book = load_codebook(user_folders=[tmp_path], about=about)
    assert [(code.concept, code.system) for code in book.listed[:3]] == [
        ("ppi", "ATC"),
        ("h2ra", "ATC"),
        ("ppi", "RXNORM"),
    ]
