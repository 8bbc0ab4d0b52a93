"""OMOP CDM folders: what their rows become, what is refused, and where it says so."""

import gzip
import json
import os
import re
from pathlib import Path

import polars as pl
import pytest

from pipelines.config import SOURCE_KINDS, Settings
from pipelines.errors import ConfigurationError
from pipelines.sources.finding import ADAPTERS
from tests.clinic import Clinic

CONCEPT = """
concept_id | concept_name                              | vocabulary_id | concept_code
3000593    | Cobalamin (Vitamin B12) in Serum or Plasma | LOINC        | 2132-9
4066       | Intrinsic factor Ab in Serum              | LOINC         | 31444-8
8845       | picogram per milliliter                   | UCUM          | pg/mL
40164929   | metformin hydrochloride 500 MG Oral Tablet | RxNorm       | 861007
1308738    | vitamin B12 1 MG/ML Injectable Solution   | RxNorm        | 309594
35207      | Pernicious anemia                         | ICD10CM       | D51.0
140065     | Deficiency of vitamin B12                 | CTV3          | D011.
440977     | Something coarser                         | SNOMED        | 123456
2614       | Injection of vitamin b-12 cyanocobalamin    | HCPCS         | J3420
0          | No matching concept                       | None          | No matching concept
"""

MEASUREMENT = """
measurement_id | person_id | measurement_concept_id | measurement_date | measurement_datetime | operator_concept_id | value_as_number | value_as_concept_id | unit_concept_id | range_low | range_high | measurement_source_value | unit_source_value | value_source_value
"""

SOURCES = [{"name": "native"}, {"name": "hospital", "kind": "omop", "path": "omop"}]


class Hospital(Clinic):
    """A clinic whose OMOP folder holds a vocabulary, beside native files."""

    def __init__(self, folder, *, vocabulary=True, **omop):
        super().__init__(folder, source=[SOURCES[0], SOURCES[1] | omop])
        if vocabulary:
            self.put("omop/CONCEPT.csv", CONCEPT)

    def entry(self, file):
        [entry] = [entry for entry in self.store.entries() if entry.file == file]
        return entry

    def refused(self):
        rows = self.part("quarantine")
        return [] if rows.is_empty() else sorted(rows.select("source_row", "reason").rows())


@pytest.fixture
def hospital(tmp_path):
    return Hospital(tmp_path)


def test_every_kind_that_the_configuration_takes_has_an_adapter():
    assert tuple(ADAPTERS) == SOURCE_KINDS


def test_another_kind_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"nearest is 'omop'; kinds: native, omop"):
        Settings(source=[{"name": "a", "kind": "omap"}])


@pytest.mark.parametrize("key", ["files", "columns", "date_formats", "decimal"])
def test_the_layout_of_an_omop_source_is_fixed(key):
    given = {"files": "x*", "columns": {"unit": "U"}, "date_formats": ["%d"], "decimal": ","}[key]
    with pytest.raises(ValueError, match=f"{key} is for native files"):
        Settings(source=[{"name": "a", "kind": "omop", "labs": {key: given}}])


def test_a_result_has_its_comparator_from_the_operator_or_from_what_was_written(hospital):
    hospital.put(
        "omop/Measurement.csv",
        MEASUREMENT
        + """
    1 | 7 | 3000593 | 2026-01-01 | 2026-01-01 08:30:00 | 4171756 | 150 | 0 | 8845 | 197 | 771 | B12 | ng/L |        # <
    2 | 7 | 3000593 | 2026-01-02 |                     | 0       | 2000 | 0 | 8845 |  |   | B12 | ng/L | >2000      # written
    3 | 7 | 3000593 | 2026-01-03 |                     | 4172703 | 300 | 0 | 0    |  |   | B12 | pmol/L | 406 ng/L # another unit
    4 | 7 | 3000593 | 2026-01-04 |                     |         |     | 0 | 0    |  |   | B12 | ng/L | < 150     # text alone
    5 | 7 | 4066    | 2026-01-05 |                     | 0       |     | 9191 | 0 |  |   | IFA |  |             # an answer
    """,
    )
    hospital.night()
    columns = ("measurement_id", "concept", "comparator", "value_reported", "unit_reported", "measured_at")
    rows = [[str(cell) for cell in row] for row in hospital.table("measurement", *columns)]
    assert rows == [
        ["1", "serum_b12", "<", "<150", "pg/mL", "2026-01-01 08:30:00"],
        ["2", "serum_b12", ">", ">2000", "pg/mL", "2026-01-02 00:00:00"],
        ["3", "serum_b12", "=", "300", "pmol/L", "2026-01-03 00:00:00"],
        ["4", "serum_b12", "<", "< 150", "ng/L", "2026-01-04 00:00:00"],
        ["5", "intrinsic_factor_ab", "=", "positive", "None", "2026-01-05 00:00:00"],
    ]
    assert hospital.table("measurement", "source_file", "source_row")[0] == ("Measurement.csv", 1)


