"""The lists of a publication as FHIR R4: valid, and the same lists when they are read back."""

import json
import subprocess
import sys
from collections import defaultdict
from datetime import date, datetime

import pytest
from fhir.resources.R4B.detectedissue import DetectedIssue
from fhir.resources.R4B.group import Group

from pipelines.duck import reading_connection
from pipelines.errors import B12Error, ConfigurationError
from pipelines.fhir_export import export_fhir
from pipelines.fhir_export.resources import detected_issue
from pipelines.fhir_export.valid import problems, refuse_invalid

R4_ELEMENTS = {
    "Group": "resourceType id identifier active type actual code name quantity characteristic member",
    "DetectedIssue": "resourceType id contained identifier status code severity patient identifiedDateTime evidence detail "
    "reference mitigation",
    "Observation": "resourceType id status code subject effectiveDateTime valueQuantity valueCodeableConcept "
    "dataAbsentReason note referenceRange",
    "MedicationStatement": "resourceType id status category medicationCodeableConcept subject effectivePeriod dosage",
    "Condition": "resourceType id clinicalStatus code subject abatementDateTime recordedDate",
    "Procedure": "resourceType id status code subject performedDateTime",
}
"""What is written, element by element: all of it is in R4 (4.0.1) as it is in R4B (4.3.0)."""


@pytest.fixture(scope="module")
def exported(small_demo, tmp_path_factory):
    to = tmp_path_factory.mktemp("fhir") / "new" / "folder"
    written = export_fhir(small_demo, to)
    lines = {path.stem: [json.loads(line) for line in path.read_text().splitlines()] for path in written.files}
    assert (written.groups, written.issues) == (len(lines["Group"]), len(lines["DetectedIssue"]))
    return lines


@pytest.fixture(scope="module")
def published(small_demo):
    with reading_connection(small_demo / "published" / "b12.duckdb") as con:
        yield con


def test_every_list_is_a_group_of_those_with_an_open_item(exported, published):
    wanted = {name: set() for (name,) in published.execute("SELECT worklist FROM worklist").fetchall()}
    for name, person, since in published.execute(
        "SELECT worklist, person_id, first_listed FROM worklist_item"
    ).fetchall():
        wanted[name].add((person, since.isoformat()))
    found = {}
    for group in exported["Group"]:
        (slug,) = [each["value"] for each in group["identifier"]]
        members = group.get("member", [])
        found[slug] = {(each["entity"]["identifier"]["value"], each["period"]["start"]) for each in members}
        assert (group["type"], group["actual"], group["quantity"]) == ("person", True, len(members))
        assert group["characteristic"][0]["valueCodeableConcept"]["coding"][0]["code"] == slug
    assert found == wanted
    assert sum(map(len, wanted.values())) > 100


def test_every_open_item_is_an_issue_that_says_the_same(exported, published):
    rows = published.execute(
        "SELECT item_key, worklist, person_id, priority, first_listed, reason FROM worklist_item"
    ).fetchall()
    severity = {1: "high", 2: "moderate", 3: "low", 4: "low"}
    wanted = {(key, name, who, severity[rank], str(since), reason) for key, name, who, rank, since, reason in rows}
    found = {
        (
            issue["identifier"][0]["value"],
            issue["code"]["coding"][1]["code"],
            issue["patient"]["identifier"]["value"],
            issue["severity"],
            issue["identifiedDateTime"],
            issue["detail"],
        )
        for issue in exported["DetectedIssue"]
    }
    assert found == wanted


def test_the_evidence_comes_along_by_role_and_row(exported, published):
    wanted = defaultdict(set)
    query = (
        "SELECT item_key, role, event_table, event_date FROM evidence JOIN worklist_item USING (worklist, person_id)"
    )
    kinds = {
        "measurement": ("Observation", lambda row: row["effectiveDateTime"]),
        "drug_exposure": ("MedicationStatement", lambda row: row["effectivePeriod"]["start"]),
        "condition_occurrence": ("Condition", lambda row: row["recordedDate"]),
        "procedure_occurrence": ("Procedure", lambda row: row["performedDateTime"]),
    }
    dated = dict(kinds.values())
    for key, role, table, on in published.execute(query).fetchall():
        wanted[key].add((role, kinds[table][0], str(on)))
    found = defaultdict(set)
    for issue in exported["DetectedIssue"]:
        rows = {f"#{row['id']}": row for row in issue["contained"]}
        for each in issue["evidence"]:
            row = rows[each["detail"][0]["reference"]]
            found[issue["id"]].add((each["code"][0]["text"], row["resourceType"], dated[row["resourceType"]](row)))
    assert found == wanted


def test_every_line_is_valid_and_comes_back_as_it_went(exported):
    models = {"Group": Group, "DetectedIssue": DetectedIssue}
    for kind, resources in exported.items():
        for resource in resources:
            assert problems(resource) == []
            again = json.loads(models[kind].model_validate(resource).model_dump_json())
            assert again == resource


def test_only_elements_that_r4_has_are_written(exported):
    for resource in (*exported["Group"], *exported["DetectedIssue"]):
        for part in (resource, *resource.get("contained", [])):
            assert set(part) <= set(R4_ELEMENTS[part["resourceType"]].split())


def test_identifiers_are_unique_and_fit_fhir(exported):
    for resources in exported.values():
        ids = [resource["id"] for resource in resources]
        assert len(set(ids)) == len(ids)
        assert max(map(len, ids)) <= 64


