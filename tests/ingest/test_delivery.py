"""Files that are there when the extracts are looked through, and gone or locked when they are to be read."""

from datetime import datetime

import pytest

from pipelines.codes import load_codebook
from pipelines.duck import working_connection
from pipelines.errors import UnreadableFile
from pipelines.ingest.delivery import take_in
from pipelines.ingest.physical import reaching
from pipelines.sources.finding import find_files, visible_files
from tests.clinic import Clinic

LABS = "patient_id | result_id | test_code | value | unit | collected_at\n1 | a | 2132-9 | 150 | ng/L | 2026-01-01"


@pytest.mark.parametrize("when", ["before anything is read", "while another is read", "before its table is read"])
def test_a_file_that_is_gone_when_it_is_to_be_read_is_told_and_the_others_are_taken(tmp_path, when):
    clinic = Clinic(tmp_path, source=[{"name": "native"}, {"name": "hospital", "kind": "omop", "path": "omop"}])
    paths = {
        "before anything is read": clinic.put("labs_2.csv", LABS),
        "while another is read": clinic.put("labs_1.csv", LABS.replace("150", "151")),
        "before its table is read": clinic.put(
            "omop/CONCEPT.csv", "concept_id|vocabulary_id|concept_code|concept_name"
        ),
    }
    clinic.put("labs_3.csv", LABS.replace("150", "152"))
    clinic.put(
        "omop/MEASUREMENT.csv", "measurement_id|person_id|measurement_concept_id|measurement_date|value_as_number"
    )
    gone = paths[when]
    clinic.work.mkdir()
    delivery = find_files(clinic.settings.source, clinic.extracts, clinic.work)
    if when != "while another is read":
        gone.unlink()
    with working_connection() as con:
        intake = take_in(
            delivery, clinic.store, codebook=load_codebook(), settings=clinic.settings,
            now=datetime(2026, 11, 20, 2), work=clinic.work, con=con,
            progress=lambda said: gone.unlink() if said.endswith("labs_1.csv") and gone.name == "labs_1.csv" else None,
        )  # fmt: skip
    [unread] = intake.unread
    assert unread.file == ("MEASUREMENT.csv" if gone.name == "CONCEPT.csv" else gone.name)
    assert f"{gone.name} was there, and was gone when it was to be read. Nothing of it was taken" in unread.why
    assert "labs_3.csv" in {entry.file for entry in intake.read}


def test_a_link_that_leads_nowhere_is_an_unread_file(tmp_path, caplog):
    clinic = Clinic(tmp_path)
    (clinic.extracts / "labs_1.csv").symlink_to(tmp_path / "unmounted/labs_1.csv")
    (clinic.extracts / "labs").symlink_to(tmp_path / "unmounted")
    intake = clinic.night()
    [unread] = intake.unread
    assert unread.why.startswith("labs_1.csv is a link that leads nowhere. Nothing of it was taken")
    assert intake.ignored == ("labs",)
    assert "extracts/labs is a link that leads nowhere. Mount what it leads to" in caplog.text


def test_a_file_that_may_not_be_read_says_so_without_ending_the_night(tmp_path):
    with (
        pytest.raises(UnreadableFile, match=r"^labs\.csv: Permission denied\. .* give the account"),
        reaching(tmp_path / "labs.csv"),
    ):
        raise PermissionError


def test_a_folder_that_is_gone_while_the_extracts_are_looked_through_is_told(tmp_path, caplog):
    assert list(visible_files(tmp_path / "gone")) == []
    assert "What lies there is not read" in caplog.text