def test_a_time_of_day_that_stands_apart_from_the_date_is_the_time_of_the_result(hospital):
    hospital.put(
        "omop/MEASUREMENT.csv",
        """
        measurement_id | person_id | measurement_concept_id | measurement_date | measurement_datetime | measurement_time | value_as_number | unit_concept_id
        1 | 7 | 3000593 | 2026-01-01 |                     | 08:30:15   | 150 | 8845
        2 | 7 | 3000593 | 2026-01-02 |                     | 23:59      | 150 | 8845
        3 | 7 | 3000593 | 2026-01-03 |                     | 24:00      | 150 | 8845  # no time of day
        4 | 7 | 3000593 | 2026-01-04 |                     | 2026-01-04 | 150 | 8845  # the date again
        5 | 7 | 3000593 | 2026-01-05 |                     |            | 150 | 8845
        6 | 7 | 3000593 | 2026-01-06 | 2026-01-06 09:00:00 | 08:30      | 150 | 8845
        """,
    )
    hospital.night()
    assert [str(at) for _, at in hospital.table("measurement", "measurement_id", "measured_at")] == [
        "2026-01-01 08:30:15", "2026-01-02 23:59:00", "2026-01-03 00:00:00", "2026-01-04 00:00:00",
        "2026-01-05 00:00:00", "2026-01-06 09:00:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "written", "comparator"),
    [
        ("2000", ">2000", ">"),
        ("2000", "> 2000 pg/mL", ">"),
        ("2000", ">2000*", ">"),
        ("2000", ">2,000 pg/mL", ">"),
        ("2000", "≥2000", ">="),
        ("2000", ">= 2000 pg/mL", ">="),
        ("2000", "=>2000 pg/mL", ">="),
        ("2000", "GREATER THAN 2000", ">"),
        ("150", "Less than or equal to 150 pg/mL", "<="),
        ("150", "below 150", "<"),
        ("110.7", "<150 pmol/L", "="),  # in another unit: nothing says that the number is a bound
        ("150", "150 pg/mL", "="),
        ("150", "150 (low, <197)", "="),
        ("150", "underlying 150", "="),
    ],
)
def test_what_was_written_around_the_same_number_gives_its_comparator(hospital, number, written, comparator):
    row = f'1 | 7 | 3000593 | 2026-01-01 | | 0 | {number} | 0 | 8845 | | | B12 | | "{written}"'
    hospital.put("omop/MEASUREMENT.csv", MEASUREMENT + row)
    hospital.night()
    [(said, value)] = hospital.table("measurement", "comparator", "value_reported")
    assert (said, "".join(re.findall(r"[\d.]", value))) == (comparator, number)


def test_of_the_codes_of_a_row_the_one_counts_that_the_lists_know(hospital):
    hospital.put(
        "omop/condition_occurrence.csv",
        """
        CONDITION_OCCURRENCE_ID | PERSON_ID | CONDITION_CONCEPT_ID | CONDITION_SOURCE_CONCEPT_ID | CONDITION_SOURCE_VALUE | CONDITION_START_DATE | CONDITION_STATUS_CONCEPT_ID
        1 | 7 | 440977 | 35207 | x | 2026-01-01 | 32893  # the source concept
        2 | 8 | 35207 | 440977 | x | 2026-01-01 | 32899  # the standard one; preliminary
        3 | 9 | 440977 | 0     | x | 2026-01-01 | 0      # neither
        4 | 6 | 140065 | 35207 | x | 2026-01-01 | 0      # both: what was recorded
        """,
    )
    hospital.night()
    found = hospital.table("condition_occurrence", "person_id", "concept", "source_vocabulary", "is_counted")
    assert found == [
        ("6", "pernicious_anemia", "ICD10CM", True),
        ("7", "pernicious_anemia", "ICD10CM", True),
        ("8", "pernicious_anemia", "ICD10CM", False),
    ]
    assert hospital.part("unmapped").select("code_system", "code", "row_count").rows() == [("SNOMED", "123456", 1)]


