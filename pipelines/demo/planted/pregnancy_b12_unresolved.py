"""Planted cases of ``pregnancy_b12_unresolved``: a total B12 that pregnancy makes hard to read, left at that."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, case, number
from pipelines.demo.planted.rows import b12, diagnosis, injection, lab, oral_b12

PREGNANT = diagnosis("pregnancy", 100)
LOW = b12(120, days=60)

# One case, one line:
# fmt: off
_PREGNANT = (
    case("open 2", "LOW in pregnancy", PREGNANT, LOW),
    case("open 2", "indeterminate in pregnancy", PREGNANT, b12(200, days=60)),
    case(NOT_ELIGIBLE, "UNLIKELY in pregnancy", PREGNANT, b12(400, days=60)),
    case("open 2", "recorded 280 days ago", diagnosis("pregnancy", 280), LOW),
    case(NOT_ELIGIBLE, "recorded 281 days ago, no end recorded", diagnosis("pregnancy", 281), LOW),
    case("open 2", "first recorded 294 days ago", diagnosis("pregnancy", 294), PREGNANT, LOW),
    case(NOT_ELIGIBLE, "first recorded 295 days ago", diagnosis("pregnancy", 295), PREGNANT, LOW),
    case("open 2", "LOW 280 days before the first record", PREGNANT, b12(120, days=380)),
    case(NOT_ELIGIBLE, "LOW 281 days before", PREGNANT, b12(120, days=381)),
    case(NOT_ELIGIBLE, "not pregnant", LOW),
    case(NOT_ELIGIBLE, "pregnancy only suspected", diagnosis("pregnancy", 100, status="provisional"), LOW),
)

_ENDED = (
    case("open 2", "ended a year ago to the day", diagnosis("pregnancy", 500), diagnosis("pregnancy_end", 365), b12(120, days=400)),
    case(NOT_ELIGIBLE, "ended a day over a year ago", diagnosis("pregnancy", 500), diagnosis("pregnancy_end", 366), b12(120, days=400)),
    case("open 2", "an end without a record of the pregnancy, LOW 280 days before it", diagnosis("pregnancy_end", 100), b12(120, days=380)),
    case(NOT_ELIGIBLE, "LOW 281 days before it", diagnosis("pregnancy_end", 100), b12(120, days=381)),
    case("open 2", "a code of the puerperium 180 days after delivery belongs to it", diagnosis("pregnancy", 430), diagnosis("pregnancy_end", 330), diagnosis("puerperium", 150), b12(120, days=600)),
    case(NOT_ELIGIBLE, "181 days after delivery it stands for an end of its own", diagnosis("pregnancy", 431), diagnosis("pregnancy_end", 331), diagnosis("puerperium", 150), b12(120, days=600)),
)

_WHICH = (
    case(NOT_ELIGIBLE, "LOW, then UNLIKELY: the latest counts", PREGNANT, b12(120, days=80), b12(400, days=60)),
    case("open 2", "LOW, then unclassifiable: the latest that can be read counts", PREGNANT, b12(120, days=80), b12("<181", "ng/L", days=60)),
    case(NOT_ELIGIBLE, "active B12 alone", PREGNANT, lab("active_b12", 20, days=60)),
    case(NOT_ELIGIBLE, "LOW on treatment", PREGNANT, LOW, injection(70)),
)

_CLOSED = (
    case("active_b12_normal", "active B12 of 70.1 on that day", PREGNANT, LOW, lab("active_b12", 70.1, days=60)),
    case("open 2", "active B12 of 70 is indeterminate", PREGNANT, LOW, lab("active_b12", 70, days=60)),
    case("open 2", "active B12 the day before", PREGNANT, LOW, lab("active_b12", 90, days=61)),
    case("active_b12_normal", "active B12 on the as-of date", PREGNANT, LOW, lab("active_b12", 90, days=0)),
    case("treated", "injection on that day", PREGNANT, LOW, injection(60)),
    case("treated", "oral B12 since", PREGNANT, LOW, oral_b12(50)),
    case("open 2", "oral 49 mcg is no therapy", PREGNANT, LOW, oral_b12(50, dose=49)),
    case("active_b12_normal", "active B12 normal and treated: the test is the first reason", PREGNANT, LOW, injection(30), lab("active_b12", 90, days=50)),
)

_PRIORITY = (
    case("open 1", "LOW with anemia", PREGNANT, LOW, lab("hemoglobin", 119, days=60)),
    case("open 2", "LOW with hemoglobin 120", PREGNANT, LOW, lab("hemoglobin", 120, days=60)),
    case("open 1", "LOW with neuropathy", PREGNANT, LOW, diagnosis("neuropathy", 730)),
    case("open 2", "LOW with neuropathy over two years ago", PREGNANT, LOW, diagnosis("neuropathy", 731)),
    case("open 2", "indeterminate with anemia", PREGNANT, b12(200, days=60), lab("hemoglobin", 110, days=60)),
    case("open 2", "LOW with macrocytosis alone", PREGNANT, LOW, lab("mcv", 102, days=60)),
)

CASES = number("PRG", "pregnancy_b12_unresolved", (*_PREGNANT, *_ENDED, *_WHICH, *_CLOSED, *_PRIORITY))
