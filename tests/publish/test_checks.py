"""Every expectation of every suite is broken once: it fails, it alone fails, and it shows no value."""

import gc
import json
from datetime import date

import pandas as pd
import polars as pl
import pytest

from pipelines.contract import CORE_TABLES, core_schema, root
from pipelines.errors import B12Error
from pipelines.publish.checks import check_table, describe, validate
from pipelines.publish.suites import columns_named, load_suite
from tests.tables import draw, parse, typed

AS_OF = date(2026, 11, 1)
PARAMETERS = {"as_of": AS_OF, "known_at": AS_OF, "small_number": 10}
SUITES = {
    path.stem: path
    for folder in ("core", "worklists", "published")
    for path in (root("expectations") / folder).glob("*.json")
}
LISTS = sorted(path.stem for path in (root("expectations") / "worklists").glob("*.json"))

GOOD = {
    "person": """
        person_id | birth_date | sex | death_date | site  | registered_from | registered_until
        A         | 1960-05-01 | F   |            | North | 2001-01-01      |
        B         | 1900-01-01 | M   | 2026-10-31 | South | 2001-01-01      | 2026-10-31
        C         | 2026-11-01 |     |            |       |                 |
    """,
    "measurement": """
        person_id | concept             | measurement_date | value | unit              | range_low | range_high | unit_family
        A         | serum_b12           | 2026-11-01       | 5     | pmol/L            | 133       | 675        | substance
        A         | serum_b12           | 2026-10-01       | 300   | pmol/L            | 133       | 675        | mass
        B         | serum_b12           | 2026-10-02       | 400   | pmol/L            | 133       | 133        | mass
        A         | active_b12          | 2026-10-01       | 60    | pmol/L            |           |            | substance
        A         | mma_serum           | 2026-10-01       | 280   | nmol/L            |           | 280        | substance
        A         | mma_urine           | 2026-10-01       | 2     | mmol/mol{creat}   |           |            |
        A         | homocysteine        | 2026-10-01       | 15    | umol/L            |           |            | substance
        A         | creatinine          | 2026-10-01       | 80    | umol/L            |           |            | substance
        A         | folate_serum        | 2026-10-01       | 12    | nmol/L            |           |            | substance
        A         | ferritin            | 2026-10-01       | 80    | ug/L              |           |            |
        A         | hemoglobin          | 2026-10-01       | 130   | g/L               |           |            | mass
        A         | mcv                 | 2026-10-01       | 95    | fL                |           |            |
        A         | egfr                | 2026-10-01       | 90    | mL/min/{1.73_m2}  |           |            |
        A         | intrinsic_factor_ab | 2026-10-01       | 1     |                   |           |            |
        B         | intrinsic_factor_ab | 2026-10-01       |       |                   |           |            |
    """,
    "drug_exposure": """
        person_id | concept           | drug_exposure_start_date | drug_exposure_end_date | route     | daily_dose | dose_unit | quantity | days_supply
        A         | b12_injectable    | 2026-11-01               | 2026-11-01             | injection |            |           | 1        |
        A         | b12_oral          | 2026-10-01               |                        | oral      | 1000       | mcg       | 28       | 28
        A         | b12_nasal         | 2026-10-01               | 2026-10-28             | nasal     |            |           |          |
        A         | b12_unknown_route | 2026-10-01               | 2026-10-28             | unknown   |            |           |          |
        A         | metformin         | 2026-10-01               | 2026-10-28             | oral      | 2000       | mg        | 112      | 28
        A         | ppi               | 2026-10-01               | 2026-10-28             | oral      |            |           | 28       | 28
        B         | ppi               | 2026-10-01               | 2026-10-28             | oral      |            |           | 28       | 28
    """,
    "condition_occurrence": """
        person_id | concept            | condition_start_date | condition_end_date | status      | is_counted
        A         | pernicious_anemia  | 2026-11-01           | 2026-11-01         | active      | true
        B         | pernicious_anemia  | 2026-10-01           |                    | provisional | false
        C         | neuropathy         | 2026-10-01           |                    | active      | true
    """,
    "procedure_occurrence": """
        person_id | concept           | procedure_date | status      | is_counted
        A         | gastrectomy_total | 2026-11-01     | completed   | true
        B         | bariatric_surgery | 2026-10-01     | unconfirmed | false
    """,
    "measure": """
        measure         | kind      | as_of      | site  | age_band | sex | eligible | open | share | suppressed | definition_hash
        low             | worklist  | 2026-11-01 |       |          |     | 400      | 10   | 0.025 | false      | ab
        low             | worklist  | 2026-11-01 | North |          |     | 300      | 290  | 0.967 | false      | ab
        low             | worklist  | 2026-11-01 | North | 16-49    | F   |          |      |       | true       | ab
        low             | worklist  | 2026-10-31 |       |          |     | 400      | 20   | 0.05  | false      | ab
        low             | precision | 2026-11-01 |       |          |     | 20       | 20   | 1     | false      |
    """,
}

