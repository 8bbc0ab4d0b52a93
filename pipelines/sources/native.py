"""The native layout: which delivered files belong to which extract table, and how their columns map to ours."""

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.config import CODE_COLUMNS, EXTRACT_COLUMNS, REQUIRED_COLUMNS, Source, TableMapping
from pipelines.duck import identifier
from pipelines.errors import ConfigurationError, UnreadableFile
from pipelines.ingest.records import FileFormat, columns_of

WHITE_SPACE = " \t\r\n\v\f\u00a0"

SUFFIXES = (".csv", ".csv.gz", ".csv.zst", ".parquet")


@dataclass(frozen=True)
class Delivered:
    """A file that belongs to a table of a source."""

    source: Source
    table: str
    path: Path
    name: str

    @property
    def mapping(self) -> TableMapping:
        """How the file's columns map to the native layout."""
        return self.source.table(self.table)

    @property
    def format(self) -> FileFormat:
        """How the file is encoded and delimited."""
        return FileFormat(encoding=self.mapping.encoding, delimiter=self.mapping.delimiter)


@dataclass(frozen=True)
class Delivery:
    """What lies in the extracts folder: the files to read, in order of name, and those that belong to nothing."""

    files: tuple[Delivered, ...]
    ignored: tuple[str, ...]


def find_files(sources: Sequence[Source], extracts: Path, incoming: Path) -> Delivery:
    """The delivered files of all sources, by source, table and name.

    A file that a source claims by its ``files`` pattern goes to that source; otherwise the first part of its path
    below the source's folder says the table. Hidden files are passed over.

    Raises:
        ConfigurationError: A folder does not exist, or two sources claim one file.
    """
    claims: dict[Path, list[tuple[bool, Delivered]]] = {}
    seen: dict[Path, str] = {}
    for source in sources:
        folder = _folder(source, extracts, incoming)
        for path in _visible_files(folder):
            name = path.relative_to(folder).as_posix()
            seen[path] = name
            for table in EXTRACT_COLUMNS:
                pattern = source.table(table).files
                named = pattern is not None and fnmatch.fnmatchcase(name, pattern)
                if named or (pattern is None and _belongs_to(name, table)):
                    claims.setdefault(path, []).append((named, Delivered(source, table, path, name)))
    files = [_one_claim(path, found) for path, found in claims.items()]
    files.sort(key=lambda file: (file.name, file.table, file.source.name))
    return Delivery(tuple(files), tuple(sorted(name for path, name in seen.items() if path not in claims)))


def check_mappings(files: Sequence[Delivered]) -> None:
    """Hold the header of every file against its mapping, before any data is read.

    A file whose header cannot be read is passed over: reading it tells why, and the others are taken.

    Raises:
        ConfigurationError: Naming each file, the key that is wrong and the columns that exist.
    """
    problems = [problem for file in files for problem in _mapping_problems(file)]
    if problems:
        raise ConfigurationError("The extracts do not fit their mapping; nothing was read.\n" + "\n".join(problems))


def as_delivered(file: Delivered, native: str, columns: Sequence[str]) -> str:
    """The SQL for a column of the table as the file has it, as text; null where the file does not have it.

    Nothing else is done to it in SQL: files hold many rows and few of them matter, so that the scan compares what was
    delivered, and ``as_native`` reads only the rows that it lets through.
    """
    delivered = file.mapping.columns.get(native, native)
    return f"CAST({identifier(delivered)} AS VARCHAR)" if delivered in columns else "CAST(NULL AS VARCHAR)"


def as_native(file: Delivered, native: str) -> pl.Expr:
    """The text of a column as the table takes it: trimmed, empty as null, and null as the constant of the mapping."""
    text = trimmed(native)
    if native in CODE_COLUMNS.get(file.table, ()):
        # Whether a row has a code or name decides where it is counted, so blanks of any kind are no text here.
        text = pl.when(text.str.strip_chars() != "").then(text)
    constant = file.mapping.constants.get(native)
    return text if constant is None else text.fill_null(constant)


def trimmed(column: str) -> pl.Expr:
    """Text without the white space around it, empty as null."""
    text = pl.col(column).cast(pl.String).str.strip_chars(WHITE_SPACE)
    return pl.when(text != "").then(text).alias(column)


def unknown_columns(file: Delivered, columns: Sequence[str]) -> list[str]:
    """Columns of the file that the native layout does not know: ignored, and reported once."""
    used = {file.mapping.columns.get(native, native) for native in EXTRACT_COLUMNS[file.table]}
    return [column for column in columns if column not in used]


def _folder(source: Source, extracts: Path, incoming: Path) -> Path:
    if "://" in source.path:
        return _fetched(source, incoming)
    folder = extracts / source.path
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise ConfigurationError(
            f"The extracts folder {folder} of source {source.name!r} {what}. "
            "Give the folder that holds labs*.csv and prescriptions*.csv, with --extracts or as the source's path."
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


def _visible_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith((".", "_", "~")) for part in below):
            yield path


def _belongs_to(name: str, table: str) -> bool:
    return name.startswith(table) and name.endswith(SUFFIXES)


def _one_claim(path: Path, claims: list[tuple[bool, Delivered]]) -> Delivered:
    named = [file for by_pattern, file in claims if by_pattern]
    candidates = named or [file for _, file in claims]
    if len(candidates) > 1:
        who = " and ".join(f"{file.source.name} ({file.table})" for file in candidates)
        raise ConfigurationError(
            f"{path.name} is claimed by {who}. Give each source a path of its own, or a `files` pattern for the table."
        )
    return candidates[0]


def _mapping_problems(file: Delivered) -> Iterator[str]:
    try:
        columns = columns_of(file.path, file.format)
    except UnreadableFile:
        return
    if not columns:
        return  # an empty file carries no rows; it is recorded, and the gate judges what that means
    mapping, exist = file.mapping, f"Columns that exist: {', '.join(columns)}."
    for native, delivered in mapping.columns.items():
        if delivered not in columns:
            yield (
                f"  {file.name}: [source.{file.table}] columns maps {native} to {delivered!r}, "
                f"which the file does not have. {exist}"
            )
    for alternatives in REQUIRED_COLUMNS[file.table]:
        if not any(_is_supplied(native, mapping, columns) for native in alternatives):
            if alternatives == ("code_system",) and CODE_COLUMNS[file.table][0]:
                hint = f'give it as a constant: [source.{file.table}] constants = {{ code_system = "ICD10CM" }}'
            else:
                hint = f"map it under [source.{file.table}] columns"
            delimiter = (
                "" if len(columns) > 1 else f" The header is one column: is the delimiter really {mapping.delimiter!r}?"
            )
            yield f"  {file.name}: no column {' or '.join(alternatives)}; {hint}. {exist}{delimiter}"


def _is_supplied(native: str, mapping: TableMapping, columns: Sequence[str]) -> bool:
    return native in mapping.constants or mapping.columns.get(native, native) in columns
