"""The review page with many open items: how long a reviewer waits, and how much goes over the wire.

The server is a process of its own over a real publication; the client does what a browser does, one request after the
other over one connection.
"""

import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.benchmarks.deliveries import AS_OF
from tests.benchmarks.measure import REPOSITORY, measured
from tests.benchmarks.table import Row, verdict
from tests.benchmarks.workloads import TABLES

if TYPE_CHECKING:
    import polars as pl

PEOPLE = 20_000
OPEN_ITEMS = 50_000
TIMES = 9
COLD_SECONDS, WARM_SECONDS, MOST_KB = 1.0, 0.2, 100.0
HEADER = ("review page", "median s", "slowest s", "CPU s", "KB", "found", "at most", "target")
LISTS = "/list/all"
LOADED = re.compile(r'<(?:img|script|link|iframe|form|source)[^>]+(?:src|href|action)="([^"]*)"')


@dataclass
class Waits:
    """The seconds that each answer to one kind of request took, the server's CPU seconds for all of them, and the
    bytes of the largest.
    """

    seconds: list[float] = field(default_factory=list)
    cpu: float = 0.0
    largest: int = 0


def review_lines(root: Path) -> list[Row]:
    """Measure the screen over a publication of ``OPEN_ITEMS`` open items or more, made once below ``root``."""
    home = _home(root)
    shutil.rmtree(home / "audit", ignore_errors=True)
    for left in home.glob("decisions.db*"):
        left.unlink()
    with _served(home) as (link, server), httpx.Client(base_url=link.rpartition("/enter")[0], timeout=60) as client:
        waits, elsewhere = _morning(client, link, server)
    first = waits.pop("first row, cold")
    rows = [_line("first row, cold", first, COLD_SECONDS), *(_line(what, waits[what], WARM_SECONDS) for what in waits)]
    largest = max(wait.largest for wait in (first, *waits.values())) / 1024
    rows.append(("largest page, KB", "", "", "", "", *verdict(largest, MOST_KB)))
    rows.append(("loaded from another host", "", "", "", "", *verdict(elsewhere, 0)))
    return rows


def _morning(client: httpx.Client, link: str, server: int) -> tuple[dict[str, Waits], int]:
    """What a reviewer does: come in, look, filter, sort, turn pages, decide; and how much came from another host."""
    waits: dict[str, Waits] = {}
    pages: list[str] = []

    def timed(what: str, ask: Callable[..., httpx.Response], *place: str, **form: Any) -> str:
        wait = waits.setdefault(what, Waits())
        worked, started = _cpu_seconds(server), time.perf_counter()
        answer = ask(*place, **form)
        wait.seconds.append(time.perf_counter() - started)
        wait.cpu += _cpu_seconds(server) - worked
        if answer.status_code >= 400:
            raise RuntimeError(f"{what}: the screen answered {answer.status_code}.")
        wait.largest = max(wait.largest, len(answer.content))
        pages.append(answer.text)
        return answer.text

    def come_in() -> httpx.Response:
        client.get(link, follow_redirects=False)
        return client.get(LISTS)

    page = timed("first row, cold", come_in)
    offered = page[page.index('name="site"') :].partition("</select>")[0]
    sites = re.findall(r"<option>([^<(]+)<", offered)
    run = unescape(re.search(r'name="run" value="([^"]*)"', page)[1])
    sorts = ("due", "listed", "name", "site", "b12", "treatment")
    for n in range(TIMES):
        site = unescape(sites[n % len(sites)])
        for what, asked in (
            ("filter by site", {"site": site, "run": run}),
            ("filter by text", {"text": f"{n + 1}{n}", "run": run}),
            ("sort", {"sort": sorts[n % len(sorts)], "down": n % 2, "run": run}),
            ("page", {"page": 2 + 100 * n, "run": run}),
            ("home", None),
        ):
            timed(what, client.get, LISTS if asked else "/", params=asked)
        timed("save", client.post, "/decide", data=_decision(page, n))
    from_elsewhere = {place for text in pages for place in LOADED.findall(text) if not place.startswith(("/", "#"))}
    return waits, len(from_elsewhere)


