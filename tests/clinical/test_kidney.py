"""Kidney function at a date."""

from datetime import date

import polars as pl
import pytest

from pipelines.clinical.kidney import ckd_epi_2021, completed_years, kidney_function
from pipelines.profile import load_profile
from tests.tables import draw

COUNTS = pl.int_range(pl.len(), dtype=pl.UInt64).alias("event")


def function_at(measurements, *, birth="1960-06-01", sex="F", at=date(2026, 6, 1), named="at"):
    """Value and comparator of person 1, or nothing."""
    rows = draw("measurement", measurements).lazy().with_columns(COUNTS)
    person = draw("person", f"person_id | birth_date | sex\n1 | {birth} | {sex}").lazy()
    points = pl.LazyFrame({"person_id": ["1"], named: [at]})
    found = kidney_function(points, rows, person, at=named, profile=load_profile("us")).collect()
    return [(round(value, 1), comparator) for value, comparator in found.select("value", "comparator").iter_rows()]


def test_the_reported_one_nearest_to_the_date_counts():
    nearest = """
        person_id | concept | measurement_date | value
        1         | egfr    | 2026-05-20       | 50
        1         | egfr    | 2026-06-10       | 40
        1         | creatinine | 2026-06-01    | 500   # not where an eGFR is known
    """
    assert function_at(nearest) == [(40.0, "=")]


def test_on_a_tie_the_earlier_counts_and_on_one_date_the_lowest():
    tie = """
        person_id | concept | measurement_date | value | comparator
        1         | egfr    | 2026-06-11       | 20    | =
        1         | egfr    | 2026-05-22       | 60    | >   # 60 at least: not the lowest
        1         | egfr    | 2026-05-22       | 70    | =
        1         | egfr    | 2026-05-22       | 65    | =
    """
    assert function_at(tie) == [(65.0, "=")]


@pytest.mark.parametrize("named", ["at", "measurement_date"])
@pytest.mark.parametrize(
    ("measured_on", "expected"),
    [("2026-03-02", []), ("2026-03-03", [(50.0, "=")]), ("2026-08-30", [(50.0, "=")]), ("2026-08-31", [])],
)
def test_results_count_up_to_90_days_from_the_date_whatever_it_is_named(named, measured_on, expected):
    rows = f"person_id | concept | measurement_date | value\n1 | egfr | {measured_on} | 50"
    assert function_at(rows, named=named) == expected


def test_creatinine_stands_in_with_age_and_sex():
    """88.4017 umol/L is 1 mg/dL; the woman is 65 and, on her birthday, 66."""
    creatinine = """
        person_id | concept    | measurement_date | value   | comparator
        1         | creatinine | 2026-05-31       | 88.4017 | =
        1         | creatinine | 2026-05-31       | 80      | =   # the highest of its date counts
        1         | creatinine | 2026-06-01       | 900     | >   # not one with a comparator
        1         | creatinine | 2026-06-01       |         | =   # nor one without a number
    """
    assert function_at(creatinine) == [(62.5, "=")]
    assert function_at(creatinine, birth="1960-05-31") == [(62.1, "=")]
    assert function_at(creatinine, sex="M") == [(83.5, "=")]
    assert function_at(creatinine, sex="") == []
    assert function_at(creatinine, birth="") == []


@pytest.mark.parametrize(
    ("sex", "birth", "creatinine", "expected"),
    [("F", date(1976, 1, 1), 0.6, 109.3), ("M", date(1976, 1, 1), 0.8, 107.8), ("M", date(1946, 1, 1), 2.0, 33.1)],
)
def test_ckd_epi_2021_gives_what_the_published_calculator_gives(sex, birth, creatinine, expected):
    row = pl.DataFrame(
        {"sex": [sex], "birth_date": [birth], "measurement_date": [date(2026, 6, 1)], "value": [creatinine * 88.4017]}
    )
    assert row.select(ckd_epi_2021()).item() == pytest.approx(expected, abs=0.06)


def test_years_are_completed_on_the_birthday():
    row = pl.DataFrame(
        {"born": [date(2008, 2, 29)] * 3, "on": [date(2026, 2, 27), date(2026, 2, 28), date(2028, 2, 28)]}
    )
    assert row.select(completed_years("born", "on")).to_series().to_list() == [17, 18, 19]
