"""What a killed process, a full disk, a second run and a folder without rights leave behind: the old night or the new."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import TypeVar

import polars as pl
import pytest

from pipelines.contract import CORE_TABLES
from pipelines.demo.extracts import write_extracts
from pipelines.duck import reading_connection
from pipelines.errors import B12Error
from pipelines.ingest.store import Store
from pipelines.orchestration.run import RunRequest, run_nightly
from pipelines.publish.editions import CURRENT, DATABASE, OVERVIEW, Editions
from tests.practice import open_practice

AS_OF = date(2026, 11, 20)
KILLS = int(os.environ.get("B12_KILLS", "3"))
Start = TypeVar("Start")
FACTS = ("care_gap", "evidence", *CORE_TABLES)
ANOTHER_CODE = '\n[[code]]\ntable = "{}"\ncode_system = "NOWHERE"\nconcepts = {{ X1 = "{}" }}\n'
EVERY_FILE_AGAIN = "".join(
    ANOTHER_CODE.format(table, concept)
    for table, concept in {
        "labs": "serum_b12", "prescriptions": "metformin", "diagnoses": "fatigue", "procedures": "bariatric_surgery",
    }.items()
)  # fmt: skip


class Clinic:
    """The demonstration's extracts, and a home folder with a publication of the day before or with nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home, self.extracts = folder, folder / "home", folder / "extracts"

    def night(self, as_of: date = AS_OF) -> None:
        config = self.folder / "b12.toml"
        run_nightly(RunRequest(home=self.home, extracts=self.extracts, config=config, as_of=as_of, quiet=True))

    def command(self, **how: object) -> subprocess.Popen[str]:
        """The nightly job as a process of its own."""
        options = ["--home", str(self.home), "--config", str(self.folder / "b12.toml")]
        asked = ["run", "--extracts", str(self.extracts), "--as-of", str(AS_OF)]
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", *options, *asked],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True, **how,
        )  # fmt: skip

    def ends(self) -> tuple[int, str]:
        """Exit code and what the nightly job says on standard error."""
        process = self.command()
        said = process.communicate(timeout=300)[1]
        return process.returncode, said

    def facts(self) -> dict[str, pl.DataFrame]:
        with reading_connection(self.home / "published" / DATABASE) as con:
            return {table: con.sql(f"SELECT * FROM {table} ORDER BY ALL").pl() for table in FACTS}

    def copy(self, folder: Path, *, with_home: bool = True) -> "Clinic":
        folder.mkdir(exist_ok=True)
        for name in ("extracts", "home") if with_home else ("extracts",):
            shutil.copytree(self.folder / name, folder / name, symlinks=True)
        shutil.copy(self.folder / "b12.toml", folder)
        return Clinic(folder)


@pytest.fixture(scope="module")
def evening(tmp_path_factory):
    """A clinic with yesterday's publication; for tonight every file has to be read again."""
    clinic = Clinic(tmp_path_factory.mktemp("evening"))
    made = write_extracts(clinic.extracts, people=200, seed=1, as_of=AS_OF, profile="uk_nice_ng239")
    (clinic.folder / "b12.toml").write_text(made.config.read_text())
    clinic.night(date(2026, 11, 19))
    with (clinic.folder / "b12.toml").open("a") as config:
        config.write(EVERY_FILE_AGAIN)
    return clinic


@pytest.fixture(scope="module")
def morning(evening, tmp_path_factory):
    """What is published after a night without disturbance, and how long that took as a process of its own."""
    clinic = evening.copy(tmp_path_factory.mktemp("morning"))
    began = time.monotonic()
    code, said = clinic.ends()
    assert code == 0, said
    return clinic.facts(), time.monotonic() - began


