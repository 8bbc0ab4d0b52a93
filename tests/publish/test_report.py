"""The report says what happened, in words, from one file that needs nothing else."""

import re
from datetime import date, datetime
from html.parser import HTMLParser

import polars as pl
import pytest

from pipelines.contract import core_schema
from pipelines.publish.checks import CheckResult, check_table
from pipelines.publish.gate import facts_frame
from pipelines.publish.report import write_report

RUN = {
    "run_id": "20261101-020000",
    "as_of": date(2026, 11, 1),
    "known_at": date(2026, 11, 1),
    "profile": "uk_nice_ng239",
    "started_at": datetime.fromisoformat("2026-11-01T02:00"),
    "ended_at": datetime.fromisoformat("2026-11-01T02:03"),
    "version": "0.1.0",
}
LISTS = pl.DataFrame(
    [
        {
            "worklist": "low_b12_untreated",
            "title": "Low B12 without treatment",
            "eligible": 1200,
            "open_now": 310,
            "urgent": 12,
            "open_before": 300,
        },
        {
            "worklist": "maintenance_stopped",
            "title": "Injections stopped",
            "eligible": 900,
            "open_now": 12,
            "urgent": 0,
            "open_before": 290,
        },
        {
            "worklist": "neuro_untested",
            "title": "Nerve symptoms, no test",
            "eligible": 40,
            "open_now": 9,
            "urgent": 9,
            "open_before": None,
        },
    ]
)
FILES = pl.DataFrame(
    [
        {
            "source": "pathology", "extract_table": "labs", "source_file": "labs.csv", "sha256": "0", "first_read_at": datetime.fromisoformat("2026-10-31"),
            "read_at": datetime.fromisoformat("2026-10-31T02:00"), "rows_read": 61000, "rows_kept": 5000, "rows_off_pathway": 55990, "rows_quarantined": 10,
            "unknown_columns": [], "mapping": "m",
        }
    ],
    schema=core_schema("source_file"),
)  # fmt: skip
FEEDS = facts_frame(
    "feeds", [{"source": "pathology", "extract_table": "labs", "newest_known": date(2026, 10, 30), "max_age_days": 3}]
)
QUARANTINE = pl.DataFrame([{"source": "pathology", "extract_table": "labs", "reason": "missing_unit", "rows": 10}])
UNMAPPED = pl.DataFrame(
    [
        {
            "source": "pathology",
            "extract_table": "labs",
            "code_system": "LOCAL",
            "code": "VB12X",
            "name": "<b>Vitamin B12</b>",
            "row_count": 4000,
            "looks_like": "serum_b12",
        },
        {
            "source": "pathology",
            "extract_table": "labs",
            "code_system": None,
            "code": None,
            "name": "Sodium",
            "row_count": 3000,
            "looks_like": None,
        },
    ],
    schema=core_schema("unmapped_code"),
)


def check(
    name: str, status: str = "passed", severity: str = "critical", detail: str = "Held on 5,000 rows."
) -> CheckResult:
    return CheckResult(name, name.partition(".")[0], "t", "c", severity, status, 0, 5000, "It would hurt.", detail)


GOOD = [check("gate.feed_is_fresh"), check("core.person.id_once"), check("worklist.low_b12_untreated.person_once")]
JUMPED = check(
    "gate.list_changed_little: maintenance_stopped",
    "failed",
    detail="maintenance_stopped went from 290 to 12 open items.",
)
ODD = check(
    "core.measurement.mostly_plausible", "failed", "warning", detail="is_implausible: 900 of 5,000 rows did not hold."
)


def page(tmp_path, results, **given) -> str:
    tables = {
        "source_files": FILES,
        "quarantine_counts": QUARANTINE,
        "unmapped_top": UNMAPPED,
        "list_counts": LISTS,
        "feeds": FEEDS,
    }
    path = tmp_path / "reports" / "run.html"
    write_report(path, RUN | given.pop("run", {}), results, **(tables | given))
    return path.read_text(encoding="utf-8")


