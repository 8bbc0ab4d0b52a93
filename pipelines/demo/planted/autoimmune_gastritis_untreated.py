"""Planted cases of ``autoimmune_gastritis_untreated``: a lifelong cause is known, and no B12 is given."""

from pipelines.demo.planted.case import NOT_ELIGIBLE, Person, case, number
from pipelines.demo.planted.rows import Ago, Row, diagnosis, injection, injections, lab, nasal_b12, oral_b12

PERNICIOUS = diagnosis("pernicious_anemia", 2000)


def antibodies(value: str, *, days: int = 40, high: float | None = None, flag: str | None = None) -> Row:
    """An intrinsic factor antibody result."""
    return lab("intrinsic_factor_ab", value, days=days, high=high, flag=flag)


# One case, one line:
# fmt: off
_KNOWN = (
    case("open 2", "pernicious anemia recorded a fortnight ago", diagnosis("pernicious_anemia", 14)),
    case(NOT_ELIGIBLE, "recorded thirteen days ago", diagnosis("pernicious_anemia", 13)),
    case("open 2", "recorded many years ago", diagnosis("pernicious_anemia", 9000)),
    case("open 2", "recorded again last week: the first record counts", diagnosis("pernicious_anemia", 400), diagnosis("pernicious_anemia", 5)),
    case("open 2", "autoimmune gastritis under a local code", diagnosis("autoimmune_gastritis", 40)),
    case("open 2", "antibodies positive a fortnight ago", antibodies("POSITIVE", days=14)),
    case(NOT_ELIGIBLE, "antibodies positive thirteen days ago", antibodies("POSITIVE", days=13)),
    case("open 2", "antibodies positive first, the diagnosis last week", antibodies("detected", days=20), diagnosis("pernicious_anemia", 5)),
    case(NOT_ELIGIBLE, "antibodies negative", antibodies("Negative")),
    case(NOT_ELIGIBLE, "antibodies equivocal", antibodies("equivocal")),
    case("open 2", "antibodies 20.5 with a limit of 20", antibodies("20.5", high=20)),
    case(NOT_ELIGIBLE, "antibodies 20 with a limit of 20", antibodies("20", high=20)),
    case("open 2", "antibodies above 200 with a limit of 20", antibodies(">200", high=20)),
    case("open 2", "antibodies 35 flagged high, without a limit", antibodies("35", flag="H")),
    case(NOT_ELIGIBLE, "antibodies 35 without flag or limit", antibodies("35")),
    case(NOT_ELIGIBLE, "antibodies positive, preliminary", lab("intrinsic_factor_ab", "POSITIVE", days=40, status="preliminary")),
    case("open 2", "antibodies positive, negative since", antibodies("POSITIVE", days=400), antibodies("NEGATIVE", days=40)),
    case(NOT_ELIGIBLE, "parietal cell antibodies prove nothing", lab("parietal_cell_ab", "POSITIVE", days=40)),
    case(NOT_ELIGIBLE, "atrophic gastritis may have other causes", diagnosis("possible_autoimmune_gastritis", 40)),
    case(NOT_ELIGIBLE, "pernicious anemia only suspected", diagnosis("pernicious_anemia", 40, status="provisional")),
    case(NOT_ELIGIBLE, "pernicious anemia, refuted later", diagnosis("pernicious_anemia", 400, row_id="d", recorded_at=Ago(400)), diagnosis("pernicious_anemia", 400, row_id="d", status="refuted", recorded_at=Ago(100))),
    case("open 2", "pernicious anemia in remission still counts", diagnosis("pernicious_anemia", 400, status="remission")),
    case("open 2", "pernicious anemia in Clinical Terms 3", diagnosis("pernicious_anemia", 400, diagnosis_code="XE2ro", code_system="CTV3")),
    case("open 2", "an ICD code without its dot", diagnosis("pernicious_anemia", 400, diagnosis_code="D510")),
    case(NOT_ELIGIBLE, "died years ago", PERNICIOUS, person=Person(died=700)),
)

_CLOSED = (
    case("on_b12_now", "injection 180 days ago", PERNICIOUS, injection(180)),
    case("maintenance_listed", "injection 181 days ago: the maintenance lists have it", PERNICIOUS, injection(181)),
    case("maintenance_listed", "injection 1095 days ago", PERNICIOUS, injection(1095)),
    case("open 2", "injection 1096 days ago: too long for the maintenance lists", PERNICIOUS, injection(1096)),
    case("on_b12_now", "injections on time", PERNICIOUS, injections(50, 134, 218)),
    case("on_b12_now", "oral until 30 days ago", PERNICIOUS, oral_b12(300, 30)),
    case("open 2", "oral until 31 days ago: on no other list yet", PERNICIOUS, oral_b12(300, 31)),
    case("open 2", "oral until 59 days ago", PERNICIOUS, oral_b12(300, 59)),
    case({"autoimmune_gastritis_untreated": "maintenance_listed", "oral_replacement_stopped": "open 2"}, "oral until 60 days ago", PERNICIOUS, oral_b12(300, 60)),
    case("on_b12_now", "nasal", PERNICIOUS, nasal_b12(100)),
    case("open 2", "oral 49 mcg is no therapy", PERNICIOUS, oral_b12(30, dose=49)),
)

_PRIORITY = (
    case("open 1", "neuropathy two years ago", PERNICIOUS, diagnosis("neuropathy", 730)),
    case("open 2", "neuropathy two years and a day ago", PERNICIOUS, diagnosis("neuropathy", 731)),
    case("open 1", "subacute combined degeneration", PERNICIOUS, diagnosis("subacute_combined_degeneration", 20)),
    case("open 2", "anemia does not raise the priority", PERNICIOUS, lab("hemoglobin", 90, days=20)),
)

CASES = number("AIG", "autoimmune_gastritis_untreated", (*_KNOWN, *_CLOSED, *_PRIORITY))
