"""What stands around the messages of an HL7 v2 file: batches, which say how many they hold, and strays."""

import re
from collections.abc import Mapping

from pipelines.sources.hl7_messages import FRAMES, Message
from pipelines.sources.hl7_walk import Rows, shown

_END_OF = {"FHS": "FTS", "BHS": "BTS"}
_COUNT = re.compile(r"\s*([0-9]{1,9})\s*")


class Frames:
    """The batches of a file as its messages come by; what they tell of lost messages is told under labs."""

    def __init__(self, tables: Mapping[str, Rows]) -> None:
        self._labs = tables["labs"]
        self._open: dict[str, tuple[int, str]] = {}
        self._messages = 0

    def pass_by(self, message: Message) -> None:
        """Take note of a message and of the batches that begin or end around it."""
        if message.number:
            self._messages += 1
        for place, segment in enumerate(message.segments):
            name, number = segment[:3], message.first + place
            if name in _END_OF:
                self._open[name] = number, segment
                self._messages = self._messages if name == "FHS" else 0
            elif name == "BTS":
                self._open.pop("BHS", None)
                self._hold(number, segment)
            elif name == "FTS":
                self._open.clear()
            elif not message.number and name not in FRAMES:
                detail = f"segment {shown(name)}: expected an MSH before it; it stands in no message"
                self._labs.refuse(number, shown(segment), detail)

    def close(self) -> None:
        """At the end of the file: what began must have ended."""
        for name, (number, segment) in self._open.items():
            detail = f"segment {name}: expected {_END_OF[name]} at the end of the file; it was cut"
            self._labs.refuse(number, shown(segment), detail)

    def _hold(self, number: int, segment: str) -> None:
        """Hold the messages of a batch against the count in BTS-1, where it gives one."""
        said = (segment.split(segment[3]) if len(segment) > 3 else [])[1:2]
        counted = _COUNT.fullmatch(said[0]) if said else None
        if counted and int(counted[1]) != self._messages:
            detail = f"segment BTS: expected {int(counted[1])} messages in the batch, found {self._messages}"
            self._labs.refuse(number, shown(segment), detail)
