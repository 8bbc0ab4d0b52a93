"""Large red cells without a B12 test."""

import pytest

from pipelines.worklists.macrocytosis_untested import macrocytosis_untested
from tests.tables import evidence_of


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_one_mcv_above_105_is_listed_from_two_weeks_to_a_year_after_it(spec, profile):
    judgement = spec(
        macrocytosis_untested,
        as_of="2026-11-22",
        profile=profile,
        given={
            "measurement": """
                person_id | concept | measurement_date | value
                last-in   | mcv     | 2026-11-08       | 105.1   # 14 days
                too-new   | mcv     | 2026-11-09       | 105.1
                first-in  | mcv     | 2025-11-22       | 110     # 365 days
                too-old   | mcv     | 2025-11-21       | 110
                at-105    | mcv     | 2026-06-01       | 105
                first-of  | mcv     | 2026-03-01       | 106     # the first date that qualifies
                first-of  | mcv     | 2026-09-01       | 120
            """,
        },
        expect="""
            person_id | index_date | due_date   | closed_by | priority
            last-in   | 2026-11-08 | 2027-01-03 |           | 3
            first-in  | 2025-11-22 | 2026-01-17 |           | 3
            first-of  | 2026-03-01 | 2026-04-26 |           | 3
        """,
    )
    assert evidence_of(judgement, "first-of") == {("index", "m006"), ("macrocytosis", "m007")}
    assert judgement.care_gap.filter(person_id="last-in")["reason"].item() == (
        "Macrocytosis found on 2026-11-08; no record of a B12 test since 2025-11-08."
    )


def test_two_mcv_above_100_two_weeks_apart_are_listed_on_the_second(spec):
    judgement = spec(
        macrocytosis_untested,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id  | concept | measurement_date | value
                apart-14   | mcv     | 2026-06-01       | 100.1
                apart-14   | mcv     | 2026-06-15       | 100.1
                apart-13   | mcv     | 2026-06-01       | 100.1
                apart-13   | mcv     | 2026-06-14       | 100.1
                three      | mcv     | 2026-06-01       | 101
                three      | mcv     | 2026-06-10       | 101
                three      | mcv     | 2026-06-20       | 101    # 19 days after the first
                at-100     | mcv     | 2026-06-01       | 100
                at-100     | mcv     | 2026-07-01       | 101
                between    | mcv     | 2026-06-01       | 101    # a normal one in between does not undo it
                between    | mcv     | 2026-06-20       | 90
                between    | mcv     | 2026-07-20       | 101
                one-old    | mcv     | 2025-11-21       | 101    # out of the last year
                one-old    | mcv     | 2026-06-01       | 101
                old-in     | mcv     | 2025-11-22       | 101
                old-in     | mcv     | 2026-06-01       | 101
                second-new | mcv     | 2026-06-01       | 101
                second-new | mcv     | 2026-11-09       | 101    # 13 days ago
            """,
        },
        expect="""
            person_id | index_date
            apart-14  | 2026-06-15
            three     | 2026-06-20
            between   | 2026-07-20
            old-in    | 2026-06-01
        """,
    )
    assert ("index", "m002") in evidence_of(judgement, "apart-14")


def test_anemia_with_an_mcv_of_95_on_one_date_is_listed(spec):
    judgement = spec(
        macrocytosis_untested,
        as_of="2026-11-22",
        given={
            "person": """
                person_id | sex
                man       | M
                man-130   | M
                unknown   |
            """,
            "measurement": """
                person_id | concept    | measurement_date | value
                woman     | hemoglobin | 2026-06-01       | 119.9
                woman     | mcv        | 2026-06-01       | 95
                woman-120 | hemoglobin | 2026-06-01       | 120
                woman-120 | mcv        | 2026-06-01       | 95
                man       | hemoglobin | 2026-06-01       | 129.9
                man       | mcv        | 2026-06-01       | 95
                man-130   | hemoglobin | 2026-06-01       | 130
                man-130   | mcv        | 2026-06-01       | 99
                unknown   | hemoglobin | 2026-06-01       | 119.9
                unknown   | mcv        | 2026-06-01       | 95
                smaller   | hemoglobin | 2026-06-01       | 100
                smaller   | mcv        | 2026-06-01       | 94.9
                day-apart | hemoglobin | 2026-06-01       | 100
                day-apart | mcv        | 2026-06-02       | 99
            """,
        },
        expect="""
            person_id | index_date | priority
            woman     | 2026-06-01 | 3
            man       | 2026-06-01 | 3
            unknown   | 2026-06-01 | 3
        """,
    )
    assert evidence_of(judgement, "woman") == {("index", "m001"), ("index", "m002"), ("anemia", "m001")}
    assert judgement.care_gap.filter(person_id="woman")["reason"].item() == (
        "Anemia with large red cells found on 2026-06-01; no record of a B12 test since 2025-06-01."
    )


def test_macrocytosis_with_anemia_comes_first(spec):
    spec(
        macrocytosis_untested,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id   | concept    | measurement_date | value
                both        | mcv        | 2026-06-01       | 106
                both        | hemoglobin | 2026-10-01       | 119.9
                not-anemic  | mcv        | 2026-06-01       | 106
                not-anemic  | hemoglobin | 2026-10-01       | 120
                anemia-only | mcv        | 2026-06-01       | 100
                anemia-only | hemoglobin | 2026-06-01       | 110
                recovered   | mcv        | 2026-06-01       | 106
                recovered   | mcv        | 2026-10-01       | 100    # the latest counts
                recovered   | hemoglobin | 2026-10-01       | 110
            """,
        },
        expect="""
            person_id   | priority
            both        | 2
            not-anemic  | 3
            anemia-only | 3
            recovered   | 3
        """,
    )


