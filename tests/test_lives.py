"""Lives of items over nights: results and treatment arrive, are corrected and withdrawn, people leave, rules change."""

from datetime import timedelta

import pytest

from pipelines.errors import Refused
from tests.practice import OPENING, open_practice

PATIENTS = "patient_id | birth_date | death_date | site | registered_until"


def day(after):
    return str(OPENING + timedelta(days=after))


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A practice after its first night."""
    practice = open_practice(tmp_path_factory.mktemp("lives"))
    practice.night()
    return practice


@pytest.fixture
def practice(opened, tmp_path):
    return opened.copy(tmp_path)


def told(practice, *people):
    """What happened to the low B12 of these people after the first night."""
    return practice.rows(
        f"""
        SELECT person_id, event, because, strftime(on_date, '%m-%d') FROM item_history
        WHERE worklist = 'low_b12_untreated' AND on_date > DATE '{OPENING}' AND person_id IN {(*people, "")}
        ORDER BY on_date, person_id, event
        """
    )


def test_every_item_begins_as_listed(opened):
    events = opened.rows("SELECT event, because, on_date::VARCHAR, count(*) FROM item_history GROUP BY ALL")
    assert events == [("listed", None, str(OPENING), opened.rows("SELECT count(*) FROM worklist_item")[0][0])]


def test_care_given_death_leaving_and_correction_are_kept_apart(practice):
    practice.prescriptions(
        "prescriptions_001.csv", f"p01 | t1 | Cyanocobalamin 1 mg tablets | {day(0)} | active | {day(1)}"
    )
    practice.labs("labs_001.csv", f"p02 | b2 | 2132-9 | 500 | ng/L | 2024-02-12 | {day(1)} | C")
    practice.put(
        "patients.csv",
        f"""{PATIENTS}
        p03 | 1950-01-01 | {day(1)} | A |
        p04 | 1950-01-01 | | A | {day(0)}
        p05 | 1950-01-01 | | A | {day(1)}
        """,
    )
    practice.night(1)
    assert told(practice, "p01", "p02", "p03", "p04", "p05", "p06") == [
        ("p01", "resolved", "treated", "03-05"),
        ("p02", "resolved", "correction", "03-05"),
        ("p03", "resolved", "died", "03-05"),
        ("p04", "resolved", "left", "03-05"),
    ]


def test_who_was_resolved_by_mistake_returns(practice):
    practice.put("patients.csv", f"{PATIENTS}\np03 | 1950-01-01 | {day(0)} | A |")
    practice.labs("labs_001.csv", f"p02 | b2 | 2132-9 | 500 | ng/L | 2024-02-12 | {day(1)} | C")
    practice.night(1)
    practice.put("patients.csv", f"{PATIENTS}\np03 | 1950-01-01 | | A |")
    practice.labs("labs_002.csv", f"p02 | b2 | 2132-9 | 120 | ng/L | 2024-02-12 | {day(2)} | C")
    practice.night(2)
    assert told(practice, "p02", "p03") == [
        ("p02", "resolved", "correction", "03-05"),
        ("p03", "resolved", "died", "03-05"),
        ("p02", "returned", None, "03-06"),
        ("p03", "returned", None, "03-06"),
    ]


def test_a_later_low_result_is_another_episode(practice):
    practice.labs("labs_001.csv", f"p02 | n2 | 2132-9 | 110 | ng/L | {day(-14)} | {day(1)} | F")
    practice.night(1)
    assert told(practice, "p02") == [("p02", "listed", None, "03-05"), ("p02", "resolved", "new_episode", "03-05")]
    assert practice.rows(
        "SELECT state FROM worklist_item WHERE person_id = 'p02' AND worklist = 'low_b12_untreated'"
    ) == [("new",)]


def test_a_changed_number_resolves_by_definition_and_care_given_the_same_night_stays_apart(practice):
    """Everybody has 120 ng/L. Under another threshold yesterday's facts list nobody, treated or not."""
    practice.configure('[overrides]\n"b12_total.mass_low_ng_l" = 100')
    practice.prescriptions(
        "prescriptions_001.csv", f"p01 | t1 | Cyanocobalamin 1 mg tablets | {day(0)} | active | {day(1)}"
    )
    practice.night(1)
    assert {row[1:3] for row in told(practice, "p01", "p02")} == {("resolved", "definition_changed")}


def test_under_a_changed_definition_that_still_lists_them_care_given_is_care_given(practice):
    practice.configure('[overrides]\n"b12_total.mass_low_ng_l" = 150')
    practice.prescriptions(
        "prescriptions_001.csv", f"p01 | t1 | Cyanocobalamin 1 mg tablets | {day(0)} | active | {day(1)}"
    )
    practice.night(1)
    assert told(practice, "p01", "p02") == [("p01", "resolved", "treated", "03-05")]


def test_a_refused_night_resolves_nobody_and_the_next_tells_what_happened_since(practice):
    for name in ("labs_000.csv", "prescriptions_000.csv"):
        (practice.extracts / name).unlink()
    practice.labs("labs_001.csv", f"p02 | b2 | 2132-9 | 500 | ng/L | 2024-02-12 | {day(1)} | C")
    practice.configure('[[source]]\nname = "default"\nkind = "native"\nmax_age_days = 1')
    with pytest.raises(Refused):
        practice.night(9)
    assert told(practice, "p02") == []
    practice.configure("")
    practice.night(9)
    assert told(practice, "p02") == [("p02", "resolved", "correction", "03-13")]


def test_a_night_repeated_tells_its_story_once_and_a_past_one_leaves_the_later_story_whole(practice):
    practice.labs("labs_001.csv", f"p02 | b2 | 2132-9 | 500 | ng/L | 2024-02-12 | {day(1)} | C")
    for _ in range(2):
        practice.night(1)
        assert told(practice, "p02") == [("p02", "resolved", "correction", "03-05")]
    practice.night()
    assert told(practice, "p02") == []
    practice.night(2)
    assert told(practice, "p02") == [("p02", "resolved", "correction", "03-05")]


def test_the_history_adds_up_to_the_list(practice):
    """Listed and returned, less resolved, are the open items of every list, after any nights."""
    practice.prescriptions(
        "prescriptions_001.csv", f"p01 | t1 | Cyanocobalamin 1 mg tablets | {day(0)} | active | {day(1)}"
    )
    practice.labs("labs_001.csv", f"p02 | n2 | 2132-9 | 110 | ng/L | {day(0)} | {day(1)} | F")
    for night in (1, 2, 40):
        practice.night(night, accept_change=("low_b12_untreated",))
    told_open = """
        SELECT worklist, count(*) FILTER (event IN ('listed', 'returned')) - count(*) FILTER (event = 'resolved') AS open
        FROM item_history GROUP BY worklist HAVING open <> 0 ORDER BY ALL
    """
    assert practice.rows(told_open) == practice.rows(
        "SELECT worklist, count(*) FROM worklist_item GROUP BY worklist ORDER BY ALL"
    )


def test_one_row_per_patient_with_every_item_counted(practice):
    by_items = "SELECT person_id, count(*) FROM worklist_item GROUP BY person_id ORDER BY person_id"
    by_patient = """
        SELECT person_id, other_items + (treatment_item_key IS NOT NULL)::INT + (test_item_key IS NOT NULL)::INT
        FROM worklist_patient ORDER BY person_id
    """
    assert practice.rows(by_patient) == practice.rows(by_items)
