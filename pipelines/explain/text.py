"""An explanation as text: with emphasis on a terminal, plain elsewhere, readable at 80 columns.

Verdicts are words, so that nothing rests on a color.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import TYPE_CHECKING, Any

from pipelines.explain.conditions import Condition, ListState, dated
from pipelines.explain.judging import Explanation
from pipelines.worklists import IN_USE

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.text import Text

WIDTH = 100
NAME_WIDTH = 34
VERDICT_WIDTH = 9
INDENT = 11
VERDICT = {True: ("holds", "green"), False: ("FAILS", "bold red"), None: ("unknown", "dim")}
CLOSES, HOLDS_TOO, HOLDS_NOT, BESIDES = ("closes", "bold"), ("also", ""), ("no", "dim"), ("besides", "dim")


def as_text(explanation: Explanation, *, width: int = WIDTH) -> str:
    """The whole of it as plain text."""
    from rich.console import Console

    written = StringIO()
    say(explanation, Console(file=written, width=width, color_system=None, force_terminal=False))
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())


def say(explanation: Explanation, console: "Console") -> None:
    """Write the whole of it: the lists that the person is on, the near misses, the others, and the timeline."""
    width = min(console.width, WIDTH)
    for line in _lines(explanation):
        console.print(line, highlight=False, width=width)


def _lines(told: Explanation) -> Iterator["RenderableType"]:
    yield _line(f"Person {told.person_id}, as of {told.as_of}, profile {told.profile}", style="bold")
    if told.out_of_scope:
        yield _line("On no list, because the person is out of scope:", style="bold red")
        yield from _conditions(told.scope, told.as_of)
    else:
        yield _line(f"In scope: {'; '.join(condition.told for condition in told.scope)}.")
        yield from _of_lists(told)
    if told.differs:
        yield _title("The rules have changed since the publication, which says otherwise of:")
        yield _line(", ".join(told.differs), indent=2)
    yield _title("Timeline")
    for row in told.timeline:
        detail = f": {row['detail']}" if row["detail"] else ""
        yield _line(f"{row['date']}  {row['what']}{detail}", place=row, indent=2)


def _of_lists(told: Explanation) -> Iterator["RenderableType"]:
    eligible = [listed for listed in told.lists if listed.state != "not eligible"]
    others = [listed for listed in told.lists if listed.state == "not eligible" and not listed.is_near_miss]
    for listed in sorted(eligible, key=lambda each: each.state != "open"):
        yield from _eligible(listed, told.as_of)
    for listed in told.near_misses:
        yield _title(f"{listed.worklist}: not eligible, one condition away")
        yield from _conditions(listed.conditions, told.as_of)
    if len(told.lists) == 1:
        for listed in others:
            yield _title(f"{listed.worklist}: not eligible")
            yield from _conditions(listed.conditions, told.as_of)
    elif others:
        yield _title("Not eligible, and what fails")
        yield from (_failing_list(listed, told.as_of) for listed in others)


def _eligible(listed: ListState, as_of: date) -> Iterator["RenderableType"]:
    open_until = f"open, priority {listed.priority}, due {listed.due_date}"
    yield _title(f"{listed.worklist}: {f'closed by {listed.closed_by}' if listed.closed_by else open_until}")
    yield _line(listed.reason or "", indent=2)
    if listed.life:
        yield _line(_life(listed.life), indent=2)
    if listed.flags:
        yield _line(f"Mind: {', '.join(listed.flags)}.", indent=2)
    yield from _conditions(listed.conditions, as_of)
    for rule in listed.closing:
        verdict = CLOSES if rule.name == listed.closed_by else HOLDS_TOO if rule.holds else HOLDS_NOT
        yield _judged(*verdict, f"{rule.name}: {rule.found}" if rule.holds else rule.name)
        if rule.holds:
            yield from (_seen(row.text, row.event_date, row, as_of) for row in rule.seen)
    shown = {(row.source_file, row.source_row) for each in (*listed.conditions, *listed.closing) for row in each.seen}
    others = [row for row in listed.evidence if (row["source_file"], row["source_row"]) not in shown]
    if others:
        yield _judged(*BESIDES, "evidence of the priority, or for the reader to know")
    for row in others:
        yield _line(f"{row['role']}: {row['text']}, {dated(row['event_date'], as_of)}", place=row, indent=INDENT)


def _life(life: Mapping[str, Any]) -> str:
    """How long an open item has been listed, and what was decided."""
    told = f"Published as {life['state']}, first listed {life['first_listed']} ({life['days_listed']} days)"
    if life["decision"] is None:
        return f"{told}."
    why = f", {life['decision_reason']}" if life["decision_reason"] else ""
    until = f" until {life['snoozed_until']}" if life["snoozed_until"] else ""
    return f"{told}; {life['decision']}{until}{why}, by {life['decided_by']} on {life['decided_at']:%Y-%m-%d}."


def _conditions(conditions: Sequence[Condition], as_of: date) -> Iterator["RenderableType"]:
    """Each condition with its verdict, what it compared, and the rows it looked at; a row is said once in a row."""
    said: tuple = ()
    for condition in conditions:
        yield _judged(*VERDICT[condition.holds], condition.told)
        if condition.found:
            yield _line(condition.found, indent=INDENT)
        elif condition.holds is False and condition.asks_record and not condition.seen:
            yield _line("no record of it", indent=INDENT)
        if condition.seen != said or condition.holds is False:
            yield from (_seen(row.text, row.event_date, row, as_of) for row in condition.seen)
        said = condition.seen


def _seen(text: str, day: date, row: object, as_of: date) -> "RenderableType":
    return _line(f"{text}, {dated(day, as_of)}", place=vars(row), indent=INDENT)


def _failing_list(listed: ListState, as_of: date) -> "RenderableType":
    if any(condition.told == IN_USE for condition in listed.failed):
        return _columns(listed.worklist, "", "not in use in this profile", width=NAME_WIDTH)
    return _columns(listed.worklist, "", *(_failing(condition, as_of) for condition in listed.failed), width=NAME_WIDTH)


def _failing(condition: Condition, as_of: date) -> str:
    """A failing condition in one line: what was asked for, and what is there."""
    rows = [f"{row.text}, {dated(row.event_date, as_of)}" for row in condition.seen[:1]]
    found = "; ".join([*([condition.found] if condition.found else []), *rows])
    if found:
        return f"{condition.told}: {found}"
    return f"no record of {condition.told}" if condition.asks_record else f"not so: {condition.told}"


def _judged(verdict: str, style: str, told: str) -> "RenderableType":
    return _columns(verdict, style, told, width=VERDICT_WIDTH)


def _columns(first: str, style: str, *others: str, width: int) -> "RenderableType":
    """A word or name, and beside it one text under another, each wrapped in its column."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2), pad_edge=True)
    grid.add_column(width=width, no_wrap=True)
    grid.add_column()
    for place, text in enumerate(others):
        grid.add_row(Text("" if place else first, style=style), Text(text))
    return grid


def _title(text: str) -> "RenderableType":
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(text, style="bold"), (1, 0, 0, 0))


def _line(text: str, *, style: str = "", place: Mapping[str, Any] | None = None, indent: int = 0) -> "RenderableType":
    """A line that keeps its indent when it wraps, with its place in the extracts behind it, dimmed and unbroken."""
    from rich.padding import Padding
    from rich.text import Text

    where = f"[{place['source_file']}, record {place['source_row']}]" if place else ""
    return Padding(_Placed(Text(text, style=style), where), (0, 0, 0, indent))


@dataclass(frozen=True)
class _Placed:
    """A text and its place, which begins a line of its own where it does not fit behind the text."""

    text: "Text"
    where: str

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> Iterator["RenderableType"]:
        from rich.text import Text

        lines = self.text.wrap(console, options.max_width)
        used = lines[-1].cell_len if lines else 0
        between = "  " if used + len(self.where) + 2 <= options.max_width else "\n"
        yield Text.assemble(self.text, *((between, (self.where, "dim")) if self.where else ()))
