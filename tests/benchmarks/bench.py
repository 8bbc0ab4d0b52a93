"""How fast: the pipeline beside bare scans and what an analyst would write; the review page; each format; in one run.

``python -m tests.benchmarks.bench`` measures 100,000 and a million people; ``--people`` and ``--parts`` ask for less.
The parts ``formats`` and ``review`` have a size of their own, and tables of their own. Every other line is a whole process with its start-up. CPU seconds are the measure: wall time on a shared machine is not.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.benchmarks import agreement, takein
from tests.benchmarks.deliveries import AS_OF, NIGHT, delivery, nightly_delivery
from tests.benchmarks.measure import REPOSITORY, Cost, measured
from tests.benchmarks.table import Row, printed, verdict

OF_A_SIZE = ("scan", "sql", "polars", "pandas", "parquet", "nightly", "rebuild", "csv")
PARTS = (*OF_A_SIZE, "formats", "review")
HEADER = ("people", "process", "CPU s", "wall s", "peak GB", "beside", "ratio", "at most", "target")
MOST_GB = 2.0
MOST_GROWTH = 1.1
"""CPU per patient of a larger population by that of a smaller one; less than 1 is a start-up shared by more."""

SCRIPT = "DuckDB SQL, three lists"


@dataclass(frozen=True)
class Target:
    """At most so many times the CPU seconds of another line."""

    ratio: float
    of: str


TARGETS = {
    "b12 run, Parquet": (Target(1.0, SCRIPT), Target(3.0, "bare scan, polars")),
    "b12 run, CSV": (Target(1.5, "bare typed scan, DuckDB, CSV"),),
    "b12 run, nightly +0.3 %": (Target(0.15, "b12 run, Parquet"),),
}


@dataclass
class Bench:
    """The measurements of one size of population, by line of the table."""

    root: Path
    people: int
    costs: dict[str, Cost] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        """Homes, lists and logs of this size; made anew by each part."""
        return self.root / str(self.people) / "work"

    def measure(self, parts: list[str]) -> None:
        """Generate what is missing, then measure the parts, in an order that lets each find what it needs."""
        formats = {"csv": {"csv"}}
        asked = [part for part in OF_A_SIZE if part in parts]
        for fmt in sorted(set().union(*(formats.get(part, {"parquet"}) for part in asked))):
            delivery(self.root, self.people, fmt)
        for part in OF_A_SIZE:
            if part in parts:
                getattr(self, f"_{part}")()

    def _scan(self) -> None:
        for library, name in (("polars", "scan_parquet"), ("DuckDB", "scan_duckdb")):
            self._workload(f"bare scan, {library}", name, delivery(self.root, self.people, "parquet"))

    def _sql(self) -> None:
        extracts = delivery(self.root, self.people, "parquet")
        self._workload(SCRIPT, "three_lists", extracts, str(AS_OF))

    def _polars(self) -> None:
        self._lists_by("polars")

    def _pandas(self) -> None:
        self._lists_by("pandas")

    def _lists_by(self, library: str) -> None:
        extracts = delivery(self.root, self.people, "parquet")
        self._workload(f"{library}, three lists", f"three_lists_{library}", extracts, str(AS_OF))
        if SCRIPT in self.costs:
            said = agreement.of_scripts(self.work, f"{library}_")
            _tell(said, f"The lists of the SQL script and those of {library}")

    def _parquet(self) -> None:
        self._run("b12 run, Parquet", delivery(self.root, self.people, "parquet"), "full", AS_OF)
        if SCRIPT in self.costs:
            _tell(agreement.with_script(self._home("full"), self.work), "The script's list and ours")

    def _nightly(self) -> None:
        if not (self._home("full") / "published" / "current.json").exists():
            self._parquet()
        shutil.rmtree(self._home("nightly"), ignore_errors=True)
        shutil.copytree(self._home("full"), self._home("nightly"), symlinks=True)
        extracts = nightly_delivery(self.root, self.people)
        self._run("b12 run, nightly +0.3 %", extracts, "nightly", NIGHT, anew=False)

    def _rebuild(self) -> None:
        self._run("b12 run, the night rebuilt", nightly_delivery(self.root, self.people), "rebuild", NIGHT)
        if (self._home("nightly") / "published" / "current.json").exists():
            _tell(
                agreement.of_rebuild(self._home("nightly"), self._home("rebuild")), "The night on the store and rebuilt"
            )

    def _csv(self) -> None:
        extracts = delivery(self.root, self.people, "csv")
        self._workload("bare typed scan, DuckDB, CSV", "scan_csv", extracts)
        self._run("b12 run, CSV", extracts, "csv", AS_OF)

    def _home(self, name: str) -> Path:
        return self.work / f"home-{name}"

    def _workload(self, line: str, name: str, *arguments: str | Path) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.workloads", name, *arguments]
        self._measure(line, command)

    def _run(self, line: str, extracts: Path, name: str, as_of: object, *, anew: bool = True) -> None:
        home = self._home(name)
        if anew:
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            shutil.copy(extracts.parent / "b12.toml", home)
        command = [
            sys.executable,
            "-m",
            "pipelines.cli",
            "--home",
            home,
            "run",
            "--extracts",
            extracts,
            "--as-of",
            as_of,
        ]
        self._measure(line, command)

    def _measure(self, line: str, command: list[str | Path]) -> None:
        sys.stderr.write(f"{self.people:,} people: {line}\n")
        self.work.mkdir(parents=True, exist_ok=True)
        log = self.work / f"{line.replace(' ', '-').replace(',', '').replace('%', '')}.log"
        self.costs[line] = measured(command, folder=self.work, log=log)

    def lines(self) -> Iterator[Row]:
        """The lines of the table for this size."""
        for line, cost in self.costs.items():
            told = [f"{self.people:,}", line, f"{cost.cpu:.1f}", f"{cost.wall:.1f}", f"{cost.peak_gb:.2f}"]
            targets = [target for target in TARGETS.get(line, ()) if target.of in self.costs]
            verdicts = [verdict(cost.cpu / self.costs[target.of].cpu, target.ratio) for target in targets]
            yield (*told, *_first(targets, verdicts))
            for target, met in list(zip(targets, verdicts, strict=True))[1:]:
                yield ("", "", "", "", "", target.of, *met)
            if line in TARGETS and self.people <= 1_000_000:
                yield ("", "", "", "", "", "peak GB", *verdict(cost.peak_gb, MOST_GB))


def _first(targets: list[Target], verdicts: list[Row]) -> Row:
    return (targets[0].of, *verdicts[0]) if targets else ("", "", "", "")


def growth(smaller: Bench, larger: Bench) -> Iterator[Row]:
    """How the CPU seconds per patient of each process with a target grow from one size to the next."""
    for line in TARGETS:
        if line in smaller.costs and line in larger.costs:
            ratio = (larger.costs[line].cpu / larger.people) / (smaller.costs[line].cpu / smaller.people)
            told = (f"{larger.people:,}", f"{line}, CPU per patient", "", "", "")
            yield (*told, f"{smaller.people:,} people", *verdict(ratio, MOST_GROWTH))


def _tell(said: dict[str, str], title: str) -> None:
    sys.stderr.write(f"{title}:\n" + "".join(f"  {name}: {what}\n" for name, what in said.items()))


def main() -> None:
    """Measure what was asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[100_000, 1_000_000], help="sizes of the population")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure; all by default"
    )
    parser.add_argument(
        "--folder", type=Path, default=REPOSITORY / "build" / "bench", help="where data and homes are kept"
    )
    asked = parser.parse_args()
    root = asked.folder.resolve()
    if set(asked.parts) & set(OF_A_SIZE):
        benches = [Bench(root, people) for people in sorted(asked.people)]
        for bench in benches:
            bench.measure(asked.parts)
        rows = [row for bench in benches for row in bench.lines()]
        rows += [row for smaller, larger in pairwise(benches) for row in growth(smaller, larger)]
        _print(HEADER, rows, {"process", "beside", "target"})
    if "formats" in asked.parts:
        _print(takein.HEADER, list(takein.format_lines(root, takein.PEOPLE)), {"format", "target"})
    if "review" in asked.parts:
        from tests.benchmarks import review

        _print(review.HEADER, review.review_lines(root), {"review page", "target"})


def _print(header: Row, rows: list[Row], texts: set[str]) -> None:
    if rows:
        sys.stdout.write(printed(header, rows, texts) + "\n\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
