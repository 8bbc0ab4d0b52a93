"""Results of HL7 v2 messages: an OBX segment, in the light of the OBR before it, as a row of labs."""

import re
from collections.abc import Callable, Mapping, Sequence

from pipelines.sources.hl7_envelope import Envelope, field
from pipelines.sources.hl7_syntax import NOTHING_CODED, NULL, Coded, Syntax, limits

COLUMNS = (
    "patient_id", "result_id", "test_code", "code_system", "test_name", "other_code", "other_system", "other_name",
    "value", "unit", "ref_low", "ref_high", "abnormal_flag", "collected_at", "reported_at", "status",
)  # fmt: skip

_ORDER_STATUS = {"A": "partial"}
"""States of an order (OBR-25) that mean something else than the same letter of a result (OBX-11)."""

_RESULT_STATUS = {"B": "appended"}
"""States of a result that later versions of HL7 added."""

_ALONE = frozenset(("F", "U", ""))
"""States of a result that speak of nothing sent before: two of one test in a message are two results."""

_CORRECTING = frozenset(("A", "C", "D", "W", "X", "appended"))
"""States of a result that speak of one sent before: the first of them in a message of the first, and so on."""

_COMPARATORS = ("", "<", ">", "<=", ">=", "=", "<>")


_POWER_OF_TEN = re.compile(r"\s*(?:[x*×]\s*)?10\^[0-9]", re.IGNORECASE)
"""What a unit such as 10^9/L begins with; 10*9/L with a name behind it does not."""

Occurrences = dict[str, tuple[int, int, int]]
"""How many results of each id a message has told: as they are, to correct one, and on the way."""


class Order:
    """What an OBR, and the ORC before it, say of the results that follow."""

    def __init__(self, obr: Sequence[str], orc: Sequence[str], envelope: Envelope) -> None:
        syntax = envelope.syntax
        numbers = (field(obr, 3), field(orc, 3), field(obr, 2), field(orc, 2))
        self.number = next((number for raw in numbers if (number := order_number(raw, syntax))), None)
        self.collected_at = envelope.moment(field(obr, 7))
        self.reported_at = envelope.moment(field(obr, 22)) or envelope.sent_at
        status = field(obr, 25).strip()
        self.status = _ORDER_STATUS.get(status, status)


def order_number(raw: str, syntax: Syntax) -> str | None:
    """The number that an order has at its filler or placer, and whose number it is."""
    if not raw or raw == NULL:
        return None
    first = syntax.first(raw)
    number, whose = syntax.part(first, 1), syntax.part(first, 2)
    return f"{number}/{whose}" if number and whose else number


def result_row(
    obx: Sequence[str], order: Order, envelope: Envelope, patient_id: str | None, occurrences: Occurrences
) -> tuple[str | None, ...]:
    """The values of ``COLUMNS`` for one OBX.

    ``occurrences`` counts the ids of this message: a code that is sent again within one order, without a sub-id, is
    another result (a line of comment, the next sample of a series), unless its status speaks of the one before.
    Corrections and deletions that are sent without what they speak of find it by their order among them.
    """
    syntax = envelope.syntax
    coded = syntax.coded(field(obx, 3))
    value, unit = _value(obx[2].strip(), field(obx, 5), syntax)
    status = field(obx, 11).strip()
    status = _RESULT_STATUS.get(status, status) or order.status
    collected_at = envelope.moment(field(obx, 14)) or order.collected_at
    base = _result_id(order.number or _stand_in(patient_id, collected_at), coded, syntax.text(field(obx, 4)))
    if base is not None and (place := _place(base, status, occurrences)) > 1:
        base = f"{base}#{place}"
    low, high = limits(syntax.text(field(obx, 7)))
    return (
        patient_id, base, coded.code, coded.system, coded.name, coded.other_code, coded.other_system, coded.other_name,
        value, _unit(field(obx, 6), syntax) or unit, low, high, _flag(field(obx, 8), syntax), collected_at,
        order.reported_at or envelope.moment(field(obx, 19)), status or None,
    )  # fmt: skip


