"""The resources that are written: a group for a list, a detected issue for an open item."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pipelines.decisions.vocabulary import LABELS, REASONS
from pipelines.fhir_export.coding import OURS, Element, day, ours, person, without_nothing
from pipelines.fhir_export.evidence import contained

SEVERITY = {1: "high", 2: "moderate", 3: "low", 4: "low"}
CARE_GAP = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "CAREGAP"}
"""How Da Vinci DEQM marks a detected issue that is a gap in care."""


def group(worklist: dict[str, Any], items: Sequence[dict[str, Any]], *, site: str | None, as_of: date) -> Element:
    """A list as a group of persons: those with an open item, each since the day it was first listed.

    ``worklist`` is a row of that table, ``items`` are rows of ``worklist_item``. Characteristics say what the members
    have in common: the definition, its profile, the as-of date, and the site where only one was asked for.
    """
    slug = worklist["worklist"]
    definition = {"coding": [ours("worklist", slug, worklist["title"])], "text": worklist["rationale"]}
    described = {
        "worklist": definition,
        "definition-hash": {"coding": [ours("definition-hash", worklist["definition_hash"])]},
        "profile": {"coding": [ours("profile", worklist["profile"])]},
        "as-of": {"text": day(as_of)},
        "site": {"text": site} if site else None,
    }
    return without_nothing(
        {
            "resourceType": "Group",
            "id": slug.replace("_", "-"),
            "identifier": [{"system": OURS + "worklist", "value": slug}],
            "active": True,
            "type": "person",
            "actual": True,
            "code": {"text": worklist["action"]},
            "name": worklist["title"],
            "quantity": len(items),
            "characteristic": [
                {
                    "code": {"coding": [ours("characteristic", name)], "text": name.replace("-", " ")},
                    "valueCodeableConcept": value,
                    "exclude": False,
                }
                for name, value in described.items()
                if value
            ],
            "member": [
                {
                    "entity": person(item["person_id"], item["display_name"]),
                    "period": {"start": day(item["first_listed"])},
                }
                for item in items
            ],
        }
    )


def detected_issue(
    item: dict[str, Any], worklist: dict[str, Any], evidence: Sequence[tuple[str, str, dict[str, Any]]]
) -> Element:
    """An open item as a detected issue: preliminary until somebody decided on it, then final.

    ``evidence`` is role, core table and row of each; the rows are contained, since the persons of an extract need
    have no resources anywhere. A row that plays two roles is contained once.
    """
    names: dict[tuple, str] = {}
    rows, roles = [], []
    for role, table, row in evidence:
        key = (table, row["event_id"], row["source_file"], row["source_row"], row["concept"])
        if key not in names:
            names[key] = f"e{len(names) + 1}"
            rows.append(contained(table, row, names[key]))
        roles.append({"code": [{"text": role}], "detail": [{"reference": f"#{names[key]}"}]})
    decided = item.get("decision") is not None
    return without_nothing(
        {
            "resourceType": "DetectedIssue",
            "id": item["item_key"],
            "contained": rows,
            "identifier": [{"system": OURS + "item", "value": item["item_key"]}],
            "status": "final" if decided else "preliminary",
            "code": {
                "coding": [CARE_GAP, ours("worklist", item["worklist"], worklist["title"])],
                "text": worklist["action"],
            },
            "severity": SEVERITY[item["priority"]],
            "patient": person(item["person_id"], item["display_name"]),
            "identifiedDateTime": day(item["first_listed"]),
            "evidence": roles,
            "detail": item["reason"],
            "reference": worklist["source_url"] or None,
            "mitigation": [_mitigation(item)] if decided else None,
        }
    )


def _mitigation(item: dict[str, Any]) -> Element:
    """What a reviewer decided, and why: in codes, and in words."""
    decision, reason, until = item["decision"], item["decision_reason"], item["snoozed_until"]
    codings = [ours("decision", decision, LABELS.get(decision))]
    if reason:
        codings.append(ours("decision-reason", reason, REASONS.get(reason)))
    said = [coding.get("display", coding["code"]) for coding in codings]
    if until is not None:
        said.append(f"until {day(until)}")
    if item["decision_note"]:
        said.append(item["decision_note"])
    return without_nothing(
        {
            "action": {"coding": codings, "text": ": ".join(said)},
            "date": day(item["decided_at"]),
            "author": {"type": "Practitioner", "display": item["decided_by"]},
        }
    )
