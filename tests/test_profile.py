"""Profiles: what ships is complete, and a wrong override is named."""

import math

import pytest

from pipelines.errors import ConfigurationError
from pipelines.profile import load_profile, profile_names, sources


def test_the_profiles_that_ship():
    assert profile_names() == ["uk_nice_ng239", "us", "us_aafp2017", "us_conventional"]


@pytest.mark.parametrize("name", profile_names())
def test_every_number_has_a_unit_a_source_and_bounds_that_hold_it(name):
    profile = load_profile(name)
    for parameter in profile.parameters.values():
        low, high = parameter.between
        assert low <= parameter.value <= high, parameter.name
        assert parameter.unit
        assert parameter.source.title
        assert parameter.source.url or parameter.tag in ("D", "K", "V")


@pytest.mark.parametrize(
    ("name", "mass", "substance"),
    [
        ("uk_nice_ng239", (180, 350), (133, 258)),
        ("us", (180, 350), (133, 258)),
        ("us_conventional", (200, 300), (148, 221)),
        ("us_aafp2017", (150, 399), (111, 294)),
    ],
)
def test_the_cut_offs_of_total_b12(name, mass, substance):
    profile = load_profile(name)
    assert (profile["b12_total.mass_low_ng_l"], profile["b12_total.mass_high_ng_l"]) == mass
    assert (profile["b12_total.substance_low_pmol_l"], profile["b12_total.substance_high_pmol_l"]) == substance


def test_a_profile_inherits_what_it_does_not_change():
    assert load_profile("us_conventional")["scope.adult_years"] == load_profile("us")["scope.adult_years"] == 18
    assert load_profile("us")["neuro.lookback_days"] == load_profile("uk_nice_ng239")["neuro.lookback_days"] == 730
    assert set(load_profile("us")) == set(load_profile("uk_nice_ng239"))


def test_an_override_replaces_a_number_and_its_source():
    profile = load_profile("us", {"b12_total.mass_low_ng_l": 190.5, "borderline_without_mma.feature_needed": True})
    assert profile["b12_total.mass_low_ng_l"] == 190.5
    assert profile["borderline_without_mma.feature_needed"] is True
    assert profile.parameters["b12_total.mass_low_ng_l"].source.title == "Override in the configuration"
    assert load_profile("us")["b12_total.mass_low_ng_l"] == 180


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"b12_total.mass_lo_ng_l": 200}, "Did you mean 'b12_total.mass_low_ng_l'"),
        ({"b12_total.mass_low_ng_l": "200"}, 'b12_total.mass_low_ng_l is "200"; set a number'),
        ({"b12_total.mass_low_ng_l": True}, "b12_total.mass_low_ng_l is true"),
        ({"neuro.lookback_days": 730.5}, "neuro.lookback_days is 730.5; set a whole number"),
        ({"borderline_without_mma.feature_needed": 1}, "set true or false"),
        ({"b12_total.mass_low_ng_l": 5}, "Set a value from 50 to 500"),
        ({"b12_total.mass_low_ng_l": 501}, "out of bounds"),
        ({"neuro.lookback_days": -1}, "neuro.lookback_days = -1 days is out of bounds"),
        ({"b12_total.mass_low_ng_l": math.nan}, "out of bounds"),
        ({"b12_total.mass_low_ng_l": 360}, "b12_total.mass_low_ng_l = 360 lies above b12_total.mass_high_ng_l = 350"),
        ({"low_b12_untreated.after_days": 1096}, "lies above low_b12_untreated.lookback_days"),
    ],
)
def test_a_wrong_override_is_named(overrides, said):
    with pytest.raises(ConfigurationError) as error:
        load_profile("us", overrides)
    assert said in str(error.value)


def test_both_limits_may_move_together():
    profile = load_profile("us", {"b12_total.mass_low_ng_l": 360, "b12_total.mass_high_ng_l": 400})
    assert profile["b12_total.mass_low_ng_l"] == 360


def test_an_unknown_profile_is_named_with_those_that_exist():
    with pytest.raises(ConfigurationError, match=r"No profile named 'uk'.*us_conventional"):
        load_profile("uk")


def test_a_rule_that_asks_for_an_unknown_number_is_told_the_nearest():
    with pytest.raises(KeyError, match=r"neuro\.lookback_days"):
        load_profile("us")["neuro.lookback_day"]


def test_every_source_is_cited():
    cited = {parameter.source for name in profile_names() for parameter in load_profile(name).parameters.values()}
    from pipelines.measures import measures
    from pipelines.worklists import worklists

    cited |= {document for each in (*worklists().values(), *measures().values()) for document in each.sources}
    assert {title.title for title in sources().values()} == {each.title for each in cited}
