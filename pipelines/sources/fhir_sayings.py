"""What raw elements say, each distinct one read once: they repeat from resource to resource."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from pipelines.sources.fhir_dosage import amounts, instruction
from pipelines.sources.fhir_elements import CodeableConcept, Dosage, Identifier, Range, Reference, decoded
from pipelines.sources.fhir_meanings import (
    Contained,
    condition_status,
    contained,
    flag,
    named,
    normal_range,
    referred,
    spoken,
)
from pipelines.sources.fhir_resources import DispenseRequest

MOST_REMEMBERED = 100_000
"""Distinct elements of a kind that are remembered at a time."""


Columns = dict[str, Sequence[Any]]
"""Cells by column, those of one resource at the same place in each."""


class Interned(dict):
    """What raw elements mean; each is read when it is first met, and all are forgotten when there are too many."""

    def __init__(self, read: Callable[[bytes], object]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, raw: bytes) -> object:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        found = self[raw] = self._read(raw)
        return found


def remembered(element: str, kind: object, meaning: Callable[[Any], object]) -> Interned:
    """The meaning of elements of one name and kind, null for none.

    Looking up raises ``msgspec.ValidationError``, naming the element, for one that is not of its kind.
    """
    decoder = msgspec.json.Decoder(kind | None)

    def read(raw: bytes) -> object:
        found = decoded(element, decoder, raw)
        return None if found is None else meaning(found)

    return Interned(read)


class Sayings:
    """The elements met in a file, each read once; ``told`` gives concepts their numbers.

    With ``ends_registration`` a patient who is not active left on the day on which that was recorded.
    """

    def __init__(self, told: Interned, *, ends_registration: bool) -> None:
        self.told = told
        self.ends_registration = ends_registration
        self._has_contained = False
        self.person = remembered("subject", Reference, self._person)
        self.place = remembered("managingOrganization", Reference, named)
        self.flag = remembered("interpretation", list[CodeableConcept], flag)
        self.limits = remembered("referenceRange", list[Range], normal_range)
        self.answer = remembered("valueCodeableConcept", CodeableConcept, lambda said: spoken(said, "value"))
        self.absent = remembered("dataAbsentReason", CodeableConcept, spoken)
        self.code = remembered("status of a condition", CodeableConcept, condition_status)
        self.dosages = remembered("dosage", list[Dosage], instruction)
        self.dosage = remembered("dosage", Dosage, lambda said: instruction([said]))
        self.amounts = remembered("dispenseRequest", DispenseRequest, amounts)
        self.product = remembered("medicationReference", Reference, lambda to: (referred(to, "Medication"), to.display))

    def people(self, found: Sequence[Any]) -> list[str | None]:
        """The person whom each resource is about."""
        known = self.person
        people = [known[bytes(resource.subject)] for resource in found]
        if self._has_contained:
            for number, (person, resource) in enumerate(zip(people, found, strict=True)):
                if person and person[0] == "#":
                    people[number] = _identified(contained(resource.contained, person))
        return people

    def _person(self, reference: Reference) -> str | None:
        person = referred(reference, "Patient")
        self._has_contained = self._has_contained or bool(person and person[0] == "#")
        return person


def _identified(person: Contained | None) -> str | None:
    """The first identifier of a person who is contained in a resource, and has no id outside it."""
    identifiers = msgspec.json.decode(person.identifier or b"[]", type=list[Identifier]) if person else ()
    return next((own.value for own in identifiers if own.value), None)
