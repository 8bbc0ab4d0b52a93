"""Fifty reviewers at once, and a writer that is killed: what was told as taken is in the log, and nothing else is."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.decisions import DecisionLog
from tests.decisions.made import broken_chains, decided, outcomes
from tests.decisions.reviewers import CONTESTED, OWN, RELAYS

PROCESSES, PEOPLE = 5, 50
TOP = Path(__file__).parents[2]


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen]]:
    """Starts ``tests.decisions.reviewers``; what still runs at the end of the test is killed."""
    running = []

    def start(*arguments: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "tests.decisions.reviewers", *arguments]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=TOP, stdin=pipe, stdout=pipe, text=True)
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def go(process: subprocess.Popen) -> None:
    process.stdin.write("go\n")
    process.stdin.flush()


def heard(process: subprocess.Popen) -> object:
    return json.loads(process.stdout.readline())


def test_fifty_reviewers_at_once_lose_no_decision(url, started):
    groups = [range(first, PEOPLE, PROCESSES) for first in range(PROCESSES)]
    processes = [started("review", url, *map(str, group)) for group in groups]
    assert [heard(process) for process in processes] == ["ready"] * PROCESSES
    for process in processes:  # the log does not exist: all create it at once, too
        go(process)
    told = [fate for process in processes for fate in heard(process)]

    with DecisionLog.open(url, read_only=True) as log:
        entries = log.read()
        assert broken_chains(log) == []
    in_the_log = {(row["decision_id"], row["decided_by"], row["item_key"]) for row in entries.iter_rows(named=True)}
    taken = [(fate["id"], fate["who"], fate["item"]) for fate in told if fate["outcome"] == "taken"]
    assert len(taken) == len(set(taken)) == PEOPLE * (2 * OWN + 1) + 1
    assert set(taken) == in_the_log

    contested = [fate for fate in told if fate["item"] == CONTESTED]
    assert Counter(fate["outcome"] for fate in contested) == {"taken": 1, "conflict": PEOPLE - 1}
    assert len({fate["id"] for fate in contested}) == 1  # those in conflict are told which entry was first
    relayed = Counter(item for _, _, item in taken if "relay" in item)
    assert set(relayed.values()) == {PEOPLE // RELAYS}


def test_two_sheets_of_the_same_items_in_opposite_order_do_not_wait_for_each_other_for_ever(url):
    items = [f"low:P-{n:03}:r1" for n in range(300)]
    sheets = {"Ann Lee": items, "Bo Ray": items[::-1]}
    with DecisionLog.open(url) as log, ThreadPoolExecutor() as both:
        told = [
            both.submit(outcomes, log, *(decided(item, decided_by=who) for item in sheet))
            for who, sheet in sheets.items()
        ]
        assert Counter(outcome for fates in told for outcome in fates.result()) == {"taken": 300, "conflict": 300}
        assert len(log.read()) == 300


def test_a_writer_killed_in_the_middle_leaves_a_log_that_is_read_and_written(url, started):
    with DecisionLog.open(url) as log:
        log.append([decided("low:P-900:r1")])
    writer = started("stall", url)
    assert heard(writer) == "ready"
    go(writer)
    assert heard(writer) == "in the middle"
    with DecisionLog.open(url, read_only=True) as log:
        assert len(log.read()) == 1  # nobody sees half a sheet
    writer.kill()
    writer.wait(timeout=60)

    with DecisionLog.open(url) as log:
        assert log.read()["item_key"].to_list() == ["low:P-900:r1"]
        sheet = [decided(f"low:P-{n:03}:r1", channel="sheet") for n in range(200)]
        assert outcomes(log, *sheet) == ["taken"] * 200
        assert outcomes(log, *sheet) == ["repeated"] * 200
        assert broken_chains(log) == []