def test_an_exposure_has_kind_route_and_the_end_that_its_days_say(hospital):
    hospital.put(
        "omop/DRUG_EXPOSURE.csv",
        """
        drug_exposure_id | person_id | drug_concept_id | drug_exposure_start_date | drug_exposure_end_date | verbatim_end_date | drug_type_concept_id | quantity | days_supply | refills | route_concept_id | sig
        1 | 7 | 40164929 | 2026-01-01 | 2026-01-01 |            | 32838 | 56  | 28 | 3 | 0 | 500 mg twice daily # an end that only had to be there
        2 | 7 | 40164929 | 2026-02-01 | 2026-02-01 | 2026-02-01 | 32825 | 56  | 28 |  | 0 |                       # an end that was said
        3 | 7 | 40164929 | 2026-03-01 | 2026-03-10 |            | 0     | nan | 28.0 |  | 0 | 500 mg daily
        4 | 7 | 1308738  | 2026-04-01 | 2026-04-01 |            | 32818 | 1   |    |  | 4302612 |
        """,
    )
    hospital.night()
    columns = (
        "drug_exposure_id", "concept", "route", "kind", "drug_exposure_end_date", "daily_dose", "days_supply",
    )  # fmt: skip
    assert [tuple(str(cell) for cell in row) for row in hospital.table("drug_exposure", *columns)] == [
        ("1", "metformin", "oral", "prescribed", "2026-01-28", "1000.0", "28.0"),
        ("2", "metformin", "oral", "dispensed", "2026-02-01", "1000.0", "28.0"),
        ("3", "metformin", "oral", "prescribed", "2026-03-10", "500.0", "28.0"),
        ("4", "b12_injectable", "injection", "administered", "2026-04-01", "None", "None"),
    ]


def test_an_end_on_the_first_day_is_unknown_unless_a_dose_was_given_or_a_day_supplied(hospital):
    hospital.put(
        "omop/DRUG_EXPOSURE.csv",
        """
        drug_exposure_id | person_id | drug_concept_id | drug_exposure_start_date | drug_exposure_end_date | verbatim_end_date | drug_type_concept_id | quantity | days_supply
        01 | 7 | 40164929 | 2026-01-01 | 2026-01-01 |            | 32838 |    |    # prescribed, how long is not said
        02 | 7 | 40164929 | 2026-01-02 | 2026-01-02 |            | 32838 | 0  | 0  # zero says no more
        03 | 7 | 40164929 | 2026-01-03 | 2026-01-03 |            | 0     |    | -1 # of no known type: prescribed
        04 | 7 | 40164929 | 2026-01-04 | 2026-01-04 |            | 32838 | 56 | 0  # supplied once: a usual issue
        05 | 7 | 40164929 | 2026-01-05 | 2026-01-05 |            | 32869 |    | 0  # dispensed: a usual issue
        06 | 7 | 40164929 | 2026-01-06 | 2026-01-06 |            | 32838 |    | 2
        07 | 7 | 40164929 | 2026-01-07 | 2026-01-07 |            | 32838 |    | 1  # a day's supply
        08 | 7 | 40164929 | 2026-01-08 | 2026-01-08 |            | 32818 |    | 0  # given, on that day
        09 | 7 | 40164929 | 2026-01-09 | 2026-01-09 |            | 32818 |    |
        10 | 7 | 40164929 | 2026-01-10 | 2026-01-10 | 2026-01-10 | 32838 |    | 0  # an end that was said
        11 | 7 | 40164929 | 2026-01-11 | 2026-01-12 |            | 32838 |    | 0  # another day than the first
        """,
    )
    hospital.night()
    found = hospital.table("drug_exposure", "drug_exposure_id", "drug_exposure_end_date")
    assert {id: end and str(end) for id, end in found} == {
        "01": None, "02": None, "03": None,
        "04": "2026-01-31", "05": "2026-02-01", "06": "2026-01-07", "07": "2026-01-07", "08": "2026-01-08",
        "09": "2026-01-09", "10": "2026-01-10", "11": "2026-01-12",
    }  # fmt: skip


