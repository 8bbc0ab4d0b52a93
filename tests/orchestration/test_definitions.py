"""What Dagster sees, and who is told when a night was not published."""

import errno
import json
import threading
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest

from pipelines.config import Alert
from pipelines.contract import CORE_TABLES
from pipelines.errors import B12Error
from pipelines.orchestration.alert import tell
from pipelines.orchestration.definitions import build_definitions
from pipelines.orchestration.lock import run_lock
from pipelines.orchestration.resources import NightlyRun
from pipelines.orchestration.run import RunRequest, dagster_home, run_nightly
from pipelines.publish.history import RunRecord
from pipelines.worklists import worklists


@pytest.fixture(scope="module")
def definitions():
    run = NightlyRun(home="nowhere", extracts="nowhere")
    return build_definitions(run, timezone="Europe/London", cron="30 1 * * *", as_of=date(2110, 5, 1))


def test_every_table_and_list_is_an_asset_with_a_blocking_check(definitions):
    graph = definitions.resolve_asset_graph()
    tables = {dg.AssetKey(["core", table]) for table in CORE_TABLES}
    lists = {dg.AssetKey(["worklist", name]) for name in worklists()}
    others = {dg.AssetKey(name) for name in ("store", "measure", "gate", "published")}
    assert tables | lists | others == set(graph.get_all_asset_keys())
    checked = {check.asset_key for check in graph.asset_check_keys if check.name == "expectations"}
    assert checked == tables | lists | {dg.AssetKey("measure")}


def test_a_list_depends_on_the_tables_and_lists_that_its_rule_names(definitions):
    parents = definitions.resolve_asset_graph().get(dg.AssetKey(["worklist", "borderline_without_mma"])).parent_keys
    assert dg.AssetKey(["worklist", "pregnancy_b12_unresolved"]) in parents
    assert dg.AssetKey(["core", "measurement"]) in parents


def test_the_schedule_has_a_time_zone_and_asks_for_the_day_it_ticks(definitions):
    repository = definitions.get_repository_def()
    schedule = repository.get_schedule_def("every_night")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 1 * * *", "Europe/London")
    tick = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 22, 1, 30), repository_def=repository)
    assert schedule.evaluate_tick(tick).run_requests[0].partition_key == "2026-11-22"


def test_partitions_reach_from_1990_to_the_date_of_the_run(definitions):
    job = definitions.resolve_job_def("nightly")
    keys = job.partitions_def.get_partition_keys()
    assert (keys[0], keys[-1]) == ("1990-01-01", "2110-05-01")


def test_telemetry_is_off_and_crashed_runs_are_tried_again(tmp_path):
    text = (dagster_home(tmp_path) / "dagster.yaml").read_text()
    assert "telemetry:\n  enabled: false" in text
    with dg.DagsterInstance.from_config(str(dagster_home(tmp_path))) as instance:
        assert not instance.telemetry_enabled
        assert instance.run_retries_enabled


def refused(folder):
    at = datetime(2026, 11, 20, 2)
    RunRecord(
        "r1", at, at, "refused", "no labs tonight", date(2026, 11, 20), date(2026, 11, 20), "p", "h", 0, "0"
    ).save(folder / "runs")


def test_a_command_gets_the_message_on_its_input(tmp_path):
    refused(tmp_path)
    tell(Alert(command=f"cat > {tmp_path}/told.json"), tmp_path, "r1")
    told = json.loads((tmp_path / "told.json").read_text())
    assert (told["run"], told["outcome"]) == ("r1", "refused")
    assert "no labs tonight" in told["text"]


@pytest.mark.parametrize(("run", "told"), [("0a1b2c3d-4e5f", "no feed"), ("ffffffff-4e5f", "before it was recorded")])
def test_what_is_told_is_of_the_run_that_failed_and_not_of_the_latest(tmp_path, run, told):
    at, day = datetime(2026, 11, 20, 2), date(2026, 11, 20)
    for name, outcome, because in (
        ("20261120T020000-0a1b2c3d", "refused", "no feed"),
        ("20261121T020000-99999999", "published", None),
    ):
        RunRecord(name, at, at, outcome, because, day, day, "p", "h", 0, "0").save(tmp_path / "runs")
    tell(Alert(command=f"cat > {tmp_path}/told.json"), tmp_path, run)
    message = json.loads((tmp_path / "told.json").read_text())
    assert told in message["text"]
    assert message["outcome"] != "published"


def test_a_night_that_could_not_begin_is_told_of(tmp_path):
    (tmp_path / "b12.toml").write_text(f"[alert]\ncommand = 'cat > {tmp_path}/told.json'\n")
    with run_lock(tmp_path, datetime(2026, 11, 20, 2)), pytest.raises(B12Error, match="Another run holds"):
        run_nightly(RunRequest(tmp_path, tmp_path / "extracts", as_of=date(2026, 11, 20), quiet=True))
    assert "not published: Another run holds" in json.loads((tmp_path / "told.json").read_text())["text"]


def test_a_webhook_gets_it_as_a_post(tmp_path):
    refused(tmp_path)
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    tell(Alert(webhook=f"http://127.0.0.1:{server.server_port}/"), tmp_path, "r1")
    thread.join(timeout=10)
    server.server_close()
    assert received[0]["run"] == "r1"


@pytest.mark.parametrize("webhook", ["http://127.0.0.1:9/", "example.org/hook"])
def test_a_channel_that_fails_is_logged_and_raises_nothing(tmp_path, caplog, webhook):
    refused(tmp_path)
    tell(Alert(command="exit 3", webhook=webhook), tmp_path, "r1")
    assert "alert command failed" in caplog.text
    assert "alert webhook failed" in caplog.text


def test_one_run_at_a_time(tmp_path):
    at = datetime(2026, 11, 20, 2)
    with (
        run_lock(tmp_path, at),
        pytest.raises(B12Error, match=r"Another run holds .*process \d+ since 2026-11-20 02:00:00"),
        run_lock(tmp_path, at),
    ):
        pass
    with run_lock(tmp_path, at):
        pass


def test_a_file_system_without_locks_is_not_taken_for_another_run(tmp_path, monkeypatch):
    def without_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("pipelines.orchestration.lock.fcntl.flock", without_locks)
    with (
        pytest.raises(B12Error, match=r"run\.lock cannot be locked \(No locks available\)"),
        run_lock(tmp_path, datetime(2026, 11, 20, 2)),
    ):
        pass