MUTATIONS = """
    suite                | check                        | in                          | change
    person               | id_known                     | person_id=A                 | person_id=
    person               | id_once                      | person_id=A                 | person_id=B
    person               | id_without_spaces            | person_id=A                 | person_id=A_
    person               | born_since_1900              | person_id=B                 | birth_date=1899-12-31
    person               | born_by_as_of                | person_id=C                 | birth_date=2026-11-02
    person               | birth_date_known             | person_id=A                 | birth_date=
    person               | sex_understood               | person_id=A                 | sex=Female
    person               | death_after_birth            | person_id=B                 | death_date=1899-12-31
    person               | registered_in_order          | person_id=A                 | registered_until=2000-12-31
    person               | found_in_patients            | person_id=A                 | in_patients=false
    person               | site_not_blank               | person_id=A                 | site=_
    measurement          | person_known                 | concept=ferritin            | person_id=
    measurement          | concept_known                | concept=ferritin            | concept=ferritine
    measurement          | date_known                   | concept=ferritin            | measurement_date=
    measurement          | date_not_after_as_of         | concept=ferritin            | measurement_date=2026-11-02
    measurement          | date_since_1950              | concept=ferritin            | measurement_date=1949-12-31
    measurement          | known_at_the_run             | concept=ferritin            | known_from=2026-11-02
    measurement          | comparator_known             | concept=ferritin            | comparator=~
    measurement          | comparator_present           | concept=ferritin            | comparator=
    measurement          | status_known                 | concept=ferritin            | status=cancelled
    measurement          | value_present                | concept=ferritin            | value=
    measurement          | antibody_value_known         | concept=intrinsic_factor_ab | value=2
    measurement          | unit_present                 | concept=ferritin            | unit=
    measurement          | unit_of_b12                  | concept=serum_b12           | unit=ng/L
    measurement          | unit_of_b12                  | concept=active_b12          | unit=nmol/L
    measurement          | unit_of_mma_serum            | concept=mma_serum           | unit=umol/L
    measurement          | unit_of_mma_urine            | concept=mma_urine           | unit=mg/g
    measurement          | unit_of_homocysteine_and_creatinine | concept=creatinine   | unit=mg/dL
    measurement          | unit_of_folate               | concept=folate_serum        | unit=ng/mL
    measurement          | unit_of_hemoglobin           | concept=hemoglobin          | unit=g/dL
    measurement          | unit_of_mcv                  | concept=mcv                 | unit=um3
    measurement          | unit_of_egfr                 | concept=egfr                | unit=mL/min
    measurement          | unit_family_of_b12           | concept=serum_b12           | unit_family=molar
    measurement          | value_in_family_of_b12       | concept=serum_b12           | value_in_family=
    measurement          | record_once                  | measurement_id=m001         | source_row=2 measurement_id=m002
    measurement          | range_of_serum_b12           | measurement_id=m001         | value=4.9
    measurement          | range_of_serum_b12           | measurement_id=m001         | value=151000
    measurement          | range_of_active_b12          | concept=active_b12          | value=1010
    measurement          | range_of_mma_serum           | concept=mma_serum           | value=0.28       # umol/L read as nmol/L
    measurement          | range_of_homocysteine        | concept=homocysteine        | value=610
    measurement          | range_of_mcv                 | concept=mcv                 | value=0.95
    measurement          | range_of_egfr                | concept=egfr                | value=0.5
    measurement          | median_of_b12                | concept=serum_b12           | value=49
    measurement          | median_of_hemoglobin         | concept=hemoglobin          | value=79
    measurement          | reference_range_in_order     | concept=mma_serum           | range_low=281
    measurement          | mostly_plausible             | person_id=A                 | is_implausible=true
    drug_exposure        | person_known                 | concept=ppi                 | person_id=
    drug_exposure        | concept_known                | concept=ppi                 | concept=proton_pump
    drug_exposure        | date_known                   | concept=ppi                 | drug_exposure_start_date=
    drug_exposure        | date_not_after_as_of         | concept=b12_oral            | drug_exposure_start_date=2026-11-02
    drug_exposure        | date_since_1950              | concept=ppi                 | drug_exposure_start_date=1949-12-31
    drug_exposure        | known_at_the_run             | concept=ppi                 | known_from=2026-11-02
    drug_exposure        | record_once                  | drug_exposure_id=d006       | source_row=7 drug_exposure_id=d007
    drug_exposure        | end_not_before_start         | concept=ppi                 | drug_exposure_end_date=2026-09-30
    drug_exposure        | route_known                  | concept=ppi                 | route=po
    drug_exposure        | kind_known                   | concept=ppi                 | kind=ordered
    drug_exposure        | not_withdrawn                | concept=ppi                 | status=not-taken
    drug_exposure        | route_of_b12_injectable      | concept=b12_injectable      | route=oral
    drug_exposure        | route_of_b12_oral            | concept=b12_oral            | route=injection
    drug_exposure        | route_of_b12_nasal           | concept=b12_nasal           | route=other
    drug_exposure        | route_of_b12_unknown_route   | concept=b12_unknown_route   | route=other
    drug_exposure        | dose_unit_of_metformin       | concept=metformin           | dose_unit=mcg
    drug_exposure        | dose_unit_of_vitamins        | concept=b12_oral            | dose_unit=mg
    drug_exposure        | dose_has_a_unit              | concept=metformin           | dose_unit=
    drug_exposure        | dose_not_negative            | concept=ppi                 | daily_dose=-1 dose_unit=mg
    drug_exposure        | dose_of_metformin            | concept=metformin           | daily_dose=2
    drug_exposure        | dose_of_oral_b12             | concept=b12_oral            | daily_dose=1000000
    drug_exposure        | days_supply_plausible        | concept=ppi                 | days_supply=0
    drug_exposure        | quantity_not_negative        | concept=ppi                 | quantity=-28
    condition_occurrence | person_known                 | person_id=C                 | person_id=
    condition_occurrence | concept_known                | person_id=C                 | concept=polyneuropathy
    condition_occurrence | date_known                   | person_id=C                 | condition_start_date=
    condition_occurrence | date_not_after_as_of         | person_id=C                 | condition_start_date=2026-11-02
    condition_occurrence | date_since_1950              | person_id=C                 | condition_start_date=1949-12-31
    condition_occurrence | known_at_the_run             | person_id=C                 | known_from=2026-11-02
    condition_occurrence | record_once                  | condition_occurrence_id=c001 | source_row=2 condition_occurrence_id=c002
    condition_occurrence | not_withdrawn                | person_id=C                 | status=refuted
    condition_occurrence | unsure_not_counted           | person_id=B                 | is_counted=true
    condition_occurrence | end_not_before_start         | person_id=C                 | condition_end_date=2026-09-30
    procedure_occurrence | person_known                 | person_id=A                 | person_id=
    procedure_occurrence | concept_known                | person_id=A                 | concept=gastrectomy
    procedure_occurrence | date_known                   | person_id=A                 | procedure_date=
    procedure_occurrence | date_not_after_as_of         | person_id=A                 | procedure_date=2026-11-02
    procedure_occurrence | date_since_1950              | person_id=A                 | procedure_date=1949-12-31
    procedure_occurrence | known_at_the_run             | person_id=A                 | known_from=2026-11-02
    procedure_occurrence | record_once                  | procedure_occurrence_id=p001 | concept=bariatric_surgery source_row=2 procedure_occurrence_id=p002
    procedure_occurrence | not_withdrawn                | person_id=A                 | status=not-done
    procedure_occurrence | unsure_not_counted           | person_id=B                 | is_counted=true
    measure              | number_once                  | open=20                     | as_of=2026-11-01 kind=worklist site=North definition_hash=ab
    measure              | kind_known                   | site=North                  | kind=list
    measure              | told_has_eligible            | open=290                    | eligible=
    measure              | told_has_open                | open=290                    | open=
    measure              | told_has_share               | open=290                    | share=
    measure              | withheld_eligible            | sex=F                       | eligible=40
    measure              | withheld_open                | sex=F                       | open=40
    measure              | withheld_share               | sex=F                       | share=0.5
    measure              | open_among_eligible          | open=290                    | eligible=289
    measure              | share_is_a_share             | open=290                    | share=96.7
    measure              | open_not_small               | open=10                     | open=9
    measure              | sex_understood               | sex=F                       | sex=female
    measure              | site_not_blank               | sex=F                       | site=_
    measure              | definition_known             | sex=F                       | definition_hash=
"""

