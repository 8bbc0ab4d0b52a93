"""Layouts that are known are recognized by names and columns together, each in its folder, and not for one another."""

from pathlib import Path

import pytest

from pipelines.onboarding import kinds
from pipelines.onboarding.kinds import KINDS, Looked, known_folders
from pipelines.onboarding.layout import layout_of
from pipelines.onboarding.samples import take_sample

LAYOUTS = {
    "omop": {
        "MEASUREMENT.csv": "measurement_id,person_id,measurement_concept_id\n1,1,0\n",
        "concept/part-0.csv": "concept_id,concept_name\n1,x\n",
    },
    "mimic": {
        "labevents.csv": "labevent_id,subject_id,itemid,charttime,value\n1,1,51010,2110-01-01,3\n",
        "patients.csv": "subject_id,gender,anchor_age\n1,F,50\n",
    },
    "synthea": {
        "observations.csv": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,VALUE\n2020-01-01,p,e,2132-9,B12,3\n",
        "patients.csv": "Id,BIRTHDATE,DEATHDATE,SSN\np,1950-01-01,,9\n",
    },
    "fhir": {
        "Patient.ndjson": '{"resourceType": "Patient", "id": "1"}\n',
        "old/x.ndjson": '{"resourceType": "Observation"}\n',
    },
    "hl7v2": {"results.hl7": "MSH|^~\\&|LAB|H\rPID|1\r"},
}


def look(folder: Path, files: dict[str, str], below: str = "") -> list[Looked]:
    looked = []
    for name, text in files.items():
        path = folder / "in" / below / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        sample = take_sample(path, f"{below}{name}", folder / "scratch", 10)
        looked.append(Looked(sample, layout_of(sample)))
    return looked


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_layout_is_recognized_as_itself_alone(tmp_path, kind):
    files = {looked.name: looked for looked in look(tmp_path, LAYOUTS[kind])}
    assert {other: sorted(claims(files)) for other, claims in KINDS.items() if claims(files)} == {kind: sorted(files)}


def test_names_without_their_columns_are_no_layout(tmp_path):
    """A native folder may hold patients, labs and prescriptions too."""
    files = look(
        tmp_path, {"patients.csv": "patient_id,sex\n1,F\n", "procedures.csv": "patient_id,procedure_code\n1,x\n"}
    )
    assert [claims({looked.name: looked for looked in files}) for claims in KINDS.values()] == [[]] * len(KINDS)


def test_each_folder_is_told_for_itself_and_only_kinds_that_are_read(tmp_path, monkeypatch):
    files = [each for kind, texts in LAYOUTS.items() for each in look(tmp_path, texts, f"{kind}/")]
    monkeypatch.setattr(kinds, "SOURCE_KINDS", ("native", *LAYOUTS))
    assert {each.kind: (each.folder, len(each.names)) for each in known_folders(files)} == {
        kind: (kind, len(texts)) for kind, texts in LAYOUTS.items()
    }
    monkeypatch.setattr(kinds, "SOURCE_KINDS", ("native", "omop"))
    assert [each.kind for each in known_folders(files)] == ["omop"]
