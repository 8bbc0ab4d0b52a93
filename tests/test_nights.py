"""Nights in a row: what late, repeated, corrected and missing deliveries do to the lists, and what the gate holds back."""

import errno
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook

from pipelines.duck import reading_connection
from pipelines.errors import B12Error, ConfigurationError, Refused
from pipelines.publish.history import RunRecord, load_runs
from pipelines.publish.status import published_summary
from tests.practice import OPENING, Practice, blood_counts, low_results, metformin, open_practice

EVERYONE = {f"p{person:02}" for person in range(60)}
ITEMS = """
    SELECT person_id, state, strftime(first_listed, '%m-%d'), days_listed
    FROM worklist_item WHERE worklist = 'low_b12_untreated' ORDER BY ALL
"""


def day(after: int) -> str:
    return str(OPENING + timedelta(days=after))


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A practice after its first night."""
    practice = open_practice(tmp_path_factory.mktemp("opened"))
    practice.night()
    return practice


@pytest.fixture
def practice(opened, tmp_path):
    return opened.copy(tmp_path)


def facts(practice: Practice) -> dict[str, pl.DataFrame]:
    """What is published of people, without where the rows were read, which is where they stood last."""
    with reading_connection(practice.database) as con:
        return {
            table: con.sql(f"SELECT * FROM {table} ORDER BY ALL").pl().drop("source_file", "source_row", strict=False)
            for table in ("person", "measurement", "drug_exposure", "care_gap", "worklist_item", "evidence")
        }


def standing(practice: Practice) -> tuple:
    """What must not move while nothing is published: the database, who made it, and its list files."""
    lists = sorted((path.name, path.stat().st_mtime_ns) for path in (practice.home / "worklists").rglob("*"))
    return practice.database.read_bytes(), practice.current["run_id"], lists


def test_the_first_night_publishes_database_lists_and_report(opened):
    assert opened.listed() == EVERYONE
    assert opened.current["as_of"] == str(OPENING)
    assert opened.current["stale_since"] is None
    run = opened.current["run_id"]
    assert (opened.home / "reports" / f"{run}.html").exists()
    lists = pl.read_csv(opened.home / "worklists" / str(OPENING) / "site-unknown.csv")
    assert set(lists.filter(worklist="low_b12_untreated")["person_id"]) == EVERYONE
    assert opened.rows("SELECT outcome FROM run") == [("published",)]


def test_a_feed_that_comes_late_ends_as_if_it_had_come_in_time(practice, opened, tmp_path):
    in_time = opened.copy(tmp_path / "in_time")
    results = (
        "p70 | b70 | 2132-9 | 120 | ng/L | 2024-02-12 | 2024-03-01",
        "p00 | b0 | 2132-9 | 500 | ng/L | 2024-02-12 | 2024-03-02 | C",
    )
    treated = "p01 | t1 | Hydroxocobalamin 1 mg/ml injection | 2024-03-01 | completed | 2024-03-01"
    in_time.labs("labs_001.csv", *results)
    for one in (in_time, practice):
        one.prescriptions("prescriptions_001.csv", treated)
        one.night(1)
    assert "p70" not in practice.listed()
    practice.labs("labs_001.csv", *results)
    for one in (in_time, practice):
        one.night(2)
    late, timely = facts(practice), facts(in_time)
    assert practice.listed() == EVERYONE - {"p00", "p01"} | {"p70"}
    assert (
        late.pop("worklist_item")
        .drop("first_listed", "state", "days_listed")
        .equals(timely.pop("worklist_item").drop("first_listed", "state", "days_listed"))
    )  # only since when it is listed tells that it came late
    assert all(rows.equals(timely[table]) for table, rows in late.items())


def test_a_feed_that_comes_twice_changes_nothing(practice):
    before = facts(practice)
    labs = (practice.extracts / "labs_000.csv").read_bytes()
    header, *rows = labs.splitlines(keepends=True)
    practice.put("labs_again.csv", labs)
    practice.put("labs_backwards.csv", header + b"".join(rows[::-1]) + rows[0])
    record = practice.night()
    assert record.files_read == 1
    assert all(rows.equals(before[table]) for table, rows in facts(practice).items())
    assert practice.rows(
        "SELECT sum(rows_read) = 2 * sum(rows_read) FILTER (source_file = 'labs_000.csv') + 1 FROM source_file WHERE extract_table = 'labs'"
    ) == [(True,)]


def test_a_correction_takes_a_person_off_and_its_withdrawal_puts_them_back(practice):
    practice.labs(
        "labs_001.csv",
        f"p00 | c0 | 2132-9 | 500 | ng/L | 2024-02-12 | {day(1)} | C | b0",  # under an id of its own, in place of the first
        f"p01 | b1 | 2132-9 | 500 | ng/L | 2024-02-12 | {day(1)} | C",  # under the same id
        f"p02 | b2 | 2132-9 |     | ng/L | 2024-02-12 | {day(1)} | X",  # nothing stands of it
        f"p03 | b3 | 2132-9 | 500 | ng/L | 2024-02-12 | {day(2)} | C",  # known only tomorrow
    )
    practice.prescriptions(
        "prescriptions_001.csv",
        *(f"p0{person} | t{person} | Cyanocobalamin 1 mg tablets | {day(0)} | active | {day(1)}" for person in (4, 6)),
    )
    practice.night(1)
    assert practice.listed() == EVERYONE - {"p00", "p01", "p02", "p04", "p06"}
    practice.labs(
        "labs_002.csv",
        f"p00 | c0 | 2132-9 | | | 2024-02-12 | {day(3)} | X",
        f"p01 | b1 | 2132-9 | 120 | ng/L | 2024-02-12 | {day(3)} | C",
    )
    practice.prescriptions("prescriptions_002.csv", f"p04 | t4 | | | cancelled | {day(3)}")
    practice.night(3)
    assert practice.listed() == EVERYONE - {"p02", "p03", "p06"}
    back = [row for row in practice.rows(ITEMS) if row[0] in ("p00", "p01", "p04", "p05")]
    assert back == [
        ("p00", "returned", "03-07", 0),
        ("p01", "returned", "03-07", 0),
        ("p04", "returned", "03-07", 0),
        ("p05", "continuing", "03-04", 3),
    ]


def test_state_and_days_over_the_nights_and_over_a_look_into_the_past(practice):
    practice.night()  # the same night again: still new
    assert {row[1:] for row in practice.rows(ITEMS)} == {("new", "03-04", 0)}
    practice.labs("labs_001.csv", f"p70 | b70 | 2132-9 | 120 | ng/L | 2024-02-12 | {day(2)}")
    practice.night(2)
    assert {row[1:] for row in practice.rows(ITEMS) if row[0] != "p70"} == {("continuing", "03-04", 2)}
    assert ("p70", "new", "03-06", 0) in practice.rows(ITEMS)
    practice.night(-7)  # what was the list a week before the first night?
    assert practice.current["as_of"] == day(-7)
    assert {row[1:] for row in practice.rows(ITEMS)} == {("new", "02-26", 0)}
    practice.night(1)
    assert practice.listed() == EVERYONE
    practice.night(9)
    assert ("p70", "continuing", "03-06", 7) in practice.rows(ITEMS)


def halve(practice: Practice) -> None:
    practice.labs("labs_001.csv", *(row.replace("| h", "| g") for row in _week_later(range(20))))


def _week_later(people: range) -> list[str]:
    on = OPENING + timedelta(days=6)
    return [f"p{person:02} | h{person}-later | 718-7 | 150 | g/L | {on} | {on} | F |" for person in people]


def lose_ferritin(practice: Practice) -> None:
    """The code that carried ferritin is no longer mapped."""
    practice.configure("")


def double(practice: Practice) -> None:
    practice.labs("labs_001.csv", *low_results(range(60, 151)))


def break_a_file(practice: Practice) -> None:
    practice.put("labs_001.csv.gz", b"\x1f\x8b\x08\x00 this is no gzip")


FERRITIN = '[[code]]\ntable = "labs"\ncode_system = "LOCAL"\nconcepts = { FER = "ferritin" }\n'


@pytest.fixture(scope="module")
def with_ferritin(opened, tmp_path_factory):
    """The practice after a second night, with ferritin under a local code."""
    practice = opened.copy(tmp_path_factory.mktemp("ferritin"))
    practice.configure(FERRITIN)
    practice.put(
        "labs_fer.csv",
        f"patient_id | result_id | test_code | code_system | value | unit | collected_at\np00 | f0 | FER | LOCAL | 15 | ug/L | {day(-3)}",
    )
    practice.night(1)
    assert practice.rows("SELECT count(*) FROM measurement WHERE concept = 'ferritin'") == [(1,)]
    return practice


@pytest.mark.parametrize(
    ("befalls", "said", "accept"),
    [
        (halve, "default/labs brought 20 patient-days in its newest week; 60 are usual", "default/labs"),
        (lose_ferritin, "ferritin matched 1 rows in the last publication and 0 now", "ferritin"),
        (double, "low_b12_untreated went from 60 to 151 open items", "low_b12_untreated"),
        (break_a_file, "labs_001.csv.gz is truncated or corrupt", None),
    ],
)
def test_the_gate_refuses_and_the_publication_stays_until_it_is_accepted_or_mended(
    with_ferritin, tmp_path, befalls, said, accept
):
    practice = with_ferritin.copy(tmp_path)
    before = standing(practice)
    befalls(practice)
    with pytest.raises(Refused, match=said):
        practice.night(7)
    assert standing(practice) == before
    first = practice.current
    assert said in first["stale_because"]
    with pytest.raises(Refused):
        practice.night(8, accept_change=("raised_mma_untreated",))  # another list than that which changed
    assert standing(practice) == before
    assert practice.current["stale_since"] == first["stale_since"]
    assert not (practice.home / "worklists" / day(7)).exists()
    if accept is None:
        (practice.extracts / "labs_001.csv.gz").unlink()
    practice.night(8, accept_change=(accept,) if accept else ())
    assert practice.current["stale_since"] is None
    assert practice.current["stale_because"] is None
    assert practice.rows("SELECT outcome, as_of::VARCHAR FROM run ORDER BY started_at")[-3:] == [
        ("refused", day(7)),
        ("refused", day(8)),
        ("published", day(8)),
    ]
    assert {row[1:] for row in practice.rows(ITEMS) if row[0] in EVERYONE} == {
        ("continuing", "03-04", 8)
    }  # the refused nights took nobody off


@pytest.mark.parametrize(
    ("labs", "drugs", "said"),
    [
        (blood_counts(range(3), weeks_ago=[0]), metformin(range(3)), "0 of 3 rows of labs are a serum vitamin B12"),
        (
            low_results(range(3)),
            [row.replace("Metformin 500 mg tablets", "Aspirin 75 mg") for row in metformin(range(3))],
            "0 of 3 rows of prescriptions are vitamin B12 or metformin",
        ),
    ],
)
def test_a_first_night_without_what_matters_publishes_nothing(tmp_path, labs, drugs, said):
    practice = Practice(tmp_path)
    practice.labs("labs.csv", *labs)
    practice.prescriptions("prescriptions.csv", *drugs)
    with pytest.raises(Refused, match=rf"{said}.* There is no publication yet\."):
        practice.night()
    assert not practice.database.exists()
    assert not (practice.home / "worklists").exists()


def test_injections_that_procedures_record_do_not_make_prescriptions_understood(tmp_path):
    practice = Practice(tmp_path)
    practice.labs("labs.csv", *low_results(range(3)))
    practice.prescriptions("prescriptions.csv", f"p01 | x | Aspirin 75 mg | {day(-60)} | active | {day(-60)}")
    header = "patient_id | procedure_code | code_system | performed_date"
    practice.put("procedures.csv", f"{header}\np01 | J3420 | HCPCS | {day(-14)}")
    with pytest.raises(Refused, match="0 of 1 rows of prescriptions are vitamin B12 or metformin"):
        practice.night()


def test_an_empty_folder_after_nights_with_files_is_told_wherever_the_night_is_told(practice, tmp_path):
    practice.extracts = tmp_path / "elsewhere"
    practice.extracts.mkdir()
    record = practice.night(1)
    said = "The folder of default held no file of its tables; the store has 2 from earlier runs."
    assert practice.listed() == EVERYONE
    assert said in published_summary(practice.home)["warnings"]
    assert said in (practice.home / "reports" / f"{record.run_id}.html").read_text()
    workbooks = list((practice.home / "worklists" / day(1)).glob("*.xlsx"))
    assert workbooks
    for workbook in workbooks:
        about = load_workbook(workbook, read_only=True)["About this list"]
        assert any(said in str(cell) for row in about.iter_rows(values_only=True) for cell in row)


def test_a_night_that_cannot_write_how_it_ended_says_so_and_not_that_nothing_was_published(practice, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RunRecord, "save", full)
    with pytest.raises(B12Error, match=r"could not be written to .*/runs\. .*status` says what is published"):
        practice.night(1)
    assert practice.current["as_of"] == day(1)


def test_a_run_that_a_clock_ahead_dated_later_is_not_taken_for_the_one_that_published(practice):
    [record] = load_runs(practice.home / "runs")
    later = replace(record, run_id="2099", started_at=datetime(2099, 1, 1), as_of=date(2099, 1, 1), outcome="refused")
    later.save(practice.home / "runs")
    practice.night(1)
    assert practice.rows("SELECT run_id, as_of::VARCHAR FROM this_run") == [(practice.current["run_id"], day(1))]


def test_measures_that_cannot_be_true_are_not_published(practice):
    """Here those of a past date, as a program of another version might leave them: a small number for all to see."""
    past = practice.home / "measures" / f"{OPENING}.parquet"
    kept, before = past.read_bytes(), standing(practice)
    pl.read_parquet(past).with_columns(eligible=pl.lit(3, pl.Int64)).write_parquet(past)
    with pytest.raises(Refused, match=r"published\.measure\.withheld_eligible"):
        practice.night(1)
    assert standing(practice) == before
    past.write_bytes(kept)
    practice.night(1)
    assert practice.current["stale_since"] is None


def test_a_wrong_mapping_stops_the_night_and_the_publication_grows_stale(practice):
    before = standing(practice)
    practice.configure('[[source]]\nname = "default"\n[source.labs]\ncolumns = { value = "RESULT" }\n')
    with pytest.raises(ConfigurationError, match="maps value to 'RESULT'"):
        practice.night(1)
    assert standing(practice) == before
    assert "maps value to 'RESULT'" in practice.current["stale_because"]


def test_so_many_publications_are_kept_and_readers_keep_their_rows(practice):
    practice.configure("keep_publications = 1\n")
    with reading_connection(practice.database) as reader:
        assert reader.sql("SELECT count(*) FROM worklist_item WHERE person_id = 'p70'").fetchall() == [(0,)]
        practice.labs("labs_001.csv", f"p70 | b70 | 2132-9 | 120 | ng/L | 2024-02-12 | {day(1)}")
        for night in (1, 2, 3):
            practice.night(night)
        assert len(list((practice.home / "editions").iterdir())) == 2  # this one, and one before it
        assert not _still_named(practice, reader)
        assert reader.sql("SELECT count(*) FROM worklist_item WHERE person_id = 'p70'").fetchall() == [(0,)]
        assert reader.sql("SELECT count(*), count(DISTINCT person_id) FROM measurement").fetchall() == [(540, 60)]
        assert "p70" in practice.listed()
    practice.configure("keep_publications = 0\n")
    practice.night(3)
    assert [path.name for path in (practice.home / "editions").iterdir()] == [practice.current["run_id"]]


def _still_named(practice: Practice, reader) -> bool:
    [(path,)] = reader.sql("SELECT path FROM duckdb_databases() WHERE NOT internal").fetchall()
    return Path(path).exists()
