"""What a remote home holds is whole whenever its writer dies, and every machine sees the same."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from pipelines.errors import B12Error, ConfigurationError
from pipelines.publish.editions import DATABASE, Editions
from pipelines.remote.mirror import POINTER, READINGS, Mirror, Published
from pipelines.remote.place import Changed, Place
from tests.faults.test_faults import an_edition, crashes, lists_are_of


def a_reading(folder: Path, number: int) -> None:
    reading = folder / READINGS / f"{number:07d}-abc"
    reading.mkdir(parents=True)
    (reading / "measurement.parquet").write_text(f"rows {number}")
    (reading / "entry.json").write_text(json.dumps({"number": number}))


def a_night(folder: Path, run: str, day: str, keep: int = 7) -> None:
    """What a run leaves in the folder it worked in."""
    a_reading(folder, int(run))
    editions, building = an_edition(folder, run, day)
    editions.publish(building, run, keep=keep)
    (folder / "runs").mkdir(exist_ok=True)
    (folder / "runs" / f"{run}.json").write_text(run)
    (folder / "measures").mkdir(exist_ok=True)
    (folder / "measures" / f"{day}.parquet").write_text(run)


def pulled(place: Place, folder: Path, as_of: str) -> tuple[Mirror, Published]:
    mirror = Mirror(place, folder)
    mirror.pull_store()
    mirror.pull_history()
    return mirror, mirror.pull_publications(date.fromisoformat(as_of))


def pushed(mirror: Mirror, before: Published) -> None:
    mirror.push_readings()
    mirror.push_publication(before)
    mirror.push("runs")


def readings(folder: Path) -> list[str]:
    found = sorted((folder / READINGS).iterdir())
    assert all({path.name for path in each.iterdir()} == {"measurement.parquet", "entry.json"} for each in found)
    return [each.name for each in found]


def published(folder: Path) -> str | None:
    """The run whose database and facts a reader sees."""
    current = Editions(folder).current()
    if current is None:
        return None
    assert Editions(folder).database.read_text() == current["run_id"]
    return current["run_id"]


def test_another_machine_finds_everything_that_a_run_left(place, tmp_path):
    mirror, before = pulled(place, tmp_path / "one", "2026-11-19")
    a_night(mirror.folder, "1", "2026-11-19")
    pushed(mirror, before)
    other, _ = pulled(place, tmp_path / "two", "2026-11-20")
    assert readings(other.folder) == ["0000001-abc"]
    assert published(other.folder) == "1"
    assert (other.folder / "runs" / "1.json").read_text() == "1"
    assert (other.folder / "measures" / "2026-11-19.parquet").read_text() == "1"
    place.download({name: tmp_path / "lists" / name for name in place.versions("editions/1/worklists")})
    assert lists_are_of(tmp_path / "lists") == {"1"}


def test_machines_take_turns_and_each_continues_where_the_other_ended(place, tmp_path):
    for run, machine, day in (("1", "one", "18"), ("2", "two", "19"), ("3", "one", "20"), ("4", "two", "20")):
        mirror, before = pulled(place, tmp_path / machine, f"2026-11-{day}")
        a_night(mirror.folder, run, f"2026-11-{day}", keep=1)
        pushed(mirror, before)
    assert readings(mirror.folder) == [f"000000{number}-abc" for number in (1, 2, 3, 4)]
    assert {name.split("/")[1] for name in place.versions("editions")} == {"2", "4"}
    reader, _ = pulled(place, tmp_path / "one", "2026-11-20")
    assert published(reader.folder) == "4"
    assert {path.name for path in (reader.folder / "editions").iterdir()} == {"2", "4"}
    assert (reader.folder / "measures" / "2026-11-20.parquet").read_text() == "4"


def test_a_run_has_the_databases_that_it_follows_and_of_the_others_only_the_facts(place, tmp_path):
    mirror, before = pulled(place, tmp_path / "one", "2026-11-17")
    for run, day in (("1", "2026-11-17"), ("2", "2026-11-18"), ("3", "2026-11-19"), ("4", "2026-11-25")):
        a_night(mirror.folder, run, day)
        mirror.push_publication(before)
        before = Published.read(place)
    other, _ = pulled(place, tmp_path / "two", "2026-11-19")
    editions, day = Editions(other.folder), date(2026, 11, 19)
    for database in (editions.latest_before(day), editions.latest_up_to(day), editions.furthest(), editions.database):
        assert database.exists()
    assert {path.parent.name for path in other.folder.glob(f"editions/*/{DATABASE}")} == {"2", "3", "4"}
    assert {path.parent.name for path in other.folder.glob("editions/*/current.json")} == {"1", "2", "3", "4"}


def test_a_reader_brings_the_standing_publication_alone(place, tmp_path):
    mirror, before = pulled(place, tmp_path / "one", "2026-11-18")
    for run, day in (("1", "2026-11-18"), ("2", "2026-11-19")):
        a_night(mirror.folder, run, day)
        mirror.push_publication(before)
        before = Published.read(place)
    reader = Mirror(place, tmp_path / "two")
    reader.pull_publications()
    assert published(reader.folder) == "2"
    assert {path.name for path in (reader.folder / "editions").iterdir()} == {"2"}


def test_a_reader_that_meets_the_next_publication_takes_that_one(place, tmp_path):
    mirror, before = pulled(place, tmp_path / "one", "2026-11-18")
    a_night(mirror.folder, "1", "2026-11-18")
    mirror.push_publication(before)
    before = Published.read(place)

    class Slow(Mirror):
        """It reads the pointer, and then another one is published before it goes on."""

        def _bring(self, published: Published, as_of: date | None) -> None:
            if published.current["run_id"] == "1":
                a_night(mirror.folder, "2", "2026-11-19", keep=0)
                mirror.push_publication(before)
            super()._bring(published, as_of)

    reader = Slow(place, tmp_path / "two")
    reader.pull_publications()
    assert published(reader.folder) == "2"


def test_a_publication_that_lost_its_database_is_named(place, tmp_path):
    mirror, before = pulled(place, tmp_path / "one", "2026-11-18")
    a_night(mirror.folder, "1", "2026-11-18")
    mirror.push_publication(before)
    place.remove(f"editions/1/{DATABASE}")
    with pytest.raises(B12Error, match=r"editions/1 has lost its b12\.duckdb.*remove published\.json"):
        Mirror(place, tmp_path / "two").pull_publications()


def test_what_a_machine_did_and_never_wrote_is_forgotten(place, tmp_path):
    mirror, before = pulled(place, tmp_path / "one", "2026-11-18")
    a_night(mirror.folder, "1", "2026-11-18")
    pushed(mirror, before)
    a_night(mirror.folder, "2", "2026-11-19")  # and it was killed
    mirror, _ = pulled(place, tmp_path / "one", "2026-11-19")
    assert readings(mirror.folder) == ["0000001-abc"]
    assert published(mirror.folder) == "1"
    assert [path.name for path in (mirror.folder / "runs").iterdir()] == ["1.json"]
    assert [path.name for path in (mirror.folder / "measures").iterdir()] == ["2026-11-18.parquet"]


def test_a_reading_that_was_never_written_gives_way_to_the_one_of_its_name_there(place, tmp_path):
    one, before = pulled(place, tmp_path / "one", "2026-11-18")
    two, _ = pulled(place, tmp_path / "two", "2026-11-18")
    a_night(one.folder, "1", "2026-11-18")
    pushed(one, before)
    a_reading(two.folder, 1)  # of the same bytes, with other code lists; and it was killed
    reading = two.folder / READINGS / "0000001-abc"
    (reading / "measurement.parquet").write_text("other rows")
    (reading / "entry.json").write_text('{"number": 1, "mapping": "other"}')
    pulled(place, tmp_path / "two", "2026-11-19")
    assert readings(two.folder) == ["0000001-abc"]
    assert (reading / "measurement.parquet").read_text() == "rows 1"
    assert json.loads((reading / "entry.json").read_text()) == {"number": 1}


def test_a_reading_that_is_known_to_be_the_same_is_not_asked_for_again(place, tmp_path, monkeypatch):
    one, before = pulled(place, tmp_path / "one", "2026-11-18")
    a_night(one.folder, "1", "2026-11-18")
    pushed(one, before)
    pulled(place, tmp_path / "one", "2026-11-19")
    asked = []
    monkeypatch.setattr(Place, "download", lambda _, files: asked.extend(files))
    one.pull_store()
    assert asked == []


def test_a_pull_of_a_publication_that_died_at_any_step_is_finished_by_the_next(tmp_path):
    place, two = Place(f"file://{tmp_path}/there"), tmp_path / "two"
    one, before = pulled(place, tmp_path / "one", "2026-11-18")
    a_night(one.folder, "1", "2026-11-18")
    (one.folder / "editions" / "1" / "zz.parquet").write_text("beside the database")
    one.push_publication(before)
    start = lambda: shutil.rmtree(two, ignore_errors=True)  # noqa: E731
    for _ in crashes(start, lambda _: Mirror(place, two).pull_publications()):
        Mirror(place, two).pull_publications()
        assert published(two) == "1"
        assert (two / "editions" / "1" / "zz.parquet").read_text() == "beside the database"


def test_of_two_writers_the_second_cannot_publish_over_the_first(place, tmp_path):
    one, before_one = pulled(place, tmp_path / "one", "2026-11-18")
    two, before_two = pulled(place, tmp_path / "two", "2026-11-18")
    a_night(one.folder, "1", "2026-11-18")
    a_night(two.folder, "2", "2026-11-18")
    one.push_publication(before_one)
    with pytest.raises(Changed):
        two.push_publication(before_two)
    reader, _ = pulled(place, tmp_path / "reader", "2026-11-18")
    assert published(reader.folder) == "1"


def test_a_writer_that_dies_at_any_step_leaves_the_old_publication_or_the_new_and_the_next_one_ends_well(tmp_path):
    there, one, kept = tmp_path / "there", tmp_path / "one", tmp_path / "kept"
    place = Place(f"file://{there}")
    mirror, before = pulled(place, one, "2026-11-19")
    a_night(one, "1", "2026-11-19")
    pushed(mirror, before)
    before = Published.read(place)
    a_night(one, "2", "2026-11-20", keep=0)
    shutil.copytree(there, kept)

    def start() -> None:
        shutil.rmtree(there)
        shutil.copytree(kept, there)

    seen = []
    for _ in crashes(start, lambda _: pushed(Mirror(place, one), before)):
        shutil.rmtree(tmp_path / "two", ignore_errors=True)
        two, now = pulled(place, tmp_path / "two", "2026-11-21")
        seen.append(published(two.folder))
        assert readings(two.folder) in (["0000001-abc"], ["0000001-abc", "0000002-abc"])
        a_night(two.folder, "3", "2026-11-21", keep=0)
        pushed(two, now)
        assert published(pulled(place, tmp_path / "two", "2026-11-21")[0].folder) == "3"
        assert {name.split("/")[1] for name in place.versions("editions")} == {"3"}
        assert all(f"{READINGS}/{name}/entry.json" in place.versions(READINGS) for name in readings(two.folder))
        assert len(place.versions(READINGS)) == 2 * len(readings(two.folder))
    assert seen == sorted(seen)
    assert set(seen) == {"1", "2"}


def test_a_publication_stands_although_an_old_one_could_not_be_removed(place, tmp_path, monkeypatch, caplog):
    mirror, before = pulled(place, tmp_path / "one", "2026-11-18")
    a_night(mirror.folder, "1", "2026-11-18")
    pushed(mirror, before)
    a_night(mirror.folder, "2", "2026-11-19", keep=0)
    before = Published.read(place)

    def refuse(*_: str) -> None:
        raise B12Error("It may not be removed.")

    with monkeypatch.context() as patched:
        patched.setattr(place, "remove", refuse)
        mirror.push_publication(before)
    assert "could not be removed: It may not be removed." in caplog.text
    assert Published.read(place).current["run_id"] == "2"


def test_a_stale_publication_says_so_to_every_reader_since_the_first_refusal(place, tmp_path):
    mirror, before = pulled(place, tmp_path / "one", "2026-11-19")
    a_night(mirror.folder, "1", "2026-11-19")
    pushed(mirror, before)
    mirror.stamp_stale("2026-11-20 02:00:00", "the lists jumped")
    mirror.stamp_stale("2026-11-21 02:00:00", "a feed is late")
    reader = Mirror(place, tmp_path / "two")
    reader.pull_publications()
    told = Editions(reader.folder).current()
    assert (told["stale_since"], told["stale_because"]) == ("2026-11-20 02:00:00", "a feed is late")
    _, before = pulled(place, tmp_path / "one", "2026-11-20")
    a_night(mirror.folder, "2", "2026-11-20")
    mirror.push_publication(before)
    reader.pull_publications()
    assert Editions(reader.folder).current().get("stale_since") is None


def test_measures_that_another_machine_computed_again_arrive_and_those_computed_here_are_written(place, tmp_path):
    for machine, text in (("one", "first"), ("two", "again")):
        mirror, _ = pulled(place, tmp_path / machine, "2026-11-19")
        (mirror.folder / "measures" / "2026-10-31.parquet").write_text(text)
        mirror.push_measures()
    mirror, _ = pulled(place, tmp_path / "one", "2026-11-19")
    assert (mirror.folder / "measures" / "2026-10-31.parquet").read_text() == "again"


def test_configuration_and_code_lists_are_brought_and_those_that_went_are_dropped(place, tmp_path):
    (tmp_path / "a").write_text("profile = 'us'")
    place.upload({name: tmp_path / "a" for name in ("b12.toml", "codelists/metformin.csv", "lists/own.csv")})
    mirror = Mirror(place, tmp_path / "one")
    mirror.pull_configuration(also=["lists"])
    assert (mirror.folder / "b12.toml").read_text() == "profile = 'us'"
    assert (mirror.folder / "codelists" / "metformin.csv").exists()
    assert (mirror.folder / "lists" / "own.csv").exists()
    place.remove("codelists/metformin.csv", "lists/own.csv")
    mirror.pull_configuration(also=["lists"])
    assert not (mirror.folder / "codelists" / "metformin.csv").exists()
    assert not (mirror.folder / "lists" / "own.csv").exists()


def test_a_pointer_that_cannot_be_understood_is_named(place, tmp_path):
    place.create(POINTER, b"{")
    with pytest.raises(B12Error, match=r"published\.json cannot be understood"):
        Mirror(place, tmp_path / "one").pull_publications()


def test_the_home_folder_of_a_machine_is_not_taken_for_a_remote_one(tmp_path):
    a_night(tmp_path / "home", "1", "2026-11-19")
    with pytest.raises(ConfigurationError, match=f"Give its path: --home {tmp_path}/home"):
        Mirror(Place(f"file://{tmp_path}/home"), tmp_path / "one").pull_publications()