def test_a_b12_test_from_a_year_before_on_closes_the_gap(spec):
    judgement = spec(
        macrocytosis_untested,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id  | concept    | measurement_date | value | status
                before-365 | mcv        | 2026-06-01       | 110   | final
                before-365 | serum_b12  | 2025-06-01       | 100   | final
                before-366 | mcv        | 2026-06-01       | 110   | final
                before-366 | serum_b12  | 2025-05-31       | 100   | final
                active     | mcv        | 2026-06-01       | 110   | final
                active     | active_b12 | 2026-11-22       | 100   | final
                active     | serum_b12  | 2026-11-21       | 100   | final   # the first of them is told
                other-test | mcv        | 2026-06-01       | 110   | final
                other-test | mma_serum  | 2026-06-01       | 100   | final
                not-final  | mcv        | 2026-06-01       | 110   | final
                not-final  | serum_b12  | 2026-06-01       | 100   | preliminary
            """,
        },
        expect="""
            person_id  | closed_by
            before-365 | tested
            before-366 |
            active     | tested
            other-test |
            not-final  |
        """,
    )
    assert ("closed_by", "m002") in evidence_of(judgement, "before-365")
    assert ("closed_by", "m007") in evidence_of(judgement, "active")


def test_treatment_at_that_time_or_since_closes_the_gap(spec):
    spec(
        macrocytosis_untested,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id | concept | measurement_date | value
                at-180    | mcv     | 2026-06-30       | 110
                at-181    | mcv     | 2026-07-01       | 110
                tablets   | mcv     | 2026-06-30       | 110
                tablets-31 | mcv    | 2026-07-01       | 110
                since     | mcv     | 2026-06-30       | 110
            """,
            "drug_exposure": """
                person_id  | concept        | drug_exposure_start_date | drug_exposure_end_date | kind         | daily_dose
                at-180     | b12_injectable | 2026-01-01               | 2026-01-01             | administered |
                at-181     | b12_injectable | 2026-01-01               | 2026-01-01             | administered |
                tablets    | b12_oral       | 2026-01-01               | 2026-05-31             | prescribed   | 1000
                tablets-31 | b12_oral       | 2026-01-01               | 2026-05-31             | prescribed   | 1000
                since      | b12_oral       | 2026-11-22               | 2026-12-22             | prescribed   | 1000
            """,
        },
        expect="""
            person_id  | closed_by
            at-180     | on_b12
            at-181     |
            tablets    | on_b12
            tablets-31 |
            since      | on_b12
        """,
    )


def test_a_drug_that_enlarges_red_cells_closes_a_finding_of_the_mcv(spec):
    judgement = spec(
        macrocytosis_untested,
        as_of="2026-11-22",
        given={
            "measurement": """
                person_id    | concept    | measurement_date | value
                methotrexate | mcv        | 2026-06-01       | 110
                hydroxy      | mcv        | 2026-06-01       | 110
                azathioprine | mcv        | 2026-06-01       | 110
                zidovudine   | mcv        | 2026-05-01       | 101
                zidovudine   | mcv        | 2026-06-01       | 101
                issued-121   | mcv        | 2026-06-01       | 110
                later        | mcv        | 2026-06-01       | 110
                anemic       | mcv        | 2026-06-01       | 99
                anemic       | hemoglobin | 2026-06-01       | 100
                both         | mcv        | 2026-06-01       | 106
                both         | hemoglobin | 2026-06-01       | 100
                two-mcv      | mcv        | 2026-06-01       | 106
                two-mcv      | mcv        | 2026-06-01       | 96    # large with anemia only
                two-mcv      | hemoglobin | 2026-06-01       | 100
                and-treated  | mcv        | 2026-06-01       | 110
                all-three    | mcv        | 2026-06-01       | 110
                all-three    | serum_b12  | 2026-06-01       | 100
                and-tested   | mcv        | 2026-06-01       | 110
                and-tested   | serum_b12  | 2026-06-01       | 100
            """,
            "drug_exposure": """
                person_id    | concept          | drug_exposure_start_date | drug_exposure_end_date
                methotrexate | methotrexate     | 2026-02-01               | 2026-02-28   # issued 120 days before
                hydroxy      | hydroxycarbamide | 2024-01-01               | 2026-06-01   # its last day
                azathioprine | azathioprine     | 2026-06-01               | 2026-06-28   # its first day
                zidovudine   | zidovudine       | 2026-05-20               | 2026-06-28
                issued-121   | methotrexate     | 2026-01-31               | 2026-05-31
                later        | methotrexate     | 2026-06-02               | 2026-11-30
                anemic       | methotrexate     | 2026-05-01               | 2026-07-01   # explains no anemia
                both         | methotrexate     | 2026-05-01               | 2026-07-01
                two-mcv      | methotrexate     | 2026-05-01               | 2026-07-01
                and-treated  | methotrexate     | 2026-05-01               | 2026-07-01
                and-treated  | b12_oral         | 2026-06-01               | 2026-07-01
                all-three    | methotrexate     | 2026-05-01               | 2026-07-01
                all-three    | b12_oral         | 2026-06-01               | 2026-07-01
                and-tested   | methotrexate     | 2026-05-01               | 2026-07-01
                methotrexate | methotrexate     | 2026-01-31               | 2026-07-01   # began before the one that is told
            """,
        },
        expect="""
            person_id    | closed_by
            methotrexate | drug_explained
            hydroxy      | drug_explained
            azathioprine | drug_explained
            zidovudine   | drug_explained
            issued-121   |
            later        |
            anemic       |
            both         | drug_explained
            two-mcv      | drug_explained
            and-treated  | on_b12
            all-three    | tested
            and-tested   | tested
        """,
    )
    assert ("closed_by", "d001") in evidence_of(judgement, "methotrexate")
