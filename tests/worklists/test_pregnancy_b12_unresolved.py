"""Low or borderline B12 in or after pregnancy, not settled."""

import pytest

from pipelines.worklists.pregnancy_b12_unresolved import pregnancy_b12_unresolved
from tests.tables import evidence_of


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_a_low_or_borderline_result_of_the_pregnancy_is_listed(spec, profile):
    judgement = spec(
        pregnancy_b12_unresolved,
        as_of="2026-11-22",
        profile=profile,
        given={
            "condition_occurrence": """
                person_id  | concept   | condition_start_date
                first-in   | pregnancy | 2026-09-01
                too-old    | pregnancy | 2026-09-01
                first-rec  | pregnancy | 2026-06-01
                first-rec  | pregnancy | 2026-09-01
                chained    | pregnancy | 2026-02-01   # 294 days ago, and first record of the next one alone
                chained    | pregnancy | 2026-02-15
                chained    | pregnancy | 2026-11-20
                low        | pregnancy | 2026-09-01
                low        | pregnancy | 2026-09-01   # the first of the latest date is told
                low        | pregnancy | 2026-08-15
                unlikely   | pregnancy | 2026-09-01
                latest     | pregnancy | 2026-09-01
                active     | pregnancy | 2026-09-01
                not-now    | pregnancy | 2025-11-01   # more than 280 days ago, no end on record
            """,
            "measurement": """
                person_id  | concept    | measurement_date | value
                first-in   | serum_b12  | 2025-11-25       | 133   # 280 days before the first record
                too-old    | serum_b12  | 2025-11-24       | 133
                first-rec  | serum_b12  | 2025-08-25       | 258
                chained    | serum_b12  | 2025-04-27       | 100
                low        | serum_b12  | 2026-11-22       | 100
                low        | serum_b12  | 2026-11-22       | 120   # of one date the lowest is told
                unlikely   | serum_b12  | 2026-10-01       | 258.1
                latest     | serum_b12  | 2026-10-01       | 100
                latest     | serum_b12  | 2026-10-02       | 300
                active     | active_b12 | 2026-10-01       | 20    # a low active B12 is for the other lists
                not-now    | serum_b12  | 2026-10-01       | 100
            """,
        },
        expect="""
            person_id  | index_date | due_date   | closed_by | priority
            first-in   | 2025-11-25 | 2025-12-09 |           | 2
            first-rec  | 2025-08-25 | 2025-09-08 |           | 2
            chained    | 2025-04-27 | 2025-05-11 |           | 2
            low        | 2026-11-22 | 2026-12-06 |           | 2
        """,
    )
    assert evidence_of(judgement, "low") == {("index", "m005"), ("pregnancy", "c008")}
    assert judgement.care_gap.filter(person_id="low")["reason"].item() == (
        "Serum B12 100 pmol/L on 2026-11-22 is low, with a pregnancy on record since 2026-08-15; "
        "no record of a normal active B12 or of B12 treatment since."
    )


