"""Reviewers in a process of their own; ``python -m tests.decisions.reviewers`` is told which by its arguments.

Each line of the output is JSON. Everything waits for a line on standard input, so that all begin together.
"""

import json
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import datetime

from pipelines.decisions import DecisionLog, Fate, NewDecision
from tests.decisions.made import decided

CONTESTED = "low:P-0:contested"
RELAYS = 5
OWN = 3
MORNING = datetime(2026, 3, 2, 9, 30)


def review(url: str, number: int, told: list[dict]) -> None:
    """One reviewer: wants an item that all want, works items alone, and passes an item on with nine others."""
    name = f"reviewer {number}"
    log = DecisionLog.open(url, patience_seconds=120)

    def tell(new: Sequence[NewDecision], fates: Sequence[Fate]) -> None:
        for decision, fate in zip(new, fates, strict=True):
            told.append({"who": name, "item": decision.item_key, "outcome": fate.outcome, "id": fate.decision_id})

    def enter(*new: NewDecision) -> list[Fate]:
        fates = log.append(new)
        tell(new, fates)
        return fates

    enter(decided(CONTESTED, decided_by=name))
    own = [decided(f"low:P-{number}:{n}", decided_by=name) for n in range(OWN)]
    first = enter(*own)
    enter(
        *(
            decided(d.item_key, decided_by=name, decision="undo", after=f.decision_id)
            for d, f in zip(own, first, strict=True)
        )
    )

    relay, seen = f"low:P-0:relay-{number % RELAYS}", None
    while True:  # as people do: told of another's decision, they look again and decide anew
        [fate] = enter(decided(relay, decided_by=name, after=seen, decision="comment", note=name))
        if fate.outcome == "taken":
            return
        seen = fate.decision_id


def say(what: object) -> None:
    """A line for the test to read."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Stalling(list):
    """Decisions of which the last is not handed out for the second time: the writer then stands in mid-batch."""

    asked = 0

    def __getitem__(self, place: int) -> NewDecision:
        if place == len(self) - 1:
            self.asked += 1
            if self.asked == 2:
                say("in the middle")
                sys.stdin.readline()
        return super().__getitem__(place)


def main(what: str, url: str, *numbers: str) -> None:
    """Reviewers with these numbers, or one writer that stops in the middle of a batch."""
    signal.alarm(240)  # a deadlock fails the test; it does not hang it
    say("ready")
    sys.stdin.readline()
    if what == "stall":
        DecisionLog.open(url).append(Stalling(decided(f"low:P-{n:03}:r1", channel="sheet") for n in range(200)))
    told: list[dict] = []
    people = [threading.Thread(target=review, args=(url, int(number), told)) for number in numbers]
    for person in people:
        person.start()
    for person in people:
        person.join()
    say(told)


if __name__ == "__main__":
    main(*sys.argv[1:])