def test_a_procedure_that_records_an_injection_is_one(hospital):
    hospital.put(
        "omop/procedure_occurrence.csv",
        """
        procedure_occurrence_id | person_id | procedure_concept_id | procedure_date
        1 | 7 | 2614 | 2026-01-01
        """,
    )
    hospital.night()
    assert hospital.table("drug_exposure", "concept", "kind", "source_code") == [
        ("b12_injectable", "administered", "J3420")
    ]


PERSONS = {
    "omop/PERSON.csv": """
        person_id | gender_concept_id | year_of_birth | month_of_birth | day_of_birth | birth_datetime | care_site_id
        1 | 8507 | 1950 | 4 | 9 | | 3
        2 | 8532 | 1951 | 4 |   | | 3   # the day is withheld
        3 | 0    | 1952 |   |   | |     # the month too
        4 | 0    | 1953 | 13 | 1 | |    # no such month
    """,
    "omop/DEATH.csv": """
        person_id | death_date
        1 | 2026-01-01
        2 | yesterday
    """,
    "omop/OBSERVATION_PERIOD.csv": """
        observation_period_id | person_id | observation_period_start_date | observation_period_end_date
        1 | 1 | 2010-01-01 | 2011-01-01
        2 | 1 | 2015-01-01 | 2025-12-31  # the later one
        3 | 2 | 2012-01-01 | 2026-06-30
        4 | 5 | 2013-01-01 | 2026-06-30  # of whom nothing else is known
    """,
}


def test_each_file_of_persons_tells_the_whole_person_and_accounts_for_its_rows(tmp_path):
    hospital = Hospital(tmp_path, ends_registration=True)
    for name, table in PERSONS.items():
        hospital.put(name, table)
    hospital.night()
    columns = ("person_id", "birth_date", "sex", "death_date", "site", "registered_from", "registered_until")
    people = [tuple(str(cell) for cell in row) for row in hospital.table("person", *columns)]
    assert people == [
        ("1", "1950-04-09", "M", "2026-01-01", "3", "2015-01-01", "2025-12-31"),
        ("2", "1951-04-15", "F", "None", "3", "2012-01-01", "2026-06-30"),
        ("3", "1952-07-01", "None", "None", "None", "None", "None"),
        ("5", "None", "None", "None", "None", "2013-01-01", "2026-06-30"),
    ]
    assert hospital.refused() == [(2, "bad_date"), (4, "bad_date")]
    for file in ("PERSON.csv", "DEATH.csv", "OBSERVATION_PERIOD.csv"):
        assert hospital.entry(file).conserved


def test_each_of_two_sources_names_its_own_care_sites_and_providers(tmp_path):
    sources = [{"name": name, "kind": "omop", "path": name} for name in ("east", "west")]
    clinic = Clinic(tmp_path, source=[SOURCES[0], *sources])
    for name, person in (("east", 1), ("west", 2)):
        clinic.put(f"{name}/CARE_SITE.csv", f"care_site_id | care_site_name\n 3 | {name} clinic")
        clinic.put(f"{name}/PROVIDER.csv", f"provider_id | provider_name\n 4 | Dr {name}")
        # Read in order of name: both deaths, which look up who their person is, and then both persons.
        clinic.put(f"{name}/DEATH.csv", f"person_id | death_date\n {person} | 2026-01-01")
        clinic.put(
            f"{name}/PERSON.csv", f"person_id | year_of_birth | care_site_id | provider_id\n {person} | 1950 | 3 | 4"
        )
    clinic.night()
    assert clinic.table("person", "person_id", "site", "clinician") == [
        ("1", "east clinic", "Dr east"),
        ("2", "west clinic", "Dr west"),
    ]


