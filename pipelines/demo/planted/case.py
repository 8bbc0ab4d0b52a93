"""What a planted case is: a person, the rows that make them, and the state each worklist must show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.demo.planted.rows import Row, Rows, flat

PROFILES = ("uk_nice_ng239", "us")
NOT_ELIGIBLE = "not_eligible"
NEW_SITE = "Newbridge Demo Practice"
"""A site of planted persons alone, whose first drug rows the cases themselves set."""


@dataclass(frozen=True)
class Person:
    """A planted person; unless the case is about it, a registered living woman of fifty."""

    sex: str | None = "F"
    age: int | None = 50
    """Completed years on the as-of date, which is a birthday; None delivers no birth date."""
    younger_by: int = 0
    """Days by which the birthday lies after the as-of date."""
    registered_from: int | None = 3650
    registered_until: int | None = None
    died: int | None = None
    site: str | None = None
    """None puts the person at one of the sites of the population, in turn."""
    in_patients: bool = True
    lab: str | None = None
    """The laboratory that reports all their results; None takes the laboratories in turn."""


@dataclass(frozen=True)
class Expectation:
    """The state of a person on a worklist: open, a ``closed_by`` value, or not eligible."""

    state: str
    priority: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Expectation":
        """Read ``open 2``, ``treated`` or ``not_eligible``."""
        state, _, priority = text.partition(" ")
        if not state or (state == "open") != priority.isdigit():
            raise ValueError(
                f"Cannot read the expectation {text!r}. Write 'open 2', a closed_by value, or 'not_eligible'."
            )
        return cls(state, int(priority) if priority else None)


@dataclass(frozen=True)
class Case:
    """One planted person, and what each profile must say of them."""

    patient_id: str
    person: Person
    rows: tuple[Row, ...]
    expected: Mapping[tuple[str, str], Expectation]
    """By profile and worklist."""
    why: str


Expected = str | Mapping[str, str]


@dataclass(frozen=True)
class Draft:
    """A case before it has its number."""

    expected: Expected
    why: str
    rows: tuple[Row, ...]
    us: Expected | None
    person: Person

    def numbered(self, patient_id: str, worklist: str) -> Case:
        """The case, with the expectations of both profiles written out."""
        by_profile = zip(PROFILES, (self.expected, self.us if self.us is not None else self.expected), strict=True)
        expected = {
            (profile, name): Expectation.parse(text)
            for profile, states in by_profile
            for name, text in ({worklist: states} if isinstance(states, str) else states).items()
        }
        return Case(patient_id, self.person, self.rows, expected, self.why)


def case(expected: Expected, why: str, *rows: Rows, us: Expected | None = None, person: Person | None = None) -> Draft:
    """A planted person: the expected state on the worklist of the module, why, and the rows that make it.

    ``expected`` may name several worklists. ``us`` is given only where the ``us`` profile says something else.
    """
    return Draft(expected, why, flat(rows), us, person or Person())


def number(prefix: str, worklist: str, drafts: Sequence[Draft]) -> tuple[Case, ...]:
    """The drafts as cases ``P-<prefix>-001`` and so on, in the order written: add new ones at the end."""
    return tuple(draft.numbered(f"P-{prefix}-{place:03d}", worklist) for place, draft in enumerate(drafts, start=1))
