"""Planted cases of ``response_inadequate``: B12 treatment goes on, and what it should mend is not mended.

Most of them began tablets 200 days ago and still take them: a blood count before lies 290 to 193 days back, one since
is judged from 158 days on, methylmalonic acid and B12 from 116 days on.
"""

from pipelines.demo.planted.case import NOT_ELIGIBLE, Person, case, number
from pipelines.demo.planted.rows import Row, b12, diagnosis, injection, injections, lab, nasal_b12, oral_b12

TABLETS = oral_b12(200)


def hb(value: float | str, days: int) -> Row:
    """A hemoglobin, g/L."""
    return lab("hemoglobin", value, days=days)


def mcv(value: float | str, days: int) -> Row:
    """A mean cell volume, fL."""
    return lab("mcv", value, days=days)


def mma(value: float, days: int) -> Row:
    """A serum MMA, nmol/L."""
    return lab("mma_serum", value, days=days)


def egfr(value: float, days: int) -> Row:
    """An eGFR."""
    return lab("egfr", value, days=days)


# One case, one line:
# fmt: off
_DATES = (
    case("open 2", "began 56 days ago, anemic then and now", oral_b12(56), hb(100, 56), hb(100, 10)),
    case(NOT_ELIGIBLE, "began 55 days ago", oral_b12(55), hb(100, 55), hb(100, 10)),
    case("open 2", "began a year ago to the day", oral_b12(365), hb(100, 365), hb(100, 100)),
    case(NOT_ELIGIBLE, "began a day over a year ago", oral_b12(366), hb(100, 366), hb(100, 100)),
    case(NOT_ELIGIBLE, "oral treatment ended yesterday", oral_b12(200, 1), hb(100, 200), hb(100, 100)),
    case("open 2", "nasal, going on", nasal_b12(200), hb(100, 200), hb(100, 100)),
    case("open 2", "one injection, 112 days ago: cover and grace last until today", injection(112), mcv(110, 112), mcv(110, 20)),
    case("open 2", "one injection of unknown substance, 112 days ago: monthly in the US", injection(112, substance="unknown"), mcv(110, 112), mcv(110, 20), us=NOT_ELIGIBLE),
    case(NOT_ELIGIBLE, "one injection, 113 days ago", injection(113), mcv(110, 113), mcv(110, 20)),
    case(NOT_ELIGIBLE, "oral before, until 365 days before: the treatment began then", oral_b12(900, 565), TABLETS, hb(100, 200), hb(100, 100)),
    case("open 2", "oral before, until 366 days before: a new start", oral_b12(900, 566), TABLETS, hb(100, 200), hb(100, 100)),
    case(NOT_ELIGIBLE, "no treatment", hb(100, 200), hb(100, 100)),
)

_EVALUATION = (
    case("no_evaluation", "no result since", TABLETS, hb(100, 200)),
    case("open 2", "hemoglobin from day 42 on", TABLETS, hb(100, 200), hb(100, 158)),
    case("no_evaluation", "hemoglobin on day 41", TABLETS, hb(100, 200), hb(100, 159)),
    case("responded", "a normal MCV on day 42", TABLETS, mcv(95, 158)),
    case("responded", "a normal homocysteine", TABLETS, lab("homocysteine", 9, days=100)),
    case("responded", "B12 UNLIKELY", TABLETS, b12(400, days=100)),
    case("no_evaluation", "B12 alone, with an injection since", TABLETS, injection(150), b12(400, days=100)),
    case("no_evaluation", "ferritin tells nothing", TABLETS, lab("ferritin", 50, days=100)),
)