def test_a_death_says_of_its_person_what_the_last_row_of_the_last_file_says(hospital):
    hospital.put(
        "omop/PERSON_1.csv",
        """
        person_id | year_of_birth | care_site_id
        1 | 1950 | 3
        2 | 1951 | 3
        3 | 1952 | 3
        3 | 1952 | 4  # the later row of a file
        2 | 1951 | 5
        """,
    )
    hospital.put("omop/PERSON_2.csv", "person_id | year_of_birth | care_site_id \n 2 | 1951 | 6 \n 4 | 1953 | 6")
    hospital.night("2026-11-19")
    hospital.put("omop/DEATH.csv", "person_id | death_date \n" + "\n".join(f"{n} | 2026-01-01" for n in (1, 2, 3, 4)))
    hospital.night()
    [told] = hospital.store.paths([hospital.entry("DEATH.csv")], "person")
    said = sorted(pl.read_parquet(told).select("person_id", "site").rows())
    assert said == [("1", "3"), ("2", "6"), ("3", "4"), ("4", "6")]


def test_the_end_of_observation_is_no_leaving_unless_declared(hospital):
    for name, table in PERSONS.items():
        hospital.put(name, table)
    hospital.night()
    assert {until for (until,) in hospital.table("person", "registered_until")} == {None}


def test_a_death_that_is_delivered_later_is_known_of_a_person_already_read(hospital):
    hospital.put("omop/PERSON.csv", PERSONS["omop/PERSON.csv"])
    hospital.night("2026-11-19")
    hospital.put("omop/DEATH.csv", PERSONS["omop/DEATH.csv"])
    assert [entry.file for entry in hospital.night("2026-11-20").read] == ["DEATH.csv", "PERSON.csv"]
    assert [str(day) for _, day in hospital.table("person", "person_id", "death_date")] == ["2026-01-01", *["None"] * 2]


def test_an_unknown_concept_without_a_source_value_is_quarantined_with_its_row(hospital):
    hospital.put(
        "omop/MEASUREMENT.csv",
        MEASUREMENT
        + """
    1 | 7 | 3000593 | 2026-01-01 | | 0 | 150 | 0 | 8845 | | |        |      |
    2 | 7 | 999999  | 2026-01-01 | | 0 | 150 | 0 | 8845 | | |        |      |   # nothing says what it is
    3 | 7 | 0       | 2026-01-01 | | 0 | 150 | 0 | 8845 | | | 2132-9 |      |   # the source value does
    4 | 7 | 999999  | 2026-01-01 | | 0 | 150 | 0 | 8845 | | | GLUC   |      |   # off the pathway
    5 | 7 | 3000593 | 2026-01-01 | | 0 | 150 | 0 | 777  | | |        |      |   # an unknown unit
    6 | 7 | 3000593 | 2026-01-01 | | 0 | abc | 0 | 8845 | | |        |      |
    """,
    )
    hospital.night()
    assert hospital.refused() == [(2, "missing_required"), (5, "missing_unit"), (6, "not_a_result")]
    entry = hospital.entry("MEASUREMENT.csv")
    assert (entry.rows_read, entry.rows_kept, entry.rows_off_pathway, entry.rows_quarantined) == (6, 2, 1, 3)
    raw = json.loads(hospital.part("quarantine").sort("source_row")["raw"][0])
    assert raw["measurement_concept_id"] == "999999"
    assert not any(name.startswith("native:") for name in raw)


def test_without_a_vocabulary_the_coding_system_of_source_values_must_be_told(tmp_path):
    condition = """
        condition_occurrence_id | person_id | condition_source_value | condition_start_date
        1 | 7 | D51.0 | 2026-01-01
    """
    hospital = Hospital(tmp_path, vocabulary=False)
    hospital.put("omop/condition_occurrence.csv", condition)
    with pytest.raises(
        ConfigurationError, match=r"condition_occurrence.csv: no CONCEPT file says what .*code_system ="
    ):
        hospital.night()
    told = {"diagnoses": {"constants": {"code_system": "ICD10CM"}}}
    hospital.settings = Settings(source=[SOURCES[0], SOURCES[1] | told])
    hospital.night()
    assert hospital.table("condition_occurrence", "concept") == [("pernicious_anemia",)]


def test_another_vocabulary_reads_every_file_again(hospital):
    results = "1 | 7 | 999999 | 2026-01-01 | | 0 | 150 | 0 | 8845 | | | | |"
    hospital.put("omop/MEASUREMENT.csv", f"{MEASUREMENT}\n{results}")
    hospital.night("2026-11-19")
    assert hospital.refused() == [(1, "missing_required")]
    assert hospital.night("2026-11-19").unchanged == 3
    hospital.put("omop/CONCEPT.csv", CONCEPT.replace("3000593", "999999"))
    assert [entry.file for entry in hospital.night("2026-11-20").read] == ["MEASUREMENT.csv"]
    assert hospital.table("measurement", "concept") == [("serum_b12",)]


