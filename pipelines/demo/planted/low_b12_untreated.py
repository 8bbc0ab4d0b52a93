"""Planted cases of ``low_b12_untreated``: a low result, and nothing done about it."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, Person, case, number
from pipelines.demo.planted.rows import (
    Ago,
    b12,
    diagnosis,
    drug,
    injection,
    lab,
    nasal_b12,
    oral_b12,
    prescribed,
    procedure,
    unrouted_b12,
)

PLAIN = Person(lab="northgate")
"""The laboratory that writes plain CSV, for values whose very spelling is the point."""

# One case, one line:
# fmt: off
_DATES = (
    case("open 2", "LOW a fortnight ago: the first day it is due", b12(132, days=14)),
    case(NOT_ELIGIBLE, "LOW thirteen days ago: a day too fresh", b12(132, days=13)),
    case("open 2", "LOW 1095 days ago: the oldest that counts", b12(132, days=1095)),
    case(NOT_ELIGIBLE, "LOW 1096 days ago: a day too old", b12(132, days=1096)),
    case("open 1", "urgent (neuropathy) a week ago", b12(132, days=7), diagnosis("neuropathy", 100)),
    case(NOT_ELIGIBLE, "urgent six days ago: a day too fresh", b12(132, days=6), diagnosis("neuropathy", 100)),
    case(NOT_ELIGIBLE, "not urgent a week ago: too fresh", b12(132, days=7)),
)

_CUT_OFFS = (
    case("open 2", "132.9 pmol/L is LOW, though it converts to 180.1 ng/L", b12(132.9, days=40)),
    case(NOT_ELIGIBLE, "133 pmol/L is indeterminate", b12(133, days=40)),
    case("open 2", "179.9 ng/L is LOW", b12(179.9, "ng/L", days=40)),
    case(NOT_ELIGIBLE, "180 ng/L is indeterminate, though it converts to 132.8 pmol/L", b12(180, "ng/L", days=40)),
    case("open 2", "179 pg/mL is 179 ng/L", b12(179, "pg/mL", days=40)),
    case("open 2", "0.179 ng/mL is 179 ng/L", b12(0.179, "ng/mL", days=40)),
    case(NOT_ELIGIBLE, "0.18 ng/mL is 180 ng/L exactly", b12(0.18, "ng/mL", days=40)),
    case("open 2", "0.132 nmol/L is 132 pmol/L", b12(0.132, "nmol/L", days=40)),
    case(NOT_ELIGIBLE, "0.133 nmol/L is 133 pmol/L exactly", b12(0.133, "nmol/L", days=40)),
    case("open 2", "active B12 of 24.9 pmol/L is LOW", lab("active_b12", 24.9, days=40)),
    case(NOT_ELIGIBLE, "active B12 of 25 pmol/L is indeterminate", lab("active_b12", 25, days=40)),
    case("open 2", "below 180 ng/L is LOW over its whole interval", b12("<180", "ng/L", days=40)),
    case(NOT_ELIGIBLE, "below 181 ng/L may be 180: unclassifiable", b12("<181", "ng/L", days=40)),
    case("open 2", "at most 179 ng/L is LOW", b12("<=179", "ng/L", days=40)),
    case(NOT_ELIGIBLE, "at most 180 ng/L may be 180: unclassifiable", b12("<=180", "ng/L", days=40)),
    case("open 2", "below 133 pmol/L is LOW", b12("< 133", days=40)),
    case(NOT_ELIGIBLE, "above 100 pmol/L may be anything: unclassifiable", b12(">100", days=40)),
)

_PRIORITY = (
    case("open 1", "total B12 of 73.9 pmol/L is urgent", b12(73.9, days=7)),
    case("open 2", "total B12 of 74 pmol/L is not", b12(74, days=20)),
    case("open 1", "total B12 of 99.9 ng/L is urgent", b12(99.9, "ng/L", days=7)),
    case("open 2", "total B12 of 100 ng/L is not, though it converts to 73.8 pmol/L", b12(100, "ng/L", days=20)),
    case("open 1", "below 100 ng/L is urgent over its whole interval", b12("<100", "ng/L", days=20)),
    case("open 2", "below 150 ng/L may be 120: not urgent", b12("<150", "ng/L", days=20)),
    case("open 2", "active B12 of 10 pmol/L is LOW, and no total B12", lab("active_b12", 10, days=20)),
    case("open 1", "latest hemoglobin 79 g/L", b12(120, days=7), lab("hemoglobin", 79, days=7)),
    case("open 2", "latest hemoglobin 80 g/L", b12(120, days=20), lab("hemoglobin", 80, days=20)),
    case("open 1", "hemoglobin 7.9 g/dL", b12(120, days=20), lab("hemoglobin", 7.9, "g/dL", days=20)),
    case("open 1", "hemoglobin 79 a year ago to the day", b12(120, days=20), lab("hemoglobin", 79, days=365)),
    case("open 2", "hemoglobin 79 a day over a year ago", b12(120, days=20), lab("hemoglobin", 79, days=366)),
    case("open 2", "hemoglobin 70, then 100: the latest counts", b12(120, days=20), lab("hemoglobin", 70, days=90), lab("hemoglobin", 100, days=30)),
    case("open 1", "hemoglobin 95 and 79 on one day: the lowest counts", b12(120, days=20), lab("hemoglobin", 95, days=20, hour=15), lab("hemoglobin", 79, days=20)),
    case("open 1", "neuropathy two years ago", b12(120, days=20), diagnosis("neuropathy", 730)),
    case("open 2", "neuropathy two years and a day ago", b12(120, days=20), diagnosis("neuropathy", 731)),
    case("open 1", "ataxic gait", b12(120, days=20), diagnosis("gait_ataxia", 30)),
    case("open 1", "subacute combined degeneration", b12(120, days=20), diagnosis("subacute_combined_degeneration", 30)),
    case("open 1", "optic neuropathy", b12(120, days=20), diagnosis("optic_neuropathy", 30)),
    case("open 2", "diabetic neuropathy has another cause", b12(120, days=20), diagnosis("diabetic_neuropathy", 30)),
    case("open 2", "neuropathy only suspected", b12(120, days=20), diagnosis("neuropathy", 30, status="provisional")),
    case("open 1", "pregnant, recorded 280 days ago", b12(120, days=20), diagnosis("pregnancy", 280)),
    case("open 2", "pregnancy recorded 281 days ago is over", b12(120, days=20), diagnosis("pregnancy", 281)),
    case("open 2", "pregnancy that has ended", b12(120, days=20), diagnosis("pregnancy", 200), diagnosis("pregnancy_end", 30)),
    case("open 1", "pregnancy first recorded 294 days ago, and again since", b12(120, days=20), diagnosis("pregnancy", 294), diagnosis("pregnancy", 100)),
    case("open 2", "pregnancy first recorded 295 days ago cannot go on", b12(120, days=20), diagnosis("pregnancy", 295), diagnosis("pregnancy", 100)),
)

_TREATED = (
    case("treated", "injection on the day of the result", b12(120, days=60), injection(60)),
    case("treated", "injection on the as-of date", b12(120, days=60), injection(0)),
    case(NOT_ELIGIBLE, "injection the day before: the result was on treatment", b12(120, days=60), injection(61)),
    case(NOT_ELIGIBLE, "injection 180 days before the result: on treatment", b12(120, days=60), injection(240)),
    case("open 2", "injection 181 days before the result: off treatment again", b12(120, days=60), injection(241)),
    case(NOT_ELIGIBLE, "five ampoules last 420 days: the result was on treatment", b12(120, days=60), prescribed(480, 5)),
    case("open 2", "five ampoules do not last 421 days", b12(120, days=60), prescribed(481, 5)),
    case("treated", "ampoules prescribed count like an injection", b12(120, days=60), prescribed(30, 5)),
    case("treated", "a J3420 procedure is an injection", b12(120, days=60), procedure("cyanocobalamin_injection", 30)),
    case("treated", "an injection coded among the diagnoses", b12(120, days=60), diagnosis("b12_injection_recorded", 30)),
    case("open 2", "injection entered in error", b12(120, days=60), injection(30, status="entered-in-error")),
    case("treated", "oral 50 mcg a day", b12(120, days=60), oral_b12(40, dose=50)),
    case("open 2", "oral 49 mcg a day is no therapy", b12(120, days=60), oral_b12(40, dose=49)),
    case("treated", "oral of unknown dose", b12(120, days=60), oral_b12(40, dose=None)),
    case("treated", "oral that began on the day of the result", b12(120, days=60), oral_b12(60, 33)),
    case(NOT_ELIGIBLE, "oral that ended 30 days before the result: on treatment", b12(120, days=60), oral_b12(200, 90)),
    case("open 2", "oral that ended 31 days before the result", b12(120, days=60), oral_b12(200, 91)),
    case("treated", "nasal", b12(120, days=60), nasal_b12(40)),
    case("treated", "B12 of unknown route", b12(120, days=60), unrouted_b12(40)),
    case("open 2", "vitamin B complex is no therapy", b12(120, days=60), drug("Vitamin B compound strong tablets", 40, 0)),
)

_INDEX = (
    case("open 2", "LOW, and 90 days later UNLIKELY: a deficiency does not go by itself", b12(120, days=200), b12(400, days=110)),
    case(NOT_ELIGIBLE, "LOW, and 91 days later UNLIKELY", b12(120, days=201), b12(400, days=110)),
    case("open 2", "LOW, and a month later indeterminate active B12", b12(120, days=90), lab("active_b12", 40, days=60)),
    case(NOT_ELIGIBLE, "LOW, and a month later UNLIKELY active B12", b12(120, days=90), lab("active_b12", 90, days=60)),
    case("open 2", "LOW and UNLIKELY on one day: LOW counts", b12(400, days=60), b12(120, days=60, hour=15)),
    case("open 2", "total LOW and active UNLIKELY on one day, not pregnant", b12(120, days=60), lab("active_b12", 90, days=60)),
    case(NOT_ELIGIBLE, "total LOW and active UNLIKELY on one day, pregnant then", b12(120, days=60), lab("active_b12", 90, days=60), diagnosis("pregnancy", 100)),
    case("open 2", "LOW 200 days ago and again 30 days ago", b12(120, days=200), b12(121, days=30)),
)

_SCOPE = (
    case(NOT_ELIGIBLE, "died on the as-of date", b12(120, days=40), person=Person(died=0)),
    case("open 2", "registered until the as-of date", b12(120, days=40), person=Person(registered_until=0)),
    case(NOT_ELIGIBLE, "registered until the day before", b12(120, days=40), person=Person(registered_until=1)),
    case("open 2", "registered from the as-of date", b12(120, days=40), person=Person(registered_from=0)),
    case("open 2", "sixteen today: an adult in the UK", b12(120, days=40), person=Person(age=16), us=NOT_ELIGIBLE),
    case(NOT_ELIGIBLE, "sixteen tomorrow", b12(120, days=40), person=Person(age=16, younger_by=1)),
    case("open 2", "eighteen today", b12(120, days=40), person=Person(age=18)),
    case("open 2", "eighteen tomorrow: no adult in the US", b12(120, days=40), person=Person(age=18, younger_by=1), us=NOT_ELIGIBLE),
    case("open 2", "birth date unknown: counts as an adult", b12(120, days=40), person=Person(age=None)),
    case("open 2", "in the laboratory's files alone", b12(120, days=40), person=Person(in_patients=False)),
    case(NOT_ELIGIBLE, "palliative care, years ago", b12(120, days=40), diagnosis("palliative_care", 3000)),
    case("open 2", "palliative care only under discussion", b12(120, days=40), diagnosis("palliative_care", 30, status="provisional")),
)

_RECORDS = (
    case(NOT_ELIGIBLE, "preliminary result", b12(120, days=40, status="preliminary")),
    case("open 2", "a late preliminary version does not supersede the final one", b12(120, days=40, row_id="r"), b12(400, days=40, row_id="r", status="preliminary", reported=30)),
    case(NOT_ELIGIBLE, "LOW, corrected to 400", b12(120, days=40, row_id="r"), b12(400, days=40, row_id="r", status="corrected", reported=30)),
    case("open 2", "400, corrected to LOW", b12(400, days=40, row_id="r"), b12(120, days=40, row_id="r", status="corrected", reported=30)),
    case(NOT_ELIGIBLE, "LOW, withdrawn", b12(120, days=40, row_id="r"), b12(120, days=40, row_id="r", status="entered-in-error", reported=30)),
    case(NOT_ELIGIBLE, "LOW, replaced by another result of 400", b12(120, days=40, row_id="r"), b12(400, days=40, row_id="s", replaces="r", reported=30)),
    case("open 2", "the same result under two identifiers", b12(120, days=40), b12(120, days=40)),
    case(NOT_ELIGIBLE, "hemolysed: no value, no test", b12("haemolysed", days=40)),
    case(NOT_ELIGIBLE, "unit of another scale: quarantined", b12(120, "mmol/L", days=40)),
    case(NOT_ELIGIBLE, "no unit anywhere: quarantined", b12(120, "", days=40), person=PLAIN),
    case(NOT_ELIGIBLE, "4.9 pmol/L is impossible: quarantined", b12(4.9, days=40)),
    case("open 1", "5 pmol/L is just possible", b12(5, days=40)),
    case("open 2", "exponent notation", b12("1.2e2", "ng/L", days=40), person=PLAIN),
    case(NOT_ELIGIBLE, "a thousands separator: 1,234 ng/L is no low result", b12("1,234", "ng/L", days=40), person=PLAIN),
    case("open 2", "comparator in words", b12("LESS THAN 150", "ng/L", days=40)),
    case("open 2", "comparator in the flag", b12(150, "ng/L", days=40, flag="<"), person=PLAIN),
    case("open 2", "LOW dated by day alone", b12(120, days=40, hour=None)),
    case("open 1", "neuropathy recorded years ago and again last month", b12(120, days=40), diagnosis("neuropathy", 2000), diagnosis("neuropathy", 30)),
    case("open 2", "neuropathy refuted later", b12(120, days=40), diagnosis("neuropathy", 60, row_id="d", recorded_at=Ago(60)), diagnosis("neuropathy", 60, row_id="d", status="refuted", recorded_at=Ago(20))),
)

CASES = number(
    "LOW", "low_b12_untreated", (*_DATES, *_CUT_OFFS, *_PRIORITY, *_TREATED, *_INDEX, *_SCOPE, *_RECORDS)
)
