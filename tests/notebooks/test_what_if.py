"""Lists judged again with another number, on the published tables alone."""

import polars as pl
import pytest

from pipelines.duck import reading_connection
from pipelines.errors import ConfigurationError
from pipelines.profile import load_profile
from pipelines.publish import what_if
from pipelines.publish.what_if import judged_again, published_profile
from tests.practice import open_practice


@pytest.fixture(scope="module")
def published(small_demo):
    with reading_connection(small_demo / "published" / "b12.duckdb") as con:
        yield con


@pytest.mark.parametrize("people_at_once", [50_000, 100], ids=["at once", "in shards"])
def test_without_another_number_it_is_what_was_published(published, monkeypatch, people_at_once):
    monkeypatch.setattr(what_if, "PEOPLE_AT_ONCE", people_at_once)
    lists = ["low_b12_untreated", "metformin_unmonitored", "borderline_without_mma", "maintenance_stopped"]
    again = judged_again(published, {}, lists=lists)
    wanted = published.sql(
        "FROM care_gap WHERE list_contains($1, worklist) ORDER BY worklist, person_id", params=[lists]
    )
    assert again.height > 50
    assert again.equals(wanted.pl())


def test_a_higher_cut_off_finds_more_people_and_loses_none(published):
    def listed(cut_off: float) -> set[str]:
        overrides = {"b12_total.substance_low_pmol_l": cut_off, "b12_total.mass_low_ng_l": cut_off * 1.36}
        gaps = judged_again(published, overrides, lists=["low_b12_untreated"])
        return set(gaps.filter(pl.col("closed_by").is_null())["person_id"])

    assert listed(100) < listed(133) < listed(180)


def test_numbers_that_were_overridden_stay_so(tmp_path):
    practice = open_practice(tmp_path, people=5)
    practice.configure('[overrides]\n"b12_total.mass_low_ng_l" = 110\n')
    practice.night()
    assert practice.listed() == set()
    with reading_connection(practice.database) as con:
        assert published_profile(con)["b12_total.mass_low_ng_l"] == 110
        assert (
            published_profile(con)["b12_total.mass_high_ng_l"]
            == load_profile("uk_nice_ng239")["b12_total.mass_high_ng_l"]
        )
        again = judged_again(con, {"b12_total.mass_low_ng_l": 180}, lists=["low_b12_untreated"])
    assert again.height == 5


def test_a_number_that_does_not_fit_is_refused(published):
    with pytest.raises(ConfigurationError, match="Did you mean"):
        judged_again(published, {"b12_total.low": 150}, lists=["low_b12_untreated"])
    with pytest.raises(ConfigurationError, match="out of bounds"):
        judged_again(published, {"b12_total.substance_low_pmol_l": 5}, lists=["low_b12_untreated"])
