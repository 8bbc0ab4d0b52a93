"""Planted cases of ``borderline_without_mma``: an indeterminate result, and no second-line test."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, Person, case, number
from pipelines.demo.planted.rows import Row, b12, diagnosis, injection, lab, oral_b12

MAN = Person(sex="M")


def tired(days: int = 200) -> Row:
    """The feature that most cases here have: fatigue."""
    return diagnosis("fatigue", days)


# One case, one line:
# fmt: off
_DATES = (
    case("open 3", "indeterminate 28 days ago, with fatigue", b12(200, days=28), tired()),
    case(NOT_ELIGIBLE, "27 days ago: a day too fresh", b12(200, days=27), tired()),
    case("open 3", "a year ago to the day", b12(200, days=365), tired()),
    case(NOT_ELIGIBLE, "a day over a year ago", b12(200, days=366), tired()),
)

_CUT_OFFS = (
    case("open 3", "133 pmol/L", b12(133, days=60), tired()),
    case(NOT_ELIGIBLE, "132.9 pmol/L is LOW", b12(132.9, days=60), tired()),
    case("open 3", "258 pmol/L", b12(258, days=60), tired()),
    case(NOT_ELIGIBLE, "258.1 pmol/L is UNLIKELY, though it converts to 349.8 ng/L", b12(258.1, days=60), tired()),
    case("open 3", "180 ng/L", b12(180, "ng/L", days=60), tired()),
    case(NOT_ELIGIBLE, "179.9 ng/L is LOW", b12(179.9, "ng/L", days=60), tired()),
    case("open 3", "350 ng/L, though it converts to 258.2 pmol/L", b12(350, "ng/L", days=60), tired()),
    case(NOT_ELIGIBLE, "350.1 ng/L is UNLIKELY", b12(350.1, "ng/L", days=60), tired()),
    case("open 3", "active B12 of 25 pmol/L", lab("active_b12", 25, days=60), tired()),
    case("open 3", "active B12 of 70 pmol/L", lab("active_b12", 70, days=60), tired()),
    case(NOT_ELIGIBLE, "active B12 of 70.1 pmol/L is UNLIKELY", lab("active_b12", 70.1, days=60), tired()),
    case(NOT_ELIGIBLE, "at most 350 ng/L may be LOW: unclassifiable", b12("<=350", "ng/L", days=60), tired()),
    case("open 3", "an unclassifiable result does not displace an earlier indeterminate one", b12(200, days=90), b12("<181", "ng/L", days=60), tired()),
)

_FEATURES = (
    case(NOT_ELIGIBLE, "no sign or symptom: nothing to do in the UK, last in the US", b12(200, days=60), us="open 4"),
    case("open 3", "fatigue two years ago", b12(200, days=60), tired(730)),
    case(NOT_ELIGIBLE, "fatigue two years and a day ago", b12(200, days=60), tired(731), us="open 4"),
    case("open 3", "cognitive impairment", b12(200, days=60), diagnosis("cognitive_impairment", 60)),
    case("open 3", "glossitis", b12(200, days=60), diagnosis("glossitis", 60)),
    case("open 3", "diabetic neuropathy is a feature, and not urgent", b12(200, days=60), diagnosis("diabetic_neuropathy", 60)),
    case("open 1", "neuropathy", b12(200, days=60), diagnosis("neuropathy", 60)),
    case("open 1", "optic neuropathy", b12(200, days=60), diagnosis("optic_neuropathy", 730)),
    case("open 2", "a woman's hemoglobin of 119 g/L", b12(200, days=60), lab("hemoglobin", 119, days=60)),
    case(NOT_ELIGIBLE, "a woman's hemoglobin of 120 g/L", b12(200, days=60), lab("hemoglobin", 120, days=60), us="open 4"),
    case("open 2", "a man's hemoglobin of 129 g/L", b12(200, days=60), lab("hemoglobin", 129, days=60), person=MAN),
    case(NOT_ELIGIBLE, "a man's hemoglobin of 130 g/L", b12(200, days=60), lab("hemoglobin", 130, days=60), person=MAN, us="open 4"),
    case(NOT_ELIGIBLE, "hemoglobin 125 g/L, sex not known", b12(200, days=60), lab("hemoglobin", 125, days=60), person=Person(sex=None), us="open 4"),
    case("open 2", "anemic a year ago to the day", b12(200, days=60), lab("hemoglobin", 110, days=365)),
    case(NOT_ELIGIBLE, "anemic a day over a year ago", b12(200, days=60), lab("hemoglobin", 110, days=366), us="open 4"),
    case(NOT_ELIGIBLE, "anemic, and recovered since", b12(200, days=60), lab("hemoglobin", 110, days=300), lab("hemoglobin", 130, days=100), us="open 4"),
    case("open 2", "hemoglobin 11.9 g/dL", b12(200, days=60), lab("hemoglobin", 11.9, "g/dL", days=60)),
    case(NOT_ELIGIBLE, "hemoglobin at most 125: not surely anemic", b12(200, days=60), lab("hemoglobin", "<=125", days=60), us="open 4"),
    case("open 2", "MCV 100.1 fL", b12(200, days=60), lab("mcv", 100.1, days=60)),
    case(NOT_ELIGIBLE, "MCV 100 fL", b12(200, days=60), lab("mcv", 100, days=60), us="open 4"),
    case("open 2", "MCV 98 and 101 on one day: the highest counts", b12(200, days=60), lab("mcv", 101, days=60), lab("mcv", 98, days=60, hour=15)),
    case(NOT_ELIGIBLE, "MCV 101 a day over a year ago", b12(200, days=60), lab("mcv", 101, days=366), us="open 4"),
    case(NOT_ELIGIBLE, "anemic in a preliminary result", b12(200, days=60), lab("hemoglobin", 110, days=60, status="preliminary"), us="open 4"),
)

_CLOSED = (
    case("second_line_test", "MMA 30 days before", b12(200, days=60), tired(), lab("mma_serum", 200, days=90)),
    case("open 3", "MMA 31 days before is another question's answer", b12(200, days=60), tired(), lab("mma_serum", 200, days=91)),
    case("second_line_test", "MMA on the as-of date, of any value", b12(200, days=60), tired(), lab("mma_serum", 500, days=0)),
    case("second_line_test", "MMA in urine", b12(200, days=60), tired(), lab("mma_urine", 1.5, days=50)),
    case("second_line_test", "homocysteine", b12(200, days=60), tired(), lab("homocysteine", 10, days=50)),
    case("open 3", "MMA preliminary", b12(200, days=60), tired(), lab("mma_serum", 200, days=50, status="preliminary")),
    case("open 3", "MMA hemolysed", b12(200, days=60), tired(), lab("mma_serum", "insufficient sample", days=50)),
    case("treated", "injection on the day of the result", b12(200, days=60), tired(), injection(60)),
    case(NOT_ELIGIBLE, "injection the day before: the result was on treatment", b12(200, days=60), tired(), injection(61)),
    case("treated", "oral B12 from the as-of date", b12(200, days=60), tired(), oral_b12(0)),
    case("open 3", "oral B12 of 49 mcg is no therapy", b12(200, days=60), tired(), oral_b12(30, dose=49)),
    case("second_line_test", "tested and treated: the test is the first reason", b12(200, days=60), tired(), injection(30), lab("mma_serum", 200, days=50)),
    case("pregnancy_listed", "pregnant, total B12 indeterminate", b12(200, days=60), tired(), diagnosis("pregnancy", 100)),
    case("open 3", "pregnant, active B12 indeterminate: no total B12 to list there", lab("active_b12", 40, days=60), tired(), diagnosis("pregnancy", 100)),
    case("treated", "pregnant and treated: treatment is the first reason", b12(200, days=60), tired(), diagnosis("pregnancy", 100), injection(30)),
)

_INDEX = (
    case({"borderline_without_mma": NOT_ELIGIBLE, "low_b12_untreated": "open 2"}, "LOW 90 days before stands in its place", b12(120, days=150), b12(200, days=60), tired()),
    case({"borderline_without_mma": "open 3", "low_b12_untreated": NOT_ELIGIBLE}, "LOW 91 days before does not", b12(120, days=151), b12(200, days=60), tired()),
    case(NOT_ELIGIBLE, "UNLIKELY since", b12(200, days=90), b12(400, days=60), tired()),
    case("open 3", "indeterminate and UNLIKELY on one day: indeterminate counts", b12(400, days=60), b12(200, days=60, hour=15), tired()),
)

CASES = number("BDL", "borderline_without_mma", (*_DATES, *_CUT_OFFS, *_FEATURES, *_CLOSED, *_INDEX))