LIST_MUTATIONS = """
    check                      | in          | change
    only_this_list             | person_id=A | worklist=another_list
    person_known               | person_id=A | person_id=
    person_once                | person_id=A | person_id=B
    item_key_known             | person_id=A | item_key=
    item_key_once              | person_id=A | item_key=B
    closed_by_known            | person_id=C | closed_by=forgotten
    open_has_priority          | person_id=A | priority=
    closed_has_no_priority     | person_id=C | priority=2
    priority_allowed           | person_id=A | priority=5
    index_date_known           | person_id=A | index_date=
    index_date_not_after_as_of | person_id=C | index_date=2026-11-02 due_date=2026-11-02
    due_date_known             | person_id=A | due_date=
    due_not_before_index       | person_id=A | due_date=2026-09-30
    open_is_due                | person_id=A | due_date=2026-11-02
    reason_known               | person_id=A | reason=
    reason_not_blank           | person_id=A | reason=_
    reason_blames_nobody       | person_id=A | reason=Not_taking
    site_not_blank             | person_id=A | site=_
"""


def good_core(table: str) -> pl.DataFrame:
    if table in CORE_TABLES:
        return draw(table, GOOD[table])
    schema = core_schema(table)
    rows = [{name: typed(cell, schema[name]) for name, cell in row.items()} for row in parse(GOOD[table])]
    return pl.DataFrame(rows, schema=schema)


