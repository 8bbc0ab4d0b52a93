"""The rules of the house that no linter knows."""

import ast
import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.codelists.concepts import known_concepts
from pipelines.contract import ddl, ddl_files, root
from pipelines.measures import measures
from pipelines.publish.snapshot import ORDER
from pipelines.worklists import worklists

TOP = Path(__file__).parents[1]
CORE_OF = {
    "labs": "measurement",
    "prescriptions": "drug_exposure",
    "diagnoses": "condition_occurrence",
    "procedures": "procedure_occurrence",
}


@pytest.mark.parametrize("slug", list(worklists()))
def test_a_worklist_is_three_files_of_one_name(slug):
    assert worklists()[slug].module == f"pipelines.worklists.{slug}"
    assert (root("expectations") / "worklists" / f"{slug}.json").is_file()
    assert (TOP / "tests" / "worklists" / f"test_{slug}.py").is_file()


def test_no_suite_or_test_is_left_of_a_worklist_that_is_gone():
    suites = {path.stem for path in (root("expectations") / "worklists").glob("*.json")}
    tests = {path.stem.removeprefix("test_") for path in (TOP / "tests" / "worklists").glob("test_*.py")}
    assert suites == set(worklists())
    assert tests - set(worklists()) <= {"engine"}


@pytest.mark.parametrize("slug", list(worklists()))
def test_a_worklist_has_an_owner_a_source_and_a_recent_review(slug):
    listed = worklists()[slug]
    assert listed.title
    assert listed.action
    assert listed.owner
    assert listed.source.title
    assert len(listed.rationale.split()) > 15
    assert datetime.now(UTC).date() - listed.reviewed < timedelta(days=2 * 365)


@pytest.mark.parametrize("name", list(measures()))
def test_a_measure_has_a_source_and_a_recent_review(name):
    measure = measures()[name]
    assert measure.title
    assert measure.counted
    assert measure.sources[0].title
    assert len(measure.rationale.split()) > 15
    assert datetime.now(UTC).date() - measure.reviewed < timedelta(days=2 * 365)


def test_every_expectation_says_why():
    for path in root("expectations").rglob("*.json"):
        for expectation in json.loads(path.read_text())["expectations"]:
            assert expectation["severity"] in ("critical", "warning"), path
            assert len(expectation["meta"]["why"].split()) >= 5, path


@pytest.mark.parametrize("table", list(ddl_files()))
def test_every_table_and_column_is_commented(table):
    with duckdb.connect() as con:
        con.execute(ddl(table))
        bare = con.execute("SELECT column_name FROM duckdb_columns() WHERE comment IS NULL AND NOT internal").fetchall()
        unnamed = con.execute("SELECT table_name FROM duckdb_tables() WHERE comment IS NULL").fetchall()
    assert (bare, unnamed) == ([], [])


def test_every_table_of_the_contract_is_published_in_a_total_order():
    assert set(ORDER) == set(ddl_files())


def test_suites_know_the_concepts_of_the_code_lists():
    for table, core in CORE_OF.items():
        suite = json.loads((root("expectations") / "core" / f"{core}.json").read_text())
        named = next(e for e in suite["expectations"] if e["meta"].get("name") == "concept_known")["kwargs"][
            "value_set"
        ]
        carried = {c.concept for c in known_concepts().values() if table in c.tables}
        resolved = {"b12_any_route", "b12_injection_administration", "b12_injection_recorded"}
        assert carried - resolved <= set(named), core


def test_rules_carry_no_number_of_their_own():
    """A clinical number lives in a profile; a rule holds priorities (1 to 4), places and nothing else."""
    strays = []
    for folder in ("worklists", "clinical", "measures"):
        for path in sorted((TOP / "pipelines" / folder).glob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            dates = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "date"]
            excused = {id(n) for call in dates for n in ast.walk(call)}
            strays += [
                f"{path.name}:{node.lineno} {node.value}"
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant)
                and type(node.value) in (int, float)
                and id(node) not in excused
                and not path.name.startswith("_")
                and path.name not in ("kidney.py", "numbers.py")  # a published equation, and the digits of comparison
                and node.value not in (0, 1, 2, 3, 4)
            ]
    assert strays == []


def test_no_committed_file_names_a_package_index_or_a_path_of_some_machine():
    listed = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    pattern = re.compile(r"index[-_]url|https?:[^ \"]*/(simple|packages)/")
    found = [
        name
        for name in listed.stdout.splitlines()
        if (TOP / name).is_file() and pattern.search((TOP / name).read_text(errors="replace"))
    ]
    assert found == []
