"""A schedule of nights with faults, drawn from a seed: before each night and while it runs; every fault is mended after."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tests.faults.clinic import day_of, deliver
from tests.faults.nights import Night, Running
from tests.faults.reader import Reader

POINTS = ("reading", "building the core tables", "judging", "checking", "publishing")
"""Lines that a run says on its way."""


@dataclass
class Disturbed:
    """A home that meets faults; ``told`` is the story so far, for whoever has to understand a failure."""

    folder: Path
    seed: int
    length: float
    """Seconds that a night without faults takes."""
    told: list[str] = field(default_factory=list)
    later: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)
        self.home, self.extracts = self.folder / "home", self.folder / "extracts"
        self.clock = datetime.combine(day_of(0), datetime.min.time())
        self.reader = Reader(self.home)

    def live_through(self) -> int:
        """Some nights with faults, then one without; returns how many days the clinic has delivered."""
        days = self.draw.randint(3, 6)
        for day in range(days):
            self.clock = max(self.clock, datetime.combine(day_of(day), datetime.min.time())) + timedelta(hours=2)
            for name in deliver(self.extracts, day):
                if self.draw.random() < 0.15:
                    self._half_written(name, day)
            between = self.draw.choice((None, None, self._corrupt, self._revoke))
            during = self.draw.choice((None, self._kill, self._kill, self._kill_at, self._stop, self._fill, self._fill))
            if self.draw.random() < 0.12:
                between, during = None, self.draw.choice((self._clock_back, self._clock_ahead))
            if between:
                between()
            (during or self._plain)(day)
            self._mend()
        self._clean_night(days - 1)
        return days

    def _clean_night(self, day: int) -> None:
        for _ in range(4):
            running = self._begin(day)
            if running.ends() == 0:
                self._tell("a clean night")
                self.reader.look()
                return
            self._do_as_told(running.said)
        raise AssertionError(running.said)

    def _do_as_told(self, said: str) -> None:
        """Remove the readings of a night whose clock was ahead, or a damaged one of half a file that never comes again."""
        if "The clock says" in said:
            folders = said.partition("and remove ")[2].partition("; they are read again")[0].split(", ")
        else:
            assert "If it cannot be had, remove " in said, said
            folders = [said.partition("If it cannot be had, remove ")[2].partition(": the lists")[0]]
        self._tell(f"did as told: removed {len(folders)} readings")
        for folder in folders:
            shutil.rmtree(folder)

    def _begin(self, day: int, *, skew: timedelta = timedelta(0), largest_file: int | None = None) -> Running:
        self.clock += timedelta(minutes=7)
        return Night(self.folder, day_of(day), self.clock + skew, largest_file).begin()

    def _plain(self, day: int) -> None:
        self._ends(self._begin(day), "nothing while it runs")

    def _ends(self, running: Running, fault: str, *, may_die: bool = False) -> None:
        """Hold the end of a night against what may be: published, killed, or failed with words that help."""
        with self.reader.watching():
            code = running.ends()
        self._tell(f"{fault}: {code} {running.said.strip().splitlines()[-1:]}")
        assert code in (0, 1, 2, 3) or (may_die and code == -signal.SIGKILL), running.said
        if code > 0:
            self._helps(running.said.strip().splitlines()[-1])

    @staticmethod
    def _helps(message: str) -> None:
        helps = (
            "Make room", "run again", "eliver", "set it", "remove ", "Read /", "can be read and written",
            "There is no publication yet", "map it under",
        )  # fmt: skip
        assert any(words in message for words in helps), message
        assert "Traceback" not in message
        assert "SECRET" not in message

    # --- faults while a night runs -------------------------------------------------------------------------------

    def _kill(self, day: int) -> None:
        running = self._begin(day)
        with self.reader.watching():
            running.process.join(self.draw.uniform(0, self.length))
        running.process.kill()
        self._ends(running, "killed at some moment", may_die=True)

    def _kill_at(self, day: int) -> None:
        point = self.draw.choice(POINTS)
        running = self._begin(day)
        self._wait_for(running, point)
        time.sleep(self.draw.choice((0, 0, 0.05, 0.3)))
        running.process.kill()
        self._ends(running, f"killed at {point!r}", may_die=True)

    def _stop(self, day: int) -> None:
        running = self._begin(day)
        self._wait_for(running, self.draw.choice(POINTS))
        if running.process.is_alive():
            os.kill(running.process.pid, signal.SIGSTOP)
            self.reader.look()
            os.kill(running.process.pid, signal.SIGCONT)
        self._ends(running, "stopped and continued")

    def _wait_for(self, running: Running, line: str) -> None:
        until = time.monotonic() + 120
        while running.process.is_alive() and line not in running.said and time.monotonic() < until:
            time.sleep(0.01)

    def _fill(self, day: int) -> None:
        """No file may grow beyond so much, as where a quota is used up."""
        room = self.draw.choice((40_000, 1_000_000, 2_000_000, 3_000_000, 4_000_000))
        self._ends(self._begin(day, largest_file=room), f"no room beyond {room} bytes a file")

    def _clock_back(self, day: int) -> None:
        if not any((self.home / "store" / "files").glob("*")):
            self._plain(day)  # nothing tells a clock that was wrong from the first night on
            return
        skew = timedelta(days=self.draw.choice((2, 30, 400, 9000)))
        self._ends(self._begin(day, skew=-skew), f"the clock {skew.days} days back")

    def _clock_ahead(self, day: int) -> None:
        skew = timedelta(days=self.draw.choice((2, 366, 4000)))
        self._ends(self._begin(day, skew=skew), f"the clock {skew.days} days ahead")

    # --- faults between nights ------------------------------------------------------------------------------------

    def _corrupt(self) -> None:
        files = sorted(path for path in (self.home / "store" / "files").glob("*/*") if path.is_file())
        if not files:
            return
        path, how = self.draw.choice(files), self.draw.choice(("cut", "flipped", "removed"))
        content = bytearray(path.read_bytes())
        if how == "removed":
            path.unlink()
        elif how == "cut":
            path.write_bytes(content[: self.draw.randrange(len(content))])
        else:
            content[self.draw.randrange(len(content))] ^= 1 << self.draw.randrange(8)
            path.write_bytes(content)
        self._tell(f"{path.parent.name}/{path.name} {how}")

    def _revoke(self) -> None:
        """Take the rights to a file or folder away, until the night is over."""
        rooms = sorted(path for path in self.home.iterdir() if path.is_dir() and not path.is_symlink())
        if not rooms:
            return
        room = self.draw.choice(rooms)
        paths = [room, *sorted(path for path in room.rglob("*") if not path.is_symlink())]
        path = self.draw.choice(paths)
        before = path.stat().st_mode
        path.chmod(0)
        self._tell(f"no rights to {path.relative_to(self.folder)}")
        self.later.append(lambda: path.exists() and path.chmod(before))

    def _half_written(self, name: str, day: int) -> None:
        """A file that is still being written: cut, as it is or packed; complete after the night."""
        path = self.extracts / name
        whole = path.read_bytes()
        path.write_bytes(whole[: self.draw.randrange(len(whole))])
        self._tell(f"{name} half written")
        self.later.append(lambda: path.write_bytes(whole) and None)

    def _mend(self) -> None:
        for mend in self.later:
            mend()
        self.later.clear()
        self.reader.look()

    def _tell(self, what: str) -> None:
        self.told.append(what)
