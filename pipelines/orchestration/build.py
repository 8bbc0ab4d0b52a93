"""Which build of the product runs in a process: two that judge one run have to be the same."""

import hashlib
import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipelines.contract import root

KINDS = (".py", ".toml", ".csv", ".sql")
"""What decides how people are judged: rules, numbers, codes and the types of columns."""


@dataclass(frozen=True)
class Build:
    """The release, a digest of its code, and the versions on which equal results rest."""

    release: str
    code: str
    polars: str
    python: str

    def __str__(self) -> str:
        return f"b12-care-gaps {self.release} (code {self.code}) with polars {self.polars} on Python {self.python}"


@cache
def this_build() -> Build:
    """The build of this process."""
    digest = hashlib.sha256()
    for folder in (Path(__file__).parents[1], root("sql")):
        for path in sorted(folder.rglob("*")):
            if path.suffix in KINDS and "__pycache__" not in path.parts:
                digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    python = ".".join(platform.python_version_tuple()[:2])
    return Build(version("b12-care-gaps"), digest.hexdigest()[:12], version("polars"), python)
