"""A proposal for b12.toml as data: sources, their tables, local codes, files that cannot be read, and doubts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines.onboarding.coding import LocalCode

RARE = 0.002
"""Share of rows below which what is wrong is a typing error, and no doubt about the mapping."""


@dataclass(frozen=True)
class Note:
    """A remark on a line of the proposal. ``is_doubt``: somebody who knows the files has to look at it."""

    text: str
    is_doubt: bool = False
    key: str | None = None


@dataclass(frozen=True)
class UnitSeen:
    """A unit of a concept as reported: rows, and whether it converts; null where the row has none."""

    concept: str
    unit: str | None
    rows: int
    is_known: bool


@dataclass
class TablePlan:
    """How the files of one layout become one extract table; ``files`` are names below the folder of the source."""

    table: str
    files: tuple[str, ...]
    pattern: str | None = None
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    date_formats: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    codes: tuple[LocalCode, ...] = ()
    seen: tuple[UnitSeen, ...] = ()
    systems: Mapping[str, int] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    open_share: float = 0.0
    future_share: float = 0.0

    def note(self, text: str, key: str | None = None, *, doubt: bool = False) -> None:
        """Add a remark."""
        self.notes.append(Note(text, doubt, key))


@dataclass
class SourcePlan:
    """One ``[[source]]``: where it lies, its kind, and its tables (none to be told for a kind of fixed layout)."""

    name: str
    path: str
    kind: str = "native"
    tables: list[TablePlan] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    """Tables that it must not claim by the names of files that nobody can read."""
    notes: list[Note] = field(default_factory=list)
    files: int = 0
    shifts_dates: bool = False


@dataclass(frozen=True)
class Leftover:
    """A file that the proposal does not read, why, and what to do about it."""

    name: str
    why: str
    to_do: str = ""


@dataclass
class Proposal:
    """Everything that is proposed for the files of a folder."""

    sources: list[SourcePlan] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)

    @property
    def doubts(self) -> list[tuple[str, str]]:
        """Every doubt with the place it is about."""
        found = [(source.name, note.text) for source in self.sources for note in source.notes if note.is_doubt]
        return found + [
            (f"{source.name}, {plan.table}", note.text)
            for source in self.sources
            for plan in source.tables
            for note in plan.notes
            if note.is_doubt
        ]
