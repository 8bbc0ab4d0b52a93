"""Many machines give what one process gives, to the row, whatever becomes of a worker or of a run."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from distributed import Client, KilledWorker, LocalCluster
from distributed.diagnostics.plugin import WorkerPlugin

from pipelines import cli
from pipelines.duck import reading_connection, working_connection
from pipelines.errors import B12Error, ConfigurationError
from pipelines.ingest.core import build_core
from pipelines.ingest.store import Store
from pipelines.orchestration import on_dask
from pipelines.orchestration.build import this_build
from pipelines.orchestration.cluster import Cluster, cluster_of, engine_of
from pipelines.orchestration.run import RunRequest, run_nightly
from pipelines.orchestration.shards import JUDGED, ShardOrder, here
from pipelines.profile import load_profile
from pipelines.publish.editions import DATABASE
from pipelines.publish.status import status_of
from pipelines.remote.home import RemoteHome
from pipelines.remote.lock import LOCK
from pipelines.remote.mirror import POINTER, READINGS
from pipelines.remote.place import Place

AS_OF = date(2026, 11, 20)
ROWS_PER_SHARD = 2_000


class DiesOnce(WorkerPlugin):
    """Kills the first worker of all whose task reaches a state."""

    def __init__(self, state: str, marker: Path) -> None:
        self.state, self.marker = state, marker

    def transition(self, key, start, finish, **kwargs):
        if finish == self.state and str(key).startswith("b12-"):
            try:
                self.marker.touch(exist_ok=False)
            except FileExistsError:
                return
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def cluster(s3_server):
    """Two workers, which inherit the address of the server."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as running:
        yield running


@pytest.fixture(scope="module")
def order(small_demo, tmp_path_factory) -> ShardOrder:
    """What a run of the demonstration would have judged, in several shards."""
    folder = tmp_path_factory.mktemp("run") / "20261120T020000-ab"
    with working_connection() as con:
        core = build_core(
            Store(small_demo / "store"),
            as_of=AS_OF,
            known_at=AS_OF,
            folder=folder / "core",
            con=con,
            rows_per_shard=ROWS_PER_SHARD,
        )
    return ShardOrder(core, AS_OF, load_profile("uk_nice_ng239", {}), folder)


def judged_by(engine, order: ShardOrder, folder: Path) -> dict[str, pl.DataFrame]:
    """Everything that an engine gives for all shards, in one order of rows."""
    order = replace(order, folder=folder / order.folder.name)
    for table in JUDGED:
        (order.folder / table).mkdir(parents=True)
    told = list(engine(order, range(order.core.shards)))
    assert len(told) == order.core.shards
    for table in JUDGED:  # nothing unfinished, and a file for each shard
        assert len(list((order.folder / table).iterdir())) == order.core.shards
    frames = {table: pl.read_parquet(order.folder / table / "*.parquet") for table in JUDGED}
    frames |= {name: pl.concat(getattr(each, name) for each in told) for name in ("counts", "in_scope")}
    return {
        name: rows.sort(rows.columns[:3], maintain_order=True).select(rows.columns) for name, rows in frames.items()
    }


@pytest.fixture(scope="module")
def in_one_process(order, tmp_path_factory) -> dict[str, pl.DataFrame]:
    return judged_by(here, order, tmp_path_factory.mktemp("here"))


