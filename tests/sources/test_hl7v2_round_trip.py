"""The people of a publication, delivered as HL7 v2 messages, are on the same lists."""

from datetime import date
from pathlib import Path

import polars as pl

from pipelines.duck import reading_connection
from pipelines.ingest.store import Store
from pipelines.orchestration.run import RunRequest, run_nightly
from tests.sources.hl7_writer import Hl7Writer

AS_OF = date(2026, 11, 20)

HOSPITAL = """
timezone = "Europe/London"

[[source]]
name = "hospital"
kind = "hl7v2"
path = "hl7"

[[source]]
name = "records"
path = "records"

"""


def gaps(home: Path) -> pl.DataFrame:
    with reading_connection(home / "published" / "b12.duckdb") as con:
        return con.sql("FROM care_gap").pl()


def test_the_core_tables_written_as_messages_give_the_same_lists(small_demo, tmp_path):
    """Identical but for the item keys, made of the ids of results, and how a reason quotes a number.

    HL7 writes decimal points, and a comparator apart: "11,8" comes back as 11.8, "LESS THAN 150" as <150.
    """
    Hl7Writer(small_demo / "published" / "b12.duckdb").write(tmp_path / "extracts")
    home = tmp_path / "home"
    home.mkdir()
    demo = (small_demo / "demo" / "b12.toml").read_text(encoding="utf-8")
    (home / "b12.toml").write_text(HOSPITAL + demo[demo.index("[[code]]") :], encoding="utf-8")
    record = run_nightly(
        RunRequest(home=home, extracts=tmp_path / "extracts", as_of=AS_OF, profile="uk_nice_ng239", quiet=True)
    )
    assert record.outcome == "published"
    columns = ["worklist", "person_id", "closed_by", "priority", "index_date", "due_date", "reason", "flags"]
    quoted = pl.col("reason").str.replace_all(r"(\d),(\d)", "${1}.${2}").str.replace_all(r"([<>]) (\d)", "${1}${2}")
    for words, sign in (("LESS THAN ", "<"), ("GREATER THAN ", ">")):
        quoted = quoted.str.replace_all(words, sign, literal=True)
    before, after = (
        frame.with_columns(quoted).select(columns).sort([*columns[:2], "index_date"])
        for frame in (gaps(small_demo), gaps(home))
    )
    assert before.height > 500
    assert after.rows() == before.rows()
    entries = Store(home / "store").entries()
    assert len(entries) == 9
    assert all(entry.conserved for entry in entries)
