"""The people of a publication, delivered as FHIR, are on the same lists."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.duck import reading_connection
from pipelines.ingest.store import Store
from pipelines.orchestration.run import RunRequest, run_nightly
from tests.sources.fhir_writer import FhirWriter

AS_OF = date(2026, 11, 20)

HOSPITAL = """
timezone = "Europe/London"

[[source]]
name = "hospital"
kind = "fhir"
ends_registration = true

"""

COLUMNS = ["worklist", "person_id", "closed_by", "priority", "index_date", "due_date", "reason", "flags"]


def gaps(home: Path) -> pl.DataFrame:
    """Care gaps without what a change of writing changes: how a reason quotes a number."""
    quoted = pl.col("reason").str.replace_all(r"(\d),(\d)", "${1}.${2}")
    for words, sign in (("LESS THAN ", "<"), ("GREATER THAN ", ">"), ("< ", "<"), ("> ", ">"), ("1.2e2", "120")):
        quoted = quoted.str.replace_all(words, sign, literal=True)
    with reading_connection(home / "published" / "b12.duckdb") as con:
        return con.sql("FROM care_gap").pl().with_columns(quoted).select(COLUMNS).sort(*COLUMNS[:2], "index_date")


@pytest.mark.parametrize("mixed", [False, True])
def test_the_core_tables_written_as_fhir_give_the_same_lists(small_demo, tmp_path, mixed):
    """Identical but for the item keys, which name the row of an index event, and how a reason quotes a number."""
    FhirWriter(small_demo / "published" / "b12.duckdb").write(tmp_path / "fhir", mixed=mixed)
    home = tmp_path / "home"
    home.mkdir()
    demo = (small_demo / "demo" / "b12.toml").read_text(encoding="utf-8")
    (home / "b12.toml").write_text(HOSPITAL + demo[demo.index("[[code]]") :], encoding="utf-8")
    record = run_nightly(
        RunRequest(home=home, extracts=tmp_path / "fhir", as_of=AS_OF, profile="uk_nice_ng239", quiet=True)
    )
    assert record.outcome == "published"
    before, after = gaps(small_demo), gaps(home)
    # No resource that is read says since when somebody is registered.
    of_newcomers = before.filter(pl.col("closed_by") == "history_too_short").select(COLUMNS[:2])
    before, after = (rows.join(of_newcomers, on=COLUMNS[:2], how="anti") for rows in (before, after))
    assert before.height > 500
    assert of_newcomers.height < 10
    assert after.sort(*COLUMNS[:2], "index_date").rows() == before.sort(*COLUMNS[:2], "index_date").rows()
    entries = Store(home / "store").entries()
    assert len(entries) == (10 if mixed else 7)
    assert all(entry.conserved for entry in entries)
