"""Planted cases of ``maintenance_stopped`` and ``maintenance_overdue``: two lists over the same injection courses.

A course of hydroxocobalamin every 84 days is on time until 112 days after the last injection, overdue until 173 days,
and stopped from 174 days on.
"""

from pipelines.demo.planted.case import NOT_ELIGIBLE, case, number
from pipelines.demo.planted.rows import (
    Rows,
    b12,
    diagnosis,
    dispensed,
    injection,
    injections,
    lab,
    nasal_b12,
    oral_b12,
    prescribed,
    procedure,
    unrouted_b12,
)

STOPPED, OVERDUE = "maintenance_stopped", "maintenance_overdue"
NEITHER = {STOPPED: NOT_ELIGIBLE, OVERDUE: NOT_ELIGIBLE}


def both(state: str) -> dict[str, str]:
    """Closed on both lists, for the same reason."""
    return {STOPPED: state, OVERDUE: state}


def overdue(priority: int) -> dict[str, str]:
    """Open on the list of the overdue."""
    return {STOPPED: "overdue_listed", OVERDUE: f"open {priority}"}


def stopped(priority: int) -> dict[str, str]:
    """Open on the list of the stopped."""
    return {STOPPED: f"open {priority}", OVERDUE: "stopped_listed"}


def every(gap: int, last: int, count: int = 3, substance: str = "hydroxocobalamin") -> Rows:
    """``count`` injections, ``gap`` days apart, the last one ``last`` days ago."""
    return injections(*(last + gap * place for place in range(count)), substance=substance)


def after_gaps(last: int, *gaps: int) -> Rows:
    """Injections that end ``last`` days ago, with these gaps between them, the latest gap first."""
    return injections(*(last + sum(gaps[:place]) for place in range(len(gaps) + 1)))


LONG_LOW = b12(110, days=1500)

# One case, one line:
# fmt: off
_CLOCK = (
    case(both("on_time"), "84-day course, 112 days since the last", every(84, 112)),
    case(overdue(3), "113 days since the last", every(84, 113)),
    case(overdue(3), "173 days since the last", every(84, 173)),
    case(stopped(3), "174 days since the last", every(84, 174)),
    case(stopped(3), "1095 days since the last", every(84, 1095)),
    case(NEITHER, "1096 days since the last", every(84, 1096)),
    case(both("on_time"), "cyanocobalamin, 44 days since the last", every(30, 44, substance="cyanocobalamin")),
    case(overdue(3), "cyanocobalamin, 45 days since the last", every(30, 45, substance="cyanocobalamin")),
    case(overdue(3), "cyanocobalamin, 119 days since the last", every(30, 119, substance="cyanocobalamin")),
    case(stopped(3), "cyanocobalamin, 120 days since the last", every(30, 120, substance="cyanocobalamin")),
    case(both("on_time"), "substance unknown: 84 days in the UK, 30 in the US", every(84, 112, substance="unknown"), us=overdue(3)),
    case(both("on_time"), "both substances on the last day: hydroxocobalamin counts", every(84, 112), injection(112, substance="cyanocobalamin")),
    case(overdue(3), "hydroxocobalamin recorded as procedures", *(procedure("hydroxocobalamin_injection", day) for day in (113, 197, 281))),
    case(overdue(3), "cyanocobalamin recorded as procedures", *(procedure("cyanocobalamin_injection", day) for day in (45, 75, 105))),
)

_INTERVAL = (
    case(both("on_time"), "four injections 56 days apart, 70 days since the last", every(56, 70, 4)),
    case(overdue(3), "71 days since the last", every(56, 71, 4)),
    case(overdue(3), "145 days since the last", every(56, 145, 4)),
    case(stopped(3), "146 days since the last", every(56, 146, 4)),
    case(both("on_time"), "three injections 56 days apart are too few to learn from", every(56, 112)),
    case(overdue(3), "the last four gaps count, not the long ones before", after_gaps(71, 56, 56, 56, 56, 84, 84, 84, 84, 84)),
    case(both("on_time"), "gaps of 56, 56, 84, 84: the median is 70, with four weeks of grace", after_gaps(98, 56, 56, 84, 84)),
    case(overdue(3), "gaps of 56, 56, 84, 84, a day later", after_gaps(99, 56, 56, 84, 84)),
    case(both("on_time"), "gaps of 69: two weeks of grace", every(69, 83, 4)),
    case(overdue(3), "gaps of 69, a day later", every(69, 84, 4)),
    case(both("on_time"), "gaps of 50, 56, 57, 90: the median is rounded down to 56", after_gaps(70, 50, 56, 57, 90)),
    case(overdue(3), "gaps of 50, 56, 57, 90, a day later", after_gaps(71, 50, 56, 57, 90)),
    case(both("on_time"), "gaps of 182 days are an interval", every(182, 200, 4)),
    case(stopped(3), "gaps of 183 days are none", every(183, 200, 4)),
    case(both("on_time"), "gaps of 20 days are no maintenance: the default interval", after_gaps(112, 84, 84, 20, 20, 20)),
)

