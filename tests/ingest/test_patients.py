"""Patient rows become persons."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.outcome import ReadSettings, check_conservation
from pipelines.ingest.patients import read_patients
from tests.ingest.conftest import FIRST_READ_ON, extract


def test_a_patient_is_a_person_with_what_is_known(read, same):
    outcome = read(
        "patients",
        """
        patient_id | birth_date          | sex | death_date | site | clinician | registered_from | registered_until | display_name | recorded_at
        p1         | 1950-05-01T00:00:00 | F   | 2026-10-01 | s1   | c1        | 2000-01-01      | 2026-10-01       | A. Example   | 2026-10-02T09:00
        p2         |                     |     |            |      |           |                 |                  |              |
        """,
    )
    person = outcome.core["person"]
    same(
        person,
        """
        person_id | birth_date | sex | death_date | site | clinician | registered_from | registered_until | display_name | in_patients | origin_id | known_from          | source_row
        p1        | 1950-05-01 | F   | 2026-10-01 | s1   | c1        | 2000-01-01      | 2026-10-01       | A. Example   | yes         | p1        | 2026-10-02 09:00:00 | 1
        p2        |            |     |            |      |           |                 |                  |              | yes         | p2        |                     | 2
        """,
    )
    assert outcome.withdrawals.is_empty()


@pytest.mark.parametrize(
    ("spelling", "sex"),
    [("F", "F"), ("female", "F"), ("FEMALE", "F"), ("Woman", "F"), ("w", "F"), ("weiblich", "F"), ("m", "M"),
     ("Male", "M"), ("männlich", "M"), ("1", None), ("2", None), ("U", None), ("other", None), ("", None)],
)  # fmt: skip
def test_sex_is_f_or_m_or_not_known(read, spelling, sex):
    drawn = f"""
        patient_id | sex
        p1         | {spelling}
        """
    assert read("patients", drawn).core["person"]["sex"].item() == sex


def test_patients_are_refused_for_missing_ids_bad_dates_and_impossible_births(read, same):
    outcome = read(
        "patients",
        """
        patient_id | birth_date | death_date | registered_from | registered_until | recorded_at
                   | never      |            |                 |                  |
        p2         | never      |            |                 |                  |
        p3         |            | never      |                 |                  |
        p4         |            |            | never           |                  |
        p5         |            |            |                 | never            |
        p6         |            |            |                 |                  | never
        p7         |            |            |                 |                  | 2026-11-23
        p8         | 1899-12-31 |            |                 |                  |
        p9         | 1900-01-01 |            |                 |                  | 2026-11-22
        p10        | 2026-11-22 |            |                 | 2030-01-01       |              # born on the day of the first reading
        p11        | 2026-11-23 |            |                 |                  |
        """,
    )
    same(
        outcome.quarantined.select("source_row", "reason", column=pl.col("detail").str.extract("^([^:]*)")),
        """
        source_row | reason           | column
        1          | missing_required | patient_id
        2          | bad_date         | birth_date
        3          | bad_date         | death_date
        4          | bad_date         | registered_from
        5          | bad_date         | registered_until
        6          | bad_date         | recorded_at
        7          | future_date      | recorded_at
        8          | impossible_value | birth_date
        11         | impossible_value | birth_date
        """,
    )
    assert outcome.core["person"]["person_id"].to_list() == ["p9", "p10"]


def test_births_of_a_source_that_shifts_its_dates_may_lie_in_the_future(read):
    drawn = """
        patient_id | birth_date
        p1         | 2120-01-01
        p2         | 1899-12-31
        """
    outcome = read("patients", drawn, shifts_dates=True)
    assert outcome.core["person"]["person_id"].to_list() == ["p1"]


JUNK = {
    "patient_id": ["p1", " ", None],
    "birth_date": ["1950-01-01", "1899-12-31", "never", None],
    "sex": ["F", "?", None],
    "recorded_at": ["2026-11-22", "2026-11-23", "never", None],
}


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({name: st.sampled_from(cell) for name, cell in JUNK.items()}), max_size=8))
def test_every_row_is_kept_or_quarantined(drawn):
    rows = pl.DataFrame(drawn, schema=extract("patients", "patient_id").drop("source_row").schema).with_columns(
        source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    )
    check_conservation(rows, read_patients(rows, ReadSettings(source="test", first_read_on=FIRST_READ_ON)))
