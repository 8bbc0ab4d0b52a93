"""Planted cases of ``neuro_untested``: a new neurological sign, and no B12 test."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, Person, case, number
from pipelines.demo.planted.rows import b12, diagnosis, h2ra, injection, lab, metformin, oral_b12, ppi, procedure

SIGN = diagnosis("neuropathy", 100)

# One case, one line:
# fmt: off
_DATES = (
    case("open 2", "neuropathy recorded a fortnight ago", diagnosis("neuropathy", 14)),
    case(NOT_ELIGIBLE, "recorded thirteen days ago", diagnosis("neuropathy", 13)),
    case("open 2", "recorded a year ago to the day", diagnosis("neuropathy", 365)),
    case(NOT_ELIGIBLE, "recorded a day over a year ago", diagnosis("neuropathy", 366)),
    case(NOT_ELIGIBLE, "recorded already 1095 days before: not new", SIGN, diagnosis("neuropathy", 1195)),
    case("open 2", "last recorded 1096 days before: new again", SIGN, diagnosis("neuropathy", 1196)),
    case(NOT_ELIGIBLE, "another sign of the group 200 days before", SIGN, diagnosis("gait_ataxia", 400)),
    case("open 2", "recorded 200 days ago and again since: the first is new", diagnosis("neuropathy", 200), diagnosis("neuropathy", 50)),
    case("open 2", "ataxic gait", diagnosis("gait_ataxia", 100)),
    case("open 2", "subacute combined degeneration", diagnosis("subacute_combined_degeneration", 100)),
    case("open 2", "optic neuropathy", diagnosis("optic_neuropathy", 100)),
    case(NOT_ELIGIBLE, "diabetic neuropathy has a cause", diagnosis("diabetic_neuropathy", 100)),
    case(NOT_ELIGIBLE, "suspected only", diagnosis("neuropathy", 100, status="differential")),
    case("open 2", "a suspicion years ago does not make it old", SIGN, diagnosis("neuropathy", 500, status="provisional")),
)

_TESTED = (
    case("tested", "B12 in the year before, of any value", SIGN, b12(400, days=465)),
    case("open 2", "B12 a day over a year before", SIGN, b12(400, days=466)),
    case("tested", "B12 on the as-of date", SIGN, b12(120, days=0)),
    case("tested", "active B12", SIGN, lab("active_b12", 90, days=60)),
    case("tested", "MMA in serum", SIGN, lab("mma_serum", 200, days=60)),
    case("tested", "MMA in urine", SIGN, lab("mma_urine", 1, days=60)),
    case("tested", "homocysteine", SIGN, lab("homocysteine", 9, days=60)),
    case("open 2", "folate and ferritin are no B12 test", SIGN, lab("folate_serum", 20, days=60), lab("ferritin", 80, days=60)),
    case("open 2", "a preliminary B12 is none", SIGN, b12(400, days=60, status="preliminary")),
    case("open 2", "a hemolysed sample is none", SIGN, b12("Haemolysed", days=60)),
)

_TREATED = (
    case("on_b12", "injection 180 days before the sign", SIGN, injection(280)),
    case("open 2", "injection 181 days before", SIGN, injection(281)),
    case("on_b12", "injection on the day of the sign", SIGN, injection(100)),
    case("on_b12", "injection on the as-of date", SIGN, injection(0)),
    case("on_b12", "oral until 30 days before the sign", SIGN, oral_b12(300, 130)),
    case("open 2", "oral until 31 days before", SIGN, oral_b12(300, 131)),
    case("open 2", "oral 49 mcg is no therapy", SIGN, oral_b12(90, dose=49)),
    case("tested", "tested and treated: tested is the first reason", SIGN, injection(100), b12(400, days=101)),
)

_RISK = (
    case("open 1", "metformin, last issued 120 days ago", SIGN, metformin(120, 93)),
    case("open 2", "metformin, last issued 121 days ago", SIGN, metformin(121, 94)),
    case("open 1", "omeprazole", SIGN, ppi(30)),
    case("open 1", "famotidine", SIGN, h2ra(30)),
    case("open 1", "celiac disease", SIGN, diagnosis("celiac_disease", 2000)),
    case("open 1", "bariatric surgery", SIGN, procedure("bariatric_surgery", 60)),
    case("open 1", "sixty-five today", SIGN, person=Person(age=65)),
    case("open 2", "sixty-five tomorrow", SIGN, person=Person(age=65, younger_by=1)),
    case("open 2", "age not known", SIGN, person=Person(age=None)),
    case("open 1", "nitrous oxide misuse", SIGN, diagnosis("nitrous_oxide_misuse", 200)),
    case("open 1", "vegan diet under a local code", SIGN, diagnosis("vegan_diet", 2000)),
)

CASES = number("NEU", "neuro_untested", (*_DATES, *_TESTED, *_TREATED, *_RISK))
