"""The page of attacks tells every test of attacks, with every row and what is said behind it."""

import ast
from pathlib import Path

import pytest

from pipelines.docs import checkout, pages
from pipelines.docs.attacks import ANSWERS, attacks, shown
from pipelines.docs.recorded import sentence, with_tests


@pytest.fixture(scope="module")
def found():
    with with_tests(checkout()):
        return {attack.holds: attack for attack in attacks()}


def test_every_test_of_attacks_is_told_and_says_what_is_tried(found):
    tree = ast.parse(Path(checkout(), "tests/review/test_attacks.py").read_text())
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    assert list(found) == [sentence(name) for name in names]
    assert [attack.holds for attack in found.values() if not attack.tried.endswith(".")] == []


def test_a_row_tells_what_was_sent_what_came_back_and_why(found):
    forged = found["Nobody gets in by forged headers"]
    assert [attempt.why for attempt in forged.attempts][:2] == [
        "not the proxy",
        "the proxy's machine, without the secret",
    ]
    assert forged.attempts[1].tried == "`10.0.0.5` X-Forwarded-User: `boss`"
    assert forged.attempts[1].answer == f"403, {ANSWERS[403]}"
    assert "`/audit`" in forged.each
    assert len(found["Addresses do not reach further than they should"].attempts) > 20


def test_the_page_has_a_row_for_each(found):
    page = pages(checkout())["docs/review/attacks.md"]
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| tried")]
    assert len(rows) == len(found) + sum(len(attack.attempts) for attack in found.values())


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("p07", "`p07`"),
        ("", "nothing"),
        ([], "nothing"),
        (["a", "b"], "`a`, `b`"),
        (["a", "b", "c"], "3 × `a`"),
        ("n" * 60, f"`{'n' * 60}`"),
        ("n" * 61, f"`{'n' * 36}…` (61 characters)"),
        ("a\r\nb", r"`a\r\nb`"),
        ({"X_B12_Secret": "s"}, "X-B12-Secret: `s`"),
        ({"form_key": "s"}, "form_key: `s`"),
    ],
)
def test_a_value_is_told_in_a_line(value, told):
    assert shown(value) == told
