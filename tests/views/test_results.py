"""The views of laboratory results, beside the terms that the lists use."""

import polars as pl
import pytest

from tests.publication import answers, publication
from tests.tables import term_on

AS_OF = "2026-11-20"
CLASSES = """
    person_id | measurement_id | concept    | measurement_date | value | comparator | unit_family | value_in_family
    p         | a1 | serum_b12  | 2026-01-01 | 132.9 | =  | substance | 132.9        # under the lower cut-off
    p         | a2 | serum_b12  | 2026-01-02 | 133   | =  | substance | 133          # on it
    p         | a3 | serum_b12  | 2026-01-03 | 258   | =  | substance | 258          # on the upper one
    p         | a4 | serum_b12  | 2026-01-04 | 258.1 | =  | substance | 258.1        # above it
    p         | a5 | serum_b12  | 2026-01-05 | 132.8 | =  | mass      | 179.9        # in its own family: low
    p         | a6 | serum_b12  | 2026-01-06 | 132.8 | =  | mass      | 180          # not low, though 132.8 pmol/L
    p         | a7 | serum_b12  | 2026-01-07 | 132.8 | =  | mass      | 179.99999999999997  # 180 but for binary fractions
    p         | a8 | active_b12 | 2026-01-08 | 24    | =  | substance | 24
    p         | a9 | active_b12 | 2026-01-09 | 25    | =  | substance | 25
    p         | b1 | serum_b12  | 2026-01-11 | 133   | <  | substance | 133          # all of it is low
    p         | b2 | serum_b12  | 2026-01-12 | 133   | <= | substance | 133          # may be on the cut-off
    p         | b3 | serum_b12  | 2026-01-13 | 258   | >  | substance | 258
    p         | b4 | serum_b12  | 2026-01-14 | 258   | >= | substance | 258
    p         | b5 | serum_b12  | 2026-01-15 | 200   | <  | substance | 200          # lies across
    p         | b6 | serum_b12  | 2026-01-16 | 73.9  | =  | substance | 73.9         # severe
    p         | b7 | serum_b12  | 2026-01-17 | 74    | =  | substance | 74
    p         | b8 | active_b12 | 2026-01-18 | 10    | =  | substance | 10           # never severe
    p         | b9 | serum_b12  | 2026-01-19 | 74    | <  | substance | 74           # all of it is severe
    p         | c1 | serum_b12  | 2026-01-20 | 74    | <= | substance | 74           # may be on the limit
    p         | c2 | serum_b12  | 2026-01-21 | 73.9  | <= | substance | 73.9
"""


def test_a_result_has_the_class_of_its_own_unit_family():
    with publication({"measurement": CLASSES}) as con:
        answers(
            con,
            "b12_history",
            """
            measurement_id | b12_class      | is_severe
            a1             | LOW            | false
            a2             | INDETERMINATE  | false
            a3             | INDETERMINATE  | false
            a4             | UNLIKELY       | false
            a5             | LOW            | false
            a6             | INDETERMINATE  | false
            a7             | INDETERMINATE  | false
            a8             | LOW            | false
            a9             | INDETERMINATE  | false
            b1             | LOW            | false
            b2             | UNCLASSIFIABLE | false
            b3             | UNLIKELY       | false
            b4             | UNCLASSIFIABLE | false
            b5             | UNCLASSIFIABLE | false
            b6             | LOW            | true
            b7             | LOW            | false
            b8             | LOW            | false
            b9             | LOW            | true
            c1             | LOW            | false
            c2             | LOW            | true
            """,
        )


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_the_history_classes_as_the_lists_do(profile):
    term = term_on("b12_tests", as_of=AS_OF, given={"measurement": CLASSES}, profile=profile)
    wanted = term.select("measurement_id", pl.col("b12_class").cast(pl.String), "is_severe").sort("measurement_id")
    with publication({"measurement": CLASSES}, profile=profile) as con:
        found = con.sql("SELECT measurement_id, b12_class, is_severe FROM b12_history ORDER BY ALL").pl()
    assert found.equals(wanted)


def test_an_override_moves_the_cut_off():
    with publication({"measurement": CLASSES}, overrides={"b12_total.substance_low_pmol_l": 140}) as con:
        found = con.execute("SELECT b12_class FROM b12_history WHERE measurement_id = 'a2'").fetchall()
    assert found == [("LOW",)]


