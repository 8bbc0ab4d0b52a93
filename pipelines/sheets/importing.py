"""Decisions from a workbook that came back: every row with an entry gets a fate, and nothing else is touched."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.config import Settings
from pipelines.decisions import DecisionLog, Fate, NewDecision, log_url
from pipelines.decisions.log import judged
from pipelines.errors import B12Error, ConfigurationError
from pipelines.sheets.columns import ENTRIES, KEY
from pipelines.sheets.entries import Entry, entries_of, header_of
from pipelines.sheets.opening import Sheet, read_sheets
from pipelines.sheets.published import Published, published_items
from pipelines.sheets.report import ImportReport
from pipelines.sheets.weighing import Weighed, weigh


def import_workbooks(
    paths: Iterable[Path], *, home: Path, settings: Settings, user: str, now: datetime, dry_run: bool = False
) -> tuple[list[ImportReport], list[str]]:
    """``import_workbook`` for each file: the reports, and the messages of files of which nothing was taken.

    A file that could not be read has a message alone; one whose rows with an entry all failed has both.
    """
    reports, refused = [], []
    for path in paths:
        try:
            report = import_workbook(path, home=home, settings=settings, user=user, now=now, dry_run=dry_run)
        except ConfigurationError:
            raise
        except B12Error as error:
            refused.append(str(error))
        else:
            reports.append(report)
            refused += [report.nothing_taken] if report.nothing_taken else []
    return reports, refused


def import_workbook(
    path: Path, *, home: Path, settings: Settings, user: str, now: datetime, dry_run: bool = False
) -> ImportReport:
    """Take the decisions of a workbook into the log, all together, and record the fate of every row with an entry.

    Sheets and columns are found by their headers, whatever the sheets are called and wherever the columns stand. A row
    is taken when its item is open and nobody decided since it was shown. The report is kept as
    ``<home>/imports/<time>-<file>.csv``; that file names patients, what is printed does not.

    Args:
        path: the workbook.
        home: the home folder.
        settings: the configuration, which says where the log is.
        user: who decided.
        now: local time.
        dry_run: only say what would happen; nothing is written.

    Raises:
        B12Error: The file cannot be read or holds no list, nothing is published, or the log cannot be written:
            nothing was taken.
    """
    entries, notes = entries_in(path, read_sheets(path))
    published = published_items(home)
    weighed = weigh(entries, published, user=user, now=now)
    notes += _runs_told(entries, published)
    if not dry_run:
        (home / "imports").mkdir(exist_ok=True)  # before anything is taken: a record that cannot be kept is no record
    with DecisionLog.open(log_url(settings, home), read_only=dry_run) as log:
        weighed = settle(weighed, _foreseen(log) if dry_run else log.append)
        weighed = _taken_before(weighed, log)
    rows = tuple(each.fate() for each in weighed)
    report = ImportReport(path, rows, tuple(notes), user=user, imported_at=now, dry_run=dry_run)
    return report if dry_run else report.recorded(home / "imports")


def entries_in(path: Path, sheets: Sequence[Sheet]) -> tuple[list[Entry], list[str]]:
    """The rows in which something was entered, and what is to be said of sheets that cannot take an entry.

    Raises:
        B12Error: No sheet names item_key: this is no workbook of lists, or it has lost what identifies its rows.
    """
    headers = {sheet.name: header_of(sheet) for sheet in sheets}
    if not any(header and KEY in header.places for header in headers.values()):
        raise B12Error(
            f"No sheet of {path} has the column {KEY}, by which rows are recognized. Nothing was taken. "
            "If the column was deleted, enter the decisions in a fresh list; `b12 export --format xlsx` writes one."
        )
    entries, notes = [], []
    for sheet in sheets:
        header = headers[sheet.name]
        if header is None:
            continue
        entries += entries_of(sheet, header)
        lost = [name for name in ENTRIES if name not in header.places]
        if KEY in header.places and lost:
            notes.append(
                f"The sheet {sheet.name} has lost its column {' and '.join(lost)}: nothing was read from there."
            )
    return entries, notes


def settle(weighed: Sequence[Weighed], append: Callable[[Sequence[NewDecision]], list[Fate]]) -> list[Weighed]:
    """Everything that has no outcome yet, as the log answers it; all in one call."""
    asked = [each for each in weighed if each.outcome is None]
    fates = append([each.decision for each in asked]) if asked else []
    answers = {
        (each.entry.sheet, each.entry.row): each.ends(fate.outcome, fate.told, fate.decision_id)
        for each, fate in zip(asked, fates, strict=True)
    }
    return [answers.get((each.entry.sheet, each.entry.row), each) for each in weighed]


def _foreseen(log: DecisionLog) -> Callable[[Sequence[NewDecision]], list[Fate]]:
    """What ``log.append`` would answer now."""

    def answer(new: Sequence[NewDecision]) -> list[Fate]:
        of_item = _entries_of_items(log)
        would = Fate("taken", None, "Would be recorded.")
        return [judged(decision.row(), of_item.get(decision.item_key, ())) or would for decision in new]

    return answer


def _taken_before(weighed: Sequence[Weighed], log: DecisionLog) -> list[Weighed]:
    """Rows that cannot be taken any more, and were by an earlier import, are repeated and nobody's work."""
    late = [each for each in weighed if each.outcome in ("resolved", "invalid") and each.decision]
    of_item = _entries_of_items(log) if late else {}

    def again(each: Weighed) -> Weighed:
        fate = judged(each.decision.row(), of_item.get(each.entry.item_key, ()))
        return each.ends("repeated", fate.told, fate.decision_id) if fate and fate.outcome == "repeated" else each

    return [again(each) if each in late else each for each in weighed]


def _entries_of_items(log: DecisionLog) -> Mapping[str, list[dict[str, Any]]]:
    of_item: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in log.read().iter_rows(named=True):
        of_item[entry["item_key"]].append(entry)
    return of_item


def _runs_told(entries: Iterable[Entry], published: Published) -> list[str]:
    """That rows come from a run of which this home knows nothing."""
    strange = sum(1 for each in entries if each.seen and each.seen.run_id not in published.published_at)
    if not strange:
        return []
    return [f"{strange} of the rows were written by a run that this home does not know; they were matched by item_key."]
