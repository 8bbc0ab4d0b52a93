"""From a recognized sample to the plan of its table: formats, constants, codes and units, with every doubt told."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from pipelines.codelists.systems import coding_system
from pipelines.codes import CodeBook
from pipelines.config import CODE_COLUMNS, EXTRACT_COLUMNS
from pipelines.ingest.status import understood
from pipelines.onboarding.codes_plan import find_local_codes, name_code_system
from pipelines.onboarding.columns import ROW_IDS, Choice
from pipelines.onboarding.content import decimal_sign
from pipelines.onboarding.dates_plan import find_date_forms, leave_out_unreadable_dates
from pipelines.onboarding.discretion import shared_texts
from pipelines.onboarding.headers import unit_in, words_of
from pipelines.onboarding.plans import RARE, TablePlan
from pipelines.onboarding.tables import Recognized
from pipelines.onboarding.units_seen import bare_values, lab_terms, units_seen, with_concepts

_DECIMALS = ("value", "ref_low", "ref_high", "strength", "daily_dose", "quantity", "days_supply")
_KIND_WORDS = {
    "dispensed": ("dispensed", "dispensing", "dispensings", "pharmacy", "abgabe", "abgaben", "delivrance"),
    "administered": ("administered", "administrations", "emar", "mar", "gabe", "gaben"),
}  # fmt: skip
_FEW = 0.2
"""Share of rows with an unknown word from which the column is left out, rather than the rows refused."""


class TablePlanner:
    """Plans one table from the sample of its files; each step adds to ``plan`` what it found and what it doubts."""

    def __init__(self, plan: TablePlan, frame: pl.DataFrame, recognized: Recognized, book: CodeBook) -> None:
        self.plan, self.frame, self.book = plan, frame, book
        self.contents, self.recognized = recognized.contents, recognized
        self.choices: dict[str, Choice] = dict(recognized.reading.choices)
        self.table = plan.table

    def run(self, *, month_first: bool | None, local_system: str, today: date) -> TablePlan:
        """The plan, complete."""
        self._say_what_it_is()
        self._single_test()
        leave_out_unreadable_dates(self)
        find_date_forms(self, month_first, today)
        self._decimals()
        self._words()
        if self.table in CODE_COLUMNS:
            name_code_system(self, local_system)
            find_local_codes(self)
        self._kind()
        if self.table == "labs":
            self._units()
        if self.table == "prescriptions":
            self.plan.open_share = self._open_share()
        self._columns()
        return self.plan

    def delivered(self, native: str) -> str | None:
        """The delivered column of a native one."""
        return self.choices[native].delivered if native in self.choices else None

    def texts(self, native: str) -> pl.Series:
        """The texts of a native column; none where it was not found."""
        column = self.delivered(native)
        return pl.Series([], dtype=pl.String) if column is None else self.frame[column]

    def _say_what_it_is(self) -> None:
        if self.recognized.runner_up:
            self.plan.note(f"this could as well be {self.recognized.runner_up}", doubt=True)

    def _single_test(self) -> None:
        """A file of one test, its name and unit in the header of its values."""
        header = self.recognized.tests[0] if self.recognized.tests else self.delivered("value")
        found = unit_in(header) if header else None
        if self.recognized.tests:
            name = (found or (header, ""))[0]
            self.choices["value"] = Choice("value", header, False, "the header is the name of a test")
            self.plan.constants |= {"test_code": name, "test_name": name}
            self.plan.note(f"all rows are taken for one test, named by the header {header!r}", "constants", doubt=True)
        if found and "unit" not in self.choices:
            self.plan.constants["unit"] = found[1]
            self.plan.note(f"the unit stands in the header {header!r}", "constants")

    def _decimals(self) -> None:
        columns = [self.texts(native) for native in _DECIMALS if native in self.choices]
        sign, is_sure = decimal_sign(columns)
        self.plan.decimal = sign
        if not is_sure:
            self.plan.note(
                "points and commas both stand in numbers, or a comma that could part thousands (1,234)",
                "decimal",
                doubt=True,
            )

    def _words(self) -> None:
        """Leave out a status that nobody here understands, for each such row would be refused."""
        for native in ("status", "kind"):
            column = self.delivered(native)
            if column is None:
                continue
            texts = self.texts(native).drop_nulls()
            table = self.table if native == "status" else "kind"
            strange = [text for text in texts.unique() if not _is_understood(table, text)]
            rows = int(texts.is_in(strange).sum())
            if rows <= RARE * len(texts):
                continue
            told = [text for text in shared_texts(self.frame, column, self.delivered("patient_id")) if text in strange][
                :8
            ]
            which = f" ({', '.join(told)})" if told else ""
            if native == "kind" or rows > _FEW * len(texts):
                del self.choices[native]
                self.plan.note(
                    f"{column!r} is left out: {rows:,} of {len(texts):,} rows have a {native} that is not understood"
                    f"{which}. If it marks rows that do not count, have the extract leave these out",
                    "columns",
                    doubt=True,
                )
            else:
                self.plan.note(
                    f"{rows:,} rows have a status that is not understood{which}: quarantine", "columns", doubt=True
                )

    def _kind(self) -> None:
        if self.table != "prescriptions" or "kind" in self.choices:
            return
        words = {word for file in self.plan.files for part in file.split("/") for word in words_of(part)}
        for kind, said in _KIND_WORDS.items():
            if words & set(said):
                self.plan.constants["kind"] = kind
                self.plan.note(f"kind = {kind!r}: by the name of the files", "constants", doubt=True)
                return

    def _units(self) -> None:
        """The units of the tests on the pathway, and the tests whose values come without."""
        columns = {native: self.delivered(native) for native in ("code_system", "test_code", "test_name", "unit")}
        local = {code.code: code.concept for code in self.plan.codes if code.is_sure}
        rows = with_concepts(lab_terms(self.frame, columns, self.plan.constants), self.book, local)
        self.plan.seen = units_seen(rows, {*self.shared(columns["unit"]), self.plan.constants.get("unit")})
        told = set(self.shared(columns["test_code"]))
        for bare in bare_values(rows):
            if bare.code not in told or bare.rows <= RARE * bare.total:
                continue
            self.plan.units[bare.code] = bare.said or "?"
            until = "the unit is taken from the name" if bare.said else "they go to quarantine until it is declared"
            self.plan.note(
                f"{bare.rows:,} of {bare.total:,} rows of {bare.code} ({bare.concept}) have no unit; {until}",
                "units",
                doubt=True,
            )

    def shared(self, column: str | None) -> list[str]:
        """The texts of a column that may be told; none where there is no such column."""
        return shared_texts(self.frame, column, self.delivered("patient_id")) if column else []

    def _open_share(self) -> float:
        """The share of prescriptions that neither an end nor a supply closes."""
        closing = [
            self.delivered(native) for native in ("end_date", "days_supply", "quantity") if native in self.choices
        ]
        if not closing:
            return 1.0
        return float(
            self.frame.select(pl.all_horizontal(pl.col(column).is_null() for column in closing)).to_series().mean() or 0
        )

    def _rows_of_shared_ids(self, column: str) -> float:
        """The share of rows whose id rows of another code have too: a sample or an order, not a result."""
        code, name = (self.delivered(native) for native in CODE_COLUMNS[self.table])
        if not code and not name:
            return 0.0
        about = pl.struct(pl.col(each) for each in (code, name) if each)
        is_shared = self.frame.filter(pl.col(column).is_not_null()).select((about.n_unique() > 1).over(column))
        return float(is_shared.to_series().mean() or 0)

    def _columns(self) -> None:
        for native in (native for native in EXTRACT_COLUMNS[self.table] if native in self.choices):
            choice = self.choices[native]
            if choice.delivered != native:
                self.plan.columns[native] = choice.delivered
            if native in ROW_IDS and (shared := self._rows_of_shared_ids(choice.delivered)) > _FEW:
                self.plan.note(
                    f"{choice.delivered!r} is no id of the row: {shared:.0%} of the rows share one with a row of "
                    "another code, and would count as its correction. Look for another column, or make an id",
                    "columns",
                    doubt=True,
                )
            if not choice.is_sure:
                self.plan.note(f"{native} is {choice.delivered!r}: {choice.why}", "columns", doubt=True)


def _is_understood(table: str, text: str) -> bool:
    if table == "kind":
        from pipelines.ingest.prescriptions import KINDS

        return text.strip().lower() in {spelling for spellings in KINDS.values() for spelling in spellings}
    return understood(table, text) is not None


def local_system(source: str) -> str:
    """A name for the local codes of a source."""
    return coding_system(source) or "LOCAL"


def fitting_order(plans: Sequence[TablePlan]) -> bool | None:
    """What the dates of other files say of the order: month first, day first, or null where they say nothing."""
    said = {
        form.find("%m") < form.find("%d")
        for plan in plans
        for form in plan.date_formats
        if not form.startswith("%Y") and "%m" in form
        if not any(note.is_doubt and note.key == "date_formats" for note in plan.notes)
    }
    return said.pop() if len(said) == 1 else None
