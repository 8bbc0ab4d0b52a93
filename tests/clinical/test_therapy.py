"""B12 therapy: when a person counts as on treatment, and since when."""

from tests.tables import shown, term_on

AS_OF = "2026-11-22"


def off_treatment(measurement_dates, drugs, **settings):
    """The dates, of B12 results of person 1, that count as off treatment."""
    rows = "\n".join(f"1 | serum_b12 | {day} | 200" for day in measurement_dates)
    given = {
        "measurement": f"person_id | concept | measurement_date | value\n{rows}",
        "drug_exposure": drugs,
    }
    return [
        day for (day,) in shown(term_on("b12_off_treatment", as_of=AS_OF, given=given, **settings), "measurement_date")
    ]


def test_an_injection_treats_from_the_next_day_for_180_days():
    injection = """
        person_id | concept        | drug_exposure_start_date | kind
        1         | b12_injectable | 2026-01-01               | administered
    """
    dates = ["2026-01-01", "2026-01-02", "2026-06-30", "2026-07-01"]
    assert off_treatment(dates, injection) == ["2026-01-01", "2026-07-01"]


def test_supplied_doses_treat_for_as_long_as_they_last():
    supply = """
        person_id | concept        | drug_exposure_start_date | kind      | doses | ingredient
        1         | b12_injectable | 2025-01-01               | dispensed | 5     | hydroxocobalamin
    """
    assert off_treatment(["2026-02-25", "2026-02-26"], supply) == ["2026-02-26"]  # 5 x 84 = 420 days


def test_what_is_swallowed_treats_until_30_days_after_its_end():
    for concept in ("b12_oral", "b12_nasal", "b12_unknown_route"):
        running = f"""
            person_id | concept   | drug_exposure_start_date | drug_exposure_end_date
            1         | {concept} | 2026-01-01               | 2026-03-01
        """
        dates = ["2026-01-01", "2026-01-02", "2026-03-31", "2026-04-01"]
        assert off_treatment(dates, running) == ["2026-01-01", "2026-04-01"]


def test_oral_b12_treats_from_50_mcg_or_of_unknown_dose():
    for dose, treats in (("49.9", False), ("50", True), ("", True)):
        running = f"""
            person_id | concept  | drug_exposure_start_date | drug_exposure_end_date | daily_dose
            1         | b12_oral | 2026-01-01               | 2026-03-01             | {dose}
        """
        assert (off_treatment(["2026-02-01"], running) == []) is treats


def test_an_open_row_runs_for_364_days_or_on_where_its_source_closes_rows():
    row = """
        person_id | concept  | drug_exposure_start_date | source_closes_rows
        1         | b12_oral | 2025-01-01               | {}
    """
    dates = ["2026-01-30", "2026-01-31", "2026-11-22"]
    assert off_treatment(dates, row.format("false")) == ["2026-01-31", "2026-11-22"]  # 364 + 30 days
    assert off_treatment(dates, row.format("true")) == []


def test_nasal_b12_treats_at_any_dose():
    running = """
        person_id | concept   | drug_exposure_start_date | drug_exposure_end_date | daily_dose
        1         | b12_nasal | 2026-01-01               | 2026-03-01             | 49
    """
    assert off_treatment(["2026-02-01"], running) == []


def started(drugs):
    """The latest start of therapy of each person, and whether an injection was given on it or since."""
    found = term_on("therapy_start", as_of=AS_OF, given={"drug_exposure": drugs})
    return shown(found, "person_id", "started_on", "has_injection")


def test_a_start_has_no_other_in_the_365_days_before_it_and_nothing_swallowed_that_runs():
    assert started(
        """
        person_id | concept        | drug_exposure_start_date | drug_exposure_end_date | kind
        days-365  | b12_injectable | 2025-06-01               |                        | administered
        days-365  | b12_injectable | 2026-06-01               |                        | administered
        days-366  | b12_injectable | 2025-05-31               |                        | administered
        days-366  | b12_injectable | 2026-06-01               |                        | administered   # an injection runs on no day but its own
        ended-365 | b12_oral       | 2025-01-01               | 2025-06-01             | prescribed
        ended-365 | b12_oral       | 2026-06-01               | 2026-12-01             | prescribed
        ended-366 | b12_oral       | 2025-01-01               | 2025-05-31             | prescribed
        ended-366 | b12_oral       | 2026-06-01               | 2026-12-01             | prescribed
        two-rows  | b12_oral       | 2025-01-01               | 2025-02-01             | prescribed
        two-rows  | b12_nasal      | 2025-01-01               | 2025-06-01             | prescribed     # the later end counts
        two-rows  | b12_oral       | 2026-06-01               | 2026-12-01             | prescribed
        earlier   | b12_oral       | 2024-12-01               | 2025-06-01             | prescribed     # ends after the one that follows
        earlier   | b12_oral       | 2025-01-01               | 2025-02-01             | prescribed
        earlier   | b12_oral       | 2026-06-01               | 2026-12-01             | prescribed
        """
    ) == [
        ("days-365", "2025-06-01", True),
        ("days-366", "2026-06-01", True),
        ("earlier", "2024-12-01", False),
        ("ended-365", "2025-01-01", False),
        ("ended-366", "2026-06-01", False),
        ("two-rows", "2025-01-01", False),
    ]


def test_an_injection_on_the_start_or_since_is_known_whatever_was_injected_before():
    assert started(
        """
        person_id | concept        | drug_exposure_start_date | drug_exposure_end_date | kind
        never     | b12_oral       | 2026-06-01               | 2026-12-01             | prescribed
        before    | b12_injectable | 2020-01-01               |                        | administered
        before    | b12_oral       | 2026-06-01               | 2026-12-01             | prescribed
        same-day  | b12_oral       | 2026-06-01               | 2026-12-01             | prescribed
        same-day  | b12_injectable | 2026-06-01               |                        | administered
        again     | b12_injectable | 2020-01-01               |                        | administered
        again     | b12_oral       | 2026-06-01               | 2026-12-01             | prescribed
        again     | b12_injectable | 2026-09-01               |                        | administered
        """
    ) == [
        ("again", "2026-06-01", True),
        ("before", "2026-06-01", False),
        ("never", "2026-06-01", False),
        ("same-day", "2026-06-01", True),
    ]


def test_treatment_that_ended_is_told_by_its_last_injection_or_the_last_day_of_other_b12():
    drugs = """
        person_id | concept        | drug_exposure_start_date | drug_exposure_end_date | kind
        open      | b12_injectable | 2025-12-01               |                        | prescribed
        given     | b12_injectable | 2026-01-20               | 2026-02-16             | administered
        tablets   | b12_oral       | 2026-01-01               | 2026-03-31             | prescribed
        both      | b12_oral       | 2026-01-01               | 2026-01-31             | prescribed
        both      | b12_injectable | 2026-02-10               | 2026-03-09             | administered
        now       | b12_oral       | 2026-01-01               | 2026-12-31             | prescribed
    """
    assert shown(
        term_on("treatment_on_record", as_of=AS_OF, given={"drug_exposure": drugs}), "person_id", "treatment"
    ) == [
        ("both", "ended, last record 2026-02"),
        ("given", "ended, last record 2026-01"),
        ("now", "oral"),
        ("open", "ended, last record 2025-12"),
        ("tablets", "ended, last record 2026-03"),
    ]
