"""A new neurological record without a B12 test."""

import pytest

from pipelines.worklists.neuro_untested import neuro_untested
from tests.tables import evidence_of


def test_a_new_record_is_listed_from_two_weeks_to_a_year_after_it(spec):
    judgement = spec(
        neuro_untested,
        as_of="2026-11-22",
        given={
            "condition_occurrence": """
                person_id | concept                          | condition_start_date
                last-in   | neuropathy                       | 2026-11-08
                too-new   | gait_ataxia                      | 2026-11-09
                first-in  | optic_neuropathy                 | 2025-11-22
                too-old   | subacute_combined_degeneration   | 2025-11-21
                new-again | neuropathy                       | 2023-10-31   # 1096 days before
                new-again | gait_ataxia                      | 2026-10-31
                known     | neuropathy                       | 2023-11-01   # 1095 days before
                known     | gait_ataxia                      | 2026-10-31
                repeated  | neuropathy                       | 2026-06-01
                repeated  | neuropathy                       | 2026-06-01
                repeated  | neuropathy                       | 2026-08-01
                diabetic  | diabetic_neuropathy              | 2026-08-01
            """
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            last-in   | 2026-11-08 | 2026-12-20 |           | 1
            first-in  | 2025-11-22 | 2026-01-03 |           | 1
            new-again | 2026-10-31 | 2026-12-12 |           | 1
            repeated  | 2026-06-01 | 2026-07-13 |           | 1
        """,
    )
    assert evidence_of(judgement, "last-in") == {("index", "c001")}
    assert judgement.care_gap.filter(person_id="last-in")["reason"].item() == (
        "Neuropathy recorded on 2026-11-08; no record of a B12, methylmalonic acid or homocysteine test "
        "since 2025-11-08."
    )


def test_a_test_from_a_year_before_the_record_on_closes_it(spec):
    spec(
        neuro_untested,
        as_of="2026-11-22",
        given={
            "condition_occurrence": "person_id | concept | condition_start_date\n"
            + "\n".join(
                f"{person} | neuropathy | 2026-06-01"
                for person in ("b12-365", "b12-366", "active", "serum", "urine", "hcy", "folate", "preliminary")
            ),
            "measurement": """
                person_id   | concept      | measurement_date | value | status
                b12-365     | serum_b12    | 2025-06-01       | 400   | final
                b12-366     | serum_b12    | 2025-05-31       | 400   | final
                active      | active_b12   | 2026-11-22       | 80    | amended
                serum       | mma_serum    | 2026-06-01       | 100   | appended
                urine       | mma_urine    | 2026-06-01       | 1     | final
                hcy         | homocysteine | 2026-06-01       | 10    | final
                folate      | folate_serum | 2026-06-01       | 10    | final
                preliminary | serum_b12    | 2026-06-01       | 100   | preliminary
            """,
        },
        expect="""
            person_id   | closed_by
            b12-365     | tested
            b12-366     |
            active      | tested
            serum       | tested
            urine       | tested
            hcy         | tested
            folate      |
            preliminary |
        """,
    )


def test_treatment_at_the_record_or_since_closes_it(spec):
    judgement = spec(
        neuro_untested,
        as_of="2026-11-22",
        given={
            "condition_occurrence": """
                person_id | concept    | condition_start_date
                at-180    | neuropathy | 2026-06-30
                at-181    | neuropathy | 2026-07-01
                since     | neuropathy | 2026-06-01
                before    | neuropathy | 2026-06-01
                tested    | neuropathy | 2026-06-01
                twice     | neuropathy | 2026-06-01
            """,
            "measurement": """
                person_id | concept   | measurement_date | value
                tested    | serum_b12 | 2026-07-02       | 300
                tested    | mma_serum | 2026-07-01       | 200   # the first is told
            """,
            "drug_exposure": """
                person_id | concept        | drug_exposure_start_date | kind         | drug_exposure_end_date
                at-180    | b12_injectable | 2026-01-01               | administered |
                at-181    | b12_injectable | 2026-01-01               | administered |
                since     | b12_nasal      | 2026-11-22               | prescribed   | 2026-11-22
                before    | b12_oral       | 2026-01-01               | prescribed   | 2026-05-01
                tested    | b12_oral       | 2026-06-01               | prescribed   | 2026-07-01
                twice     | b12_injectable | 2026-02-01               | administered |
                twice     | b12_injectable | 2026-03-01               | administered |   # the later one is told
            """,
        },
        expect="""
            person_id | closed_by | index_date
            at-180    | on_b12    | 2026-06-30
            at-181    |           | 2026-07-01
            since     | on_b12    | 2026-06-01
            before    |           | 2026-06-01
            tested    | tested    | 2026-06-01
            twice     | on_b12    | 2026-06-01
        """,
    )
    assert ("closed_by", "d007") in evidence_of(judgement, "twice")
    assert evidence_of(judgement, "tested") == {("index", "c005"), ("closed_by", "m002")}
    assert evidence_of(judgement, "at-180") == {("index", "c001"), ("closed_by", "d001")}


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_a_risk_comes_first(spec, profile):
    persons = ("metformin", "acid", "cause", "gas", "vegan", "sixty-five", "younger", "unknown", "past")
    judgement = spec(
        neuro_untested,
        as_of="2026-11-22",
        profile=profile,
        given={
            "person": """
                person_id  | birth_date
                metformin  | 1990-01-01
                acid       | 1990-01-01
                cause      | 1990-01-01
                gas        | 1990-01-01
                vegan      | 1990-01-01
                sixty-five | 1961-11-22
                younger    | 1961-11-23
                unknown    |
                past       | 1990-01-01
            """,
            "condition_occurrence": "person_id | concept | condition_start_date\n"
            + "\n".join(f"{person} | neuropathy | 2026-06-01" for person in persons)
            + """
                cause | celiac_disease       | 2001-01-01
                gas   | nitrous_oxide_misuse | 2001-01-01
                vegan | vegan_diet           | 2001-01-01
                vegan | vegan_diet           | 2000-01-01   # the first is told
            """,
            "drug_exposure": """
                person_id | concept   | drug_exposure_start_date | drug_exposure_end_date
                metformin | metformin | 2026-11-01               | 2026-12-01
                acid      | h2ra      | 2026-11-01               | 2026-12-01
                past      | ppi       | 2026-01-01               | 2026-07-01
            """,
        },
        expect="""
            person_id  | priority
            metformin  | 1
            acid       | 1
            cause      | 1
            gas        | 1
            vegan      | 1
            sixty-five | 1
            younger    | 2
            unknown    | 2
            past       | 2
        """,
    )
    assert ("risk", "c013") in evidence_of(judgement, "vegan")
