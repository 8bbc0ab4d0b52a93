"""How HL7 v2 writes a value: delimiters, escapes, coded values, times, ranges. What a field says, as native text.

Every field is taken by splitting what is needed of it. A library that builds each component of each field as an object
is a hundred times slower, drops what follows an unfinished escape, and writes the values that it stumbles over to the
log.
"""

import re
from functools import lru_cache
from typing import NamedTuple

NULL = '""'
"""What a sender writes to say that a value is to be deleted: nothing is known."""

_TIME = re.compile(
    r"(?P<day>\d{8})(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)(?:(?P<second>\d\d)(?P<fraction>\.\d+)?)?)?)?(?P<zone>[+-]\d{4})?"
)
_PART_OF_A_YEAR = re.compile(r"(\d{4})(\d\d)?(?:0000|00)?")
_BOUNDED = re.compile(r"\(?\s*([+-]?\d[\d.,]*)\s*(?:-|–|\.\.|to)\s*([+-]?\d[\d.,]*)\s*\)?")
_ONE_SIDED = re.compile(r"\(?\s*(<=?|>=?|≤|≥)\s*(\d[\d.,]*)\s*\)?")
_REMEMBERED = 50_000
"""Distinct texts remembered: a feed repeats its codes, units, ranges and times."""


class Coded(NamedTuple):
    """A coded value: code, its system and name, and the same in the terms of another system; empty parts are null."""

    code: str | None
    system: str | None
    name: str | None
    other_code: str | None
    other_system: str | None
    other_name: str | None


NOTHING_CODED = Coded(None, None, None, None, None, None)


class Syntax:
    """The delimiters of a message (MSH-1 and MSH-2) and its codec; fields come in as they stand between delimiters."""

    def __init__(self, delimiters: str, codec: str) -> None:
        given = delimiters + "|^~\\&"[len(delimiters) :]
        self.field, self.component, self.repetition, self.escape, self.subcomponent = given[:5]
        self._codec = codec
        escape = re.escape(self.escape)
        self._escaped = re.compile(rf"(?:{escape}X[0-9A-Fa-f]+{escape})+|{escape}([^{escape}]*){escape}")
        self._meanings = {
            "F": self.field, "S": self.component, "T": self.subcomponent, "R": self.repetition, "E": self.escape,
            "H": "", "N": "", ".br": "\n", ".sp": "\n", ".ce": "\n",
        }  # fmt: skip
        self.coded = lru_cache(_REMEMBERED)(self._coded)

    def text(self, raw: str) -> str | None:
        """Text without escapes and surrounding blanks; null when empty. An escape that says nothing known stays."""
        if self.escape in raw:
            raw = self._escaped.sub(self._meaning, raw)
        raw = raw.strip()
        return raw if raw and raw != NULL else None

    def part(self, raw: str, number: int = 1) -> str | None:
        """A component of the first repetition, counted from 1: its first subcomponent as text."""
        parts = self.first(raw).split(self.component, number)
        return self.text(parts[number - 1].split(self.subcomponent, 1)[0]) if len(parts) >= number else None

    def first(self, raw: str) -> str:
        """The first repetition."""
        return raw.split(self.repetition, 1)[0]

    def _coded(self, raw: str) -> Coded:
        """Code, text and system of the first repetition, and the alternate ones; the original text as a last name."""
        if not raw:
            return NOTHING_CODED
        parts = [self.text(part) for part in self.first(raw).split(self.component)]
        parts += [None] * (9 - len(parts))
        first, other = parts[:3], parts[3:6]
        if first[:2] == [None, None]:
            first, other = other, first
        (code, name, system), (other_code, other_name, other_system) = first, other
        return Coded(code, system, name or parts[8], other_code, other_system, other_name)

    def _meaning(self, found: re.Match[str]) -> str:
        word = found[1]
        if word is None:
            digits = re.sub(r"[^0-9A-Fa-f]", "", found[0].replace(f"{self.escape}X", ""))
            try:
                return bytes.fromhex(digits).decode(self._codec)
            except ValueError:
                return found[0]
        if word in self._meanings:
            return self._meanings[word]
        return " " if re.fullmatch(r"\.(?:sp|sk|in|ti|fi|nf|ce)[+-]?\d*", word) else found[0]


def moment(raw: str, component: str, zone: str = "") -> str | None:
    """A date or time as ISO 8601, with its own zone or else that of the message; null when empty.

    What is no day or time comes out as it is, for whoever reads it to refuse.
    """
    return _moment(raw.split(component, 1)[0].strip(), zone) if raw else None


@lru_cache(_REMEMBERED)
def _moment(text: str, zone: str) -> str | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return text if text and text != NULL else None
    day = f"{text[:4]}-{text[4:6]}-{text[6:8]}"
    if found["hour"] is None:
        return day
    own = found["zone"] or zone
    seconds = f":{found['second']}{found['fraction'] or ''}" if found["second"] else ""
    return f"{day}T{found['hour']}:{found['minute'] or '00'}{seconds}{own and f'{own[:3]}:{own[3:]}'}"


def zone_of(raw: str, component: str) -> str:
    """The zone that a time states, as +hhmm; empty for none."""
    found = _TIME.fullmatch(raw.split(component, 1)[0].strip())
    return (found and found["zone"]) or ""


def birth(raw: str, component: str) -> str | None:
    """A date of birth; of one that is withheld in part the middle: of the month, of the year."""
    text = raw.split(component, 1)[0].strip()
    if found := _PART_OF_A_YEAR.fullmatch(text):
        year, month = found.groups()
        return f"{year}-07-01" if month in (None, "00") else f"{year}-{month}-15"
    said = moment(raw, component)
    return said and said[:10]  # the day is that of the place of birth, whatever the zone


@lru_cache(_REMEMBERED)
def limits(said: str | None) -> tuple[str | None, str | None]:
    """The lower and upper limit that a reference range states: ``3.5-5.5``, ``<0.32``, ``> 60``; null for none."""
    if said is None:
        return None, None
    if found := _BOUNDED.fullmatch(said):
        return found[1], found[2]
    if found := _ONE_SIDED.fullmatch(said):
        return (None, found[2]) if found[1][0] in "<≤" else (found[2], None)
    return None, None
