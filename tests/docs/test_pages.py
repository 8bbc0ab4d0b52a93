"""The generated pages say what the code does, and a reader can follow them."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines.contract import core_schema, ddl_files
from pipelines.docs import checkout, pages, stale_pages, write_pages
from pipelines.docs.dictionary import relations
from pipelines.docs.pages import markdown_cell
from pipelines.worklists import worklists

README, CATALOGUE, DICTIONARY = "pipelines/worklists/README.md", "docs/catalogue.html", "docs/data-dictionary.md"
VOID = {"meta", "br"}


@pytest.fixture(scope="module")
def written():
    return pages(checkout())


class Page(HTMLParser):
    """What a page opens, closes, names and links to."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.ids, self.links, self.loads = [], [], [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if tag == "a" else []
        self.loads += [tag] if tag in ("script", "img", "link", "iframe") or "src" in found else []
        self.open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_no_page_is_stale(written):
    assert stale_pages(checkout(), written) == [], "run `b12 docs`, and commit what it writes"


def test_a_page_that_is_missing_or_changed_by_hand_is_named_and_written_again(tmp_path, written):
    assert write_pages(tmp_path, written) == list(written)
    assert stale_pages(tmp_path, written) == []
    (tmp_path / README).write_text("# Worklists\n")
    (tmp_path / DICTIONARY).unlink()
    assert stale_pages(tmp_path, written) == [README, DICTIONARY]
    assert write_pages(tmp_path, written) == [README, DICTIONARY]
    assert write_pages(tmp_path, written) == []


def test_the_same_code_gives_the_same_pages(written):
    assert pages(checkout()) == written


@pytest.mark.parametrize("slug", list(worklists()))
def test_every_list_has_its_section(written, slug):
    listed = worklists()[slug]
    section = written[README].partition(f'<a id="{slug}"></a>')[2].partition("<a id=")[0]
    assert section.startswith(f"\n\n## {listed.title}\n\n`{slug}` · owner: {listed.owner} · last reviewed ")
    assert listed.action in section
    assert all(document.url in section for document in listed.sources)
    assert " ".join(listed.rationale.split("\n\n")[0].split()).replace("``", "`") in section
    assert "1. `" in section
    assert "<summary>Worked examples: " in section
    assert f"| `worklist` is `{slug}` | refused |" in section


def test_every_link_inside_a_page_leads_somewhere(written):
    for name in (README, DICTIONARY):
        text = written[name]
        headings = {line.lstrip("# ").replace(" ", "-") for line in text.splitlines() if line.startswith("#")}
        anchors = set(re.findall(r'<a id="([^"]+)"></a>', text)) | headings
        assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors, name
    for other in re.findall(r"\]\(((?!#|https?:)[^)]+)\)", written[README]):
        assert (checkout() / "pipelines" / "worklists" / other).is_file(), other


def test_every_row_of_a_table_has_the_cells_of_its_header(written):
    for name in (README, DICTIONARY):
        cells = 0
        for line in written[name].splitlines():
            found = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert found in (cells, 0) or not cells, line
            cells = found


def test_what_a_table_or_a_tag_is_made_of_is_escaped_in_a_cell():
    assert markdown_cell("a|b <80, `x < y`\nand ``c``") == "a\\|b &lt;80, `x < y` and `c`"


def test_the_catalogue_is_one_whole_page_that_loads_nothing(written):
    page = Page()
    page.feed(written[CATALOGUE])
    assert page.open == []
    assert page.loads == []
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert set(worklists()) <= set(page.ids)


def test_the_dictionary_holds_every_column_of_every_table(written):
    for table in ddl_files():
        section = written[DICTIONARY].partition(f"\n### {table}\n")[2].partition("\n### ")[0]
        assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(core_schema(table))


def test_a_view_may_read_another_that_comes_later_in_the_alphabet(tmp_path):
    (tmp_path / "a.sql").write_text(
        "CREATE VIEW a AS SELECT n FROM b; COMMENT ON VIEW a IS 'First.'; COMMENT ON COLUMN a.n IS 'Number.';"
    )
    (tmp_path / "b.sql").write_text("CREATE VIEW b AS SELECT 1 AS n; COMMENT ON VIEW b IS 'Second.';")
    found = relations([tmp_path])
    [(first, second)] = found.values()
    assert (first.name, first.meaning, second.name) == ("a", "First.", "b")
    [column] = first.columns
    assert (column.name, column.type, column.may_be_null, column.meaning) == ("n", "INTEGER", None, "Number.")


def test_outside_a_checkout_the_command_says_so(tmp_path):
    shutil.copytree(checkout() / "pipelines", tmp_path / "pipelines", ignore=shutil.ignore_patterns("__pycache__"))
    run = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "docs"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1
    assert "is no checkout" in run.stderr
    assert not Path(tmp_path / "docs").exists()