_HEMOGLOBIN = (
    case("open 2", "90 before, 109 since: less than 20 higher", TABLETS, hb(90, 200), hb(109, 100)),
    case("responded", "90 before, 110 since", TABLETS, hb(90, 200), hb(110, 100)),
    case("open 2", "110 before, 119 since", TABLETS, hb(110, 200), hb(119, 100)),
    case("responded", "110 before, 120 since: no longer anemic", TABLETS, hb(110, 200), hb(120, 100)),
    case("open 2", "110 before, 120 since, in a man", TABLETS, hb(110, 200), hb(120, 100), person=Person(sex="M")),
    case("responded", "not anemic before", TABLETS, hb(120, 200), hb(100, 100)),
    case("open 2", "anemic 90 days before the start", TABLETS, hb(100, 290), hb(100, 100)),
    case("responded", "anemic 91 days before the start: no count to compare with", TABLETS, hb(100, 291), hb(100, 100)),
    case("open 2", "anemic a week after the start", TABLETS, hb(100, 193), hb(100, 100)),
    case("responded", "anemic eight days after the start", TABLETS, hb(100, 192), hb(100, 100)),
    case("responded", "100 since, then 125: the latest counts", TABLETS, hb(100, 200), hb(100, 150), hb(125, 100)),
    case("responded", "below 100 before: how far it rose nobody knows", TABLETS, hb("<100", 200), hb(100, 100)),
)

_MCV = (
    case("open 2", "110 before, 105.1 since: less than 5 lower", TABLETS, mcv(110, 200), mcv(105.1, 100)),
    case("responded", "110 before, 105 since", TABLETS, mcv(110, 200), mcv(105, 100)),
    case("open 2", "104 before, 100.1 since", TABLETS, mcv(104, 200), mcv(100.1, 100)),
    case("responded", "104 before, 100 since", TABLETS, mcv(104, 200), mcv(100, 100)),
    case("responded", "100 before, 105 since: not large before", TABLETS, mcv(100, 200), mcv(105, 100)),
)

_SECOND_LINE = (
    case("open 2", "MMA raised on day 84, eGFR 60", TABLETS, mma(350, 116), egfr(60, 116)),
    case("responded", "MMA raised on day 83", TABLETS, mma(350, 117), egfr(60, 116)),
    case("responded", "MMA raised, eGFR 59", TABLETS, mma(350, 100), egfr(59, 100)),
    case("responded", "MMA raised, kidney function not known", TABLETS, mma(350, 100)),
    case("responded", "MMA normal, eGFR 60", TABLETS, mma(200, 100), egfr(60, 100)),
    case("responded", "MMA 280: above the US limit alone", TABLETS, mma(280, 100), egfr(60, 100), us="open 2"),
    case("open 2", "homocysteine raised, eGFR 90", TABLETS, lab("homocysteine", 16, days=100), egfr(90, 100)),
    case("open 2", "MMA raised with injections on time", injections(200, 116, 32), mma(350, 100), egfr(90, 100)),
)

_LEVEL = (
    case("open 2", "B12 LOW on day 84", TABLETS, b12(120, days=116)),
    case("responded", "B12 LOW on day 83", TABLETS, b12(120, days=117)),
    case("open 2", "B12 indeterminate", TABLETS, b12(258, days=100)),
    case("responded", "B12 LOW, then UNLIKELY: the latest counts", TABLETS, b12(120, days=110), b12(400, days=50)),
    case("open 2", "active B12 LOW", TABLETS, lab("active_b12", 20, days=100)),
    case("no_evaluation", "B12 LOW with injections on time: a level tells nothing", injections(200, 116, 32), b12(120, days=100)),
)

_PRIORITY = (
    case("open 1", "neuropathy two years ago", TABLETS, b12(120, days=100), diagnosis("neuropathy", 730)),
    case("open 2", "neuropathy two years and a day ago", TABLETS, b12(120, days=100), diagnosis("neuropathy", 731)),
)

CASES = number(
    "RES", "response_inadequate", (*_DATES, *_EVALUATION, *_HEMOGLOBIN, *_MCV, *_SECOND_LINE, *_LEVEL, *_PRIORITY)
)
