"""Files of one layout belong together: groups, the sources they make, and the patterns that name their files."""

import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from pipelines.config import EXTRACT_COLUMNS
from pipelines.onboarding.kinds import Looked
from pipelines.onboarding.plans import Note, SourcePlan, TablePlan
from pipelines.sources.native import SUFFIXES

NOTHING = "-"
"""A ``files`` pattern that no file has: the table is not read from this source."""


_MANY = 0.2
"""Share of dates in the future that no typing error explains."""


@dataclass(frozen=True)
class Group:
    """Files that lie in one place and are laid out alike, so that one mapping reads them."""

    folder: str
    files: tuple[Looked, ...]
    encoding: str

    @property
    def delimiter(self) -> str:
        """The delimiter they share."""
        return self.files[0].layout.delimiter

    @property
    def names(self) -> tuple[str, ...]:
        """Their names below the folder."""
        return tuple(below(looked.name, self.folder) for looked in self.files)


def groups_of(files: Iterable[Looked]) -> list[Group]:
    """The groups, by folder and name of the first file. ASCII goes with any encoding that other files show."""
    alike: dict[tuple[object, ...], list[Looked]] = defaultdict(list)
    for looked in files:
        key = (source_folder(looked.name), looked.sample.form, looked.layout.delimiter, looked.layout.columns)
        alike[key].append(looked)
    groups = []
    for (folder, *_), members in alike.items():
        encodings = sorted({looked.sample.encoding for looked in members} - {"ascii"}) or ["utf-8"]
        for place, encoding in enumerate(encodings):
            fitting = {encoding, "ascii"} if place == 0 else {encoding}
            chosen = tuple(looked for looked in members if looked.sample.encoding in fitting)
            groups.append(Group(str(folder), chosen, encoding))
    return sorted(groups, key=lambda group: (group.folder, group.files[0].name))


def source_folder(name: str) -> str:
    """The folder of the source of a file: the outermost one, unless that is named after a table or a date."""
    parts = PurePosixPath(name).parts
    if len(parts) == 1 or not re.search(r"[^\W\d_]", parts[0]) or parts[0].lower().startswith(tuple(EXTRACT_COLUMNS)):
        return "."
    return parts[0]


def below(name: str, folder: str) -> str:
    """The name of a file below the folder of its source."""
    return name if folder == "." else name.removeprefix(f"{folder}/")


def sources_of(plans: Sequence[tuple[Group, TablePlan]], delivered: Sequence[str]) -> list[SourcePlan]:
    """The sources of the planned tables: one for each folder, and one more where a table comes in two layouts.

    ``delivered`` are the names of all files, for a pattern may fit none but its own.
    """
    sources: list[SourcePlan] = []
    for folder in dict.fromkeys(group.folder for group, _ in plans):
        in_folder = [below(name, folder) for name in delivered if folder == "." or name.startswith(f"{folder}/")]
        first = SourcePlan(_name(folder, sources), folder)
        sources.append(first)
        for group, plan in plans:
            if group.folder != folder:
                continue
            source = first
            if any(other.table == plan.table for other in first.tables):
                source = SourcePlan(_name(f"{first.name}_{_bare(group.names[0])}", sources), folder)
                sources.append(source)
            plan.pattern = pattern_for(plan.table, group.names, in_folder)
            source.tables.append(plan)
            source.files += len(group.files)
        for source in sources:
            if source.path == folder:
                _say_of_source(source)
                planned = {plan.table for plan in source.tables}
                claimed = {table for table in EXTRACT_COLUMNS for name in in_folder if belongs(name, table)}
                source.closed = [table for table in EXTRACT_COLUMNS if table in claimed - planned]
    return sources


def _say_of_source(source: SourcePlan) -> None:
    """What concerns the source as a whole: dates of the future, prescriptions that nothing ends."""
    if any(plan.future_share > _MANY for plan in source.tables):
        source.shifts_dates = True
        source.notes.append(Note("many dates lie in the future: were they shifted, to protect people?", is_doubt=True))
    still_open = max((plan.open_share for plan in source.tables), default=0.0)
    if still_open > 0.5:
        source.notes.append(
            Note(
                f"{still_open:.0%} of the prescriptions have neither an end nor a supply. If this is a list of the "
                "medicines that people take today, which ends its own rows, add closes_rows = true; not for a log of "
                "issues",
                is_doubt=True,
            )
        )


def belongs(name: str, table: str) -> bool:
    """Does a native source read the file without being told to?"""
    return name.startswith(table) and name.endswith(SUFFIXES)


def pattern_for(table: str, names: Sequence[str], delivered: Sequence[str]) -> str | None:
    """A pattern that fits these names and no other file; null where their names say the table already.

    Where none does, the first name alone is given: the caller's files then need other names.
    """
    others = [name for name in delivered if name not in names]
    if all(belongs(name, table) for name in names) and not any(belongs(name, table) for name in others):
        return None
    tried = [_exact(names[0])] if len(names) == 1 else []
    tried += list(dict.fromkeys(re.sub(r"\d+", "*", _exact(name)) for name in names))
    tried.append(f"{_exact(_prefix(names))}*{_exact(_suffix(names))}")
    for pattern in tried:
        fits = [fnmatch.fnmatchcase(name, pattern) for name in names]
        if all(fits) and not any(fnmatch.fnmatchcase(name, pattern) for name in others):
            return pattern
    return _exact(names[0])


def _exact(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


def _prefix(names: Sequence[str]) -> str:
    shortest = min(names, key=len)
    return next(
        (shortest[:end] for end in range(len(shortest), 0, -1) if all(n.startswith(shortest[:end]) for n in names)), ""
    )


def _suffix(names: Sequence[str]) -> str:
    return _prefix([name[::-1] for name in names])[::-1]


def _bare(name: str) -> str:
    return PurePosixPath(name).name.split(".")[0]


def _name(wanted: str, sources: Sequence[SourcePlan]) -> str:
    """A name that a source may have and no other one has."""
    base = re.sub(r"[^A-Za-z0-9_.-]+", "_", "extracts" if wanted == "." else wanted).strip("_") or "extracts"
    taken = {source.name for source in sources}
    return next(name for name in (base, *(f"{base}_{n}" for n in range(2, 1000))) if name not in taken)