def words(html: str) -> str:
    """The text of a page as it is read, tags and styles taken out."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<style>.*?</style>", "", html)))


def test_a_published_run_says_so_first(tmp_path):
    told = words(page(tmp_path, GOOD))
    assert told.index("This run was published.") < told.index("Lists")
    assert "No check failed." in told


def test_a_refused_run_says_why_and_what_to_do_before_anything_else(tmp_path):
    told = words(page(tmp_path, [*GOOD, ODD, JUMPED]))
    positions = [
        told.index(phrase)
        for phrase in (
            "This run was refused. What was published before stays",
            "Because: maintenance_stopped went from 290 to 12 open items.",
            "What stopped it",
            "What to do: Read the evidence of a few items.",
            "Warnings",
            "is_implausible: 900 of 5,000 rows did not hold.",
            "Feeds",
        )
    ]
    assert positions == sorted(positions)


def test_a_run_that_failed_says_what_it_was_told(tmp_path):
    told = words(page(tmp_path, GOOD, run={"outcome": "failed", "because": "The disk is full."}, feeds=None))
    assert "This run failed." in told
    assert "Because: The disk is full." in told


def test_lists_feeds_quarantine_and_codes_are_told_with_their_counts(tmp_path):
    told = words(page(tmp_path, GOOD))
    assert "low_b12_untreated 1,200 310 12 300 +10" in told
    assert "maintenance_stopped 900 12 0 290 -278" in told
    assert "neuro_untested 40 9 9 – new" in told
    assert "pathology / labs 2026-10-30 3 days 2026-10-31 02:00:00 1 61,000 5,000 55,990 10" in told
    assert "missing_unit pathology / labs 10" in told
    assert "LOCAL VB12X" in told
    assert "4,000 serum_b12" in told


def test_nothing_is_loaded_from_anywhere_and_nothing_runs(tmp_path):
    html = page(tmp_path, [*GOOD, JUMPED])
    assert not re.search(r"(?i)\b(?:src|href|action|srcset|data)\s*=", html)
    assert not re.search(r"(?i)https?:|//\w|<script|url\(|@import|<link|<iframe|\bon\w+\s*=", html)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img onerror=x>', "&lt;"])
def test_whatever_comes_from_data_is_escaped(tmp_path, text):
    html = page(
        tmp_path,
        [check(f"gate.feed_is_fresh: {text}", "failed", detail=text)],
        unmapped_top=UNMAPPED.with_columns(name=pl.lit(text), code=pl.lit(text)),
        list_counts=LISTS.with_columns(title=pl.lit(text)),
        run={"profile": text},
    )
    assert text not in html


class Outline(HTMLParser):
    """Headings in order, tables' header cells, and elements that were not closed."""

    def __init__(self, html):
        super().__init__()
        self.headings, self.open, self.unscoped = [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.unscoped += tag == "th" and "scope" not in dict(attrs)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_can_be_heard(tmp_path):
    html = page(tmp_path, [*GOOD, ODD, JUMPED])
    outline = Outline(html)
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    assert outline.open == []
    assert outline.unscoped == 0
    assert '<html lang="en">' in html
    for word in ("failed", "passed"):  # never by color or mark alone
        assert f"</span> {word}</td>" in html


def test_the_last_runs_are_shown_with_this_one_at_the_end(tmp_path):
    earlier = [check("core.person.id_once", status) for status in ("passed", "failed")]
    gates = [check("gate.feed_is_fresh: a/labs", "failed"), check("gate.feed_is_fresh: b/labs", "failed")]
    history = pl.concat([check_table([earlier[0]], "1"), check_table([earlier[1], *gates], "2")])
    html = page(tmp_path, GOOD, history=history)
    assert 'aria-label="passed, failed, passed">✓✕✓<' in html
    assert 'aria-label="nothing to check, failed, passed">·✕✓<' in html


def test_ten_runs_are_shown(tmp_path):
    history = pl.concat([check_table([check("core.person.id_once", "passed")], f"{number:02}") for number in range(30)])
    assert f">{'✓' * 10}<" in page(tmp_path, GOOD, history=history)
    assert f">{'✓' * 11}<" not in page(tmp_path, GOOD, history=history)


def test_a_run_without_anything_still_has_a_report(tmp_path):
    told = words(
        page(
            tmp_path,
            [],
            source_files=FILES.clear(),
            quarantine_counts=QUARANTINE.clear(),
            unmapped_top=UNMAPPED.clear(),
            list_counts=LISTS.clear(),
            feeds=None,
        )
    )
    assert "This run was refused." in told
    assert "Nothing was checked." in told
    assert "Nothing was read." in told


def test_the_report_replaces_the_old_one_and_leaves_nothing_beside_it(tmp_path):
    page(tmp_path, [JUMPED])
    page(tmp_path, GOOD)
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["run.html"]
