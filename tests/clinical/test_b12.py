"""The class of a B12 result, and the result that decides."""

import pytest

from tests.tables import shown, term_on

AS_OF = "2026-11-22"


def class_of(concept, value, *, family="substance", comparator="=", profile="uk_nice_ng239"):
    given = {
        "measurement": f"""
            person_id | concept   | measurement_date | value | value_in_family | unit_family | comparator
            1         | {concept} | 2026-01-01       | 1     | {value}         | {family}    | {comparator}
        """
    }
    return term_on("b12_tests", as_of=AS_OF, given=given, profile=profile)["b12_class"].item()


@pytest.mark.parametrize(
    ("profile", "family", "low", "high"),
    [
        ("uk_nice_ng239", "mass", 180, 350),
        ("uk_nice_ng239", "substance", 133, 258),
        ("us", "mass", 180, 350),
        ("us", "substance", 133, 258),
        ("us_conventional", "mass", 200, 300),
        ("us_conventional", "substance", 148, 221),
        ("us_aafp2017", "mass", 150, 399),
        ("us_aafp2017", "substance", 111, 294),
    ],
)
def test_the_limits_of_the_reported_unit_family_belong_to_the_middle_class(profile, family, low, high):
    def class_at(value):
        return class_of("serum_b12", value, family=family, profile=profile)

    assert class_at(low - 0.1) == "LOW"
    assert class_at(low) == class_at(high) == "INDETERMINATE"
    assert class_at(high + 0.1) == "UNLIKELY"


def test_active_b12_has_limits_of_its_own():
    values = {24.9: "LOW", 25: "INDETERMINATE", 70: "INDETERMINATE", 70.1: "UNLIKELY"}
    assert {value: class_of("active_b12", value) for value in values} == values


def test_a_result_is_not_converted_before_it_is_compared():
    """132.9 pmol/L is low although it is 180.1 ng/L."""
    assert class_of("serum_b12", 132.9) == "LOW"
    assert class_of("serum_b12", 180.1, family="mass") == "INDETERMINATE"


@pytest.mark.parametrize(
    ("comparator", "value", "expected"),
    [
        ("<", 133, "LOW"),
        ("<", 133.1, "UNCLASSIFIABLE"),
        ("<=", 132.9, "LOW"),
        ("<=", 133, "UNCLASSIFIABLE"),
        (">", 258, "UNLIKELY"),
        (">", 257.9, "UNCLASSIFIABLE"),
        (">=", 258.1, "UNLIKELY"),
        (">=", 258, "UNCLASSIFIABLE"),
        (">", 133, "UNCLASSIFIABLE"),  # it may be unlikely, and it may not
    ],
)
def test_a_comparator_has_the_class_of_its_whole_interval(comparator, value, expected):
    assert class_of("serum_b12", value, comparator=comparator) == expected


def test_numbers_that_differ_beyond_nine_digits_are_equal():
    assert class_of("serum_b12", 132.9999999) == "INDETERMINATE"
    assert class_of("serum_b12", 132.999999) == "LOW"


def index_of(measurements, **given):
    rows = term_on("b12_index", as_of=AS_OF, given={"measurement": measurements, **given})
    return dict(shown(rows, "person_id", "measurement_id"))


def test_the_latest_classifiable_result_off_treatment_decides():
    found = index_of(
        """
        person_id    | measurement_id | concept    | measurement_date | value | comparator | status
        latest       | older          | serum_b12  | 2026-01-01       | 300   | =          | final
        latest       | newer          | serum_b12  | 2026-02-01       | 200   | =          | final
        unclassified | older          | serum_b12  | 2026-01-01       | 300   | =          | final
        unclassified | newer          | serum_b12  | 2026-02-01       | 200   | <          | final
        preliminary  | older          | serum_b12  | 2026-01-01       | 300   | =          | final
        preliminary  | newer          | serum_b12  | 2026-02-01       | 200   | =          | preliminary
        future       | older          | serum_b12  | 2026-11-22       | 300   | =          | final
        future       | newer          | serum_b12  | 2026-11-23       | 200   | =          | final
        treated      | older          | serum_b12  | 2026-01-01       | 300   | =          | final
        treated      | newer          | serum_b12  | 2026-02-01       | 200   | =          | final
        nothing      | only           | serum_b12  | 2026-02-01       | 200   | <          | final
        """,
        drug_exposure="""
        person_id | concept        | drug_exposure_start_date | kind
        treated   | b12_injectable | 2026-01-01               | administered  # taken on the day: off treatment
        """,
    )
    assert found == {
        "latest": "newer",
        "unclassified": "older",
        "preliminary": "older",
        "future": "older",
        "treated": "older",
    }