_WHO = (
    case(both("on_time"), "two gaps of 21 days", every(21, 112)),
    case(NEITHER, "gaps of 20 days, no cause, no low result", every(20, 240)),
    case(NEITHER, "one gap", every(84, 200, 2)),
    case(NEITHER, "one injection, no cause, no low result", injection(300)),
    case(stopped(3), "one injection, LOW on that day", injection(300), b12(110, days=300)),
    case(stopped(3), "one injection, LOW 365 days before", injection(300), b12(110, days=665)),
    case(NEITHER, "one injection, LOW 366 days before", injection(300), b12(110, days=666)),
    case(NEITHER, "one injection, indeterminate before", injection(300), b12(200, days=320)),
    case(stopped(2), "one injection, pernicious anemia", injection(300), diagnosis("pernicious_anemia", 2000)),
    case(stopped(2), "one injection, autoimmune gastritis under a local code", injection(300), diagnosis("autoimmune_gastritis", 2000)),
    case(stopped(2), "one injection, intrinsic factor antibodies", injection(300), lab("intrinsic_factor_ab", "Positive", days=2000)),
    case(NEITHER, "one injection, antibodies negative", injection(300), lab("intrinsic_factor_ab", "Negative", days=2000)),
    case(stopped(2), "one injection, total gastrectomy", injection(300), procedure("gastrectomy_total", 2000)),
    case(stopped(2), "one injection, ileal resection", injection(300), procedure("ileal_resection", 2000)),
    case(NEITHER, "one injection, partial gastrectomy is no lifelong cause", injection(300), procedure("gastrectomy_partial", 2000)),
    case(stopped(3), "gaps of 84 and 364 days: one course", after_gaps(200, 84, 364)),
    case(NEITHER, "gaps of 84 and 365 days: two courses", after_gaps(200, 84, 365)),
    case(stopped(3), "a pause of 364 days after the second ampoule of two", dispensed(284 + 84 + 364, 2), dispensed(284, 1), dispensed(200, 1)),
    case(NEITHER, "a pause of 365 days after it", dispensed(284 + 84 + 365, 2), dispensed(284, 1), dispensed(200, 1)),
)

_SUPPLY = (
    case(both("on_time"), "five ampoules: 420 days and four weeks", dispensed(448, 5), diagnosis("pernicious_anemia", 2000)),
    case(overdue(2), "five ampoules, a day later", dispensed(449, 5), diagnosis("pernicious_anemia", 2000)),
    case(overdue(2), "89 days past the last of five", dispensed(509, 5), diagnosis("pernicious_anemia", 2000)),
    case(stopped(2), "90 days past the last of five", dispensed(510, 5), diagnosis("pernicious_anemia", 2000)),
    case(both("on_time"), "ten ampoules count as six: 504 days and four weeks", dispensed(532, 10), diagnosis("pernicious_anemia", 2000)),
    case(overdue(2), "ten ampoules, a day later", dispensed(533, 10), diagnosis("pernicious_anemia", 2000)),
    case(overdue(2), "2.9 ampoules are two whole ones", dispensed(197, 2.9), diagnosis("pernicious_anemia", 2000)),
    case(stopped(2), "ampoules of unknown number are one", dispensed(300), diagnosis("pernicious_anemia", 2000)),
    case(stopped(2), "three prescribed, two of them dispensed: two count", prescribed(300, 3), dispensed(300, 2), diagnosis("pernicious_anemia", 2000)),
    case(overdue(2), "three prescribed, none dispensed: three count", prescribed(300, 3), diagnosis("pernicious_anemia", 2000)),
    case(overdue(2), "one and two dispensed on one day are three", dispensed(300, 1), dispensed(300, 2), diagnosis("pernicious_anemia", 2000)),
    case(both("on_time"), "ampoules handed out after the last injection", *injections(400, 316), dispensed(232, 3)),
    case(stopped(3), "ampoules handed out before the last injection are used up", dispensed(400, 6), *injections(284, 200)),
    case(NEITHER, "dispensed 28 days before it was given: one injection", dispensed(328, 1), *injections(300, 216)),
    case(stopped(3), "dispensed 29 days before: two", dispensed(329, 1), *injections(300, 216)),
)

