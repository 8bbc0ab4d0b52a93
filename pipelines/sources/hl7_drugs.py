"""Drugs of HL7 v2 messages: orders (RXE, RXO), dispensings (RXD) and administrations (RXA) as rows of prescriptions."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from pipelines.ingest.prescriptions import DEFAULT_DAYS
from pipelines.sources.hl7_envelope import Envelope, field
from pipelines.sources.hl7_results import order_number
from pipelines.sources.hl7_syntax import Coded, Syntax

COLUMNS = (
    "patient_id", "prescription_id", "drug_code", "code_system", "drug_name", "other_code", "other_system",
    "other_name", "route", "form", "strength", "daily_dose", "quantity", "days_supply", "start_date", "end_date",
    "status", "kind", "recorded_at",
)  # fmt: skip

SEGMENT_OF: Mapping[str, str] = {"RDE": "RXE", "OMP": "RXO", "ORM": "RXO", "RDS": "RXD", "RAS": "RXA"}
"""The segment that tells of a drug, by message code; the others stand there to say what it answers to."""

_BY_CONTROL = {
    **dict.fromkeys(("CA", "CR", "OC"), "cancelled"),
    **dict.fromkeys(("DC", "DR", "OD", "RP", "RQ", "RU"), "discontinued"),
    **dict.fromkeys(("HD", "HR", "OH"), "on-hold"),
    **dict.fromkeys(("UA",), "declined"),
    **dict.fromkeys(("DE",), "entered-in-error"),
}
"""What an order control (ORC-1) says of the order, where it says something; any other leaves it as it is."""

_BY_STATUS = {
    "CA": "cancelled", "DC": "discontinued", "RP": "discontinued", "HD": "on-hold", "CM": "completed",
    "ER": "entered-in-error",
}  # fmt: skip
"""What an order status (ORC-5) says, of HL7 table 0038."""

ENDED = ("discontinued", "on-hold", "completed")
"""States that tell of an order that began before."""

_TAKEN_BACK = ("cancelled", "entered-in-error")
"""States by which a message takes back what was handed out or given."""

_COMPLETION = {"CP": "completed", "PA": "completed", "": "administered", "RE": "declined", "NA": "not-done"}
"""What became of an administration (RXA-20)."""

_DAYS = {"d": 1, "day": 1, "days": 1, "w": 7, "wk": 7, "week": 7, "weeks": 7}
_BESIDE_THE_NEXT = "A"
_DURATION = re.compile(r"([DW])([0-9]{1,4})")
_AMOUNT = re.compile(r"[0-9]{1,4}(\.[0-9]+)?")
_REFILLS = re.compile(r"\s*[0-9]{1,2}\s*")
_PIECES = re.compile(r"amp|vial|dose|tab|cap|each|ea$|syr|inj", re.IGNORECASE)
_MASS = re.compile(r"(?:m|mc|u|µ|μ)?g|milligrams?|micrograms?", re.IGNORECASE)


class DrugOrder:
    """An ORC and what follows up to the next: timing and route stand behind the drugs that they are about."""

    def __init__(self, orc: Sequence[str], envelope: Envelope) -> None:
        self.orc, self.envelope = orc, envelope
        self._timings: list[Sequence[str]] = []
        self._is_told_again = False
        self._route: str | None = None
        self.pending: list[tuple[Sequence[str], int]] = []

    def timing(self, tq1: Sequence[str]) -> None:
        """When the drug is to be taken (TQ1); behind a segment of the drug it is told anew."""
        if self._is_told_again:
            self._timings, self._is_told_again = [], False
        self._timings.append(tq1)

    def drug_told(self) -> None:
        """Take note that a segment tells of the drug, as it was asked for or as it is handed on."""
        self._is_told_again = True

    def route(self, rxr: Sequence[str]) -> None:
        """How it is to be taken (RXR-1): the text, else the code."""
        syntax = self.envelope.syntax
        self._route = syntax.part(field(rxr, 1), 2) or syntax.part(field(rxr, 1))

    def row(self, drug: Sequence[str], patient_id: str | None) -> tuple[str | None, ...]:
        """The values of ``COLUMNS`` for an RXE, RXO, RXD or RXA."""
        said = _SAID_BY[drug[0]](self, drug)
        coded: Coded = said.pop("coded")
        number = said.pop("number")
        start = said["start_date"]
        if number is None and patient_id and (coded.code or coded.name) and start:
            number = f"{patient_id}@{start}/{coded.code or coded.name}"
        row = {
            "patient_id": patient_id, "prescription_id": number, "drug_code": coded.code, "code_system": coded.system,
            "drug_name": coded.name, "other_code": coded.other_code, "other_system": coded.other_system,
            "other_name": coded.other_name, "route": self._route, **said,
        }  # fmt: skip
        return tuple(row.get(name) for name in COLUMNS)

    def _number(self, *parts: str) -> str | None:
        """The number of the order at the pharmacy, else at the prescriber, and what tells its parts."""
        syntax = self.envelope.syntax
        numbers = (field(self.orc, 3), field(self.orc, 2))
        order = next((number for raw in numbers if (number := order_number(raw, syntax))), None)
        told = [text for part in parts if (text := syntax.text(part)) and text != "0"]
        return "/".join([order, *told]) if order else None

    def _by_control(self) -> str | None:
        return _BY_CONTROL.get(field(self.orc, 1).strip().upper())

    def _status(self) -> str:
        return self._by_control() or _BY_STATUS.get(field(self.orc, 5).strip().upper()) or "active"

    def _recorded_at(self) -> str | None:
        return self.envelope.moment(field(self.orc, 9)) or self.envelope.sent_at

    def _times(self, timing: str, effective: str = "") -> tuple[str | None, str | None, str | None]:
        """Start, end and days of an order: from TQ1, else from the older timing field of the drug or of ORC."""
        envelope, component = self.envelope, self.envelope.syntax.component
        old = [part.split(component) for part in (timing, field(self.orc, 7))]
        starts = [field(tq1, 7) for tq1 in self._timings[:1]] + [field(["", *parts], 4) for parts in old]
        ends = [field(tq1, 8) for tq1 in self._timings[-1:]] + [field(["", *parts], 5) for parts in old]
        start = next((said for raw in (*starts, effective) if (said := envelope.moment(raw))), None)
        end = next((said for raw in ends if (said := envelope.moment(raw))), None)
        days = _days(self._timings, [field(["", *parts], 3) for parts in old], envelope)
        return start, end, days

    def _ordered(
        self, drug: Sequence[str], timing: str, quantity: str | None, refills: str
    ) -> dict[str, str | Coded | None]:
        """What is common to orders. One that is discontinued ends when the message says so, if not before.

        A quantity that may be handed out again (RXE-12, RXO-13) is that of all times together, and lasts for a usual
        issue each time, where no timing tells how long: how much a day it is meant for is not known.

        The time of a message that tells of an earlier order (ORC-9, ORC-15) is no start of it: see ``hl7_starts``.
        """
        status, recorded_at = self._status(), self._recorded_at()
        began_before = status in ENDED
        start, end, days = self._times(timing, "" if began_before else field(self.orc, 15))
        if start is None and not began_before:
            start = recorded_at
        if quantity and not (end or days) and (times := 1 + int(refills if _REFILLS.fullmatch(refills) else 0)) > 1:
            quantity, end = _times_over(quantity, times), _last_day(start, times * DEFAULT_DAYS)
        if status == "discontinued" and recorded_at:
            stop = self.envelope.moment(field(self.orc, 15)) or recorded_at
            end = min(end, stop) if end else stop
        return {
            "start_date": start,
            "quantity": quantity,
            "end_date": max(start, end) if start and end and status == "discontinued" else end,
            "days_supply": days,
            "status": status,
            "recorded_at": recorded_at,
            "kind": "prescribed",
            "coded": self.envelope.syntax.coded(field(drug, 2 if drug[0] == "RXE" else 1)),
        }

    def _encoded(self, rxe: Sequence[str]) -> dict[str, str | Coded | None]:
        syntax = self.envelope.syntax
        quantity = _counted(field(rxe, 10), field(rxe, 11), syntax)
        return self._ordered(rxe, field(rxe, 1), quantity, field(rxe, 12)) | {
            "number": self._number() or syntax.part(field(rxe, 15)),
            "form": _said(field(rxe, 6), syntax),
            "strength": _amount(field(rxe, 25), field(rxe, 26), syntax),
            "daily_dose": _composite(field(rxe, 19), syntax),
        }

    def _requested(self, rxo: Sequence[str]) -> dict[str, str | Coded | None]:
        syntax = self.envelope.syntax
        quantity = _counted(field(rxo, 11), field(rxo, 12), syntax)
        return self._ordered(rxo, "", quantity, field(rxo, 13)) | {
            "number": self._number(),
            "form": _said(field(rxo, 5), syntax),
            "strength": _amount(field(rxo, 18), field(rxo, 19), syntax),
        }

    def _dispensed(self, rxd: Sequence[str]) -> dict[str, str | Coded | None]:
        syntax = self.envelope.syntax
        status = self._status()
        return {
            "number": self._number(field(rxd, 1), field(rxd, 3)),
            "coded": syntax.coded(field(rxd, 2)),
            "start_date": self.envelope.moment(field(rxd, 3)),
            "quantity": _counted(field(rxd, 4), field(rxd, 5), syntax),
            "form": _said(field(rxd, 6), syntax),
            "daily_dose": _composite(field(rxd, 12), syntax),
            "strength": _amount(field(rxd, 16), field(rxd, 17), syntax),
            "days_supply": self._supplied(rxd),
            "status": status if status in _TAKEN_BACK else "dispensed",
            "kind": "dispensed",
            "recorded_at": self._recorded_at(),
        }

    def _supplied(self, rxd: Sequence[str]) -> str | None:
        """Days that a dispensing lasts: those of its order, but only where it may hand out so much at once.

        A quantity shows what was handed out of the order: a piece for every day, or the days say nothing of it.
        """
        syntax = self.envelope.syntax
        days, amount, unit = self._times("")[2], syntax.part(field(rxd, 4)), _said(field(rxd, 5), syntax)
        if not days or not amount:
            return days
        is_in_pieces = _AMOUNT.fullmatch(amount) and (unit is None or _PIECES.match(unit))
        return days if is_in_pieces and float(days) <= float(amount) else None

    def _administered(self, rxa: Sequence[str]) -> dict[str, str | Coded | None]:
        """One giving. An end on the day of the start is that of the giving, and says nothing of how long it lasts.

        The message takes it back by its order control; the state of the order (ORC-5) is none of a giving.
        """
        syntax, envelope = self.envelope.syntax, self.envelope
        start, end = envelope.moment(field(rxa, 3)), envelope.moment(field(rxa, 4))
        completion = field(rxa, 20).strip().upper()
        status = "entered-in-error" if field(rxa, 21).strip().upper() == "D" else self._by_control()
        return {
            "number": self._number(field(rxa, 2), field(rxa, 3)),
            "coded": syntax.coded(field(rxa, 5)),
            "start_date": start,
            "end_date": end if start and end and end[:10] > start[:10] else None,
            "form": _said(field(rxa, 8), syntax),
            "quantity": _pieces(field(rxa, 6), field(rxa, 7), syntax),
            "strength": _amount(field(rxa, 6), field(rxa, 7), syntax),
            "status": status if status in _TAKEN_BACK else _COMPLETION.get(completion, completion),
            "kind": "administered",
            "recorded_at": envelope.moment(field(rxa, 22)) or self._recorded_at(),
        }


_SAID_BY = {
    "RXE": DrugOrder._encoded, "RXO": DrugOrder._requested, "RXD": DrugOrder._dispensed, "RXA": DrugOrder._administered,
}  # fmt: skip


def _days(timings: Sequence[Sequence[str]], old: Sequence[str], envelope: Envelope) -> str | None:
    """Days that a supply lasts, its timings one after the other; null where one of them is in no known unit.

    Timings that hold side by side (TQ1-12) last as long as the longest of them.
    """
    syntax = envelope.syntax
    counted = longest = 0.0
    for tq1 in timings:
        if raw := field(tq1, 6):
            amount, unit = syntax.part(raw), (syntax.part(raw, 2) or "").lower()
            if unit not in _DAYS or not _AMOUNT.fullmatch(amount or ""):
                return None
            longest = max(longest, float(amount) * _DAYS[unit])
        if field(tq1, 12).strip().upper() != _BESIDE_THE_NEXT:
            counted, longest = counted + longest, 0.0
    counted += longest
    if counted:
        return f"{counted:g}"
    found = next((match for raw in old if (match := _DURATION.fullmatch(raw))), None)
    return str(int(found[2]) * _DAYS[found[1].lower()]) if found else None


def _times_over(quantity: str, times: int) -> str:
    """A quantity so many times; one that is no number stays what it is."""
    return f"{float(quantity) * times:g}" if _AMOUNT.fullmatch(quantity) else quantity


def _last_day(start: str | None, days: int) -> str | None:
    """The last of so many days; null where the start is no day."""
    try:
        return str(date.fromisoformat((start or "")[:10]) + timedelta(days=days - 1))
    except (ValueError, OverflowError):
        return None


def _said(raw: str, syntax: Syntax) -> str | None:
    """The words of a coded value, else its code."""
    return (syntax.part(raw, 2) or syntax.part(raw)) if raw else None


def _amount(number: str, unit: str, syntax: Syntax) -> str | None:
    """An amount as a strength: only where it is a mass."""
    amount, of = syntax.part(number), syntax.part(unit)
    return f"{amount} {of}" if amount and of and _MASS.match(of) else None


def _counted(number: str, unit: str, syntax: Syntax) -> str | None:
    """A quantity of packages or pieces: a mass is none."""
    of = syntax.part(unit)
    return syntax.part(number) if number and not (of and _MASS.fullmatch(of)) else None


def _pieces(number: str, unit: str, syntax: Syntax) -> str | None:
    """A quantity of what is named as pieces: without a name it may be the milligrams that were ordered."""
    of = _said(unit, syntax)
    return syntax.part(number) if of and _PIECES.match(of) else None


def _composite(raw: str, syntax: Syntax) -> str | None:
    """Quantity and unit as one text."""
    said = [part for part in (syntax.part(raw), syntax.part(raw, 2)) if part] if raw else []
    return " ".join(said) or None
