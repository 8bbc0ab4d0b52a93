"""Notes on the run charts of lists: what happened on a day that a reader of the line should know of.

They lie in the database of the decisions, beside them: like these they cannot be made again from the extracts. A note
is never changed; it is taken back by an entry of its own that names it, once.
"""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, NaiveDatetime, ValidationError, model_validator
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
    inspect,
    select,
)
from sqlalchemy.exc import IntegrityError

from pipelines.decisions.log import DecisionLog
from pipelines.decisions.schema import one_at_a_time
from pipelines.decisions.vocabulary import Key, Name, calendar_day, written

LONGEST = 300
"""Characters: a note says what happened, and not the whole story."""

_NUMBER = BigInteger().with_variant(Integer, "sqlite")
CHART_NOTE = Table(
    "chart_note",
    MetaData(),
    Column("note_id", _NUMBER, Identity(), primary_key=True),
    Column("worklist", Text, nullable=False),
    Column("site", Text),
    Column("on_date", Date),
    Column("note", Text),
    Column("takes_back", _NUMBER, unique=True),
    Column("written_by", Text, nullable=False),
    Column("written_at", DateTime, nullable=False),
    sqlite_autoincrement=True,
)
"""``site`` is null for a note on all sites together. An entry that takes a note back has no date and no text."""

_GUARDS = {
    "sqlite": (
        """CREATE TRIGGER chart_note_never_changed BEFORE UPDATE ON chart_note
           BEGIN SELECT RAISE(ABORT, 'chart notes are append-only'); END""",
        """CREATE TRIGGER chart_note_never_removed BEFORE DELETE ON chart_note
           BEGIN SELECT RAISE(ABORT, 'chart notes are append-only'); END""",
        """CREATE TRIGGER chart_note_never_replaced BEFORE INSERT ON chart_note
           WHEN EXISTS (
               SELECT 1 FROM chart_note AS kept
               WHERE kept.note_id = NEW.note_id OR kept.takes_back = NEW.takes_back
           )
           BEGIN SELECT RAISE(ABORT, 'chart notes are append-only'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION chart_note_refuse_change() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'chart notes are append-only' USING ERRCODE = 'restrict_violation'; END $$""",
        """CREATE TRIGGER chart_note_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON chart_note
           FOR EACH STATEMENT EXECUTE FUNCTION chart_note_refuse_change()""",
    ),
}


def _short(given: Any) -> Any:
    text = written(given, longest=LONGEST)
    if text is None:
        raise ValueError("the note is empty. Say what happened.")
    return text


def _known_day(given: Any) -> Any:
    day = calendar_day(given, what="the day of the note")
    if day is None:
        raise ValueError("the note needs the day on which it happened.")
    return day


class NewChartNote(BaseModel):
    """A note on the chart of a list; ``site`` is null for all sites together, ``written_at`` a local time."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    worklist: Key
    site: Key | None
    on_date: Annotated[date, BeforeValidator(_known_day)]
    note: Annotated[str, BeforeValidator(_short)]
    written_by: Name
    written_at: NaiveDatetime

    @model_validator(mode="after")
    def _has_come(self) -> "NewChartNote":
        if self.on_date > self.written_at.date():
            raise ValueError("the day of the note has not come yet. Note what happened when it has.")
        return self


def note_problems(error: ValidationError) -> list[str]:
    """What is wrong with a note, one sentence each, as the person who wrote it would say it."""
    told = (problem["msg"] for problem in error.errors(include_input=False, include_url=False))
    sentences = (text.removeprefix("Value error, ") for text in told)
    return list(dict.fromkeys(text[:1].upper() + text[1:] for text in sentences))


def add_note(log: DecisionLog, new: NewChartNote) -> None:
    """Add a note.

    Raises:
        B12Error: The database cannot be written now; nothing was added.
    """
    with log.transaction(writes=True) as con:
        _make(con)
        con.execute(CHART_NOTE.insert().values(new.model_dump()))


def take_back(log: DecisionLog, note: dict[str, Any], *, by: str, at: datetime) -> bool:
    """Take a note back, as ``standing_notes`` gave it; false when somebody had done so already.

    Raises:
        B12Error: The database cannot be written now; nothing was added.
    """
    entry = {"worklist": note["worklist"], "site": note["site"], "takes_back": note["note_id"]}
    with log.transaction(writes=True) as con:
        try:
            with con.begin_nested():
                con.execute(CHART_NOTE.insert().values(**entry, written_by=by, written_at=at))
        except IntegrityError:
            return False
    return True


def standing_notes(log: DecisionLog, worklist: str) -> list[dict[str, Any]]:
    """The notes on a list that nobody took back, oldest day first, of all sites; as the columns of ``CHART_NOTE``.

    Raises:
        B12Error: The database cannot be read now.
    """
    taken_back = select(CHART_NOTE.c.takes_back).where(CHART_NOTE.c.takes_back.is_not(None))
    query = (
        select(CHART_NOTE)
        .where(CHART_NOTE.c.worklist == worklist, CHART_NOTE.c.takes_back.is_(None))
        .where(CHART_NOTE.c.note_id.not_in(taken_back))
        .order_by(CHART_NOTE.c.on_date, CHART_NOTE.c.note_id)
    )
    with log.transaction() as con:
        if not inspect(con).has_table(CHART_NOTE.name):  # nobody has written a note yet
            return []
        return [dict(row) for row in con.execute(query).mappings()]


def _make(con: Connection) -> None:
    """Create the table where it is missing; of two who do, one waits for the other."""
    one_at_a_time(con)
    if inspect(con).has_table(CHART_NOTE.name):
        return
    CHART_NOTE.create(con)
    for statement in _GUARDS[con.dialect.name]:
        con.exec_driver_sql(statement)
