"""Planted cases of ``malabsorption_unprotected``: surgery that ends absorption, and no B12."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, case, number
from pipelines.demo.planted.rows import b12, diagnosis, injection, nasal_b12, oral_b12, procedure

BYPASS = procedure("bariatric_surgery", 2000)
NO_STOMACH = procedure("gastrectomy_total", 2000)

# One case, one line:
# fmt: off
CASES = number(
    "MAL",
    "malabsorption_unprotected",
    (
        case("open 3", "bariatric surgery 90 days ago", procedure("bariatric_surgery", 90)),
        case(NOT_ELIGIBLE, "bariatric surgery 89 days ago", procedure("bariatric_surgery", 89)),
        case("open 3", "bariatric surgery, many years ago", procedure("bariatric_surgery", 6000)),
        case("open 3", "bariatric surgery, known from a diagnosis", diagnosis("bariatric_surgery", 90)),
        case("open 3", "surgery 90 days ago, the diagnosis since", procedure("bariatric_surgery", 90), diagnosis("bariatric_surgery", 30)),
        case("open 2", "total gastrectomy", procedure("gastrectomy_total", 90)),
        case(NOT_ELIGIBLE, "total gastrectomy 89 days ago", procedure("gastrectomy_total", 89)),
        case("open 2", "ileal resection", procedure("ileal_resection", 90)),
        case("open 2", "ileal resection and bariatric surgery", procedure("ileal_resection", 400), BYPASS),
        case(NOT_ELIGIBLE, "partial gastrectomy", procedure("gastrectomy_partial", 2000)),
        case(NOT_ELIGIBLE, "celiac disease", diagnosis("celiac_disease", 2000)),
        case(NOT_ELIGIBLE, "surgery planned and not done", procedure("bariatric_surgery", 2000, status="not-done")),
        case("open 3", "a normal B12 does not protect", BYPASS, b12(400, days=30)),
        case("open 3", "neuropathy does not raise the priority", BYPASS, diagnosis("neuropathy", 100)),
        case("on_b12_now", "injection 180 days ago", BYPASS, injection(180)),
        case("open 3", "one injection, 181 days ago", BYPASS, injection(181)),
        case("maintenance_listed", "injection 181 days ago after gastrectomy", NO_STOMACH, injection(181)),
        case("open 2", "injection 1096 days ago after gastrectomy", NO_STOMACH, injection(1096)),
        case("on_b12_now", "oral until 30 days ago", BYPASS, oral_b12(300, 30)),
        case("open 3", "oral until 31 days ago", BYPASS, oral_b12(300, 31)),
        case("maintenance_listed", "oral for 90 days, until 60 days ago", BYPASS, oral_b12(150, 60)),
        case("open 3", "oral for 89 days, until 60 days ago", BYPASS, oral_b12(149, 60)),
        case("on_b12_now", "nasal", BYPASS, nasal_b12(100)),
        case("open 3", "oral 49 mcg is no therapy", BYPASS, oral_b12(30, dose=49)),
    ),
)