def assert_same(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    assert expected["worklist_item"].height > 500
    for name, rows in expected.items():
        assert sorted(map(repr, found[name].rows())) == sorted(map(repr, rows.rows())), name


@contextmanager
def a_worker_dies(cluster: LocalCluster, state: str, marker: Path) -> Iterator[None]:
    """The first worker whose task reaches a state meanwhile is killed."""
    with Client(cluster, set_as_default=False) as client:
        client.register_plugin(DiesOnce(state, marker), name="dies")
        yield
        client.unregister_worker_plugin("dies")
    assert marker.exists()


def test_a_worker_killed_when_it_begins_a_shard_changes_no_row(cluster, order, in_one_process, tmp_path):
    with a_worker_dies(cluster, "executing", tmp_path / "died"):
        found = judged_by(engine_of(Cluster(cluster.scheduler_address)), order, tmp_path)
    assert_same(found, in_one_process)


def test_a_worker_takes_its_shard_from_a_shared_place_and_leaves_there_what_it_judged(order, in_one_process, tmp_path):
    stage = Place(f"file://{tmp_path}/shared")
    stage.upload(on_dask.core_files(order, 1))
    elsewhere = replace(order, core=replace(order.core, folder=Path("/nowhere")), folder=Path("/nowhere"))
    on_dask.Task(this_build(), pickle.dumps(elsewhere), stage.url)(1)
    left = {name for name in stage.versions("") if not name.startswith("core/")}
    assert left == {f"{table}/0001.parquet" for table in JUDGED}
    items = pl.read_parquet(tmp_path / "shared" / "worklist_item" / "0001.parquet")
    assert items.height > 100
    assert items.join(in_one_process["worklist_item"], on=["worklist", "person_id"], how="anti").is_empty()


def test_a_worker_of_another_build_that_comes_late_refuses_its_task_and_names_both():
    task = on_dask.Task(replace(this_build(), release="9.9", code="0123456789ab"), b"not unpacked", None)
    with pytest.raises(
        B12Error, match=r"This worker has b12-care-gaps \d.*; the run has b12-care-gaps 9\.9 \(code 0123"
    ):
        task(0)


def test_a_cluster_of_another_build_is_refused_before_anything_is_judged(cluster):
    other = replace(this_build(), polars="1.0")
    says = r"The worker tcp://.* has b12-care-gaps .*; the run has .* with polars 1\.0"
    with Client(cluster, set_as_default=False) as client:
        on_dask.check_builds(client, this_build())
        with pytest.raises(B12Error, match=says):
            on_dask.check_builds(client, other)


def test_workers_that_do_not_see_the_folder_of_the_run_say_what_to_do(order):
    elsewhere = replace(order, core=replace(order.core, folder=Path("/nowhere/core")))
    with pytest.raises(B12Error, match=r"does not see /nowhere/core.*--shared"):
        on_dask.Task(this_build(), pickle.dumps(elsewhere), None)(0)


def test_a_scheduler_that_does_not_answer_is_named(order, monkeypatch):
    monkeypatch.setattr(on_dask, "CONNECT_SECONDS", 0.2)
    with pytest.raises(B12Error, match=r"No Dask scheduler answers at 'tcp://127.0.0.1:9'"):
        list(engine_of(Cluster("tcp://127.0.0.1:9"))(order, [0]))


def test_a_scheduler_that_does_not_answer_is_told_before_anything_is_read(small_demo, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(on_dask, "CONNECT_SECONDS", 0.2)
    request = RunRequest(tmp_path, small_demo / "demo" / "extracts", config=small_demo / "demo" / "b12.toml")
    with pytest.raises(B12Error, match=r"No Dask scheduler answers at 'nope:1'.*leave --engine out"):
        run_nightly(replace(request, cluster=Cluster("nope:1"), quiet=True))
    assert not (tmp_path / "store").exists()
    assert "No Dask scheduler answers at 'nope:1'" in caplog.text  # whoever is alerted is told


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (B12Error("what it said"), "what it said"),
        (KilledWorker("b12-0001", None, 3), "Every worker that judged shard 1 died.*rows_per_shard"),
        (CancelledError(), "The Dask scheduler at tcp://a:1 went away"),
        (ValueError("a value of somebody"), r"Shard 1 failed on the workers \(ValueError\)"),
    ],
)
def test_what_a_cluster_says_of_a_failure_is_told_in_words_that_help_and_without_values(error, says):
    def result() -> None:
        raise error

    with pytest.raises(B12Error, match=says) as told:
        on_dask.answer(result, "tcp://a:1", 1)
    assert "somebody" not in str(told.value)


def test_a_scheduler_that_goes_away_while_shards_are_judged_is_named():
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=":0", silence_logs=50) as cluster,
        Client(cluster.scheduler_address, set_as_default=False) as client,
    ):
        waiting = {client.submit(time.sleep, 3): 1}
        cluster.sync(cluster.scheduler.close)
        [future] = on_dask._done(client, waiting)
        with pytest.raises(B12Error, match="The Dask scheduler at tcp://a:1 went away"):
            on_dask.answer(future.result, "tcp://a:1", waiting[future])


def test_a_cluster_without_workers_is_not_waited_for_without_end(order, monkeypatch):
    monkeypatch.setattr(on_dask, "PATIENCE_SECONDS", 0.1)
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as empty,
        pytest.raises(B12Error, match=r"has had no worker.*Start some with `dask worker"),
    ):
        list(engine_of(Cluster(empty.scheduler_address))(order, [0]))


@pytest.mark.parametrize(
    ("engine", "scheduler", "shared", "says"),
    [
        ("spark", "", "", "No engine named 'spark'. Known engines: local, dask."),
        ("dask", "", "", "needs --scheduler"),
        ("local", "tcp://a:1", "", "for --engine dask"),
        ("local", "", "/shared", "for --engine dask"),
    ],
)
def test_an_engine_that_lacks_what_it_needs_is_refused(engine, scheduler, shared, says):
    with pytest.raises(ConfigurationError, match=says):
        cluster_of(engine, scheduler, shared)


def test_an_engine_is_this_process_unless_a_cluster_is_named():
    assert engine_of(cluster_of("local", "", "")) is here
    assert cluster_of("dask", "tcp://a:1", "s3://b/c") == Cluster("tcp://a:1", "s3://b/c")


