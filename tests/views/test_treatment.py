"""The views of treatment and metformin, beside the terms that the lists use."""

import pytest

from tests.publication import answers, publication
from tests.tables import shown, term_on

AS_OF = "2026-11-20"

INJECTIONS = """
    person_id | drug_exposure_id | concept | drug_exposure_start_date | kind | ingredient | doses
    supply    | s1 | b12_injectable | 2026-01-01 | dispensed    | hydroxocobalamin | 1    # given 28 days later: the same
    supply    | s2 | b12_injectable | 2026-01-29 | administered | hydroxocobalamin |
    apart     | a1 | b12_injectable | 2026-01-01 | dispensed    | hydroxocobalamin | 5    # 29 days: two, and one dose each
    apart     | a2 | b12_injectable | 2026-01-30 | administered | hydroxocobalamin |
    box       | x1 | b12_injectable | 2026-06-01 | prescribed   |                  | 9    # as dispensed
    box       | x2 | b12_injectable | 2026-06-01 | dispensed    |                  | 2.9
    written   | w1 | b12_injectable | 2026-06-01 | prescribed   |                  | 3    # nothing dispensed: as prescribed
    next      | n1 | b12_injectable | 2026-01-01 | dispensed    |                  | 1    # the next administration counts
    next      | n2 | b12_injectable | 2026-01-20 | administered |                  |
    next      | n3 | b12_injectable | 2026-03-20 | administered |                  |
    many      | m1 | b12_injectable | 2026-06-01 | dispensed    | cyanocobalamin   | 7    # six at most
    unknown   | u1 | b12_injectable | 2026-06-01 | prescribed   |                  |      # one where none is known
    broken    | b1 | b12_injectable | 2024-01-01 | administered | hydroxocobalamin |
    broken    | b2 | b12_injectable | 2024-12-30 | administered | hydroxocobalamin |      # 364 days: the same course
    broken    | b3 | b12_injectable | 2025-12-30 | administered | hydroxocobalamin |      # 365 days: a new one
    lasting   | l1 | b12_injectable | 2024-01-01 | dispensed    | hydroxocobalamin | 3    # the last dose on 2024-06-17
    lasting   | l2 | b12_injectable | 2025-06-16 | dispensed    | hydroxocobalamin | 1    # 364 days after that
    lasting   | l3 | b12_injectable | 2026-06-16 | dispensed    | hydroxocobalamin | 1    # 365 days
    later     | f1 | b12_injectable | 2026-11-21 | administered | hydroxocobalamin |      # after the as-of date
"""


def test_an_injection_is_a_date_with_its_doses():
    with publication({"drug_exposure": INJECTIONS}) as con:
        answers(
            con,
            "b12_injection",
            """
            person_id | injection_date | is_administered | doses | default_days
            supply    | 2026-01-29     | true            | 1     | 84
            apart     | 2026-01-01     | false           | 1     | 84
            apart     | 2026-01-30     | true            | 1     | 84
            box       | 2026-06-01     | false           | 2     | 84
            written   | 2026-06-01     | false           | 3     | 84
            next      | 2026-01-20     | true            | 1     | 84
            next      | 2026-03-20     | true            | 1     | 84
            many      | 2026-06-01     | false           | 6     | 30
            unknown   | 2026-06-01     | false           | 1     | 84
            broken    | 2024-01-01     | true            | 1     | 84
            broken    | 2024-12-30     | true            | 1     | 84
            broken    | 2025-12-30     | true            | 1     | 84
            lasting   | 2024-01-01     | false           | 3     | 84
            lasting   | 2025-06-16     | false           | 1     | 84
            lasting   | 2026-06-16     | false           | 1     | 84
            """,
        )


@pytest.mark.parametrize("profile", ["uk_nice_ng239", "us"])
def test_injections_are_those_of_the_lists(profile):
    term = term_on("injections", as_of=AS_OF, given={"drug_exposure": INJECTIONS}, profile=profile)
    columns = ("person_id", "injection_date", "is_administered", "doses", "default_days")
    with publication({"drug_exposure": INJECTIONS}, profile=profile) as con:
        assert shown(con.sql("FROM b12_injection").pl(), *columns) == shown(term, *columns)


