"""Planted cases of ``nitrous_oxide_untested``: nitrous oxide misuse, and no functional test."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, case, number
from pipelines.demo.planted.rows import Row, b12, diagnosis, injection, lab


def misuse(days: int, **options: str) -> Row:
    """Nitrous oxide misuse, recorded so many days ago."""
    return diagnosis("nitrous_oxide_misuse", days, **options)


# One case, one line:
# fmt: off
_DATES = (
    case("open 2", "recorded on the as-of date", misuse(0)),
    case("open 2", "recorded a year ago to the day", misuse(365)),
    case(NOT_ELIGIBLE, "recorded a day over a year ago", misuse(366)),
    case(NOT_ELIGIBLE, "recorded before the year, and 90 days later", misuse(366), misuse(276)),
    case("open 2", "recorded before the year, and 91 days later: new again", misuse(366), misuse(275)),
    case("tested", "recorded twice, tested between: the first record counts", misuse(300), misuse(100), lab("mma_serum", 200, days=200)),
    case(NOT_ELIGIBLE, "misuse only suspected", misuse(100, status="provisional")),
    case("open 2", "a suspicion a month before does not make it old", misuse(130, status="provisional"), misuse(100)),
)

_TESTED = (
    case("tested", "MMA a fortnight before", misuse(100), lab("mma_serum", 200, days=114)),
    case("open 2", "MMA fifteen days before", misuse(100), lab("mma_serum", 200, days=115)),
    case("tested", "MMA on the as-of date, of any value", misuse(100), lab("mma_serum", 900, days=0)),
    case("tested", "urine MMA", misuse(100), lab("mma_urine", 1, days=50)),
    case("tested", "homocysteine", misuse(100), lab("homocysteine", 9, days=50)),
    case("open 2", "B12 alone may be normal", misuse(100), b12(400, days=50), lab("active_b12", 90, days=50)),
    case("open 2", "a preliminary MMA is none", misuse(100), lab("mma_serum", 200, days=50, status="preliminary")),
    case("open 2", "treatment does not close it", misuse(100), injection(90)),
)

_PRIORITY = (
    case("open 1", "neuropathy two years ago", misuse(100), diagnosis("neuropathy", 730)),
    case("open 2", "neuropathy two years and a day ago", misuse(100), diagnosis("neuropathy", 731)),
    case("open 1", "subacute combined degeneration", misuse(20), diagnosis("subacute_combined_degeneration", 20)),
)

CASES = number("NOX", "nitrous_oxide_untested", (*_DATES, *_TESTED, *_PRIORITY))
