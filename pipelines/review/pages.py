"""From what was found to HTML: one environment, everything escaped, dates and numbers in one way."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from pipelines.decisions import LABELS, REASONS
from pipelines.profile import TAGS
from pipelines.review.access import Visitor
from pipelines.review.choices import SHOWS, SIZES, UNKNOWN
from pipelines.review.deciding import may_undo
from pipelines.review.sight import Sight
from pipelines.review.why import verdict

HERE = Path(__file__).parent
STATIC = HERE / "static"
OFFERED = ("done", "ordered", "contacted", "snooze", "not_applicable", "comment")
ISO_DATE = re.compile(r"\b\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b")
PRIORITIES = {1: "urgent", 2: "within 14 days", 3: "within 42 days", 4: "at the next review"}
SHORT_PRIORITIES = {1: "urgent", 2: "14 days", 3: "42 days", 4: "review"}


class Pages:
    """The templates of the room."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "day": day, "dated": dated, "moment": moment, "count": count, "amount": amount, "words": words,
            "query": query, "plural": plural,
        }  # fmt: skip
        self._templates.globals |= {
            "LABELS": LABELS, "REASONS": REASONS, "OFFERED": OFFERED, "SHOWS": SHOWS, "SIZES": SIZES,
            "UNKNOWN": UNKNOWN, "PRIORITIES": PRIORITIES, "SHORT_PRIORITIES": SHORT_PRIORITIES,
            "look": look_of(STATIC), "may_undo": may_undo, "verdict": verdict, "TAGS": TAGS,
        }  # fmt: skip

    def page(
        self, name: str, *, visitor: Visitor | None, sight: Sight | None, status: int, **what: Any
    ) -> HTMLResponse:
        """A whole page; ``sight`` is null on pages that show no publication."""
        return HTMLResponse(self.text(name, visitor=visitor, sight=sight, **what), status_code=status)

    def text(self, name: str, *, visitor: Visitor | None, sight: Sight | None, **what: Any) -> str:
        """The text of a page or of a part."""
        publication = None if sight is None else sight.publication
        told = None if sight is None else sight.decisions_told
        template = self._templates.get_template(f"{name}.html.j2")
        return template.render(visitor=visitor, publication=publication, decisions_told=told, **what)


def look_of(folder: Path) -> str:
    """A name for the style sheet and script as they are now, so that a browser keeps them no longer than that."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def day(value: date | None) -> str:
    """A date that reads the same on both sides of an ocean, and stays on one line: 05 Jun 2026."""
    return "–" if value is None else f"{value:%d\u00a0%b\u00a0%Y}"


def dated(text: str) -> str:
    """A sentence with its dates written as everywhere on the screen."""
    return ISO_DATE.sub(lambda found: day(date.fromisoformat(found[0])), text)


def moment(value: datetime | str | None) -> str:
    """A date and time: 05 Jun 2026, 14:03."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return "–" if value is None else f"{day(value)}, {value:%H:%M}"


def count(value: int | None) -> str:
    """A number of things: 1,234."""
    return "–" if value is None else f"{value:,}"


def amount(value: float | None) -> str:
    """A measured value without needless digits: 120, 100.9."""
    return "–" if value is None else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def words(slug: str | None) -> str:
    """A slug as words, the first with a capital."""
    text = (slug or "").replace("_", " ")
    return text[:1].upper() + text[1:]


def plural(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun: 1 item, 2 items."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def query(values: Mapping[str, Any]) -> str:
    """The query of an address, empty values left out."""
    return urlencode({name: value for name, value in values.items() if value not in (None, "")})
