"""People who are one condition away from a list: just outside a limit, or without the one thing that lacks."""

from typing import NamedTuple

LAB = "concept | measurement_date | value"
DRUG = "concept | drug_exposure_start_date | drug_exposure_end_date | daily_dose | kind"
TOLD = "concept | condition_start_date"
OPERATED = "concept | procedure_date"


class NearMiss(NamedTuple):
    """A person, p, on 2026-11-22, and the one condition that fails: name, value, unit, date and source row."""

    worklist: str
    given: dict[str, str]
    fails: str


def drawn(header: str, *lines: str) -> str:
    return "\n".join([f"person_id | {header}", *(f"p | {line}" for line in lines)])


def lab(*lines: str) -> dict[str, str]:
    return {"measurement": drawn(LAB, *lines)}


def drug(*lines: str) -> dict[str, str]:
    return {"drug_exposure": drawn(DRUG, *(f"{line} | prescribed" for line in lines))}


def injected(*days: str) -> dict[str, str]:
    return {"drug_exposure": drawn(DRUG, *(f"b12_injectable | {day} | {day} | | administered" for day in days))}


def told(*lines: str) -> dict[str, str]:
    return {"condition_occurrence": drawn(TOLD, *lines)}


def operated(*lines: str) -> dict[str, str]:
    return {"procedure_occurrence": drawn(OPERATED, *lines)}


