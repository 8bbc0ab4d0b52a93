"""The envelope of an HL7 v2 message: what its MSH segment says, and so how the others are to be read."""

from collections.abc import Sequence
from functools import lru_cache

from pipelines.sources.hl7_syntax import Syntax, moment, zone_of

syntax_of = lru_cache(64)(Syntax)
"""One syntax for each combination of delimiters and codec: it remembers what it read."""


class Unreadable(Exception):
    """A message whose header does not say how it is to be read; the text says what was expected."""


def field(fields: Sequence[str], number: int) -> str:
    """A field of a segment by its number, as it stands there; empty where the segment ends before it."""
    return fields[number] if number < len(fields) else ""


class Envelope:
    """What MSH says of its message: delimiters, type, sender, time and control id.

    ``kind`` is the message code with its event, such as ``ORU^R01``; ``zone`` holds for times that state none;
    ``processing`` says what it was sent for (MSH-11).

    Raises:
        Unreadable: The delimiters are not four different signs, or there is no message type.
    """

    def __init__(self, msh: str, codec: str) -> None:
        delimiter = msh[3]
        fields = ["", *msh.split(delimiter)]  # MSH-1 is the delimiter itself, so that the others move on by one
        delimiters = field(fields, 2)
        given = delimiter + delimiters
        if not 2 <= len(delimiters) <= 5 or len(set(given)) < len(given) or any(sign.isalnum() for sign in given):
            raise Unreadable(r"MSH-2: expected different signs that part components, repetitions and so on, as in ^~\&")
        self.syntax = syntax_of(given[:5], codec)
        whole = self.syntax.first(field(fields, 9)).split(self.syntax.component)
        self.code = whole[0].strip().upper()
        event = whole[1].strip().upper() if len(whole) > 1 else ""
        if not (self.code.isalnum() and len(self.code) == 3 and len(event) <= 4):
            raise Unreadable("MSH-9: expected a message type, such as ORU^R01")
        self.kind = f"{self.code}^{event}" if event else self.code
        self.control_id = self.syntax.text(field(fields, 10))
        self.processing = (self.syntax.part(field(fields, 11)) or "").upper()
        self.facility = self.syntax.part(field(fields, 4)) or self.syntax.part(field(fields, 4), 2)
        self.zone = zone_of(field(fields, 7), self.syntax.component)
        self.sent_at = self.moment(field(fields, 7))

    def moment(self, raw: str) -> str | None:
        """A time in the zone of the message where it states none; null when empty."""
        return moment(raw, self.syntax.component, self.zone) if raw else None
