"""Past dates from one reading of the store: the same rows that a run for each date builds."""

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.contract import CORE_TABLES
from pipelines.duck import working_connection
from pipelines.ingest.past import Moment, Past, Readings, read_entries, read_past
from tests.clinic import Clinic

LABS = "patient_id | result_id | test_code | value | unit | collected_at | reported_at | status | replaces"
MOMENTS = [
    Moment(date.fromisoformat(as_of), date.fromisoformat(known_at))
    for as_of, known_at in (
        ("2026-01-31", "2026-01-31"),
        ("2026-02-28", "2026-02-28"),
        ("2026-02-28", "2026-04-30"),
        ("2026-03-31", "2026-03-31"),
        ("2026-04-30", "2026-04-30"),
        ("2026-11-20", "2026-11-20"),
    )
]


@pytest.fixture
def clinic(tmp_path):
    """Results that are corrected, withdrawn, replaced and made again, and a person who moves."""
    clinic = Clinic(tmp_path)
    clinic.put(
        "labs_1.csv",
        f"""
        {LABS}
        p1 | r1 | 2132-9 | 150 | ng/L | 2026-01-05 | 2026-01-06 | F |
        p1 | r1 | 2132-9 | 160 | ng/L | 2026-01-05 | 2026-02-10 | C |       # corrected
        p1 | r1 |        |     |      | 2026-01-05 | 2026-03-10 | X |       # withdrawn
        p1 | r1 | 2132-9 | 170 | ng/L | 2026-01-05 | 2026-04-10 | F |       # and reported again
        p2 | r2 | 2132-9 | 150 | ng/L | 2026-01-05 | 2026-01-31 | P |       # preliminary
        p2 | r2 | 2132-9 | 155 | ng/L | 2026-01-05 | 2026-02-01 | F |
        p3 | r3 | 2132-9 | 150 | ng/L | 2026-01-05 | 2026-01-06 | F |
        p3 | r4 | 2132-9 | 150 | ng/L | 2026-01-05 | 2026-02-28 | F | r3    # replaces r3
        p3 | r4 |        |     |      | 2026-01-05 | 2026-04-30 | X |       # until it is withdrawn
        p4 | r5 | 2132-9 | 150 | ng/L | 2026-01-31 | 2026-02-01 | F |       # known a day after it was taken
        p5 | r6 | 2132-9 | 150 | ng/L | 2026-01-05 | 2026-01-06 | F |
        p6 | r6 | 2132-9 | 150 | ng/L | 2026-01-05 | 2026-02-06 | C |       # of somebody else
        p9 | r7 | 2132-9 | 150 | ng/L | 2026-01-31 | 2026-01-31 | F |       # all on a month end
        p9 | r8 | 2132-9 | 150 | ng/L | 2026-01-31 | 2026-01-31 | F | r7
        """,
    )
    clinic.put(
        "patients_1.csv",
        """
        patient_id | birth_date | sex | site | recorded_at
        p1         | 1950-01-01 | F   | A    |
        p1         | 1950-01-01 | F   | B    | 2026-02-15
        p1         | 1950-01-01 | F   | C    | 2026-04-30
        p7         | 1950-01-01 | M   | A    | 2026-03-31
        p8         | 1950-01-01 | M   | C    |
        """,
    )
    clinic.put(
        "prescriptions_1.csv",
        """
        patient_id | prescription_id | drug_name                 | start_date | recorded_at | status
        p1         | m1              | Metformin 500 mg tablets  | 2025-06-01 | 2025-06-01  | active
        p1         | m1              | Metformin 500 mg tablets  | 2025-06-01 | 2026-02-20  | cancelled
        p7         | m2              | Metformin 500 mg tablets  | 2026-01-31 | 2026-03-01  | active
        p8         | m3              | Metformin 850 mg tablets  | 2025-09-01 | 2025-09-01  | active
        """,
    )
    clinic.night("2026-05-02")
    clinic.put(
        "diagnoses_1.csv",
        """
        patient_id | diagnosis_id | diagnosis_code | code_system | recorded_date
        p2         | d1           | D51.0          | ICD10       | 2026-04-02
        """,
    )
    clinic.night("2026-05-03")
    return clinic


@pytest.fixture
def past(clinic, tmp_path) -> Past:
    with working_connection() as con:
        return read_past(clinic.store, MOMENTS, folder=tmp_path / "past", con=con)


def readings(clinic) -> Readings:
    with working_connection() as con:
        return read_entries(clinic.store, con)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment.as_of}-{moment.known_at}")
def test_a_past_date_has_the_rows_that_its_own_run_builds(clinic, past, moment):
    core = clinic.core(str(moment.as_of), str(moment.known_at))
    shards = [past.tables(moment, shard) for shard in range(past.shards)]
    for table in CORE_TABLES:
        found = pl.concat([tables[table] for tables in shards])
        assert_frame_equal(found, core.scan(table).collect(), check_row_order=False, check_column_order=False)
    assert readings(clinic).delivered(moment) == core.delivered
    assert_frame_equal(past.first_exposure(moment), core.first_exposure, check_row_order=False)


@pytest.mark.parametrize(
    ("moment", "standing"),
    [
        (MOMENTS[0], {("r1", "150"), ("r3", "150"), ("r6", "150"), ("r8", "150"), ("r2", "150")}),
        (MOMENTS[1], {("r1", "160"), ("r2", "155"), ("r4", "150"), ("r5", "150"), ("r6", "150"), ("r8", "150")}),
        (MOMENTS[3], {("r2", "155"), ("r4", "150"), ("r5", "150"), ("r6", "150"), ("r8", "150")}),
        (MOMENTS[4], {("r1", "170"), ("r2", "155"), ("r3", "150"), ("r5", "150"), ("r6", "150"), ("r8", "150")}),
    ],
)
def test_what_is_known_on_the_day_itself_counts(past, moment, standing):
    found = past.tables(moment, 0)["measurement"]
    assert set(found.select("measurement_id", "value_reported").rows()) == standing


def test_shards_hold_the_same_rows_in_pieces(clinic, past, tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.ingest.core.ROWS_PER_GB", 2)
    monkeypatch.setattr("pipelines.ingest.core.ROWS_DEALT_OUT", 3)
    monkeypatch.setattr("pipelines.ingest.versions.IDS_PER_GB", 3)
    with working_connection() as con:
        pieces = read_past(clinic.store, MOMENTS, folder=tmp_path / "pieces", con=con)
    assert pieces.shards > 1
    for moment in MOMENTS:
        for table in CORE_TABLES:
            found = pl.concat([pieces.tables(moment, shard)[table] for shard in range(pieces.shards)])
            assert_frame_equal(found, past.tables(moment, 0)[table], check_row_order=False)
        assert_frame_equal(pieces.first_exposure(moment), past.first_exposure(moment), check_row_order=False)


def test_only_a_delivery_that_reaches_back_changes_the_contents_of_a_moment(clinic):
    before = readings(clinic)
    clinic.put("labs_2.csv", f"{LABS}\np9 | r9 | 2132-9 | 150 | ng/L | 2026-03-15 | 2026-03-31 | F |")
    clinic.night("2026-05-04")
    after = readings(clinic)
    changed = [before.contents(moment) != after.contents(moment) for moment in MOMENTS]
    assert changed == [False, False, True, True, True, True]
