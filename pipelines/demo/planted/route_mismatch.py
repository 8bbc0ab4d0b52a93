"""Planted cases of ``route_mismatch``: B12 by mouth or nose where it may not be absorbed."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, case, number
from pipelines.demo.planted.rows import b12, diagnosis, injection, lab, nasal_b12, oral_b12, procedure, unrouted_b12

PERNICIOUS = diagnosis("pernicious_anemia", 2000)
CELIAC = diagnosis("celiac_disease", 2000)
NUMB = diagnosis("neuropathy", 300)
LOW = b12(120, days=200)
TABLETS = oral_b12(100)

# One case, one line:
# fmt: off
_LIFELONG = (
    case("open 2", "pernicious anemia, oral 1000 mcg: enough in the US", PERNICIOUS, TABLETS, us="dose_sufficient"),
    case("open 2", "pernicious anemia, oral 999 mcg", PERNICIOUS, oral_b12(100, dose=999)),
    case("open 2", "pernicious anemia, oral of unknown dose: not known to be too low in the US", PERNICIOUS, oral_b12(100, dose=None), us="dose_sufficient"),
    case("open 2", "pernicious anemia, nasal", PERNICIOUS, nasal_b12(100), us="dose_sufficient"),
    case("open 2", "autoimmune gastritis, oral 500 mcg", diagnosis("autoimmune_gastritis", 400), oral_b12(100, dose=500)),
    case("open 2", "intrinsic factor antibodies, oral 500 mcg", lab("intrinsic_factor_ab", "POSITIVE", days=400), oral_b12(100, dose=500)),
    case(NOT_ELIGIBLE, "no intrinsic factor antibodies", lab("intrinsic_factor_ab", "NEGATIVE", days=400), oral_b12(100, dose=500)),
    case("open 2", "total gastrectomy, oral 500 mcg", procedure("gastrectomy_total", 400), oral_b12(100, dose=500)),
    case("open 2", "ileal resection, oral 500 mcg", procedure("ileal_resection", 400), oral_b12(100, dose=500)),
)

_OTHER_CAUSE = (
    case("dose_sufficient", "celiac disease, oral 1000 mcg", CELIAC, TABLETS),
    case("open 3", "celiac disease, oral 999 mcg", CELIAC, oral_b12(100, dose=999)),
    case("dose_sufficient", "celiac disease, oral of unknown dose", CELIAC, oral_b12(100, dose=None)),
    case("dose_sufficient", "celiac disease, nasal", CELIAC, nasal_b12(100)),
    case("dose_sufficient", "celiac disease, 500 and 1000 mcg: the highest counts", CELIAC, oral_b12(100, dose=500), TABLETS),
    case("dose_sufficient", "celiac disease, 500 mcg and an unknown dose", CELIAC, oral_b12(100, dose=500), oral_b12(90, dose=None)),
    case("open 3", "celiac disease, 500 mcg now, 1000 until yesterday", CELIAC, oral_b12(100, dose=500), oral_b12(100, 1)),
    case("open 3", "bariatric surgery, oral 500 mcg", procedure("bariatric_surgery", 400), oral_b12(100, dose=500)),
    case("open 3", "partial gastrectomy, oral 500 mcg", procedure("gastrectomy_partial", 400), oral_b12(100, dose=500)),
    case("open 3", "Crohn's disease, oral 50 mcg", diagnosis("crohns_disease", 400), oral_b12(100, dose=50)),
    case(NOT_ELIGIBLE, "celiac disease, oral 49 mcg: no therapy", CELIAC, oral_b12(100, dose=49)),
    case(NOT_ELIGIBLE, "no cause and no sign", TABLETS),
)

_NEURO = (
    case("open 1", "LOW with neuropathy", LOW, NUMB, TABLETS),
    case(NOT_ELIGIBLE, "LOW without neuropathy", LOW, TABLETS),
    case(NOT_ELIGIBLE, "LOW, neuropathy two years and a day ago", LOW, diagnosis("neuropathy", 731), TABLETS),
    case("open 1", "LOW, neuropathy two years ago", LOW, diagnosis("neuropathy", 730), TABLETS),
    case(NOT_ELIGIBLE, "indeterminate with neuropathy", b12(200, days=200), NUMB, TABLETS),
    case(NOT_ELIGIBLE, "73 pmol/L long ago, indeterminate before treatment: enough in the US", b12(73, days=1000), b12(200, days=200), NUMB, TABLETS, us="open 1"),
    case(NOT_ELIGIBLE, "74 pmol/L long ago, indeterminate before treatment", b12(74, days=1000), b12(200, days=200), NUMB, TABLETS),
    case(NOT_ELIGIBLE, "99 ng/L on treatment: no index, yet a level in the US", b12(99, "ng/L", days=50), NUMB, TABLETS, us="open 1"),
    case("open 1", "celiac disease and neuropathy, oral 500 mcg", CELIAC, NUMB, oral_b12(100, dose=500)),
    case("dose_sufficient", "celiac disease and neuropathy, oral 1000 mcg", CELIAC, NUMB, TABLETS),
    case("open 1", "pernicious anemia and neuropathy, oral 1000 mcg", PERNICIOUS, NUMB, TABLETS, us="dose_sufficient"),
    case("open 1", "celiac disease, LOW with neuropathy: the dose is no answer", CELIAC, LOW, NUMB, TABLETS),
)

_RUNNING = (
    case("open 2", "oral until the as-of date", PERNICIOUS, oral_b12(100, 0, dose=500)),
    case(NOT_ELIGIBLE, "oral until yesterday", PERNICIOUS, oral_b12(100, 1, dose=500)),
    case("open 2", "oral from the as-of date", PERNICIOUS, oral_b12(0, -27, dose=500)),
    case(NOT_ELIGIBLE, "injection 180 days ago: on injections now", PERNICIOUS, injection(180), oral_b12(100, dose=500)),
    case("open 2", "injection 181 days ago", PERNICIOUS, injection(181), oral_b12(100, dose=500)),
    case(NOT_ELIGIBLE, "B12 of unknown route runs too", PERNICIOUS, oral_b12(100, dose=500), unrouted_b12(50)),
    case("open 2", "B12 of unknown route until yesterday", PERNICIOUS, oral_b12(100, dose=500), unrouted_b12(50, 1)),
    case(NOT_ELIGIBLE, "B12 of unknown route alone", PERNICIOUS, unrouted_b12(50)),
)

CASES = number("ROU", "route_mismatch", (*_LIFELONG, *_OTHER_CAUSE, *_NEURO, *_RUNNING))