def test_a_vocabulary_that_is_cut_off_leaves_every_file_unread(hospital):
    hospital.put("omop/CONCEPT.csv.gz", gzip.compress(b"concept_id,concept_name\n" + bytes(range(256)) * 99)[:-30])
    (hospital.extracts / "omop/CONCEPT.csv").unlink()
    hospital.put("omop/MEASUREMENT.csv", MEASUREMENT)
    [unread] = hospital.night().unread
    assert unread.file == "MEASUREMENT.csv"
    assert "CONCEPT.csv.gz" in unread.why


def test_a_file_that_is_cut_off_is_not_read_and_the_others_are(hospital):
    text = "\n".join(
        ["measurement_id,person_id,measurement_date,measurement_source_value,value_as_number", "1,7,a,b,c"]
    )
    hospital.put("omop/MEASUREMENT.csv.gz", gzip.compress(text.encode())[:-9])
    hospital.put("omop/PERSON.csv", PERSONS["omop/PERSON.csv"])
    intake = hospital.night()
    assert [unread.file for unread in intake.unread] == ["MEASUREMENT.csv.gz"]
    assert "PERSON.csv" in {entry.file for entry in intake.read}


def test_wrong_columns_are_told_before_anything_is_read(hospital):
    hospital.put("omop/MEASUREMENT.csv", "measurement_id | patient | value_as_number")
    with pytest.raises(ConfigurationError) as caught:
        hospital.night()
    for part in (
        "MEASUREMENT.csv: no column person_id of OMOP measurement",
        "no column measurement_date or measurement_datetime",
        "no column measurement_concept_id or measurement_source_concept_id or measurement_source_value",
        "Columns that exist: measurement_id, patient, value_as_number",
    ):
        assert part in str(caught.value)
    assert hospital.store.entries() == []


def test_a_vocabulary_of_other_columns_is_told(hospital):
    hospital.put("omop/CONCEPT.csv", "concept_id | code")
    hospital.put("omop/MEASUREMENT.csv", f"{MEASUREMENT}\n1 | 7 | 3 | 2026-01-01 | | 0 | 1 | 0 | 0 | | | x | |")
    [unread] = hospital.night().unread
    assert "CONCEPT.csv is no OMOP concept table: expected the columns concept_id, vocabulary_id" in unread.why


def with_tabs(*lines):
    """A vocabulary as Athena gives it: tabs, and nothing quoted."""
    return "\n".join(["concept_id\tconcept_name\tvocabulary_id\tconcept_code", *lines]).encode()


@pytest.mark.parametrize(
    "lines",
    [
        ('3000593\t"B12" level\tLOINC\t2132-9',),
        ('3000593\t"B12 level\tLOINC\t2132-9',),
        ('1\t"Other\tLOINC\t1-8', '3000593\t"B12 level\tLOINC\t2132-9'),  # one quote a line: no field of two
        ('3000593\t"B12 ""level"\tLOINC\t2132-9',),  # quoted after all
        ('3000593\tB12 5" level\tLOINC\t2132-9',),
    ],
)
def test_a_quotation_mark_in_a_vocabulary_with_tabs_loses_no_concept(hospital, lines):
    hospital.put("omop/CONCEPT.csv", with_tabs(*lines))
    hospital.put("omop/MEASUREMENT.csv", f"{MEASUREMENT}\n1 | 7 | 3000593 | 2026-01-01 | | 0 | 150 | | | | | | ng/L |")
    hospital.night()
    assert hospital.table("measurement", "concept", "source_code") == [("serum_b12", "2132-9")]


@pytest.mark.parametrize(
    "vocabulary",
    [
        with_tabs("1\tOther\tLOINC\t1-8", "3000593\tB12 level\tLOINC"),  # a field too few
        with_tabs("1\tOther\tLOINC\t1-8", '3000593\t"B12"\tlevel\tLOINC\t2132-9'),  # a field too many
        with_tabs("1\tOther\tLOINC\t1-8", '3000593\t"B12" level\tLOINC\t2132-9').replace(b"\t", b","),  # commas
    ],
)
def test_a_vocabulary_with_a_malformed_line_is_not_read_by_half(hospital, vocabulary):
    hospital.put("omop/CONCEPT.csv", vocabulary)
    hospital.put("omop/MEASUREMENT.csv", f"{MEASUREMENT}\n1 | 7 | 3000593 | 2026-01-01 | | 0 | 150 | | | | | | ng/L |")
    [unread] = hospital.night().unread
    assert unread.file == "MEASUREMENT.csv"
    assert "CONCEPT.csv holds 1 malformed lines: expected the 4 fields of its header" in unread.why


