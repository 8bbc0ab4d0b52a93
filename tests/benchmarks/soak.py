"""Sixty nights of one clinic: does a night stay as cheap as the first, in time, memory and disk?

``python -m tests.benchmarks.soak`` (``make soak``) lives 60 nights of 100,000 people; ``--people`` and ``--nights`` ask
for less. Every night brings new rows of every table, corrections of earlier results, and now and then a feed that comes
two nights late. Prints a line a night and a verdict; ends with 1 where something grows that nothing delivered explains,
or where the last night differs from a home that reads everything at once.
"""

import argparse
import shutil
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.agreement import of_rebuild
from tests.benchmarks.deliveries import AS_OF, NIGHTLY_SHARE, delivery, rows_of_night
from tests.benchmarks.measure import REPOSITORY, Cost, measured
from tests.benchmarks.workloads import TABLES

if TYPE_CHECKING:
    import polars as pl

LATE_EVERY = 10
"""Every so many nights the results come late, by two nights."""

CORRECTED_SHARE = 0.0005
SETTLED = 8
"""Nights until as many publications, lists and records are kept as ever will be; growth is told from then on."""

TOLERANCE = 0.10
"""What a measurement on a shared machine may be off."""

OF_EVERY_NIGHT = 100_000
"""Bytes that a part of the home may take for a night however little it brings: the frames of its files."""

EVERY_LIST_MAY_CHANGE = 100


@dataclass(frozen=True)
class Night:
    """What a night cost, how much had been delivered by then, and how much of the disk each part of the home took."""

    number: int
    cost: Cost
    delivered: int
    disk: dict[str, int]


class Soak:
    """A home and its extracts, night by night."""

    def __init__(self, root: Path, people: int) -> None:
        self._full = delivery(root, people, "parquet")
        self._work = root / str(people) / "soak"
        shutil.rmtree(self._work, ignore_errors=True)
        self.home, self._extracts = self._work / "home", self._work / "extracts"
        self.home.mkdir(parents=True)
        shutil.copytree(self._full, self._extracts)
        self._late: list[tuple[int, Path, Path]] = []
        self._configure()

    def nights(self, count: int) -> Iterator[Night]:
        """Live them, and tell of each."""
        for number in range(count):
            if number:
                self._deliver(number)
            cost = self._run(self.home, number)
            yield Night(
                number, cost, _bytes_of(self._extracts), {part: _bytes_of(path) for part, path in self._parts()}
            )

    def rebuilt(self, number: int) -> dict[str, str]:
        """By table: whether this night left the rows that a new home makes of all that was delivered."""
        anew = self._work / "rebuilt"
        shutil.rmtree(anew, ignore_errors=True)
        anew.mkdir()
        shutil.copy(self.home / "b12.toml", anew)
        self._run(anew, number)
        return of_rebuild(self.home, anew)

    def _run(self, home: Path, number: int) -> Cost:
        command = [sys.executable, "-m", "pipelines.cli", "--home", home, "run"]
        command += ["--extracts", self._extracts, "--as-of", AS_OF + timedelta(number)]
        return measured(command, folder=self._work, log=self._work / "log")

    def _configure(self) -> None:
        from pipelines.worklists import worklists

        text = (self._full.parent / "b12.toml").read_text(encoding="utf-8")
        changes = ", ".join(f"{name} = {EVERY_LIST_MAY_CHANGE}" for name in worklists())
        # A key of the file as a whole has to stand before the first table.
        # Lists and records of so many nights are kept; by default longer than is lived here, and they would only grow.
        keys = f"max_change = {{ {changes} }}\nkeep_nights = {SETTLED}\n"
        (self.home / "b12.toml").write_text(keys + text, encoding="utf-8")

    def _deliver(self, number: int) -> None:
        """Lay the files of a night, those that come late in their time."""
        night = AS_OF + timedelta(number)
        for table in TABLES:
            target = self._extracts / table / f"night-{number:03}.parquet"
            aside = self._work / "late" / target.name
            is_late = table == "labs" and number % LATE_EVERY == 0
            written = aside if is_late else target
            written.parent.mkdir(exist_ok=True)
            rows_of_night(self._full / table, table, night, number).write_parquet(written, compression="zstd")
            if is_late:
                self._late.append((number + 2, aside, target))
        corrections(self._full / "labs", night, number).write_parquet(
            self._extracts / "labs" / f"night-{number:03}-corrected.parquet", compression="zstd"
        )
        for due, aside, target in self._late:
            if due == number:
                aside.rename(target)

    def _parts(self) -> list[tuple[str, Path]]:
        return sorted((path.name, path) for path in self.home.iterdir() if path.is_dir() and not path.is_symlink())


