"""Files as delivered, read into the store: blanks around a code, typed columns, constants, and what is counted aside."""

import json
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from tests.clinic import Clinic

HEADER = "patient_id,result_id,test_code,code_system,test_name,value,unit,collected_at,reported_at,status\n"


def parquet(clinic, name, columns):
    path = clinic.extracts / name
    pl.DataFrame(columns).write_parquet(path)
    return path


def delivered(clinic, *lines):
    clinic.put("labs.csv", (HEADER + "".join(f"{line}\n" for line in lines)).encode())


def unmapped(clinic):
    columns = ("code_system", "code", "name", "row_count", "first_date", "last_date")
    return sorted(clinic.part("unmapped").select(columns).rows(), key=str)


@pytest.fixture
def clinic(tmp_path):
    return Clinic(tmp_path)


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", " \t\v\f ", "\u2003"])
def test_blanks_around_a_code_a_name_and_a_status_are_no_part_of_them(clinic, blank):
    delivered(
        clinic,
        "p1,r1,2132-9,LOINC,,150,ng/L,2026-01-01,2026-01-02,F",
        f"p1,r2,{blank}2132-9{blank},LOINC,{blank},150,ng/L,2026-01-01,2026-01-02,{blank}F{blank}",
        f"p1,r3,{blank},LOINC,{blank}Serum vitamin B12{blank},150,ng/L,2026-01-01,2026-01-02,F",  # no code: refused
    )
    (entry,) = [entry for entry in clinic.night().read if entry.rows_read]
    assert (entry.rows_kept, entry.rows_off_pathway, entry.rows_quarantined) == (2, 0, 1)
    assert entry.conserved
    assert set(clinic.table("measurement", "source_code", "status")) == {("2132-9", "final")}
    assert clinic.part("quarantine")["reason"].to_list() == ["missing_required"]


@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0", "\u2003"])
def test_a_row_with_neither_code_nor_name_is_refused_not_passed_over(clinic, blank):
    delivered(clinic, f"p1,r1,{blank},LOINC,{blank},150,ng/L,2026-01-01,2026-01-02,F")
    (entry,) = [entry for entry in clinic.night().read if entry.rows_read]
    assert (entry.rows_kept, entry.rows_off_pathway, entry.rows_quarantined) == (0, 0, 1)
    assert not clinic.part("unmapped").height


def test_what_is_off_the_pathway_is_one_line_however_it_was_spaced(clinic):
    delivered(
        clinic,
        "p1,r1,2823-3,LOINC,Potassium,4,mmol/L,2026-01-03,,F",
        "p1,r2, 2823-3\t,LOINC, Potassium,4,mmol/L, 2026-01-12,,P",
        "p1,r3,2823-3,LOINC,Potassium,4,mmol/L,\u00a02026-01-10T09:30,,",
        "p1,r4,2823-3,LOINC,Potassium,4,mmol/L,soon,,F",  # neither the first day nor the last
        "p1,r5,2951-2,LOINC,Sodium,140,mmol/L,,,F",  # no day at all
    )
    (entry,) = [entry for entry in clinic.night().read if entry.rows_read]
    assert (entry.rows_kept, entry.rows_off_pathway, entry.rows_quarantined) == (0, 5, 0)
    assert unmapped(clinic) == [
        ("LOINC", "2823-3", "Potassium", 4, date(2026, 1, 3), date(2026, 1, 12)),
        ("LOINC", "2951-2", "Sodium", 1, None, None),
    ]


def test_a_withdrawal_off_the_pathway_is_seen_however_its_status_is_spaced(clinic):
    delivered(
        clinic,
        "p1,r1,2132-9,LOINC,,150,ng/L,2026-01-01,2026-01-02,F",
        "p1,r2,2132-9,LOINC,,150,ng/L,2026-01-01,2026-01-02,F",
        "p1,r1,2823-3,LOINC,,4,mmol/L,2026-01-01,2026-01-05,\tX ",
        "p1,r2,2823-3,LOINC,,4,mmol/L,2026-01-01,2026-01-05, F",
    )
    (entry,) = [entry for entry in clinic.night().read if entry.rows_read]
    assert (entry.rows_kept, entry.rows_off_pathway) == (2, 2)
    assert clinic.table("measurement", "measurement_id") == [("r2",)]


