"""Planted cases of ``metformin_unmonitored``: metformin for long or with a sign, and no recent B12.

Tier A is half a year of metformin with a feature; tier B is four years of it, or half a year with another risk.
"""

from pipelines.demo.planted.case import NOT_ELIGIBLE, case, number
from pipelines.demo.planted.rows import (
    IN_HAND,
    b12,
    diagnosis,
    dispensed,
    drug,
    h2ra,
    injection,
    lab,
    metformin,
    nasal_b12,
    oral_b12,
    ppi,
    procedure,
)

TIRED = diagnosis("fatigue", 100)
FOUR_YEARS = metformin(1461)

# One case, one line:
# fmt: off
_TIER_A = (
    case("open 2", "180 days and fatigue", metformin(180), TIRED),
    case(NOT_ELIGIBLE, "179 days and fatigue", metformin(179), TIRED),
    case("open 2", "180 days and anemia", metformin(180), lab("hemoglobin", 110, days=30)),
    case("open 2", "180 days and macrocytosis", metformin(180), lab("mcv", 101, days=30)),
    case("open 2", "diabetic neuropathy is a feature, not urgent", metformin(180), diagnosis("diabetic_neuropathy", 100)),
    case(NOT_ELIGIBLE, "fatigue over two years ago", metformin(1000), diagnosis("fatigue", 731)),
    case("open 1", "neuropathy, never tested", metformin(180), diagnosis("neuropathy", 100)),
    case("open 2", "neuropathy, tested since, though over a year ago", metformin(1000), diagnosis("neuropathy", 700), b12(400, days=500)),
    case("open 2", "neuropathy, tested on that day", metformin(1000), diagnosis("neuropathy", 700), b12(400, days=700)),
    case("open 1", "neuropathy, tested only before", metformin(1000), diagnosis("neuropathy", 700), b12(400, days=701)),
    case("open 2", "neuropathy first recorded before the test, and again since", metformin(1000), diagnosis("neuropathy", 1000), diagnosis("neuropathy", 600), b12(400, days=800)),
    case("open 1", "a preliminary test is none", metformin(180), diagnosis("neuropathy", 100), b12(400, days=50, status="preliminary")),
)

_LENGTH = (
    case("open 3", "1461 days without a sign", FOUR_YEARS),
    case(NOT_ELIGIBLE, "1460 days without a sign", metformin(1460)),
    case("open 3", "a pause of 90 days does not end the course", metformin(1461, 1000), metformin(910)),
    case(NOT_ELIGIBLE, "a pause of 91 days does", metformin(1461, 1000), metformin(909)),
    case("open 3", "last issue 120 days ago, run out since", metformin(1461, 130), metformin(120, 93)),
    case(NOT_ELIGIBLE, "last issue 121 days ago, run out since", metformin(1461, 130), metformin(121, 94)),
    case("open 3", "last issue long ago, still covered today", metformin(1461, 0)),
    case(NOT_ELIGIBLE, "last issue long ago, covered until yesterday", metformin(1461, 1)),
    case("open 3", "a combined tablet counts", drug("Sitagliptin 50mg / Metformin 1g tablets", 1461, IN_HAND, code="17071811000001108")),
    case(NOT_ELIGIBLE, "withdrawn prescription", metformin(1461, status="entered-in-error")),
    case("open 3", "prescribed under a BNF code", drug("Metformin HCl_Tab 500mg", 1461, IN_HAND, code="0601022B0AAABAB", system="BNF")),
    case("open 3", "known by its name alone", drug("Glucophage 500 mg tablets", 1461, IN_HAND)),
)

_DOSE = (
    case("open 3", "180 days of 1500 mg", metformin(180, dose=1500)),
    case(NOT_ELIGIBLE, "180 days of 1499 mg", metformin(180, dose=1499)),
    case(NOT_ELIGIBLE, "179 days of 1500 mg", metformin(179, dose=1500)),
    case("open 3", "1000 mg and 2000 mg: the median is 1500", metformin(400, 201, dose=1000), metformin(200, dose=2000)),
    case(NOT_ELIGIBLE, "1000 mg and 1998 mg: the median is 1499", metformin(400, 201, dose=1000), metformin(200, dose=1998)),
    case("open 3", "2000 mg and a row of unknown dose", metformin(400, 201, dose=None), metformin(200, dose=2000)),
    case(NOT_ELIGIBLE, "every dose unknown", metformin(400, dose=None)),
    case("open 3", "2000 mg until 365 days ago still counts", metformin(500, 365, dose=2000), metformin(364, dose=1000)),
    case(NOT_ELIGIBLE, "2000 mg until 366 days ago no longer does", metformin(500, 366, dose=2000), metformin(365, dose=1000)),
    case("open 3", "84 tablets of 500 mg in 28 days is 1500 mg a day", *(drug("Metformin 500mg tablets", day, day - 27, code="42084911000001109", quantity="84") for day in range(196, 0, -28))),
    case(NOT_ELIGIBLE, "56 tablets of 500 mg in 28 days is 1000 mg", *(drug("Metformin 500mg tablets", day, day - 27, code="42084911000001109", quantity="56") for day in range(196, 0, -28))),
)

