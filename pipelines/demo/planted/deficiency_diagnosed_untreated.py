"""Planted cases of ``deficiency_diagnosed_untreated``: the diagnosis is on record, and no B12."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, case, number
from pipelines.demo.planted.rows import Row, b12, diagnosis, injection, injections, lab, nasal_b12, oral_b12


def diagnosed(days: int, **options: str) -> Row:
    """A B12 deficiency recorded so many days ago."""
    return diagnosis("b12_deficiency", days, **options)


# One case, one line:
# fmt: off
_DATES = (
    case("open 2", "diagnosed a fortnight ago", diagnosed(14)),
    case(NOT_ELIGIBLE, "diagnosed thirteen days ago", diagnosed(13)),
    case("open 2", "diagnosed 1095 days ago", diagnosed(1095)),
    case(NOT_ELIGIBLE, "diagnosed 1096 days ago", diagnosed(1096)),
    case("open 2", "diagnosed 400 days ago and again last week: the first record counts", diagnosed(400), diagnosed(7)),
    case(NOT_ELIGIBLE, "diagnosed 1096 days ago and again since", diagnosed(1096), diagnosed(100)),
    case(NOT_ELIGIBLE, "deficiency only suspected", diagnosed(100, status="provisional")),
    case(NOT_ELIGIBLE, "fatigue is no diagnosis of deficiency", diagnosis("fatigue", 100)),
)

_TREATED = (
    case("treated", "injection on the day of the diagnosis", diagnosed(300), injection(300)),
    case("treated", "injection a fortnight before the diagnosis", diagnosed(300), injection(314)),
    case("open 2", "injection fifteen days before, and none since", diagnosed(300), injection(315)),
    case("treated", "injection on the as-of date", diagnosed(300), injection(0)),
    case("treated", "treated before the diagnosis, and still now: injection 180 days ago", diagnosed(160), injection(180)),
    case("open 2", "treated before the diagnosis, no longer now: injection 181 days ago", diagnosed(160), injection(181)),
    case("treated", "oral that ran on the day of the diagnosis", diagnosed(300), oral_b12(400, 300)),
    case("open 2", "oral that ended the day before the diagnosis", diagnosed(300), oral_b12(400, 301)),
    case("treated", "oral since the diagnosis, ended long ago", diagnosed(300), oral_b12(280, 250)),
    case("open 2", "oral 49 mcg is no therapy", diagnosed(300), oral_b12(280, dose=49)),
    case("treated", "nasal since the diagnosis", diagnosed(300), nasal_b12(280, 250)),
)

_LISTED = (
    case("result_listed", "a LOW result, a fortnight ago", diagnosed(40), b12(120, days=14)),
    case("open 2", "a LOW result, thirteen days ago: not yet listed", diagnosed(40), b12(120, days=13)),
    case("result_listed", "an indeterminate result proven by MMA", diagnosed(40), b12(200, days=40), lab("mma_serum", 350, days=40)),
    case("result_listed", "listed for its MMA even where the kidney explains it", diagnosed(40), b12(200, days=40), lab("mma_serum", 350, days=40), lab("egfr", 20, days=40)),
    case("open 2", "an indeterminate result alone", diagnosed(40), b12(200, days=40)),
    case("result_listed", "pernicious anemia, known for a fortnight", diagnosed(40), diagnosis("pernicious_anemia", 14)),
    case("open 2", "pernicious anemia, known for thirteen days", diagnosed(40), diagnosis("pernicious_anemia", 13)),
    case("result_listed", "injections stopped before the diagnosis", diagnosed(100), injections(200, 284, 368)),
    case("treated", "LOW and treated: treatment is the first reason", diagnosed(40), b12(120, days=60), injection(10)),
)

_NOT_CONFIRMED = (
    case("not_confirmed", "UNLIKELY the day after the diagnosis", diagnosed(100), b12(400, days=99)),
    case("open 2", "UNLIKELY on the day of the diagnosis", diagnosed(100), b12(400, days=100)),
    case("not_confirmed", "active B12 UNLIKELY since", diagnosed(100), lab("active_b12", 90, days=50)),
    case("open 2", "indeterminate since", diagnosed(100), b12(200, days=50)),
    case("open 2", "UNLIKELY, then indeterminate: the deciding result counts", diagnosed(100), b12(400, days=80), b12(200, days=50)),
    case("result_listed", "UNLIKELY within 90 days of a LOW result", diagnosed(100), b12(120, days=150), b12(400, days=60)),
    case("not_confirmed", "UNLIKELY 91 days after a LOW result", diagnosed(100), b12(120, days=151), b12(400, days=60)),
    case("result_listed", "UNLIKELY since, with pernicious anemia: the other list is the first reason", diagnosed(100), b12(400, days=50), diagnosis("pernicious_anemia", 400)),
)

_PRIORITY = (
    case("open 1", "neuropathy two years ago", diagnosed(100), diagnosis("neuropathy", 730)),
    case("open 2", "neuropathy two years and a day ago", diagnosed(100), diagnosis("neuropathy", 731)),
    case("open 2", "anemia does not raise the priority", diagnosed(100), lab("hemoglobin", 90, days=50)),
)

CASES = number(
    "DIA", "deficiency_diagnosed_untreated", (*_DATES, *_TREATED, *_LISTED, *_NOT_CONFIRMED, *_PRIORITY)
)
