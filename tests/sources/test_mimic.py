"""MIMIC-IV folders: what their rows become, what is refused, and where it says so."""

import gzip
import os
from pathlib import Path

import polars as pl
import pytest

from pipelines.clinical.injections import injection_records, injections
from pipelines.config import Settings, Source
from pipelines.errors import ConfigurationError
from pipelines.profile import load_profile
from tests.clinic import Clinic

D_LABITEMS = """
itemid | label          | fluid  | category
51010  | Vitamin B12    | Blood  | Chemistry
51081  | "Creatinine, Serum" | Urine | Chemistry
50920  | Estimated GFR (MDRD equation) | Blood | Chemistry
60001  | Serum B12 level | Blood | Chemistry
"""

LABEVENTS = """
labevent_id | subject_id | itemid | charttime | storetime | value | valuenum | valueuom | ref_range_lower | ref_range_upper | flag | comments
"""

ADMISSIONS = """
subject_id | hadm_id | admittime           | dischtime
7          | 70      | 2150-01-01 08:00:00 | 2150-01-09 12:00:00
8          | 80      | 2160-01-01 08:00:00 | 2160-01-09 12:00:00
"""

PRESCRIPTIONS = """
subject_id | hadm_id | pharmacy_id | starttime | stoptime | drug_type | drug | ndc | prod_strength | dose_val_rx | dose_unit_rx | doses_per_24_hrs | route
"""

EMAR = """
subject_id | hadm_id | emar_id | pharmacy_id | charttime | medication | event_txt | storetime
"""

AT_THE_END = "2210-01-01"


