"""Planted cases of ``malabsorption_unscreened``: malabsorption is known, and B12 was not measured lately."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, case, number
from pipelines.demo.planted.rows import b12, diagnosis, injection, lab, nasal_b12, oral_b12, procedure

TIRED = diagnosis("fatigue", 100)
BYPASS = procedure("bariatric_surgery", 2000)
CELIAC = diagnosis("celiac_disease", 2000)

# One case, one line:
# fmt: off
_KNOWN = (
    case("open 3", "bariatric surgery 90 days ago", procedure("bariatric_surgery", 90)),
    case(NOT_ELIGIBLE, "bariatric surgery 89 days ago", procedure("bariatric_surgery", 89)),
    case("open 3", "bariatric surgery, known from a diagnosis", diagnosis("bariatric_surgery", 90)),
    case("open 3", "celiac disease for a year, with fatigue", diagnosis("celiac_disease", 365), TIRED),
    case(NOT_ELIGIBLE, "celiac disease for a year less a day, with fatigue", diagnosis("celiac_disease", 364), TIRED),
    case(NOT_ELIGIBLE, "celiac disease without a sign: enough in the US", diagnosis("celiac_disease", 365), us="open 3"),
    case(NOT_ELIGIBLE, "celiac disease, fatigue over two years ago", CELIAC, diagnosis("fatigue", 731), us="open 3"),
    case("open 3", "celiac disease, fatigue two years ago", CELIAC, diagnosis("fatigue", 730)),
    case("open 3", "celiac disease and anemia", CELIAC, lab("hemoglobin", 119, days=100)),
    case("open 3", "celiac disease and macrocytosis", CELIAC, lab("mcv", 101, days=100)),
    case("open 3", "celiac disease and diabetic neuropathy", CELIAC, diagnosis("diabetic_neuropathy", 100)),
    case("open 3", "Crohn's disease with fatigue", diagnosis("crohns_disease", 400), TIRED),
    case("open 3", "pancreatic insufficiency with fatigue", diagnosis("pancreatic_insufficiency", 400), TIRED),
    case("open 3", "small bowel overgrowth with fatigue", diagnosis("small_bowel_overgrowth", 400), TIRED),
    case("open 3", "partial gastrectomy with fatigue", procedure("gastrectomy_partial", 400), TIRED),
    case(NOT_ELIGIBLE, "celiac disease only suspected", diagnosis("celiac_disease", 400, status="provisional"), TIRED),
    case(NOT_ELIGIBLE, "surgery planned and not done", procedure("bariatric_surgery", 400, status="not-done")),
    case(NOT_ELIGIBLE, "surgery 89 days ago and old celiac disease, no sign", procedure("bariatric_surgery", 89), CELIAC, us="open 3"),
    case(NOT_ELIGIBLE, "fatigue alone", TIRED),
)

_CLOSED = (
    case("on_b12_now", "injection 180 days ago", BYPASS, injection(180)),
    case("open 3", "injection 181 days ago", BYPASS, injection(181)),
    case("on_b12_now", "oral until 30 days ago", BYPASS, oral_b12(300, 30)),
    case("open 3", "oral until 31 days ago", BYPASS, oral_b12(300, 31)),
    case("on_b12_now", "nasal", BYPASS, nasal_b12(100)),
    case("tested", "B12 a year ago to the day", BYPASS, b12(120, days=365)),
    case("open 3", "B12 a day over a year ago", BYPASS, b12(400, days=366)),
    case("tested", "active B12", BYPASS, lab("active_b12", 90, days=100)),
    case("open 3", "MMA is no B12", BYPASS, lab("mma_serum", 200, days=100)),
    case("open 3", "a preliminary B12 is none", BYPASS, b12(400, days=100, status="preliminary")),
    case("on_b12_now", "treated and tested: treatment is the first reason", BYPASS, injection(100), b12(400, days=50)),
)

_PRIORITY = (
    case("open 2", "pernicious anemia with fatigue", diagnosis("pernicious_anemia", 400), TIRED),
    case(NOT_ELIGIBLE, "pernicious anemia without a sign: enough in the US", diagnosis("pernicious_anemia", 400), us="open 2"),
    case("open 2", "intrinsic factor antibodies for a year, with fatigue", lab("intrinsic_factor_ab", "POSITIVE", days=365), TIRED),
    case("open 2", "total gastrectomy with fatigue", procedure("gastrectomy_total", 400), TIRED),
    case("open 2", "bariatric surgery, and ileal resection last month", BYPASS, procedure("ileal_resection", 30)),
    case("open 3", "neuropathy does not raise the priority", BYPASS, diagnosis("neuropathy", 100)),
)

CASES = number("MUS", "malabsorption_unscreened", (*_KNOWN, *_CLOSED, *_PRIORITY))
