"""Where the shards of a run are judged: in its own process, or on a Dask cluster."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ConfigurationError
from pipelines.orchestration.shards import Engine, here


@dataclass(frozen=True)
class Cluster:
    """A Dask cluster: the address of its scheduler, and a place that its workers and the run reach.

    ``shared`` is a folder or a URL. Without one it is a folder of the remote home; of a home on a machine, the workers
    must see the folder under the same path as the run.
    """

    scheduler: str
    shared: str = ""


def cluster_of(engine: str, scheduler: str, shared: str) -> Cluster | None:
    """The cluster that a command names; null for judging in its own process.

    Raises:
        ConfigurationError: No such engine, or it lacks what it needs.
    """
    if engine not in ("local", "dask"):
        raise ConfigurationError(f"No engine named {engine!r}. Known engines: local, dask.")
    if engine == "local":
        if scheduler or shared:
            raise ConfigurationError("--scheduler and --shared are for --engine dask. Add it, or leave them out.")
        return None
    if not scheduler:
        raise ConfigurationError(
            "--engine dask needs --scheduler, such as tcp://10.0.0.7:8786. On one machine leave --engine out: "
            "a shard uses every core there already."
        )
    return Cluster(scheduler, shared)


def engine_of(cluster: Cluster | None) -> Engine:
    """What judges the shards of a run; this process where there is no cluster.

    Raises:
        ConfigurationError: The library of the cluster is not installed, or the shared place cannot be one.
    """
    if cluster is None:
        return here
    try:
        import distributed  # noqa: F401 - only whether it is there
    except ImportError:
        raise ConfigurationError("--engine dask needs the package distributed. Install b12-care-gaps[dask].") from None
    from pipelines.orchestration.on_dask import judge_on_dask
    from pipelines.remote.place import Place

    url = cluster.shared if "://" in cluster.shared else f"file://{Path(cluster.shared).resolve()}"
    shared = Place(url) if cluster.shared else None
    return lambda order, shards: judge_on_dask(cluster.scheduler, shared, order, shards)


def reach(cluster: Cluster | None) -> None:
    """Hold that the scheduler of a cluster answers, before a run reads anything.

    Raises:
        B12Error: Nobody answers there.
    """
    if cluster is not None:
        from pipelines.orchestration.on_dask import connected

        with connected(cluster.scheduler):
            pass
