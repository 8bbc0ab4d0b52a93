"""The catalogue shows what the tests draw and what the rules say, and nothing is lost on the way."""

import ast
from collections import Counter

import pytest

from pipelines.docs import checkout
from pipelines.docs.cases import Case, cases
from pipelines.docs.catalogue import catalogue
from pipelines.docs.closing import closing_rules
from pipelines.docs.recorded import Drawn, examples, sentence, with_tests
from pipelines.worklists import known_worklist, worklists

TITLES = {"uk_nice_ng239": "United Kingdom", "us": "United States"}


@pytest.fixture(scope="module")
def found():
    with with_tests(checkout()):
        return catalogue()


def drawn(given: dict[str, str], expect: str, **settings) -> Drawn:
    plain = {"profiles": ("us",), "overrides": {}, "delivered": None, "first_exposure": None}
    return Drawn("some_list", "2026-11-22", given, expect, **plain | settings)


@pytest.mark.parametrize("slug", list(worklists()))
def test_every_table_that_a_test_draws_is_shown(slug):
    tree = ast.parse((checkout() / "tests" / "worklists" / f"test_{slug}.py").read_text())
    calls = Counter()
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
            calls[sentence(function.name)] = sum(
                isinstance(node, ast.Call) and getattr(node.func, "id", "") == "spec" for node in ast.walk(function)
            )
    shown = {example.sentence: len(example.tables) for example in examples(slug)}
    assert calls, slug
    assert all(shown.get(name, 0) >= count for name, count in calls.items())


@pytest.mark.parametrize("slug", list(worklists()))
def test_the_closing_rules_are_those_that_the_suite_allows_and_each_says_why(found, slug):
    rules = closing_rules(worklists()[slug])
    assert all(rule.said for rule in rules)
    entry = next(entry for entry in found.entries if entry.worklist.name == slug)
    allowed = ", ".join(f"`{rule.name}`" for rule in rules)
    assert f"`closed_by` is {'among ' if len(rules) > 1 else ''}{allowed}" in [row.asked for row in entry.checks]


def test_a_closing_rule_is_followed_through_names_and_helpers():
    said = {rule.name: rule.said for rule in closing_rules(known_worklist("deficiency_diagnosed_untreated"))}
    assert said == {
        "treated": "B12 treatment is on record or B12 treatment is running",
        "result_listed": "listed for the result, the cause or the stopped treatment",
        "not_confirmed": "a later B12 result makes deficiency unlikely",
    }


def test_a_list_shows_its_own_numbers_first_and_links_to_the_shared_ones(found):
    entry = next(entry for entry in found.entries if entry.worklist.name == "acid_suppression_unscreened")
    numbers = {row.name: row for row in entry.numbers}
    assert numbers["acid_suppression_unscreened.min_days"].values == ("730", "365")
    assert numbers["acid_suppression_unscreened.min_days"].basis == (("D", "S42"), ("V", "S16"))
    assert entry.shared["course"] == "numbers-course"
    assert entry.shared["metformin_unmonitored"] == "metformin_unmonitored"
    assert not set(found.shared) & set(worklists())
    reachable = {name.partition("-")[2] for each in found.entries for name in each.shared.values() if "-" in name}
    assert reachable == set(found.shared)


def test_a_variant_shows_where_it_differs_from_the_nearest_profile(found):
    preset = found.presets["us_conventional"]
    assert preset.like == "United States"
    assert ("b12_total.mass_low_ng_l", ("180", "200")) in [(row.name, row.values) for row in preset.numbers]


def test_one_table_under_two_profiles_is_shown_once(found):
    entry = next(entry for entry in found.entries if entry.worklist.name == "older_adult_unscreened")
    example = next(each for each in entry.examples if "is not enabled" in each.sentence)
    [table] = example.tables
    assert table.heading == "As of 2026-11-22; United Kingdom and United States"


def test_the_name_of_a_test_becomes_a_sentence():
    assert sentence("test_b12_or_mma_in_the_united_states") == "B12 or MMA in the United States"
    assert sentence("test_an_mcv_on_29_february") == "An MCV on 29 February"


def test_a_person_is_told_with_all_that_is_on_record_and_every_note():
    table = drawn(
        {
            "person": """
                person_id | birth_date | sex
                a         |            | M
            """,
            "measurement": """
                person_id | concept   | measurement_date | value | comparator | status
                a         | serum_b12 | 2026-11-08       | 98    | <          | final         # 14 days
                b         | mma_serum | 2026-11-22       |       | =          | preliminary
            """,
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date | drug_exposure_end_date | daily_dose | kind
                b         | b12_oral       | 2026-11-01               | 2026-12-01             | 1000       | prescribed
                c         | b12_injectable | 2026-11-01               | 2026-11-01             |            | administered
            """,
        },
        """
            person_id | closed_by | priority | due_date
            a         |           | 1        | 2026-11-15   # urgent
            b         | treated   |          |
        """,
    )
    with with_tests(checkout()):
        told = cases(table, TITLES)
    assert told.heading == "As of 2026-11-22; United States"
    assert told.rows == (
        Case(
            "a",
            ("sex M, birth date not known", "Serum B12 <98 pmol/L on 2026-11-08 (14 d)"),
            "open, priority 1, due 2026-11-15",
            "14 days; urgent",
        ),
        Case(
            "b",
            (
                "Serum MMA on 2026-11-22 (0 d), preliminary",
                "Oral B12 1000 mcg a day from 2026-11-01 (21 d) to 2026-12-01 (in 9 d)",
            ),
            "closed by `treated`",
            "",
        ),
        Case("c", ("B12 injection on 2026-11-01 (21 d), administered",), "not eligible", ""),
    )


def test_the_heading_says_what_differs_from_the_usual():
    table = drawn(
        {"person": "person_id"},
        "person_id | closed_by",
        profiles=("uk_nice_ng239", "us"),
        overrides={"x.enabled": True},
        delivered=frozenset({"labs", "diagnoses"}),
        first_exposure="site | first_start\n | 2025-01-01",
    )
    with with_tests(checkout()):
        assert cases(table, TITLES).heading == (
            "As of 2026-11-22; United Kingdom and United States; with `x.enabled` set to true; "
            "only diagnoses, labs ever delivered; drug records begin: all sites 2025-01-01"
        )