def good_list(slug: str) -> pl.DataFrame:
    """Two open items and one that the first closing rule closes."""
    allowed = {line.name: line.kwargs.get("value_set") for line in load_suite(SUITES[slug]).expectations}
    usual, reason = allowed["priority_allowed"][-1], allowed["closed_by_known"][0]
    common = {
        "worklist": slug,
        "index_date": date(2026, 10, 1),
        "reason": "No record of treatment since.",
        "site": "North",
        "flags": [],
    }
    rows = [
        {
            **common,
            "person_id": person,
            "item_key": person,
            "due_date": AS_OF,
            "closed_by": closed,
            "priority": priority,
        }
        for person, closed, priority in (("A", None, usual), ("B", None, usual), ("C", reason, None))
    ]
    return pl.DataFrame(rows, schema=core_schema("care_gap") | {"site": pl.String})


def broken(rows: pl.DataFrame, where: str, change: str) -> pl.DataFrame:
    """The rows with ``column=value ...`` written into every row that ``where`` names; ``_`` draws a blank."""
    column, _, text = where.partition("=")
    named = pl.col(column) == pl.lit(typed(text, rows.schema[column]), rows.schema[column])
    for part in change.split(" "):
        target, _, text = part.partition("=")
        text = text.replace("_", " ") if target in ("person_id", "site", "reason") else text
        written = pl.lit(typed(text or None, rows.schema[target]), rows.schema[target])
        rows = rows.with_columns(pl.when(named).then(written).otherwise(target).alias(target))
    return rows


def failing(suite: str, rows: pl.DataFrame) -> set[str]:
    results = validate(SUITES[suite], rows.select, parameters=PARAMETERS)
    return {result.check_name.split(".")[-1] for result in results if result.status in ("failed", "error")}


