"""Planted cases of ``raised_mma_untreated``: an indeterminate B12, proven by MMA or homocysteine, and not treated."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, Person, case, number
from pipelines.demo.planted.rows import Row, b12, diagnosis, injection, lab, nasal_b12, oral_b12


def mma(value: float | str, *, days: int = 40, unit: str = "nmol/L", high: float | None = None) -> Row:
    """Serum MMA, as a rule on the day of the indeterminate B12."""
    return lab("mma_serum", value, unit, days=days, high=high)


def egfr(value: float | str, days: int = 40) -> Row:
    """An eGFR."""
    return lab("egfr", value, days=days)


INDETERMINATE = b12(200, days=40)

# One case, one line:
# fmt: off
_CUT_OFFS = (
    case("open 3", "MMA 281 nmol/L", INDETERMINATE, mma(281)),
    case(NOT_ELIGIBLE, "MMA 280: not above the UK limit, above the US one", INDETERMINATE, mma(280), us="open 3"),
    case(NOT_ELIGIBLE, "MMA 272: above the US limit", INDETERMINATE, mma(272), us="open 3"),
    case(NOT_ELIGIBLE, "MMA 271: not above the US limit", INDETERMINATE, mma(271)),
    case("open 3", "MMA 0.281 umol/L", INDETERMINATE, mma(0.281, unit="umol/L")),
    case(NOT_ELIGIBLE, "MMA 0.28 umol/L is 280 nmol/L exactly", INDETERMINATE, mma(0.28, unit="umol/L"), us="open 3"),
    case("open 3", "MMA 3.4 ug/dL is 288 nmol/L", INDETERMINATE, mma(3.4, unit="ug/dL")),
    case(NOT_ELIGIBLE, "MMA 3.3 ug/dL is 279 nmol/L", INDETERMINATE, mma(3.3, unit="ug/dL"), us="open 3"),
    case("open 3", "MMA 261, the laboratory's limit 260", INDETERMINATE, mma(261, high=260)),
    case(NOT_ELIGIBLE, "MMA 320, the laboratory's limit 320", INDETERMINATE, mma(320, high=320)),
    case("open 3", "MMA above 300", INDETERMINATE, mma(">300")),
    case("open 3", "MMA above 280 is above 280", INDETERMINATE, mma(">280")),
    case(NOT_ELIGIBLE, "MMA above 275 may be 276: sure for the US alone", INDETERMINATE, mma(">275"), us="open 3"),
    case("open 3", "urine MMA 3.7 mmol/mol", INDETERMINATE, lab("mma_urine", 3.7, days=40)),
    case(NOT_ELIGIBLE, "urine MMA 3.6 mmol/mol", INDETERMINATE, lab("mma_urine", 3.6, days=40)),
    case("open 3", "homocysteine 15.1 umol/L", INDETERMINATE, lab("homocysteine", 15.1, days=40)),
    case(NOT_ELIGIBLE, "homocysteine 15 umol/L", INDETERMINATE, lab("homocysteine", 15, days=40)),
    case("open 3", "homocysteine 13, the laboratory's limit 12", INDETERMINATE, lab("homocysteine", 13, days=40, high=12)),
)

_WHICH = (
    case(NOT_ELIGIBLE, "MMA raised, then normal: the latest counts", INDETERMINATE, mma(350), mma(200, days=20)),
    case("open 3", "MMA normal, then raised", INDETERMINATE, mma(200), mma(350, days=20)),
    case("open 3", "MMA 200 and 300 on one day: the highest counts", INDETERMINATE, mma(200), mma(300)),
    case(NOT_ELIGIBLE, "serum MMA normal outranks a later raised urine MMA", INDETERMINATE, mma(200), lab("mma_urine", 9, days=20)),
    case(NOT_ELIGIBLE, "urine MMA normal outranks a raised homocysteine", INDETERMINATE, lab("mma_urine", 1, days=40), lab("homocysteine", 30, days=20)),
    case(NOT_ELIGIBLE, "B12 LOW needs no MMA", b12(120, days=40), mma(350)),
    case(NOT_ELIGIBLE, "B12 UNLIKELY", b12(400, days=40), mma(350)),
    case(NOT_ELIGIBLE, "B12 on treatment", INDETERMINATE, injection(100), mma(350)),
)

_DATES = (
    case("open 3", "MMA a fortnight ago", INDETERMINATE, mma(350, days=14)),
    case(NOT_ELIGIBLE, "MMA thirteen days ago: a day too fresh", INDETERMINATE, mma(350, days=13)),
    case("open 3", "MMA 1095 days ago, on the day of the B12", b12(200, days=1095), mma(350, days=1095)),
    case(NOT_ELIGIBLE, "MMA 1096 days ago", b12(200, days=1096), mma(350, days=1096)),
    case("open 3", "MMA 30 days before the B12", INDETERMINATE, mma(350, days=70)),
    case(NOT_ELIGIBLE, "MMA 31 days before the B12", INDETERMINATE, mma(350, days=71)),
)

_PRIORITY = (
    case("open 1", "neuropathy", INDETERMINATE, mma(350), diagnosis("neuropathy", 100)),
    case("open 2", "anemia", INDETERMINATE, mma(350), lab("hemoglobin", 119, days=40)),
    case("open 2", "macrocytosis", INDETERMINATE, mma(350), lab("mcv", 101, days=40)),
    case("open 2", "MMA 400", INDETERMINATE, mma(400)),
    case("open 3", "MMA 399", INDETERMINATE, mma(399)),
    case("open 3", "fatigue does not raise the priority", INDETERMINATE, mma(350), diagnosis("fatigue", 100)),
)

_KIDNEY = (
    case("kidney_function", "eGFR 29", INDETERMINATE, mma(350), egfr(29)),
    case("open 4", "eGFR 30: one lower", INDETERMINATE, mma(350), egfr(30)),
    case("open 4", "eGFR 59: one lower", INDETERMINATE, mma(350), egfr(59)),
    case("open 3", "eGFR 60", INDETERMINATE, mma(350), egfr(60)),
    case("open 3", "eGFR 45 and MMA 400: 2 becomes 3", INDETERMINATE, mma(400), egfr(45)),
    case("open 2", "eGFR 45 and neuropathy: 1 becomes 2", INDETERMINATE, mma(350), egfr(45), diagnosis("neuropathy", 100)),
    case("kidney_function", "eGFR below 15", INDETERMINATE, mma(350), egfr("<15")),
    case("open 3", "eGFR above 90", INDETERMINATE, mma(350), egfr(">90")),
    case("kidney_function", "homocysteine too", INDETERMINATE, lab("homocysteine", 25, days=40), egfr(29)),
    case("open 3", "urine MMA does not depend on the kidney", INDETERMINATE, lab("mma_urine", 9, days=40), egfr(20)),
    case("kidney_function", "eGFR 90 days before", INDETERMINATE, mma(350), egfr(29, days=130)),
    case("open 3", "eGFR 91 days before: not seen", INDETERMINATE, mma(350), egfr(29, days=131)),
    case("kidney_function", "eGFR 90 days after", b12(200, days=100), mma(350, days=100), egfr(29, days=10)),
    case("open 3", "eGFR 91 days after: not seen", b12(200, days=100), mma(350, days=100), egfr(29, days=9)),
    case("open 3", "the nearest eGFR counts", INDETERMINATE, mma(350), egfr(25, days=50), egfr(70, days=35)),
    case("kidney_function", "of two equally near, the earlier", INDETERMINATE, mma(350), egfr(25, days=45), egfr(70, days=35)),
    case("kidney_function", "of two on one day, the lower", INDETERMINATE, mma(350), egfr(70), egfr(25)),
    case("kidney_function", "creatinine 200 umol/L: eGFR 26", INDETERMINATE, mma(350), lab("creatinine", 200, days=40)),
    case("open 4", "creatinine 150 umol/L: eGFR 36", INDETERMINATE, mma(350), lab("creatinine", 150, days=40)),
    case("open 3", "creatinine 70 umol/L: eGFR 91", INDETERMINATE, mma(350), lab("creatinine", 70, days=40)),
    case("open 3", "creatinine 200 and sex not known: not seen", INDETERMINATE, mma(350), lab("creatinine", 200, days=40), person=Person(sex=None)),
    case("open 3", "creatinine 200 and age not known: not seen", INDETERMINATE, mma(350), lab("creatinine", 200, days=40), person=Person(age=None)),
    case("open 3", "creatinine with a comparator: not seen", INDETERMINATE, mma(350), lab("creatinine", ">500", days=40)),
    case("open 3", "an eGFR 80 days off outranks a creatinine of the day", INDETERMINATE, mma(350), lab("creatinine", 200, days=40), egfr(70, days=120)),
)

_TREATED = (
    case("treated", "injection on the day of the MMA", INDETERMINATE, mma(350), injection(40)),
    case("treated", "injection 14 days before the MMA", b12(200, days=60), mma(350), injection(54)),
    case("open 3", "injection 15 days before the MMA, and none since", b12(200, days=60), mma(350), injection(55)),
    case("treated", "oral B12 still running on the day of the MMA", b12(200, days=60), mma(350), oral_b12(58)),
    case("open 3", "oral B12 that ended the day before the MMA", b12(200, days=60), mma(350), oral_b12(58, 41)),
    case("treated", "nasal B12", INDETERMINATE, mma(350), nasal_b12(20)),
    case("treated", "treated and kidney failure: treatment is the first reason", INDETERMINATE, mma(350), egfr(20), injection(10)),
)

CASES = number(
    "MMA", "raised_mma_untreated", (*_CUT_OFFS, *_WHICH, *_DATES, *_PRIORITY, *_KIDNEY, *_TREATED)
)
