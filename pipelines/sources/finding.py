"""Which delivered files belong to which source and extract table."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.config import Source
from pipelines.errors import ConfigurationError
from pipelines.ingest.physical import printable
from pipelines.sources import fhir, hl7v2, mimic, native, omop, synthea
from pipelines.sources.held import is_database
from pipelines.sources.native import Claims, Delivered

LOG = logging.getLogger("b12.sources")

ADAPTERS: Mapping[str, Callable[[Source, Mapping[Path, str]], Claims]] = {
    "native": native.claims,
    "omop": omop.claims,
    "fhir": fhir.claims,
    "hl7v2": hl7v2.claims,
    "mimic": mimic.claims,
    "synthea": synthea.claims,
}
"""What claims the files of a folder, by the kind of its source."""

HOLDS = {
    "native": "labs*.csv and prescriptions*.csv",
    "omop": "MEASUREMENT and DRUG_EXPOSURE",
    "fhir": "Observation*.ndjson and MedicationRequest*.ndjson",
    "hl7v2": "files of messages",
    "mimic": "labevents and prescriptions",
    "synthea": "observations and medications",
}
"""What the folder of a source holds, for those who look for it."""

LAYOUTS = ("omop", "mimic", "synthea")
"""The kinds whose tables may lie in a DuckDB file."""

ONE_TABLE_A_FILE = ("native",)
"""The kinds whose files hold rows of one table; in those of others, persons may stand beside their results."""


@dataclass(frozen=True)
class Delivery:
    """What lies in the extracts folder: the files to read, in order of name, and those that belong to nothing."""

    files: tuple[Delivered, ...]
    ignored: tuple[str, ...]


def find_files(sources: Sequence[Source], extracts: Path, incoming: Path) -> Delivery:
    """The delivered files of all sources, by source, table and name.

    A file that a source claims by its ``files`` pattern goes to that source; otherwise the first part of its path
    below the source's folder says the table, in the terms of the source's kind. Hidden files are passed over.

    Raises:
        ConfigurationError: A folder does not exist, or two sources claim one file.
    """
    claims: dict[Path, list[tuple[bool, Delivered]]] = {}
    seen: dict[Path, str] = {}
    besides: set[Path] = set()
    for source in sources:
        folder = _folder(source, extracts, incoming)
        names = _names_below(folder)
        seen |= names
        claimed = ADAPTERS[source.kind](source, names)
        besides.update(claimed.besides)
        for named, file in claimed.files:
            claims.setdefault(file.path, []).append((named, file))
    files = [file for path, found in claims.items() for file in _claimed(path, found)]
    files.sort(key=lambda file: (file.name, file.table, file.source.name))
    ignored = (name for path, name in seen.items() if path not in claims and path not in besides)
    return Delivery(tuple(files), tuple(sorted(ignored)))


def _folder(source: Source, extracts: Path, incoming: Path) -> Path:
    if "://" in source.path:
        return _fetched(source, incoming)
    folder = extracts / source.path
    may_be_database = source.kind in LAYOUTS and folder.is_file() and is_database(folder)
    if not folder.is_dir() and not may_be_database:
        wanted = "a folder or a DuckDB database" if source.kind in LAYOUTS else "a folder"
        what = f"is a file, not {wanted}" if folder.exists() else "does not exist"
        raise ConfigurationError(
            f"The extracts folder {folder} of source {source.name!r} {what}. "
            f"Give the folder that holds {HOLDS[source.kind]}, with --extracts or as the source's path."
        )
    return folder


def _fetched(source: Source, incoming: Path) -> Path:
    """A local copy of a remote folder; credentials come from the environment, as the file system's library says."""
    import fsspec

    folder = incoming / source.name
    filesystem, root = fsspec.core.url_to_fs(source.path)
    try:
        found = filesystem.find(root)
    except FileNotFoundError:
        found = []
    if not found:
        raise ConfigurationError(
            f"Nothing found at {source.path} of source {source.name!r}. Check the URL and the credentials."
        )
    for remote in found:
        local = folder / Path(remote).relative_to(root.rstrip("/"))
        local.parent.mkdir(parents=True, exist_ok=True)
        filesystem.get_file(remote, str(local))
    return folder


def _names_below(folder: Path) -> dict[Path, str]:
    """The files of a folder, by their path below it; of a path that is a file, that one."""
    if folder.is_file():
        return {folder: folder.name}
    return {path: printable(path.relative_to(folder).as_posix()) for path in visible_files(folder)}


def visible_files(folder: Path) -> Iterator[Path]:
    """The files of a folder and below, in order of name, but for hidden ones.

    A link to another folder is followed. A folder is looked through once, under its own name rather than that of a
    link: a file is not delivered twice because ``latest`` leads to it, and a link that leads back ends.
    """
    found: list[Path] = []
    walked: set[Path] = set()
    folders = [folder]
    while folders:
        links: list[Path] = []
        for each in folders:
            _walk(each, found, walked, links)
        folders = sorted(link for link in links if not folder.resolve().is_relative_to(link.resolve()))
    yield from sorted(found)


def _walk(folder: Path, found: list[Path], walked: set[Path], links: list[Path]) -> None:
    """Add the files of a folder and its own folders to those found, and the links to other folders to the links."""
    real = folder.resolve()
    if real in walked:
        return
    walked.add(real)
    try:
        for path in folder.iterdir():
            if path.name.startswith((".", "_", "~")):
                continue
            if path.is_file() or _leads_nowhere(path):
                found.append(path)
            elif path.is_symlink() and path.is_dir():
                links.append(path)
            elif path.is_dir():
                _walk(path, found, walked, links)
    except (FileNotFoundError, PermissionError) as error:
        LOG.warning(
            "%s: %s. What lies there is not read; give the account that runs this the right to look through it.",
            printable(str(folder)), error.strerror,
        )  # fmt: skip


def _leads_nowhere(path: Path) -> bool:
    """Is it a link to what is not there, such as a share that is not mounted? As a file its reading tells of it."""
    is_lost = path.is_symlink() and not path.exists()
    if is_lost:
        LOG.warning("%s is a link that leads nowhere. Mount what it leads to, or take it away.", printable(str(path)))
    return is_lost


def _claimed(path: Path, claims: list[tuple[bool, Delivered]]) -> list[Delivered]:
    """What a file is read for: one table, or the several that the layout of its source says."""
    named = [file for by_pattern, file in claims if by_pattern]
    candidates = named or [file for _, file in claims]
    sources = {file.source.name for file in candidates}
    if len(candidates) > 1 and (len(sources) > 1 or candidates[0].source.kind in ONE_TABLE_A_FILE):
        who = " and ".join(f"{file.source.name} ({file.table})" for file in candidates)
        raise ConfigurationError(
            f"{path.name} is claimed by {who}. Give each source a path of its own, or a `files` pattern for the table."
        )
    return candidates
