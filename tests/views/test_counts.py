"""The views that count: people in scope, testing rates, funnel, waiting times, changes."""

from tests.publication import answers, publication
from tests.tables import term_on

AS_OF = "2026-11-20"

PEOPLE = {
    "person": """
        person_id | birth_date | death_date | registered_from | registered_until | site
        adult     | 2010-11-20 |            |                 |                  | A   # sixteen today
        child     | 2010-11-21 |            |                 |                  | A
        ageless   |            |            |                 |                  |
        died      | 1960-01-01 | 2026-11-20 |                 |                  | A   # today
        dies      | 1960-01-01 | 2026-11-21 |                 |                  | A   # tomorrow
        joined    | 1960-01-01 |            | 2026-11-20      |                  | A
        joins     | 1960-01-01 |            | 2026-11-21      |                  | A
        leaves    | 1960-01-01 |            |                 | 2026-11-20       | A
        left      | 1960-01-01 |            |                 | 2026-11-19       | A
        palliated | 1960-01-01 |            |                 |                  | A
        doubtful  | 1960-01-01 |            |                 |                  | A
        soon      | 1960-01-01 |            |                 |                  | A
        """,
    "condition_occurrence": """
        person_id | concept         | condition_start_date | is_counted
        palliated | palliative_care | 2026-11-20           | true
        doubtful  | palliative_care | 2026-11-20           | false
        soon      | palliative_care | 2026-11-21           | true
        """,
}


def test_in_scope_are_registered_living_adults_without_palliative_care():
    with publication(PEOPLE) as con:
        answers(
            con,
            "person_in_scope",
            """
            person_id
            adult
            ageless
            dies
            joined
            leaves
            doubtful
            soon
            """,
        )
        found = {person for (person,) in con.execute("SELECT person_id FROM person_in_scope").fetchall()}
    assert found == set(term_on("in_scope", as_of=AS_OF, given=PEOPLE)["person_id"])


def test_testing_rates_count_people_on_metformin_by_site():
    given = {
        "person": """
            person_id | site | death_date
            today     | A    |
            year      | A    |
            two       | A    |
            exact     | A    |
            five      | A    |
            older     | A    |
            never     |      |
            ended     | A    |
            begun     | B    |
            died      | A    | 2026-11-19
            """,
        "drug_exposure": """
            person_id | concept   | drug_exposure_start_date | drug_exposure_end_date
            today     | metformin | 2020-01-01 | 2026-12-31
            year      | metformin | 2020-01-01 | 2026-12-31
            two       | metformin | 2020-01-01 | 2026-12-31
            exact     | metformin | 2020-01-01 | 2026-12-31
            five      | metformin | 2020-01-01 | 2026-12-31
            older     | metformin | 2020-01-01 | 2026-12-31
            never     | metformin | 2020-01-01 | 2026-12-31
            ended     | metformin | 2020-01-01 | 2020-12-31   # no longer
            begun     | metformin | 2026-11-20 | 2026-12-31   # since today
            died      | metformin | 2020-01-01 | 2026-12-31
            """,
        "measurement": """
            person_id | concept    | measurement_date | value
            today     | active_b12 | 2026-11-20       | 50
            year      | serum_b12  | 2025-11-20       | 300     # a year to the day
            two       | serum_b12  | 2025-11-19       | 300
            exact     | serum_b12  | 2024-11-20       | 300     # two years
            five      | serum_b12  | 2021-11-20       | 300
            older     | serum_b12  | 2021-11-19       | 300
            """,
    }
    with publication(given) as con:
        answers(
            con,
            "metformin_testing_rate",
            """
            site | users | tested_1_year | tested_2_years | tested_5_years | share_1_year
            A    | 6     | 2             | 4              | 5              | 0.3333333333333333
            B    | 1     | 0             | 0              | 0              | 0
                 | 1     | 0             | 0              | 0              | 0
            """,
        )


def test_a_test_on_the_last_day_of_february_counts_a_year_long():
    given = {
        "drug_exposure": """
            person_id | concept   | drug_exposure_start_date | drug_exposure_end_date
            leap      | metformin | 2020-01-01               | 2026-12-31
            """,
        "measurement": """
            person_id | concept   | measurement_date | value
            leap      | serum_b12 | 2024-02-29       | 300
            """,
    }
    for as_of, tested in (("2025-02-28", 1), ("2025-03-01", 0)):
        with publication(given, as_of=as_of) as con:
            assert con.execute("SELECT tested_1_year FROM metformin_testing_rate").fetchall() == [(tested,)]


