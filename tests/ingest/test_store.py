"""What a store that is no longer what was written does to the next night, and a clock that went back.

Damage is named, set aside and read again.
"""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from pipelines.errors import B12Error
from pipelines.ingest.store import Store
from tests.clinic import Clinic

LABS = "patient_id | result_id | test_code | value | unit | collected_at | reported_at | status"
FIRST = f"{LABS}\np1 | r1 | 2132-9 | 150 | ng/L | 2026-01-01 | | F\np2 | r2 | 2132-9 | 120 | ng/L | 2026-01-01 | | F"
THEN = f"{LABS}\np1 | r1 | 2132-9 | 400 | ng/L | 2026-01-01 | | C"


@pytest.fixture
def clinic(tmp_path):
    """Three nights: a result, its correction, and a night without news."""
    clinic = Clinic(tmp_path)
    clinic.put("labs_001.csv", FIRST)
    clinic.night("2026-11-18")
    clinic.put("labs_002.csv", THEN)
    clinic.night("2026-11-19")
    return clinic


def standing(clinic: Clinic) -> list[tuple]:
    return clinic.table("measurement", "measurement_id", "value_reported", "known_from", "source_file")


def reading_of(clinic: Clinic, file: str) -> Path:
    (entry,) = (entry for entry in clinic.store.entries() if entry.file == file)
    return clinic.store._files / f"{entry.number:07d}-{entry.sha256[:12]}"


def flip(path: Path) -> None:
    """Change one byte in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    """Leave the first half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES = {"flipped": flip, "cut": cut, "emptied": lambda path: path.write_bytes(b""), "removed": Path.unlink}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("name", ["measurement.parquet", "entry.json"])
@pytest.mark.parametrize("file", ["labs_001.csv", "labs_002.csv"])
def test_a_damaged_reading_is_named_set_aside_and_read_again_in_its_old_place(clinic, caplog, file, name, damage):
    """The correction stays after what it corrects, and each stays known since its first night."""
    before, folder = standing(clinic), reading_of(clinic, file)
    damage(folder / name)
    intake = clinic.night("2026-11-20")
    assert [entry.file for entry in intake.read] == [file]
    wrong = "missing" if damage is Path.unlink else "not what was written"
    assert f"what it holds of {file} (default/labs, first read on 2026-11-1" in caplog.text
    assert f"{name} is {wrong}" in caplog.text
    assert (clinic.store._damaged / folder.name).is_dir()
    assert standing(clinic) == before
    assert clinic.night("2026-11-21").read == ()


def test_a_damaged_seal_is_damage_too(clinic):
    before = standing(clinic)
    cut(reading_of(clinic, "labs_001.csv") / "seal.json")
    assert [entry.file for entry in clinic.night("2026-11-20").read] == ["labs_001.csv"]
    assert standing(clinic) == before


def test_what_is_whole_is_not_touched(clinic):
    assert clinic.night("2026-11-20").read == ()
    assert not clinic.store._damaged.exists()


def test_without_its_file_a_damaged_reading_fails_the_night_and_says_which_file_to_deliver(clinic):
    before = standing(clinic)
    flip(reading_of(clinic, "labs_001.csv") / "measurement.parquet")
    away = clinic.extracts / "labs_001.csv"
    kept = away.rename(clinic.work / "kept.csv")
    clinic.put("labs_003.csv", f"{LABS}\np3 | r3 | 2132-9 | 90 | ng/L | 2026-11-01 | | F")
    for _ in range(2):  # as long as it takes
        with pytest.raises(
            B12Error, match=r"labs_001\.csv \(default/labs, first read on 2026-11-18\).*Deliver"
        ) as told:
            clinic.night("2026-11-20")
        assert "damaged" in str(told.value)
    shutil.copy(kept, clinic.extracts / "labs_again.csv")  # under another name, the same bytes
    intake = clinic.night("2026-11-20")
    assert [(entry.file, entry.order, str(entry.first_read_at)) for entry in intake.read] == [
        ("labs_again.csv", 2, "2026-11-18 02:00:00")
    ]
    assert len(standing(clinic)) == len(before) + 1


