"""A new worklist is three files that agree from the start, and nothing else has to be touched."""

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from pipelines.docs import checkout
from pipelines.errors import B12Error, ConfigurationError
from pipelines.scaffold import new_worklist
from pipelines.scaffold.worklist import FILES
from tests.practice import OPENING, open_practice

SLUG, TITLE = "low_b12_not_on_treatment", "Low vitamin B12, not on treatment"
COPIED = ("pipelines", "sql", "expectations", "tests", "docs", "notebooks")
GENERATED = {"pipelines/worklists/README.md", "docs/catalogue.html"}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of this checkout in which a worklist was begun."""
    top = tmp_path_factory.mktemp("checkout")
    for name in COPIED:
        shutil.copytree(checkout() / name, top / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    shutil.copy(checkout() / "pyproject.toml", top)
    begun = ran(top, "pipelines.cli", "new-worklist", SLUG, "--title", TITLE)
    assert begun.returncode == 0, begun.stderr
    return top, begun.stdout


def ran(top: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A module run in the copy."""
    command = [sys.executable, "-m", module, *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    environment |= {"PYTHONPATH": str(top), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=top, env=environment, capture_output=True, text=True, timeout=240, check=False)


def begin(top: Path, slug: str, *, title: str | None = None) -> list[str]:
    for path in FILES:
        (top / path).parent.mkdir(parents=True, exist_ok=True)
    return new_worklist(top, slug, title=title, owner="practice", reviewed=date(2026, 11, 22))


def test_it_says_what_it_wrote_and_what_to_do_next(copy):
    top, said = copy
    for path in FILES:
        written = path.format(slug=SLUG)
        assert f"wrote {written}" in said
        assert (top / written).is_file()
    assert "b12 docs" in said


def test_nothing_else_differs_from_the_checkout(copy):
    top, _ = copy
    written = {path.format(slug=SLUG) for path in FILES} | GENERATED
    for name in COPIED:
        for path in sorted((top / name).rglob("*")):
            place = path.relative_to(top)
            if path.is_file() and "__pycache__" not in place.parts and place.as_posix() not in written:
                assert path.read_bytes() == (checkout() / place).read_bytes(), place


def test_it_is_clean_and_well_formed(copy):
    top, _ = copy
    for arguments in (("check", "--no-cache", "."), ("format", "--no-cache", "--check", ".")):
        told = ran(top, "ruff", *arguments)
        assert told.returncode == 0, told.stdout


def test_its_own_tests_and_those_of_the_house_pass(copy):
    top, _ = copy
    arguments = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    told = ran(
        top,
        "pytest",
        *arguments,
        f"tests/worklists/test_{SLUG}.py",
        "tests/test_house.py",
    )
    assert told.returncode == 0, told.stdout


def test_it_is_judged_and_published(copy, tmp_path):
    top, _ = copy
    practice = open_practice(tmp_path, people=12)
    told = ran(
        top,
        "pipelines.cli",
        "--home",
        str(practice.home),
        "run",
        "--extracts",
        str(practice.extracts),
        "--as-of",
        str(OPENING),
        "--json",
    )
    assert told.returncode == 0, told.stderr
    assert len(practice.listed(SLUG)) == 12
    [(title, numbers)] = practice.rows(f"SELECT title, parameters FROM worklist WHERE worklist = '{SLUG}'")
    assert title == TITLE
    assert "b12_total.mass_low_ng_l" in json.loads(numbers)
    checked = f"SELECT count(*), count(*) FILTER (status = 'failed') FROM check_result WHERE table_name = '{SLUG}'"
    [(checks, failed)] = practice.rows(checked)
    assert checks > 10
    assert failed == 0


def test_the_catalogue_is_all_that_is_stale_until_it_is_written_again(copy):
    top, _ = copy
    stale = ran(top, "pipelines.cli", "docs", "--check")
    assert stale.returncode == 1
    assert stale.stderr == (
        "b12: Stale: pipelines/worklists/README.md, docs/catalogue.html. Run `b12 docs`, and commit what it writes.\n"
    )
    assert ran(top, "pipelines.cli", "docs").returncode == 0
    assert ran(top, "pipelines.cli", "docs", "--check").returncode == 0
    readme = (top / "pipelines/worklists/README.md").read_text(encoding="utf-8")
    assert f"## {TITLE}\n" in readme
    assert "**A neurological record comes first.**" in readme


@pytest.mark.parametrize(
    ("slug", "because"),
    [
        ("Low_b12", "write words"),
        ("lowb12", "write words"),
        ("low__b12", "write words"),
        ("../low_b12", "write words"),
        ("low_b12\n", "write words"),
        ("low_" + "x" * 37, "41 characters"),
        ("test_low_b12", "taken for a test"),
        ("low_b12_untreated", "a worklist has that name"),
        ("b12_now", "a shared term"),
        ("drug_exposure", "a table"),
        ("worklist_item", "a table"),
        ("as_of", "a setting"),
        ("close_gap", "something that rules call"),
        ("open_on", "something that rules call"),
        ("result_in_words", "something that rules call"),
    ],
)
def test_a_slug_that_cannot_be_used_is_refused_and_nothing_is_written(tmp_path, slug, because):
    with pytest.raises(ConfigurationError, match=because):
        begin(tmp_path, slug)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_slug_of_forty_characters_can_be_used(tmp_path):
    assert len(begin(tmp_path, "low_" + "x" * 36)) == 3


@pytest.mark.parametrize("title", ["", " . ", 'Low "B12"', "Low\nB12", "Low \\ B12", "x" * 91])
def test_a_title_that_cannot_be_written_is_refused(tmp_path, title):
    with pytest.raises(ConfigurationError, match="The title cannot be used"):
        begin(tmp_path, "low_b12", title=title)


def test_the_slug_in_words_is_the_title_when_none_is_given(tmp_path):
    rule, *_ = begin(tmp_path, "people_untested")
    assert (tmp_path / rule).read_text().startswith('"""People untested."""\n')


@pytest.mark.parametrize("left", list(FILES))
def test_a_file_that_is_there_is_never_overwritten(tmp_path, left):
    path = tmp_path / left.format(slug="people_untested")
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(B12Error, match="is there already"):
        begin(tmp_path, "people_untested")
    assert [each.read_text() for each in tmp_path.rglob("*") if each.is_file()] == ["mine"]