def test_the_current_course_of_injections_is_that_of_the_lists():
    term = term_on("injection_course", as_of=AS_OF, given={"drug_exposure": INJECTIONS})
    with publication({"drug_exposure": INJECTIONS}) as con:
        latest = con.sql(
            "FROM treatment_episode WHERE way = 'injected' QUALIFY episode = max(episode) OVER (PARTITION BY person_id)"
        ).pl()
    wanted = shown(term, "person_id", "started_on", "last_on")
    assert shown(latest, "person_id", "started_on", "last_start") == wanted


EPISODES = """
    person_id | concept        | drug_exposure_start_date | drug_exposure_end_date | daily_dose | source_closes_rows
    needle    | b12_injectable | 2026-05-24 |            |      | false   # 180 days: to the as-of date
    lapsed    | b12_injectable | 2026-05-23 |            |      | false   # to the day before
    joined    | b12_oral       | 2025-01-01 | 2025-01-31 | 1000 | false
    joined    | b12_oral       | 2025-05-01 | 2025-05-31 | 1000 | false   # 90 days after the end: one course
    split     | b12_oral       | 2025-01-01 | 2025-01-31 | 1000 | false
    split     | b12_oral       | 2025-05-02 | 2025-05-31 | 1000 | false   # 91 days: two
    inside    | b12_oral       | 2025-01-01 | 2025-12-31 | 1000 | false   # a short record inside a long one ends nothing
    inside    | b12_nasal      | 2025-02-01 | 2025-02-02 |      | false
    inside    | b12_oral       | 2026-03-31 | 2026-04-01 | 1000 | false
    small     | b12_oral       | 2026-11-01 | 2026-11-30 | 49   | false   # a multivitamin
    enough    | b12_oral       | 2026-11-01 | 2026-11-30 | 50   | false
    covered   | b12_oral       | 2026-01-01 | 2026-10-21 | 1000 | false   # 30 days on: the as-of date
    over      | b12_oral       | 2026-01-01 | 2026-10-20 | 1000 | false
    open      | b12_oral       | 2025-11-01 |            | 1000 | false   # an open record runs 364 days
    listed    | b12_oral       | 2020-01-01 |            | 1000 | true    # of a list that ends its own: to the as-of date
    today     | b12_oral       | 2026-11-20 | 2026-11-30 | 1000 | false   # starts on the as-of date
    tomorrow  | b12_oral       | 2026-11-21 | 2026-11-30 | 1000 | false
    both      | b12_injectable | 2026-11-01 |            |      | false
    both      | b12_oral       | 2026-11-01 | 2026-11-30 | 1000 | false
"""


def test_an_episode_runs_from_its_first_record_to_the_end_of_its_cover():
    with publication({"drug_exposure": EPISODES}) as con:
        answers(
            con,
            "treatment_episode",
            """
            person_id | way          | episode | started_on | ended_on   | covered_until | records | is_current
            needle    | injected     | 1       | 2026-05-24 | 2026-05-24 | 2026-11-20    | 1       | true
            lapsed    | injected     | 1       | 2026-05-23 | 2026-05-23 | 2026-11-19    | 1       | false
            joined    | not injected | 1       | 2025-01-01 | 2025-05-31 | 2025-06-30    | 2       | false
            split     | not injected | 1       | 2025-01-01 | 2025-01-31 | 2025-03-02    | 1       | false
            split     | not injected | 2       | 2025-05-02 | 2025-05-31 | 2025-06-30    | 1       | false
            inside    | not injected | 1       | 2025-01-01 | 2026-04-01 | 2026-05-01    | 3       | false
            enough    | not injected | 1       | 2026-11-01 | 2026-11-30 | 2026-12-30    | 1       | true
            covered   | not injected | 1       | 2026-01-01 | 2026-10-21 | 2026-11-20    | 1       | true
            over      | not injected | 1       | 2026-01-01 | 2026-10-20 | 2026-11-19    | 1       | false
            open      | not injected | 1       | 2025-11-01 | 2026-10-31 | 2026-11-30    | 1       | true
            listed    | not injected | 1       | 2020-01-01 | 2026-11-20 | 2026-12-20    | 1       | true
            today     | not injected | 1       | 2026-11-20 | 2026-11-30 | 2026-12-30    | 1       | true
            both      | injected     | 1       | 2026-11-01 | 2026-11-01 | 2027-04-30    | 1       | true
            both      | not injected | 1       | 2026-11-01 | 2026-11-30 | 2026-12-30    | 1       | true
            """,
        )