_OTHER_RISK = (
    case("open 3", "omeprazole for 365 days", metformin(180), ppi(365)),
    case(NOT_ELIGIBLE, "omeprazole for 364 days", metformin(180), ppi(364)),
    case("open 3", "omeprazole, then famotidine: one course", metformin(180), ppi(400, 200), h2ra(110)),
    case(NOT_ELIGIBLE, "a pause of 91 days between them: two courses", metformin(180), ppi(400, 200), h2ra(109)),
    case("open 3", "omeprazole last issued 120 days ago", metformin(180), ppi(400, 130), ppi(120, 93)),
    case(NOT_ELIGIBLE, "omeprazole last issued 121 days ago", metformin(180), ppi(400, 130), ppi(121, 94)),
    case(NOT_ELIGIBLE, "a PPI by injection", metformin(180), drug("Pantoprazole 40mg powder for solution for injection vials", 400, 0, route="intravenous")),
    case("open 3", "celiac disease", metformin(180), diagnosis("celiac_disease", 2000)),
    case("open 3", "Crohn's disease", metformin(180), diagnosis("crohns_disease", 2000)),
    case("open 3", "pancreatic insufficiency", metformin(180), diagnosis("pancreatic_insufficiency", 2000)),
    case("open 3", "small bowel overgrowth", metformin(180), diagnosis("small_bowel_overgrowth", 10)),
    case("open 3", "partial gastrectomy", metformin(180), procedure("gastrectomy_partial", 2000)),
    case("open 3", "bariatric surgery, by diagnosis", metformin(180), diagnosis("bariatric_surgery", 2000)),
    case("open 3", "intrinsic factor antibodies", metformin(180), lab("intrinsic_factor_ab", "POSITIVE", days=3000)),
    case(NOT_ELIGIBLE, "no intrinsic factor antibodies", metformin(180), lab("intrinsic_factor_ab", "negative", days=300)),
    case(NOT_ELIGIBLE, "intrinsic factor antibodies equivocal", metformin(180), lab("intrinsic_factor_ab", "equivocal", days=300)),
    case(NOT_ELIGIBLE, "celiac disease, 179 days of metformin", metformin(179), diagnosis("celiac_disease", 2000)),
    case("open 3", "indeterminate B12 many years ago", metformin(180), b12(200, days=3000)),
    case(NOT_ELIGIBLE, "LOW B12 many years ago is no indeterminate one", metformin(180), b12(120, days=3000)),
    case(NOT_ELIGIBLE, "UNLIKELY B12 many years ago", metformin(180), b12(400, days=3000)),
)

_TESTED = (
    case("tested", "B12 a year ago to the day", FOUR_YEARS, b12(200, days=365)),
    case("open 3", "indeterminate B12 a day over a year ago", FOUR_YEARS, b12(200, days=366)),
    case("tested", "LOW B12 within the year is a test", FOUR_YEARS, b12(120, days=10)),
    case("tested", "active B12 is a test", FOUR_YEARS, lab("active_b12", 90, days=100)),
    case("tested", "without a sign, UNLIKELY closes for two years", FOUR_YEARS, b12(400, days=730)),
    case("open 3", "UNLIKELY two years and a day ago", FOUR_YEARS, b12(400, days=731)),
    case("open 3", "UNLIKELY, then indeterminate, over a year ago: the latest counts", FOUR_YEARS, b12(400, days=600), b12(200, days=500)),
    case("tested", "indeterminate, then UNLIKELY, over a year ago", FOUR_YEARS, b12(200, days=600), b12(400, days=500)),
    case("open 3", "indeterminate and UNLIKELY on one day", FOUR_YEARS, b12(200, days=500), b12(400, days=500, hour=15)),
    case("open 2", "with a sign, UNLIKELY closes for one year", metformin(1000), TIRED, b12(400, days=366)),
    case("tested", "with a sign, tested a year ago to the day", metformin(1000), TIRED, b12(400, days=365)),
    case("open 3", "MMA is no B12", FOUR_YEARS, lab("mma_serum", 200, days=100)),
    case("open 3", "a hemolysed sample is no test", FOUR_YEARS, b12("haemolysed", days=100)),
    case("tested", "an unclassifiable result is a test", FOUR_YEARS, b12("<181", "ng/L", days=100)),
)

_TREATED = (
    case("on_b12_now", "injection 180 days ago", FOUR_YEARS, injection(180)),
    case("open 3", "injection 181 days ago", FOUR_YEARS, injection(181)),
    case("on_b12_now", "three ampoules last 252 days", FOUR_YEARS, dispensed(252, 3)),
    case("open 3", "three ampoules do not last 253 days", FOUR_YEARS, dispensed(253, 3)),
    case("on_b12_now", "oral B12 until 30 days ago", FOUR_YEARS, oral_b12(100, 30)),
    case("open 3", "oral B12 until 31 days ago", FOUR_YEARS, oral_b12(100, 31)),
    case("on_b12_now", "oral B12 of unknown dose", FOUR_YEARS, oral_b12(100, dose=None)),
    case("open 3", "oral B12 of 49 mcg", FOUR_YEARS, oral_b12(100, dose=49)),
    case("on_b12_now", "nasal B12", FOUR_YEARS, nasal_b12(100)),
    case("on_b12_now", "treated and tested: treatment is the first reason", FOUR_YEARS, injection(100), b12(800, days=50)),
)

CASES = number(
    "MET", "metformin_unmonitored", (*_TIER_A, *_LENGTH, *_DOSE, *_OTHER_RISK, *_TESTED, *_TREATED)
)
