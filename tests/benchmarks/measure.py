"""Whole processes, measured from outside: CPU seconds, wall seconds, peak memory."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Cost:
    """What a process took, its children included: user and system CPU seconds, wall seconds, the highest resident GB."""

    cpu: float
    wall: float
    peak_gb: float


def measured(command: Sequence[str | Path], *, folder: Path, log: Path) -> Cost:
    """Run a command in a folder to its end; what it prints goes to ``log``.

    Raises:
        RuntimeError: The command failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # The packages are taken from this repository, wherever the command is run.
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with log.open("wb") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            list(map(str, command)), cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        # Of this child alone; the usage of all children together would hold the highest peak of any of them.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with exit code {process.returncode}; see {log}.")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024 / 1e9)