class Ward(Clinic):
    """A clinic whose MIMIC folder lies beside native files."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, source=[{"name": "native"}, {"name": "ward", "kind": "mimic", "path": "hosp"}])

    def entry(self, file):
        [entry] = [entry for entry in self.store.entries() if entry.file == file]
        assert entry.conserved
        return entry

    def refused(self):
        rows = self.part("quarantine")
        return [] if rows.is_empty() else sorted(rows.select("source_row", "reason").rows())

    def shown(self, name, *columns):
        return [tuple(str(cell) for cell in row) for row in self.table(name, *columns, as_of=AT_THE_END)]


@pytest.fixture
def ward(tmp_path):
    return Ward(tmp_path)


@pytest.mark.parametrize(
    ("starts", "stops", "is_kept"),
    [
        ("2150-01-01 10:00:00", "2150-01-01 09:59:59", False),
        ("2150-01-01 10:00:00", "2150-01-01 10:00:00", True),
        ("2150-01-01 10:00:00", "2150-01-01 00:00:00", False),
        ("2150-01-01 10:00:00", "2150-01-01T10:00:00", True),  # written otherwise
        ("2150-01-01T10:00:00", "2150-01-01 10:00:00", True),
        ("2150-01-01 10:00:00", "2150-01-01", True),  # no time of day: on that day
        ("2150-01-01 10:00:00", "2149-12-31", False),
        ("2150-01-01", "2150-01-01 00:00:00", True),
        ("2150-01-02", "2150-01-01 23:59:59", False),
        ("2150-01-01", "2150-01-01", True),
    ],
)
def test_an_order_is_cancelled_that_stops_before_it_starts(ward, starts, stops, is_kept):
    ward.put(
        "hosp/prescriptions.csv", PRESCRIPTIONS + f"7 | 70 | 1 | {starts} | {stops} | MAIN | Metformin | | | | | | PO"
    )
    ward.night()
    assert ward.shown("drug_exposure", "concept") == [("metformin",)] * is_kept
    assert ward.refused() == []


def test_dates_of_mimic_are_shifted_unless_it_says_otherwise():
    assert Source(name="a", kind="mimic").shifts_dates
    assert not Source(name="a", kind="mimic", shifts_dates=False).shifts_dates
    assert not Source(name="a", kind="omop").shifts_dates


@pytest.mark.parametrize(
    ("value", "number", "comment", "read"),
    [
        ("310", "310", "", "310"),
        ("___", "311", "", "311"),  # masked text: the number is there
        (">1000", "1000", "", ">1000"),  # the comparator stands in the text alone
        ("", "", "GREATER THAN 2000.", "GREATER THAN 2000"),
        ("", "", ">2000*.", ">2000"),
        ("", "", "LESS THAN 150 PG/ML.", "LESS THAN 150"),
        ("", "", "<150.  RUN IN DUPLICATE.", "<150"),
        ("", "", "450.", "450"),
        ("", "312", "GREATER THAN 2000.", "312"),  # the comment says nothing where there is a number
    ],
)
def test_a_result_stands_in_its_text_its_number_or_only_in_the_comments(ward, value, number, comment, read):
    row = f"1 | 7 | 51010 | 2150-01-01 08:00:00 | | {value} | {number} | pg/mL | 240 | 900 | abnormal | {comment}"
    ward.put("hosp/labevents.csv", LABEVENTS + row)
    ward.night()
    assert ward.refused() == []
    assert ward.shown("measurement", "value_reported") == [(read,)]


@pytest.mark.parametrize(
    ("value", "comment", "reason"),
    [
        ("", "___", "not_a_result"),
        ("___", "", "not_a_result"),
        ("", "", "missing_required"),
        ("", "HOLD.  DISCARD GREATER THAN 4 HOURS OLD.", "not_a_result"),
        ("", "GREATER THAN 2000 PMOL/L.", "not_a_result"),  # another unit than the column
        ("", "SEE NOTE: >2000.", "not_a_result"),
    ],
)
def test_what_is_masked_or_merely_mentions_a_number_is_no_result(ward, value, comment, reason):
    row = f"1 | 7 | 51010 | 2150-01-01 08:00:00 | | {value} | | pg/mL | 240 | 900 | | {comment}"
    ward.put("hosp/labevents.csv", LABEVENTS + row)
    ward.night()
    assert ward.refused() == [(1, reason)]


@pytest.mark.parametrize(
    ("comment", "read"),
    [
        ("creatinine value of 0.7, .  estimated GFR (eGFR) is likely >75 mL/min/1.73 m2, .", [(">75",)]),
        ("Estimated GFR = >75 if non African-American. Estimated GFR = >75 if African-American.", [(">75",)]),
        ("Estimated GFR = 68 if non African-American. Estimated GFR = >75 if African-American.", []),
        ("estimated GFR (eGFR) is likely between 55 and 66 mL/min/1.73 m2", []),
    ],
)
def test_a_filtration_rate_counts_where_the_comment_estimates_one(ward, comment, read):
    ward.put(
        "hosp/labevents.csv",
        f'{LABEVENTS}1 | 7 | 50920 | 2150-01-01 08:00:00 | | | | | | | | "{comment}"',
    )
    ward.night()
    assert ward.shown("measurement", "value_reported") == read
    assert len(ward.refused()) == 1 - len(read)


EVENTS = """
    1 | 7 | 51010 | 2150-01-01 08:00:00 | 2150-01-02 09:00:00 | 310 | 310 | pg/mL  | 240 | 900 | abnormal |
    2 | 7 | 51081 | 2150-01-01 08:00:00 |                     | 80  | 80  | mg/dL  |     |     |          |     # urine
    3 | 7 | 60001 | 2150-01-03 08:00:00 |                     | 200 | 200 | pg/mL  |     |     |          |     # by name
    4 | 7 | 99999 | 2150-01-04 08:00:00 |                     | 200 | 200 | pg/mL  |     |     |          |     # in no list
