"""Planted cases of ``response_unmonitored``: B12 treatment began, and nobody looked what it did.

Unless a case says otherwise treatment began 200 days ago: a blood count reviews it from 172 days ago on.
"""

from pipelines.demo.planted.case import NEW_SITE, NOT_ELIGIBLE, Person, case, number
from pipelines.demo.planted.rows import (
    Row,
    b12,
    diagnosis,
    injection,
    injections,
    lab,
    nasal_b12,
    oral_b12,
    ppi,
    unrouted_b12,
)

TABLETS = oral_b12(200)


def hb(days: int) -> Row:
    """A hemoglobin."""
    return lab("hemoglobin", 130, days=days)


# One case, one line:
# fmt: off
_DATES = (
    case("open 3", "began 120 days ago", oral_b12(120)),
    case(NOT_ELIGIBLE, "began 119 days ago", oral_b12(119)),
    case("open 3", "began a year ago to the day", oral_b12(365)),
    case(NOT_ELIGIBLE, "began a day over a year ago", oral_b12(366)),
    case("open 3", "one injection, long gone", injection(200)),
    case("open 3", "injections on time", injections(200, 116, 32)),
    case("open 3", "nasal", nasal_b12(200)),
    case("open 3", "of unknown route", unrouted_b12(200)),
    case(NOT_ELIGIBLE, "oral 49 mcg is no therapy", oral_b12(200, dose=49)),
    case(NOT_ELIGIBLE, "an injection 365 days before: no start", injection(565), TABLETS),
    case("open 3", "an injection 366 days before: a new start", injection(566), TABLETS),
    case(NOT_ELIGIBLE, "oral until 365 days before: no start", oral_b12(900, 565), TABLETS),
    case("open 3", "oral until 366 days before: a new start", oral_b12(900, 566), TABLETS),
)

_PREGNANT = (
    case("open 2", "pregnant, began 45 days ago", diagnosis("pregnancy", 100), oral_b12(45)),
    case(NOT_ELIGIBLE, "pregnant, began 44 days ago", diagnosis("pregnancy", 100), oral_b12(44)),
    case(NOT_ELIGIBLE, "began 45 days ago, pregnant since", oral_b12(45), diagnosis("pregnancy", 44)),
    case("open 3", "pregnant at the start, delivered since", diagnosis("pregnancy", 200), diagnosis("pregnancy_end", 50), oral_b12(100)),
    case("open 2", "began 120 days ago, pregnant since", oral_b12(120), diagnosis("pregnancy", 50)),
)

_REVIEWED = (
    case("reviewed", "hemoglobin on day 28", TABLETS, hb(172)),
    case("open 3", "hemoglobin on day 27", TABLETS, hb(173)),
    case("reviewed", "MCV on the as-of date", TABLETS, lab("mcv", 90, days=0)),
    case("reviewed", "B12, never injected", TABLETS, b12(400, days=172)),
    case("open 3", "B12 on day 27", TABLETS, b12(400, days=173)),
    case("reviewed", "MMA, never injected", TABLETS, lab("mma_serum", 200, days=100)),
    case("reviewed", "homocysteine, never injected", TABLETS, lab("homocysteine", 9, days=100)),
    case("open 3", "B12, with an injection since", TABLETS, injection(20), b12(400, days=100)),
    case("reviewed", "hemoglobin, with injections", injections(200, 116, 32), hb(100)),
    case("open 3", "ferritin is no review", TABLETS, lab("ferritin", 80, days=100)),
    case("open 3", "a preliminary hemoglobin is none", TABLETS, lab("hemoglobin", 130, days=100, status="preliminary")),
)

_TRUSTED = (
    case("open 3", "registered 365 days before the start", TABLETS, person=Person(registered_from=565)),
    case("history_too_short", "registered 364 days before the start", TABLETS, person=Person(registered_from=564)),
    case("history_too_short", "a site whose drug rows begin too late", TABLETS, ppi(464, 437), person=Person(site=NEW_SITE)),
    case("reviewed", "reviewed, and registered too late: the review is the first reason", TABLETS, hb(100), person=Person(registered_from=564)),
)

_PRIORITY = (
    case("open 2", "neuropathy two years ago", TABLETS, diagnosis("neuropathy", 730)),
    case("open 3", "neuropathy two years and a day ago", TABLETS, diagnosis("neuropathy", 731)),
)

CASES = number("REV", "response_unmonitored", (*_DATES, *_PREGNANT, *_REVIEWED, *_TRUSTED, *_PRIORITY))
