"""The demonstration, delivered by senders who name and write everything otherwise, proposed, and on the same lists."""

import re
import shutil
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines.duck import reading_connection
from pipelines.onboarding.starting import start
from pipelines.orchestration.run import RunRequest, run_nightly
from tests.onboarding.renaming import AMERICAN, FRENCH, GERMAN, rewrite

AS_OF = date(2026, 11, 20)


def gaps(home: Path) -> pl.DataFrame:
    quoted = pl.col("reason").str.replace_all(r"(\d),(\d)", "${1}.${2}")
    with reading_connection(home / "published" / "b12.duckdb") as con:
        frame = con.sql("FROM care_gap").pl().with_columns(quoted)
    columns = ["worklist", "person_id", "index_date", "closed_by", "priority", "due_date", "reason", "flags"]
    return frame.select(columns).sort(columns[:3])


@pytest.fixture(scope="module")
def renamed(small_demo, tmp_path_factory) -> Path:
    """The extracts of the small demonstration: German, French and American, compressed and not."""
    demo, folder = small_demo / "demo" / "extracts", tmp_path_factory.mktemp("renamed")
    for path in sorted((demo / "northgate").iterdir()):
        name = f"Laborwerte_{path.name.split('.')[0].removeprefix('labs_')}.csv"
        to = folder / "northgate" / (f"{name}.gz" if path.suffix == ".gz" else name)
        rewrite(
            path, to, GERMAN, date_form="D.M.Y", delimiter=";", encoding="cp1252", commas=True,
            above="" if path.suffix == ".gz" else "sep=;\r\n",
        )  # fmt: skip
    for path in sorted((demo / "hillview").rglob("*.parquet")):
        to = folder / "hillview" / f"resultats_{path.stem}.txt"
        rewrite(path, to, FRENCH, date_form="D/M/Y", delimiter="\t", encoding="utf-16")
    for path in sorted((demo / "practice").iterdir()):
        named = {"patients": "Demographics", "prescriptions": "Rx", "diagnoses": "ProblemList", "procedures": "Surgery"}
        to = folder / "practice" / f"{named[path.name.split('.')[0]]}.csv"
        rewrite(path, to, AMERICAN, date_form="M/D/Y", delimiter="|")
    for kept in ("riverside", "pharmacy"):
        shutil.copytree(demo / kept, folder / kept)
    return folder


def test_the_proposal_gives_the_lists_that_the_demonstration_has(small_demo, renamed, tmp_path):
    """All that a user adds is what no file says: the time zone, a unit that was left out, and two local codes."""
    home = tmp_path / "home"
    start(home, renamed, output=None, force=False, now=datetime(2026, 11, 20, 2))
    text = (home / "b12.toml").read_text(encoding="utf-8")
    answered = text.replace('timezone = "UTC"', 'timezone = "Europe/London"')
    answered = re.sub(r'^# (units = \{ VB12 = )"\?"', r'\1"pmol/L"', answered, flags=re.MULTILINE)
    answered = re.sub(
        r'^# (\[\[code\]\]|table = "diagnoses"|\[code\.concepts\]|"(?:DIET07|AIG01)".*)$',
        r"\1",
        answered,
        flags=re.MULTILINE,
    )
    assert answered.count("[[code]]") == text.count("[[code]]")
    (home / "b12.toml").write_text(answered, encoding="utf-8")
    record = run_nightly(RunRequest(home=home, extracts=renamed, as_of=AS_OF, quiet=True))
    assert record.outcome == "published"
    before, after = gaps(small_demo), gaps(home)
    assert before.height > 500
    assert after.rows() == before.rows()
