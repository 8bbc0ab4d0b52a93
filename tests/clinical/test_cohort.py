"""Who the lists speak of."""

from tests.tables import shown, term_on

AS_OF = "2026-02-28"
PERSONS = """
    person_id   | birth_date | death_date | registered_from | registered_until | in_patients
    plain       | 1960-01-01 |            |                 |                  | true
    died-later  | 1960-01-01 | 2026-03-01 |                 |                  | true
    died        | 1960-01-01 | 2026-02-28 |                 |                  | true
    joined      | 1960-01-01 |            | 2026-02-28      |                  | true
    not-yet     | 1960-01-01 |            | 2026-03-01      |                  | true
    leaves      | 1960-01-01 |            |                 | 2026-02-28       | true
    left        | 1960-01-01 |            |                 | 2026-02-27       | true
    16-today    | 2010-02-28 |            |                 |                  | true
    16-tomorrow | 2010-03-01 |            |                 |                  | true
    18-leap     | 2008-02-29 |            |                 |                  | true
    18-tomorrow | 2008-03-01 |            |                 |                  | true
    no-birth    |            |            |                 |                  | true
    no-row      |            |            |                 |                  | false
    palliative  | 1960-01-01 |            |                 |                  | true
    pall-today  | 1960-01-01 |            |                 |                  | true
    refuted     | 1960-01-01 |            |                 |                  | true
"""
GIVEN = {
    "person": PERSONS,
    "condition_occurrence": """
        person_id  | concept         | condition_start_date | is_counted
        palliative | palliative_care | 2001-01-01           | true
        pall-today | palliative_care | 2026-02-28           | true
        refuted    | palliative_care | 2001-01-01           | false
        plain      | palliative_care | 2026-03-01           | true   # after the as-of date
    """,
}
OUT = {"died", "not-yet", "left", "16-tomorrow", "palliative", "pall-today"}
ALL = {line.split("|")[0].strip() for line in PERSONS.strip().splitlines()[1:]}


def in_scope(profile):
    return term_on("in_scope", as_of=AS_OF, given=GIVEN, profile=profile)


def test_the_living_registered_and_adult_are_in_scope_unless_palliative():
    assert set(in_scope("uk_nice_ng239")["person_id"]) == ALL - OUT


def test_in_the_united_states_adults_are_18():
    assert set(in_scope("us")["person_id"]) == ALL - OUT - {"16-today", "18-tomorrow"}


def test_what_is_not_known_of_a_person_is_flagged():
    flags = {
        person: flagged
        for person, *flagged in shown(in_scope("us"), "person_id", "flag_age_unknown", "flag_not_in_patients")
    }
    assert flags["plain"] == [False, False]
    assert flags["no-birth"] == [True, False]
    assert flags["no-row"] == [True, True]