def test_on_one_date_the_lowest_class_then_the_lowest_number_then_the_lowest_id_decides():
    found = index_of(
        """
        person_id | measurement_id | concept    | measurement_date | value
        class     | low-active     | active_b12 | 2026-01-01       | 24
        class     | normal-total   | serum_b12  | 2026-01-01       | 20000
        family    | total          | serum_b12  | 2026-01-01       | 200
        family    | active         | active_b12 | 2026-01-01       | 60
        number    | a              | serum_b12  | 2026-01-01       | 201
        number    | b              | serum_b12  | 2026-01-01       | 200
        id        | b              | serum_b12  | 2026-01-01       | 200
        id        | a              | serum_b12  | 2026-01-01       | 200
        """
    )
    assert found == {"class": "low-active", "family": "active", "number": "b", "id": "a"}


def test_in_pregnancy_active_b12_goes_before_total():
    measurements = """
        person_id | measurement_id | concept    | measurement_date | value
        1         | total          | serum_b12  | 2026-01-01       | 100
        1         | active         | active_b12 | 2026-01-01       | 80
    """
    pregnant = """
        person_id | concept   | condition_start_date
        1         | pregnancy | {}
    """
    assert index_of(measurements) == {"1": "total"}
    assert index_of(measurements, condition_occurrence=pregnant.format("2025-03-27")) == {"1": "active"}  # 280 days
    assert index_of(measurements, condition_occurrence=pregnant.format("2025-03-26")) == {"1": "total"}
    assert index_of(measurements, condition_occurrence=pregnant.format("2026-01-02")) == {"1": "total"}


def test_a_pregnancy_lasts_until_the_day_before_its_first_end():
    measurements = """
        person_id | measurement_id | concept    | measurement_date | value
        1         | total          | serum_b12  | 2026-01-01       | 100
        1         | active         | active_b12 | 2026-01-01       | 80
    """
    ended = """
        person_id | concept       | condition_start_date
        1         | pregnancy     | 2025-10-01
        1         | pregnancy_end | {}
        1         | pregnancy_end | 2026-01-09
    """
    assert index_of(measurements, condition_occurrence=ended.format("2026-01-02")) == {"1": "active"}
    assert index_of(measurements, condition_occurrence=ended.format("2026-01-01")) == {"1": "total"}


def test_a_low_result_of_the_90_days_before_stands_in_place_of_one_that_is_not():
    found = index_of(
        """
        person_id     | measurement_id | concept    | measurement_date | value
        90-days       | low            | serum_b12  | 2026-01-01       | 100
        90-days       | after          | serum_b12  | 2026-04-01       | 300
        one-day       | low            | serum_b12  | 2026-03-31       | 100
        one-day       | after          | serum_b12  | 2026-04-01       | 300
        91-days       | low            | serum_b12  | 2026-01-01       | 100
        91-days       | after          | serum_b12  | 2026-04-02       | 300
        latest-low    | low-1          | serum_b12  | 2026-01-01       | 90
        latest-low    | low-2          | serum_b12  | 2026-01-02       | 100
        latest-low    | after          | serum_b12  | 2026-03-01       | 200
        overruled     | low            | serum_b12  | 2026-01-01       | 100
        overruled     | after          | active_b12 | 2026-02-01       | 70.1
        not-overruled | low            | serum_b12  | 2026-01-01       | 100
        not-overruled | after          | active_b12 | 2026-02-01       | 70
        both-low      | low            | serum_b12  | 2026-01-01       | 90
        both-low      | after          | serum_b12  | 2026-02-01       | 100
        """
    )
    assert found == {
        "90-days": "low",
        "one-day": "low",
        "91-days": "after",
        "latest-low": "low-2",
        "overruled": "after",
        "not-overruled": "low",
        "both-low": "after",
    }


def test_in_pregnancy_a_low_total_b12_of_the_same_day_does_not_stand_in_for_active_b12():
    found = index_of(
        """
        person_id  | measurement_id | concept    | measurement_date | value
        same-day   | total          | serum_b12  | 2026-03-02       | 100
        same-day   | active         | active_b12 | 2026-03-02       | 50
        day-before | total          | serum_b12  | 2026-03-01       | 100
        day-before | active         | active_b12 | 2026-03-02       | 50
        """,
        condition_occurrence="""
        person_id  | concept   | condition_start_date
        same-day   | pregnancy | 2026-01-01
        day-before | pregnancy | 2026-01-01
        """,
    )
    assert found == {"same-day": "active", "day-before": "total"}
