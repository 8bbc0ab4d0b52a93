"""The people of a publication, delivered as OMOP, are on the same lists; and a database that others made is read."""

import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.duck import reading_connection
from pipelines.errors import Refused
from pipelines.ingest.store import Store
from pipelines.orchestration.run import RunRequest, run_nightly
from tests.sources.omop_writer import OmopWriter

AS_OF = date(2026, 11, 20)

HOSPITAL = """
timezone = "Europe/London"

[[source]]
name = "hospital"
kind = "omop"
ends_registration = true

"""


def gaps(home: Path) -> pl.DataFrame:
    with reading_connection(home / "published" / "b12.duckdb") as con:
        return con.sql("FROM care_gap").pl()


@pytest.mark.parametrize("parquet", [False, True])
def test_the_core_tables_written_as_omop_give_the_same_lists(small_demo, tmp_path, parquet):
    """Identical but for the person ids, the item keys made of them, and how a reason quotes a number.

    OMOP numbers its people, and holds a number as number: "11,8" comes back as 11.8, "LESS THAN 150" as <150.
    """
    writer = OmopWriter(small_demo / "published" / "b12.duckdb")
    writer.write(tmp_path / "omop", parquet=parquet)
    home = tmp_path / "home"
    home.mkdir()
    demo = (small_demo / "demo" / "b12.toml").read_text(encoding="utf-8")
    (home / "b12.toml").write_text(HOSPITAL + demo[demo.index("[[code]]") :], encoding="utf-8")
    record = run_nightly(
        RunRequest(home=home, extracts=tmp_path / "omop", as_of=AS_OF, profile="uk_nice_ng239", quiet=True)
    )
    assert record.outcome == "published"
    delivered = gaps(small_demo).join(writer.people, on="person_id", validate="m:1").with_columns(person_id="omop_id")
    columns = ["worklist", "person_id", "closed_by", "priority", "index_date", "due_date", "reason", "flags"]
    quoted = pl.col("reason").str.replace_all(r"(\d),(\d)", "${1}.${2}")
    for words, sign in (("LESS THAN ", "<"), ("GREATER THAN ", ">")):
        quoted = quoted.str.replace_all(words, sign, literal=True)
    before, after = (
        frame.with_columns(quoted).select(columns).sort([*columns[:2], "index_date"])
        for frame in (delivered, gaps(home))
    )
    assert before.height > 500
    assert after.rows() == before.rows()
    entries = Store(home / "store").entries()
    assert len(entries) == 7
    assert all(entry.conserved for entry in entries)


@pytest.mark.skipif("B12_REAL_DATA" not in os.environ, reason="B12_REAL_DATA is not set: the OMOP files are not here")
def test_a_database_made_by_others_is_read_in_one_run_and_every_row_is_accounted_for(tmp_path):
    """28 synthetic people; none of their results is a vitamin B12, so that the gate refuses to publish."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "b12.toml").write_text(HOSPITAL.replace("true", "false"), encoding="utf-8")
    extracts = Path(os.environ["B12_REAL_DATA"]) / "omop-synthea27nj"
    with pytest.raises(Refused, match="0 rows of labs are a serum vitamin B12"):
        run_nightly(RunRequest(home=home, extracts=extracts, as_of=date(2022, 10, 15), quiet=True))
    accounts = {
        entry.file: (entry.rows_read, entry.rows_kept, entry.rows_off_pathway, entry.rows_quarantined)
        for entry in Store(home / "store").entries()
    }
    assert accounts == {
        "CONDITION_OCCURRENCE.csv.gz": (470, 0, 470, 0),
        "DEATH.csv.gz": (3, 3, 0, 0),
        "DRUG_EXPOSURE.csv.gz": (883, 2, 881, 0),
        "MEASUREMENT.csv.gz": (10040, 877, 9163, 0),
        "OBSERVATION_PERIOD.csv.gz": (28, 28, 0, 0),
        "PERSON.csv.gz": (28, 28, 0, 0),
        "PROCEDURE_OCCURRENCE.csv.gz": (1649, 0, 1649, 0),
    }
