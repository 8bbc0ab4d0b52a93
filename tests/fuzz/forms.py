"""Forms and addresses of the review screen: an answer that a browser can show, never a fault of ours, never a secret."""

import logging
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote_from_bytes

from tests.fuzz.material import BETWEEN, Material, joined
from tests.practice import Practice, low_results, metformin
from tests.review.screen import LOW, Screen, Seat

PATHS = (
    LOW,
    "/patients",
    "/find",
    "/patient",
    "/decide",
    "/list/all/export.csv",
    "/patient/timeline.svg",
    "/definitions/x",
    "/audit",
    "/",
)
FIELDS = (
    "form_key",
    "run",
    "item",
    "decision",
    "reason",
    "note",
    "snooze_until",
    "undo",
    "back",
    "part",
    "text",
    "q",
    "id",
    "site",
    "page",
)
WORDS = (
    *FIELDS, "&", "=", "%00", "%ff", "%ED%A0%80", "done", "snooze", "2027-03-31", "k1.0", ".", "../", "//evil", "\\", "?", "'", "--",
    "p00", "1e9", "٣", "<script>", "{{7*7}}", "\r\n", "999999", "todo", "not_applicable", "declined", "comment",
)  # fmt: skip
SEEDS = (
    joined("item", "KEY.0", "decision", "done", choices=b"\0\0"),
    joined("decision", "comment", "note", "hello", "item", "KEY.0", choices=b"\0\0"),
    joined("text", "p00%", "page", "1", choices=b"\1\0"),
    joined("id", "p00\0", choices=b"\1\3"),
    b"\0\0item\xffKEY.0\xffdecision\xffcomment\xffnote\xff%ED%A0%80",
)
ANSWERS = frozenset({200, 303, 400, 403, 404, 409, 413, 422})


@cache
def seat() -> tuple[Seat, dict[str, bytes]]:
    """A reviewer at a screen over three people with low B12, and what the real form carries."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    practice = Practice(Path(mkdtemp(prefix="b12-fuzz-")))
    practice.labs("labs_000.csv", *low_results(range(3)))
    practice.prescriptions("prescriptions_000.csv", *metformin(range(3)))
    practice.night()
    screen = Screen(practice.home)
    reviewer = screen.user("boss")
    hidden = reviewer.form()
    key = screen.keys()["p00"]
    return reviewer, {**{name: value.encode() for name, value in hidden.items()}, "KEY": key.encode()}


def check(data: bytes) -> None:
    reviewer, real = seat()
    material = Material(data)
    posts, path = material.number(2) == 0, material.pick(PATHS)
    parts = material.rest().replace(b"KEY", real["KEY"]).split(BETWEEN)[:40]
    fields = [(name, value) for name, value in zip(parts[::2], parts[1::2], strict=False)]
    if posts:
        named = {name for name, _ in fields}
        fields += [
            (name.encode(), value) for name, value in real.items() if name != "KEY" and name.encode() not in named
        ]
        body = b"&".join(quote_from_bytes(name).encode() + b"=" + value.replace(b"&", b"%26") for name, value in fields)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = reviewer.post("/decide", content=body, headers=kind)
    else:
        asked = "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in fields)
        answer = reviewer.get(f"{path}?{asked}")
    assert answer.status_code in ANSWERS, answer.status_code
    assert "<script>alert" not in answer.text
    location = answer.headers.get("location", "/")
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
