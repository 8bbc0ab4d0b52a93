"""Lives of items over nights: results and treatment arrive, are corrected and withdrawn, people leave, rules change."""

from contextlib import closing
from datetime import date, datetime, time, timedelta

import pytest

from pipelines.decisions import DecisionLog, NewDecision, Seen
from pipelines.errors import B12Error, Refused
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


def decide(practice, person, decision, *, after=0, seen=None, **said):
    """A reviewer decides on somebody's low B12 as it is published, so many days after the opening."""
    key, run, digest, priority, last = practice.rows(
        f"""
        SELECT item_key, run_id, evidence_hash, priority, decision_id FROM worklist_item, run
        WHERE worklist = 'low_b12_untreated' AND person_id = '{person}' ORDER BY started_at DESC LIMIT 1
        """
    )[0]
    at = datetime.combine(OPENING + timedelta(days=after), time(10))
    new = NewDecision(
        worklist="low_b12_untreated",
        person_id=person,
        item_key=key,
        decision=decision,
        decided_by="ann",
        decided_at=at,
        seen_at=at - timedelta(hours=1),
        channel="review",
        seen=seen or Seen(run_id=run, evidence_hash=digest, priority=priority, decision_id=last),
        **said,
    )
    with closing(DecisionLog.open(f"sqlite:///{practice.home}/decisions.db")) as log:
        assert [fate.outcome for fate in log.append([new])] == ["taken"]


def states(practice, *people):
    found = practice.rows("SELECT person_id, state FROM worklist_item WHERE worklist = 'low_b12_untreated'")
    return [state for person, state in sorted(found) if person in people]


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


def test_every_change_of_a_list_is_told(practice):
    """What came less what went is the difference of the attrition to the night before."""
    practice.prescriptions(
        "prescriptions_001.csv", f"p01 | t1 | Cyanocobalamin 1 mg tablets | {day(0)} | active | {day(1)}"
    )
    practice.labs("labs_001.csv", f"p70 | b70 | 2132-9 | 120 | ng/L | 2024-02-12 | {day(1)} | F")
    practice.night(1)
    told_change = practice.rows("SELECT event, because, change FROM list_change ORDER BY ALL")
    assert told_change == [("listed", None, 1), ("resolved", "treated", -1)]
    by_list = "SELECT worklist, CAST(sum(change) AS BIGINT) FROM {} GROUP BY worklist ORDER BY worklist"
    told = dict(practice.rows(by_list.format("list_change")))
    counted = dict(practice.rows(by_list.format("attrition WHERE step = 'open'")))
    assert {name: change for name, change in counted.items() if change or name in told} == told


def test_one_row_per_patient_with_every_item_counted(practice):
    by_items = "SELECT person_id, count(*) FROM worklist_item GROUP BY person_id ORDER BY person_id"
    by_patient = """
        SELECT person_id, other_items + (treatment_item_key IS NOT NULL)::INT + (test_item_key IS NOT NULL)::INT
        FROM worklist_patient ORDER BY person_id
    """
    assert practice.rows(by_patient) == practice.rows(by_items)


