"""Planted cases of ``diet_risk_unscreened``: a vegan diet, and no B12 test."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, case, number
from pipelines.demo.planted.rows import b12, diagnosis, injection, lab, oral_b12

TIRED = diagnosis("fatigue", 100)
VEGAN = diagnosis("vegan_diet", 2000)

# One case, one line:
# fmt: off
_RECORDED = (
    case("open 4", "vegan for a year, with fatigue", diagnosis("vegan_diet", 365), TIRED),
    case(NOT_ELIGIBLE, "vegan for a year less a day, with fatigue", diagnosis("vegan_diet", 364), TIRED),
    case(NOT_ELIGIBLE, "vegan without a sign: enough in the US", diagnosis("vegan_diet", 365), us="open 4"),
    case(NOT_ELIGIBLE, "vegan for a year less a day, without a sign", diagnosis("vegan_diet", 364)),
    case("open 4", "recorded years ago and again last week: the first record counts", VEGAN, diagnosis("vegan_diet", 7), TIRED),
    case("open 4", "fatigue two years ago", VEGAN, diagnosis("fatigue", 730)),
    case(NOT_ELIGIBLE, "fatigue two years and a day ago", VEGAN, diagnosis("fatigue", 731), us="open 4"),
    case("open 4", "anemia does not raise the priority", VEGAN, lab("hemoglobin", 90, days=100)),
    case("open 4", "neuropathy does not raise the priority", VEGAN, diagnosis("neuropathy", 100)),
    case(NOT_ELIGIBLE, "a diet only suspected", diagnosis("vegan_diet", 2000, status="provisional"), TIRED),
    case(NOT_ELIGIBLE, "no diet on record", TIRED),
)

_CLOSED = (
    case("on_b12_now", "injection 180 days ago", VEGAN, TIRED, injection(180)),
    case("open 4", "injection 181 days ago", VEGAN, TIRED, injection(181)),
    case("on_b12_now", "oral B12 of 50 mcg", VEGAN, TIRED, oral_b12(100, dose=50)),
    case("open 4", "oral B12 of 49 mcg", VEGAN, TIRED, oral_b12(100, dose=49)),
    case("tested", "B12 1095 days ago", VEGAN, TIRED, b12(400, days=1095)),
    case("open 4", "B12 1096 days ago", VEGAN, TIRED, b12(400, days=1096)),
    case("tested", "active B12 LOW is a test", VEGAN, TIRED, lab("active_b12", 20, days=100)),
    case("open 4", "MMA is no B12", VEGAN, TIRED, lab("mma_serum", 200, days=100)),
    case("on_b12_now", "treated and tested: treatment is the first reason", VEGAN, TIRED, oral_b12(100), b12(400, days=50)),
)

CASES = number("VEG", "diet_risk_unscreened", (*_RECORDED, *_CLOSED))