def assert_same(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    for table, rows in expected.items():
        assert found[table].equals(rows), table


def assert_whole(home: Path) -> str | None:
    """The publication, when there is one, opens, is what current.json says it is, and has its lists. Returns its run."""
    if not (home / "published").exists():
        assert not (home / "worklists").exists()
        return None
    facts = json.loads((home / "published" / CURRENT).read_text())
    database = home / "published" / DATABASE
    assert hashlib.sha256(database.read_bytes()).hexdigest() == facts["sha256"]
    with reading_connection(database) as con:
        for table, rows in facts["rows"].items():
            assert con.sql(f"SELECT count(*) FROM {table}").fetchall() == [(rows,)], table
        assert con.sql("SELECT run_id FROM run ORDER BY started_at").fetchall()[-1] == (facts["run_id"],)
    staged = home / "published" / "worklists"
    if not staged.exists():  # else the next run puts them in place
        assert lists_are_of(home / "worklists" / facts["as_of"]) == {facts["run_id"]}
    return facts["run_id"]


def lists_are_of(folder: Path) -> set[str]:
    """The runs that the list files of a day say they are of."""
    return {
        run for path in folder.rglob("about_these_lists.csv") for run in pl.read_csv(path, infer_schema=False)["run_id"]
    }


# --- killed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_night_leaves_the_old_publication_or_the_new_and_the_next_night_ends_well(
    evening, morning, tmp_path, number
):
    expected, length = morning
    draw = Random(number)
    clinic = evening.copy(tmp_path / "clinic", with_home=number % 3 != 2)  # now and then the first night of all
    clinic.home.mkdir(exist_ok=True)
    before = assert_whole(clinic.home)
    process = clinic.command()
    if number % 2:  # while it publishes, which is short; otherwise whenever
        _wait_for(process, "publishing")
        time.sleep(draw.uniform(0, length / 8))
    else:
        time.sleep(draw.uniform(length / 10, length))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    after = assert_whole(clinic.home)
    assert after == before or after is not None
    clinic.night()
    assert assert_whole(clinic.home) not in (before, after)
    assert_same(clinic.facts(), expected)
    assert lists_are_of(clinic.home / "worklists" / str(AS_OF)) == {_current(clinic)["run_id"]}
    assert not list((clinic.home / "store" / "incoming").glob("*"))
    assert not list((clinic.home / "editions").glob(".building-*"))
    assert not list((clinic.home / "work").iterdir())


def _wait_for(process: subprocess.Popen[str], line: str) -> None:
    assert any(said.strip() == line for said in process.stderr), f"It ended without {line!r}."


def _current(clinic: Clinic) -> dict:
    return json.loads((clinic.home / "published" / CURRENT).read_text())


def crashes(start: Callable[[], Start], act: Callable[[Start], None]) -> Iterator[Start]:
    """Act in a child process that dies at its first, second, third … change of a folder, until it lives.

    Each time anew from the start, which is handed to the caller as the death left it.
    """
    changing = {"os.rename", "os.remove", "os.symlink", "os.mkdir", "os.rmdir", "shutil.rmtree"}
    for last in range(1, 200):
        state = start()
        child = os.fork()
        if child == 0:
            changes = 0

            def die_in_time(event: str, arguments: tuple, last: int = last) -> None:
                nonlocal changes
                writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
                changes += event in changing or bool(writes)
                if changes == last:
                    os._exit(9)

            sys.addaudithook(die_in_time)
            act(state)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, 9)
        yield state
        if code == 0:
            return


def an_edition(home: Path, run: str, as_of: str) -> tuple[Editions, Path]:
    editions = Editions(home)
    building = editions.begin(run)
    (building / DATABASE).write_text(run)
    for site in ("north", "south"):
        (building / "worklists" / site).mkdir(parents=True)
        pl.DataFrame({"run_id": [run]}).write_csv(building / "worklists" / site / "about_these_lists.csv")
    (building / "worklists" / OVERVIEW).write_text(f"run_id\n{run}\n")
    Editions.write_current(building, {"run_id": run, "as_of": as_of})
    return editions, building


@pytest.mark.parametrize(("old_day", "keep"), [("2026-11-20", 0), ("2026-11-20", 7), ("2026-11-19", 0)])
def test_a_publication_that_dies_at_any_step_is_the_old_or_the_new_and_is_finished_by_the_next_run(
    tmp_path, old_day, keep
):
    home = tmp_path / "home"

    def start() -> tuple[Editions, Path]:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        for run, day in (("1", "2026-11-18"), ("2", old_day)):
            editions, building = an_edition(home, run, day)
            editions.publish(building, run, keep=7)
        return an_edition(home, "3", "2026-11-20")

    seen = []
    for editions, _ in crashes(start, lambda state: state[0].publish(state[1], "3", keep=keep)):
        facts = editions.current()
        run, day = facts["run_id"], facts["as_of"]
        assert editions.database.read_text() == run
        for _ in range(2):  # a recovery may be needed twice, and changes nothing the second time
            editions.recover()
            assert editions.current()["run_id"] == run
            assert lists_are_of(home / "worklists" / day) == {run}
            assert {path.name for path in (home / "worklists").iterdir()} <= {"2026-11-18", "2026-11-19", "2026-11-20"}
            assert not [path for path in home.iterdir() if path.name.startswith(".")]
            compared = [editions.latest_up_to(date(2026, 11, number)) for number in (18, 19, 20)]
            assert all(database is None or database.exists() for database in compared)
            assert not [path for path in (home / "editions").iterdir() if not path.name.isdigit() or path.name > run]
        seen.append(run)
    assert seen == sorted(seen)  # once it is the new one it stays the new one
    assert set(seen) == {"2", "3"}