def test_what_reviewers_decide_quiets_items_until_they_wake(practice):
    decide(practice, "p01", "snooze", snooze_until=OPENING + timedelta(days=3))
    decide(practice, "p02", "not_applicable", reason="bought_over_the_counter")
    decide(practice, "p03", "ordered", note="with the next bloods")
    practice.night(1)
    assert states(practice, "p01", "p02", "p03") == ["snoozed", "dismissed", "continuing"]
    shown = "SELECT decision, decision_note, decided_by, decision_id FROM worklist_item WHERE person_id = 'p03'"
    assert practice.rows(shown) == [("ordered", "with the next bloods", "ann", 3)]
    last = practice.rows("SELECT person_id FROM worklist_item WHERE worklist = 'low_b12_untreated' ORDER BY rank DESC")
    assert {last[0][0], last[1][0]} == {"p01", "p02"}
    practice.put(
        "diagnoses.csv",
        f"patient_id | diagnosis_code | code_system | recorded_date\np02 | G62.9 | ICD-10-CM | {day(1)}",
    )
    practice.night(2)
    assert states(practice, "p01", "p02") == ["snoozed", "continuing"]
    practice.night(3)
    assert states(practice, "p01", "p02") == ["continuing", "continuing"]
    assert told(practice, "p01", "p02", "p03") == [
        ("p02", "woken", "higher_priority", "03-06"),
        ("p01", "woken", "date_reached", "03-07"),
    ]
    decided = practice.rows(
        "SELECT person_id, event, because, actor FROM item_history WHERE actor IS NOT NULL ORDER BY ALL"
    )
    assert decided == [
        ("p01", "snoozed", "until 2024-03-07", "ann"),
        ("p02", "decided", "not_applicable: bought_over_the_counter", "ann"),
        ("p03", "decided", "ordered", "ann"),
    ]


def test_an_item_that_woke_and_was_snoozed_again_that_day_is_told_to_wake_again(practice):
    decide(practice, "p01", "snooze", snooze_until=OPENING + timedelta(days=2))
    practice.night(2)
    decide(practice, "p01", "snooze", after=2, snooze_until=OPENING + timedelta(days=4))
    practice.night(3)
    assert states(practice, "p01") == ["snoozed"]
    for night in (4, 5):
        practice.night(night)
        assert states(practice, "p01") == ["continuing"]
    assert [row for row in told(practice, "p01") if row[1] == "woken"] == [
        ("p01", "woken", "date_reached", "03-06"),
        ("p01", "woken", "date_reached", "03-08"),
    ]


def test_a_night_that_was_caught_up_on_later_is_part_of_the_story(practice):
    """Nights 1 and 3, then 2, then 3 again: what 2 saw is known from then on."""
    practice.labs(
        "labs_001.csv",
        f"p02 | b2 | 2132-9 | 500 | ng/L | 2024-02-12 | {day(2)} | C",
        f"p70 | b70 | 2132-9 | 120 | ng/L | 2024-02-12 | {day(2)} | F",
    )
    for night in (1, 3, 2, 3):
        practice.night(night)
    story = [("p02", "resolved", "correction", "03-06"), ("p70", "listed", None, "03-06")]
    assert told(practice, "p02", "p70") == story
    practice.labs("labs_002.csv", f"p02 | b2 | 2132-9 | 120 | ng/L | 2024-02-12 | {day(4)} | C")
    practice.night(4)
    assert told(practice, "p02", "p70") == [*story, ("p02", "returned", None, "03-08")]
    assert states(practice, "p02", "p70") == ["returned", "continuing"]


def test_a_past_date_with_later_decisions_has_a_precision_for_each_month(practice):
    decide(practice, "p01", "ordered")
    decide(practice, "p02", "ordered", after=40)
    practice.night(1, known_at=OPENING + timedelta(days=70))
    dated = "SELECT as_of::VARCHAR FROM measure WHERE kind = 'precision' ORDER BY as_of"
    assert practice.rows(dated) == [("2024-03-31",), ("2024-04-30",)]


def test_a_run_for_a_past_date_knows_no_later_decision(practice):
    decide(practice, "p01", "snooze", snooze_until=date(2025, 1, 1), after=2)
    for night, state in ((1, "continuing"), (2, "snoozed"), (1, "continuing")):
        practice.night(night)
        assert states(practice, "p01") == [state]


def test_a_log_that_cannot_be_read_stops_the_night_and_the_last_list_stays(practice):
    (practice.home / "decisions.db").write_bytes(b"not a database, but sixteen bytes and more")
    run = practice.current["run_id"]
    with pytest.raises(B12Error, match="decision log"):
        practice.night(1)
    assert practice.current["run_id"] == run
    assert practice.current["stale_since"]
