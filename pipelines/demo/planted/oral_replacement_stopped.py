"""Planted cases of ``oral_replacement_stopped``: oral B12 that was needed, and ended."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, case, number
from pipelines.demo.planted.rows import b12, diagnosis, injection, lab, nasal_b12, oral_b12, unrouted_b12

CELIAC = diagnosis("celiac_disease", 3000)
LOW_BEFORE = b12(110, days=310)

# One case, one line:
# fmt: off
_DATES = (
    case("open 3", "LOW before, ended 60 days ago", LOW_BEFORE, oral_b12(300, 60)),
    case(NOT_ELIGIBLE, "ended 59 days ago: a day too fresh", LOW_BEFORE, oral_b12(300, 59)),
    case("open 3", "ended 1095 days ago", b12(110, days=1310), oral_b12(1300, 1095)),
    case(NOT_ELIGIBLE, "ended 1096 days ago", b12(110, days=1310), oral_b12(1300, 1096)),
    case("open 3", "LOW the day before the start", b12(110, days=301), oral_b12(300, 60)),
    case("open 3", "LOW 365 days before the start", b12(110, days=665), oral_b12(300, 60)),
    case(NOT_ELIGIBLE, "LOW 366 days before the start", b12(110, days=666), oral_b12(300, 60)),
    case(NOT_ELIGIBLE, "indeterminate before", b12(200, days=310), oral_b12(300, 60)),
    case("open 3", "LOW before, ten days of tablets", LOW_BEFORE, oral_b12(300, 291)),
    case("open 3", "celiac disease, from day 0 to day 90 of treatment", CELIAC, oral_b12(190, 100)),
    case(NOT_ELIGIBLE, "celiac disease, to day 89", CELIAC, oral_b12(189, 100)),
    case(NOT_ELIGIBLE, "neither LOW nor malabsorption", oral_b12(300, 60)),
    case("open 3", "nasal", LOW_BEFORE, nasal_b12(300, 60)),
    case("open 3", "unknown route", LOW_BEFORE, unrouted_b12(300, 60)),
    case("open 3", "an open prescription runs for a year: ended 60 days ago", b12(110, days=430), oral_b12(424, None)),
    case(NOT_ELIGIBLE, "an open prescription a day younger ended 59 days ago", b12(110, days=430), oral_b12(423, None)),
    case("open 3", "celiac disease, two short courses with a pause of 90 days: one long course", CELIAC, oral_b12(200, 170), oral_b12(80, 65)),
    case(NOT_ELIGIBLE, "a pause of 91 days: two short courses", CELIAC, oral_b12(200, 171), oral_b12(80, 65)),
    case(NOT_ELIGIBLE, "still running", LOW_BEFORE, oral_b12(300, 0)),
)

_CLOSED = (
    case("on_b12_now", "injection 180 days ago", b12(110, days=710), oral_b12(700, 400), injection(180)),
    case("open 3", "injection 181 days ago", b12(110, days=710), oral_b12(700, 400), injection(181)),
    case({"oral_replacement_stopped": "maintenance_listed", "maintenance_stopped": "open 3"}, "moved to injections that stopped too", LOW_BEFORE, oral_b12(300, 250), injection(200)),
    case("maintenance_listed", "injections stopped, with pernicious anemia", diagnosis("pernicious_anemia", 2000), oral_b12(700, 400), injection(300)),
    case("cause_resolved", "UNLIKELY 31 days after the end", LOW_BEFORE, oral_b12(300, 200), b12(400, days=169)),
    case("open 3", "UNLIKELY 30 days after the end: still on treatment", LOW_BEFORE, oral_b12(300, 200), b12(400, days=170)),
    case("open 3", "indeterminate since the end", LOW_BEFORE, oral_b12(300, 200), b12(200, days=100)),
    case("cause_resolved", "celiac disease is no lifelong cause", CELIAC, oral_b12(400, 200), b12(400, days=100)),
    case("open 2", "UNLIKELY, but pernicious anemia does not resolve", diagnosis("pernicious_anemia", 2000), oral_b12(400, 200), b12(400, days=100)),
)

_PRIORITY = (
    case("open 1", "neuropathy, years ago", LOW_BEFORE, oral_b12(300, 60), diagnosis("neuropathy", 2500)),
    case("open 2", "intrinsic factor antibodies", LOW_BEFORE, oral_b12(300, 60), lab("intrinsic_factor_ab", "positive", days=305)),
    case("open 1", "neuropathy and pernicious anemia", LOW_BEFORE, oral_b12(300, 60), diagnosis("neuropathy", 2500), diagnosis("pernicious_anemia", 305)),
)

CASES = number("ORL", "oral_replacement_stopped", (*_DATES, *_CLOSED, *_PRIORITY))