def test_without_the_library_of_the_cluster_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(ConfigurationError, match=r"Install b12-care-gaps\[dask\]"):
        engine_of(Cluster("tcp://a:1"))


# --- a home on object storage -----------------------------------------------------------------------------------------


LISTS = ("care_gap", "evidence", "worklist_item", "worklist_patient", "attrition", "measurement", "quarantine")
OF_THE_RUN = ("run_id", "read_at", "known_from", "first_read_at")
"""Columns that say which run it was, and when."""


@pytest.fixture(scope="module")
def region(small_demo, s3_server, tmp_path_factory):
    """A home and extracts on the server, a decision log, and the environment of its machines."""
    url, folder = "s3://clinic/region", tmp_path_factory.mktemp("region")
    extracts = small_demo / "demo" / "extracts"
    there = {path.relative_to(extracts).as_posix(): path for path in extracts.rglob("*") if path.is_file()}
    Place("s3://clinic/extracts").upload(there)
    config = folder / "b12.toml"
    config.write_text(f"rows_per_shard = {ROWS_PER_SHARD}\n" + (small_demo / "demo" / "b12.toml").read_text())
    Place(url).upload({"b12.toml": config})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("B12_CACHE", str(folder / "cache"))
        patch.setenv("B12_DECISIONS_URL", f"sqlite:///{folder}/decisions.db")
        yield url


def lists_of(home: Path) -> dict[str, list[str]]:
    """The rows of the published lists, without what names the run."""
    with reading_connection(home / "published" / DATABASE) as con:
        frames = {table: con.sql(f"FROM {table}").pl() for table in LISTS}
    return {
        table: sorted(map(repr, rows.drop([name for name in OF_THE_RUN if name in rows.columns]).rows()))
        for table, rows in frames.items()
    }


@pytest.fixture
def b12(monkeypatch):
    """A command, in this process."""

    def run(*arguments: str) -> None:
        monkeypatch.setattr(sys, "argv", ["b12", *arguments])
        cli.app(standalone_mode=False)

    return run


def test_a_night_killed_half_way_is_finished_by_a_cluster_and_gives_the_lists_of_a_home_on_one_machine(
    region, cluster, small_demo, b12, tmp_path, monkeypatch
):
    night = ("--home", region, "run", "--extracts", "s3://clinic/extracts", "--as-of", str(AS_OF))
    command = [sys.executable, "-m", "pipelines.cli", *night]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert any(line.strip() == "building the core tables" for line in killed.stderr)
    killed.kill()
    killed.communicate()
    place = Place(region)
    assert place.read(POINTER) is None
    assert len(place.versions(READINGS)) > 20  # what it read is kept
    place.create("work/of/the/killed", b"")

    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("B12_CACHE", str(tmp_path))
        with pytest.raises(B12Error, match=rf"process {killed.pid} on .*unlock` breaks its lock"):
            b12(*night)

    with a_worker_dies(cluster, "memory", tmp_path / "died"):  # its shard is judged, and it could not say so
        b12(*night, "--engine", "dask", "--scheduler", cluster.scheduler_address)
    assert place.read(LOCK) is None
    assert not place.versions("work")
    reader = RemoteHome(region).ready("status", None)
    assert lists_of(reader) == lists_of(small_demo)
    assert status_of(reader)["tables"]["Last runs"][0]["outcome"] == "published"
    published = {Path(name).name for name in place.versions("editions")}
    assert published >= {"b12.duckdb", "current.json", "Ashdown_Demo_Surgery.xlsx", "about_these_lists.csv"}


def test_the_commands_read_a_remote_home_and_write_what_they_computed_to_it(region, b12, capsys, tmp_path):
    b12("--home", region, "status")
    assert "as of 2026-11-20" in capsys.readouterr().out
    b12("--home", region, "explain", "P-LOW-001", "--worklist", "low_b12_untreated")
    published = capsys.readouterr().out
    assert "low_b12_untreated: open, priority 2" in published
    b12("--home", region, "explain", "P-LOW-001", "--worklist", "low_b12_untreated", "--as-of", str(AS_OF))
    assert "low_b12_untreated: open, priority 2" in capsys.readouterr().out  # judged from the store
    b12("--home", region, "export", "--format", "csv", "--to", str(tmp_path))
    assert "Ashdown_Demo_Surgery.csv" in capsys.readouterr().out
    b12("--home", region, "backfill", "--from", "2026-10", "--to", "2026-10")
    assert "computed" in capsys.readouterr().out
    assert "measures/2026-10-31.parquet" in Place(region).versions("measures")
    Place(region).create(LOCK, b'{"process": 7, "host": "gone", "since": "yesterday"}')
    b12("--home", region, "unlock")
    assert "held by process 7 on gone since yesterday" in capsys.readouterr().out
    b12("--home", region, "unlock")
    assert "Nobody holds the lock" in capsys.readouterr().out
