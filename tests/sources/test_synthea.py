"""Synthea's CSV export: what its rows become, what is refused, and where it says so."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from pipelines.config import Source
from pipelines.errors import ConfigurationError
from tests.clinic import Clinic

PATIENTS = """
Id | BIRTHDATE  | DEATHDATE  | FIRST | LAST   | GENDER | RACE
p1 | 1950-04-09 |            | Ada1  | Demo7  | F      | white
p2 | 1951-13-09 | 2026-01-01 | Bob2  | Demo8  | M      | white  # no such month
p3 | 1952-01-02 | 2026-01-01 |       | Demo9  | M      | white
"""

ENCOUNTERS = """
Id | START                | PATIENT | ORGANIZATION | PROVIDER | ENCOUNTERCLASS
e1 | 2020-01-01T10:00:00Z | p1      | o1           | d1       | wellness
e2 | 2021-01-01T10:00:00Z | p1      | o2           | d2       | wellness
e3 | 2022-01-01T10:00:00Z | p1      | o1           | d1       | emergency   # a visit, but not to the own practice
e4 | 2022-01-01T10:00:00Z | p3      | o9           |          | emergency
"""

OBSERVATIONS = """
DATE                 | PATIENT | ENCOUNTER | CATEGORY   | CODE   | DESCRIPTION | VALUE | UNITS | TYPE
2026-01-01T23:30:00Z | p1      | e1        | laboratory | 2132-9 | Vitamin B12 [Mass/volume] | 310.5 | pg/mL | numeric
2026-01-02T08:00:00Z | p1      | e1        | laboratory | 2132-9 | Vitamin B12 [Mass/volume] | high  | pg/mL | text
2026-01-02T08:00:00Z | p1      | e1        | vital      | 8302-2 | Body Height | 170   | cm    | numeric
2026-01-03T08:00:00Z | p1      |           |            |        | QALY        | 4     | a     | numeric
"""

MEDICATIONS = """
START                | STOP                 | PATIENT | PAYER | ENCOUNTER | CODE   | DESCRIPTION | DISPENSES
2025-01-01T10:00:00Z |                      | p1 | x | e1 | 860975  | 24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet | 12
2025-02-01T10:00:00Z | 2025-03-01T10:00:00Z | p1 | x | e1 | 2001499 | Vitamin B12 5 MG/ML Injectable Solution | 1
"""


class Export(Clinic):
    """A clinic beside whose native files an export of Synthea lies."""

    def __init__(self, folder):
        sources = [{"name": "native"}, {"name": "synthetic", "kind": "synthea", "path": "csv"}]
        super().__init__(folder, source=sources, timezone="Europe/Berlin")

    def entry(self, file):
        [entry] = [entry for entry in self.store.entries() if entry.file == file]
        assert entry.conserved
        return entry

    def refused(self):
        rows = self.part("quarantine")
        return [] if rows.is_empty() else sorted(rows.select("source_row", "reason").rows())

    def shown(self, name, *columns):
        return [tuple(str(cell) for cell in row) for row in self.table(name, *columns)]


@pytest.fixture
def export(tmp_path):
    return Export(tmp_path)


def test_an_export_ends_its_open_medications_unless_it_says_otherwise():
    assert Source(name="a", kind="synthea").closes_rows
    assert not Source(name="a", kind="synthea", closes_rows=False).closes_rows


def test_a_patient_belongs_where_the_last_wellness_visit_was(export):
    export.put("csv/patients.csv", PATIENTS)
    export.put("csv/encounters.csv", ENCOUNTERS)
    export.put("csv/organizations.csv", "Id | NAME\no1 | Hillview\no2 | Lakeside")
    export.put("csv/providers.csv", "Id | NAME\nd1 | Dr One\nd2 | Dr Two")
    intake = export.night()
    columns = ("person_id", "birth_date", "death_date", "site", "clinician", "display_name")
    assert export.shown("person", *columns) == [
        ("p1", "1950-04-09", "None", "Lakeside", "Dr Two", "Ada1 Demo7"),
        ("p3", "1952-01-02", "2026-01-01", "o9", "None", "Demo9"),
    ]
    assert export.refused() == [(2, "bad_date")]
    assert intake.ignored == ()


def test_visits_that_come_later_are_known_of_patients_already_read(export):
    export.put("csv/patients.csv", PATIENTS)
    export.night()
    assert export.shown("person", "person_id", "site") == [("p1", "None"), ("p3", "None")]
    export.put("csv/encounters.csv", ENCOUNTERS)
    assert [entry.file for entry in export.night().read] == ["patients.csv"]
    assert export.shown("person", "person_id", "site") == [("p1", "o2"), ("p3", "o9")]


def test_a_result_is_read_at_local_time_and_what_is_no_result_says_its_row(export):
    export.put("csv/observations.csv", OBSERVATIONS)
    export.night()
    columns = ("person_id", "concept", "measured_at", "value_reported", "unit_reported")
    assert export.shown("measurement", *columns) == [
        ("p1", "serum_b12", "2026-01-02 00:30:00", "310.5", "pg/mL")
    ]  # fmt: skip
    assert export.refused() == [(2, "not_a_result")]
    entry = export.entry("observations.csv")
    assert (entry.rows_read, entry.rows_kept, entry.rows_off_pathway) == (4, 1, 2)
    assert entry.unknown_columns == ("CATEGORY", "TYPE")


def test_a_medication_is_known_by_its_rxnorm_code_and_runs_until_it_stops(export):
    export.put("csv/medications.csv", MEDICATIONS)
    export.night()
    columns = (
        "concept", "source_vocabulary", "kind", "drug_exposure_start_date", "drug_exposure_end_date",
        "source_closes_rows", "quantity",
    )  # fmt: skip
    assert export.shown("drug_exposure", *columns) == [
        ("b12_injectable", "RXNORM", "prescribed", "2025-02-01", "2025-03-01", "True", "None"),
        ("metformin", "RXNORM", "prescribed", "2025-01-01", "None", "True", "None"),
    ]


def test_a_medication_that_stops_in_a_later_export_is_the_same_one(export):
    export.put("csv/medications.csv", MEDICATIONS)
    export.night("2026-11-19")
    export.put("csv/medications.csv", MEDICATIONS.replace("|                      |", "| 2026-06-30T10:00:00Z |"))
    export.night("2026-11-20")
    ended = ("metformin", "2026-06-30")
    assert ended in export.shown("drug_exposure", "concept", "drug_exposure_end_date")
    assert len(export.shown("drug_exposure", "concept")) == 2


def test_events_alike_are_one_and_those_that_differ_are_not(export):
    rows = OBSERVATIONS.strip().splitlines()
    export.put("csv/observations.csv", "\n".join([*rows[:2], rows[1], rows[1].replace("310.5", "311.5")]))
    export.night()
    assert export.shown("measurement", "value_reported") == [("310.5",), ("311.5",)]


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("2026-01-01T23:30:00Z", datetime(2026, 1, 1, 23, 30, tzinfo=UTC)),
        ("2026-01-01T00:00:00Z", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T23:30:00Z", datetime(2026, 1, 2, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))),
        ("2026-01-01T23:30:00.250Z", datetime(2026, 1, 1, 23, 30, 0, 250_000, tzinfo=UTC)),
        ("2026-01-01T23:30:00Z", datetime(2026, 1, 1, 23, 30)),  # a reader that dropped the zone
        ("2026-01-01", date(2026, 1, 1)),
        ("2026-01-01", datetime(2026, 1, 1)),  # a reader that made a time of the date
    ],
)
def test_the_same_event_has_one_id_in_csv_and_in_parquet(export, written, held):
    row = {
        "PATIENT": "p1",
        "ENCOUNTER": "e1",
        "CODE": "2132-9",
        "DESCRIPTION": "B12",
        "VALUE": "310.5",
        "UNITS": "pg/mL",
    }
    pl.DataFrame([{"DATE": held} | row]).write_parquet(export.put("csv/observations_2.parquet", b""))
    row["DATE"] = written
    export.put("csv/observations_1.csv", " | ".join(row) + "\n" + " | ".join(row.values()))
    export.night()
    ids = export.part("measurement")["measurement_id"].to_list()
    assert len(ids) == 2
    assert set(ids) == {f"p1|{written.replace('.250Z', '.25Z')}|e1|2132-9|B12|310.5|pg/mL"}


def test_conditions_and_procedures_are_snomed_unless_they_say_otherwise(export):
    export.put(
        "csv/conditions.csv",
        """
        START      | STOP       | PATIENT | ENCOUNTER | CODE      | DESCRIPTION
        2020-01-01 | 2021-01-01 | p1      | e1        | 271737000 | Anemia (disorder)
        """,
    )
    export.put(
        "csv/conditions_2.csv",
        """
        START      | STOP       | PATIENT | ENCOUNTER | SYSTEM    | CODE  | DESCRIPTION
        2020-01-01 | 2021-01-01 | p1      | e1        | ICD-10-CM | D51.0 | Pernicious anemia
        """,
    )
    export.put(
        "csv/procedures.csv", "DATE | PATIENT | ENCOUNTER | CODE | DESCRIPTION\n2020-01-02 | p1 | e1 | 1 | An operation"
    )
    export.night()
    assert export.shown("condition_occurrence", "concept", "condition_start_date", "condition_end_date") == [
        ("pernicious_anemia", "2020-01-01", "2021-01-01")
    ]
    assert sorted(export.part("unmapped").select("code_system", "code").rows()) == [
        ("SNOMED", "1"),
        ("SNOMED", "271737000"),
    ]


def test_missing_columns_are_told_with_those_that_there_are(export):
    export.put("csv/observations.csv", "DATE | PERSON | CODE | DESCRIPTION | VALUE | UNITS")
    with pytest.raises(ConfigurationError) as caught:
        export.night()
    assert "observations.csv: no column patient of Synthea observations" in str(caught.value)
    assert "Columns that exist: DATE, PERSON, CODE, DESCRIPTION, VALUE, UNITS" in str(caught.value)


def test_other_files_belong_to_nothing_and_empty_ones_hold_nothing(export):
    export.put("csv/allergies.csv", "START | PATIENT")
    export.put("csv/claims_transactions.csv", "ID | PATIENT")
    export.put("csv/conditions.csv", b"")
    intake = export.night()
    assert set(intake.ignored) == {"allergies.csv", "claims_transactions.csv"}
    assert export.entry("conditions.csv").rows_read == 0


@pytest.mark.parametrize(
    ("name", "is_read"),
    [
        ("patients_2024/part-0.csv", True),
        ("patients_2024/2024-01.csv", True),
        ("patients_2024/north.csv", True),  # the name of no table
        ("patients_2024/immunizations.csv", False),
        ("patients_2024/Immunizations_2.csv", False),
        ("patients_2024/immunizations/part-0.csv", False),  # the nearest name counts
        ("immunizations_2024/patients.csv", True),
        ("immunizations_2024/part-0.csv", False),
    ],
)
def test_a_file_called_after_another_table_is_none_of_the_table_of_its_folder(export, name, is_read):
    export.put(f"csv/{name}", PATIENTS if is_read else "DATE | PATIENT | ENCOUNTER | CODE | DESCRIPTION | BASE_COST")
    intake = export.night()
    assert [entry.file for entry in intake.read if entry.source == "synthetic"] == [name] * is_read
    assert intake.ignored == (() if is_read else (name,))


def test_an_export_that_is_cut_in_a_row_loses_that_row(export):
    text = "\n".join(
        ",".join(cell.strip() for cell in line.split("|")) for line in OBSERVATIONS.strip().splitlines()[:3]
    )
    export.put("csv/observations.csv", text[:-30].encode())
    export.night()
    assert export.refused() == [(2, "malformed_record")]
    assert export.shown("measurement", "value_reported") == [("310.5",)]