def test_looked_back_from_the_last_day_of_february_a_year_begins_on_the_28th():
    given = {
        "drug_exposure": """
            person_id | concept   | drug_exposure_start_date | drug_exposure_end_date
            leap      | metformin | 2020-01-01               | 2028-12-31
            """,
        "measurement": """
            person_id | concept   | measurement_date | value
            leap      | serum_b12 | 2027-02-28       | 300
            """,
    }
    for as_of, tested in (("2028-02-28", 1), ("2028-02-29", 1), ("2028-03-01", 0)):
        with publication(given, as_of=as_of) as con:
            assert con.execute("SELECT tested_1_year FROM metformin_testing_rate").fetchall() == [(tested,)]


def test_the_funnel_reads_from_scope_to_open():
    given = {
        "attrition": """
            worklist          | site | step     | closed_by  | people | previous_people | change
            low_b12_untreated | A    | closed   | also       | 1      | 1               | 0
            low_b12_untreated | A    | open     |            | 4      | 5               | -1
            low_b12_untreated | A    | closed   | treated    | 2      | 2               | 0
            low_b12_untreated | A    | closed   | on_b12_now | 1      | 0               | 1
            low_b12_untreated | A    | eligible |            | 8      | 8               | 0
            low_b12_untreated | A    | in_scope |            | 90     | 90              | 0
            low_b12_untreated |      | in_scope |            | 7      |                 |
            low_b12_untreated |      | eligible |            | 0      | 1               | -1   # gone since
            """
    }
    with publication(given) as con:
        answers(
            con,
            "funnel",
            """
            site | place | step               | people | share_of_eligible | change
            A    | 1     | In scope           | 90     |                   | 0
            A    | 2     | Eligible           | 8      | 1                 | 0
            A    | 3     | Closed: treated    | 2      | 0.25              | 0
            A    | 4     | Closed: also       | 1      | 0.125             | 0
            A    | 5     | Closed: on B12 now | 1      | 0.125             | 1
            A    | 6     | Open               | 4      | 0.5               | -1
                 | 1     | In scope           | 7      |                   |
                 | 2     | Eligible           | 0      |                   | -1
            """,
        )


def test_an_item_waits_by_three_clocks():
    given = {
        "worklist_item": """
            worklist          | person_id | item_key | index_date | due_date   | first_listed | days_listed
            low_b12_untreated | on        | k1       | 2026-11-06 | 2026-11-20 | 2026-11-20   | 0
            low_b12_untreated | past      | k2       | 2026-11-05 | 2026-11-19 | 2026-11-18   | 2
            """
    }
    with publication(given) as con:
        answers(
            con,
            "waiting_time",
            """
            item_key | days_since_index | days_past_due | is_overdue | days_listed
            k1       | 14               | 0             | false      | 0
            k2       | 15               | 1             | true       | 2
            """,
        )
        titles = con.execute("SELECT DISTINCT title FROM waiting_time").fetchall()
    assert titles == [("Low vitamin B12, no record of treatment",)]


def test_a_list_changes_by_those_who_came_less_those_who_went():
    given = {
        "item_history": """
            worklist          | person_id | item_key | event    | on_date    | because
            low_b12_untreated | a         | k1       | listed   | 2026-11-20 |
            low_b12_untreated | b         | k2       | listed   | 2026-11-20 |
            low_b12_untreated | c         | k3       | returned | 2026-11-20 |
            low_b12_untreated | d         | k4       | resolved | 2026-11-20 | treated
            low_b12_untreated | e         | k5       | resolved | 2026-11-20 | treated
            low_b12_untreated | f         | k6       | resolved | 2026-11-20 | died
            low_b12_untreated | f         | k6       | listed   | 2026-11-19 |           # the day before
            low_b12_untreated | g         | k7       | woken    | 2026-11-20 | date_reached
            low_b12_untreated | g         | k7       | decided  | 2026-11-20 | ordered
            """
    }
    with publication(given) as con:
        answers(
            con,
            "list_change",
            """
            event    | because | items | change
            listed   |         | 2     | 2
            returned |         | 1     | 1
            resolved | treated | 2     | -2
            resolved | died    | 1     | -1
            """,
        )