def _place(base: str, status: str, occurrences: Occurrences) -> int:
    """Which of the results of one id in a message this is, counted from 1."""
    alone, corrected, provisional = occurrences.get(base, (0, 0, 0))
    state = status.upper() if len(status) == 1 else status
    if state in _ALONE:
        place = alone = max(alone, corrected) + 1
    elif state in _CORRECTING:
        # Beside what it corrects it speaks of that, and a further one of the same.
        place = corrected = min(corrected + 1, alone or corrected + 1)
    else:
        place = provisional = provisional + 1
    occurrences[base] = alone, corrected, provisional
    return place


def _stand_in(patient_id: str | None, collected_at: str | None) -> str | None:
    """What tells an order without a number: whose sample it is, and of when."""
    return f"{patient_id}@{collected_at}" if patient_id and collected_at else None


def _result_id(order: str | None, coded: Coded, sub_id: str | None) -> str | None:
    test = coded.code or coded.name
    if order is None or test is None:
        return None
    return f"{order}/{test}/{sub_id}" if sub_id else f"{order}/{test}"


def _unit(raw: str, syntax: Syntax) -> str | None:
    """The code of a unit, else its name; a power of ten that was written without escape is one text."""
    if not raw:
        return None
    is_power = syntax.component == "^" and _POWER_OF_TEN.match(raw)
    coded = syntax.coded(raw) if syntax.component in raw and not is_power else NOTHING_CODED
    return coded.code or coded.name or syntax.text(raw)


def _flag(raw: str, syntax: Syntax) -> str | None:
    """The first abnormal flag, or one that stands for a comparator."""
    if not raw:
        return None
    flags = [flag for one in raw.split(syntax.repetition) if (flag := syntax.part(one))]
    return next((flag for flag in flags if flag in _COMPARATORS), flags[0] if flags else None)


def _value(kind: str, raw: str, syntax: Syntax) -> tuple[str | None, str | None]:
    """The value of a result as text, and the unit that stands within it.

    What OBX-2 does not announce comes out behind its type: that is no result, wherever the code is on the pathway.
    """
    if not raw or raw == NULL:
        return None, None
    read = _READERS.get(kind)
    said = read(raw, syntax) if read else None
    if said is None:
        return f"{kind}: {raw if kind not in _LARGE else '...'}", None
    value, unit = said
    # Of two lines a blank between them would make one number: 1 and 234 as 1 234.
    return value and value.replace("\n", "; "), unit


Read = Callable[[str, Syntax], tuple[str | None, str | None] | None]


def _number(raw: str, syntax: Syntax) -> tuple[str | None, str | None] | None:
    # "<150" or "HAEMOLYSED" under NM is what laboratories send: read as text it tells for itself.
    return None if syntax.component in raw or syntax.repetition in raw else (syntax.text(raw), None)


def _structured(raw: str, syntax: Syntax) -> tuple[str | None, str | None] | None:
    """A comparator, a number, a separator and a second number: ``>^100``, ``^1^:^128``, ``^10^-^20``."""
    if syntax.repetition in raw:
        return None
    parts = [syntax.text(part) or "" for part in raw.split(syntax.component)]
    if len(parts) == 1 or parts[0] not in _COMPARATORS or len(parts) > 4:
        return None
    return "".join(parts), None


def _words(raw: str, syntax: Syntax) -> tuple[str | None, str | None]:
    """Text; its repetitions are lines."""
    return syntax.text(raw.replace(syntax.repetition, "\n")), None


def _answer(raw: str, syntax: Syntax) -> tuple[str | None, str | None] | None:
    """What a coded answer says; a code without words is no number, whatever its digits."""
    coded = syntax.coded(raw)
    said = coded.name or coded.other_name or coded.code
    is_code = said == coded.code and syntax.component in raw and re.fullmatch(r"[\d-]+", said or "")
    return None if is_code or syntax.repetition in raw else (said, None)


def _composite(raw: str, syntax: Syntax) -> tuple[str | None, str | None] | None:
    return None if syntax.repetition in raw else (syntax.part(raw), syntax.part(raw, 2))


_READERS: Mapping[str, Read] = {
    "NM": _number, "SN": _structured, "CQ": _composite,
    **dict.fromkeys(("ST", "TX", "FT", ""), _words),
    **dict.fromkeys(("CE", "CWE", "CNE", "CF", "IS", "ID"), _answer),
}  # fmt: skip

_LARGE = ("ED", "RP")
"""Documents, within the message or elsewhere: never shown."""