_NEURO = (
    case(both("on_time"), "neuropathy: 56 days and two weeks", every(84, 70), diagnosis("neuropathy", 300)),
    case(overdue(2), "neuropathy, a day later", every(84, 71), diagnosis("neuropathy", 300)),
    case(overdue(2), "neuropathy, half an interval past due", every(84, 84), diagnosis("neuropathy", 300)),
    case(overdue(1), "neuropathy, more than half an interval past due", every(84, 85), diagnosis("neuropathy", 300)),
    case(overdue(3), "neuropathy 731 days ago: shorter interval, priority as usual", every(84, 85), diagnosis("neuropathy", 731)),
    case(stopped(1), "stopped, neuropathy years ago", every(84, 174), diagnosis("neuropathy", 2000)),
    case(overdue(3), "four gaps of 84 outweigh the neurological default", every(84, 113, 5), diagnosis("neuropathy", 2000)),
    case(both("on_time"), "and are on time at 112 days", every(84, 112, 5), diagnosis("neuropathy", 2000)),
    case(overdue(2), "overdue with pernicious anemia", every(84, 113), diagnosis("pernicious_anemia", 2000)),
    case(stopped(2), "stopped with pernicious anemia", every(84, 174), diagnosis("pernicious_anemia", 2000)),
    case(stopped(1), "neuropathy outranks pernicious anemia", every(84, 174), diagnosis("pernicious_anemia", 2000), diagnosis("neuropathy", 2000)),
)

_CLOSED = (
    case(both("loading_listed"), "one injection of a loading course, 150 days ago", injection(150), b12(110, days=160)),
    case(both("loading_listed"), "one injection, 178 days ago", injection(178), b12(110, days=190)),
    case(stopped(3), "one injection, 181 days ago: too late for loading", injection(181), b12(110, days=190)),
    case({STOPPED: "oral_switch", OVERDUE: "stopped_listed"}, "switched to oral 1000 mcg", every(84, 200), oral_b12(100)),
    case(stopped(3), "oral 999 mcg is too little", every(84, 200), oral_b12(100, dose=999)),
    case(stopped(3), "two tablets of 500 on one day: the highest row counts", every(84, 200), oral_b12(100, dose=500), oral_b12(90, dose=500)),
    case({STOPPED: "oral_switch", OVERDUE: "stopped_listed"}, "oral of unknown dose", every(84, 200), oral_b12(100, dose=None)),
    case({STOPPED: "oral_switch", OVERDUE: "stopped_listed"}, "a low dose and one unknown: unknown", every(84, 200), oral_b12(100, dose=100), oral_b12(90, dose=None)),
    case({STOPPED: "oral_switch", OVERDUE: "stopped_listed"}, "nasal", every(84, 200), nasal_b12(100)),
    case({STOPPED: "oral_switch", OVERDUE: "stopped_listed"}, "unknown route", every(84, 200), unrouted_b12(100)),
    case(stopped(3), "oral that ended yesterday", every(84, 200), oral_b12(100, 1)),
    case({STOPPED: "overdue_listed", OVERDUE: "oral_switch"}, "overdue, and switched to oral", every(84, 150), oral_b12(30)),
    case({STOPPED: "cause_resolved", OVERDUE: "stopped_listed"}, "UNLIKELY 181 days after the last", every(84, 400), b12(400, days=219)),
    case(stopped(3), "UNLIKELY 180 days after the last: still on treatment", every(84, 400), b12(400, days=220)),
    case({STOPPED: "overdue_listed", OVERDUE: "cause_resolved"}, "an interval of 182 days, overdue, UNLIKELY 181 days after the last", every(182, 250, 4), b12(400, days=69)),
    case(overdue(3), "an interval of 182 days, overdue, UNLIKELY 180 days after the last: still on treatment", every(182, 250, 4), b12(400, days=70)),
    case(stopped(3), "indeterminate after the last", every(84, 400), b12(200, days=100)),
    case(stopped(2), "UNLIKELY, but pernicious anemia does not resolve", every(84, 400), b12(400, days=100), diagnosis("pernicious_anemia", 2000)),
    case(stopped(3), "UNLIKELY before the course is no proof of cure", every(84, 400), b12(400, days=2000), LONG_LOW),
)

CASES = number("INJ", STOPPED, (*_CLOCK, *_INTERVAL, *_WHO, *_SUPPLY, *_NEURO, *_CLOSED))
