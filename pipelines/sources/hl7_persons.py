"""Persons of HL7 v2 messages: a PID segment, with PD1 and PV1 behind it, as a row of patients."""

from collections.abc import Sequence
from dataclasses import replace

from pipelines.duck import literal
from pipelines.ingest.records import Records
from pipelines.sources.hl7_envelope import Envelope, field
from pipelines.sources.hl7_syntax import NULL, Syntax, birth

TOLD = ("birth_date", "sex", "death_date", "site", "clinician", "display_name")
"""What a message may say of a person, and need not."""

NEVER_TOLD = ("registered_from", "registered_until")
"""What no message says of a person."""

COLUMNS = ("patient_id", *TOLD, "sender", "recorded_at")

_MEDICAL_RECORD = "MR"
"""The type (CX.5) of the number under which a hospital keeps the record of a patient."""


class Person:
    """A person as the segments of one message tell; each takes what it says and leaves the rest."""

    def __init__(self, pid: Sequence[str], envelope: Envelope, authority: str | None) -> None:
        self._pid, self._envelope = pid, envelope
        self.patient_id = patient_id(pid, envelope.syntax, authority)
        self._pd1: Sequence[str] = ()
        self._pv1: Sequence[str] = ()

    def demographics(self, pd1: Sequence[str]) -> None:
        """Take what PD1 says: who cares for the person."""
        self._pd1 = pd1

    def visit(self, pv1: Sequence[str]) -> None:
        """Take what PV1 says: where the person is seen, and by whom."""
        self._pv1 = pv1

    def row(self) -> tuple[str | None, ...]:
        """The values of ``COLUMNS``, with ``NULL`` for what the message deletes.

        Only what was sent to tell of the person (ADT) has a time: what stands beside results ranks below it, for a
        laboratory knows less of its patients. A death without a date is dated by the message that tells of it.
        """
        pid, pv1, envelope = self._pid, self._pv1, self._envelope
        syntax = envelope.syntax
        born, died, sex = (field(pid, number) for number in (7, 29, 8))
        death = envelope.moment(died)
        is_dead = (syntax.part(field(pid, 30)) or "").upper()
        if death is None and is_dead == "Y":
            death = envelope.sent_at
        is_alive = died == NULL or (death is None and is_dead == "N")
        return (
            self.patient_id,
            NULL if born == NULL else birth(born, syntax.component),
            NULL if sex == NULL else syntax.part(sex),
            NULL if is_alive else death and death[:10],
            syntax.part(field(pv1, 3), 4) or syntax.part(field(pv1, 39)),
            _name(field(self._pd1, 4), syntax, 2) or _name(field(pv1, 7), syntax, 2),
            _name(field(pid, 5), syntax, 1),
            envelope.facility,
            envelope.sent_at if envelope.code == "ADT" else None,
        )


def with_unsaid(records: Records) -> Records:
    """The records with ``unsaid``: the columns of which each says nothing, for what a message leaves out is unchanged.

    What it deletes is empty and said. Where nothing tells a site, the facility that sent the message stands in.
    """
    gaps = ", ".join(f"CASE WHEN {name} IS NULL THEN {literal(name)} END" for name in TOLD)
    unsaid = f"concat_ws(' ', {literal(' '.join(NEVER_TOLD))}, {gaps}) AS unsaid"
    known = {name: f"nullif({name}, {literal(NULL)})" for name in TOLD}
    known["site"] = f"coalesce({known['site']}, sender)"
    terms = ", ".join(f"{term} AS {name}" for name, term in known.items())
    relation = f"(SELECT * REPLACE ({terms}), {unsaid} FROM {records.relation})"
    return replace(records, relation=relation, terms={"unsaid": "r.unsaid"})


def patient_id(pid: Sequence[str], syntax: Syntax, authority: str | None) -> str | None:
    """The identifier of a person: of the authority that is asked for, else of the medical record, else the first.

    PID-2 held it before there was a list in PID-3.
    """
    raw = field(pid, 3)
    if syntax.repetition not in raw and authority is None:
        return syntax.part(raw) or (syntax.part(field(pid, 2)) if raw in ("", NULL) else None)
    found = [one for one in raw.split(syntax.repetition) if syntax.part(one)]
    if authority is not None:
        found = [one for one in found if authority in _authorities(one, syntax)]
    else:
        found.sort(key=lambda one: syntax.part(one, 5) != _MEDICAL_RECORD)
    return syntax.part(found[0]) if found else None


def _authorities(identifier: str, syntax: Syntax) -> list[str | None]:
    """Under what names an authority is said to have given an identifier: its namespace, its universal id."""
    parts = identifier.split(syntax.component)
    whole = parts[3].split(syntax.subcomponent) if len(parts) > 3 else []
    return [syntax.text(part) for part in whole[:2]]


def _name(raw: str, syntax: Syntax, family: int) -> str | None:
    """Given name and family name, the family name at this component; the identifier where there is no name."""
    if not raw:
        return None
    said = [name for name in (syntax.part(raw, family + 1), syntax.part(raw, family)) if name]
    return " ".join(said) or (syntax.part(raw) if family > 1 else None)