def test_what_cannot_be_had_again_is_given_up_by_removing_what_was_set_aside(clinic):
    folder = reading_of(clinic, "labs_001.csv")
    cut(folder / "measurement.parquet")
    (clinic.extracts / "labs_001.csv").unlink()
    with pytest.raises(B12Error, match=str(clinic.store._damaged / folder.name)):
        clinic.night("2026-11-20")
    shutil.rmtree(clinic.store._damaged / folder.name)
    clinic.night("2026-11-20")
    assert [row[:2] for row in standing(clinic)] == [("r1", "400")]


def test_where_even_the_copy_of_the_entry_is_lost_the_folder_tells_the_file_and_the_reading_before_it_the_night(clinic):
    clinic.put("labs_003.csv", f"{LABS}\np3 | r3 | 2132-9 | 90 | ng/L | 2026-11-01 | | F")
    clinic.night("2026-11-20")
    before, folder = standing(clinic), reading_of(clinic, "labs_002.csv")
    cut(folder / "entry.json")
    cut(folder / "seal.json")
    away = (clinic.extracts / "labs_002.csv").rename(clinic.work / "kept.csv")
    with pytest.raises(B12Error, match=r"the file whose SHA-256 begins with [0-9a-f]{12}"):
        clinic.night("2026-11-21")
    away.rename(clinic.extracts / "labs_002.csv")
    (entry,) = clinic.night("2026-11-21").read
    assert entry.first_read_at.date() == date(2026, 11, 18)
    assert [row[:2] for row in standing(clinic)] == [row[:2] for row in before]


def test_a_store_from_before_there_were_seals_is_sealed_where_it_is_whole_and_read_again_where_it_is_not(clinic):
    before = standing(clinic)
    for seal in clinic.store._files.glob("*/seal.json"):
        seal.unlink()
    cut(reading_of(clinic, "labs_001.csv") / "measurement.parquet")
    assert [entry.file for entry in clinic.night("2026-11-20").read] == ["labs_001.csv"]
    assert standing(clinic) == before
    assert all((folder / "seal.json").exists() for folder in clinic.store._files.iterdir())
    flip(reading_of(clinic, "labs_002.csv") / "measurement.parquet")  # sealed now, so this is seen
    night = clinic.night("2026-11-20")
    assert [entry.file for entry in night.read] == ["labs_002.csv"]
    assert [name.split(" ")[0] for name in night.restored] == ["labs_002.csv"]
    assert standing(clinic) == before
    assert clinic.night("2026-11-21").restored == ()


def test_an_entry_from_before_there_were_seals_that_tells_of_another_reading_is_damage(clinic):
    folder = reading_of(clinic, "labs_002.csv")
    (folder / "seal.json").unlink()
    entry = json.loads((folder / "entry.json").read_text())
    (folder / "entry.json").write_text(json.dumps(entry | {"number": 1}))
    assert [entry.file for entry in clinic.night("2026-11-20").read] == ["labs_002.csv"]


def test_no_right_to_read_a_part_is_no_damage(clinic, monkeypatch):
    def refused(path: Path, *how: object, **options: object):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(PermissionError):
        Store(clinic.store._folder).set_damaged_aside()
    monkeypatch.undo()
    assert not clinic.store._damaged.exists()


@pytest.mark.parametrize("name", ["measurement.parquet", "entry.json", "seal.json"])
def test_who_may_not_change_the_store_is_told_of_damage_and_leaves_it_where_it_is(clinic, name):
    clinic.store.require_intact()
    folder = reading_of(clinic, "labs_001.csv")
    cut(folder / name)
    with pytest.raises(B12Error, match=f"{name} is not what was written. Run `b12 run` with the file"):
        clinic.store.require_intact()
    assert folder.is_dir()


def test_a_number_is_not_given_twice(clinic):
    number = clinic.store.next_number()
    cut(reading_of(clinic, "labs_002.csv") / "entry.json")
    clinic.store.set_damaged_aside()
    assert clinic.store.next_number() == number


