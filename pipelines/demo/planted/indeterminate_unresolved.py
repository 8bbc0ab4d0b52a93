"""Planted cases of ``indeterminate_unresolved``: an indeterminate result, and a sign since.

A list of the United Kingdom: in the United States nobody is eligible. Within a year of the result
``borderline_without_mma`` lists the same people for a second-line test, so what is open here is older.
"""

from pipelines.demo.planted.case import NOT_ELIGIBLE, Draft, case, number
from pipelines.demo.planted.rows import Row, Rows, b12, diagnosis, injection, lab, nasal_b12, oral_b12

TIRED = diagnosis("fatigue", 100)
INDETERMINATE = b12(200, days=400)


def uk(expected: str, why: str, *rows: Rows) -> Draft:
    """A case of the profile that has the list."""
    return case(expected, why, *rows, us=NOT_ELIGIBLE)


def mma(value: float, days: int) -> Row:
    """A serum MMA."""
    return lab("mma_serum", value, days=days)


# One case, one line:
# fmt: off
_DATES = (
    uk("mma_listed", "indeterminate 183 days ago", b12(200, days=183), TIRED),
    uk(NOT_ELIGIBLE, "indeterminate 182 days ago", b12(200, days=182), TIRED),
    uk("mma_listed", "indeterminate a year ago to the day: the list of borderline results has it", b12(200, days=365), TIRED),
    uk("open 3", "indeterminate a day over a year ago", b12(200, days=366), TIRED),
    uk("open 3", "indeterminate 730 days ago", b12(200, days=730), TIRED),
    uk(NOT_ELIGIBLE, "indeterminate 731 days ago", b12(200, days=731), TIRED),
    uk(NOT_ELIGIBLE, "LOW", b12(120, days=400), TIRED),
    uk(NOT_ELIGIBLE, "UNLIKELY", b12(400, days=400), TIRED),
    uk("open 3", "active B12 indeterminate", lab("active_b12", 40, days=400), TIRED),
    uk(NOT_ELIGIBLE, "indeterminate, UNLIKELY since", INDETERMINATE, b12(400, days=300), TIRED),
)

_FEATURES = (
    uk("open 3", "fatigue the day after the result", INDETERMINATE, diagnosis("fatigue", 399)),
    uk(NOT_ELIGIBLE, "fatigue on the day of the result", INDETERMINATE, diagnosis("fatigue", 400)),
    uk("open 3", "fatigue before, and again since", INDETERMINATE, diagnosis("fatigue", 500), TIRED),
    uk(NOT_ELIGIBLE, "no sign since", INDETERMINATE),
    uk("open 3", "anemia since", INDETERMINATE, lab("hemoglobin", 110, days=100)),
    uk(NOT_ELIGIBLE, "anemia since, and gone", INDETERMINATE, lab("hemoglobin", 110, days=100), lab("hemoglobin", 130, days=50)),
    uk("open 3", "macrocytosis since", INDETERMINATE, lab("mcv", 102, days=100)),
    uk("open 3", "neuropathy since does not raise the priority", INDETERMINATE, diagnosis("neuropathy", 100)),
)

_TREATED = (
    uk("treated", "injection on the day of the result", INDETERMINATE, TIRED, injection(400)),
    uk(NOT_ELIGIBLE, "injection the day before: the result was on treatment", INDETERMINATE, TIRED, injection(401)),
    uk("treated", "injection since", INDETERMINATE, TIRED, injection(50)),
    uk("treated", "oral since, ended long ago", INDETERMINATE, TIRED, oral_b12(390, 300)),
    uk("treated", "nasal since", INDETERMINATE, TIRED, nasal_b12(50)),
    uk("open 3", "oral 49 mcg is no therapy", INDETERMINATE, TIRED, oral_b12(50, dose=49)),
)

_SECOND_LINE = (
    uk("second_line_normal", "MMA normal, 30 days before the result", INDETERMINATE, TIRED, mma(200, 430)),
    uk("open 3", "MMA normal, 31 days before the result", INDETERMINATE, TIRED, mma(200, 431)),
    uk("second_line_normal", "homocysteine normal since", INDETERMINATE, TIRED, lab("homocysteine", 9, days=50)),
    uk("open 3", "MMA normal, homocysteine raised: not settled", INDETERMINATE, TIRED, mma(200, 390), lab("homocysteine", 20, days=390)),
    uk("mma_listed", "MMA raised a fortnight ago: the list of raised ones has it", INDETERMINATE, TIRED, mma(350, 14)),
    uk("open 3", "MMA raised thirteen days ago: not listed yet", INDETERMINATE, TIRED, mma(350, 13)),
    uk("kidney_function", "MMA raised, eGFR 29", INDETERMINATE, TIRED, mma(350, 100), lab("egfr", 29, days=100)),
    uk("mma_listed", "MMA raised, eGFR 30", INDETERMINATE, TIRED, mma(350, 100), lab("egfr", 30, days=100)),
    uk("treated", "normal MMA and treated: treatment is the first reason", INDETERMINATE, TIRED, mma(200, 390), injection(300)),
)

CASES = number("IND", "indeterminate_unresolved", (*_DATES, *_FEATURES, *_TREATED, *_SECOND_LINE))
