"""Decisions through the screen: recorded once, in one's own name, never over a colleague's."""

import json
import shutil
from datetime import datetime, timedelta

import pytest

from pipelines.review.decided import LiveDecisions
from tests.practice import OPENING
from tests.review.screen import LOW, ODD_ID, Screen
from tests.review.test_pages import counts, shown


def test_a_decision_moves_the_row_from_to_do_to_waiting_and_names_who_decided(screen):
    nora, key = screen.user("nora"), screen.keys()["p07"]
    answer = nora.decide(f"{key}.0", decision="ordered", note="Form given at the desk.")
    assert answer.status_code == 303
    assert screen.decisions() == [("p07", "ordered", "nora")]
    assert counts(nora.get(LOW)) == {"todo": 40, "new": 40, "waiting": 1, "snoozed": 0, "dismissed": 0, "all": 41}
    page = nora.get(LOW + "?show=waiting").text.replace("\u00a0", " ")
    assert "<b>Ordered</b>" in page
    assert "Form given at the desk." in page
    assert "nora, 04 Mar 2024, 09:00" in page


def test_what_was_seen_is_kept_with_the_decision(screen, practice):
    key = screen.keys()["p07"]
    screen.user("nora").decide(f"{key}.0", decision="comment", note="Called.")
    (entry,) = screen.log().read().to_dicts()
    ((evidence_hash,),) = practice.rows(f"SELECT evidence_hash FROM worklist_item WHERE item_key = '{key}'")
    assert (entry["seen_run_id"], entry["seen_evidence_hash"]) == (practice.current["run_id"], evidence_hash)
    assert (entry["seen_priority"], entry["seen_decision_id"], entry["channel"]) == (2, None, "review")


@pytest.mark.parametrize(
    ("decision", "more", "show"),
    [
        ("done", {}, "waiting"),
        ("contacted", {}, "waiting"),
        ("snooze", {"snooze_until": "2024-03-05"}, "snoozed"),
        ("not_applicable", {"reason": "declined"}, "dismissed"),
        ("comment", {"note": "Away until May."}, "todo"),
    ],
)
def test_each_decision_leads_where_it_belongs_and_undo_leads_back(screen, decision, more, show):
    nora, key = screen.user("nora"), screen.keys()["p07"]
    assert nora.decide(f"{key}.0", decision=decision, **more).status_code == 303
    assert "p07" in shown(nora.get(f"{LOW}?show={show}&size=100"))
    if decision != "comment":
        assert nora.post("/decide", data={**nora.form(), "undo": f"{key}.1"}).status_code == 303
        assert [entry[1] for entry in screen.decisions()] == [decision, "undo"]
    assert "p07" in shown(nora.get(f"{LOW}?size=100"))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"decision": ""}, "The decision is missing."),
        ({"decision": "burn"}, "decision is not one that we know"),
        ({"decision": "not_applicable"}, "needs a reason"),
        ({"decision": "not_applicable", "reason": "bored"}, "reason is not one that we know"),
        ({"decision": "snooze"}, "needs the date"),
        ({"decision": "snooze", "snooze_until": "2024-03-04"}, "must be after today"),
        ({"decision": "snooze", "snooze_until": "soon"}, "is no date"),
        ({"decision": "comment"}, "needs a note"),
        ({"decision": "done", "note": "n" * 2001}, "2,000 is the most"),
    ],
)
def test_an_incomplete_decision_is_explained_and_not_recorded(screen, asked, says):
    answer = screen.user("nora").decide(f"{screen.keys()['p07']}.0", **asked)
    assert answer.status_code == 422
    assert says in answer.text.replace("&#39;", "'")
    assert screen.decisions() == []


def test_a_note_of_the_longest_length_is_taken(screen):
    assert screen.user("nora").decide(f"{screen.keys()['p07']}.0", note="n" * 2000).status_code == 303


def test_many_rows_are_decided_at_once(screen):
    keys = screen.keys()
    answer = screen.user("nora").decide(*(f"{keys[f'p{n:02}']}.0" for n in range(10)), decision="contacted")
    assert answer.headers["location"].endswith("recorded=10")
    assert len(screen.decisions()) == 10