def test_a_recovery_that_dies_at_any_step_is_finished_by_the_next_one(tmp_path):
    home = tmp_path / "home"

    def start() -> Editions:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        editions, building = an_edition(home, "1", "2026-11-20")
        editions.publish(building, "1", keep=7)
        _, building = an_edition(home, "2", "2026-11-20")
        building.rename(home / "editions" / "2")
        editions.link.unlink()
        editions.link.symlink_to("editions/2")  # the link moved, the lists are still to be placed
        an_edition(home, "3", "2026-11-20")
        return editions

    for editions in crashes(start, Editions.recover):
        assert editions.database.read_text() == "2"
        editions.recover()
        assert lists_are_of(home / "worklists" / "2026-11-20") == {"2"}
        assert {path.name for path in (home / "editions").iterdir()} == {"1", "2"}


def test_a_reading_that_dies_at_any_step_is_in_the_store_or_is_not(evening, tmp_path):
    stored = Store(evening.home / "store")
    entry = stored.entries()[0]
    source = evening.home / "store" / "files" / f"{entry.number:07d}-{entry.sha256[:12]}"

    def start() -> tuple[Store, Path]:
        shutil.rmtree(tmp_path / "store", ignore_errors=True)
        store = Store(tmp_path / "store")
        folder = store.begin()
        for part in source.glob("*.parquet"):
            shutil.copy(part, folder)
        return store, folder

    seen = []
    for store, _ in crashes(start, lambda state: state[0].commit(state[1], entry)):
        store.clean()
        seen.append(store.entries())
        assert seen[-1] in ([], [entry])
        for part in entry.parts:
            assert all(Path(path).exists() for path in store.paths(seen[-1], part))
    assert seen[0] == []
    assert seen[-1] == [entry]


# --- no room, no rights, no turn -----------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own, and how to change it."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def change(*options: str) -> None:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)], check=True, capture_output=True
        )

    try:
        change("size=256m")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("Mounting a small disk is not permitted here.")
    yield folder, change
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("spare_kb", [100, 3500])
def test_a_full_disk_fails_the_night_and_leaves_the_publication(evening, morning, disk, spare_kb):
    folder, change = disk
    clinic = evening.copy(folder)
    before = assert_whole(clinic.home)
    used = shutil.disk_usage(folder).used // 1024
    change("remount", f"size={used + spare_kb}k")
    code, said = clinic.ends()
    assert code == 1, said
    assert "No space is left on the device" in said
    assert "Make room" in said
    assert assert_whole(clinic.home) == before
    change("remount", "size=256m")
    clinic.night()
    assert_whole(clinic.home)
    assert_same(clinic.facts(), morning[0])


def test_a_read_only_home_fails_the_night_and_leaves_the_publication(evening, disk):
    folder, change = disk
    clinic = evening.copy(folder)
    before = assert_whole(clinic.home)
    change("remount", "ro")
    code, said = clinic.ends()
    assert code == 1
    assert "Read-only file system" in said
    assert str(clinic.home) in said
    assert "Traceback" not in said
    assert assert_whole(clinic.home) == before


def test_a_second_run_at_the_same_time_names_the_first_and_does_nothing(evening, morning, tmp_path):
    clinic = evening.copy(tmp_path / "clinic")
    first = clinic.command()
    _wait_for(first, "building the core tables")
    os.killpg(first.pid, signal.SIGSTOP)
    try:
        before = _tree(clinic.home)
        code, said = clinic.ends()
        assert code == 1
        assert f"process {first.pid} since" in said
        assert "Wait for it to end" in said
        assert _tree(clinic.home) == before
    finally:
        os.killpg(first.pid, signal.SIGCONT)
    assert first.wait(timeout=300) == 0
    first.stderr.close()
    assert_whole(clinic.home)
    assert_same(clinic.facts(), morning[0])


def _tree(home: Path) -> dict[str, int]:
    """Every file of ours with when it was last written; Dagster keeps its own account of the refused run."""
    files = (path for path in home.rglob("*") if path.is_file() and "dagster" not in path.relative_to(home).parts)
    return {str(path): path.stat().st_mtime_ns for path in files}


def test_records_of_dagster_that_cannot_be_opened_are_told_of_as_such(tmp_path):
    practice = open_practice(tmp_path)
    (practice.home / "dagster" / "history" / "runs.db").mkdir(parents=True)  # no database can be opened there
    with pytest.raises(B12Error, match=r"Dagster's records in .*/dagster cannot be used .*remove that folder"):
        practice.night()


def test_a_publication_that_duckdb_may_not_read_is_named(tmp_path):
    practice = open_practice(tmp_path)
    practice.night()
    practice.database.unlink()
    practice.database.mkdir()
    with pytest.raises(B12Error, match=r"b12\.duckdb.*Check that it can be read"):
        practice.night(1)
