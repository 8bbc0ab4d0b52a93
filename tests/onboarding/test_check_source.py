"""``b12 check-source``: what is counted, what makes a source unfit, and what stays untouched and untold."""

import json
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.config import load_settings
from pipelines.errors import ConfigurationError, Refused
from pipelines.onboarding.checking import check_source, date_rows
from pipelines.onboarding.volume_chart import OTHERS, SITES_DRAWN, drawn_volume, monthly_rows, volume_svg
from tests.clinic import csv_text

NOW = datetime(2026, 11, 20, 2)

LABS = """
patient_id | result_id | test_code | test_name | value | unit | collected_at
1          | r1        | 2132-9    |           | 200   | pg/mL | 2026-09-03
1          | r2        | 2132-9    |           | 210   | pg/mL | 2026-11-03
2          | r3        | 14685-2   |           | 150   | pmol/L | 2026-11-04
9          | r4        | 14685-2   |           | 150   | pmol/L | 2026-11-04   # in no file of patients
2          | r5        | 14685-2   |           | 150   |       | 2026-11-05   # no unit
2          | r6        | 14685-2   |           | 150   | furlong | 2026-11-05   # no unit of anything
2          | r7        | 14685-2   |           | 150   | pmol/L | someday
2          | r8        | 2951-2    | Sodium    | 140   | mmol/L | 2026-11-05   # off the pathway
"""
PRESCRIPTIONS = """
patient_id | prescription_id | drug_name        | start_date
1          | p1              | Metformin 500 mg | 2026-10-01
"""
PATIENTS = """
patient_id | birth_date | sex | site
1          | 1960-01-01 | F   | North
2          |            | M   |
3          | 1950-01-01 | 9   | South
"""


@pytest.fixture
def home(tmp_path):
    """A home with files of all three tables beside it."""
    (tmp_path / "home").mkdir()
    put(tmp_path, "labs.csv", LABS)
    put(tmp_path, "prescriptions.csv", PRESCRIPTIONS)
    put(tmp_path, "patients.csv", PATIENTS)
    return tmp_path / "home"


def put(folder: Path, name: str, table: str) -> None:
    (folder / "extracts").mkdir(exist_ok=True)
    (folder / "extracts" / name).write_text(csv_text(table))


def check(home: Path, **options):
    settings = load_settings(home / "b12.toml")
    return check_source(home, home.parent / "extracts", settings, now=NOW, **options)


def texts(found) -> str:
    return " / ".join(each.text for each in found.found)


def test_rows_are_counted_by_what_became_of_them(home):
    facts = check(home).facts
    files = {row["table"]: row for row in facts.files.to_dicts()}
    assert {table: (row["rows_read"], row["kept"], row["off_pathway"], row["quarantined"]) for table, row in files.items()} == {
        "labs": (8, 4, 1, 3), "prescriptions": (1, 1, 0, 0), "patients": (3, 3, 0, 0),
    }  # fmt: skip
    assert facts.reasons.select("table", "reason", "rows").rows() == [
        ("labs", "bad_date", 1), ("labs", "missing_unit", 1), ("labs", "unknown_unit", 1),
    ]  # fmt: skip
    assert facts.concepts.select("table", "concept", "rows").rows() == [
        ("labs", "serum_b12", 4),
        ("prescriptions", "metformin", 1),
    ]
    dated = {row["table"]: row["bad_date"] for row in date_rows(facts)}
    assert dated == {"labs": 1, "patients": 0, "prescriptions": 0}


def test_people_without_demographics_and_results_without_people_are_counted(home):
    assert check(home).facts.people == {
        "with_events": 3, "in_patients": 3, "results_without_person": 1, "without_birth_date": 1, "without_sex": 1,
        "without_site": 1,
    }  # fmt: skip


def test_volume_is_by_table_month_and_site_of_the_person(home):
    assert check(home).facts.volume.rows() == [
        ("labs", "(no site)", date(2026, 11, 1), 2),
        ("labs", "North", date(2026, 9, 1), 1),
        ("labs", "North", date(2026, 11, 1), 1),
        ("prescriptions", "North", date(2026, 10, 1), 1),
    ]


def test_the_latest_row_of_a_person_tells_the_site(home):
    put(home.parent, "patients_b.csv", "patient_id | site\n1 | East")
    assert {row[1] for row in check(home).facts.volume.rows()} == {"(no site)", "East"}


def test_units_that_few_rows_have_are_counted_and_not_told(home):
    refused = check(home).facts.units.filter(~pl.col("is_understood")).select("unit", "rows")
    assert sorted(refused.rows(), key=str) == [("(rare)", 1), (None, 1)]
    many = "\n".join(f"2 | x{n} | 14685-2 | | 150 | furlong | 2026-11-05" for n in range(5))
    put(home.parent, "labs_more.csv", LABS.strip().splitlines()[0] + "\n" + many)
    units = check(home).facts.units
    assert ("furlong", 5) in units.select("unit", "rows").rows() or ("furlong", 6) in units.select(
        "unit", "rows"
    ).rows()


def test_codes_that_few_rows_have_are_counted_and_not_told(home):
    assert check(home).facts.unmapped.select("code", "name", "rows").rows() == [("(rare)", "(rare)", 1)]