def test_a_colleague_is_told_of_and_not_overwritten(screen):
    nora, paul, key = screen.user("nora"), screen.user("paul"), screen.keys()["p07"]
    form = paul.form()
    nora.decide(f"{key}.0", decision="ordered", note="Blood form sent.")
    answer = paul.post("/decide", data={**form, "item": [f"{key}.0"], "decision": "done"})
    assert answer.status_code == 409
    assert "Decided by a colleague meanwhile" in answer.text
    assert "Ordered" in answer.text
    assert "nora" in answer.text
    assert "Blood form sent." in answer.text
    assert screen.decisions() == [("p07", "ordered", "nora")]


def test_of_many_rows_those_of_a_colleague_are_left_and_the_others_recorded(screen):
    nora, paul, keys = screen.user("nora"), screen.user("paul"), screen.keys()
    form = paul.form()
    nora.decide(f"{keys['p07']}.0", decision="ordered")
    answer = paul.post("/decide", data={**form, "item": [f"{keys['p07']}.0", f"{keys['p08']}.0"], "decision": "done"})
    assert answer.status_code == 409
    assert screen.decisions() == [("p07", "ordered", "nora"), ("p08", "done", "paul")]


def test_the_same_form_sent_twice_is_recorded_once(screen):
    nora, key = screen.user("nora"), screen.keys()["p07"]
    form = {**nora.form(), "item": [f"{key}.0"], "decision": "done"}
    assert [nora.post("/decide", data=form).status_code for _ in range(2)] == [303, 303]
    assert len(screen.decisions()) == 1


def test_a_decision_on_an_item_that_was_resolved_meanwhile_is_not_recorded(screen, practice):
    nora, key = screen.user("nora"), screen.keys()["p07"]
    form = nora.form()
    on = OPENING - timedelta(days=5)
    practice.prescriptions(
        "prescriptions_001.csv", f"p07 | x7 | Hydroxocobalamin 1 mg injection | {on} | active | {on}"
    )
    practice.night(1)
    answer = nora.post("/decide", data={**form, "item": [f"{key}.0"], "decision": "done"})
    assert answer.status_code == 409
    assert "It was resolved meanwhile: treated." in answer.text
    assert screen.decisions() == []


def test_a_decision_on_evidence_that_changed_meanwhile_is_not_recorded(screen, practice):
    nora, key = screen.user("nora"), screen.keys()["p07"]
    form = nora.form()
    on = OPENING - timedelta(days=21)
    practice.labs("labs_001.csv", f"p07 | b7 | 2132-9 | 100 | ng/L | {on} | {OPENING} | C |")
    practice.night(1)
    answer = nora.post("/decide", data={**form, "item": [f"{key}.0"], "decision": "done"})
    assert "Its evidence changed since your page was made." in answer.text
    assert screen.decisions() == []


def test_what_was_decided_before_a_run_stands_after_it_until_newer_evidence_comes(screen, practice):
    nora, keys = screen.user("nora"), screen.keys()
    nora.decide(f"{keys['p07']}.0", decision="snooze", snooze_until="2024-06-01")
    nora.decide(f"{keys['p08']}.0", f"{keys['p09']}.0", decision="ordered")
    nora.decide(f"{keys['p10']}.0", f"{keys['p11']}.0", decision="not_applicable", reason="declined")
    on = OPENING - timedelta(days=21)
    corrected = [f"p{n:02} | b{n} | 2132-9 | 110 | ng/L | {on} | {OPENING + timedelta(days=1)} | C |" for n in (9, 11)]
    practice.labs("labs_001.csv", *corrected)
    practice.night(1)
    assert counts(nora.get(LOW)) == {"todo": 38, "new": 0, "waiting": 1, "snoozed": 1, "dismissed": 1, "all": 41}
    assert shown(nora.get(f"{LOW}?show=waiting")) == ["p08"]
    assert shown(nora.get(f"{LOW}?show=dismissed")) == ["p10"]
    assert nora.get(f"{LOW}?size=100").text.count("back on the list") == 2

    screen.clock.time = datetime(2024, 5, 31, 23, 59)  # no run since
    assert counts(nora.get(LOW))["snoozed"] == 1
    screen.clock.time = datetime(2024, 6, 1, 0, 0)
    assert counts(nora.get(LOW))["snoozed"] == 0