def _decision(page: str, number: int) -> dict[str, str]:
    """The form for the item in this row of a page, as the script of the page sends it."""
    form = page[page.index('id="rows"') :]
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)[:3])
    items = re.findall(r'name="item" value="([^"]+)"', page)
    return {name: unescape(value) for name, value in hidden.items()} | {
        "item": unescape(items[number]),
        "decision": "ordered",
        "note": "Measured",
        "part": "1",
    }


def _line(what: str, wait: Waits, limit: float) -> Row:
    median = statistics.median(wait.seconds)
    size = f"{wait.largest / 1024:.0f}"
    cpu = f"{wait.cpu / len(wait.seconds):.3f}"
    return (what, f"{median:.3f}", f"{max(wait.seconds):.3f}", cpu, size, *verdict(median, limit))


def _cpu_seconds(process: int) -> float:
    """What a process has used so far, in hundredths; on a busy machine its waits say less than this."""
    times = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _served(home: Path) -> Iterator[tuple[str, int]]:
    """The link that the server prints, once it listens, and its process."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "pipelines.cli", "--home", str(home), "review", "--port", "0"]
    with subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield next(line.strip() for line in server.stdout if "/enter" in line), server.pid
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)


def _home(root: Path) -> Path:
    """A publication with ``OPEN_ITEMS`` open items or more, made unless it is there complete.

    A population is published; then those of its people who have an open item, so often that there are enough.
    """
    folder = root / "review"
    home = folder / "home"
    if not (folder / "complete").exists():
        sys.stderr.write(f"{OPEN_ITEMS:,} open items: a publication for the review page\n")
        shutil.rmtree(folder, ignore_errors=True)
        _write(folder / "some")
        _publish(folder / "some", folder / "some-home")
        _copy_listed(folder / "some", folder / "some-home", folder / "many")
        _publish(folder / "many", home)
        (folder / "complete").touch()
    items = _listed(home).height
    if items < OPEN_ITEMS:
        raise RuntimeError(f"The publication has {items:,} open items, and {OPEN_ITEMS:,} are needed.")
    sys.stderr.write(f"The review page over {items:,} open items\n")
    return home


def _write(folder: Path) -> None:
    from pipelines.demo.extracts import write_extracts

    extracts = folder / "extracts"
    write_extracts(extracts, as_of=AS_OF, people=PEOPLE, planted=False, fmt="parquet", clean=True)


def _publish(delivery: Path, home: Path) -> None:
    home.mkdir(parents=True)
    shutil.copy(delivery / "b12.toml", home)
    run = ["--home", home, "run", "--extracts", delivery / "extracts", "--as-of", str(AS_OF)]
    for table in TABLES:  # copies of few people bring few records, or many, in one week
        run += ["--accept-change", f"demo/{table}"]
    measured([sys.executable, "-m", "pipelines.cli", *run], folder=home, log=home.with_name(f"{home.name}.log"))


def _listed(home: Path) -> "pl.DataFrame":
    """The person of every open item."""
    import duckdb

    with duckdb.connect(str(home / "published" / "b12.duckdb"), read_only=True) as con:
        return con.sql("SELECT person_id AS patient_id FROM worklist_item").pl()


def _copy_listed(delivery: Path, home: Path, to: Path) -> None:
    """Write the rows of the people who are listed again and again, each time with ids of their own."""
    import polars as pl

    listed = _listed(home)
    copies = pl.DataFrame({"copy": range(-(-OPEN_ITEMS // listed.height) + 1)})
    for table in TABLES:
        rows = pl.read_parquet(delivery / "extracts" / table / "*.parquet")
        rows = rows.join(listed.unique(), on="patient_id", how="semi").join(copies, how="cross")
        own = [name for name in rows.columns if name == "patient_id" or name.endswith("_id")]
        (to / "extracts" / table).mkdir(parents=True)
        rows.with_columns(pl.format("{}-{}", name, "copy").alias(name) for name in own).drop("copy").write_parquet(
            to / "extracts" / table / "part-0.parquet", compression="zstd"
        )
    shutil.copy(delivery / "b12.toml", to)