"""


def test_a_result_is_known_by_its_item_when_it_was_stored(ward):
    ward.put("hosp/d_labitems.csv", D_LABITEMS)
    ward.put("hosp/labevents.csv", LABEVENTS + EVENTS)
    ward.night()
    columns = ("measurement_id", "concept", "source_code", "source_vocabulary", "source_name", "known_from")
    assert ward.shown("measurement", *columns) == [
        ("1", "serum_b12", "51010", "MIMIC_LABITEM", "Vitamin B12", "2150-01-02 09:00:00"),
        ("3", "serum_b12", "60001", "MIMIC_LABITEM", "Serum B12 level", "2150-01-03 08:00:00"),
    ]
    assert sorted(ward.part("unmapped").select("code", "name").rows(), key=str) == [
        ("51081", "Creatinine, Serum, Urine"),
        ("99999", None),
    ]
    assert ward.entry("labevents.csv").rows_read == 4


def test_without_its_dictionary_an_item_is_known_by_its_number(ward):
    ward.put("hosp/labevents.csv", LABEVENTS + EVENTS)
    ward.night()
    assert ward.shown("measurement", "measurement_id", "source_name") == [("1", "None")]
    ward.put("hosp/d_labitems.csv", D_LABITEMS)
    assert {entry.file for entry in ward.night().read} == {"labevents.csv"}
    assert ward.shown("measurement", "measurement_id") == [("1",), ("3",)]


def test_a_loinc_code_of_the_dictionary_counts_where_no_list_knows_the_item(ward):
    ward.put(
        "hosp/d_labitems.csv",
        """
        itemid | label | fluid | loinc_code
        51010  | Vitamin B12 | Blood | 2132-9
        99999  | VB12    | Blood | 2132-9
        99998  | Other   | Blood |
        """,
    )
    ward.put("hosp/labevents.csv", LABEVENTS + EVENTS)
    ward.night()
    columns = ("measurement_id", "source_vocabulary", "source_code")
    assert ward.shown("measurement", *columns) == [("1", "MIMIC_LABITEM", "51010"), ("4", "LOINC", "2132-9")]


def test_a_person_is_born_in_the_middle_of_the_year_that_the_age_says(ward):
    ward.put(
        "hosp/patients.csv",
        """
        subject_id | gender | anchor_age | anchor_year | dod
        7 | F | 60 | 2150 |
        8 | M | 91 | 2160 | 2161-02-03  # everybody above 89
        9 | M | x  | 2160 |
        """,
    )
    ward.night()
    assert ward.shown("person", "person_id", "birth_date", "sex", "death_date") == [
        ("7", "2090-07-01", "F", "None"),
        ("8", "2069-07-01", "M", "2161-02-03"),
        ("9", "None", "M", "None"),
    ]


def test_an_order_runs_until_it_stops_and_at_most_to_the_end_of_the_stay(ward):
    ward.put("hosp/admissions.csv", ADMISSIONS)
    ward.put(
        "hosp/prescriptions.csv",
        PRESCRIPTIONS
        + """
    7 | 70 | 1 | 2150-01-02 08:00:00 | 2150-01-04 08:00:00 | MAIN | Cyanocobalamin | 00517003125 | 1000 mcg/mL Vial | 1000 | mcg | 1 | IM
    7 | 70 | 2 | 2150-01-02 08:00:00 |                     | MAIN | MetFORMIN (Glucophage) | 0 | 500mg Tablet | 500 | mg | 2 | PO
    7 | 70 | 3 | 2150-01-02 08:00:00 | 2150-01-03 08:00:00 | MAIN | Cyanocobalamin | 0 | 500 mcg Tab | 1000 | mcg | 0 | PO/NG # less than daily
    7 | 70 | 4 | 2150-01-03 08:00:00 | 2150-01-03 08:00:00 | MAIN | Cyanocobalamin | 0 | 500 mcg Tab | 1 | TAB | 1 | PO/NG # no amount
    7 | 70 | 5 | 2150-01-02 08:00:00 | 2150-01-02 07:59:00 | MAIN | Cyanocobalamin | 00517003125 | | 1 | mL | 1 | IM # stopped before it began
    7 | 70 | 5 | 2150-01-02 08:00:00 | 2150-01-02 07:59:00 | BASE | Sterile Water | 0 | | 1 | mL | 1 | IM
    """,
    )
    ward.night()
    columns = ("drug_exposure_id", "concept", "kind", "drug_exposure_end_date", "daily_dose", "source_vocabulary")
    found = {row[0].split("|")[0]: row[1:] for row in ward.shown("drug_exposure", *columns)}
    assert found == {
        "1": ("b12_injectable", "prescribed", "2150-01-04", "1000.0", "NDC11"),
        "2": ("metformin", "prescribed", "2150-01-09", "1000.0", "None"),
        "3": ("b12_oral", "prescribed", "2150-01-03", "None", "None"),
        "4": ("b12_oral", "prescribed", "2150-01-03", "None", "None"),
    }
    assert ward.refused() == []
    assert ward.entry("prescriptions.csv").rows_off_pathway == 1


DOSES = """
    7 | 70 | 7-1 | 1 | 2150-01-02 08:05:00 | Cyanocobalamin | Administered         | 2150-01-02 08:06:00
    7 | 70 | 7-2 | 1 | 2150-01-03 10:00:00 | Cyanocobalamin | Delayed Administered | 2150-01-03 10:06:00
    7 | 70 | 7-3 | 1 | 2150-01-04 08:00:00 | Cyanocobalamin | Not Given            | 2150-01-04 08:06:00
    7 | 70 | 7-4 |   | 2150-01-05 08:00:00 | Cyanocobalamin | Hold Dose            | 2150-01-05 08:06:00
    7 | 70 | 7-5 |   | 2150-01-06 08:00:00 | Cyanocobalamin | Administered         | 2150-01-06 08:06:00 # of an order unseen
    7 | 70 | 7-6 |   | 2150-01-06 08:00:00 | Docusate Sodium | Not Given           | 2150-01-06 08:06:00
    7 | 70 | 7-7 |   | 2150-01-06 08:00:00 |                | Administered         | 2150-01-06 08:06:00 # of what?
