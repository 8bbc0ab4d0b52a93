"""Planted cases of ``cause_uninvestigated``: a deficiency, treated, whose cause nobody looked for."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, case, number
from pipelines.demo.planted.rows import Row, b12, diagnosis, h2ra, injection, lab, metformin, oral_b12, ppi, procedure

LOW, INDETERMINATE = b12(120, days=200), b12(200, days=200)
TREATED = injection(190)


def mma(value: float, days: int) -> Row:
    """A serum MMA."""
    return lab("mma_serum", value, days=days)


def antibodies(value: str, days: int, status: str = "final") -> Row:
    """An intrinsic factor antibody result."""
    return lab("intrinsic_factor_ab", value, days=days, status=status)


# One case, one line:
# fmt: off
_DATES = (
    case("open 3", "LOW 84 days ago, treated", b12(120, days=84), injection(80)),
    case(NOT_ELIGIBLE, "LOW 83 days ago, treated", b12(120, days=83), injection(80)),
    case("open 3", "LOW 730 days ago, treated", b12(120, days=730), injection(720)),
    case(NOT_ELIGIBLE, "LOW 731 days ago, treated", b12(120, days=731), injection(720)),
    case("open 3", "active B12 LOW, treated", lab("active_b12", 20, days=200), TREATED),
    case(NOT_ELIGIBLE, "UNLIKELY, treated", b12(400, days=200), TREATED),
)

_CONFIRMED = (
    case("open 3", "indeterminate with raised MMA, treated", INDETERMINATE, mma(350, 195), TREATED),
    case(NOT_ELIGIBLE, "indeterminate with normal MMA, treated", INDETERMINATE, mma(200, 195), TREATED),
    case(NOT_ELIGIBLE, "indeterminate alone, treated", INDETERMINATE, TREATED),
    case("open 3", "MMA raised 30 days before the result", INDETERMINATE, mma(350, 230), TREATED),
    case(NOT_ELIGIBLE, "MMA raised 31 days before the result", INDETERMINATE, mma(350, 231), TREATED),
    case(NOT_ELIGIBLE, "MMA 280: raised in the US", INDETERMINATE, mma(280, 195), TREATED, us="open 3"),
    case("open 3", "homocysteine raised, treated", INDETERMINATE, lab("homocysteine", 16, days=195), TREATED),
    case("open 3", "MMA raised and eGFR 20: closed there, still to be looked into", INDETERMINATE, mma(350, 195), lab("egfr", 20, days=195)),
)

_CLOSED = (
    case("untreated_listed", "LOW, untreated", LOW),
    case("untreated_listed", "indeterminate with raised MMA, untreated", INDETERMINATE, mma(350, 195)),
    case("open 3", "LOW, on tablets", LOW, oral_b12(190)),
    case("tested", "antibodies negative, years before", LOW, TREATED, antibodies("negative", 3000)),
    case("tested", "antibodies equivocal, since", LOW, TREATED, antibodies("equivocal", 20)),
    case("tested", "antibodies positive: tested is the first reason", LOW, TREATED, antibodies("POSITIVE", 100)),
    case("open 3", "antibodies preliminary", LOW, TREATED, antibodies("negative", 100, status="preliminary")),
    case("open 3", "parietal cell antibodies are not those", LOW, TREATED, lab("parietal_cell_ab", "POSITIVE", days=100)),
    case("untreated_listed", "untreated with celiac disease: the treatment comes first", LOW, diagnosis("celiac_disease", 400)),
)

_CAUSES = (
    case("cause_known", "celiac disease, known since last month", LOW, TREATED, diagnosis("celiac_disease", 30)),
    case("cause_known", "pernicious anemia", LOW, TREATED, diagnosis("pernicious_anemia", 400)),
    case("cause_known", "bariatric surgery", LOW, TREATED, procedure("bariatric_surgery", 2000)),
    case("cause_known", "vegan diet", LOW, TREATED, diagnosis("vegan_diet", 2000)),
    case("cause_known", "nitrous oxide misuse", LOW, TREATED, diagnosis("nitrous_oxide_misuse", 2000)),
    case("open 3", "vegan diet only suspected", LOW, TREATED, diagnosis("vegan_diet", 2000, status="provisional")),
    case("cause_known", "metformin on the day of the result", LOW, TREATED, metformin(1000, 200)),
    case("cause_known", "metformin last issued 120 days before the result", LOW, TREATED, metformin(320, 293)),
    case("open 3", "metformin last issued 121 days before the result", LOW, TREATED, metformin(321, 294)),
    case("open 3", "metformin begun since", LOW, TREATED, metformin(199)),
    case("cause_known", "omeprazole on the day of the result", LOW, TREATED, ppi(1000, 200)),
    case("cause_known", "famotidine begun on the day of the result", LOW, TREATED, h2ra(200)),
    case("open 3", "neuropathy is no cause, and does not raise the priority", LOW, TREATED, diagnosis("neuropathy", 100)),
)

CASES = number("CAU", "cause_uninvestigated", (*_DATES, *_CONFIRMED, *_CLOSED, *_CAUSES))
