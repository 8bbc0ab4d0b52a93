"""Procedure rows become procedures, and injections given become drug exposures."""


def test_a_procedure_is_kept_with_its_date(read, same):
    outcome = read(
        "procedures",
        """
        patient_id | procedure_id | procedure_code | code_system | description | performed_date | status      | recorded_at
        p1         | o1           | 43644          | CPT4        | bypass      | 2019-05-01     | completed   | 2019-06-01
        p1         | o2           | 43644          | CPT4        |             | 2019-05-01     | unconfirmed |
        p1         | o3           | 43644          | CPT4        |             | 2019-05-01     | not-done    |
        p1         | o4           | 99213          | CPT4        |             | 2019-05-01     |             |
        p1         | o5           | 43644          | CPT4        |             | 2026-11-23     |             |              # the day after the first reading
        p1         | o6           | 43644          | CPT4        |             | 2026-11-22     |             |
        """,
    )
    same(
        outcome.core["procedure_occurrence"],
        """
        procedure_occurrence_id | concept           | procedure_date | status      | is_counted | known_from
        o1                      | bariatric_surgery | 2019-05-01     | completed   | yes        | 2019-06-01 00:00:00
        o2                      | bariatric_surgery | 2019-05-01     | unconfirmed | no         | 2019-05-01 00:00:00
        o6                      | bariatric_surgery | 2026-11-22     | unknown     | yes        | 2026-11-22 00:00:00
        """,
    )
    assert outcome.withdrawals.select("origin_id", "because").rows() == [("o3", "status"), ("o5", "quarantined")]
    assert outcome.off_pathway["source_row"].to_list() == [4]
    assert outcome.quarantined.select("source_row", "reason").rows() == [(5, "future_date")]


def test_an_injection_given_is_one_administered_dose(read, same):
    outcome = read(
        "procedures",
        """
        patient_id | procedure_code | code_system | description | performed_date
        p1         | J3420          | HCPCS       | B12 inj     | 2026-10-01
        """,
    )
    exposures = outcome.core["drug_exposure"]
    same(
        exposures,
        """
        person_id | concept        | ingredient     | drug_exposure_start_date | drug_exposure_end_date | route     | kind         | status  | source_code | known_from
        p1        | b12_injectable | cyanocobalamin | 2026-10-01               | 2026-10-01             | injection | administered | unknown | J3420       | 2026-10-01 00:00:00
        """,
    )
    assert exposures["drug_exposure_id"].to_list() == ["p1|J3420|2026-10-01"]
    assert outcome.core["procedure_occurrence"].is_empty()
