"""An explanation as a reviewer reads it in a terminal."""

from dataclasses import replace
from datetime import date, datetime
from io import StringIO

import pytest
from rich.console import Console

from pipelines.explain import as_text, say
from pipelines.explain.conditions import LIFE
from tests.explain.near_misses import injected, lab, told
from tests.explain.test_conditions import AS_OF, explanation

BORDERLINE = lab("serum_b12 | 2026-06-01 | 200") | told("fatigue | 2026-06-02") | injected("2026-07-01")


def test_a_list_is_told_with_its_conditions_closing_rules_and_places():
    assert as_text(explanation(BORDERLINE, "borderline_without_mma")) == (
        "Person p, as of 2026-11-22, profile uk_nice_ng239\n"
        "In scope: alive; registered; still registered; age: 16 years or older; no palliative care record.\n"
        "\n"
        "borderline_without_mma: closed by treated\n"
        "  Serum B12 200 pmol/L on 2026-06-01 is borderline, with fatigue; closed: B12 treatment is on record\n"
        "  (2026-07-01).\n"
        "  holds    a B12 result off treatment\n"
        "           Serum B12 200 pmol/L, 2026-06-01 (174 days before)  [measurement.csv, record 1]\n"
        "  holds    borderline: serum 133 to 258 pmol/L (180 to 350 ng/L), active 25 to 70 pmol/L\n"
        "           class INDETERMINATE\n"
        "  holds    dated 28 to 365 days ago\n"
        "  holds    a feature of deficiency: a neurological record, anemia, macrocytosis or another sign\n"
        "           Fatigue, 2026-06-02 (173 days before)  [condition_occurrence.csv, record 1]\n"
        "  no       second_line_test\n"
        "  closes   treated: B12 treatment is on record (2026-07-01)\n"
        "           B12 injection, administered, 2026-07-01 (144 days before)  [drug_exposure.csv, record 1]\n"
        "  no       pregnancy_listed\n"
        "\n"
        "Timeline\n"
        "  2026-06-01  serum_b12: 200 pmol/L  [measurement.csv, record 1]\n"
        "  2026-06-02  fatigue  [condition_occurrence.csv, record 1]\n"
        "  2026-07-01  b12_injectable: administered, injection, until 2026-07-01\n"
        "  [drug_exposure.csv, record 1]"
    )


def test_a_near_miss_stands_before_the_lists_that_fail_by_more():
    text = as_text(explanation(BORDERLINE, "low_b12_untreated", "raised_mma_untreated", "diet_risk_unscreened"))
    near, others = text.index("low_b12_untreated: not eligible, one condition away"), text.index("Not eligible, and")
    assert near < text.index("FAILS    low: serum below 133") < others
    assert text.index("no record of a vegan diet") > others
    assert "no record of methylmalonic acid or homocysteine from 30 days before it on" in " ".join(text.split())


def test_evidence_of_neither_condition_nor_closing_rule_stands_apart():
    """A neurological record makes the item urgent; it is no reason why nothing closes it."""
    given = lab("serum_b12 | 2026-08-03 | 110") | told("neuropathy | 2026-08-02")
    lines = as_text(explanation(given, "low_b12_untreated")).splitlines()
    at = lines.index("  no       treated")
    assert lines[at + 1] == "  besides  evidence of the priority, or for the reader to know"
    assert lines[at + 2].startswith("           neuro: Neuropathy, 2026-08-02")


def test_a_list_that_is_not_in_use_says_so_and_nothing_of_its_conditions():
    given = {"person": "person_id | birth_date\np | 1986-07-02"}
    text = as_text(explanation(given, "older_adult_unscreened", "diet_risk_unscreened"))
    assert "  older_adult_unscreened            not in use in this profile\n" in text
    assert "76 years" not in text


def test_the_timeline_names_the_product_and_says_what_no_record_tells():
    drawn = "person_id | concept | drug_exposure_start_date | source_name | route | kind\n"
    given = {"drug_exposure": f"{drawn}p | ppi | 2026-01-01 | OMEPRAZOLE | unknown | prescribed"}
    text = as_text(explanation(given, "low_b12_untreated"))
    assert "2026-01-01  ppi: OMEPRAZOLE, prescribed, route unknown, no end recorded" in text


def test_what_was_decided_on_an_item_is_told_beside_it():
    found = explanation(lab("serum_b12 | 2026-08-03 | 100"), "low_b12_untreated")
    life = dict.fromkeys(LIFE) | {"state": "snoozed", "first_listed": AS_OF, "days_listed": 0, "decision": "snooze"}
    life |= {"snoozed_until": date(2026, 12, 1), "decided_by": "nurse", "decided_at": datetime(2026, 11, 20, 9)}
    text = as_text(replace(found, lists=[replace(found.lists[0], life=life)]))
    assert "first listed 2026-11-22 (0 days); snooze until 2026-12-01, by nurse on\n  2026-11-20." in text


def test_of_somebody_out_of_scope_the_shared_conditions_are_told_and_no_list():
    text = as_text(explanation({"person": "person_id | death_date\np | 2026-11-01"}))
    assert "out of scope" in text
    assert "FAILS    alive\n           death date: 2026-11-01 (21 days before)" in text
    assert "low_b12_untreated" not in text


@pytest.mark.parametrize("width", [80, 100])
def test_lines_keep_to_the_width(width):
    assert max(len(line) for line in as_text(explanation(BORDERLINE), width=width).splitlines()) <= width


def test_a_terminal_gets_emphasis_and_the_same_words():
    written = StringIO()
    say(explanation(BORDERLINE), Console(file=written, width=100, force_terminal=True, color_system="standard"))
    colored = written.getvalue()
    assert "\x1b[" in colored
    plain = "".join(part.split("m", 1)[-1] for part in colored.split("\x1b["))
    assert [line.rstrip() for line in plain.splitlines()] == as_text(explanation(BORDERLINE)).splitlines()
