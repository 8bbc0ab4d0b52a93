"""OMOP in a DuckDB file: its tables in any schema and case, read-only, and every row by its table and number."""

import sqlite3

import duckdb
import pytest

from pipelines.config import Settings
from pipelines.errors import ConfigurationError
from tests.sources.omop_writer import OmopWriter
from tests.sources.population import judged
from tests.sources.test_omop import SOURCES, Hospital

TABLES = """
CREATE SCHEMA cdm;
CREATE SCHEMA vocabulary;
CREATE TABLE vocabulary.CONCEPT (concept_id INTEGER, concept_name VARCHAR, vocabulary_id VARCHAR, concept_code VARCHAR);
INSERT INTO vocabulary.CONCEPT VALUES
    (3000593, 'Cobalamin (Vitamin B12) in Serum or Plasma', 'LOINC', '2132-9'),
    (8845, 'picogram per milliliter', 'UCUM', 'pg/mL');
CREATE TABLE cdm.MEASUREMENT (
    MEASUREMENT_ID BIGINT, PERSON_ID INTEGER, MEASUREMENT_CONCEPT_ID INTEGER, MEASUREMENT_DATE DATE,
    MEASUREMENT_DATETIME TIMESTAMP, VALUE_AS_NUMBER DOUBLE, UNIT_CONCEPT_ID INTEGER, NOTES VARCHAR[]
);
INSERT INTO cdm.MEASUREMENT VALUES
    (1, 7, 3000593, DATE '2026-01-01', TIMESTAMP '2026-01-01 08:30:00', 150, 8845, ['a', 'b']),
    (2, 7, 99, DATE '2026-01-01', NULL, 150, 8845, NULL),
    (3, 8, 3000593, DATE '2026-01-02', NULL, 151.5, 8845, NULL);
CREATE TABLE cdm.Person (
    person_id INTEGER, gender_concept_id INTEGER, year_of_birth INTEGER, care_site_id INTEGER, provider_id INTEGER
);
INSERT INTO cdm.Person VALUES (7, 8507, 1950, 3, 5), (8, 8532, 1951, 4, NULL);
CREATE TABLE cdm.death (person_id INTEGER, death_date DATE);
INSERT INTO cdm.death VALUES (8, DATE '2026-02-01');
CREATE TABLE cdm.care_site (care_site_id INTEGER, care_site_name VARCHAR);
INSERT INTO cdm.care_site VALUES (3, 'Hillview');
CREATE TABLE cdm.provider (provider_id INTEGER, provider_name VARCHAR);
INSERT INTO cdm.provider VALUES (5, 'Dr Demo');
CREATE TABLE cdm.visit_occurrence (person_id INTEGER);
"""


def write_database(path, script=TABLES):
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as con:
        con.execute(script)


@pytest.fixture
def hospital(tmp_path):
    return Hospital(tmp_path, vocabulary=False)


def test_every_table_is_read_and_accounted_for_under_its_own_name(hospital):
    write_database(hospital.extracts / "omop/hospital.duckdb")
    intake = hospital.night()
    assert {(entry.file, entry.rows_read) for entry in intake.read if entry.source == "hospital"} == {
        ("hospital.duckdb/MEASUREMENT", 3),
        ("hospital.duckdb/Person", 2),
        ("hospital.duckdb/death", 1),
    }
    assert all(entry.conserved for entry in intake.read)
    assert intake.ignored == ()
    columns = ("person_id", "measured_at", "value_reported", "source_file", "source_row")
    assert [tuple(str(cell) for cell in row) for row in hospital.table("measurement", *columns)] == [
        ("7", "2026-01-01 08:30:00", "150", "hospital.duckdb/MEASUREMENT", "1"),
        ("8", "2026-01-02 00:00:00", "151.5", "hospital.duckdb/MEASUREMENT", "3"),
    ]
    assert hospital.refused() == [(2, "missing_required")]


def test_persons_have_the_names_of_their_care_site_and_provider_where_these_were_delivered(hospital):
    write_database(hospital.extracts / "omop/hospital.duckdb")
    hospital.night()
    columns = ("person_id", "site", "clinician", "death_date")
    assert [tuple(str(cell) for cell in row) for row in hospital.table("person", *columns)] == [
        ("7", "Hillview", "Dr Demo", "None"),
        ("8", "4", "None", "2026-02-01"),
    ]


def test_a_database_is_read_once_until_it_changes(hospital):
    path = hospital.extracts / "omop/hospital.duckdb"
    write_database(path)
    hospital.night("2026-11-19")
    assert hospital.night("2026-11-19").read == ()
    write_database(path, "INSERT INTO cdm.death VALUES (7, DATE '2026-03-01')")
    assert "hospital.duckdb/death" in {entry.file for entry in hospital.night("2026-11-20").read}
    assert [str(day) for (day,) in hospital.table("person", "death_date")] == ["2026-02-01", "2026-03-01"]


@pytest.mark.parametrize("name", ["hospital.db", "Hospital.DUCKDB"])
def test_the_path_of_a_source_may_be_the_database_itself(hospital, name):
    write_database(hospital.extracts / "omop" / name)
    hospital.settings = Settings(source=[SOURCES[0], SOURCES[1] | {"path": f"omop/{name}"}])
    hospital.night()
    assert len(hospital.table("measurement", "person_id")) == 2


