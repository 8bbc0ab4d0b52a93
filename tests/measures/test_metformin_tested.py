"""How many of the people on metformin had their B12 measured."""

from datetime import date

import pytest

from pipelines.measures.metformin_tested import (
    metformin_tested_1_year,
    metformin_tested_2_years,
    metformin_tested_5_years,
)
from tests.measures.drawing import counted


@pytest.mark.parametrize(
    ("rule", "in_time", "too_old"),
    [
        (metformin_tested_1_year, "2025-11-22", "2025-11-21"),
        (metformin_tested_2_years, "2024-11-22", "2024-11-21"),
        (metformin_tested_5_years, "2021-11-22", "2021-11-21"),
    ],
)
def test_a_test_of_any_value_on_the_anniversary_still_counts(rule, in_time, too_old):
    rows = "\n".join(
        f"{person} | metformin | 2026-01-01 | 2026-12-01" for person in ("in-time", "too-old", "active", "never", "mma")
    )
    found = counted(
        rule,
        given={
            "drug_exposure": f"""
                person_id | concept   | drug_exposure_start_date | drug_exposure_end_date
                {rows}
                stopped   | metformin | 2020-01-01 | 2026-07-24   # ended, and started more than 120 days ago
            """,
            "measurement": f"""
                person_id | concept    | measurement_date | value
                in-time   | serum_b12  | {in_time}        | 500
                too-old   | serum_b12  | {too_old}        | 500
                active    | active_b12 | {in_time}        | 60
                mma       | mma_serum  | 2026-11-01       | 200
                stopped   | serum_b12  | 2026-11-01       | 500
            """,
        },
    )
    assert found == {"in-time": True, "too-old": False, "active": True, "never": False, "mma": False}


def test_the_year_before_a_29_february_begins_on_the_28th():
    given = {
        "drug_exposure": """
            person_id | concept   | drug_exposure_start_date | drug_exposure_end_date
            in        | metformin | 2024-01-01               | 2024-12-01
            out       | metformin | 2024-01-01               | 2024-12-01
        """,
        "measurement": """
            person_id | concept   | measurement_date | value
            in        | serum_b12 | 2023-02-28       | 500
            out       | serum_b12 | 2023-02-27       | 500
        """,
    }
    found = counted(metformin_tested_1_year, given=given, as_of=date(2024, 2, 29))
    assert found == {"in": True, "out": False}