@pytest.mark.parametrize("table", GOOD)
def test_good_rows_fail_nothing(table):
    results = validate(SUITES[table], good_core(table).select, parameters=PARAMETERS)
    assert {result.check_name: result.detail for result in results if result.status != "passed"} == {}


@pytest.mark.parametrize("case", parse(MUTATIONS), ids=lambda case: f"{case['suite']}.{case['check']}")
def test_a_broken_core_row_fails_its_expectation_and_no_other(case):
    rows = broken(good_core(case["suite"]), case["in"], case["change"])
    assert failing(case["suite"], rows) == {case["check"]}


def test_hemoglobin_in_grams_per_deciliter_fails_its_range_and_its_median():
    rows = broken(good_core("measurement"), "concept=hemoglobin", "value=13")
    assert failing("measurement", rows) == {"range_of_hemoglobin", "median_of_hemoglobin"}


@pytest.mark.parametrize("slug", LISTS)
def test_a_good_list_fails_nothing(slug):
    assert failing(slug, good_list(slug)) == set()


@pytest.mark.parametrize("case", parse(LIST_MUTATIONS), ids=lambda case: case["check"])
def test_a_broken_item_fails_its_expectation_and_no_other(case):
    rows = broken(good_list("raised_mma_untreated"), case["in"], case["change"])
    assert failing("raised_mma_untreated", rows) == {case["check"]}


def test_every_expectation_is_broken_here():
    """A new expectation needs a row in one of the tables above."""
    for table in GOOD:
        told = {case["check"] for case in parse(MUTATIONS) if case["suite"] == table} | {"range_of_hemoglobin"}
        assert {line.name for line in load_suite(SUITES[table]).expectations} <= told
    told = {case["check"] for case in parse(LIST_MUTATIONS)}
    for slug in LISTS:
        assert {line.name for line in load_suite(SUITES[slug]).expectations} <= told


@pytest.mark.parametrize("slug", LISTS)
def test_the_suite_of_a_list_closes_gaps_by_the_rules_of_its_definition(slug):
    lines = {line.name: line for line in load_suite(SUITES[slug]).expectations}
    assert lines["only_this_list"].kwargs["value_set"] == [slug] == [SUITES[slug].stem]
    assert set(lines["priority_allowed"].kwargs["value_set"]) <= {1, 2, 3, 4}


def test_ranges_are_never_narrower_than_the_limits_at_reading():
    """Else a value that was kept at the door would stop the publication."""
    path = root("sql").parent / "pipelines" / "codelists" / "limits.csv"
    limits = {
        row["concept"]: row for row in pl.read_csv(path, comment_prefix="#", truncate_ragged_lines=True).to_dicts()
    }
    for line in load_suite(SUITES["measurement"]).expectations:
        if line.name.startswith("range_of_"):
            limit = limits[line.name.removeprefix("range_of_")]
            assert line.kwargs["min_value"] < limit["hard_low"]
            assert line.kwargs["max_value"] > limit["hard_high"]


def test_an_empty_table_is_not_applicable_and_never_passed():
    results = validate(SUITES["person"], good_core("person").clear().select, parameters=PARAMETERS)
    assert {(result.status, result.row_count) for result in results} == {("not_applicable", 0)}


def test_a_column_of_nulls_is_not_applicable_where_null_says_nothing():
    rows = good_core("person").with_columns(sex=pl.lit(None, pl.String))
    statuses = {r.check_name: r.status for r in validate(SUITES["person"], rows.select, parameters=PARAMETERS)}
    assert statuses["core.person.sex_understood"] == "not_applicable"


def test_files_are_judged_as_one_table(tmp_path):
    """One bad row in a file of two is half of that file, and a twentieth of the table: within what is tolerated."""
    good = pl.concat([good_core("person").head(1)] * 18).with_columns(person_id=pl.int_range(pl.len()).cast(pl.String))
    bad = good.head(2).with_columns(person_id=pl.Series(["x", "y"]), in_patients=pl.Series([True, False]))
    worse = bad.with_columns(in_patients=False)
    for last, expected in (
        (bad, set()),
        (worse, set()),
        (
            pl.concat([worse, bad.tail(1).with_columns(person_id=pl.lit("z"))]),
            {("core.person.found_in_patients", 3, 21)},
        ),
        (bad.with_columns(person_id=pl.lit("0")), {("core.person.id_once", 3, 20)}),  # once here, twice there
    ):
        good.write_parquet(tmp_path / "0.parquet")
        last.write_parquet(tmp_path / "1.parquet")
        rows = pl.scan_parquet(tmp_path / "*.parquet")
        results = validate(SUITES["person"], rows.select, parameters=PARAMETERS)
        assert {(r.check_name, r.unexpected_count, r.row_count) for r in results if r.status == "failed"} == expected