@pytest.mark.parametrize("drawn", [INJECTIONS, EPISODES], ids=["injections", "episodes"])
def test_who_is_treated_now_is_who_the_lists_say(drawn):
    treated = term_on("b12_now", as_of=AS_OF, given={"drug_exposure": drawn})["person_id"]
    with publication({"drug_exposure": drawn}) as con:
        current = con.execute("SELECT DISTINCT person_id FROM treatment_episode WHERE is_current").fetchall()
    assert {person for (person,) in current} == set(treated)


METFORMIN = """
    person_id | concept   | drug_exposure_start_date | drug_exposure_end_date
    joined    | metformin | 2024-01-01 | 2024-03-31
    joined    | metformin | 2024-06-29 | 2026-12-31   # 90 days after the end
    split     | metformin | 2024-01-01 | 2024-03-31
    split     | metformin | 2024-06-30 | 2026-12-31   # 91 days
    inside    | metformin | 2024-01-01 | 2026-12-31   # a short record inside a long one ends nothing
    inside    | metformin | 2024-02-01 | 2024-02-02
    inside    | metformin | 2026-01-01 | 2026-01-31
    recent    | metformin | 2026-07-23 | 2026-07-30   # ended, but started 120 days ago
    past      | metformin | 2026-07-22 | 2026-07-30   # 121 days ago
    today     | metformin | 2026-01-01 | 2026-11-20
    ended     | metformin | 2026-01-01 | 2026-11-19
    gone      | metformin | 2024-01-01 | 2024-01-31
    gone      | metformin | 2024-02-15 | 2024-03-01
    later     | metformin | 2026-11-21 | 2026-12-31
"""


def test_courses_of_metformin_join_over_short_gaps():
    with publication({"drug_exposure": METFORMIN}) as con:
        answers(
            con,
            "metformin_course",
            """
            person_id | course | since      | last_start | ended      | records | is_current | length_days
            joined    | 1      | 2024-01-01 | 2024-06-29 | 2026-12-31 | 2       | true       | 1054
            split     | 1      | 2024-01-01 | 2024-01-01 | 2024-03-31 | 1       | false      | 90
            split     | 2      | 2024-06-30 | 2024-06-30 | 2026-12-31 | 1       | true       | 873
            inside    | 1      | 2024-01-01 | 2026-01-01 | 2026-12-31 | 3       | true       | 1054
            gone      | 1      | 2024-01-01 | 2024-02-15 | 2024-03-01 | 2       | false      | 60
            recent    | 1      | 2026-07-23 | 2026-07-23 | 2026-07-30 | 1       | true       | 120
            past      | 1      | 2026-07-22 | 2026-07-22 | 2026-07-30 | 1       | false      | 8
            today     | 1      | 2026-01-01 | 2026-01-01 | 2026-11-20 | 1       | true       | 323
            ended     | 1      | 2026-01-01 | 2026-01-01 | 2026-11-19 | 1       | false      | 322
            """,
        )


def test_the_current_course_of_metformin_is_that_of_the_lists():
    columns = ("person_id", "since", "ended", "last_start", "length_days")
    term = term_on("metformin", as_of=AS_OF, given={"drug_exposure": METFORMIN})
    with publication({"drug_exposure": METFORMIN}) as con:
        current = con.sql("FROM metformin_course WHERE is_current").pl()
    assert shown(current, *columns) == shown(term, *columns)