def test_a_reviewer_takes_back_her_own_decision_and_a_lead_anybodys(screen):
    nora, paul, lena, key = screen.user("nora"), screen.user("paul"), screen.user("lena"), screen.keys()["p07"]
    nora.decide(f"{key}.0")
    assert 'name="undo"' not in paul.get(LOW + "?show=waiting").text
    answer = paul.post("/decide", data={**paul.form(), "undo": f"{key}.1"})
    assert "a lead can take back what somebody else decided" in answer.text
    assert len(screen.decisions()) == 1
    assert lena.post("/decide", data={**lena.form(), "undo": f"{key}.1"}).status_code == 303
    assert screen.decisions()[-1] == ("p07", "undo", "lena")


def test_a_lead_changes_nothing_at_a_site_that_is_not_hers(screen):
    lena, keys = screen.user("lena"), screen.keys()
    screen.user("boss").decide(f"{keys['p41']}.0", path="/list/all")
    for fields in ({"item": [f"{keys['p40']}.0"], "decision": "done"}, {"undo": f"{keys['p41']}.1"}):
        assert lena.post("/decide", data={**lena.form(), **fields}).status_code == 409
    assert screen.decisions() == [("p41", "done", "boss")]


def test_the_script_gets_the_parts_of_the_page_that_changed(screen):
    nora, key = screen.user("nora"), screen.keys()["p07"]
    said = nora.decide(f"{key}.0", part="1").json()
    assert (said["clean"], said["recorded"]) == (True, [key])
    assert 'data-latest="1" data-turn="waiting"' in said["parts"][key]
    assert nora.decide(f"{key}.0", decision="ordered", part="1").json()["conflicts"] == [key]


def test_without_the_script_a_row_is_decided_on_a_page_of_its_own(screen):
    nora, key = screen.user("nora"), screen.keys()["p07"]
    page = nora.get(f"/decide?item={key}.0", headers={"Referer": f"https://b12.example{LOW}?page=1"})
    assert "Decide on Person 07" in page.text
    assert f'name="back" value="{LOW}?page=1"' in page.text


def test_a_store_gone_read_only_is_told_and_the_lists_stay(practice):
    screen = Screen(practice.home)
    nora, key = screen.user("nora"), screen.keys()["p07"]
    nora.decide(f"{key}.0", decision="ordered")
    form = nora.form()
    (practice.home / "decisions.db").rename(practice.home / "kept.db")
    (practice.home / "decisions.db").write_text("this is no database" * 100)
    answer = nora.post("/decide", data={**form, "item": [f"{screen.keys()['p08']}.0"], "decision": "done"})
    assert answer.status_code == 503
    assert "The decision was not recorded" in answer.text
    assert audited(practice)[-2:] == [("decided done", ["p08"]), ("decision not recorded", ["p08"])]
    page = nora.get(LOW)
    assert page.status_code == 200
    assert "Decisions made since the publication cannot be read." in page.text


def test_decisions_of_others_are_seen_at_once(screen, practice):
    nora, elsewhere, key = screen.user("nora"), Screen(practice.home).user("paul"), screen.keys()["p07"]
    assert counts(nora.get(LOW))["waiting"] == 0
    elsewhere.decide(f"{key}.0")
    assert counts(nora.get(LOW))["waiting"] == 1


def test_an_odd_person_can_be_decided_on(screen):
    assert screen.user("nora").decide(f"{screen.keys()[ODD_ID]}.0").status_code == 303
    assert screen.decisions() == [(ODD_ID, "done", "nora")]


def test_a_log_put_back_from_a_copy_is_read_anew(screen, practice):
    nora, keys = screen.user("nora"), screen.keys()
    nora.decide(f"{keys['p07']}.0")
    saved = (practice.home / "decisions.db").read_bytes()
    nora.decide(f"{keys['p08']}.0")
    assert counts(nora.get(LOW))["waiting"] == 2
    (practice.home / "decisions.db").write_bytes(saved)
    assert counts(nora.get(LOW))["waiting"] == 1
    nora.decide(f"{keys['p09']}.0")
    assert shown(nora.get(f"{LOW}?show=waiting")) == ["p07", "p09"]


