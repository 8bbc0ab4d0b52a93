"""Low B12 without treatment: who is listed, when, and what closes it."""

import polars as pl

from pipelines.worklists.low_b12_untreated import low_b12_untreated
from tests.tables import evidence_of


def test_a_low_result_is_listed_from_two_weeks_to_three_years_after_it(spec):
    judgement = spec(
        low_b12_untreated,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id   | concept   | measurement_date | value
                last-in     | serum_b12 | 2026-11-08       | 98    # 14 days
                too-new     | serum_b12 | 2026-11-09       | 98    # 13 days
                first-in    | serum_b12 | 2023-11-23       | 98    # 1095 days
                too-old     | serum_b12 | 2023-11-22       | 98    # 1096 days
                not-low     | serum_b12 | 2026-10-01       | 133
                just-low    | serum_b12 | 2026-10-01       | 132.9
                active      | active_b12 | 2026-10-01      | 24.9
                active-not  | active_b12 | 2026-10-01      | 25
            """,
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            last-in   | 2026-11-08 | 2026-11-22 |           | 2
            first-in  | 2023-11-23 | 2023-12-07 |           | 2
            just-low  | 2026-10-01 | 2026-10-15 |           | 2
            active    | 2026-10-01 | 2026-10-15 |           | 2
        """,
    )
    assert judgement.care_gap.filter(person_id="last-in")["reason"].item() == (
        "Serum B12 98 pmol/L on 2026-11-08 is low; no record of B12 treatment since."
    )
    assert evidence_of(judgement, "last-in") == {("index", "m001")}


def test_an_urgent_one_is_listed_and_due_after_one_week(spec):
    judgement = spec(
        low_b12_untreated,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id | concept    | measurement_date | value
                neuro     | serum_b12  | 2026-11-15       | 98
                neuro-old | serum_b12  | 2026-11-15       | 98
                too-new   | serum_b12  | 2026-11-16       | 73
                severe    | serum_b12  | 2026-11-15       | 73.9
                mild      | serum_b12  | 2026-11-15       | 74
                hb        | serum_b12  | 2026-11-15       | 98
                hb        | hemoglobin | 2025-11-22       | 79.9  # 365 days
                hb-80     | serum_b12  | 2026-11-15       | 98
                hb-80     | hemoglobin | 2026-11-15       | 80
                hb-old    | serum_b12  | 2026-11-15       | 98
                hb-old    | hemoglobin | 2025-11-21       | 79
                pregnant  | serum_b12  | 2026-11-15       | 98
                active    | active_b12 | 2026-11-15       | 20    # an active B12 is never severe by its number
            """,
            "condition_occurrence": """
                person_id | concept    | condition_start_date
                neuro     | neuropathy | 2024-11-22   # 730 days
                neuro-old | neuropathy | 2024-11-21
                pregnant  | pregnancy  | 2026-09-01
            """,
        },
        expect="""
            person_id | due_date   | priority
            neuro     | 2026-11-22 | 1
            severe    | 2026-11-22 | 1
            hb        | 2026-11-22 | 1
            pregnant  | 2026-11-22 | 1
        """,
    )
    told = dict(judgement.care_gap.select("person_id", "reason").rows())
    assert {person: reason.split(" on 2026-11-15 ")[1].split(";")[0] for person, reason in told.items()} == {
        "neuro": "is low, with a neurological sign recorded on 2024-11-22",
        "severe": "is very low",
        "hb": "is low, with hemoglobin below 80 g/L",
        "pregnant": "is low, in pregnancy",
    }


def test_severity_is_judged_in_the_unit_family_of_the_report(spec):
    spec(
        low_b12_untreated,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id | concept   | measurement_date | value | unit_family | value_in_family | comparator
                99-ng     | serum_b12 | 2026-11-15       | 73.1  | mass        | 99              | =
                100-ng    | serum_b12 | 2026-11-15       | 73.8  | mass        | 100             | =   # 73.8 pmol/L, yet not below 100 ng/L
                under-100 | serum_b12 | 2026-11-15       | 73.8  | mass        | 100             | <
            """,
        },
        expect="""
            person_id | priority
            99-ng     | 1
            under-100 | 1
        """,
    )


def test_treatment_from_two_weeks_before_the_result_closes_the_gap(spec):
    judgement = spec(
        low_b12_untreated,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id  | concept   | measurement_date | value
                injected   | serum_b12 | 2026-08-03       | 98
                untreated  | serum_b12 | 2026-08-03       | 98
                tablets    | serum_b12 | 2026-08-03       | 98
                low-dose   | serum_b12 | 2026-08-03       | 98
                dose-50    | serum_b12 | 2026-08-03       | 98
                later      | serum_b12 | 2026-08-03       | 98
            """,
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date | drug_exposure_end_date | daily_dose | kind
                injected  | b12_injectable | 2026-08-04               | 2026-08-04             |            | administered
                tablets   | b12_oral       | 2026-11-22               | 2026-12-22             | 1000       | prescribed
                low-dose  | b12_oral       | 2026-08-04               | 2026-12-22             | 49.9       | prescribed  # no therapy
                dose-50   | b12_oral       | 2026-08-04               | 2026-12-22             | 50         | prescribed
                later     | b12_nasal      | 2026-11-23               | 2026-12-22             |            | prescribed  # after the as-of date
            """,
        },
        expect="""
            person_id | closed_by | priority
            injected  | treated   |
            untreated |           | 2
            tablets   | treated   |
            low-dose  |           | 2
            dose-50   | treated   |
            later     |           | 2
        """,
    )
    assert evidence_of(judgement, "injected") == {("index", "m001"), ("closed_by", "d001")}
    assert judgement.care_gap.filter(person_id="injected")["reason"].item() == (
        "Serum B12 98 pmol/L on 2026-08-03 is low; closed: B12 treatment is on record (2026-08-04)."
    )


def test_treatment_shortly_before_the_result_counts(spec):
    """A result on treatment is no index, so only what starts on the day or runs since can be seen here."""
    judgement = spec(
        low_b12_untreated,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id | concept   | measurement_date | value
                same-day  | serum_b12 | 2026-08-03       | 98
                day-after-start | serum_b12 | 2026-08-03 | 98
            """,
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date | kind
                same-day  | b12_injectable | 2026-08-03               | administered
                day-after-start | b12_injectable | 2026-08-02         | administered
            """,
        },
        expect="""
            person_id | closed_by
            same-day  | treated
        """,
    )
    assert judgement.care_gap.height == 1
    assert judgement.care_gap.schema["flags"] == pl.List(pl.String)
