"""A deficiency whose cause was not looked for."""

import pytest

from pipelines.worklists.cause_uninvestigated import cause_uninvestigated
from tests.tables import evidence_of


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_a_treated_low_result_is_listed_from_twelve_weeks_to_two_years_after_it(spec, profile):
    judgement = spec(
        cause_uninvestigated,
        as_of="2026-11-22",
        profile=profile,
        given={
            "measurement": """
                person_id  | concept   | measurement_date | value
                last-in    | serum_b12 | 2026-08-30       | 132.9   # 84 days
                too-new    | serum_b12 | 2026-08-31       | 132.9
                first-in   | serum_b12 | 2024-11-22       | 100     # 730 days
                too-old    | serum_b12 | 2024-11-21       | 100
                borderline | serum_b12 | 2026-06-01       | 133
            """,
            "drug_exposure": """
                person_id  | concept  | drug_exposure_start_date | daily_dose
                last-in    | b12_oral | 2026-08-30               | 1000
                too-new    | b12_oral | 2026-08-31               | 1000
                first-in   | b12_oral | 2024-11-22               | 1000
                too-old    | b12_oral | 2024-11-21               | 1000
                borderline | b12_oral | 2026-06-01               | 1000
            """,
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            last-in   | 2026-08-30 | 2026-11-22 |           | 3
            first-in  | 2024-11-22 | 2025-02-14 |           | 3
        """,
    )
    assert evidence_of(judgement, "last-in") == {("index", "m001")}
    assert judgement.care_gap.filter(person_id="last-in")["reason"].item() == (
        "Serum B12 132.9 pmol/L on 2026-08-30 is low; no record of intrinsic factor antibodies or of a cause."
    )


def test_a_borderline_result_needs_a_raised_second_line_result_from_30_days_before_on(spec):
    judgement = spec(
        cause_uninvestigated,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id   | concept      | measurement_date | value
                raised      | serum_b12    | 2026-06-01       | 200
                raised      | mma_serum    | 2026-05-02       | 280.1   # 30 days before
                too-early   | serum_b12    | 2026-06-01       | 200
                too-early   | mma_serum    | 2026-05-01       | 900
                normal      | serum_b12    | 2026-06-01       | 200
                normal      | mma_serum    | 2026-06-01       | 280
                overruled   | serum_b12    | 2026-06-01       | 200
                overruled   | mma_serum    | 2026-06-01       | 100     # serum MMA decides
                overruled   | homocysteine | 2026-07-01       | 40
                today       | serum_b12    | 2026-06-01       | 200
                today       | homocysteine | 2026-11-22       | 15.1
                unlikely    | serum_b12    | 2026-06-01       | 258.1   # no deficiency to confirm
                unlikely    | mma_serum    | 2026-06-01       | 900
            """,
            "drug_exposure": """
                person_id | concept  | drug_exposure_start_date | daily_dose
                raised    | b12_oral | 2026-06-01               | 1000
                too-early | b12_oral | 2026-06-01               | 1000
                normal    | b12_oral | 2026-06-01               | 1000
                overruled | b12_oral | 2026-06-01               | 1000
                today     | b12_oral | 2026-06-01               | 1000
                unlikely  | b12_oral | 2026-06-01               | 1000
            """,
        },
        expect="""
            person_id | closed_by
            raised    |
            today     |
        """,
    )
    assert evidence_of(judgement, "raised") == {("index", "m001"), ("confirmation", "m002")}