def corrections(labs: Path, night: date, number: int) -> "pl.DataFrame":
    """Some earlier results again, with another value, corrected on this night."""
    import polars as pl

    every = round(1 / CORRECTED_SHARE)
    rows = pl.scan_parquet(labs / "part-*.parquet").gather_every(every, offset=number * 31 % every).collect()
    value = pl.col("value").cast(pl.Float64, strict=False)
    return rows.with_columns(
        value=pl.coalesce((value * 1.05).round(1).cast(pl.String), "value"),
        status=pl.lit("corrected"),
        reported_at=pl.lit(night).cast(rows.schema["reported_at"]),
    )


def verdict(nights: list[Night]) -> list[tuple[str, bool, str]]:
    """Of time, memory and each part of the disk: whether it stays flat, or grows no faster than what is delivered."""
    settled = nights[SETTLED:]
    if len(settled) < SETTLED:
        return [("nights", False, f"at least {2 * SETTLED} are needed to tell")]
    grown = settled[-1].delivered / settled[0].delivered - 1
    told = []
    for name, values in (
        ("CPU s", [night.cost.cpu for night in settled]),
        ("peak GB", [night.cost.peak_gb for night in settled]),
    ):
        rise = _rise(values)
        told.append((name, rise <= grown + TOLERANCE, f"{rise:+.1%}, while all that was delivered grew by {grown:.1%}"))
    for part in settled[-1].disk:
        sizes = [night.disk.get(part, 0) for night in settled]
        told.append((f"disk: {part}", *_disk(sizes, settled)))
    return told


def _rise(values: list[float]) -> float:
    """How much higher the last nights are than the first, as the median of a third of them at each end."""
    third = max(1, len(values) // 3)
    return statistics.median(values[-third:]) / statistics.median(values[:third]) - 1


def _disk(sizes: list[int], nights: list[Night]) -> tuple[bool, str]:
    """A part of the home may stay as it is, or grow by as much as was delivered."""
    added = (sizes[-1] - sizes[0]) / (len(sizes) - 1)
    delivered = (nights[-1].delivered - nights[0].delivered) / (len(nights) - 1)
    is_flat = sizes[-1] <= sizes[0] * (1 + TOLERANCE)
    return (
        is_flat or added <= delivered + OF_EVERY_NIGHT,
        f"{sizes[-1] / 1e6:,.1f} MB, {added / 1e3:+,.0f} kB a night; delivered {delivered / 1e3:,.0f}",
    )


def _bytes_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def main() -> int:
    """Live the nights, print the table and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--root", type=Path, default=REPOSITORY / "bench")
    asked = parser.parse_args()
    _say(f"{asked.people:,} people, {asked.nights} nights, {NIGHTLY_SHARE:.1%} new rows and corrections each")
    _say(f"{'night':>5} {'CPU s':>7} {'wall s':>7} {'peak GB':>8} {'delivered MB':>13} {'home MB':>8}")
    soak, nights = Soak(asked.root, asked.people), []
    for night in soak.nights(asked.nights):
        nights.append(night)
        cost = night.cost
        _say(
            f"{night.number:>5} {cost.cpu:>7.1f} {cost.wall:>7.1f} {cost.peak_gb:>8.2f} {night.delivered / 1e6:>13.1f} "
            f"{sum(night.disk.values()) / 1e6:>8.1f}"
        )
    told = verdict(nights)
    for table, words in soak.rebuilt(nights[-1].number).items():
        told.append((f"rows: {table}", words.endswith("identical"), f"{words}, beside a home that reads all at once"))
    for name, holds, words in told:
        _say(f"{'holds' if holds else 'BROKEN':<6} {name:<26} {words}")
    return 0 if all(holds for _, holds, _ in told) else 1


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
