"""Persons whom several HL7 v2 files tell of: what a message leaves out is as it was, whichever file said it."""

from datetime import date

import polars as pl
import pytest

from pipelines.config import Settings
from pipelines.duck import working_connection
from pipelines.ingest.past import Moment, read_past
from tests.sources.hl7_hospital import Hospital, message, obx, results
from tests.sources.hl7_writer import segment

COLUMNS = ("birth_date", "sex", "death_date", "site", "clinician", "display_name")


def pid(**fields):
    return segment("PID", _3="7", **fields)


def adt(*segments, sent, kind="ADT^A08", **header):
    return message(*segments, kind=kind, sent=sent, **header)


FIRST = adt(
    pid(_5="Doe^Ann", _7="19500301", _8="F", _29="20261101"), "PV1||O|^^^NORTH||||9^House", sent="20261101"
)  # fmt: skip
TOLD = ("1950-03-01", "F", "2026-11-01", "NORTH", "House", "Ann Doe")


def person(hospital, **when):
    [row] = hospital.table("person", *COLUMNS, **when)
    return tuple(cell if cell is None else str(cell) for cell in row)


@pytest.fixture
def hospital(tmp_path):
    return Hospital(tmp_path)


@pytest.mark.parametrize(
    ("next_day", "changed"),
    [
        (pid(), {}),
        (pid(_8="M"), {"sex": "M"}),
        (pid(_5="Roe^Ann"), {"display_name": "Ann Roe"}),
        (pid(_29="20261031"), {"death_date": "2026-10-31"}),
        (pid(_29='""'), {"death_date": None}),
        (pid(_30="N"), {"death_date": None}),
        (pid(_7='""', _8='""'), {"birth_date": None, "sex": None}),
    ],
)
@pytest.mark.parametrize("files", [1, 2])
def test_a_message_changes_what_it_says_and_deletes_what_it_says_is_gone(hospital, next_day, changed, files):
    second = adt(next_day, sent="20261102", facility="ELSEWHERE")
    if files == 1:
        hospital.send(FIRST, second)
    else:
        hospital.send(FIRST).night("2026-11-02")
        hospital.send(second, name="b.hl7")
    hospital.night()
    assert person(hospital) == tuple((dict(zip(COLUMNS, TOLD, strict=True)) | changed).values())
    assert person(hospital, known_at="2026-11-01") == TOLD


@pytest.mark.parametrize(
    ("sites", "site"),
    [
        ([None], "HOSPITAL"),
        ([None, "SOUTH"], "SOUTH"),
        (["SOUTH", None], "SOUTH"),
        (["SOUTH", None, "EAST"], "EAST"),
        (["SOUTH", "EAST", None], "EAST"),
    ],
)
def test_the_facility_is_the_site_only_where_no_visit_ever_told_one(hospital, sites, site):
    for day, told in enumerate(sites, 10):
        visit = [f"PV1||O|^^^{told}"] if told else []
        hospital.send(adt(pid(), *visit, sent=f"202611{day}"), name=f"{day}.hl7")
    hospital.night()
    assert person(hospital)[3] == site


def test_the_order_of_files_is_nothing_and_that_of_messages_counts(hospital):
    hospital.send(adt(pid(), sent="20261102"), name="a.hl7").send(FIRST, name="b.hl7").night()
    assert person(hospital) == TOLD


def test_beside_results_nothing_is_taken_back_of_what_messages_of_persons_said(hospital):
    hospital.send(FIRST).night()
    hospital.send(results(obx(), pid=pid(_7="19990101", _8='""'), sent="20261119"), name="b.hl7").night()
    assert person(hospital) == TOLD


def test_a_row_of_another_source_counts_whole_and_messages_change_only_what_they_say_of_it(tmp_path):
    hospital = Hospital(tmp_path)
    hospital.settings = Settings(source=[*hospital.settings.source, {"name": "register", "path": "register"}])
    hospital.put(
        "register/patients_1.csv",
        """
        patient_id | birth_date | site | registered_until | recorded_at
        7          | 1940-01-01 | EAST | 2027-01-31       | 2026-11-05
        """,
    )
    hospital.send(FIRST).night()
    assert person(hospital) == ("1940-01-01", None, None, "EAST", None, None)
    hospital.send(adt(pid(_8="F"), sent="20261106"), name="b.hl7").night()
    assert person(hospital) == ("1940-01-01", "F", None, "EAST", None, None)
    assert hospital.table("person", "registered_until") == [(date(2027, 1, 31),)]
    hospital.put("register/patients_2.csv", "patient_id | recorded_at\n7 | 2026-11-07")
    hospital.night()
    assert person(hospital) == (None,) * 6


def test_a_past_date_is_told_what_was_known_on_it(hospital, tmp_path):
    hospital.send(FIRST, adt(pid(_29='""'), sent="20261103")).send(adt(pid(_8="M"), sent="20261105"), name="b.hl7")
    hospital.night()
    moments = [Moment(date(2026, 11, day), date(2026, 11, day)) for day in range(1, 7)]
    with working_connection() as con:
        past = read_past(hospital.store, moments, folder=tmp_path / "past", con=con)
    told = [past.tables(moment, 0)["person"].select("birth_date", "sex", "death_date").rows() for moment in moments]
    born, died = date(1950, 3, 1), date(2026, 11, 1)
    assert told == [[(born, "F", died)]] * 2 + [[(born, "F", None)]] * 2 + [[(born, "M", None)]] * 2
    for moment in moments:
        day = str(moment.as_of)
        assert hospital.core(day).scan("person").collect().equals(past.tables(moment, 0)["person"])


def test_what_was_stored_before_versions_said_what_they_leave_out_counts_whole(hospital):
    hospital.send(FIRST).night()
    [path] = hospital.store.paths(hospital.store.entries(), "person")
    pl.read_parquet(path).drop("unsaid").write_parquet(path)
    assert person(hospital) == TOLD
    hospital.send(adt(pid(_8="M"), sent="20261102"), name="b.hl7").night()
    assert person(hospital) == ("1950-03-01", "M", *TOLD[2:])