def test_a_list_and_a_site_limit_both_files(small_demo, published, tmp_path):
    (site, count) = published.execute(
        "SELECT site, count(*) FROM worklist_item WHERE worklist = 'low_b12_untreated' AND site IS NOT NULL "
        "GROUP BY site ORDER BY count(*) DESC, site"
    ).fetchall()[0]
    written = export_fhir(small_demo, tmp_path, "low_b12_untreated", site)
    assert (written.groups, written.issues) == (1, count)
    group = json.loads((tmp_path / "Group.ndjson").read_text())
    assert group["characteristic"][-1]["valueCodeableConcept"] == {"text": site}


def test_what_cannot_be_exported_is_said_before_anything_is_written(small_demo, tmp_path):
    with pytest.raises(ConfigurationError, match="No worklist named 'low_b12'"):
        export_fhir(small_demo, tmp_path / "to", "low_b12")
    with pytest.raises(B12Error, match="No open item at a site named 'nowhere'"):
        export_fhir(small_demo, tmp_path / "to", site="nowhere")
    with pytest.raises(B12Error, match="Nothing is published"):
        export_fhir(tmp_path, tmp_path / "to")
    assert not (tmp_path / "to").exists()


ITEM = {
    "worklist": "low_b12_untreated", "person_id": "p", "item_key": "00ff", "priority": 1, "display_name": None,
    "first_listed": None, "reason": "B12 low", "decision": None,
}  # fmt: skip
WORKLIST = {"title": "Low", "action": "Treat", "source_url": ""}


def test_a_decision_makes_the_issue_final_and_is_its_mitigation():
    decided = {
        "decision": "snooze", "decision_reason": None, "decision_note": "on holiday", "decided_by": "nurse",
        "decided_at": datetime(2026, 11, 19, 14, 5), "snoozed_until": date(2026, 12, 1),
    }  # fmt: skip
    issue = detected_issue(ITEM | decided, WORKLIST, [])
    assert problems(issue) == []
    assert issue["status"] == "final"
    assert issue["mitigation"] == [
        {
            "action": {
                "coding": [{"system": "urn:x-b12-care-gaps:decision", "code": "snooze", "display": "snooze"}],
                "text": "snooze: until 2026-12-01: on holiday",
            },
            "date": "2026-11-19",
            "author": {"type": "Practitioner", "display": "nurse"},
        }
    ]
    assert detected_issue(ITEM, WORKLIST, [])["status"] == "preliminary"


def test_a_dismissal_keeps_its_reason_as_a_code():
    dismissed = {
        "decision": "not_applicable", "decision_reason": "treated_elsewhere", "decision_note": None,
        "decided_by": "nurse", "decided_at": datetime(2026, 11, 19), "snoozed_until": None,
    }  # fmt: skip
    issue = detected_issue(ITEM | dismissed, WORKLIST, [])
    assert problems(issue) == []
    action = issue["mitigation"][0]["action"]
    assert [coding["code"] for coding in action["coding"]] == ["not_applicable", "treated_elsewhere"]
    assert action["text"] == "not applicable: treated elsewhere"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"status": "open"}, "DetectedIssue.status: not in its value set"),
        ({"severity": "urgent"}, "DetectedIssue.severity: not in its value set"),
        ({"status": None}, "status: model_field_validation.missing"),
        ({"closed": True}, "closed: extra_forbidden"),
        ({"id": "00 ff"}, "id: string_pattern_mismatch"),
        ({"identifiedDateTime": "2026-13-01"}, "identifiedDateTime: value_error"),
        ({"identifiedPeriod": {"start": "2026-01-01"}, "identifiedDateTime": "2026-01-01"}, ": value_error"),
        ({"implicated": [{"reference": "#e9"}]}, "contained: resources and references to them differ"),
        ({"contained": [{"resourceType": "Observation", "id": "e1", "status": "final", "code": {"text": "x"}}]},
         "contained: resources and references to them differ"),
        ({"contained": [{"resourceType": "Observation", "id": "e1", "status": "odd", "code": {"text": "x"}}],
          "implicated": [{"reference": "#e1"}]}, "Observation.status: not in its value set"),
        ({"contained": [{"resourceType": "Observation", "id": "e1", "status": "final"}],
          "implicated": [{"reference": "#e1"}]}, "contained.0.code: missing"),
    ],
)  # fmt: skip
def test_what_is_not_valid_is_refused_without_a_value(change, told):
    issue = detected_issue(ITEM, WORKLIST, []) | change
    assert problems(issue) == [told]
    with pytest.raises(B12Error, match="does not fit FHIR R4") as refused:
        refuse_invalid(issue)
    assert "B12 low" not in str(refused.value)


def test_the_command_says_what_it_wrote(small_demo, tmp_path):
    command = [sys.executable, "-m", "pipelines.cli", "--home", str(small_demo), "export", "--format", "fhir"]
    ran = subprocess.run([*command, "--to", str(tmp_path)], capture_output=True, text=True, timeout=120, check=True)
    assert set(ran.stdout.split()) == {str(tmp_path / name) for name in ("Group.ndjson", "DetectedIssue.ndjson")}


def test_models_of_r4_itself_take_every_line(exported):
    """fhirclient is generated from FHIR 4.0.1: a second opinion, on the release that is promised."""
    factory = pytest.importorskip(
        "fhirclient.models.fhirelementfactory", reason="fhirclient is not installed"
    ).FHIRElementFactory
    for resource in (*exported["Group"], *exported["DetectedIssue"]):
        assert factory.instantiate(resource["resourceType"], resource).as_json() == resource