@pytest.mark.parametrize("name", ["measurement/2026", "measurement 'a'", 'measurement"b"', "measurement*?[c]"])
def test_a_table_may_have_a_name_that_no_file_has(hospital, name):
    renamed = name.replace('"', '""')
    write_database(
        hospital.extracts / "omop/hospital.duckdb", TABLES + f'ALTER TABLE cdm.MEASUREMENT RENAME TO "{renamed}"'
    )
    hospital.night()
    assert len(hospital.table("measurement", "person_id")) == 2


@pytest.mark.parametrize("kind", ["DECIMAL(9, 2)[]", "TIMESTAMP[]", "VARCHAR[]", "DECIMAL(9, 2)[2]"])
def test_lists_of_any_type_beside_the_columns_that_are_used_do_no_harm(hospital, kind):
    write_database(
        hospital.extracts / "omop/hospital.duckdb", TABLES + f"ALTER TABLE cdm.MEASUREMENT ADD COLUMN more {kind}"
    )
    hospital.night()
    assert len(hospital.table("measurement", "person_id")) == 2


def test_a_view_is_not_read_whatever_it_would_read(hospital):
    outside = hospital.extracts / "outside.csv"
    outside.write_text("condition_occurrence_id,person_id\n1,7\n", encoding="utf-8")
    view = f"CREATE VIEW cdm.condition_occurrence AS FROM read_csv('{outside}')"
    write_database(hospital.extracts / "omop/hospital.duckdb", f"{TABLES};{view}")
    assert not any(entry.table == "diagnoses" for entry in hospital.night().read)


def test_missing_columns_of_a_table_are_told_with_its_name(hospital):
    write_database(hospital.extracts / "omop/hospital.duckdb", "CREATE TABLE death (person INTEGER, death_date DATE)")
    expected = r"hospital.duckdb/death: no column person_id of OMOP death\. Columns that exist: person, death_date"
    with pytest.raises(ConfigurationError, match=expected):
        hospital.night()


def test_a_table_in_two_schemas_is_refused_with_both(hospital):
    twice = "CREATE SCHEMA old; CREATE TABLE old.death (person_id INTEGER, death_date DATE)"
    write_database(hospital.extracts / "omop/hospital.duckdb", f"{TABLES};{twice}")
    with pytest.raises(ConfigurationError, match=r"holds death of OMOP twice: cdm\.death and old\.death"):
        hospital.night()


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("hospital.db", "cut"),
        ("hospital.db", "empty"),
        ("h.duckdb", "text"),
        ("h.duckdb", "cut"),
        ("h.DuckDB", "empty"),
    ],
)
def test_what_is_no_whole_database_is_not_read_and_the_others_are(hospital, name, broken):
    path = hospital.extracts / "omop" / name
    path.parent.mkdir(exist_ok=True)
    if broken == "cut":
        write_database(path)
        path.write_bytes(path.read_bytes()[:9000])
    else:
        path.write_bytes(b"measurement_id" * 1000 if broken == "text" else b"")
    intake = hospital.night()
    [unread] = intake.unread
    assert unread.file == name
    assert "cannot be read as a DuckDB database" in unread.why
    assert {entry.file for entry in intake.read} == {"labs_000.csv", "prescriptions_000.csv"}


@pytest.mark.parametrize(
    "content", ["sqlite", b"measurement_id" * 1000, b"\xd0\xcf\x11\xe0", b"12345678DUC", b"DUCK" * 2]
)
def test_a_database_of_another_kind_belongs_to_nothing(hospital, content):
    path = hospital.extracts / "omop/Thumbs.db"
    path.parent.mkdir(exist_ok=True)
    if content == "sqlite":
        with sqlite3.connect(path) as con:
            con.execute("CREATE TABLE measurement (measurement_id)")
    else:
        path.write_bytes(content)
    intake = hospital.night()
    assert (intake.unread, intake.ignored) == ((), ("Thumbs.db",))
    hospital.settings = Settings(source=[SOURCES[0], SOURCES[1] | {"path": "omop/Thumbs.db"}])
    with pytest.raises(
        ConfigurationError, match=r"Thumbs\.db of source 'hospital' is a file, not a folder or a DuckDB"
    ):
        hospital.night()


def test_a_database_that_its_writer_did_not_close_is_not_read(hospital):
    path = hospital.extracts / "omop/hospital.duckdb"
    write_database(path)
    path.with_name("hospital.duckdb.wal").write_bytes(b"pending")
    [unread] = hospital.night().unread
    assert "was not closed by its writer" in unread.why


def test_files_and_a_database_of_the_same_people_give_the_same_lists(small_demo, tmp_path):
    writer = OmopWriter(small_demo / "published" / "b12.duckdb")
    writer.write(tmp_path / "files")
    (tmp_path / "database").mkdir()
    with duckdb.connect(str(tmp_path / "database/cdm.duckdb")) as con:
        for name, rows in writer.tables().items():
            con.register("rows", rows.to_arrow())
            con.execute(f"CREATE TABLE {name} AS FROM rows")
    files, _ = judged(tmp_path / "files", kind="omop")
    database, store = judged(tmp_path / "database", kind="omop")
    assert files.height > 500
    assert database.rows() == files.rows()
    assert len(store.entries()) == 7
