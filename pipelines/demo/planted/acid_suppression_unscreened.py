"""Planted cases of ``acid_suppression_unscreened``: years of acid suppression with a sign, and no B12 test."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, case, number
from pipelines.demo.planted.rows import b12, diagnosis, drug, h2ra, injection, lab, metformin, oral_b12, ppi

TIRED = diagnosis("fatigue", 100)
LONG = ppi(1500)

# One case, one line:
# fmt: off
_LENGTH = (
    case("open 4", "730 days with fatigue", ppi(730), TIRED),
    case(NOT_ELIGIBLE, "729 days with fatigue: enough in the US", ppi(729), TIRED, us="open 4"),
    case(NOT_ELIGIBLE, "365 days with fatigue: enough in the US", ppi(365), TIRED, us="open 4"),
    case(NOT_ELIGIBLE, "364 days with fatigue", ppi(364), TIRED),
    case("open 4", "famotidine", h2ra(730), TIRED),
    case("open 4", "omeprazole, then famotidine: one course", ppi(1000, 500), h2ra(499), TIRED),
    case(NOT_ELIGIBLE, "a PPI by injection", drug("Pantoprazole 40mg powder for solution for injection vials", 1500, 0, route="intravenous"), TIRED),
    case("open 4", "last issued 120 days ago, run out since", ppi(1500, 130), ppi(120, 93), TIRED),
    case(NOT_ELIGIBLE, "last issued 121 days ago, run out since", ppi(1500, 130), ppi(121, 94), TIRED),
    case(NOT_ELIGIBLE, "a pause of 91 days: the course began 300 days ago", ppi(1500, 391), ppi(300), TIRED),
)

_COVERED = (
    case("open 4", "800 of 1000 days covered", ppi(999, 701), ppi(611, 401), ppi(311, 201), ppi(178), TIRED),
    case(NOT_ELIGIBLE, "799 of 1000 days covered", ppi(999, 701), ppi(611, 401), ppi(311, 201), ppi(177), TIRED),
    case(NOT_ELIGIBLE, "799 of 1000 days, some of them twice", ppi(999, 701), ppi(990, 800), ppi(611, 401), ppi(311, 201), ppi(177), TIRED),
    case(NOT_ELIGIBLE, "799 of 1000 days, and supply in hand", ppi(999, 701), ppi(611, 401), ppi(311, 201), ppi(177, -60), TIRED),
)

_FEATURES = (
    case(NOT_ELIGIBLE, "no sign", LONG),
    case(NOT_ELIGIBLE, "fatigue two years and a day ago", LONG, diagnosis("fatigue", 731)),
    case("open 4", "fatigue two years ago", LONG, diagnosis("fatigue", 730)),
    case("open 3", "anemia", LONG, lab("hemoglobin", 119, days=100)),
    case(NOT_ELIGIBLE, "hemoglobin 120", LONG, lab("hemoglobin", 120, days=100)),
    case("open 3", "macrocytosis", LONG, lab("mcv", 101, days=100)),
    case(NOT_ELIGIBLE, "MCV 100", LONG, lab("mcv", 100, days=100)),
    case("open 4", "neuropathy", LONG, diagnosis("neuropathy", 100)),
    case("open 3", "fatigue and anemia", LONG, TIRED, lab("hemoglobin", 110, days=100)),
)

_CLOSED = (
    case("on_b12_now", "injection 180 days ago", LONG, TIRED, injection(180)),
    case("open 4", "injection 181 days ago", LONG, TIRED, injection(181)),
    case("on_b12_now", "oral until 30 days ago", LONG, TIRED, oral_b12(300, 30)),
    case("tested", "B12 730 days ago", LONG, TIRED, b12(400, days=730)),
    case("tested", "B12 731 days ago: too long in the US", LONG, TIRED, b12(400, days=731), us="open 4"),
    case("tested", "B12 1095 days ago: too long in the US", LONG, TIRED, b12(400, days=1095), us="open 4"),
    case("open 4", "B12 1096 days ago", LONG, TIRED, b12(400, days=1096)),
    case("tested", "active B12 LOW is a test", LONG, TIRED, lab("active_b12", 20, days=100)),
    case("metformin_listed", "180 days of metformin: that list asks for the same test", LONG, TIRED, metformin(180)),
    case("open 4", "179 days of metformin", LONG, TIRED, metformin(179)),
    case("tested", "tested and on metformin: tested is the first reason", LONG, TIRED, metformin(180), b12(400, days=400)),
    case("on_b12_now", "treated and tested: treatment is the first reason", LONG, TIRED, injection(100), b12(400, days=50)),
)

CASES = number("ACI", "acid_suppression_unscreened", (*_LENGTH, *_COVERED, *_FEATURES, *_CLOSED))
