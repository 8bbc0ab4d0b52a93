"""Nights as processes that can be killed: forked from one that has imported everything, with a clock that is given."""

import ctypes
import multiprocessing
import os
import resource
import sys
import time
import traceback
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

UNFORESEEN = 70
"""The exit code of a night that ended with an error that nobody put into words."""

_WARM = ("tests.faults.warm",)
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(list(_WARM))


@dataclass(frozen=True)
class Night:
    """What one run is given: home and extracts, the date, what the clock says, and how long a file may become."""

    folder: Path
    as_of: date
    clock: datetime
    largest_file: int | None = None

    def begin(self) -> "Running":
        """Start it in a process of its own."""
        said = self.folder / f"said-{self.clock:%Y%m%dT%H%M%S}"
        said.touch()
        process = _CONTEXT.Process(target=_run, args=(self, said))
        process.start()
        return Running(process, said)


@dataclass(frozen=True)
class Running:
    """A night under way."""

    process: multiprocessing.Process
    said_to: Path

    @property
    def said(self) -> str:
        """What it has said so far, on standard error."""
        return self.said_to.read_text(errors="replace")

    def ends(self, seconds: float = 240) -> int:
        """Its exit code; negative when a signal ended it."""
        self.process.join(seconds)
        assert self.process.exitcode is not None, f"It did not end: {self.said}"
        return self.process.exitcode


def _run(night: Night, said: Path) -> None:
    with said.open("w") as stream, Path(os.devnull).open("w") as nowhere:
        os.dup2(stream.fileno(), 2)
        os.dup2(nowhere.fileno(), 1)
    _obey_rights()
    if night.largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (night.largest_file, resource.RLIM_INFINITY))
    os._exit(_outcome(night))


def _obey_rights() -> None:
    """Have root asked for rights like anybody, so that they can be taken away: drop the capabilities that pass by."""
    if os.geteuid() or not sys.platform.startswith("linux"):
        return
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # the third version of the call, this process
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, twice
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.capget(header, sets) == 0
    for place in (0, 1):
        sets[place] &= ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert libc.capset(header, sets) == 0


def _outcome(night: Night) -> int:
    from pipelines import cli
    from pipelines.orchestration import resources

    resources.datetime = _clock_from(night.clock)
    command = ["--home", night.folder / "home", "run", "--extracts", night.folder / "extracts", "--as-of", night.as_of]
    sys.argv = ["b12", *map(str, command)]
    try:
        cli.main()
    except SystemExit as end:
        return end.code or 0
    except BaseException:
        traceback.print_exc()
        return UNFORESEEN
    finally:
        sys.stderr.flush()
    return 0


def _clock_from(start: datetime) -> type[datetime]:
    began = time.monotonic()

    class Clock(datetime):
        """A clock that was set when the run began."""

        @classmethod
        def now(cls, tz=None):
            return (start + timedelta(seconds=time.monotonic() - began)).replace(tzinfo=tz)

    return Clock