def test_typed_columns_are_compared_as_the_text_they_are_read_as(clinic):
    parquet(
        clinic,
        "prescriptions.parquet",
        {
            "patient_id": [1, 1, 2],
            "prescription_id": [11, 12, 13],
            "drug_code": [860975, 197361, None],  # metformin, amlodipine, by its name
            "code_system": pl.Series(["RXNORM", "RXNORM", None], dtype=pl.Categorical),
            "drug_name": ["metformin 500 MG", "amlodipine 5 MG", "Metformin 850 mg tablets"],
            "quantity": [Decimal("56.0"), Decimal("28.0"), Decimal("28.0")],
            "start_date": [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)],
            "recorded_at": [datetime(2026, 1, 1, 23, 59), None, datetime(2026, 1, 3)],
            "is_private": [True, False, None],
        },
    )
    (entry,) = [entry for entry in clinic.night().read if entry.rows_read]
    assert (entry.rows_kept, entry.rows_off_pathway, entry.rows_quarantined) == (2, 1, 0)
    assert clinic.table("drug_exposure", "person_id", "drug_exposure_id", "source_code", "quantity") == [
        ("1", "11", "860975", 56.0),
        ("2", "13", None, 28.0),
    ]
    assert unmapped(clinic) == [("RXNORM", "197361", "amlodipine 5 MG", 1, date(2026, 1, 2), date(2026, 1, 2))]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1001.0, "1001"),
        (0.0, "0"),
        (-3.0, "-3"),
        (1001.5, "1001.5"),
        (9007199254740991.0, "9007199254740991"),  # the last that is told from the next
        (9007199254740992.0, "9007199254740992.0"),
        (Decimal("1001.00"), "1001"),
        (Decimal("1001.50"), "1001.50"),
    ],
)
def test_an_id_that_was_stored_as_a_fraction_is_the_whole_number_it_is(clinic, number, text):
    kind = pl.Float64 if isinstance(number, float) else pl.Decimal(20, 2)
    parquet(
        clinic,
        "prescriptions.parquet",
        {
            "patient_id": pl.Series([number, None], dtype=kind),
            "prescription_id": pl.Series([number, None], dtype=kind),
            "drug_code": [860975.0, None],
            "code_system": ["RXNORM", None],
            "drug_name": [None, "Metformin 850 mg tablets"],
            "quantity": [56.0, 28.0],
            "start_date": [date(2026, 1, 1), date(2026, 1, 3)],
        },
    )
    (entry,) = [entry for entry in clinic.night().read if entry.rows_read]
    assert (entry.rows_kept, entry.rows_off_pathway, entry.rows_quarantined) == (1, 0, 1)
    found = clinic.table("drug_exposure", "person_id", "drug_exposure_id", "source_code", "quantity")
    assert found == [(text, text, "860975", 56.0)]


@pytest.mark.parametrize("unit", ["us", "ms", "ns"])
def test_the_day_of_a_typed_time_is_the_day_it_says(clinic, unit):
    late, early = datetime(2026, 1, 5, 23, 59, 59), datetime(2026, 1, 4, 0, 0, 0)
    parquet(
        clinic,
        "labs.parquet",
        {
            "patient_id": ["p1", "p1"],
            "result_id": ["r1", "r2"],
            "test_code": ["2823-3", "2823-3"],
            "value": [4.0, 4.1],
            "collected_at": pl.Series([late, early], dtype=pl.Datetime(unit)),
        },
    )
    clinic.night()
    assert unmapped(clinic) == [(None, "2823-3", None, 2, date(2026, 1, 4), date(2026, 1, 5))]


def test_declared_date_formats_date_what_is_off_the_pathway(tmp_path):
    clinic = Clinic(tmp_path, source=[{"name": "lab", "labs": {"date_formats": ["%d/%m/%Y"]}}])
    delivered(
        clinic,
        "p1,r1,2823-3,LOINC,,4,mmol/L,03/01/2026,,F",
        "p1,r2,2823-3,LOINC,,4,mmol/L,\u00a002/02/2026 ,,F",
        "p1,r3,2823-3,LOINC,,4,mmol/L,2026-03-01,,F",  # not in the format: no day
    )
    clinic.night()
    assert unmapped(clinic) == [("LOINC", "2823-3", None, 3, date(2026, 1, 3), date(2026, 2, 2))]


