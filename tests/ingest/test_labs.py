"""Lab rows become measurements, withdrawals, or are refused with the first reason that applies."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contract import core_schema
from pipelines.ingest.labs import read_labs
from pipelines.ingest.outcome import ReadSettings, check_conservation
from tests.ingest.conftest import FIRST_READ_ON, concepts_for, extract


def test_a_result_keeps_what_was_reported_beside_the_canonical_value(read, same):
    outcome = read(
        "labs",
        """
        patient_id | result_id | test_code | code_system | value | unit    | ref_low | ref_high | collected_at     | reported_at
        p1         | r1        | B12       |             | 180   | ng/L    | 200     | 900      | 2026-11-01T08:30 | 2026-11-02T10:00
        p1         | r2        | HB        | LOCAL       | 11.9  | g/dL    |         | >        | 2026-11-01       |
        p1         | r3        | A1C       |             | 6.5   | %       | 4.0     | 6.0      | 2026-11-01       |
        p1         | r4        | RDW       |             | 14    | %       |         |          | 2026-11-01       |
        """,
    )
    core = outcome.core["measurement"]
    same(
        core,
        """
        measurement_id | person_id | concept   | measurement_date | measured_at         | known_from          | source_vocabulary | source_row
        r1             | p1        | serum_b12 | 2026-11-01       | 2026-11-01 08:30:00 | 2026-11-02 10:00:00 | LOINC             | 1
        r2             | p1        | hemoglobin | 2026-11-01      | 2026-11-01 00:00:00 | 2026-11-01 00:00:00 | LOCAL             | 2
        r3             | p1        | hba1c     | 2026-11-01       | 2026-11-01 00:00:00 | 2026-11-01 00:00:00 | LOINC             | 3
        r4             | p1        | rdw       | 2026-11-01       | 2026-11-01 00:00:00 | 2026-11-01 00:00:00 | LOINC             | 4
        """,
    )
    same(
        core,
        """
        value     | unit     | comparator | value_reported | unit_reported | unit_family | value_in_family | range_low | range_high
        132.80508 | pmol/L   | =          | 180            | ng/L          | mass        | 180             | 147.5612  | 664.0254
        119       | g/L      | =          | 11.9           | g/dL          | mass        | 119             |           |           # a limit that cannot be read is none
        47.54115  | mmol/mol | =          | 6.5            | %             |             | 47.54115        | 20.21865  | 42.07665
        14        | %        | =          | 14             | %             |             | 14              |           |
        """,
    )
    expected = [name for name in core_schema("measurement") if name not in ("known_until", "source_file")]
    assert core.columns == [*expected, "origin_id", "is_provisional", "replaces"]
    assert outcome.withdrawals.is_empty()


def test_thresholds_are_met_exactly_in_the_unit_family_of_the_report(read, same):
    outcome = read(
        "labs",
        """
        patient_id | result_id | test_code | value   | unit   | collected_at
        p1         | r1        | B12       | 132.9   | pmol/L | 2026-11-01   # below 133 pmol/L
        p1         | r2        | B12       | 0.18    | ng/mL  | 2026-11-01   # 180 ng/L, no more and no less
        p1         | r3        | B12       | 0.17999 | ug/L   | 2026-11-01
        p1         | r4        | B12       | 0.133   | nmol/L | 2026-11-01
        p1         | r5        | HOLO      | 25      | pmol/L | 2026-11-01
        """,
    )
    same(
        outcome.core["measurement"],
        """
        unit_family | value_in_family
        substance   | 132.9
        mass        | 180
        mass        | 179.99
        substance   | 133
        substance   | 25
        """,
    )


def test_a_comparator_stands_in_the_value_or_else_in_the_flag(read, same):
    outcome = read(
        "labs",
        """
        patient_id | result_id | test_code | value             | unit | abnormal_flag | collected_at
        p1         | r1        | B12       | <150              | ng/L | L             | 2026-11-01
        p1         | r2        | B12       | 2000              | ng/L | >             | 2026-11-01
        p1         | r3        | B12       | < 150             | ng/L | >             | 2026-11-01   # the value knows better
        p1         | r4        | B12       | GREATER THAN 2000 | ng/L |               | 2026-11-01
        p1         | r5        | B12       | 300               | ng/L | H             | 2026-11-01
        """,
    )
    same(
        outcome.core["measurement"],
        """
        comparator | value_in_family | is_implausible
        <          | 150             | no
        >          | 2000            | no
        <          | 150             | no
        >          | 2000            | no
        =          | 300             | no
        """,
    )


def test_hard_limits_refuse_and_soft_limits_flag(read, same):
    outcome = read(
        "labs",
        """
        patient_id | result_id | test_code | value  | unit   | collected_at
        p1         | r1        | B12       | 5      | pmol/L | 2026-11-01   # the lower hard limit is in
        p1         | r2        | B12       | 4.99   | pmol/L | 2026-11-01
        p1         | r3        | B12       | 150000 | pmol/L | 2026-11-01   # the upper hard limit is in
        p1         | r4        | B12       | 150001 | pmol/L | 2026-11-01
        p1         | r5        | B12       | <4     | pmol/L | 2026-11-01   # an upper bound may be as low as it likes
        p1         | r6        | B12       | >4     | pmol/L | 2026-11-01
        p1         | r7        | B12       | >150001 | pmol/L | 2026-11-01
        p1         | r8        | B12       | <150001 | pmol/L | 2026-11-01
        p1         | r9        | B12       | 70     | pmol/L | 2026-11-01   # the soft limits are in
        p1         | r10       | B12       | 69.9   | pmol/L | 2026-11-01
        p1         | r11       | B12       | 1500   | pmol/L | 2026-11-01
        p1         | r12       | B12       | 1500.1 | pmol/L | 2026-11-01
        p1         | r13       | B12       | >2100  | pmol/L | 2026-11-01   # usual at the end of an assay's range
        p1         | r14       | HB        | 12     | g/L    | 2026-11-01   # g/dL under a wrong unit
        p1         | r15       | RDW       | 9999   | %      | 2026-11-01   # no limits known
        p1         | r16       | HB        | 2      | g/dL   | 2026-11-01   # converted onto the limit
        p1         | r17       | NEUT      | 0      | K/uL   | 2026-11-01
        p1         | r18       | NEUT      | -0.1   | K/uL   | 2026-11-01
        """,
    )
    same(
        outcome.core["measurement"],
        """
        measurement_id | is_implausible
        r1             | yes
        r3             | yes
        r5             | no
        r7             | no
        r9             | no
        r10            | yes
        r11            | no
        r12            | yes
        r13            | no
        r15            | no
        r16            | yes
        r17            | yes
        """,
    )
    assert set(outcome.quarantined["reason"]) == {"impossible_value"}
    assert outcome.quarantined["source_row"].to_list() == [2, 4, 6, 8, 14, 18]
    assert outcome.quarantined["detail"][0] == "value: expected serum_b12 of 5.0 to 150000.0 pmol/L"


def test_the_scale_comes_from_the_reported_unit_or_the_declared_one(read, same):
    outcome = read(
        "labs",
        """
        patient_id | result_id | test_code | value | unit   | collected_at
        p1         | r1        | B12       | 300   |        | 2026-11-01   # declared
        p1         | r2        | B12       | 300   | pmol/L | 2026-11-01   # what is reported wins
        p1         | r3        | HB        | 12    |        | 2026-11-01   # not declared
        p1         | r4        | B12       | 300   | mmol/L | 2026-11-01
        p1         | r5        | RDW       | 14    |        | 2026-11-01
        """,
        units={"B12": "pg/mL"},
    )
    same(
        outcome.core["measurement"],
        """
        measurement_id | value    | unit_reported
        r1             | 221.3418 | pg/mL
        r2             | 300      | pmol/L
        """,
    )
    same(
        outcome.quarantined,
        """
        source_row | reason       | detail
        3          | missing_unit | unit: expected a unit of hemoglobin such as g/L
        4          | unknown_unit | unit: expected a unit of serum_b12 such as pmol/L
        5          | missing_unit | unit: expected a unit of rdw
        """,
    )


def test_qualitative_results_are_positive_negative_or_equivocal(read, same):
    outcome = read(
        "labs",
        """
        patient_id | result_id | test_code | value    | unit | ref_high | abnormal_flag | collected_at
        p1         | r1        | IFAB      | Positive |      |          |               | 2026-11-01
        p1         | r2        | IFAB      | NEG      | U/mL | 6        | H             | 2026-11-01   # the word decides
        p1         | r3        | IFAB      | weak     |      |          |               | 2026-11-01
        p1         | r4        | IFAB      | 6        | U/mL | 6        |               | 2026-11-01   # at the limit
        p1         | r5        | IFAB      | 6.1      | U/mL | 6        |               | 2026-11-01
        p1         | r6        | IFAB      | >6       | U/mL | 6        |               | 2026-11-01   # all of it lies above
        p1         | r7        | IFAB      | >5       | U/mL | 6        | H             | 2026-11-01   # not all of it does
        p1         | r8        | IFAB      | 20       | U/mL |          | A             | 2026-11-01
        p1         | r9        | IFAB      | 20       | U/mL |          | L             | 2026-11-01
        p1         | r10       | IFAB      | 20       |      |          |               | 2026-11-01
        p1         | r11       | IFAB      | clotted  |      |          | H             | 2026-11-01
        """,
    )
    same(
        outcome.core["measurement"],
        """
        measurement_id | value | value_in_family | unit | comparator | unit_family | range_high | is_implausible
        r1             | 1     | 1               |      | =          |             |            | no
        r2             | 0     | 0               |      | =          |             |            | no
        r3             |       |                 |      | =          |             |            | no
        r4             | 0     | 0               |      | =          |             |            | no
        r5             | 1     | 1               |      | =          |             |            | no
        r6             | 1     | 1               |      | =          |             |            | no
        r7             | 0     | 0               |      | =          |             |            | no
        r8             | 1     | 1               |      | =          |             |            | no
        r9             | 0     | 0               |      | =          |             |            | no
        r10            | 0     | 0               |      | =          |             |            | no
        """,
    )
    assert outcome.quarantined.rows() == [
        (11, "not_a_result", "value: expected positive, negative, equivocal or a number")
    ]


def test_the_first_reason_that_applies_is_told(read, same):
    outcome = read(
        "labs",
        """
        patient_id | result_id | test_code | test_name   | value | unit  | collected_at | reported_at | status
                   | r1        | B12       |             | x     | mile  | never        |             | blurred
                   | r2        | B12       |             | x     | mile  | never        |             |
        p1         |           | B12       |             | 300   | ng/L  | 2026-11-01   |             |
        p1         | r4        |           | Vitamin B12 | 300   | ng/L  | 2026-11-01   |             |          # a name is no code
        p1         | r5        |           |             | 300   | ng/L  | 2026-11-01   |             |
        p1         | r6        | B12       |             |       | ng/L  | 2026-11-01   |             |
        p1         | r7        | B12       |             | 300   | ng/L  |              |             |
        p1         | r8        | B12       |             | x     | mile  | never        |             |
        p1         | r9        | B12       |             | x     | mile  | 2026-11-01   | never       |
        p1         | r10       | B12       |             | x     | mile  | 2026-11-23   |             |          # the day after the first reading
        p1         | r11       | B12       |             | x     | mile  | 2026-11-01   | 2026-11-23  |
        p1         | r12       | B12       |             | x     | mile  | 2026-11-22   | 2026-11-22  |          # that day itself
        p1         | r13       | B12       |             | 1     | mile  | 2026-11-01   |             |
        p1         | r14       | B12       |             | 1     | ng/L  | 2026-11-01   |             |
        """,
    )
    same(
        outcome.quarantined.select("source_row", "reason", column=pl.col("detail").str.extract("^([^:]*)")),
        """
        source_row | reason           | column
        1          | unknown_status   | status
        2          | missing_required | patient_id
        3          | missing_required | result_id
        4          | missing_required | test_code
        5          | missing_required | test_code
        6          | missing_required | value
        7          | missing_required | collected_at
        8          | bad_date         | collected_at
        9          | bad_date         | reported_at
        10         | future_date      | collected_at
        11         | future_date      | reported_at
        12         | not_a_result     | value
        13         | unknown_unit     | unit
        14         | impossible_value | value
        """,
    )


def test_dates_of_a_source_that_shifts_them_may_lie_in_the_future(read):
    drawn = """
        patient_id | result_id | test_code | value | unit | collected_at
        p1         | r1        | B12       | 300   | ng/L | 2150-01-01
        """
    assert read("labs", drawn, shifts_dates=True).core["measurement"].height == 1
    assert read("labs", drawn).quarantined["reason"].to_list() == ["future_date"]


def test_rows_off_the_pathway_are_counted_as_that_whatever_else_is_wrong(read):
    outcome = read(
        "labs",
        """
        patient_id | result_id | test_code | value | collected_at | status  | replaces
                   |           | OTHER     |       | never        | blurred |
        p1         | r2        | OTHER     | 5     | 2026-11-01   | final   | r9       # it says nothing of r9 that we could judge
        """,
    )
    assert outcome.off_pathway["source_row"].to_list() == [1, 2]
    assert outcome.withdrawals.is_empty()


@pytest.mark.parametrize(
    ("status", "expected"),
    [("", "final"), ("F", "final"), ("Final", "final"), ("C", "corrected"), ("amended", "amended"), ("u", "appended")],
)
def test_final_and_corrected_results_count(read, status, expected):
    outcome = read(
        "labs",
        f"""
        patient_id | result_id | test_code | value | unit | collected_at | status
        p1         | r1        | B12       | 300   | ng/L | 2026-11-01   | {status}
        """,
    )
    assert outcome.core["measurement"].select("status", "is_provisional").row(0) == (expected, False)


def test_preliminary_results_are_kept_even_without_a_value_and_never_withdraw(read, same):
    outcome = read(
        "labs",
        """
        patient_id | result_id | test_code | value   | unit | collected_at | status      | replaces
        p1         | r1        | B12       | 300     | ng/L | 2026-11-01   | P           | r0
        p1         | r2        | B12       | pending |      | 2026-11-01   | registered  |
        p1         | r3        | B12       |         |      | 2026-11-01   | I           |
        p1         | r4        | B12       | 1       | ng/L | 2026-11-01   | preliminary |
        p1         | r5        | B12       | 300     | ng/L | never        | P           |
        p1         | r6        |           | 300     | ng/L | 2026-11-01   | P           | r0       # refused, with a date
        """,
    )
    same(
        outcome.core["measurement"],
        """
        origin_id | status      | is_provisional | value    | comparator | value_reported | replaces
        r1        | preliminary | yes            | 221.3418 | =          | 300            |
        r2        | registered  | yes            |          | =          | pending        |
        r3        | registered  | yes            |          | =          |                |
        r4        | preliminary | yes            |          | =          | 1              |
        """,
    )
    assert outcome.quarantined["reason"].to_list() == ["bad_date", "missing_required"]
    assert outcome.withdrawals.is_empty()


def test_a_withdrawal_needs_only_its_id(read, same):
    outcome = read(
        "labs",
        """
        patient_id | result_id | test_code | value | collected_at | reported_at      | status
        p1         | r1        | B12       |       | 2026-11-01   | 2026-11-03T09:00 | X
                   | r2        |           |       |              |                  | entered-in-error
        p1         | r3        | B12       | x     | 2026-11-01   | never            | deleted      # dated by the event alone
        p1         | r4        | OTHER     |       |              | 2026-11-03       | W            # off the pathway by now
        p1         |           | B12       |       | 2026-11-01   | 2026-11-03       | not done
        p1         | r6        | B12       |       | 2026-11-22   | 2026-11-22       | Canceled     # on the day of the first reading
        p1         | r7        | B12       |       | 2026-11-23   | 2026-11-23       | X            # a day that cannot be: undated
        """,
    )
    same(
        outcome.withdrawals,
        """
        origin_id | known_from          | is_undated | because     | source_row | event_date | person_id
        r1        | 2026-11-03 09:00:00 | no         | status      | 1          | 2026-11-01 | p1
        r2        |                     | yes        | status      | 2          |            |
        r3        | 2026-11-01 00:00:00 | yes        | status      | 3          | 2026-11-01 | p1
        r4        | 2026-11-03 00:00:00 | no         | off_pathway | 4          |            | p1
        r6        | 2026-11-22 00:00:00 | no         | status      | 6          | 2026-11-22 | p1
        r7        |                     | yes        | status      | 7          |            | p1
        """,
    )
    assert outcome.quarantined.select("source_row", "reason").rows() == [(5, "missing_required")]


def test_a_refused_or_unmapped_correction_withdraws_what_it_corrects(read, same):
    outcome = read(
        "labs",
        """
        patient_id | result_id | test_code | value | unit | collected_at | reported_at | status    | replaces
        p1         | r1        | B12       | x     | ng/L | 2026-11-01   | 2026-11-03  |           | r0
        p1         | r2        | B12       | x     | ng/L | 2026-11-01   |             | corrected |
        p1         | r3        | B12       | 300   | ng/L | never        |             |           |       # no readable date
        p1         | r4        | OTHER     | 5     |      | 2026-11-01   | 2026-11-03  | C         | r9
        p1         | r5        | OTHER     | 5     |      | 2026-11-01   | 2026-11-03  | F         |
        p1         |           | B12       | 300   | ng/L | 2026-11-01   | 2026-11-03  |           | r8
        p1         | r7        | B12       | x     | ng/L | 2026-11-01   | 2026-11-03  |           | r7    # names itself
        p1         | r10       | B12       | 300   | ng/L | 2026-11-01   | 2026-11-23  |           |       # in the future: from then on
        """,
    )
    same(
        outcome.withdrawals,
        """
        origin_id | known_from          | is_undated | because     | source_row
        r0        | 2026-11-03 00:00:00 | no         | replaced    | 1
        r1        | 2026-11-03 00:00:00 | no         | quarantined | 1
        r2        | 2026-11-01 00:00:00 | yes        | quarantined | 2
        r4        | 2026-11-03 00:00:00 | no         | off_pathway | 4
        r9        | 2026-11-03 00:00:00 | no         | off_pathway | 4
        r8        | 2026-11-03 00:00:00 | no         | replaced    | 6
        r7        | 2026-11-03 00:00:00 | no         | quarantined | 7
        r10       | 2026-11-23 00:00:00 | no         | quarantined | 8
        """,
    )


def test_times_with_a_zone_are_dated_where_the_sample_was_taken(read, same):
    outcome = read(
        "labs",
        """
        patient_id | result_id | test_code | value | unit | collected_at      | reported_at
        p1         | r1        | B12       | 300   | ng/L | 2026-07-01T23:30Z | 2026-07-02T10:00Z
        p1         | r2        | B12       | 300   | ng/L | 2026-07-01T09:30Z |
        """,
        timezone="Europe/London",
    )
    same(
        outcome.core["measurement"],
        """
        measurement_date | measured_at         | known_from
        2026-07-02       | 2026-07-02 00:30:00 | 2026-07-02 11:00:00
        2026-07-01       | 2026-07-01 10:30:00 | 2026-07-01 10:30:00
        """,
    )


JUNK = {
    "patient_id": ["p1", "p2", "", None],
    "result_id": ["r1", "r2", " ", None],
    "test_code": ["B12", "HB", "IFAB", "OTHER", "", None],
    "test_name": ["Vitamin B12", "Glucose", None],
    "value": ["300", "<5", "x", "positive", "1e999", "", None],
    "unit": ["ng/L", "g/dL", "mile", None],
    "ref_high": ["6", "<6", "x", None],
    "abnormal_flag": ["H", ">", "x", None],
    "collected_at": ["2026-11-22", "2026-11-23", "20261101", "never", None],
    "reported_at": ["2026-11-22T10:00Z", "2026-11-23", "never", None],
    "status": ["F", "P", "C", "X", "entered in error", "blurred", None],
    "replaces": ["r0", "r1", None],
}


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({name: st.sampled_from(cell) for name, cell in JUNK.items()}), max_size=12))
def test_every_row_is_kept_off_the_pathway_or_quarantined(drawn):
    rows = extract("labs", "patient_id").clear()
    if drawn:
        rows = pl.DataFrame(drawn, schema=dict.fromkeys(JUNK, pl.String)).with_columns(
            source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), code_system=None, ref_low=None
        )
    outcome = read_labs(rows, concepts_for("labs", rows), ReadSettings(source="test", first_read_on=FIRST_READ_ON))
    check_conservation(rows, outcome)
    assert outcome.core["measurement"]["source_row"].is_unique().all()
    assert not set(outcome.withdrawals["origin_id"]) & {None, "", " "}
