"""What a decision is: its words, what belongs together, and how a wrong one is explained to the person who made it."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NaiveDatetime,
    StringConstraints,
    ValidationError,
    model_validator,
)

LABELS: Mapping[str, str] = {
    "done": "done",
    "ordered": "ordered",
    "contacted": "contacted",
    "snooze": "snooze",
    "not_applicable": "not applicable",
    "comment": "comment",
    "undo": "undo",
}
"""The decisions as people read them. ``comment`` leaves what stands as it is; ``undo`` takes it back."""

DECISIONS: tuple[str, ...] = tuple(LABELS)
"""The decisions, in the order in which they are offered."""

REASONS: Mapping[str, str] = {
    "wrong_patient": "wrong patient",
    "moved": "moved",
    "declined": "declined",
    "treated_elsewhere": "treated elsewhere",
    "bought_over_the_counter": "bought over the counter",
    "clinically_inappropriate": "clinically inappropriate",
    "data_error": "data error",
    "other": "other",
}
"""Why an item is not applicable: slug and what people read. Needed with that decision, and only there."""

LONGEST_NOTE = 2000
LONGEST_SNOOZE_YEARS = 5
"""A later year is a slip of the pen (2062 for 2026), and would hide a person for good."""


def _spoken(known: Mapping[str, str], what: str) -> BeforeValidator:
    """Takes a slug or its label, in any case and spacing, and gives the slug; an empty text is null."""

    def slug(given: Any) -> Any:
        if not isinstance(given, str):
            return given
        said = re.sub(r"[\s_-]+", "_", given.strip().lower())
        if said and said not in known:
            # What was typed is not repeated: text in the wrong column may be about a person.
            raise ValueError(f"the {what} is not one that we know. Choose one of: {', '.join(known.values())}.")
        return said or None

    return BeforeValidator(slug)


# Control characters and lone surrogates: PostgreSQL or UTF-8 cannot hold some of them, and nobody sees any.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def written(given: Any, *, longest: int = LONGEST_NOTE) -> Any:
    """A note as it is kept: line ends as one character, without control characters and outer space; empty is null."""
    if not isinstance(given, str):
        return given
    text = _INVISIBLE.sub("", given.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(text) > longest:
        raise ValueError(f"the note has {len(text):,} characters, and {longest:,} is the most. Shorten it.")
    return text or None


def calendar_day(given: Any, *, what: str = "the date to snooze until") -> Any:
    """A calendar date, or one written 2027-03-31; numbers are refused, since they could mean anything."""
    if isinstance(given, datetime):
        return given.date()
    if given is None or isinstance(given, date):
        return given
    text = given.strip() if isinstance(given, str) else "?"
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{what} is no date. Write it like 2027-03-31.") from None


Key = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00]+$")]
"""An identifier as it was delivered; PostgreSQL holds no null character."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
Word = Annotated[Literal[DECISIONS], _spoken(LABELS, "decision")]
Reason = Annotated[Literal[tuple(REASONS)] | None, _spoken(REASONS, "reason")]


class _Frozen(BaseModel):
    # A validation error may end up in a log: it must not carry what was typed or whom it is about.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Seen(_Frozen):
    """What a reviewer looked at when deciding.

    ``decision_id`` is the latest entry of the item that was shown, comments included; null when there was none.
    """

    run_id: Key
    evidence_hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    priority: Annotated[int, Field(ge=1, le=4)]
    decision_id: int | None = None


class NewDecision(_Frozen):
    """A decision about one item, complete and consistent; ``decided_at`` and ``seen_at`` are local times.

    ``seen_at`` is when the publication that was seen was made. Decision and reason may be given as slug or label.
    """

    worklist: Key
    person_id: Key
    item_key: Key
    decision: Word
    reason: Reason = None
    note: Annotated[str | None, BeforeValidator(written)] = None
    snooze_until: Annotated[date | None, BeforeValidator(calendar_day)] = None
    decided_by: Name
    decided_at: NaiveDatetime
    seen_at: NaiveDatetime
    channel: Literal["review", "sheet"]
    seen: Seen

    @model_validator(mode="after")
    def _belongs_together(self) -> "NewDecision":
        if self.decision == "not_applicable" and self.reason is None:
            raise ValueError(f"'not applicable' needs a reason. Choose one of: {', '.join(REASONS.values())}.")
        if self.decision != "not_applicable" and self.reason is not None:
            raise ValueError(f"a reason goes only with 'not applicable', not with {LABELS[self.decision]!r}.")
        if self.decision == "snooze":
            self._check_snooze(self.snooze_until)
        elif self.snooze_until is not None:
            raise ValueError(f"a date to snooze until goes only with 'snooze', not with {LABELS[self.decision]!r}.")
        if self.decision == "comment" and self.note is None:
            raise ValueError("a comment needs a note.")
        return self

    def _check_snooze(self, until: date | None) -> None:
        if until is None:
            raise ValueError("'snooze' needs the date until which the item is to rest.")
        if until <= self.decided_at.date():
            raise ValueError("the date to snooze until must be after today.")
        if until.year - self.decided_at.year > LONGEST_SNOOZE_YEARS:
            raise ValueError(
                f"the date to snooze until is more than {LONGEST_SNOOZE_YEARS} years away. Check the year."
            )

    def row(self) -> dict[str, Any]:
        """The columns of the log, apart from the number that the log gives."""
        return self.model_dump(exclude={"seen"}) | {
            "seen_run_id": self.seen.run_id,
            "seen_evidence_hash": self.seen.evidence_hash,
            "seen_priority": self.seen.priority,
            "seen_decision_id": self.seen.decision_id,
        }


_FIELDS: Mapping[str, str] = {
    "decision": "the decision",
    "reason": "the reason",
    "note": "the note",
    "snooze_until": "the date to snooze until",
    "decided_by": "the name of who decided",
    "decided_at": "the time of the decision",
}


def problems(error: ValidationError) -> list[str]:
    """What is wrong with a decision, one sentence each, as the person who made it would say it; no value of a patient.

    Fields that people do not fill in (keys, run, evidence) are told as one sentence: they were lost or changed on the
    way, and the remedy is a fresh list.
    """
    told: list[str] = []
    for problem in error.errors(include_input=False, include_url=False):
        field = str(problem["loc"][0]) if problem["loc"] else ""
        if problem["type"] == "value_error":
            sentence = problem["msg"].removeprefix("Value error, ")
        elif field not in _FIELDS:
            sentence = "what identifies the item is missing or was changed. Take the item from a fresh list."
        elif problem["type"] in ("missing", "string_too_short") or field == "decision":
            sentence = f"{_FIELDS[field]} is missing."
        else:
            sentence = f"{_FIELDS[field]} cannot be understood. Enter it again."
        sentence = sentence[0].upper() + sentence[1:]
        if sentence not in told:
            told.append(sentence)
    return told