def test_a_clock_that_went_back_reads_nothing_and_one_that_was_set_right_reads_on(clinic):
    clinic.put("labs_003.csv", f"{LABS}\np3 | r3 | 2132-9 | 90 | ng/L | 2026-11-01 | | F")
    with pytest.raises(B12Error, match=r"The clock says 2026-11-17 02:00.*2026-11-19 02:00.*set it and run again"):
        clinic.night("2026-11-17")
    assert [entry.file for entry in clinic.night("2026-11-18").read] == ["labs_003.csv"]  # a day back may be a zone


@pytest.mark.parametrize(
    ("of_the_future", "read_again"),
    [(1, False), (2, True)],  # of twenty rows: a twentieth, and more
)
def test_what_a_clock_that_was_behind_took_for_the_future_is_read_again_when_its_day_has_come(
    clinic, of_the_future, read_again
):
    days = ["2026-11-18"] * (20 - of_the_future) + ["2026-11-20"] * of_the_future
    rows = "\n".join(f"p{n} | x{n} | 2132-9 | 90 | ng/L | {day} | | F" for n, day in enumerate(days))
    clinic.put("labs_003.csv", f"{LABS}\n{rows}")
    (behind,) = clinic.night("2026-11-18").read
    assert behind.rows_quarantined == of_the_future
    assert clinic.night("2026-11-18").read == ()
    again = clinic.night("2026-11-21").read
    told = [(entry.file, entry.first_read_at.date(), entry.order, entry.rows_quarantined) for entry in again]
    assert told == ([("labs_003.csv", date(2026, 11, 21), behind.order, 0)] if read_again else [])
    assert clinic.night("2026-11-22").read == ()


def test_a_file_whose_dates_stay_of_the_future_is_not_taken_for_a_new_one_every_night(tmp_path):
    """A withdrawal in it that tells no time would each time win over what was reported since."""
    clinic = Clinic(tmp_path)
    clinic.put("labs_003.csv", f"{LABS}\np3 | r3 | 2132-9 | 90 | ng/L | 2026-10-01 | 2026-10-02 | F")
    clinic.night("2026-10-05")
    mistyped = "p4 | r4 | 2132-9 | 90 | ng/L | 2062-10-01 | | F"
    clinic.put("labs_004.csv", f"{LABS}\n | r3 | | | | | | X\n{mistyped}")
    clinic.night("2026-11-01")
    assert "p3" not in {person for (person,) in clinic.table("measurement", "person_id")}
    clinic.put("labs_005.csv", f"{LABS}\np3 | r3 | 2132-9 | 95 | ng/L | 2026-10-01 | 2026-11-05 | C")
    assert [entry.file for entry in clinic.night("2026-11-06").read] == ["labs_005.csv"]
    night = clinic.night("2026-11-07")
    assert (night.read, night.unread) == ((), ())
    assert ("p3", "95") in clinic.table("measurement", "person_id", "value_reported")
    assert ("p3", "95") not in clinic.table("measurement", "person_id", "value_reported", as_of="2026-11-04")
    assert not any(path for path in (clinic.store._incoming).glob("*"))


def test_after_a_night_years_ahead_the_folders_of_that_night_are_named_and_without_them_all_is_as_it_was(clinic):
    clinic.put("labs_003.csv", f"{LABS}\np3 | r3 | 2132-9 | 90 | ng/L | 2026-11-01 | | F")
    clinic.night("2031-01-01")
    with pytest.raises(B12Error, match="If it was wrong then") as told:
        clinic.night("2026-11-20")
    folder = reading_of(clinic, "labs_003.csv")
    assert str(folder) in str(told.value)
    assert str(reading_of(clinic, "labs_002.csv")) not in str(told.value)
    shutil.rmtree(folder)
    (entry,) = clinic.night("2026-11-20").read
    assert (entry.file, entry.first_read_at.date()) == ("labs_003.csv", date(2026, 11, 20))
