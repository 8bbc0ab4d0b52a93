"""The columns of the sheets: header, content, width and meaning, in their order, here and nowhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.contract import column_comments
from pipelines.sheets.words import PRIORITIES, STATES, decided_words

KEY, SEEN = "item_key", "Seen"
DECISION, REASON, UNTIL, NOTE = ENTRIES = ("Decision", "Reason", "Snooze until", "Note")
"""The columns that people fill in."""
PATIENT = "Patient id"


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    Attributes:
        header: what stands above it.
        shows: its content from the published rows; null for a column that people fill in.
        width: in characters.
        meaning: for the sheet "About this list"; null takes the comment of the column of ``worklist_item`` it shows.
        wraps: long content goes on in a second line.
        decimals: of a number, as it is shown; 0 or 1.
    """

    header: str
    shows: pl.Expr | None
    width: float
    meaning: str | None = None
    wraps: bool = False
    decimals: int = 0

    def explained(self) -> str:
        """What the column means, in a sentence."""
        return self.meaning or column_comments("worklist_item")[self.shows.meta.root_names()[0]]


def _priority(column: str) -> pl.Expr:
    return pl.col(column).replace_strict(PRIORITIES, default=None, return_dtype=pl.String)


def _state(column: str) -> pl.Expr:
    return pl.col(column).replace(STATES)


def _decided_so_far() -> pl.Expr:
    names = ("decision", "decision_reason", "decision_note", "decided_by", "decided_at", "snoozed_until")
    told = pl.struct(*names, "comment", "comment_by")
    return told.map_elements(decided_words, return_dtype=pl.String).alias("decision")


def _seen() -> pl.Expr:
    """What was shown of an item, in one cell that ``words.seen_of`` reads back: run/evidence/priority/decision."""
    latest = pl.col("decision_id").cast(pl.String).fill_null("-")
    return pl.concat_str("run_id", "evidence_hash", pl.col("priority").cast(pl.String), latest, separator="/")


PRINTED: Sequence[Column] = (
    Column("Priority", _priority("priority"), 10, wraps=True),
    Column(PATIENT, pl.col("person_id"), 13, wraps=True),
    Column("Name", pl.col("display_name"), 16, wraps=True),
    Column("Age", pl.col("age"), 4.5),
    Column("Sex", pl.col("sex"), 4.5),
    Column("Why on this list", pl.col("reason"), 40, wraps=True),
    Column(
        "Keep in mind",
        pl.col("flags").list.eval(pl.element().str.replace_all("_", " ")).list.join("; ").replace("", None),
        13,
        wraps=True,
    ),
    Column("Due", pl.col("due_date"), 10.5),
    Column(
        "State",
        _state("state"),
        11,
        "New since the last run, Continuing, Returned after it was resolved; Snoozed and Dismissed are open but quiet.",
    ),
    Column("B12 as reported", pl.col("serum_b12_reported"), 11, wraps=True),
    Column("B12 date", pl.col("serum_b12_date"), 10.5),
    Column("B12 treatment", pl.col("treatment"), 12, wraps=True),
    Column("Decided so far", _decided_so_far(), 23, "The decision that stands, and a later comment.", wraps=True),
    Column(DECISION, None, 13.5, "Your decision. Choose from the drop-down list.", wraps=True),
    Column(REASON, None, 15, "Needed with 'Not applicable', and only there. Choose from the list.", wraps=True),
    Column(UNTIL, None, 11, "Needed with 'Snooze', and only there: a date after today."),
    Column(NOTE, None, 22, "Free text with any decision; needed with 'Comment'. Alone, it is a comment.", wraps=True),
)
"""What fits on a printed page, and on a screen without scrolling."""