def test_a_pregnancy_that_ended_in_the_last_year_counts_with_its_first_end(spec):
    spec(
        pregnancy_b12_unresolved,
        as_of="2026-11-22",
        given={
            "condition_occurrence": """
                person_id   | concept       | condition_start_date
                ended-365   | pregnancy_end | 2025-11-22
                ended-366   | pregnancy_end | 2025-11-21
                no-record   | pregnancy_end | 2026-06-01   # the result counts from 280 days before the end
                too-early   | pregnancy_end | 2026-06-01
                recorded    | pregnancy     | 2025-10-01
                recorded    | pregnancy_end | 2026-06-01   # and from 280 days before the first record
                next-day    | pregnancy_end | 2025-11-21
                next-day    | pregnancy_end | 2025-11-22   # the same birth again
                280-days    | pregnancy     | 2025-08-25
                280-days    | pregnancy_end | 2026-06-01
                281-days    | pregnancy     | 2025-08-24   # too long before the end to be of it
                281-days    | pregnancy_end | 2026-06-01
                chained     | pregnancy     | 2025-08-01
                chained     | pregnancy     | 2025-09-01   # its first record is a month before
                chained     | pregnancy     | 2026-05-20
                chained     | pregnancy_end | 2026-06-01
                again       | pregnancy     | 2025-09-01
                again       | pregnancy_end | 2026-03-01
                again       | pregnancy     | 2026-10-01   # pregnant now: either pregnancy counts
                told-twice  | pregnancy     | 2025-10-01
                told-twice  | pregnancy_end | 2026-06-01
                told-twice  | pregnancy_end | 2026-06-10
                repeat-180  | pregnancy_end | 2025-11-21
                repeat-180  | pregnancy_end | 2026-05-20   # 180 days later: the same birth, told again
                repeat-181  | pregnancy_end | 2025-11-21
                repeat-181  | pregnancy_end | 2026-05-21
                two-ends    | pregnancy_end | 2025-12-01
                two-ends    | pregnancy_end | 2026-06-01   # the result is of the pregnancy before
            """,
            "measurement": """
                person_id  | concept   | measurement_date | value
                ended-365  | serum_b12 | 2026-10-01       | 100
                ended-366  | serum_b12 | 2026-10-01       | 100
                no-record  | serum_b12 | 2025-08-25       | 100
                too-early  | serum_b12 | 2025-08-24       | 100
                recorded   | serum_b12 | 2024-12-25       | 100
                next-day   | serum_b12 | 2026-10-01       | 100
                280-days   | serum_b12 | 2024-11-18       | 100
                281-days   | serum_b12 | 2024-11-18       | 100
                chained    | serum_b12 | 2024-10-25       | 100
                again      | serum_b12 | 2024-11-25       | 100
                told-twice | serum_b12 | 2024-12-25       | 100
                repeat-180 | serum_b12 | 2026-10-01       | 100
                repeat-181 | serum_b12 | 2026-10-01       | 100
                two-ends   | serum_b12 | 2025-08-24       | 100   # 281 days before the latest end
            """,
        },
        expect="""
            person_id  | index_date
            ended-365  | 2026-10-01
            no-record  | 2025-08-25
            recorded   | 2024-12-25
            280-days   | 2024-11-18
            chained    | 2024-10-25
            again      | 2024-11-25
            told-twice | 2024-12-25
            repeat-181 | 2026-10-01
        """,
    )


def test_low_with_anemia_or_a_neurological_record_is_urgent(spec):
    spec(
        pregnancy_b12_unresolved,
        as_of="2026-11-22",
        given={
            "condition_occurrence": """
                person_id | concept    | condition_start_date
                anemia    | pregnancy  | 2026-09-01
                neuro     | pregnancy  | 2026-09-01
                neuro     | neuropathy | 2026-09-01
                not-low   | pregnancy  | 2026-09-01
                not-low   | neuropathy | 2026-09-01
            """,
            "measurement": """
                person_id | concept    | measurement_date | value
                anemia    | serum_b12  | 2026-10-01       | 132
                anemia    | hemoglobin | 2026-10-01       | 119
                neuro     | serum_b12  | 2026-10-01       | 132
                not-low   | serum_b12  | 2026-10-01       | 133
                not-low   | hemoglobin | 2026-10-01       | 119
            """,
        },
        expect="""
            person_id | priority
            anemia    | 1
            neuro     | 1
            not-low   | 2
        """,
    )


def test_a_normal_active_b12_then_treatment_close_it(spec):
    judgement = spec(
        pregnancy_b12_unresolved,
        as_of="2026-11-22",
        given={
            "condition_occurrence": "person_id | concept | condition_start_date\n"
            + "\n".join(
                f"{each} | pregnancy | 2026-09-01" for each in ("normal", "earlier", "borderline", "treated", "both")
            ),
            "measurement": """
                person_id  | concept    | measurement_date | value
                normal     | serum_b12  | 2026-10-01       | 100
                normal     | active_b12 | 2026-10-02       | 70.1
                normal     | active_b12 | 2026-10-01       | 70.1   # the first is told
                earlier    | serum_b12  | 2026-10-01       | 100
                earlier    | active_b12 | 2026-09-30       | 70.1
                borderline | serum_b12  | 2026-10-01       | 100
                borderline | active_b12 | 2026-10-02       | 70
                treated    | serum_b12  | 2026-10-01       | 100
                both       | serum_b12  | 2026-10-01       | 100
                both       | active_b12 | 2026-10-02       | 70.1
            """,
            "drug_exposure": """
                person_id | concept  | drug_exposure_start_date
                treated   | b12_oral | 2026-10-01
                both      | b12_oral | 2026-10-01
            """,
        },
        expect="""
            person_id  | closed_by
            normal     | active_b12_normal
            earlier    |
            borderline |
            treated    | treated
            both       | active_b12_normal
        """,
    )
    assert ("closed_by", "m003") in evidence_of(judgement, "normal")