def test_malformed_lines_of_a_file_read_besides_others_are_told(hospital, caplog):
    hospital.put("omop/PERSON.csv", "person_id | year_of_birth | care_site_id\n 1 | 1950 | 3")
    hospital.put("omop/CARE_SITE.csv", "care_site_id | care_site_name\n 3 | East\n 4 | West | of")
    hospital.night()
    assert hospital.table("person", "person_id", "site") == [("1", "East")]
    [told] = [line.getMessage() for line in caplog.records if line.name == "b12.sources"]
    assert told.startswith("CARE_SITE.csv of hospital, in which other files are looked up: 1 malformed of 2 records")


def test_a_file_whose_name_is_not_utf_8_is_not_read_and_the_others_are(hospital):
    diagnosis = b"person_id,condition_concept_id,condition_start_date\n1,35207,2026-01-01\n"
    hospital.put("omop/CONDITION_OCCURRENCE.csv", diagnosis)
    for name in (b"CONDITION_OCCURRENCE_\xe9.csv", b"NOTE_\xe9.csv"):
        (hospital.extracts / "omop" / os.fsdecode(name)).write_bytes(diagnosis.replace(b"1,", b"2,", 1))
    intake = hospital.night()
    assert intake.ignored == ("NOTE_\\xe9.csv",)
    [unread] = intake.unread
    assert unread.file == "CONDITION_OCCURRENCE_\\xe9.csv"
    assert "not UTF-8" in unread.why
    assert unread.why.isascii()
    assert hospital.table("condition_occurrence", "person_id") == [("1",)]


def test_files_of_other_tables_belong_to_nothing(hospital):
    for name in ("omop/CONCEPT_ANCESTOR.csv", "omop/visit_occurrence.csv", "omop/death.txt"):
        hospital.put(name, "a | b")
    assert set(hospital.night().ignored) == {"CONCEPT_ANCESTOR.csv", "visit_occurrence.csv", "death.txt"}


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("measurement/observation.csv", None),
        ("measurement/observation_period.csv", "patients"),
        ("measurement/location_7.csv", "labs"),  # a part by place as well as a table of places
        ("MEASUREMENT/part-0.csv", "labs"),
        ("measurement/death/part-0.csv", "patients"),
    ],
)
def test_the_nearest_name_of_a_table_says_whose_rows_a_file_holds(name, table):
    source = Settings(source=[SOURCES[1]]).source[0]
    claimed = ADAPTERS["omop"](source, {Path(name): name}).files
    assert [file.table for _, file in claimed] == ([table] if table else [])


def test_parquet_with_gaps_in_whole_numbers_and_a_vocabulary_with_tabs_read_alike(hospital):
    vocabulary = "\n".join("\t".join(cell.strip() for cell in line.split("|")) for line in CONCEPT.strip().splitlines())
    hospital.put("omop/CONCEPT.csv", vocabulary.encode())
    gap = float("nan")
    rows = pl.DataFrame(
        {
            "Measurement_ID": [1, 2, 3], "PERSON_ID": [7.0, 8.0, 9.0], "measurement_concept_id": [3000593.0, None, gap],
            "measurement_date": ["2026-01-01"] * 3, "value_as_number": [150.5, gap, gap],
            "value_source_value": [None, None, "<150"], "unit_concept_id": [8845.0, None, 8845],
            "measurement_source_value": ["B12", "2132-9", "2132-9"],
        }
    )  # fmt: skip
    rows.with_columns(pl.col("measurement_date").str.to_date()).write_parquet(
        hospital.extracts / "omop/measurement.parquet"
    )
    hospital.night()
    assert hospital.table("measurement", "person_id", "value_reported", "unit_reported") == [
        ("7", "150.5", "pg/mL"),
        ("9", "<150", "pg/mL"),
    ]
    assert hospital.refused() == [(2, "missing_required")]
