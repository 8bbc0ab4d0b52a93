"""Month ends from the store: what is computed, kept, resumed and refused."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.duck import working_connection
from pipelines.errors import B12Error, ConfigurationError
from pipelines.measures import MeasureFiles, backfill, measure_hashes, month_ends
from pipelines.orchestration.backfill import BackfillRequest, run_backfill
from pipelines.profile import load_profile
from tests.clinic import Clinic

PROFILE = load_profile("uk_nice_ng239")
DATES = month_ends(date(2026, 1, 15), date(2026, 4, 2))


@pytest.fixture
def clinic(tmp_path):
    """Thirty people on metformin; each month five more of them are tested."""
    clinic = Clinic(tmp_path)
    everyone = range(30)
    clinic.put(
        "prescriptions_1.csv",
        "\n".join(
            [
                "patient_id | prescription_id | drug_name | start_date | end_date",
                *(f"p{n} | m{n} | Metformin 500 mg tablets | 2025-06-01 | 2026-12-31" for n in everyone),
            ]
        ),
    )
    clinic.put(
        "labs_1.csv",
        "\n".join(
            [
                "patient_id | result_id | test_code | value | unit | collected_at",
                *(f"p{n} | r{n} | 2132-9 | 500 | ng/L | 2026-0{1 + n // 5}-10" for n in everyone if n < 25),
            ]
        ),
    )
    clinic.night("2026-06-01")
    return clinic


class Interrupted(Exception):
    pass


def measured(clinic: Clinic, *, profile=PROFILE, codes="codes", until: int | None = None) -> dict[date, bool]:
    """Backfill into the home of the clinic; whether each date was computed. It may break off after some dates."""
    told: list[str] = []

    def progress(line: str) -> None:
        told.append(line)
        if until is not None and len(told) > until + 1:
            raise Interrupted

    with working_connection() as con:
        done = backfill(
            clinic.store,
            files(clinic),
            DATES,
            profile=profile,
            hashes=measure_hashes(profile, codes),
            work=clinic.work / "past",
            con=con,
            progress=progress,
        )
    return {each.as_of: each.computed for each in done}


def files(clinic: Clinic) -> MeasureFiles:
    return MeasureFiles(clinic.work.parent / "measures")


def with_a_test(clinic: Clinic) -> dict[date, int | None]:
    rows = files(clinic).rows().filter(pl.col("measure") == "metformin_tested_1_year", pl.col("site").is_null())
    totals = rows.filter(pl.col("age_band").is_null(), pl.col("sex").is_null()).sort("as_of")
    return dict(totals.select("as_of", "open").rows())


ALL, NONE = dict.fromkeys(DATES, True), dict.fromkeys(DATES, False)


def test_month_ends_are_the_last_days_of_the_months_asked_for():
    assert month_ends(date(2026, 1, 15), date(2026, 4, 2)) == [
        date(2026, 1, 31),
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
    ]
    assert month_ends(date(2024, 2, 1), date(2024, 2, 1)) == [date(2024, 2, 29)]


def test_each_month_end_counts_what_was_known_on_it(clinic):
    assert measured(clinic) == ALL
    assert with_a_test(clinic) == {DATES[0]: None, DATES[1]: 10, DATES[2]: 15, DATES[3]: 20}


def test_a_month_end_is_computed_once(clinic):
    measured(clinic)
    assert measured(clinic) == NONE


def test_what_a_crash_interrupts_goes_on_where_it_was(clinic):
    with pytest.raises(Interrupted):
        measured(clinic, until=2)
    assert list(with_a_test(clinic)) == DATES[:2]
    assert measured(clinic) == {DATES[0]: False, DATES[1]: False, DATES[2]: True, DATES[3]: True}
    assert not (clinic.work / "past").exists()


@pytest.mark.parametrize("changed", ["profile", "codes"])
def test_another_definition_computes_every_month_end_again(clinic, changed):
    measured(clinic)
    other = {
        "profile": {"profile": load_profile("uk_nice_ng239", {"oral_candidate.years": 3})},
        "codes": {"codes": "other codes"},
    }
    assert measured(clinic, **other[changed]) == ALL
    assert measured(clinic, **other[changed]) == NONE


def test_a_delivery_that_reaches_back_computes_the_months_that_it_tells_of(clinic):
    measured(clinic)
    clinic.put(
        "labs_2.csv",
        """
        patient_id | result_id | test_code | value | unit | collected_at
        p29        | late      | 2132-9    | 500   | ng/L | 2026-03-20
        """,
    )
    clinic.night("2026-06-02")
    assert measured(clinic) == {DATES[0]: False, DATES[1]: False, DATES[2]: True, DATES[3]: True}
    assert with_a_test(clinic) == {
        DATES[0]: None,
        DATES[1]: 10,
        DATES[2]: 16,
        DATES[3]: None,
    }  # 21 tested leave 9 who are not


def test_a_damaged_file_is_computed_again(clinic):
    measured(clinic)
    (files(clinic).folder / f"{DATES[1]}.parquet").write_bytes(b"")
    assert measured(clinic) == NONE | {DATES[1]: True}


@pytest.fixture
def home(tmp_path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_months_that_are_turned_around_or_have_not_ended_are_refused(home):
    with pytest.raises(ConfigurationError, match="--from 2026-03 lies after --to 2026-01"):
        run_backfill(BackfillRequest(home, date(2026, 3, 1), date(2026, 1, 1)))
    with pytest.raises(ConfigurationError, match="2999-01 has not ended"):
        run_backfill(BackfillRequest(home, date(2026, 3, 1), date(2999, 1, 1)))


def test_a_home_into_which_nothing_was_read_is_named(home):
    with pytest.raises(B12Error, match="there is no store"):
        run_backfill(BackfillRequest(home, date(2026, 1, 1), date(2026, 1, 1)))


def test_the_command_says_what_became_of_each_month_end(clinic, home):
    clinic.work.parent.joinpath("store").rename(home / "store")
    asked = ["--home", str(home), "backfill", "--from", "2026-01", "--to", "2026-02"]
    first = CliRunner().invoke(app, [*asked, "--json"])
    assert [month["outcome"] for month in json.loads(first.stdout)["months"]] == ["computed", "computed"]
    again = CliRunner().invoke(app, asked)
    assert "2026-02-28  kept" in again.stdout
    assert (home / "measures" / "2026-01-31.parquet").is_file()
