"""The extracts: repeatable, independent of how they are cut, readable, and nobody's files are overwritten."""

import gzip
import hashlib
import tomllib
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.config import load_settings
from pipelines.demo.extracts import write_extracts
from pipelines.demo.people import PEOPLE_PER_BLOCK
from pipelines.demo.population import Make, draw_block
from pipelines.errors import ConfigurationError

AS_OF = date(2026, 11, 22)


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return write_extracts(tmp_path_factory.mktemp("demo") / "extracts", as_of=AS_OF, people=300)


@pytest.mark.parametrize("fmt", ["csv", "parquet"])
def test_the_same_seed_gives_the_same_bytes(tmp_path, fmt):
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_extracts(tmp_path / name / "extracts", as_of=AS_OF, people=120, seed=seed, fmt=fmt)
    assert fingerprints(tmp_path / "a") == fingerprints(tmp_path / "b")
    assert fingerprints(tmp_path / "a") != fingerprints(tmp_path / "c")


def test_streaming_block_by_block_writes_what_one_piece_would_hold(tmp_path):
    people = 2 * PEOPLE_PER_BLOCK + 10
    make = Make(people, 1, AS_OF, 2, with_time=False)
    write_extracts(
        tmp_path / "extracts", as_of=AS_OF, people=people, planted=False, clean=True, background_labs_per_person=2
    )
    whole = pl.concat(draw_block(make, block)["labs"] for block in range(3))
    streamed = pl.read_csv(tmp_path / "extracts" / "labs.csv", infer_schema=False)
    assert streamed["result_id"].to_list() == whole["result_id"].to_list()
    assert streamed["value"].to_list() == whole["value"].to_list()


def test_a_person_does_not_depend_on_how_many_there_are():
    few, many = (draw_block(Make(people, 1, AS_OF, 12), 0) for people in (50, 5_000))
    for name, table in few.items():
        same = many[name].filter(pl.col("patient_id") < "D00000050")
        assert table.equals(same), name


def test_every_file_can_be_read_and_holds_the_rows_that_were_counted(demo):
    for name, rows in demo.rows.items():
        path = demo.folder / name
        if path.is_dir():
            assert len(pl.read_parquet(path / "*.parquet")) == rows
            continue
        delimiter, encoding = (";", "latin-1") if name.startswith("riverside") else (",", "utf8")
        frame = pl.read_csv(
            path,
            separator=delimiter,
            encoding=encoding,
            infer_schema=False,
            truncate_ragged_lines=True,
            quote_char=None,
        )
        assert len(frame) == rows, name


def test_the_sources_differ_as_real_ones_do(demo):
    assert (demo.folder / "practice/patients.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    riverside = (demo.folder / "riverside/LAB_2026.csv").read_bytes()
    assert "µmol/L".encode("latin-1") in riverside
    assert b";4,2;" in riverside
    with gzip.open(demo.folder / "practice/prescriptions.csv.gz") as prescriptions:
        assert prescriptions.readline().startswith(b"patient_id,")


def test_the_configuration_reads_as_settings(demo):
    settings = load_settings(demo.config)
    assert [source.name for source in settings.source] == ["practice", "pharmacy", "northgate", "riverside", "hillview"]
    assert tomllib.loads(demo.config_text)["profile"] == "uk_nice_ng239"


def test_what_is_planted_is_written_beside_the_extracts_and_not_among_them(demo):
    planted = pl.read_csv(demo.planted)
    assert planted.columns == ["patient_id", "profile", "worklist", "expected", "priority", "why"]
    assert demo.planted.parent == demo.folder.parent
    assert not list(demo.folder.rglob("planted*"))


def test_each_planted_person_is_in_the_patients_file_once(demo):
    patients = pl.read_csv(demo.folder / "practice/patients.csv", infer_schema=False)
    planted = patients.filter(pl.col("patient_id").str.starts_with("P-"))
    assert planted["patient_id"].is_duplicated().sum() == 0
    assert len(planted) > 500


def test_every_reason_for_quarantine_is_there(demo):
    assert set(demo.refused["reason"]) == {
        "malformed_record", "missing_required", "bad_date", "future_date", "unknown_unit", "missing_unit",
        "impossible_value", "unknown_status", "end_before_start", "not_a_result",
    }  # fmt: skip


def test_prevalences_are_those_of_a_general_population():
    tables = draw_block(Make(PEOPLE_PER_BLOCK, 3, AS_OF, 12), 0)
    drugs, labs = tables["prescriptions"], tables["labs"]

    def share(frame: pl.DataFrame, condition: pl.Expr) -> float:
        return frame.filter(condition)["patient_id"].n_unique() / PEOPLE_PER_BLOCK

    assert 0.04 < share(drugs, pl.col("drug_name").str.starts_with("Metformin")) < 0.08
    assert 0.09 < share(drugs, pl.col("drug_name").str.starts_with("Omeprazole")) < 0.15
    assert 0.01 < share(drugs, pl.col("form") == "solution for injection") < 0.035
    assert 0.22 < share(labs, pl.col("local_code") == "VB12") < 0.38


def test_files_of_somebody_else_are_never_overwritten(tmp_path):
    (tmp_path / "b12.toml").write_text('profile = "us"\n')
    with pytest.raises(ConfigurationError, match="would be overwritten"):
        write_extracts(tmp_path / "extracts", as_of=AS_OF, people=10)
    (tmp_path / "home" / "extracts").mkdir(parents=True)
    (tmp_path / "home" / "extracts" / "labs.csv").touch()
    with pytest.raises(ConfigurationError, match="holds files already"):
        write_extracts(tmp_path / "home" / "extracts", as_of=AS_OF, people=10)


def test_progress_ends_at_the_number_of_people(tmp_path):
    told = []
    write_extracts(
        tmp_path / "x",
        as_of=AS_OF,
        people=2_500,
        planted=False,
        clean=True,
        background_labs_per_person=0.5,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(2_000, 2_500), (2_500, 2_500)]