LATEST = """
    person_id | measurement_id | concept   | measurement_date | value | comparator | status
    late      | l1 | serum_b12  | 2026-11-19 | 300 | = | final
    late      | l2 | serum_b12  | 2026-11-20 | 250 | = | final        # on the as-of date
    late      | l3 | serum_b12  | 2026-11-21 | 90  | = | final        # not yet known
    draft     | d1 | serum_b12  | 2026-11-01 | 300 | = | corrected
    draft     | d2 | serum_b12  | 2026-11-02 | 90  | = | preliminary  # counts for nothing
    lower     | w1 | serum_b12  | 2026-11-01 | 120 | = | final
    lower     | w2 | serum_b12  | 2026-11-01 | 110 | = | final        # one date: the lower
    class     | c1 | active_b12 | 2026-11-01 | 90  | = | final
    class     | c2 | serum_b12  | 2026-11-01 | 130 | = | final        # one date: the lower class, though the higher value
    bound     | e1 | serum_b12  | 2026-11-01 | 80  | = | final
    bound     | e2 | serum_b12  | 2026-11-01 | 80  | < | final        # below 80 is lower than 80
    open      | o1 | serum_b12  | 2026-11-01 | 100 | > | final        # may be anything above
    open      | o2 | serum_b12  | 2026-11-01 | 180 | < | final
    same      | s2 | serum_b12  | 2026-11-01 | 150 | = | final
    same      | s1 | serum_b12  | 2026-11-01 | 150 | = | final        # alike: the lower identifier
"""


def test_the_latest_result_is_the_safer_reading_of_its_date():
    with publication({"measurement": LATEST}) as con:
        answers(
            con,
            "b12_latest_result",
            """
            person_id | measurement_id | days_ago
            late      | l2             | 0
            draft     | d1             | 19
            lower     | w2             | 19
            class     | c2             | 19
            bound     | e2             | 19
            open      | o2             | 19
            same      | s1             | 19
            """,
        )


def test_the_latest_result_is_the_one_that_the_lists_call_so():
    term = term_on("latest_b12_test", as_of=AS_OF, given={"measurement": LATEST})
    wanted = term.select("person_id", "tested_on", pl.col("tested_class").cast(pl.String)).sort("person_id")
    with publication({"measurement": LATEST}) as con:
        found = con.sql("SELECT person_id, result_date, b12_class FROM b12_latest_result ORDER BY ALL").pl()
    assert found.rows() == wanted.rows()


def test_mma_is_raised_above_the_limit_of_the_laboratory_or_else_the_profile():
    with publication(
        {
            "measurement": """
            person_id | concept   | measurement_date | value | comparator | range_high
            on        | mma_serum | 2026-11-01       | 280   | =          |
            above     | mma_serum | 2026-11-01       | 280.1 | =          |
            lab       | mma_serum | 2026-11-01       | 280.1 | =          | 300     # its own limit goes first
            lab_above | mma_serum | 2026-11-01       | 261   | =          | 260
            beyond    | mma_serum | 2026-11-01       | 280   | >          |
            reaching  | mma_serum | 2026-11-01       | 280   | >=         |
            two       | mma_serum | 2026-11-01       | 200   | =          |
            two       | mma_serum | 2026-11-01       | 400   | =          |         # one date: the higher
            older     | mma_serum | 2025-11-01       | 900   | =          |
            older     | mma_serum | 2026-11-01       | 100   | =          |
            urine     | mma_urine | 2026-11-01       | 9     | =          |
            """
        }
    ) as con:
        answers(
            con,
            "mma_latest_result",
            """
            person_id | value | is_raised
            on        | 280   | false
            above     | 280.1 | true
            lab       | 280.1 | false
            lab_above | 261   | true
            beyond    | 280   | true
            reaching  | 280   | false
            two       | 400   | true
            older     | 100   | false
            """,
        )


def test_of_several_results_on_the_latest_date_both_ends_are_given():
    with publication(
        {
            "measurement": """
            person_id | concept    | measurement_date | value | comparator | status
            a         | hemoglobin | 2026-11-01       | 118   | =          | final
            a         | hemoglobin | 2026-11-01       | 131   | =          | final
            a         | hemoglobin | 2026-10-31       | 90    | =          | final
            a         | mcv        | 2026-11-01       | 80    | <          | final
            a         | ferritin   | 2026-11-01       |       | =          | preliminary
            """
        }
    ) as con:
        answers(
            con,
            "latest_result",
            """
            person_id | concept    | result_date | lowest | highest | has_bound | results
            a         | hemoglobin | 2026-11-01  | 118    | 131     | false     | 2
            a         | mcv        | 2026-11-01  | 80     | 80      | true      | 1
            """,
        )
