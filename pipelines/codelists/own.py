"""Code lists that a user brings: files in the columns of the shipped lists, or as OpenCodelists gives them."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.codelists.concepts import known_concepts
from pipelines.codelists.reading import ListedCode, list_rows, listed_codes, refuse, told
from pipelines.codelists.systems import coding_system, is_known_system
from pipelines.errors import ConfigurationError

DEFAULT_SYSTEM = "SNOMED"
"""The code system of a list that names none: OpenCodelists gives SNOMED CT and dm+d without saying so."""

_OTHER_FORMS = (".xlsx", ".xlsm", ".xls", ".ods", ".tsv", ".gz", ".zst", ".zip")
_CODE_WORDS = ("conceptid", "code", "id")


@dataclass(frozen=True)
class ListFile:
    """What a ``[[codelist]]`` entry says of one file; what it leaves out, the name and the header of the file say."""

    file: str
    concept: str | None = None
    code_system: str | None = None
    match: str | None = None
    replaces: bool = False


@dataclass(frozen=True)
class OwnLists:
    """The lists of a user's folders: their codes, their names as a match gives them, and the concepts they replace."""

    codes: tuple[ListedCode, ...]
    entries: tuple[str, ...]
    replaced: frozenset[str]


def own_lists(folders: Sequence[Path], about: Sequence[ListFile] = ()) -> OwnLists:
    """The codes of every CSV file in the folders and below, by folder and file name.

    A file has the columns of a shipped list. One without ``concept`` is named after it, and one without ``code_system``
    may say it in its name or its header: ``vegan_diet.csv`` (SNOMED CT), ``vegan_diet.CTV3.csv``, and one with a column
    ``icd10_code`` load as OpenCodelists gives them. A ``[[codelist]]`` entry says it for a file of any name.

    Raises:
        ConfigurationError: a folder or file is not there, a list is no CSV, or rows are wrong: up to twenty are named.
    """
    said = {entry.file: entry for entry in about}
    codes: list[ListedCode] = []
    entries: list[str] = []
    replaced: set[str] = set()
    problems: list[str] = []
    for folder in folders:
        for path in _files_of(folder):
            name = path.relative_to(folder).as_posix()
            entry = f"{folder.name}/{name}"
            of_file, wrong = _codes_of(path, entry, said.pop(name, ListFile(name)))
            replacing = next((a.replaces for a in about if a.file == name), False)
            if replacing and not of_file and not wrong:
                wrong = [f"{entry}: replaces = true, and the list holds no code; nothing would be left of its concept"]
            codes += of_file
            entries.append(entry)
            problems += wrong
            replaced |= {listed.concept for listed in of_file if replacing}
    if said:
        raise ConfigurationError(_not_there(next(iter(said)), entries, folders))
    if problems:
        raise ConfigurationError(f"{told(problems)}.")
    return OwnLists(tuple(codes), tuple(entries), frozenset(replaced))


def _files_of(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ConfigurationError(
            f"Code list folder {folder} is not there. Create it, or take it out of the configuration."
        )
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not _is_hidden(path.relative_to(folder)))
    for path in files:
        if path.suffix.lower() in _OTHER_FORMS or _is_list_as_text(path):
            raise ConfigurationError(f"{folder.name}/{path.name} is no CSV. Save it as CSV in UTF-8, or take it away.")
    return [path for path in files if path.suffix.lower() == ".csv"]


def _is_hidden(below: Path) -> bool:
    """A file that a program keeps for itself, or one in such a folder: ``.ipynb_checkpoints``, ``~$vegan_diet.csv``."""
    return any(part.startswith((".", "~")) for part in below.parts)


def _is_list_as_text(path: Path) -> bool:
    """A list that was saved as text: ``vegan_diet.txt``, ``ppi.csv.txt``; a remark such as ``README.txt`` is none."""
    concept, *_ = path.name.lower().split(".")
    return path.suffix.lower() == ".txt" and (concept in known_concepts() or ".csv" in path.name.lower())


def _not_there(file: str, entries: Sequence[str], folders: Sequence[Path]) -> str:
    names = [entry.partition("/")[2] for entry in entries]
    near = difflib.get_close_matches(file, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    where = " or ".join(folder.name for folder in folders) or "codelists (there is no such folder beside b12.toml)"
    return f"[[codelist]] names the file {file!r}, which is not in {where}.{hint}"


def _codes_of(path: Path, entry: str, about: ListFile) -> tuple[list[ListedCode], list[str]]:
    """The codes of one file, each in every table that may carry its concept; and what is wrong with rows of it."""
    codes: list[ListedCode] = []
    problems: list[str] = []
    try:
        for line, row in _rows(path):
            where = f"{entry}, line {line}"
            try:
                codes += _codes_of_row(where, row, path, entry, about, line)
            except ConfigurationError as error:
                problems.append(str(error).removesuffix("."))
    except ConfigurationError as error:  # the file as a whole
        problems.append(str(error).removesuffix("."))
    return codes, list(dict.fromkeys(problems))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows, with the code under ``code`` and the system that the header tells under ``code_system``."""
    for line, row in list_rows(path, required=()):
        if "code" in row:
            yield line, row
            continue
        column, system = code_column(row)
        if column is None:
            raise ConfigurationError(
                f"{path.name}, line 1: no column 'code'. Expected a header with code; found {', '.join(row)}."
            )
        yield line, {"code_system": system, **row, "code": row[column]}


def code_column(columns: Mapping[str, str]) -> tuple[str | None, str]:
    """The column that holds codes, by its name, and the system it names: ``CTV3ID``, ``snomed_code``; else null."""
    for column in columns:
        letters = "".join(sign for sign in column.casefold() if sign.isalnum())
        for word in _CODE_WORDS:
            if letters.endswith(word) and is_known_system(letters.removesuffix(word)):
                return column, letters.removesuffix(word)
    return None, ""


def _codes_of_row(
    where: str, row: Mapping[str, str], path: Path, entry: str, about: ListFile, line: int
) -> Iterator[ListedCode]:
    concept_in_name, _, system_in_name = path.stem.partition(".")
    spelled = row.get("code_system") or about.code_system or system_in_name
    system = coding_system(spelled) or DEFAULT_SYSTEM
    row = {**row, "match": row.get("match") or about.match or "exact"}
    concept = row.get("concept") or about.concept or concept_in_name
    try:
        yield from listed_codes(where, row, concept=concept, system=system, entry=entry, line=line)
    except ConfigurationError as error:
        if spelled or "SNOMED" not in str(error):
            raise
        hint = f"name the system, in the file's name ({concept}.ICD10.csv) or as code_system of a [[codelist]] entry"
        refuse(str(error).removesuffix("."), hint)
