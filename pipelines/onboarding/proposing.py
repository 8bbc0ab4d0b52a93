"""From a folder of unknown files to a proposed b12.toml that was tried on a sample of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from pipelines.codes import CodeBook
from pipelines.config import Settings, load_settings
from pipelines.duck import identifier, working_connection
from pipelines.errors import ConfigurationError
from pipelines.ingest.records import FileFormat, columns_of, read_records
from pipelines.onboarding.advice import wide, without_row_id, without_table
from pipelines.onboarding.grouping import Group, groups_of, sources_of
from pipelines.onboarding.kinds import TITLES, Known, Looked, known_folders
from pipelines.onboarding.layout import Layout, layout_of
from pipelines.onboarding.planning import TablePlanner, fitting_order, local_system
from pipelines.onboarding.plans import Leftover, Note, Proposal, SourcePlan, TablePlan
from pipelines.onboarding.samples import Sample, take_sample
from pipelines.onboarding.tables import Recognized, recognize
from pipelines.onboarding.toml_text import toml_text
from pipelines.onboarding.trial import Trial, read_all
from pipelines.orchestration.order import configured_codebook
from pipelines.sources.finding import visible_files

MOST_ROWS_OF_GROUP = 20_000
"""Rows of a group of files that are looked at together."""

_FORMS = {
    "json": "is JSON of a kind that is not read here: FHIR is read as bulk NDJSON or as bundles",
    "ndjson": "is NDJSON of a kind that is not read here",
    "hl7": "holds HL7 messages: put them into a folder of their own, as a source of kind hl7v2",
}


@dataclass(frozen=True)
class Offer:
    """A proposal, its text, and what came of trying it: ``trial``, or why that was refused before any file was read."""

    proposal: Proposal
    text: str
    trial: Trial | None
    refused: str | None = None


def propose(extracts: Path, scratch: Path, *, own: Settings, now: datetime, rows: int) -> Offer:
    """Look at every file below ``extracts``, propose a configuration, and try it on samples in ``scratch``.

    ``own`` are settings that name the code lists of the user's own, which are used already.

    Raises:
        ConfigurationError: The folder is not there, is empty, or holds nothing that could be read; it says why.
    """
    files = _look_at(extracts, scratch / "extracts", rows)
    proposal = _proposal(files, scratch, configured_codebook(scratch, own), now)
    if not proposal.sources:
        raise ConfigurationError(_nothing(extracts, proposal.leftovers))
    text = toml_text(proposal, rows=rows)
    written = scratch / "b12.toml"
    written.write_text(text, encoding="utf-8")
    settings = load_settings(written)
    book = configured_codebook(scratch, settings.model_copy(update={"code_folders": own.code_folders}))
    try:
        trial = read_all(settings, book, scratch / "extracts", scratch, now=now)
    except ConfigurationError as error:  # such as a known layout that lacks a column: the rest is worth having
        return Offer(proposal, text, None, refused=str(error))
    return Offer(proposal, text, trial)


def _look_at(extracts: Path, scratch: Path, rows: int) -> list[Looked]:
    if not extracts.is_dir():
        what = "is a file, not a folder; give the folder it lies in" if extracts.exists() else "does not exist"
        raise ConfigurationError(f"The extracts folder {extracts} {what}.")
    paths = list(visible_files(extracts))
    if not paths:
        raise ConfigurationError(f"The folder {extracts} is empty. Give the folder that holds the extracts.")
    scratch.mkdir(parents=True, exist_ok=True)
    samples = [take_sample(path, path.relative_to(extracts).as_posix(), scratch, rows) for path in paths]
    return [Looked(sample, _layout(sample)) for sample in samples]


def _layout(sample: Sample) -> Layout:
    if sample.form == "csv":
        return layout_of(sample)
    if sample.form == "parquet":
        return Layout(columns=columns_of(sample.path, FileFormat()))
    return Layout()


def _proposal(files: Sequence[Looked], scratch: Path, book: CodeBook, now: datetime) -> Proposal:
    known = known_folders(files)
    claimed = {name for each in known for name in each.names}
    proposal = Proposal(sources=[_known_source(each) for each in known])
    tables: list[Looked] = []
    for looked in files:
        if looked.name in claimed:
            continue
        if problem := looked.sample.problem or _FORMS.get(looked.sample.form) or looked.layout.problem:
            proposal.leftovers.append(Leftover(looked.name, problem if problem.endswith((".", "?")) else f"{problem}."))
        else:
            tables.append(looked)
    planned: list[tuple[Group, TablePlan]] = []
    with working_connection(spill=scratch) as con:
        for group, plan, leftover in _planned(groups_of(tables), scratch, book, now, con):
            if plan is not None:
                planned.append((group, plan))
            if leftover is not None:
                proposal.leftovers.append(leftover)
    proposal.sources += sources_of(planned, [looked.name for looked in files])
    return proposal


def _planned(
    groups: Sequence[Group], scratch: Path, book: CodeBook, now: datetime, con: duckdb.DuckDBPyConnection
) -> Iterable[tuple[Group, TablePlan | None, Leftover | None]]:
    """The plan of each group, or why it has none. Where a file leaves the order of dates open, the others are asked."""
    seen: list[tuple[Group, pl.DataFrame, Recognized]] = []
    for group in groups:
        frame = _frame(group, scratch, con)
        recognized = recognize(group.files[0].name, frame, book)
        if leftover := _unreadable(group, recognized):
            yield group, None, leftover
        else:
            seen.append((group, frame, recognized))
    month_first: bool | None = None
    for _ in range(2):
        plans = [_plan(*each, book, now, month_first) for each in seen]
        month_first = fitting_order(plans)
        if month_first is None:
            break
    yield from ((group, plan, None) for (group, _, _), plan in zip(seen, plans if seen else [], strict=True))


def _plan(
    group: Group, frame: pl.DataFrame, recognized: Recognized, book: CodeBook, now: datetime, month_first: bool | None
) -> TablePlan:
    plan = TablePlan(recognized.reading.table, group.names, encoding=group.encoding, delimiter=group.delimiter)
    if any(not looked.sample.is_sure for looked in group.files):
        plan.note(f"{group.encoding} by the look of its letters; it is no UTF-8", "encoding", doubt=True)
    system = local_system("LOCAL" if group.folder == "." else group.folder)
    return TablePlanner(plan, frame, recognized, book).run(
        month_first=month_first, local_system=system, today=now.date()
    )


def _frame(group: Group, scratch: Path, con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The texts of the samples of a group, trimmed, empty ones null; malformed records are left to the trial."""
    share = max(1, MOST_ROWS_OF_GROUP // len(group.files))
    frames = []
    for looked in group.files:
        path = scratch / "extracts" / looked.name
        fmt = FileFormat(encoding=group.encoding, delimiter=group.delimiter)
        records = read_records(path, fmt, work=scratch / "records", con=con)
        texts = ", ".join(f"CAST({identifier(name)} AS VARCHAR) AS {identifier(name)}" for name in records.columns)
        frames.append(con.sql(f"SELECT {texts} FROM {records.relation} LIMIT {share}").pl())
    trimmed = pl.concat(frames).with_columns(pl.all().str.strip_chars())
    return trimmed.with_columns(pl.when(pl.all() != "").then(pl.all()).name.keep())


def _unreadable(group: Group, recognized: Recognized) -> Leftover | None:
    """Why no plan can be made of a group, and what to do."""
    names = group.files[0].name if len(group.files) == 1 else f"{group.files[0].name} and {len(group.files) - 1} more"
    reading = recognized.reading
    if reading is None:
        return Leftover(names, *without_table(group))
    if len(recognized.tests) > 1:
        return Leftover(names, *wide(group, recognized))
    missing = [needed for needed in reading.missing if needed != ("code_system",)]
    if recognized.tests:  # the header of the one test says what it is
        missing = [needed for needed in missing if needed not in (("value",), ("test_code",))]
    if not missing:
        return None
    if missing in ([("result_id",)], [("prescription_id",)]):
        return Leftover(names, *without_row_id(group, reading))
    columns = ", ".join(" or ".join(needed) for needed in missing)
    return Leftover(
        names,
        f"looks like {reading.table}, and no column was found for {columns}.",
        f'Name it in b12.toml: [source.{reading.table}] columns = {{ {missing[0][0]} = "..." }}',
    )


def _known_source(known: Known) -> SourcePlan:
    name = known.kind if known.folder == "." else known.folder.split("/")[-1]
    source = SourcePlan(name, known.folder, kind=known.kind, files=len(known.names))
    if known.kind == "omop" and not any(each.split("/")[-1].lower().startswith("concept.") for each in known.names):
        source.notes.append(Note("CONCEPT was not delivered: name the code systems as constants of each table", True))
    return source


def _nothing(extracts: Path, leftovers: Sequence[Leftover]) -> str:
    lines = [
        f"  {each.name} {each.why}" + (f" {each.to_do.splitlines()[0]}" if each.to_do else "")
        for each in leftovers[:20]
    ]
    kinds = ", ".join(TITLES.values())
    return f"Nothing in {extracts} can be read as it is. Expected CSV or Parquet, or {kinds}.\n" + "\n".join(lines)