"""

ORDER = "7 | 70 | 1 | 2150-01-02 08:00:00 | 2150-01-04 08:00:00 | MAIN | Cyanocobalamin | 00517003125 | 1000 mcg/mL Vial | 1000 | mcg | 1 | IM\n"


def test_a_dose_that_was_given_has_route_and_amount_of_its_order_and_covers_its_day(ward):
    ward.put("hosp/prescriptions.csv", PRESCRIPTIONS + ORDER)
    ward.put("hosp/emar.csv", EMAR + DOSES)
    ward.night()
    columns = (
        "drug_exposure_id", "concept", "drug_exposure_start_date", "drug_exposure_end_date", "daily_dose", "source_name",
    )  # fmt: skip
    given = [row for row in ward.shown("drug_exposure", *columns) if not row[0].startswith("1|")]
    assert given == [
        ("7-1", "b12_injectable", "2150-01-02", "2150-01-02", "1000.0", "Cyanocobalamin"),
        ("7-2", "b12_injectable", "2150-01-03", "2150-01-03", "1000.0", "Cyanocobalamin"),
        ("7-5", "b12_unknown_route", "2150-01-06", "2150-01-06", "None", "Cyanocobalamin"),
    ]
    assert ward.refused() == [(7, "missing_required")]
    entry = ward.entry("emar.csv")
    assert (entry.rows_read, entry.rows_kept, entry.rows_off_pathway, entry.rows_quarantined) == (7, 5, 1, 1)


def test_an_order_and_its_doses_are_one_injection_a_day(ward):
    ward.put("hosp/prescriptions.csv", PRESCRIPTIONS + ORDER)
    ward.put("hosp/emar.csv", EMAR + DOSES)
    ward.night()
    exposures = ward.core(AT_THE_END).scan("drug_exposure")
    records = injection_records(exposures.with_row_index("event"))
    dates = injections(records, profile=load_profile("uk_nice_ng239", {})).collect().sort("injection_date")
    assert dates.select(pl.col("injection_date").cast(pl.String), "doses").rows() == [
        ("2150-01-02", 1),
        ("2150-01-03", 1),
    ]


def test_of_the_drugs_of_an_order_its_own_counts_then_the_main_one_then_what_the_pharmacy_says(ward):
    main = ORDER.replace("Cyanocobalamin", "Dextrose")
    for orders, expected in (
        (main.replace("IM", "PO") + ORDER.replace("MAIN", "BASE"), ("injection", "1000.0")),
        (ORDER.replace("MAIN", "BASE").replace("Cyano", "Hydroxo").replace("IM", "PO") + main, ("injection", "None")),
        (ORDER.replace("MAIN", "BASE").replace("Cyano", "Hydroxo"), ("injection", "None")),
        ("", ("oral", "None")),
    ):
        ward.put("hosp/prescriptions.csv", PRESCRIPTIONS + orders)
        ward.put("hosp/pharmacy.csv", "pharmacy_id | medication | route\n1 | Cobalamin | PO")
        ward.put("hosp/emar.csv", EMAR + DOSES)
        ward.night()
        given = {row[0]: row[1:] for row in ward.shown("drug_exposure", "drug_exposure_id", "route", "daily_dose")}
        assert given["7-1"] == expected


def test_details_of_a_dose_say_its_route_before_its_order_does(ward):
    ward.put("hosp/emar.csv", EMAR + DOSES)
    ward.put(
        "hosp/emar_detail.csv",
        """
        subject_id | emar_id | route
        7 | 7-2 | PO
        7 | 7-5 |
        7 | 7-5 | IM
        """,
    )
    ward.put("hosp/pharmacy.csv", "pharmacy_id | medication | route\n1 | Cyanocobalamin | SC")
    ward.night()
    assert ward.shown("drug_exposure", "drug_exposure_id", "concept") == [
        ("7-1", "b12_injectable"),
        ("7-2", "b12_oral"),
        ("7-5", "b12_injectable"),
    ]


def test_an_order_that_comes_later_is_known_of_doses_already_read(ward):
    ward.put("hosp/emar.csv", EMAR + DOSES)
    ward.night()
    assert {concept for (concept,) in ward.shown("drug_exposure", "concept")} == {"b12_unknown_route"}
    ward.put("hosp/prescriptions.csv", PRESCRIPTIONS + ORDER)
    assert {entry.file for entry in ward.night().read} == {"emar.csv", "prescriptions.csv"}
    assert ("7-1", "b12_injectable") in ward.shown("drug_exposure", "drug_exposure_id", "concept")


CODED = """
subject_id | hadm_id | seq_num | icd_code | icd_version
7 | 70 | 1 | D510 | 10
8 | 80 | 2 | 2810 | 9
9 | 90 | 1 | D510 | 10   # of a stay that was not delivered
7 | 70 | 1 | D510 | 10   # the same again
"""


def test_a_diagnosis_is_dated_by_its_stay_and_known_when_that_is_over(ward):
    ward.put("hosp/admissions.csv", ADMISSIONS)
    ward.put("hosp/diagnoses_icd.csv", CODED)
    ward.put("hosp/d_icd_diagnoses.csv", "icd_code | icd_version | long_title\n2810 | 9 | Pernicious anemia")
    ward.night()
    columns = ("condition_occurrence_id", "concept", "condition_start_date", "known_from", "source_vocabulary")
    assert ward.shown("condition_occurrence", *columns) == [
        ("70|1", "pernicious_anemia", "2150-01-01", "2150-01-09 12:00:00", "ICD10CM")
    ]
    assert ward.refused() == [(3, "missing_required")]
    assert ward.part("unmapped").select("code_system", "code", "name").rows() == [
        ("ICD9CM", "2810", "Pernicious anemia")
    ]


def test_a_procedure_has_its_own_day(ward):
    header = "subject_id | hadm_id | seq_num | chartdate | icd_code | icd_version\n"
    ward.put(
        "hosp/procedures_icd.csv", header + "7 | 70 | 1 | 2150-01-03 | 0DB60ZZ | 10\n7 | 70 | 2 | 2150-01-03 | 4311 | 9"
    )
    ward.night()
    assert ward.shown("procedure_occurrence", "procedure_occurrence_id", "procedure_date") == [("70|1", "2150-01-03")]
    assert ward.part("unmapped").select("code_system", "code").rows() == [("ICD9CM", "4311")]


def test_diagnoses_without_admissions_are_told_before_anything_is_read(ward):
    ward.put("hosp/diagnoses_icd.csv", CODED)
    with pytest.raises(ConfigurationError, match=r"diagnoses_icd.csv: no admissions file dates its diagnoses"):
        ward.night()


def test_missing_columns_are_told_with_those_that_there_are(ward):
    ward.put("hosp/labevents.csv", "labevent_id | subject | itemid | charttime")
    with pytest.raises(ConfigurationError) as caught:
        ward.night()
    for part in (
        "labevents.csv: no column subject_id of MIMIC-IV labevents",
        "no column value or valuenum",
        "Columns that exist: labevent_id, subject, itemid, charttime",
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize("cut", ["labevents", "d_labitems"])
def test_an_archive_that_is_cut_in_the_middle_leaves_nothing_half_read(ward, cut):
    text = "\n".join(
        ",".join(cell.strip() for cell in line.split("|")) for line in (LABEVENTS + EVENTS).strip().splitlines()
    )
    for name in ("labevents", "d_labitems"):
        packed = gzip.compress((text if name == "labevents" else "itemid,label\n51010,B12\n").encode())
        ward.put(f"hosp/{name}.csv.gz", packed[:-9] if name == cut else packed)
    [unread] = ward.night().unread
    assert unread.file == "labevents.csv.gz"
    assert f"{cut}.csv.gz is truncated or corrupt" in unread.why


def test_a_text_that_is_cut_in_a_row_costs_that_row(ward):
    whole = "1,7,51010,2150-01-01 08:00:00,,310,310,pg/mL,240,900,,\n"
    header = ",".join(cell.strip() for cell in LABEVENTS.strip().split("|"))
    ward.put("hosp/labevents.csv", f"{header}\n{whole}2,7,51010,2150-01-".encode())
    ward.night()
    assert ward.refused() == [(2, "malformed_record")]
    assert ward.shown("measurement", "measurement_id") == [("1",)]


def test_rows_that_come_twice_and_empty_files_change_nothing(ward):
    row = "1 | 7 | 51010 | 2150-01-01 08:00:00 | | 310 | 310 | pg/mL | 240 | 900 | |\n"
    ward.put("hosp/labevents.csv", LABEVENTS + row + row)
    ward.put("hosp/patients.csv", b"")
    ward.put("hosp/emar.csv", EMAR)
    assert ward.night().unread == ()
    assert ward.shown("measurement", "measurement_id") == [("1",)]
    assert ward.entry("patients.csv").rows_read == 0


def test_parquet_with_typed_columns_is_read_alike(ward):
    (ward.extracts / "hosp/labevents").mkdir(parents=True)
    pl.DataFrame(
        {
            "labevent_id": [1, 2], "subject_id": [7, 8], "itemid": [51010, 51010],
            "charttime": ["2150-01-01 08:00:00"] * 2, "value": [None, "310"], "valuenum": [float("nan"), 310.0],
            "valueuom": ["pg/mL"] * 2, "comments": ["GREATER THAN 2000.", None],
        }
    ).with_columns(pl.col("charttime").str.to_datetime()).write_parquet(
        ward.extracts / "hosp/labevents/part-0.parquet"
    )  # fmt: skip
    ward.night()
    assert ward.shown("measurement", "person_id", "comparator", "value_reported") == [
        ("7", ">", "GREATER THAN 2000"),
        ("8", "=", "310"),
    ]


@pytest.mark.skipif("B12_REAL_DATA" not in os.environ, reason="B12_REAL_DATA is not set: the MIMIC files are not here")
def test_the_demonstration_of_mimic_is_read_and_every_row_is_accounted_for(ward):
    """49 results of vitamin B12, six of them only in comments; of 18 orders of metformin two never began."""
    (ward.extracts / "hosp").symlink_to(Path(os.environ["B12_REAL_DATA"]) / "mimic-iv-demo")
    ward.settings = Settings(source=[{"name": "native"}, {"name": "ward", "kind": "mimic", "path": "hosp"}])
    ward.night()
    accounts = {
        entry.file: (entry.rows_read, entry.rows_kept, entry.rows_off_pathway, entry.rows_quarantined)
        for entry in ward.store.entries()
        if entry.source == "ward"
    }
    assert accounts == {
        "diagnoses_icd.csv.gz": (4506, 219, 4287, 0),
        "emar.csv.gz": (35835, 3052, 32613, 170),
        "labevents.csv.gz": (107727, 16910, 89294, 1523),
        "patients.csv.gz": (100, 100, 0, 0),
        "prescriptions.csv.gz": (18087, 520, 17567, 0),
        "procedures_icd.csv.gz": (722, 0, 722, 0),
    }
    b12 = ward.core(AT_THE_END).scan("measurement").filter(pl.col("concept") == "serum_b12").collect()
    assert (b12.height, b12["person_id"].n_unique(), (b12["comparator"] == ">").sum()) == (49, 23, 6)
    drugs = (
        ward.core(AT_THE_END)
        .scan("drug_exposure")
        .with_columns(drug=pl.col("concept").str.extract("^(b12|metformin)"))
        .drop_nulls("drug")
        .group_by("drug", "kind")
        .agg(pl.len(), people=pl.col("person_id").n_unique())
        .sort("drug", "kind")
        .collect()
    )
    assert drugs.rows() == [
        ("b12", "administered", 83, 8),
        ("b12", "prescribed", 26, 8),
        ("metformin", "administered", 23, 6),
        ("metformin", "prescribed", 16, 11),
    ]