def test_a_long_log_put_back_from_a_copy_is_read_anew_too(screen, practice):
    nora, keys = screen.user("nora"), screen.keys()
    nora.decide(*(f"{keys[f'p{n:02}']}.0" for n in range(3)))
    saved = (practice.home / "decisions.db").read_bytes()
    nora.decide(*(f"{keys[f'p{n:02}']}.0" for n in range(3, 6)))
    live = LiveDecisions(screen.log, again=1)
    assert live.standing().rows.height == 6
    (practice.home / "decisions.db").write_bytes(saved)
    assert live.standing().rows.height == 3


def test_the_definition_tells_how_often_the_list_was_right_at_the_sites_one_sees(screen):
    keys = screen.keys()
    boss, definition = screen.user("boss"), "/definitions/low_b12_untreated"
    boss.decide(*(f"{keys[f'p{n:02}']}.0" for n in range(3)), path="/list/all")
    for person in ("p07", "p41"):
        boss.decide(f"{keys[person]}.0", path="/list/all", decision="not_applicable", reason="data_error")
    numbers = '<td class="n">{}</td><td class="n">{}</td><td class="n">{} %</td>'
    assert numbers.format(5, 2, 60) in boss.get(definition).text
    assert numbers.format(4, 1, 75) in screen.user("nora").get(definition).text


def test_a_decision_that_the_audit_log_cannot_take_is_not_recorded(screen, practice):
    nora = screen.user("nora")
    form = nora.form()
    shutil.rmtree(practice.home / "audit")
    (practice.home / "audit").write_text("in the way")
    answer = nora.post("/decide", data={**form, "item": f"{screen.keys()['p07']}.0", "decision": "done"})
    assert answer.status_code == 503
    assert "decided on only when that can be recorded" in answer.text
    assert screen.decisions() == []


def audited(practice) -> list[tuple]:
    """What the audit log holds of decisions: what was done, and on whom."""
    (path,) = (practice.home / "audit").iterdir()
    lines = map(json.loads, path.read_text().splitlines())
    return [(line["did"], line["persons"]) for line in lines if "deci" in line["did"]]


def test_the_audit_log_tells_which_decisions_were_not_recorded(screen, practice):
    nora, paul, keys = screen.user("nora"), screen.user("paul"), screen.keys()
    form = paul.form()
    nora.decide(f"{keys['p07']}.0", decision="ordered")
    paul.post("/decide", data={**form, "item": [f"{keys['p07']}.0", f"{keys['p08']}.0"], "decision": "done"})
    assert audited(practice) == [
        ("decided ordered", ["p07"]),
        ("decided done", ["p07", "p08"]),
        ("decision not recorded", ["p07"]),
    ]


def test_what_was_taken_is_told_when_the_audit_log_fails_after_it(screen, monkeypatch):
    nora, paul, keys = screen.user("nora"), screen.user("paul"), screen.keys()
    form = paul.form()
    nora.decide(f"{keys['p07']}.0", decision="ordered")
    append = screen.room.audit._append

    def fails_late(path, line: bytes) -> None:
        if b"not recorded" in line:
            raise OSError
        append(path, line)

    monkeypatch.setattr(screen.room.audit, "_append", fails_late)
    answer = paul.post("/decide", data={**form, "item": [f"{keys['p07']}.0", f"{keys['p08']}.0"], "decision": "done"})
    assert answer.status_code == 503
    assert "Recorded “done” for 1 item." in answer.text
    assert screen.decisions() == [("p07", "ordered", "nora"), ("p08", "done", "paul")]


def test_every_reason_of_a_refusal_is_told_once(screen):
    answer = screen.user("mixed").decide("nobody.0", "nowhere.0", f"{screen.keys()['p40']}.0", part="1").json()
    assert answer["told"] == (
        "3 not recorded: It is not on a list that you can see. Your role at this site is to read, not to decide."
    )
    assert len(answer["refused"]) == 3
