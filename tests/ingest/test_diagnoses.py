"""Diagnosis rows become conditions, and recorded injections become drug exposures."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contract import core_schema
from pipelines.ingest.diagnoses import read_diagnoses
from pipelines.ingest.outcome import ReadSettings, check_conservation
from tests.ingest.conftest import FIRST_READ_ON, concepts_for, extract


def test_a_diagnosis_is_a_condition(read, same):
    outcome = read(
        "diagnoses",
        """
        patient_id | diagnosis_id | diagnosis_code | code_system | description | recorded_date | resolved_date | status   | recorded_at
        p1         | d1           | D51.0          | ICD10CM     | PA          | 2020-01-01    | 2021-01-01    | Resolved | 2020-01-02T10:00
        p1         |              | D51.0          | ICD10CM     |             | 20200101      |               |          |                   # known by patient, code and date
        """,
    )
    core = outcome.core["condition_occurrence"]
    assert core["origin_id"].to_list() == ["d1", "p1|D51.0|2020-01-01"]
    assert core["condition_occurrence_id"].to_list() == core["origin_id"].to_list()
    same(
        core,
        """
        person_id | concept           | condition_start_date | condition_end_date | status   | is_counted | source_code | source_vocabulary | source_name | known_from
        p1        | pernicious_anemia | 2020-01-01           | 2021-01-01         | resolved | yes        | D51.0       | ICD10CM           | PA          | 2020-01-02 10:00:00
        p1        | pernicious_anemia | 2020-01-01           |                    | unknown  | yes        | D51.0       | ICD10CM           |             | 2020-01-01 00:00:00
        """,
    )
    expected = [name for name in core_schema("condition_occurrence") if name not in ("known_until", "source_file")]
    assert core.columns == [*expected, "origin_id", "is_provisional"]
    assert outcome.core["drug_exposure"].is_empty()


@pytest.mark.parametrize(
    ("status", "counts"),
    [("active", True), ("recurrence", True), ("relapse", True), ("inactive", True), ("remission", True),
     ("resolved", True), ("confirmed", True), ("completed", True), ("in-progress", True), ("unknown", True), ("", True),
     ("Provisional", False), ("differential", False), ("UNCONFIRMED", False)],
)  # fmt: skip
def test_provisional_diagnoses_are_kept_and_do_not_count(read, status, counts):
    outcome = read(
        "diagnoses",
        f"""
        patient_id | diagnosis_id | diagnosis_code | code_system | recorded_date | status
        p1         | d1           | D51.0          | ICD10CM     | 2020-01-01    | {status}
        """,
    )
    assert outcome.core["condition_occurrence"].select("is_counted", "is_provisional").row(0) == (counts, not counts)


def test_a_recorded_injection_is_one_administered_dose(read, same):
    outcome = read(
        "diagnoses",
        """
        patient_id | diagnosis_id | diagnosis_code | code_system | description  | recorded_date | status
        p1         | d1           | i312.          | CTV3        | B12 injected | 2026-10-01    |
        p1         | d2           | i312.          | CTV3        |              | 2026-10-01    | provisional
        """,
    )
    assert outcome.core["condition_occurrence"].is_empty()
    same(
        outcome.core["drug_exposure"],
        """
        origin_id | concept        | ingredient       | drug_exposure_start_date | drug_exposure_end_date | route     | kind         | daily_dose | dose_unit | quantity | doses | status      | is_provisional | source_name
        d1        | b12_injectable | hydroxocobalamin | 2026-10-01               | 2026-10-01             | injection | administered |            | mcg       |          |       | unknown     | no             | B12 injected
        d2        | b12_injectable | hydroxocobalamin | 2026-10-01               | 2026-10-01             | injection | administered |            | mcg       |          |       | provisional | yes            |
        """,
    )


def test_the_first_reason_that_applies_is_told(read, same):
    outcome = read(
        "diagnoses",
        """
        patient_id | diagnosis_id | diagnosis_code | code_system | description | recorded_date | resolved_date | status  | recorded_at
                   | d1           | D51.0          |             |             | never         |               | blurred |
                   | d2           | D51.0          |             |             | never         |               |         |
        p1         | d3           |                |             | Vegan       | never         |               |         |
        p1         | d4           | D51.0          |             |             | never         |               |         |
        p1         | d5           | D51.0          | ICD10CM     |             |               |               |         |
        p1         | d6           | D51.0          | ICD10CM     |             | never         |               |         |
        p1         | d7           | D51.0          | ICD10CM     |             | 2026-11-23    | never         |         |
        p1         | d8           | D51.0          | ICD10CM     |             | 2026-11-01    |               |         | never
        p1         | d9           | D51.0          | ICD10CM     |             | 2026-11-23    |               |         |                # the day after the first reading
        p1         | d10          | D51.0          | ICD10CM     |             | 2026-11-01    |               |         | 2026-11-23
        p1         | d11          | D51.0          | ICD10CM     |             | 2026-11-22    | 2026-11-01    |         | 2026-11-22     # resolved before: not ours to judge
        """,
    )
    same(
        outcome.quarantined.select("source_row", "reason", column=pl.col("detail").str.extract("^([^:]*)")),
        """
        source_row | reason           | column
        1          | unknown_status   | status
        2          | missing_required | patient_id
        3          | missing_required | diagnosis_code
        4          | missing_required | code_system
        5          | missing_required | recorded_date
        6          | bad_date         | recorded_date
        7          | bad_date         | resolved_date
        8          | bad_date         | recorded_at
        9          | future_date      | recorded_date
        10         | future_date      | recorded_at
        """,
    )
    assert outcome.core["condition_occurrence"]["origin_id"].to_list() == ["d11"]


def test_a_refuted_diagnosis_withdraws_the_one_of_its_id_or_of_its_patient_code_and_date(read):
    outcome = read(
        "diagnoses",
        """
        patient_id | diagnosis_id | diagnosis_code | code_system | recorded_date | status           | recorded_at
        p1         | d1           | D51.0          | ICD10CM     | 2020-01-01    | refuted          | 2020-02-01
        p1         |              | D51.0          |             | 2020-01-01    | entered-in-error |
                   | d3           |                |             |               | not-done         |
        p1         |              | D51.0          | ICD10CM     |               | cancelled        |              # the date is part of its id
        p1         |              | D51.0          | ICD10CM     | never         | cancelled        |
        p1         | d6           | E11            | ICD10CM     | 2020-01-01    | refuted          |              # off the pathway by now
        """,
    )
    columns = ("origin_id", "known_from", "is_undated", "because", "source_row")
    shown = outcome.withdrawals.with_columns(pl.col("known_from").dt.to_string("%Y-%m-%d")).select(columns)
    assert shown.rows() == [
        ("d1", "2020-02-01", False, "status", 1),
        ("p1|D51.0|2020-01-01", "2020-01-01", True, "status", 2),
        ("d3", None, True, "status", 3),
        ("d6", "2020-01-01", True, "off_pathway", 6),
    ]
    assert outcome.quarantined.select("source_row", "reason").rows() == [(4, "missing_required"), (5, "bad_date")]


JUNK = {
    "patient_id": ["p1", None],
    "diagnosis_id": ["d1", "d2", None],
    "diagnosis_code": ["D51.0", "i312.", "E11", None],
    "code_system": ["ICD10CM", None],
    "description": ["Vegan", "Cough", None],
    "recorded_date": ["2026-11-22", "2026-11-23", "never", None],
    "resolved_date": ["2026-11-22", "never", None],
    "status": ["active", "provisional", "refuted", "blurred", None],
    "recorded_at": ["2026-11-22", "2026-11-23", "never", None],
}


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({name: st.sampled_from(cell) for name, cell in JUNK.items()}), max_size=12))
def test_every_row_is_kept_off_the_pathway_or_quarantined(drawn):
    rows = pl.DataFrame(drawn, schema=extract("diagnoses", "patient_id").drop("source_row").schema).with_columns(
        source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    )
    how = ReadSettings(source="test", first_read_on=FIRST_READ_ON)
    outcome = read_diagnoses(rows, concepts_for("diagnoses", rows), how)
    check_conservation(rows, outcome)
    for frame in outcome.core.values():
        assert frame["origin_id"].null_count() == 0