def test_small_flaws_are_to_be_looked_at_and_the_source_is_fit(home):
    found = check(home)
    assert found.is_fit
    said = texts(found)
    assert "2 results of default have no unit, or one that is not understood" in said
    assert "1 of 3 people with results are in no file of patients" in said


def test_without_vitamin_b12_results_it_is_not_fit(home):
    put(home.parent, "labs.csv", LABS.replace("2132-9", "2951-2").replace("14685-2", "2951-2"))
    found = check(home)
    assert not found.is_fit
    assert "None of 8 rows of labs is a vitamin B12 result" in found.verdict


def test_without_prescriptions_it_is_not_fit_but_one_source_may_be_checked_alone(home):
    (home.parent / "extracts" / "prescriptions.csv").unlink()
    assert "No row of prescriptions was read" in check(home).verdict
    assert check(home, source="default").is_fit


@pytest.mark.parametrize(("bad", "is_fit"), [(99, True), (100, False)])
def test_a_file_of_which_much_is_refused_is_not_fit_by_the_limit_of_the_gate(home, bad, is_fit):
    """A hundred rows and more than one in twenty."""
    rows = "\n".join(f"2 | x{n} | 14685-2 | | 150 | pmol/L | someday" for n in range(bad))
    put(home.parent, "labs_bad.csv", LABS.strip().splitlines()[0] + "\n" + rows)
    assert check(home).is_fit == is_fit


def test_a_file_that_cannot_be_read_is_not_fit(home):
    (home.parent / "extracts" / "labs_2.csv.gz").write_bytes(b"\x1f\x8b broken")
    found = check(home)
    assert not found.is_fit
    assert "labs_2.csv.gz cannot be read" in found.verdict


def test_lists_that_match_nothing_and_files_of_no_source_are_told(home):
    (home / "codelists").mkdir()
    (home / "codelists" / "vegan_diet.csv").write_text("code\n138045004\n")
    put(home.parent, "letters.csv", "a | b\n1 | 2")
    said = texts(check(home))
    assert "codelists/vegan_diet.csv matches no row" in said
    assert "Files that no source reads: letters.csv" in said


def test_one_source_leaves_the_files_of_another_alone(home):
    put(home.parent, "labs_b.csv", LABS.replace("2026-11-05", "2026-11-06"))
    (home / "b12.toml").write_text(
        '[[source]]\nname = "a"\n\n[[source]]\nname = "b"\n[source.labs]\nfiles = "labs_b.csv"\n'
        '[source.prescriptions]\nfiles = "-"\n[source.patients]\nfiles = "-"\n'
    )
    assert check(home, source="a").facts.files["file"].sort().to_list() == [
        "labs.csv",
        "patients.csv",
        "prescriptions.csv",
    ]
    assert check(home, source="b").facts.files["file"].to_list() == ["labs_b.csv"]
    with pytest.raises(ConfigurationError, match=r"No source named 'c' in the configuration\. Sources: a, b"):
        check(home, source="c")


def test_nothing_of_the_home_is_touched_but_the_page_that_is_written(home):
    found = check(home)
    assert found.page == home / "checks" / "20261120T020000-all.html"
    assert [path.name for path in home.iterdir()] == ["checks"]
    page = found.page.read_text(encoding="utf-8")
    assert "<svg" in page
    assert "Source check: fit" in page
    assert "someday" not in page
    assert "furlong" not in page


def test_a_folder_without_files_of_a_source_is_told(home):
    for path in (home.parent / "extracts").iterdir():
        path.unlink()
    with pytest.raises(ConfigurationError, match=r"belongs to a configured source\. It is empty\. `b12 init"):
        check(home)
    put(home.parent, "results.csv", "a | b\n1 | 2")
    with pytest.raises(ConfigurationError, match=r"It holds results\.csv"):
        check(home)


def test_the_exit_code_says_whether_it_is_fit(home):
    ask = ["--home", str(home), "check-source", "--extracts", str(home.parent / "extracts")]
    fit = CliRunner().invoke(app, ask, env={"COLUMNS": "200"})
    assert fit.exit_code == 0, fit.output
    assert "2026-11" in fit.output
    (home.parent / "extracts" / "prescriptions.csv").unlink()
    unfit = CliRunner().invoke(app, [*ask, "--json"])
    assert isinstance(unfit.exception, Refused)
    assert json.loads(unfit.output)["fit"] is False


def test_the_chart_draws_the_busiest_sites_by_name_and_months_without_rows_as_zero():
    rows = [("labs", f"S{n}", date(2026, month, 1), 10 + n) for n in range(SITES_DRAWN + 2) for month in (1, 3)]
    volume = pl.DataFrame(rows, schema=["table", "site", "month", "rows"], orient="row")
    drawn = drawn_volume(volume)
    assert drawn["site"].n_unique() == SITES_DRAWN + 1
    others = drawn.filter(pl.col("site") == OTHERS).select("month", "rows").rows()
    assert others == [(date(2026, 1, 1), 21), (date(2026, 2, 1), 0), (date(2026, 3, 1), 21)]
    assert [row["month"] for row in monthly_rows(volume)] == ["2026-03", "2026-01"]
    assert volume_svg(volume.clear()) == ""