def test_whoever_waits_for_treatment_is_listed_there_first(spec):
    spec(
        cause_uninvestigated,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id | concept             | measurement_date | value
                low       | serum_b12           | 2026-06-01       | 100
                low       | intrinsic_factor_ab | 2026-06-01       | 0
                confirmed | serum_b12           | 2026-06-01       | 200
                confirmed | mma_serum           | 2026-06-01       | 500
                kidney    | serum_b12           | 2026-06-01       | 200
                kidney    | mma_serum           | 2026-06-01       | 500
                kidney    | egfr                | 2026-06-01       | 29   # closed on the list of treatment
            """,
        },
        expect="""
            person_id | closed_by
            low       | untreated_listed
            confirmed | untreated_listed
            kidney    |
        """,
    )


GIVEN_TREATED = """
    person_id    | concept    | drug_exposure_start_date | drug_exposure_end_date | daily_dose | route
"""


def treated(*people: str, others: str = "") -> str:
    """Everybody's B12 tablets, beside other prescriptions."""
    rows = "\n".join(f"{person} | b12_oral | 2026-06-02 | 2026-08-02 | 1000 | oral" for person in people)
    return f"{GIVEN_TREATED.rstrip()}\n{rows}\n{others}"


def low(*people: str, others: str = "") -> str:
    """Everybody's low result, beside other results."""
    rows = "\n".join(f"{person} | serum_b12 | 2026-06-01 | 100 | final" for person in people)
    return f"person_id | concept | measurement_date | value | status\n{rows}\n{others}"


def test_a_test_for_antibodies_of_any_result_at_any_time_closes_the_gap(spec):
    people = ("negative", "equivocal", "years-ago", "preliminary", "parietal")
    judgement = spec(
        cause_uninvestigated,
        as_of="2026-11-22",
        given={
            "measurement": low(
                *people,
                others="""
                    negative    | intrinsic_factor_ab | 2026-11-22 | 0 | final
                    negative    | intrinsic_factor_ab | 2026-11-21 | 0 | final   # the first is told
                    equivocal   | intrinsic_factor_ab | 2026-06-01 |   | final
                    years-ago   | intrinsic_factor_ab | 2016-06-01 | 1 | final
                    preliminary | intrinsic_factor_ab | 2026-06-01 | 0 | preliminary
                    parietal    | parietal_cell_ab    | 2026-06-01 | 1 | final
                """,
            ),
            "drug_exposure": treated(*people),
        },
        expect="""
            person_id   | closed_by
            negative    | tested
            equivocal   | tested
            years-ago   | tested
            preliminary |
            parietal    |
        """,
    )
    assert evidence_of(judgement, "negative") == {("index", "m001"), ("closed_by", "m007")}


def test_a_cause_on_record_closes_the_gap(spec):
    people = ("celiac", "vegan", "nitrous", "surgery", "metformin", "metformin-121", "ended-on", "later", "ppi", "iv")
    judgement = spec(
        cause_uninvestigated,
        as_of="2026-11-22",
        given={
            "measurement": low(*people),
            "drug_exposure": treated(
                *people,
                others="""
                    metformin     | metformin | 2026-02-01 | 2026-02-28 |  | oral        # issued 120 days before
                    metformin-121 | metformin | 2026-01-31 | 2026-02-28 |  | oral
                    ended-on      | metformin | 2025-01-01 | 2026-06-01 |  | oral        # its last day
                    later         | metformin | 2026-06-02 | 2026-11-22 |  | oral        # began after the result
                    ppi           | ppi       | 2026-05-01 | 2026-07-01 |  | oral
                    iv            | ppi       | 2026-05-01 | 2026-07-01 |  | injection
                """,
            ),
            "condition_occurrence": """
                person_id | concept              | condition_start_date
                celiac    | celiac_disease       | 2026-11-22
                vegan     | vegan_diet           | 2015-01-01
                vegan     | vegan_diet           | 2010-01-01   # the first is told
                nitrous   | nitrous_oxide_misuse | 2026-07-01
            """,
            "procedure_occurrence": """
                person_id | concept             | procedure_date
                surgery   | gastrectomy_partial | 2010-01-01
            """,
        },
        expect="""
            person_id     | closed_by
            celiac        | cause_known
            vegan         | cause_known
            nitrous       | cause_known
            surgery       | cause_known
            metformin     | cause_known
            metformin-121 |
            ended-on      | cause_known
            later         |
            ppi           | cause_known
            iv            |
        """,
    )
    assert evidence_of(judgement, "vegan") == {("index", "m002"), ("closed_by", "c003")}


def test_the_first_closing_rule_is_named(spec):
    spec(
        cause_uninvestigated,
        as_of="2026-11-22",
        given={
            "measurement": low(
                "waiting",
                "both",
                others="""
                    waiting | intrinsic_factor_ab | 2026-06-01 | 1 | final
                    both    | intrinsic_factor_ab | 2026-06-01 | 1 | final   # tested, and a cause
                """,
            ),
            "drug_exposure": treated("both"),
        },
        expect="""
            person_id | closed_by
            waiting   | untreated_listed
            both      | tested
        """,
    )