NEAR_MISSES = [
    NearMiss(  # 364 of 365 days
        "diet_risk_unscreened",
        told("vegan_diet | 2025-11-23", "fatigue | 2026-01-01"),
        "on_record | - | - | 2025-11-23 | condition_occurrence.csv 1",
    ),
    NearMiss(  # 13 of 14 days
        "low_b12_untreated",
        lab("serum_b12 | 2026-11-09 | 120"),
        "dated | 120 | pmol/L | 2026-11-09 | measurement.csv 1",
    ),
    NearMiss(  # not below 133
        "low_b12_untreated",
        lab("serum_b12 | 2026-11-01 | 133"),
        "low | 133 | pmol/L | 2026-11-01 | measurement.csv 1",
    ),
    NearMiss(  # not above 280
        "raised_mma_untreated",
        lab("serum_b12 | 2026-06-01 | 200", "mma_serum | 2026-06-10 | 280"),
        "raised | 280 | nmol/L | 2026-06-10 | measurement.csv 2",
    ),
    NearMiss(  # raised, but the B12 was high
        "raised_mma_untreated",
        lab("serum_b12 | 2026-06-01 | 258.1", "mma_serum | 2026-06-10 | 281"),
        "borderline | 258.1 | pmol/L | 2026-06-01 | measurement.csv 1",
    ),
    NearMiss(  # 1096 days
        "deficiency_diagnosed_untreated",
        told("b12_deficiency | 2023-11-22"),
        "first_recorded | - | - | 2023-11-22 | condition_occurrence.csv 1",
    ),
    NearMiss(
        "autoimmune_gastritis_untreated",
        told("pernicious_anemia | 2026-11-09"),
        "known | - | - | 2026-11-09 | condition_occurrence.csv 1",
    ),
    NearMiss(  # 89 of 90 days
        "malabsorption_unprotected",
        operated("ileal_resection | 2026-08-25"),
        "known | - | - | 2026-08-25 | procedure_occurrence.csv 1",
    ),
    NearMiss(  # 1096 days
        "maintenance_stopped",
        injected("2023-06-07", "2023-08-30", "2023-11-22"),
        "last_given | - | - | 2023-11-22 | drug_exposure.csv 3",
    ),
    NearMiss(  # one gap of two
        "maintenance_overdue",
        injected("2026-10-12", "2026-11-02"),
        "maintenance | - | - | 2026-11-02 | drug_exposure.csv 2",
    ),
    NearMiss(  # 59 of 60 days
        "oral_replacement_stopped",
        drug("b12_oral | 2026-01-01 | 2026-09-24 | 1000") | lab("serum_b12 | 2025-12-30 | 100"),
        "ended | - | - | 2026-09-24 | drug_exposure.csv 1",
    ),
    NearMiss(  # 27 of 28 days; the source row is the latest injection of the course
        "loading_incomplete",
        injected("2026-10-26", "2026-10-28"),
        "course_began | - | - | 2026-10-26 | drug_exposure.csv 2",
    ),
    NearMiss(  # 21 days between the first two
        "loading_incomplete",
        injected("2026-09-01", "2026-09-22"),
        "opening | - | - | 2026-09-22 | drug_exposure.csv 2",
    ),
    NearMiss(  # low, without a neurological record
        "route_mismatch",
        drug("b12_oral | 2026-09-01 | 2026-12-24 | 1000") | lab("serum_b12 | 2026-08-01 | 100"),
        "reason | 1000 | mcg/day | 2026-09-01 | drug_exposure.csv 1",
    ),
    NearMiss(
        "route_mismatch",
        {
            "drug_exposure": injected("2026-07-01")["drug_exposure"]
            + "\np | b12_oral | 2026-09-01 | 2026-12-24 | 1000 | x"
        }
        | told("pernicious_anemia | 2020-01-01"),
        "not_on_injections_now | - | - | 2026-07-01 | drug_exposure.csv 1",
    ),
    NearMiss(  # 55 of 56 days
        "response_inadequate",
        drug("b12_oral | 2026-09-28 | 2026-12-24 | 1000"),
        "started | - | - | 2026-09-28 | drug_exposure.csv 1",
    ),
    NearMiss(  # covered for 84 days, in time for 28 more
        "response_inadequate",
        injected("2026-04-01"),
        "continued | - | - | 2026-07-22 | drug_exposure.csv 1",
    ),
    NearMiss(
        "folate_without_b12",
        drug("folic_acid | 2026-10-01 | 2026-12-24 | 5000") | told("pregnancy | 2026-09-01"),
        "not_pregnant_at_the_start | - | - | 2026-09-01 | condition_occurrence.csv 1",
    ),
    NearMiss(
        "folate_without_b12",
        drug("folic_acid | 2026-10-01 | 2026-12-24 | 5000") | lab("serum_b12 | 2026-10-10 | 400"),
        "b12_in_doubt | 400 | pmol/L | 2026-10-10 | measurement.csv 1",
    ),
    NearMiss(
        "borderline_without_mma",
        lab("serum_b12 | 2026-06-01 | 200"),
        "a_feature_of_deficiency | - | - | - | -",
    ),
    NearMiss(
        "borderline_without_mma",
        lab("serum_b12 | 2026-06-01 | 258.1") | told("fatigue | 2026-06-01"),
        "borderline | 258.1 | pmol/L | 2026-06-01 | measurement.csv 1",
    ),
    NearMiss(  # another 1095 days before
        "neuro_untested",
        told("gait_ataxia | 2023-06-02", "neuropathy | 2026-06-01"),
        "new | 1095 | days | 2026-06-01 | condition_occurrence.csv 2",
    ),
    NearMiss(  # 366 days
        "nitrous_oxide_untested",
        told("nitrous_oxide_misuse | 2025-11-21"),
        "recorded | - | - | 2025-11-21 | condition_occurrence.csv 1",
    ),
    NearMiss(
        "pregnancy_b12_unresolved",
        told("pregnancy | 2026-09-01") | lab("serum_b12 | 2026-09-10 | 258.1"),
        "low_or_borderline | 258.1 | pmol/L | 2026-09-10 | measurement.csv 1",
    ),
    NearMiss(  # not above 105
        "macrocytosis_untested",
        lab("mcv | 2026-06-01 | 105"),
        "large | 105 | fL | 2026-06-01 | measurement.csv 1",
    ),
    NearMiss(
        "malabsorption_unscreened",
        told("celiac_disease | 2020-01-01"),
        "bariatric_surgery_or_a_feature_of_deficiency | - | - | 2020-01-01 | condition_occurrence.csv 1",
    ),
    NearMiss(  # 179 of 180 days
        "metformin_unmonitored",
        drug("metformin | 2026-05-27 | 2026-12-24 | 2000"),
        "length | 179 | days | 2026-05-27 | drug_exposure.csv 1",
    ),
    NearMiss(  # no risk, and 1460 of 1461 days
        "metformin_unmonitored",
        drug("metformin | 2022-11-23 | 2026-12-24 | 1000"),
        "at_risk | 1460 | days | 2022-11-23 | drug_exposure.csv 1",
    ),
    NearMiss(  # 729 of 730 days
        "acid_suppression_unscreened",
        drug("ppi | 2024-11-23 | 2026-12-24 |") | told("fatigue | 2026-01-01"),
        "length | 729 | days | 2024-11-23 | drug_exposure.csv 1",
    ),
    NearMiss(  # on the day of the result, not after it
        "indeterminate_unresolved",
        lab("serum_b12 | 2026-01-10 | 200") | told("fatigue | 2026-01-10"),
        "a_feature_of_deficiency_newer_than_the_result | - | - | - | -",
    ),
    NearMiss(  # 83 of 84 days
        "cause_uninvestigated",
        lab("serum_b12 | 2026-08-31 | 100"),
        "dated | 100 | pmol/L | 2026-08-31 | measurement.csv 1",
    ),
    NearMiss(  # 119 of 120 days
        "response_unmonitored",
        injected("2026-07-26"),
        "started | - | - | 2026-07-26 | drug_exposure.csv 1",
    ),
]
