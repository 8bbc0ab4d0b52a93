"""Prescription rows become drug exposures, one per ingredient, with a route, an end and a dose where they can be told."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contract import core_schema
from pipelines.ingest.outcome import ReadSettings, check_conservation
from pipelines.ingest.prescriptions import read_prescriptions
from tests.ingest.conftest import FIRST_READ_ON, concepts_for, extract


def test_an_exposure_keeps_what_was_delivered(read, same):
    outcome = read(
        "prescriptions",
        """
        patient_id | prescription_id | drug_code | drug_name        | code_system | quantity   | days_supply | start_date       | status    | kind      | recorded_at
        p1         | x1              | MET       | Metformin 500 mg | RXNORM      | 56 tablets | 28          | 2026-10-01T09:30 | Completed | dispensed | 2026-10-02T08:00
        p1         | x2              |           | Metformin 500 mg |             |            |             | 2026-10-01       |           |           |
        """,
        closes_rows=True,
    )
    core = outcome.core["drug_exposure"]
    same(
        core,
        """
        drug_exposure_id | origin_id | person_id | concept   | drug_exposure_start_date | drug_exposure_end_date | route   | kind       | quantity | days_supply | status    | source_code | source_vocabulary | source_name      | known_from          | source_closes_rows | is_provisional
        x1               | x1        | p1        | metformin | 2026-10-01               | 2026-10-28             | unknown | dispensed  | 56       | 28          | completed | MET         | RXNORM            | Metformin 500 mg | 2026-10-02 08:00:00 | yes                | no
        x2               | x2        | p1        | metformin | 2026-10-01               |                        | unknown | prescribed |          |             | unknown   |             |                   | Metformin 500 mg | 2026-10-01 00:00:00 | yes                | no
        """,
    )
    expected = [name for name in core_schema("drug_exposure") if name not in ("known_until", "source_file")]
    assert core.columns == [*expected, "origin_id", "is_provisional"]


def test_the_route_makes_the_concept_of_b12(read, same):
    outcome = read(
        "prescriptions",
        """
        patient_id | prescription_id | drug_code | route         | form                   | drug_name                       | start_date
        p1         | x1              | OHXO      | intramuscular | tablet                 | cyanocobalamin 1000 mcg tablet  | 2026-10-01   # the route decides
        p1         | x2              | OHXO      |               | solution for injection | B12 tablet                      | 2026-10-01   # then the form
        p1         | x3              | B12INJ    |               |                        | B12 tablet                      | 2026-10-01   # then the code
        p1         | x4              | OHXO      |               |                        | cyanocobalamin 1000 mcg tablet  | 2026-10-01   # then the name
        p1         | x5              | OHXO      | as directed   |                        | Hydroxocobalamin                | 2026-10-01   # says nothing
        p1         | x6              | OHXO      | nasal         |                        | B12                             | 2026-10-01
        p1         | x7              | OHXO      | topical       |                        | B12 tablet                      | 2026-10-01
        p1         | x8              | MET       |               | tablet                 | Metformin                       | 2026-10-01
        """,
    )
    same(
        outcome.core["drug_exposure"],
        """
        origin_id | concept           | route     | ingredient
        x1        | b12_injectable    | injection | cyanocobalamin
        x2        | b12_injectable    | injection |
        x3        | b12_injectable    | injection |
        x4        | b12_oral          | oral      | cyanocobalamin
        x5        | b12_unknown_route | unknown   | hydroxocobalamin
        x6        | b12_nasal         | nasal     |
        x7        | b12_other_route   | other     |
        x8        | metformin         | oral      |
        """,
    )


def test_an_exposure_ends_as_delivered_or_as_supplied_or_stays_open(read, same):
    outcome = read(
        "prescriptions",
        """
        patient_id | prescription_id | drug_code | start_date | end_date   | days_supply | quantity | status  | kind
        p1         | x1              | MET       | 2026-10-01 | 2026-10-01 | 28          | 56       | active  |              # as delivered, the same day too
        p1         | x2              | MET       | 2026-10-01 |            | 1           |          | active  |              # one day ends as it starts
        p1         | x3              | MET       | 2026-10-01 |            | 28 days     |          | active  |
        p1         | x4              | MET       | 2026-10-01 |            | 1.5         |          | active  |              # a day begun is covered
        p1         | x5              | MET       | 2026-10-01 |            | 0           |          | active  |              # no days: open
        p1         | x6              | MET       | 2026-10-01 |            | -5          | 56       | active  |              # a quantity: not open
        p1         | x7              | MET       | 2026-10-01 |            |             |          | active  |              # open
        p1         | x8              | MET       | 2026-10-01 |            |             |          | unknown | prescribed   # open
        p1         | x9              | MET       | 2026-10-01 |            |             |          |         |              # open
        p1         | x10             | MET       | 2026-10-01 |            |             |          | stopped |
        p1         | x11             | MET       | 2026-10-01 |            |             |          | active  | dispensed
        p1         | x12             | MET       | 2026-10-01 |            |             |          | active  | administered
        p1         | x13             | MET       | 2026-10-01 |            | 99999999999 |          |         |              # ends within a century
        """,
    )
    same(
        outcome.core["drug_exposure"],
        """
        origin_id | drug_exposure_end_date
        x1        | 2026-10-01
        x2        | 2026-10-01
        x3        | 2026-10-28
        x4        | 2026-10-02
        x5        |
        x6        | 2026-10-28
        x7        |
        x8        |
        x9        |
        x10       | 2026-10-28
        x11       | 2026-10-28
        x12       | 2026-10-28
        x13       | 2126-09-06
        """,
    )


def test_a_supply_in_weeks_or_months_is_taken_in_days(read, same):
    outcome = read(
        "prescriptions",
        """
        patient_id | prescription_id | drug_code | start_date | days_supply | quantity
        p1         | x1              | MET       | 2026-10-01 | 28 Tage     | 56
        p1         | x2              | MET       | 2026-10-01 | 28/7        | 56
        p1         | x3              | MET       | 2026-10-01 | 4 weeks     | 56
        p1         | x4              | MET       | 2026-10-01 | 4/52        | 56
        p1         | x5              | MET       | 2026-10-01 | 1 wk        | 56
        p1         | x6              | MET       | 2026-10-01 | 1.5W        | 56
        p1         | x7              | MET       | 2026-10-01 | 2 Months    | 56
        p1         | x8              | MET       | 2026-10-01 | 1/12        | 56
        p1         | x9              | MET       | 2026-10-01 | 2 x 28      | 56        # nobody can say: a usual issue
        p1         | x10             | MET       | 2026-10-01 | 28 (4 wks)  | 56
        p1         | x11             | MET       | 2026-10-01 | 0 weeks     | 56
        """,
    )
    same(
        outcome.core["drug_exposure"],
        """
        origin_id | days_supply | drug_exposure_end_date
        x1        | 28          | 2026-10-28
        x2        | 28          | 2026-10-28
        x3        | 28          | 2026-10-28
        x4        | 28          | 2026-10-28
        x5        | 7           | 2026-10-07
        x6        | 10.5        | 2026-10-11
        x7        | 60          | 2026-11-29
        x8        | 30          | 2026-10-30
        x9        |             | 2026-10-28
        x10       | 28          | 2026-10-28
        x11       |             | 2026-10-28
        """,
    )


def test_the_daily_dose_is_stated_or_comes_from_strength_quantity_and_days(read, same):
    outcome = read(
        "prescriptions",
        """
        patient_id | prescription_id | drug_code | drug_name               | daily_dose         | strength | quantity | days_supply | route  | start_date
        p1         | x1              | MET       | Metformin 500mg         | 1 g                | 850 mg   | 56       | 28          | oral   | 2026-10-01
        p1         | x2              | MET       | Metformin 500mg         |                    | 850 mg   | 56       | 28          | oral   | 2026-10-01
        p1         | x3              | MET       | Metformin 500mg         | 500mg twice daily  |          | 56       | 28          | oral   | 2026-10-01
        p1         | x4              | MET       | Metformin 500mg         |                    |          | 56       |             | oral   | 2026-10-01
        p1         | x5              | MET       | Metformin               |                    |          | 56       | 28          | oral   | 2026-10-01
        p1         | x6              | OHXO      | Cyanocobalamin 1mg      |                    |          | 30       | 30          | oral   | 2026-10-01
        p1         | x7              | FOL       | Folic acid 5mg          |                    |          | 28       | 28          | oral   | 2026-10-01
        p1         | x8              | PPI       | Omeprazole 20mg         | 20 mg              |          | 28       | 28          | oral   | 2026-10-01
        """,
    )
    same(
        outcome.core["drug_exposure"],
        """
        origin_id | daily_dose | dose_unit
        x1        | 1000       | mg
        x2        | 1700       | mg
        x3        | 1000       | mg
        x4        |            | mg
        x5        |            | mg
        x6        | 1000       | mcg
        x7        | 5000       | mcg
        x8        |            |            # doses of it are not used
        """,
    )


def test_doses_are_counted_for_injections_alone(read, same):
    outcome = read(
        "prescriptions",
        """
        patient_id | prescription_id | drug_code | quantity   | route | start_date
        p1         | x1              | B12INJ    | 2.5 mL     | im    | 2026-10-01
        p1         | x2              | B12INJ    |            | im    | 2026-10-01
        p1         | x3              | B12INJ    | 30         | oral  | 2026-10-01
        p1         | x4              | MET       | 56         | oral  | 2026-10-01
        """,
        doses_per_quantity=0.5,
    )
    same(
        outcome.core["drug_exposure"],
        """
        concept        | quantity | doses
        b12_injectable | 2.5      | 1.25
        b12_injectable |          |
        b12_oral       | 30       |
        metformin      | 56       |
        """,
    )


def test_a_product_of_several_ingredients_is_a_row_for_each(read, same):
    outcome = read(
        "prescriptions",
        """
        patient_id | prescription_id | drug_code | drug_name                                        | quantity | days_supply | start_date
        p1         | x1              | FEFOL     | Ferrous fumarate 322mg / Folic acid 350microgram | 28       | 28          | 2026-10-01
        """,
    )
    same(
        outcome.core["drug_exposure"].sort("concept"),
        """
        origin_id | source_row | concept    | daily_dose | dose_unit
        x1        | 1          | folic_acid | 350        | mcg
        x1        | 1          | iron       |            |
        """,
    )


def test_the_first_reason_that_applies_is_told(read, same):
    outcome = read(
        "prescriptions",
        """
        patient_id | prescription_id | drug_code | start_date | end_date   | status   | kind     | recorded_at
                   | x1              | MET       | never      |            | intended |          |
                   | x2              | MET       | never      |            |          | borrowed |
                   | x3              | MET       | never      |            |          |          |
        p1         |                 | MET       | never      |            |          |          |
        p1         | x5              |           | never      |            |          |          |
        p1         | x6              | MET       |            |            |          |          |
        p1         | x7              | MET       | never      |            |          |          |
        p1         | x8              | MET       | 2026-11-23 | never      |          |          |
        p1         | x9              | MET       | 2026-11-01 |            |          |          | never
        p1         | x10             | MET       | 2026-11-23 | 2026-11-01 |          |          |              # the day after the first reading
        p1         | x11             | MET       | 2026-11-01 |            |          |          | 2026-11-23
        p1         | x12             | MET       | 2026-11-02 | 2026-11-01 |          |          |
        p1         | x13             | MET       | 2026-11-22 | 2027-11-01 |          |          | 2026-11-22   # may end when it will
        """,
    )
    same(
        outcome.quarantined.select("source_row", "reason", column=pl.col("detail").str.extract("^([^:]*)")),
        """
        source_row | reason           | column
        1          | unknown_status   | status
        2          | unknown_status   | kind
        3          | missing_required | patient_id
        4          | missing_required | prescription_id
        5          | missing_required | drug_code or drug_name
        6          | missing_required | start_date
        7          | bad_date         | start_date
        8          | bad_date         | end_date
        9          | bad_date         | recorded_at
        10         | future_date      | start_date
        11         | future_date      | recorded_at
        12         | end_before_start | end_date
        """,
    )
    assert outcome.core["drug_exposure"]["origin_id"].to_list() == ["x13"]


def test_what_was_never_taken_is_withdrawn(read, same):
    outcome = read(
        "prescriptions",
        """
        patient_id | prescription_id | drug_code | start_date | status           | recorded_at
        p1         | x1              | MET       | 2026-10-01 | cancelled        | 2026-10-03
                   | x2              |           |            | Entered In Error |
        p1         | x3              | OTHER     | 2026-10-01 | not-taken        | 2026-10-03
        p1         | x4              | MET       | 2026-10-01 | intended         | 2026-10-03   # not understood: refused, and no longer believed
        p1         |                 | MET       | 2026-10-01 | draft            | 2026-10-03
        """,
    )
    same(
        outcome.withdrawals,
        """
        origin_id | known_from          | is_undated | because     | source_row | event_date | person_id
        x1        | 2026-10-03 00:00:00 | no         | status      | 1          | 2026-10-01 | p1
        x2        |                     | yes        | status      | 2          |            |
        x3        | 2026-10-03 00:00:00 | no         | off_pathway | 3          | 2026-10-01 | p1
        x4        | 2026-10-03 00:00:00 | no         | quarantined | 4          | 2026-10-01 | p1
        """,
    )
    assert outcome.off_pathway["source_row"].to_list() == [3]
    assert outcome.quarantined.select("source_row", "reason").rows() == [(4, "unknown_status"), (5, "missing_required")]


@pytest.mark.parametrize(
    "status",
    ["active", "completed", "stopped", "on-hold", "ON HOLD", "discontinued", "expired", "issued", "dispensed",
     "administered", "in_progress", "unknown"],
)  # fmt: skip
def test_these_statuses_count(read, status):
    drawn = f"""
        patient_id | prescription_id | drug_code | start_date | status
        p1         | x1              | MET       | 2026-10-01 | {status}
        """
    assert read("prescriptions", drawn).core["drug_exposure"].height == 1


JUNK = {
    "patient_id": ["p1", None],
    "prescription_id": ["x1", "x2", None],
    "drug_code": ["MET", "OHXO", "FEFOL", "OTHER", None],
    "drug_name": ["Metformin 500 mg", "Glucose", None],
    "route": ["im", "???", None],
    "strength": ["1 mg", "0", "½", None],
    "daily_dose": ["1 g", "x", None],
    "quantity": ["28 tablets", "-1", "1e400", None],
    "days_supply": ["28", "0", "1e30", None],
    "start_date": ["2026-11-22", "2026-11-23", "never", None],
    "end_date": ["2026-11-22", "2026-11-21", "never", None],
    "status": ["active", "draft", "blurred", None],
    "kind": ["rx", "borrowed", None],
    "recorded_at": ["2026-11-22", "never", None],
}


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({name: st.sampled_from(cell) for name, cell in JUNK.items()}), max_size=12))
def test_every_row_is_kept_off_the_pathway_or_quarantined(drawn):
    rows = pl.DataFrame(drawn, schema=extract("prescriptions", "patient_id").drop("source_row").schema).with_columns(
        source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    )
    how = ReadSettings(source="test", first_read_on=FIRST_READ_ON)
    outcome = read_prescriptions(rows, concepts_for("prescriptions", rows), how)
    check_conservation(rows, outcome)
    assert not outcome.core["drug_exposure"].select("source_row", "concept").is_duplicated().any()
    assert outcome.core["drug_exposure"]["route"].null_count() == 0
