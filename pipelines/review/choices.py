"""What a reader asked to see of a list: filters, order and page, taken from the address and nothing but known names."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from pipelines.review.turned import Turned

UNKNOWN = "(not known)"
"""The choice of items whose site, or clinician, is not known."""

SHOWS = {
    "todo": "To do",
    "new": "New",
    "waiting": "Waiting",
    "snoozed": "Snoozed",
    "dismissed": "Not applicable",
    "all": "All open",
}
SHOW_WHERE = {
    "todo": "turn = 'todo'",
    "new": "turn = 'todo' AND state IN ('new', 'returned')",
    "waiting": "turn = 'waiting'",
    "snoozed": "turn = 'snoozed'",
    "dismissed": "turn = 'dismissed'",
    "all": "true",
}
SIZES = (25, 40, 100, 500)
DEFAULT_SIZE = 40
"""Rows of a page: as many as stay below 100 KB, every result on record included."""

LONGEST_TEXT = 200


@dataclass(frozen=True)
class Choice:
    """One way to look at a list. Every value is one of a known set, or goes to the database as a parameter."""

    path: str
    sorts: Mapping[str, str] = field(repr=False)
    show: str = "todo"
    site: str = ""
    clinician: str = ""
    priority: str = ""
    text: str = ""
    sort: str = ""
    down: bool = False
    page: int = 1
    size: int = DEFAULT_SIZE
    run: str = ""

    def where(self) -> tuple[str, list[Any]]:
        """The condition of the filters but for ``show``, over the columns of ``seen_item``, and its parameters."""
        parts, parameters = ["true"], []
        for column, chosen in (("site", self.site), ("clinician", self.clinician)):
            if chosen == UNKNOWN:
                parts.append(f"{column} IS NULL")
            elif chosen:
                parts.append(f"{column} = ?")
                parameters.append(chosen)
        if self.priority:
            parts.append("priority = ?")
            parameters.append(int(self.priority))
        for word in self.text.split():
            parts.append("concat_ws(' ', person_id, display_name, clinician, reason) ILIKE ? ESCAPE '!'")
            parameters.append(contains(word))
        return " AND ".join(parts), parameters

    def order(self) -> str:
        """The order of rows, total, for ``ORDER BY``; rows without a value come last."""
        chosen = self.sorts[self.sort]
        direction = "DESC" if self.down else "ASC"
        first = ", ".join(f"{column} {direction} NULLS LAST" for column in chosen.split(", "))
        return f"{first}, priority, due_date, rank, item_key"

    @property
    def offset(self) -> int:
        """How many rows come before the page."""
        return (self.page - 1) * self.size

    @property
    def is_filtered(self) -> bool:
        """Whether any filter narrows the list."""
        return bool(self.site or self.clinician or self.priority or self.text)

    def link(self, path: str = "", **changes: Any) -> str:
        """The address of this view with something changed; a change of what is shown goes back to the first page."""
        if changes and "page" not in changes:
            changes["page"] = 1
        changed = replace(self, **changes)
        standard = {"show": "todo", "page": 1, "size": DEFAULT_SIZE, "down": False}
        names = ("show", "site", "clinician", "priority", "text", "sort", "down", "page", "size", "run")
        told = {name: getattr(changed, name) for name in names}
        told = {name: value for name, value in told.items() if value != standard.get(name, "")}
        if "down" in told:
            told["down"] = 1
        return (path or self.path) + ("?" + urlencode(told) if told else "")


def choice_from(path: str, asked: Mapping[str, str], sorts: Mapping[str, str]) -> Choice:
    """The choice that an address makes; ``sorts`` gives, by name, the columns to order by, the first the usual one.

    Raises:
        Turned: A value is none that this page offers.
    """
    show = asked.get("show") or "todo"
    sort = asked.get("sort") or ""
    priority = asked.get("priority") or ""
    size = asked.get("size") or str(DEFAULT_SIZE)
    page = asked.get("page") or "1"
    offered = {"show": show in SHOWS, "sort": sort in sorts, "priority": priority in ("", "1", "2", "3", "4")}
    offered |= {"size": size in map(str, SIZES), "page": page.isdecimal() and len(page) <= 6 and int(page) > 0}
    offered |= {"text": len(asked.get("text", "")) <= LONGEST_TEXT}
    for name, is_offered in offered.items():
        if not is_offered:
            raise Turned(
                400,
                "No such view",
                f"The address asks for a value of “{name}” that this page does not offer.",
                "Open the list from the home page and choose there.",
            )
    return Choice(
        path=path,
        sorts=sorts,
        show=show,
        site=asked.get("site", ""),
        clinician=asked.get("clinician", ""),
        priority=priority,
        text=asked.get("text", "").strip(),
        sort=sort,
        down=asked.get("down") == "1",
        page=int(page),
        size=int(size),
        run=asked.get("run", ""),
    )


def contains(word: str) -> str:
    """A pattern for ``ILIKE … ESCAPE '!'`` that finds the word as it stands, wildcards included."""
    for special in "!%_":
        word = word.replace(special, "!" + special)
    return f"%{word}%"
