"""One person of a home folder: from the publication, from the store at another date, and somebody nobody knows."""

import json
from datetime import timedelta

import duckdb
import pytest

from pipelines.errors import B12Error, ConfigurationError
from pipelines.explain import as_text, explain_person
from pipelines.worklists import worklists
from tests.practice import OPENING, Practice, low_results, metformin


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A practice of two people with low B12, three weeks before its first night."""
    practice = Practice(tmp_path_factory.mktemp("explained"))
    practice.labs("labs_000.csv", *low_results(range(2)))
    practice.prescriptions("prescriptions_000.csv", *metformin(range(1)))
    practice.night()
    return practice


@pytest.fixture
def practice(opened, tmp_path):
    return opened.copy(tmp_path)


def low(practice: Practice, **asked):
    return explain_person(practice.home, None, "p01", worklist="low_b12_untreated", **asked).lists[0]


def test_the_publication_is_explained_with_the_place_of_each_row(opened):
    found = explain_person(opened.home, None, "p01")
    assert [listed.worklist for listed in found.lists] == list(worklists())
    assert (found.as_of, found.profile, found.out_of_scope) == (OPENING, "uk_nice_ng239", None)
    listed = next(listed for listed in found.lists if listed.worklist == "low_b12_untreated")
    assert listed.state == "open"
    assert (listed.conditions[0].source_file, listed.conditions[0].source_row) == ("labs_000.csv", 2)
    (published,) = opened.rows("SELECT item_key, reason FROM care_gap WHERE person_id = 'p01'")
    assert (listed.item_key, listed.reason) == published


def test_an_open_item_is_told_with_its_life_and_of_another_date_there_is_none(opened):
    assert (low(opened).life["state"], low(opened).life["first_listed"]) == ("new", OPENING)
    assert low(opened, as_of=OPENING + timedelta(days=1)).life is None


def test_a_publication_that_the_rules_of_today_do_not_bear_out_is_named(practice):
    assert explain_person(practice.home, None, "p01").differs == []
    practice.database.chmod(0o644)
    with duckdb.connect(practice.database) as con:
        con.execute("UPDATE care_gap SET closed_by = 'treated' WHERE person_id = 'p01'")
    found = explain_person(practice.home, None, "p01")
    assert found.differs == ["low_b12_untreated"]
    assert "says otherwise of:\n  low_b12_untreated" in as_text(found)
    assert explain_person(practice.home, None, "p01", worklist="route_mismatch").differs == []


def test_another_date_is_judged_on_what_the_store_knew_then(opened):
    assert low(opened, as_of=OPENING + timedelta(days=1)).state == "open"
    sooner = low(opened, as_of=OPENING - timedelta(days=8))  # the result is 13 days old, and it is known
    assert (sooner.state, sooner.is_near_miss) == ("not eligible", True)
    assert [condition.name for condition in sooner.failed] == ["dated"]


def test_another_date_is_not_judged_on_a_damaged_store(practice):
    part = next((practice.home / "store" / "files").glob("*/measurement.parquet"))
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    with pytest.raises(B12Error, match="The store is damaged at"):
        low(practice, as_of=OPENING + timedelta(days=1))
    assert low(practice).state == "open"  # the publication is whole


def test_of_a_date_before_anything_was_known_there_is_nobody(opened):
    with pytest.raises(B12Error, match="No row of this person was kept as of that date"):
        explain_person(opened.home, None, "p01", as_of=OPENING - timedelta(days=22))


def test_somebody_unknown_is_refused_without_repeating_who(opened):
    with pytest.raises(B12Error) as refused:
        explain_person(opened.home, None, "Somebody Else")
    assert "Somebody" not in str(refused.value)


def test_a_list_that_does_not_exist_is_refused(opened):
    with pytest.raises(ConfigurationError, match="No worklist named 'low_b13'"):
        explain_person(opened.home, None, "p01", worklist="low_b13")


def test_nothing_published_is_said_with_what_to_do(tmp_path):
    with pytest.raises(B12Error, match="Nothing is published"):
        explain_person(tmp_path, None, "p01")


def test_the_publication_is_explained_by_the_profile_it_was_made_with(practice):
    practice.configure('profile = "uk_nice_ng239"\n')
    practice.night(1, profile="us")
    assert explain_person(practice.home, None, "p01").profile == "us"
    assert explain_person(practice.home, None, "p01", as_of=OPENING).profile == "uk_nice_ng239"


def test_the_publication_is_explained_by_its_numbers_and_another_date_by_the_configured_ones(practice):
    practice.configure('[overrides]\n"b12_total.mass_low_ng_l" = 121\n')
    practice.night(1)
    practice.configure('[overrides]\n"b12_total.mass_low_ng_l" = 119\n')
    assert low(practice).state == "open"
    assert "(121 ng/L)" in low(practice).conditions[1].told
    assert low(practice, as_of=OPENING).state == "not eligible"


def test_json_holds_every_condition_with_its_value_and_place(opened):
    told = json.loads(explain_person(opened.home, None, "p01").as_json())
    first = told["lists"][[each["worklist"] for each in told["lists"]].index("low_b12_untreated")]["conditions"][1]
    assert (first["name"], first["holds"], first["unit"], first["source_file"]) == (
        "low",
        True,
        "pmol/L",
        "labs_000.csv",
    )
    assert first["date"] == str(OPENING - timedelta(days=21))
    assert told["timeline"][0]["what"] == "serum_b12"
