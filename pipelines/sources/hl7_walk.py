"""One HL7 v2 message, segment by segment: each PID, OBX and drug becomes a row of its table, or is refused."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from pipelines.sources import hl7_drugs, hl7_persons, hl7_results
from pipelines.sources.hl7_drugs import DrugOrder
from pipelines.sources.hl7_envelope import Envelope, Unreadable, field
from pipelines.sources.hl7_messages import Message
from pipelines.sources.hl7_persons import TOLD, Person
from pipelines.sources.hl7_results import Occurrences, Order, result_row

COLUMNS_OF: Mapping[str, tuple[str, ...]] = {
    "labs": hl7_results.COLUMNS,
    "prescriptions": hl7_drugs.COLUMNS,
    "patients": hl7_persons.COLUMNS,
}
"""What is read of a message, by extract table; the first table takes what belongs to no segment of ours."""

RESULT_MESSAGES = ("ORU", "OUL", "ORF")
"""Message codes whose OBX segments are results of a laboratory; elsewhere they are remarks to something else."""

CANCELLED = "X"
"""The state of an order (OBR-25) that no result is to be expected of, or to be believed."""

FORGETTING = ("ADT^A29",)
"""Events after which nothing is known of a person: what they still say of one is not taken."""

MESSAGE_TYPES = "HL70076"
"""The coding system of message types: under it messages of types that are not read are counted, off the pathway."""

NOT_REAL = ("T", "D")
"""What messages are sent for (MSH-11) that speak of nobody: training and debugging."""

PROCESSING_IDS = "HL70103"
"""The coding system of what messages are sent for: under it those that are not real are counted, off the pathway."""

_TABLE_OF = {"PID": "patients", "OBX": "labs", **dict.fromkeys(hl7_drugs.SEGMENT_OF.values(), "prescriptions")}
_RAW_CHARACTERS = 2_000
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")


class Rows(Protocol):
    """Where the rows of one extract table go."""

    def add(self, row: tuple[str | int | None, ...]) -> None:
        """Take a row: the columns of the table, message, segment and source_row."""

    def refuse(self, source_row: int, raw: str, detail: str) -> None:
        """Take what is malformed."""


class Walk:
    """The way through one message; ``run`` goes it."""

    def __init__(self, message: Message, tables: Mapping[str, Rows], authority: str | None) -> None:
        self._message, self._tables, self._authority = message, tables, authority
        self._envelope: Envelope
        self._person: Person | None = None
        self._person_place = 0
        self._order: Order | None = None
        self._unanswered: int | None = None
        self._orc: Sequence[str] = ()
        self._drugs: DrugOrder | None = None
        self._occurrences: Occurrences = {}
        self._patient_id: str | None = None

    def run(self) -> None:
        """Hand on every record of the message."""
        message = self._message
        if message.codec is None:
            self._refuse(0, "MSH-18: expected a character set of HL7 table 0211, such as UNICODE UTF-8 or 8859/1")
            return
        try:
            self._envelope = Envelope(message.segments[0], message.codec)
        except Unreadable as error:
            self._refuse(0, str(error))
            return
        if self._envelope.processing in NOT_REAL:
            self._set_aside(self._envelope.processing, PROCESSING_IDS, self._envelope.kind)
            return
        actions = self._actions()
        if actions is None:
            self._set_aside(self._envelope.kind, MESSAGE_TYPES)
            return
        last = len(message.segments) - 1
        delimiter = self._envelope.syntax.field
        for place, segment in enumerate(message.segments):
            name = segment[:3]
            act = actions.get(name)
            if act is None:
                continue
            if segment[3:4] != delimiter and len(segment) > 3:
                self._refuse(place, "expected the delimiter of MSH-1 behind its name")
                self._forget(name)
            elif place == last and self._is_cut_off(segment):
                self._refuse(place, "expected its end; the message was cut here")
            else:
                act(segment.split(delimiter), place)
        self._finish_drugs()
        self._finish_order()
        self._finish_person()
        if message.is_cut:
            self._refuse(0, "expected an end block behind the message; segments are missing from its end")

    def _set_aside(self, code: str, system: str, name: str | None = None) -> None:
        """Count the message off the pathway of labs."""
        row = dict.fromkeys(hl7_results.COLUMNS) | {"test_code": code, "code_system": system, "test_name": name}
        self._add("labs", tuple(row.values()), 0)

    def _actions(self) -> dict[str, Callable[[list[str], int], None]] | None:
        """What is done at a segment, by its name; null for a message that is not read."""
        code = self._envelope.code
        persons = {"PID": self._pid, "PD1": self._pd1, "PV1": self._pv1}
        if code in RESULT_MESSAGES:
            return persons | {"ORC": self._remember_orc, "OBR": self._obr, "OBX": self._obx}
        if code in hl7_drugs.SEGMENT_OF:
            drug = {hl7_drugs.SEGMENT_OF[code]: self._drug}
            other = dict.fromkeys(("RXO", "RXE"), self._other_drug)
            return persons | {"ORC": self._order_drugs, "TQ1": self._tq1, "RXR": self._rxr} | other | drug
        return persons if code == "ADT" and self._envelope.kind not in FORGETTING else None

    def _is_cut_off(self, segment: str) -> bool:
        """Is the last segment one of ours, without the end by which it is known to be whole?"""
        if self._message.is_closed:
            return False
        # What a result says is complete with its status, one letter; an end that was lost behind it takes nothing away.
        return segment[:3] in _TABLE_OF and not (
            segment[:3] == "OBX" and field(segment.split(self._envelope.syntax.field), 11)
        )

    def _pid(self, fields: list[str], place: int) -> None:
        self._forget("PID")
        self._person, self._person_place = Person(fields, self._envelope, self._authority), place
        self._patient_id = self._person.patient_id

    def _forget(self, name: str) -> None:
        """What follows is not that of the person or order before: another one begins, readable or not."""
        if name in ("PID", "ORC"):
            self._finish_drugs()
            self._orc = ()
        if name in ("PID", "OBR"):
            self._finish_order()
            self._order = None
        if name == "PID":
            self._finish_person()

    def _pd1(self, fields: list[str], _: int) -> None:
        if self._person:
            self._person.demographics(fields)

    def _pv1(self, fields: list[str], _: int) -> None:
        if self._person:
            self._person.visit(fields)

    def _finish_person(self) -> None:
        if self._person and "patients" in self._tables:
            row = self._person.row()
            # A PID that only says whose the results are, and nothing of the person, is no record of a person.
            if self._envelope.code == "ADT" or any(row[1 : 1 + len(TOLD)]):
                self._add("patients", row, self._person_place)
        self._person = None

    def _remember_orc(self, fields: list[str], _: int) -> None:
        self._orc = fields

    def _obr(self, fields: list[str], place: int) -> None:
        self._finish_order()
        self._order, self._orc = Order(fields, self._orc, self._envelope), ()
        self._unanswered = place

    def _finish_order(self) -> None:
        """Tell of an order that was cancelled without its results: which of them it had, nothing says."""
        if self._order and self._order.status.upper() == CANCELLED and self._unanswered is not None:
            self._refuse(self._unanswered, "expected an OBX for each result of the cancelled order; none is withdrawn")
        self._unanswered = None

    def _obx(self, fields: list[str], place: int) -> None:
        self._unanswered = None
        if self._person is None:
            self._refuse(place, "expected a PID before it")
        elif self._order is None:
            self._refuse(place, "expected an OBR before it")
        elif len(fields) < 6:
            self._refuse(place, "expected a value in OBX-5; the segment ends before it")
        else:
            self._add(
                "labs", result_row(fields, self._order, self._envelope, self._patient_id, self._occurrences), place
            )

    def _order_drugs(self, fields: list[str], _: int) -> None:
        self._finish_drugs()
        self._drugs = DrugOrder(fields, self._envelope)

    def _tq1(self, fields: list[str], _: int) -> None:
        if self._drugs:
            self._drugs.timing(fields)

    def _rxr(self, fields: list[str], _: int) -> None:
        if self._drugs:
            self._drugs.route(fields)

    def _drug(self, fields: list[str], place: int) -> None:
        if self._person is None:
            self._refuse(place, "expected a PID before it")
        elif self._drugs is None:
            self._refuse(place, "expected an ORC before it")
        else:
            self._drugs.pending.append((fields, place))
            self._drugs.drug_told()

    def _other_drug(self, _: list[str], __: int) -> None:
        if self._drugs:
            self._drugs.drug_told()

    def _finish_drugs(self) -> None:
        if self._drugs:
            for fields, place in self._drugs.pending:
                self._add("prescriptions", self._drugs.row(fields, self._patient_id), place)
        self._drugs = None

    def _add(self, table: str, row: tuple[str | None, ...], place: int) -> None:
        message = self._message
        if message.is_damaged and any(map(_is_damaged, row)):
            self._refuse(place, f"expected text in {message.codec}; its bytes are not")
            return
        control_id = self._envelope.control_id and shown(self._envelope.control_id)
        segment = f"{place + 1} {message.segments[place][:3]}"
        self._tables[table].add((*row, control_id, segment, message.first + place))

    def _refuse(self, place: int, what: str) -> None:
        message = self._message
        segment = message.segments[place]
        table = _TABLE_OF.get(segment[:3], "labs")
        if table in self._tables:
            detail = f"message {message.number}, segment {place + 1} {segment[:3]}: {what}"
            self._tables[table].refuse(message.first + place, shown(segment), detail)


def shown(segment: str) -> str:
    """A segment as quarantine shows it: cut where it is long, with a sign for each byte that is no text."""
    start = _NO_TEXT.sub("\ufffd", segment[:_RAW_CHARACTERS])
    return start if len(segment) <= _RAW_CHARACTERS else f"{start}... ({len(segment):,} characters)"


def _is_damaged(value: str | None) -> bool:
    return value is not None and _NO_TEXT.search(value) is not None