def test_a_table_is_judged_alike_however_much_is_handed_over_at_a_time(monkeypatch):
    rows = pl.concat(
        [good_core("person").with_columns(person_id=pl.format("{}{} ", "person_id", pl.lit(n))) for n in range(5)]
    )
    whole = validate(SUITES["person"], rows.select, parameters=PARAMETERS)
    monkeypatch.setattr("pipelines.publish.outcomes.ROWS_HANDED_OVER", 2)
    assert validate(SUITES["person"], rows.select, parameters=PARAMETERS) == whole
    assert {(r.check_name, r.unexpected_count, r.row_count) for r in whole if r.status == "failed"} == {
        ("core.person.id_without_spaces", 15, 15)
    }


def test_a_missing_column_is_a_failed_critical_check_and_says_which():
    results = validate(SUITES["person"], lambda _: good_core("person").drop("site"), parameters=PARAMETERS)
    (broken_check,) = [result for result in results if result.status == "error"]
    assert broken_check.refuses
    assert "no column site" in broken_check.detail


def test_a_missing_parameter_is_a_failed_critical_check():
    results = validate(SUITES["person"], good_core("person").select, parameters={})
    assert [(result.check_name, result.refuses) for result in results if result.status == "error"] == [
        ("core.person.born_by_as_of", True)
    ]


def test_only_the_columns_that_a_suite_names_are_asked_for():
    asked = []
    validate(
        SUITES["person"],
        lambda columns: asked.append(columns) or good_core("person").select(columns),
        parameters=PARAMETERS,
    )
    assert asked == [columns_named(SUITES["person"])]
    assert "display_name" not in asked[0]


def test_no_value_of_a_patient_is_told():
    rows = broken(good_core("person"), "person_id=A", "sex=Enigma")
    told = " ".join(describe(result) for result in validate(SUITES["person"], rows.select, parameters=PARAMETERS))
    assert "Enigma" not in told
    assert "sex: 1 of 2 rows did not hold. Anemia and kidney function" in told


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ({"severity": "critical"}, "does not say why"),
        ({"severity": "critical", "meta": {"why": " "}}, "does not say why"),
        ({"meta": {"why": "because"}}, "has no severity"),
        ({"severity": "info", "meta": {"why": "because"}}, "has no severity"),
    ],
)
def test_an_expectation_without_severity_or_why_is_refused(tmp_path, line, complaint):
    path = tmp_path / "person.json"
    expectation = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "person_id"}, **line}
    path.write_text(json.dumps({"name": "core.person", "expectations": [expectation]}), encoding="utf-8")
    with pytest.raises(B12Error, match=complaint):
        load_suite(path)


def test_two_expectations_of_one_name_are_refused(tmp_path):
    path = tmp_path / "person.json"
    line = {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "person_id"},
        "severity": "critical",
        "meta": {"why": "x"},
    }
    path.write_text(json.dumps({"name": "core.person", "expectations": [line, line]}), encoding="utf-8")
    with pytest.raises(B12Error, match="person_id_not_be_null"):
        load_suite(path)


def test_results_become_rows_of_check_result():
    results = validate(SUITES["person"], good_core("person").select, parameters=PARAMETERS)
    table = check_table(results, "run-1")
    assert table.schema == core_schema("check_result")
    assert table["check_name"].is_unique().all()


def test_of_the_rows_that_were_judged_only_the_last_are_kept():
    def frames_alive():
        gc.collect()
        return sum(isinstance(each, pd.DataFrame) for each in gc.get_objects())

    before = frames_alive()
    for table in GOOD:
        validate(SUITES[table], good_core(table).select, parameters=PARAMETERS)
    assert frames_alive() <= before + 1