BESIDE: Sequence[Column] = (
    Column("Clinician", pl.col("clinician"), 16, wraps=True),
    Column("First listed", pl.col("first_listed"), 10.5),
    Column("Days listed", pl.col("days_listed"), 7),
    Column("Episode since", pl.col("index_date"), 10.5),
    Column("Last injection", pl.col("last_injection"), 10.5),
    Column("Injection due", pl.col("next_due"), 10.5),
    Column("B12 (pmol/L)", pl.col("serum_b12"), 8),
    Column("MMA as reported", pl.col("mma_reported"), 12, wraps=True),
    Column("MMA (nmol/L)", pl.col("mma"), 8),
    Column("MMA date", pl.col("mma_date"), 10.5),
    Column("Hemoglobin (g/L)", pl.col("hemoglobin"), 11),
    Column("Hemoglobin date", pl.col("hemoglobin_date"), 11),
    Column("MCV (fL)", pl.col("mcv"), 7, decimals=1),
    Column("MCV date", pl.col("mcv_date"), 10.5),
    Column("Folate (nmol/L)", pl.col("folate"), 9, decimals=1),
    Column("Folate date", pl.col("folate_date"), 10.5),
    Column("Ferritin (ug/L)", pl.col("ferritin"), 9),
    Column("Ferritin date", pl.col("ferritin_date"), 10.5),
    Column("eGFR (mL/min/1.73 m2)", pl.col("egfr"), 16),
    Column("eGFR date", pl.col("egfr_date"), 10.5),
    Column(KEY, pl.col("item_key"), 19, "Names this item when the sheet comes back. Please leave it as it is."),
    Column(
        SEEN,
        _seen().alias("seen"),
        50,
        "What you were shown: run, evidence, priority, latest decision. Please leave it as it is.",
    ),
)
"""What stands to the right of the printed part."""

ITEM_COLUMNS: Sequence[Column] = (*PRINTED, *BESIDE)

PATIENT_COLUMNS: Sequence[Column] = (
    Column("Priority", _priority("priority"), 10, wraps=True),
    Column(PATIENT, pl.col("person_id"), 13, wraps=True),
    Column("Name", pl.col("display_name"), 17, wraps=True),
    Column("Age", pl.col("age"), 4.5),
    Column("Sex", pl.col("sex"), 4.5),
    Column("Clinician", pl.col("clinician"), 14, wraps=True),
    Column("Treatment", pl.col("treatment_worklist"), 17, "The sheet of the first treatment item.", wraps=True),
    Column("Treatment: why", pl.col("treatment_reason"), 38, "Why the patient is there.", wraps=True),
    Column("Treatment: state", _state("treatment_state"), 11, "State of that item."),
    Column("Test", pl.col("test_worklist"), 17, "The sheet of the first test item.", wraps=True),
    Column("Test: why", pl.col("test_reason"), 38, "Why the patient is there.", wraps=True),
    Column("Test: state", _state("test_state"), 11, "State of that item."),
    Column("Due", pl.col("due_date"), 10.5),
    Column("Other items", pl.col("other_items"), 7, "Open items of the patient on further sheets."),
    Column("First listed", pl.col("first_listed"), 10.5),
    Column("Days listed", pl.col("days_listed"), 7),
)


def shown_items(items: pl.DataFrame, run_id: str) -> pl.DataFrame:
    """The rows of ``worklist_item`` of one list as its sheet shows them, by rank.

    The columns are ``ITEM_COLUMNS`` by header; those that people fill in are missing.
    """
    ordered = items.sort("rank").with_columns(run_id=pl.lit(run_id))
    return ordered.select(column.shows.alias(column.header) for column in ITEM_COLUMNS if column.shows is not None)


def shown_patients(patients: pl.DataFrame, sheets: Mapping[str, str]) -> pl.DataFrame:
    """The rows of ``worklist_patient`` as their sheet shows them, by rank; ``sheets`` names the sheet of each list."""
    named = patients.sort("rank").with_columns(pl.col("treatment_worklist", "test_worklist").replace(sheets))
    return named.select(column.shows.alias(column.header) for column in PATIENT_COLUMNS)
