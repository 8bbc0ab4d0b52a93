"""An explanation as text: for a terminal with emphasis, elsewhere plain, and readable at 80 columns."""

from collections.abc import Iterator, Sequence
from datetime import date
from io import StringIO
from typing import TYPE_CHECKING

from pipelines.explain.conditions import Condition, ListState
from pipelines.explain.judging import Explanation

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDTH = 100
VERDICT = {True: ("holds", "green"), False: ("FAILS", "bold red"), None: ("unknown", "dim")}
CLOSED_BY = {True: ("holds", "bold"), False: ("no", "dim")}


def as_text(explanation: Explanation, *, width: int = WIDTH) -> str:
    """The whole of it as plain text."""
    from rich.console import Console

    written = StringIO()
    say(explanation, Console(file=written, width=width, color_system=None, force_terminal=False))
    return written.getvalue()


def say(explanation: Explanation, console: "Console") -> None:
    """Write the whole of it: the lists that the person is on, the near misses, the others, and the timeline."""
    for line in _lines(explanation):
        console.print(line, highlight=False)


def _lines(explanation: Explanation) -> Iterator["Text"]:
    told = explanation
    yield _styled(f"Person {told.person_id}, as of {told.as_of}, profile {told.profile}.", "bold")
    if told.out_of_scope:
        yield _styled(f"On no list: this does not hold: {told.out_of_scope}.", "bold red")
        yield from _conditions(told.scope, told.as_of)
    else:
        yield _plain(f"In scope: {'; '.join(condition.told for condition in told.scope)}.")
        yield from _of_lists(told)
    yield _plain("")
    yield _styled("Timeline", "bold")
    for row in told.timeline:
        place = f"({row['source_file']}, record {row['source_row']})"
        yield _plain(f"{row['date']}  {row['what']}: {row['detail']}", indent=2, rest=place)


def _of_lists(told: Explanation) -> Iterator["Text"]:
    eligible = [listed for listed in told.lists if listed.reason]
    others = [listed for listed in told.lists if not listed.reason and not listed.is_near_miss]
    for listed in sorted(eligible, key=lambda each: each.state != "open"):
        yield from _eligible(listed, told.as_of)
    for listed in told.near_misses:
        yield _plain("")
        yield _styled(f"{listed.worklist}: not eligible, one condition away", "bold")
        yield from _conditions(listed.conditions, told.as_of)
    if len(told.lists) == 1 and others:
        yield _plain("")
        yield _styled(f"{others[0].worklist}: not eligible", "bold")
        yield from _conditions(others[0].conditions, told.as_of)
    elif others:
        yield _plain("")
        yield _styled("Not eligible, and what fails", "bold")
        for listed in others:
            yield _plain(listed.worklist, indent=2)
            for condition in listed.failed:
                yield _plain(_failing(condition, told.as_of), indent=6)


def _eligible(listed: ListState, as_of: date) -> Iterator["Text"]:
    state = (
        f"closed by {listed.closed_by}"
        if listed.closed_by
        else f"open, priority {listed.priority}, due {listed.due_date}"
    )
    yield _plain("")
    yield _styled(f"{listed.worklist}: {state}", "bold" if listed.closed_by else "bold yellow")
    yield _plain(listed.reason or "", indent=2)
    if listed.flags:
        yield _plain(f"Mind: {', '.join(listed.flags)}.", indent=2)
    yield from _conditions(listed.conditions, as_of)
    yield _plain("Closing rules, the first that holds closes the gap:", indent=2)
    for rule in listed.closing:
        verdict, style = CLOSED_BY[bool(rule.holds)]
        said = f"{rule.name}: {rule.word}" if rule.holds else rule.name
        yield _judged(verdict, style, said)
        if rule.holds:
            yield from _seen(rule, as_of)
    yield _plain("Evidence", indent=2)
    for row in listed.evidence:
        place = f"({row['source_file']}, record {row['source_row']})"
        yield _plain(f"{row['role']}: {row['text']}, {row['event_date']}", indent=4, rest=place)


def _conditions(conditions: Sequence[Condition], as_of: date) -> Iterator["Text"]:
    for condition in conditions:
        verdict, style = VERDICT[condition.holds]
        yield _judged(verdict, style, condition.told)
        yield from _seen(condition, as_of)


def _seen(condition: Condition, as_of: date) -> Iterator["Text"]:
    """What a condition looked at, a line each, with its place."""
    counted = _counted(condition)
    if not condition.seen:
        said = counted or (_dated(condition.date, as_of) if condition.date else None)
        if said or condition.holds is False:
            yield _plain(said or "no record of it", indent=11)
        return
    for place, row in enumerate(condition.seen):
        said = [counted, row.text] if counted and place == 0 else [row.text]
        day = condition.date if place == 0 and condition.date and len(condition.seen) == 1 else row.event_date
        where = f"({row.source_file}, record {row.source_row})"
        yield _plain("; ".join([*said, _dated(day, as_of)]), indent=11, rest=where)


def _failing(condition: Condition, as_of: date) -> str:
    """A failing condition in one line: what was asked for, and what is there."""
    found = [part for part in (_counted(condition), condition.seen[0].text if condition.seen else None) if part]
    if condition.date:
        found.append(_dated(condition.date, as_of))
    return f"{condition.told}: {'; '.join(found)}" if found else f"no record of {condition.told}"


def _counted(condition: Condition) -> str | None:
    """The count or class that a condition compares, in words; null where it is the row itself."""
    if condition.word:
        return condition.word
    rests_on_row = bool(condition.seen) and condition.value == condition.seen[0].value
    if condition.value is None or rests_on_row or isinstance(condition.value, str):
        return None
    return f"{condition.value:,.10g} {condition.unit or ''}".strip()


def _dated(day: date, as_of: date) -> str:
    days = (as_of - day).days
    return f"{day} ({days:,} {'day' if days == 1 else 'days'} before)" if days >= 0 else f"{day}"


def _judged(verdict: str, style: str, told: str) -> "Text":
    from rich.text import Text

    return Text.assemble("  ", (f"{verdict:<7}", style), "  ", told)


def _styled(text: str, style: str) -> "Text":
    from rich.text import Text

    return Text(text, style=style)


def _plain(text: str, *, indent: int = 0, rest: str = "") -> "Text":
    """A line, with its place behind it, dimmed."""
    from rich.text import Text

    return Text.assemble(" " * indent, text, "  " if rest else "", (rest, "dim"))