@pytest.mark.parametrize(
    ("formats", "text", "first"),
    [
        (["%F"], "2026-01-03", None),  # the reading knows it, the counting aside does not
        (["%d/%m/%Y %R"], "03/01/2026 10:30", None),
        (["%e/%m/%Y"], "3/01/2026", None),
        (["%Y-%m-%dT%H:%M:%S%.f"], "2026-01-03T10:30:00.123", None),
        (["%F", "%d/%m/%Y"], "03/01/2026", date(2026, 1, 3)),
    ],
)
def test_a_date_format_that_only_the_reading_knows_refuses_no_file(tmp_path, formats, text, first):
    clinic = Clinic(tmp_path, source=[{"name": "lab", "labs": {"date_formats": formats}}])
    delivered(clinic, f"p1,r1,2823-3,LOINC,,4,mmol/L,{text},,F", f"p1,r2,2132-9,LOINC,,150,ng/L,{text},,F")
    assert clinic.night().unread == ()
    assert clinic.table("measurement", "measurement_id", "measurement_date") == [("r2", date(2026, 1, 3))]
    assert unmapped(clinic) == [("LOINC", "2823-3", None, 1, first, first)]


def test_a_constant_stands_wherever_the_column_says_nothing(tmp_path):
    constants = {"code_system": "LOINC", "status": "F", "unit": "ng/L"}
    clinic = Clinic(tmp_path, source=[{"name": "lab", "labs": {"constants": constants}}])
    delivered(
        clinic,
        "p1,r1,2132-9,,,150,,2026-01-01,2026-01-02,",
        "p1,r2,2132-9, ,,150,\t,2026-01-01,2026-01-02, ",
        "p1,r3,2132-9,LOINC,,150,pmol/L,2026-01-01,2026-01-02,P",
        "p1,r4,2823-3, ,,4,,2026-01-01,,",
    )
    clinic.night()
    assert clinic.table("measurement", "measurement_id", "source_vocabulary", "status", "unit_reported") == [
        ("r1", "LOINC", "final", "ng/L"),
        ("r2", "LOINC", "final", "ng/L"),
        ("r3", "LOINC", "preliminary", "pmol/L"),
    ]
    assert unmapped(clinic) == [("LOINC", "2823-3", None, 1, date(2026, 1, 1), date(2026, 1, 1))]


def test_a_refused_record_is_shown_under_its_delivered_names_with_what_no_column_takes(tmp_path):
    mapping = {"columns": {"patient_id": "NHS no", "test_code": "Code"}, "constants": {"unit": "ng/L"}}
    clinic = Clinic(tmp_path, source=[{"name": "lab", "labs": {"files": "lab_*", **mapping}}])
    clinic.put(
        "lab_1.csv",
        b"NHS no,result_id,Code,value,unit,collected_at,Ward\n p1 ,r1, 2132-9,none, ,2026-01-01, A 1 \n",
    )
    clinic.night()
    (raw,) = clinic.part("quarantine")["raw"]
    assert json.loads(raw) == {
        "NHS no": "p1", "result_id": "r1", "Code": "2132-9", "value": "none", "unit": None,
        "collected_at": "2026-01-01", "Ward": "A 1",
    }  # fmt: skip


def test_files_that_repeat_their_codes_say_each_what_it_matched(clinic):
    rows = "p1,{},2132-9,LOINC,,150,ng/L,2026-01-01,2026-01-02,F\np1,{},2823-3,LOINC,,4,mmol/L,2026-01-01,,F\n"
    clinic.put("labs_1.csv", (HEADER + rows.format("r1", "r2")).encode())
    clinic.put("labs_2.csv", (HEADER + rows.format("r3", "r4")).encode())
    clinic.put("labs_3.csv", (HEADER + rows.format("r5", "r6").splitlines()[1] + "\n").encode())
    read = {entry.file: entry for entry in clinic.night().read}
    told = [(e.rows_kept, e.rows_off_pathway, e.matched_entries) for e in (read[f"labs_{n}.csv"] for n in (1, 2, 3))]
    assert told == [(1, 1, ("labs.csv",)), (1, 1, ("labs.csv",)), (0, 1, ())]
    assert unmapped(clinic) == [("LOINC", "2823-3", None, 1, date(2026, 1, 1), date(2026, 1, 1))] * 3
