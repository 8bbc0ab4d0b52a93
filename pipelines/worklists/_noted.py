"""Judging with every condition noted: how it came out for each person, and the rows it looked at.

The lists themselves are judged as ever; then each rule is asked once more on the same terms, while ``eligible_if`` and
``close_gap`` take notes. Nothing of what a noted rule returns reaches another list.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from pipelines.clinical.eligible import Notes, Step, noting
from pipelines.profile import Profile
from pipelines.worklists._build import Build, planned
from pipelines.worklists._closing import first_closing
from pipelines.worklists._evidence import PREFIX, gather, named_events
from pipelines.worklists._registry import SCOPE, function_of, known_worklist, worklists
from pipelines.worklists._tables import EVENT_TABLES, counting_rows, numbered_people
from pipelines.worklists._worklist import scoped

Part = Literal["scope", "eligible", "closing"]
CONDITION_SCHEMA = {
    "worklist": pl.String,
    "person_id": pl.UInt32,
    "part": pl.String,
    "place": pl.Int64,
    "told": pl.String,
    "holds": pl.Boolean,
    "asks_record": pl.Boolean,
    "number": pl.Float64,
    "number_of": pl.String,
    "word": pl.String,
    "day": pl.Date,
    "day_of": pl.String,
}
EVENT_SCHEMA = {"worklist": pl.String, "person_id": pl.UInt32, "role": pl.String, "event": pl.UInt64}


@dataclass(frozen=True)
class NotedConditions:
    """How every condition came out.

    ``conditions``: one row per list, person, ``part`` and ``place``, in the order of the rule, with the words of the
    condition (``told``), ``holds`` (null where it could not be judged, because the record it speaks of is missing),
    ``asks_record`` (true where it asks for a record and nothing else), and what the row said: ``number`` and ``day``
    (of the columns ``number_of`` and ``day_of``) and ``word``. The part "scope" stands under the list "in_scope", for
    everybody; "eligible" for everybody in scope; "closing" for whom the rule returned, and it means something for
    those on the list.

    ``looked_at``: the rows of the record that a condition looked at, in the columns of evidence, under the same list,
    person, part and place.
    """

    conditions: pl.DataFrame
    looked_at: pl.DataFrame


def note_conditions(
    tables: Mapping[str, pl.LazyFrame],
    *,
    as_of: date,
    profile: Profile,
    delivered: frozenset[str],
    first_exposure: pl.DataFrame,
    lists: Collection[str] | None = None,
) -> NotedConditions:
    """Note how the conditions of these lists, all when none are named, come out for the persons of these tables.

    The arguments are those of ``judge``.
    """
    settings = {"as_of": as_of, "profile": profile, "delivered": delivered, "first_exposure": first_exposure}
    everyone = numbered_people(tables["person"])
    build = scoped(tables, everyone, settings)
    people = build("person").select("person_id").collect()
    told_of_all = counting_rows("condition_occurrence", tables["condition_occurrence"], everyone, as_of=as_of)
    noted = _Noted()
    noted.add_scope(everyone, told_of_all, settings)
    for name in worklists() if lists is None else lists:
        listed = known_worklist(name).name
        build(listed)  # everything that the rule needs is built before notes are taken
        with noting() as notes:
            returned = build.made(function_of(listed), listed).collect()
        noted.add_list(listed, notes, people, returned)
    rows = {table: build(table).collect() for table in EVENT_TABLES} | {"condition_occurrence": told_of_all}
    return noted.with_rows(rows, everyone)


class _Noted:
    """The notes of several rules as they are gathered."""

    def __init__(self) -> None:
        self._conditions = [pl.DataFrame(schema=CONDITION_SCHEMA)]
        self._events = [pl.DataFrame(schema=EVENT_SCHEMA)]

    def add_scope(self, everyone: pl.DataFrame, conditions: pl.DataFrame, settings: Mapping[str, object]) -> None:
        """The shared conditions, of everybody."""
        tables = {"person": everyone.drop("person").lazy(), "condition_occurrence": conditions.lazy()}
        with noting() as notes:
            Build(tables, settings, keep=planned).made(function_of(SCOPE), SCOPE)
        people = everyone.select("person_id")
        self._add_steps(SCOPE, "scope", notes, people, named=pl.DataFrame(schema=EVENT_SCHEMA))

    def add_list(self, worklist: str, notes: Notes, people: pl.DataFrame, returned: pl.DataFrame) -> None:
        """The conditions of a list, of everybody in scope, and its closing rules, of everybody it returned."""
        named = named_events(returned.select("person_id", pl.col(f"^{PREFIX}.*$")), worklist)
        self._add_steps(worklist, "eligible", notes, people, named=named)
        for place, (rule, closed) in enumerate(notes.closing.items()):
            first = first_closing(closed).collect().with_columns(has_closed=pl.lit(value=True))
            rows = returned.select("person_id").join(first, on="person_id", how="left")
            line = _Line(worklist, "closing", place, rule)
            holds = pl.col("has_closed").fill_null(value=False)
            self._add(line, rows, holds, ("evidence_closed_by",), {"word": pl.col("closing")})

    def with_rows(self, tables: Mapping[str, pl.DataFrame], everyone: pl.DataFrame) -> NotedConditions:
        """The notes with the rows that they name, and the persons as they were delivered."""
        names = everyone.select("person_id", "person")

        def delivered(rows: pl.DataFrame) -> pl.DataFrame:
            return rows.join(names, on="person_id").with_columns(person_id="person").drop("person")

        gathered = gather(pl.concat(self._events), tables)
        role = pl.col("role").str.split(":")
        rows = gathered.with_columns(part=role.list.get(0), place=role.list.get(1).cast(pl.Int64)).drop("role")
        return NotedConditions(delivered(pl.concat(self._conditions)), delivered(rows))

    def _add_steps(self, worklist: str, part: Part, notes: Notes, people: pl.DataFrame, *, named: pl.DataFrame) -> None:
        place, seen = 0, people.with_columns(is_missing=pl.lit(value=False))
        for step in notes.steps:
            rows = seen.join(_chosen(step, named), on="person_id", how="left")
            has_row = pl.col("__has_row").fill_null(value=False)
            if step.record:  # where an earlier record is missing already, this one could not be looked for
                holds = pl.when(has_row | ~pl.col("is_missing")).then(has_row)
                says = {"asks_record": pl.lit(value=True)}
                self._add(_Line(worklist, part, place, step.record), rows, holds, _own_events(step), says)
                place += 1
            for number, (told, condition) in enumerate(step.conditions.items()):
                line, holds = _Line(worklist, part, place, told), pl.col(step.holds(number))
                self._add(line, rows, holds, _events(step, condition), _said(step, condition))
                place += 1
            seen = rows.select("person_id", is_missing=pl.col("is_missing") | ~has_row)

    def _add(
        self, line: "_Line", rows: pl.DataFrame, holds: pl.Expr, events: Collection[str], said: Mapping[str, pl.Expr]
    ) -> None:
        known = {name: pl.lit(value) for name, value in vars(line).items()}
        known |= {"person_id": pl.col("person_id"), "holds": holds, **said}
        columns = {name: known.get(name, pl.lit(None)).cast(dtype) for name, dtype in CONDITION_SCHEMA.items()}
        self._conditions.append(rows.select(**columns))
        for column in events:
            role = pl.lit(f"{line.part}:{line.place}")
            named = rows.select(worklist=known["worklist"], person_id="person_id", role=role, event=column)
            if named.schema["event"].base_type() == pl.List:
                named = named.explode("event")
            self._events.append(named.drop_nulls("event").cast(EVENT_SCHEMA).unique())


@dataclass(frozen=True)
class _Line:
    """Where a condition stands, and its words."""

    worklist: str
    part: Part
    place: int
    told: str


def _chosen(step: Step, named: pl.DataFrame) -> pl.DataFrame:
    """One row per person of the nearest ones: where they satisfy everything one the list rests on, else the latest.

    The latest is the one to speak of where several fall short alike: it says most of the person now.
    """
    satisfies = pl.all_horizontal(pl.lit(value=True), *(pl.col(step.holds(n)) for n in range(len(step.conditions))))
    rows = step.rows.with_columns(__has_row=pl.lit(value=True), __rests_on=pl.lit(value=False))
    if "event" in rows.columns:
        rests_on = named.select("person_id", "event", __rests_on=pl.lit(value=True)).unique()
        rows = rows.drop("__rests_on").join(rests_on, on=["person_id", "event"], how="left")
    rests_on = (satisfies & pl.col("__rests_on").fill_null(value=False)).alias("__rests_on")
    days = [name for name, dtype in rows.schema.items() if dtype == pl.Date]
    order = ["__rests_on", *days, *_own_events(step)]
    in_order = rows.with_columns(rests_on).sort(
        "person_id", *order, descending=[False, *(True for _ in order)], nulls_last=True
    )
    return in_order.unique("person_id", keep="first", maintain_order=True)


def _own_events(step: Step) -> tuple[str, ...]:
    """The column of the event that a row is, or of those that it is made of."""
    made_of = tuple(name for name in step.rows.columns if step.record and name.startswith(PREFIX))
    return ("event",) if "event" in step.rows.columns else made_of[:1]


def _events(step: Step, condition: pl.Expr) -> tuple[str, ...]:
    """The columns of the events that a condition looks at: those it names, and the row if it reads others.

    A condition that reads no column, such as whether the list is in use, looks at nothing.
    """
    roots = dict.fromkeys(condition.meta.root_names())
    named = tuple(name for name in roots if name.startswith(PREFIX))
    return named if len(named) == len(roots) else (*_own_events(step), *named)


def _said(step: Step, condition: pl.Expr) -> dict[str, pl.Expr]:
    """What the row says where the condition looks: a count or dose, a class, a date."""
    schema = step.rows.schema
    roots = [name for name in dict.fromkeys(condition.meta.root_names()) if not name.startswith(PREFIX)]
    said = {"asks_record": pl.lit(bool(condition.meta.root_names()) and not roots)}
    for name in roots:
        if schema[name].is_numeric() and name not in ("value", "event"):
            said.setdefault("number", pl.col(name))
            said.setdefault("number_of", pl.lit(name))
        elif schema[name] == pl.Date:
            said.setdefault("day", pl.col(name))
            said.setdefault("day_of", pl.lit(name))
        elif isinstance(schema[name], pl.Enum):
            said.setdefault("word", pl.col(name).cast(pl.String))
    return said
