"""Planted cases of ``macrocytosis_untested``: large red cells, and no B12 test."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, Person, case, number
from pipelines.demo.planted.rows import Row, b12, drug, injection, lab, oral_b12


def mcv(value: float | str, days: int) -> Row:
    """A mean cell volume, fL."""
    return lab("mcv", value, days=days)


def hb(value: float, days: int) -> Row:
    """A hemoglobin, g/L."""
    return lab("hemoglobin", value, days=days)


LARGE = mcv(106, 60)
ANEMIC = (mcv(95, 60), hb(110, 60))

# One case, one line:
# fmt: off
_ONCE = (
    case("open 3", "MCV 105.1 a fortnight ago", mcv(105.1, 14)),
    case(NOT_ELIGIBLE, "MCV 105.1 thirteen days ago", mcv(105.1, 13)),
    case(NOT_ELIGIBLE, "MCV 105", mcv(105, 60)),
    case("open 3", "MCV 106 a year ago to the day", mcv(106, 365)),
    case(NOT_ELIGIBLE, "MCV 106 a day over a year ago", mcv(106, 366)),
    case("open 3", "MCV above 110", mcv(">110", 60)),
    case("open 3", "MCV 106, normal since: the finding stands", LARGE, mcv(92, 30)),
)

_TWICE = (
    case("open 3", "101 twice, a fortnight apart", mcv(101, 60), mcv(101, 46)),
    case(NOT_ELIGIBLE, "101 twice, thirteen days apart", mcv(101, 60), mcv(101, 47)),
    case(NOT_ELIGIBLE, "101, then 100", mcv(101, 60), mcv(100, 30)),
    case("open 3", "the second a fortnight ago", mcv(101, 100), mcv(101, 14)),
    case(NOT_ELIGIBLE, "the second thirteen days ago", mcv(101, 100), mcv(101, 13)),
    case("open 3", "the first a year ago to the day", mcv(101, 365), mcv(101, 60)),
    case(NOT_ELIGIBLE, "the first a day over a year ago", mcv(101, 366), mcv(101, 60)),
    case("open 3", "three within a fortnight, and the last just far enough", mcv(101, 60), mcv(101, 53), mcv(101, 46)),
)

_ANEMIA = (
    case("open 3", "hemoglobin 119 with MCV 95 on one date", mcv(95, 60), hb(119, 60)),
    case(NOT_ELIGIBLE, "hemoglobin 120 with MCV 95", mcv(95, 60), hb(120, 60)),
    case(NOT_ELIGIBLE, "hemoglobin 119 with MCV 94.9", mcv(94.9, 60), hb(119, 60)),
    case(NOT_ELIGIBLE, "hemoglobin 119 a day after MCV 95", mcv(95, 60), hb(119, 59)),
    case("open 3", "a man's hemoglobin of 129", mcv(95, 60), hb(129, 60), person=Person(sex="M")),
    case(NOT_ELIGIBLE, "a man's hemoglobin of 130", mcv(95, 60), hb(130, 60), person=Person(sex="M")),
    case("open 2", "anemia with an MCV of 101", mcv(101, 60), hb(110, 60)),
    case("open 2", "MCV 106 and anemia, months apart", LARGE, hb(110, 200)),
    case("open 3", "MCV 106, the anemia gone", LARGE, hb(110, 200), hb(130, 30)),
    case("open 3", "anemia, the macrocytosis gone", LARGE, hb(110, 30), mcv(92, 20)),
)

_TESTED = (
    case("tested", "B12 a year before", LARGE, b12(400, days=425)),
    case("open 3", "B12 a year and a day before", LARGE, b12(400, days=426)),
    case("tested", "B12 on the as-of date", LARGE, b12(120, days=0)),
    case("tested", "active B12 since", LARGE, lab("active_b12", 90, days=30)),
    case("open 3", "MMA is no B12", LARGE, lab("mma_serum", 200, days=30)),
    case("open 3", "B12 before the second finding does not count from it: the first date counts", mcv(106, 100), mcv(106, 60), b12(400, days=466)),
)

_TREATED = (
    case("on_b12", "injection 180 days before", LARGE, injection(240)),
    case("open 3", "injection 181 days before", LARGE, injection(241)),
    case("on_b12", "injection on that day", LARGE, injection(60)),
    case("on_b12", "injection since", LARGE, injection(10)),
    case("on_b12", "oral until 30 days before", LARGE, oral_b12(300, 90)),
    case("open 3", "oral until 31 days before", LARGE, oral_b12(300, 91)),
    case("open 3", "oral 49 mcg is no therapy", LARGE, oral_b12(50, dose=49)),
    case("tested", "tested and treated: tested is the first reason", LARGE, b12(400, days=61), injection(60)),
)

_EXPLAINED = (
    case("drug_explained", "hydroxycarbamide", LARGE, drug("Hydroxycarbamide 500mg capsules", 400, 0)),
    case("drug_explained", "methotrexate", LARGE, drug("Methotrexate 2.5mg tablets", 400, 0)),
    case("drug_explained", "azathioprine", LARGE, drug("Azathioprine 50mg tablets", 400, 0)),
    case("drug_explained", "zidovudine", LARGE, drug("Zidovudine 250mg capsules", 400, 0)),
    case("drug_explained", "azathioprine last issued 120 days before", LARGE, drug("Azathioprine 50mg tablets", 180, 153)),
    case("open 3", "azathioprine last issued 121 days before", LARGE, drug("Azathioprine 50mg tablets", 181, 154)),
    case("open 3", "azathioprine begun since", LARGE, drug("Azathioprine 50mg tablets", 59, 0)),
    case("open 3", "azathioprine does not explain anemia", *ANEMIC, drug("Azathioprine 50mg tablets", 400, 0)),
    case("drug_explained", "azathioprine explains an MCV of 106, with anemia on the same date", LARGE, hb(110, 60), drug("Azathioprine 50mg tablets", 400, 0)),
    case("on_b12", "treated and explained: treatment is the first reason", LARGE, injection(10), drug("Azathioprine 50mg tablets", 400, 0)),
)

CASES = number("MAC", "macrocytosis_untested", (*_ONCE, *_TWICE, *_ANEMIA, *_TESTED, *_TREATED, *_EXPLAINED))
