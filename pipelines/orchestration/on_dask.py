"""Judging shards on a Dask cluster: a task a shard, on workers that keep nothing.

A worker takes the core tables of its shard from a place that all reach, and leaves what it judged there, each file
whole or not at all. When a worker is lost, Dask gives its shard to another, and what is judged twice is the same.
"""

import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from pipelines.errors import B12Error
from pipelines.orchestration.build import Build, this_build
from pipelines.orchestration.shards import JUDGED, Judged, ShardOrder, judge_shard
from pipelines.remote.place import Place

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 30
LOOK_SECONDS = 30
PATIENCE_SECONDS = 600
"""How long to wait for the scheduler, how often to look at an idle cluster, how long to bear one without workers."""
CORE = "core"
RETRIES = 2
"""How often a task is tried again that ended with an error, such as a share that was away for a moment."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Task:
    """What a worker is sent, besides the shard. The order stays packed until the build is known to be the same."""

    build: Build
    order: bytes
    stage: str | None

    def __call__(self, shard: int) -> Judged:
        """Judge a shard on the worker.

        Raises:
            B12Error: The worker is of another build, or does not reach the tables of the run.
        """
        refuse_other(self.build, "This worker")
        order: ShardOrder = pickle.loads(self.order)
        if self.stage is not None:
            return _judge_staged(Place(self.stage), order, shard)
        if not order.core.folder.is_dir():
            raise B12Error(
                f"A worker does not see {order.core.folder}. Put the home on a path that all machines share, "
                "or give --shared a folder or URL that all of them reach."
            )
        return judge_shard(order, shard)


def refuse_other(build: Build, who: str) -> None:
    """Hold that this process is of the build of the run.

    Raises:
        B12Error: It is not; the message names both.
    """
    if this_build() != build:
        raise B12Error(f"{who} has {this_build()}; the run has {build}. Install the same on every machine.")


def judge_on_dask(scheduler: str, shared: Place | None, order: ShardOrder, shards: Sequence[int]) -> Iterator[Judged]:
    """Judge shards on the cluster, and bring what was judged into the folder of the order."""
    with connected(scheduler) as client, _stage(shared, order) as stage:
        check_builds(client, this_build())
        task = Task(this_build(), pickle.dumps(_lean(order)), stage.url if stage else None)
        waiting: dict[Future, int] = {}
        for shard in shards:
            if stage:
                stage.upload(core_files(order, shard))
            key = f"b12-{order.folder.name}-{shard:04d}"
            waiting[client.submit(task, shard, key=key, pure=False, retries=RETRIES)] = shard
        while waiting:
            for future in _done(client, waiting):
                shard = waiting.pop(future)
                judged = answer(future.result, scheduler, shard)
                if stage:
                    stage.download(_judged_files(order, shard))
                yield judged


def _judge_staged(stage: Place, order: ShardOrder, shard: int) -> Judged:
    """Judge a shard from a shared place to it, in a folder of this machine that goes with the task."""
    with TemporaryDirectory(prefix="b12-shard-") as name:
        own = replace(order, core=replace(order.core, folder=Path(name) / "core"), folder=Path(name))
        of_shard = [f"{CORE}/{table}/{shard:04d}.parquet" for table in order.core.rows]
        stage.download({each: own.folder / each for each in of_shard})
        for table in JUDGED:
            own.path(table, shard).parent.mkdir()
        judged = judge_shard(own, shard)
        stage.upload(_judged_files(own, shard))
        return judged


def core_files(order: ShardOrder, shard: int) -> dict[str, Path]:
    """The core tables of a shard by their names in the shared place."""
    found = {table: order.core.paths(table, shard) for table in order.core.rows}
    return {f"{CORE}/{table}/{path.name}": path for table, paths in found.items() for path in paths}


def _judged_files(order: ShardOrder, shard: int) -> dict[str, Path]:
    """What was judged of a shard, by its names in the shared place."""
    return {f"{table}/{shard:04d}.parquet": order.path(table, shard) for table in JUDGED}


def _lean(order: ShardOrder) -> ShardOrder:
    """The order without what only the gate reads, which is as large as the clinic is busy."""
    activity = order.core.activity
    empty = {name: getattr(activity, name).clear() for name in ("feeds", "recent", "open_prescriptions")}
    return replace(order, core=replace(order.core, activity=replace(activity, **empty)))


@contextmanager
def _stage(shared: Place | None, order: ShardOrder) -> Iterator[Place | None]:
    """A folder of this run in the shared place, removed when the run has what was judged."""
    if shared is None:
        yield None
        return
    stage = Place(f"{shared.url}/{order.folder.name}")
    try:
        yield stage
    finally:
        stage.clear()


@contextmanager
def connected(scheduler: str) -> Iterator["Client"]:
    """A connection to the scheduler; whatever is not done when it ends is cancelled.

    Raises:
        B12Error: Nobody answers there, or no worker comes.
    """
    from distributed import Client

    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False, name="b12")
    except (OSError, ValueError, TypeError) as error:
        raise B12Error(
            f"No Dask scheduler answers at {scheduler!r} ({type(error).__name__}). Give --scheduler the address that "
            "`dask scheduler` printed, such as tcp://10.0.0.7:8786, or leave --engine out: then this machine judges. "
            "Nothing was judged."
        ) from None
    with client:
        yield client


def check_builds(client: "Client", build: Build) -> None:
    """Hold that every worker that is there is of a build; one that comes later refuses its first task.

    Raises:
        B12Error: One is not, or no worker comes.
    """
    try:
        client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
    except TimeoutError:
        raise _without_workers(client.scheduler.address) from None
    for worker, found in client.run(this_build, on_error="return").items():
        if found != build:
            has = found if isinstance(found, Build) else f"no such build ({type(found).__name__})"
            raise B12Error(
                f"The worker {worker} has {has}; the run has {build}. Install the same on every machine; "
                "nothing was judged."
            )


def _done(client: "Client", waiting: dict["Future", int]) -> list["Future"]:
    """The tasks that ended, at least one.

    Raises:
        B12Error: The cluster had no worker for too long.
    """
    from distributed import wait

    last_seen = time.monotonic()
    while True:
        try:
            with client.as_current():
                return list(wait(list(waiting), timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            if client.nthreads():
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > PATIENCE_SECONDS:
                raise _without_workers(client.scheduler.address) from None
        except CancelledError:  # the scheduler went away, as the result of each task says
            return [future for future in waiting if future.cancelled()]


def answer(result: Callable[[], Answer], scheduler: str, shard: int) -> Answer:
    """The result of a task; what the cluster says of a failure, in words that help.

    Raises:
        B12Error: The task failed on every worker that tried it, or the scheduler went away.
    """
    from distributed import KilledWorker

    try:
        return result()
    except B12Error:
        raise
    except KilledWorker:
        raise B12Error(
            f"Every worker that judged shard {shard} died, most likely for want of memory. Give the workers more, or "
            "set rows_per_shard in b12.toml lower."
        ) from None
    except CancelledError:
        raise B12Error(f"The Dask scheduler at {scheduler} went away. See that it runs, then run again.") from None
    except Exception as error:  # its message may hold a value
        raise B12Error(
            f"Shard {shard} failed on the workers ({type(error).__name__}). The log of the worker says where."
        ) from error


def _without_workers(scheduler: str) -> B12Error:
    return B12Error(
        f"The Dask scheduler at {scheduler} has had no worker for {PATIENCE_SECONDS // 60} minutes. "
        f"Start some with `dask worker {scheduler}`, then run again."
    )
