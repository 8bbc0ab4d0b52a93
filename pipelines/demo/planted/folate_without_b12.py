"""Planted cases of ``folate_without_b12``: folic acid where B12 is low, borderline or unknown.

Unless a case says otherwise folic acid began 50 days ago.
"""

from pipelines.demo.planted.case import NOT_ELIGIBLE, case, number
from pipelines.demo.planted.rows import Row, b12, diagnosis, drug, injection, lab, oral_b12


def folate(start: int, until: int = 0, *, dose: float | None = 5000) -> Row:
    """Folic acid, ``dose`` mcg a day; ``dose=None`` is not known."""
    return drug("Folic acid tablets", start, until, code="1182711000001105", daily_dose=dose)


def methotrexate(start: int, until: int) -> Row:
    """Methotrexate tablets."""
    return drug("Methotrexate 2.5mg tablets", start, until)


FOLATE = folate(50)

# One case, one line:
# fmt: off
_DATES = (
    case("open 3", "began a fortnight ago, never tested", folate(14)),
    case(NOT_ELIGIBLE, "began thirteen days ago", folate(13)),
    case("open 3", "began a year ago to the day", folate(365)),
    case(NOT_ELIGIBLE, "began a day over a year ago", folate(366)),
    case("open 3", "ended since", folate(50, 23)),
    case(NOT_ELIGIBLE, "a pause of 90 days: the course began 500 days ago", folate(500, 140), FOLATE),
    case("open 3", "a pause of 91 days: a new course", folate(500, 141), FOLATE),
    case("open 3", "400 mcg a day", folate(50, dose=400)),
    case(NOT_ELIGIBLE, "399 mcg a day", folate(50, dose=399)),
    case("open 3", "folic acid of unknown dose", folate(50, dose=None)),
)

_WHY_NOT = (
    case(NOT_ELIGIBLE, "begun in pregnancy", diagnosis("pregnancy", 100), FOLATE),
    case("open 3", "begun before pregnancy", diagnosis("pregnancy", 49), FOLATE),
    case("open 3", "begun on the day a pregnancy ended", diagnosis("pregnancy", 200), diagnosis("pregnancy_end", 50), FOLATE),
    case(NOT_ELIGIBLE, "beside methotrexate", methotrexate(400, 0), FOLATE),
    case(NOT_ELIGIBLE, "methotrexate last issued 120 days before", methotrexate(170, 143), FOLATE),
    case("open 3", "methotrexate last issued 121 days before", methotrexate(171, 144), FOLATE),
    case("open 3", "methotrexate begun after folic acid", methotrexate(49, 0), FOLATE),
)

_RESULT = (
    case("open 2", "LOW a year before the start", b12(120, days=415), FOLATE),
    case("open 3", "LOW a year and a day before: as if never tested", b12(120, days=416), FOLATE),
    case("open 2", "LOW since the start", FOLATE, b12(120, days=0)),
    case("open 3", "indeterminate", b12(200, days=60), FOLATE),
    case("open 2", "active B12 LOW", lab("active_b12", 20, days=60), FOLATE),
    case("open 2", "UNLIKELY, then LOW: the latest counts", b12(400, days=100), FOLATE, b12(120, days=20)),
    case(NOT_ELIGIBLE, "LOW, then UNLIKELY, tested lately", b12(120, days=300), b12(400, days=60), FOLATE),
    case(NOT_ELIGIBLE, "UNLIKELY half a year before", b12(400, days=230), FOLATE),
    case("b12_sufficient", "UNLIKELY half a year and a day before: no test, yet a result", b12(400, days=231), FOLATE),
    case("b12_sufficient", "UNLIKELY a year before", b12(400, days=415), FOLATE),
    case("open 3", "UNLIKELY a year and a day before", b12(400, days=416), FOLATE),
    case(NOT_ELIGIBLE, "UNLIKELY a fortnight after the start", FOLATE, b12(400, days=36)),
    case("b12_sufficient", "UNLIKELY fifteen days after the start", FOLATE, b12(400, days=35)),
    case(NOT_ELIGIBLE, "an unclassifiable result is a test", b12("<181", "ng/L", days=60), FOLATE),
    case(NOT_ELIGIBLE, "LOW on treatment is no result, yet a test", injection(70), b12(120, days=60), FOLATE),
    case("open 3", "a hemolysed sample is no test", b12("haemolysed", days=60), FOLATE),
)

_TREATED = (
    case("treated", "injection on the day of the start", FOLATE, injection(50)),
    case("treated", "injection a fortnight before", FOLATE, injection(64)),
    case("open 3", "injection fifteen days before, and none since", FOLATE, injection(65)),
    case("treated", "oral that runs on the day of the start", FOLATE, oral_b12(100, 50)),
    case("open 3", "oral that ended the day before", FOLATE, oral_b12(100, 51)),
    case("treated", "LOW, treated since", b12(120, days=60), FOLATE, oral_b12(40)),
    case("treated", "UNLIKELY and treated: treatment is the first reason", b12(400, days=300), FOLATE, injection(10)),
)

_PRIORITY = (
    case("open 1", "LOW with neuropathy", b12(120, days=60), FOLATE, diagnosis("neuropathy", 730)),
    case("open 2", "LOW, neuropathy over two years ago", b12(120, days=60), FOLATE, diagnosis("neuropathy", 731)),
    case("open 3", "indeterminate with neuropathy", b12(200, days=60), FOLATE, diagnosis("neuropathy", 100)),
    case("open 3", "never tested, with neuropathy", FOLATE, diagnosis("neuropathy", 100)),
)

CASES = number("FOL", "folate_without_b12", (*_DATES, *_WHY_NOT, *_RESULT, *_TREATED, *_PRIORITY))
