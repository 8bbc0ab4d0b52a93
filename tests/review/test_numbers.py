"""The numbers on the page of a definition: value, unit, source and evidence, overrides told as such."""

import json
import re
from html import unescape

import pytest

from pipelines.profile import load_profile
from pipelines.review.numbers import numbers_of

LOW = "b12_total.mass_low_ng_l"


def shown(applied: dict, profile: str = "uk_nice_ng239"):
    (number,) = numbers_of({"profile": profile, "parameters": json.dumps(applied)})
    return number


def test_a_number_tells_what_it_rests_on():
    number = shown({LOW: 180})
    assert (number.value, number.unit, number.tag, number.shipped) == ("180", "ng/L", "V", None)
    assert number.source == load_profile("uk_nice_ng239").parameters[LOW].source


def test_a_number_that_the_configuration_set_names_it_as_its_source():
    number = shown({LOW: 181})
    assert (number.value, number.source.title, number.tag) == ("181", "Override in the configuration", "D")
    assert number.shipped == "180"


@pytest.mark.parametrize(("applied", "profile"), [({"old.number": 4}, "uk_nice_ng239"), ({LOW: 4}, "gone")])
def test_a_number_of_another_version_is_shown_without_a_source(applied, profile):
    number = shown(applied, profile)
    assert (number.value, number.unit, number.source, number.tag) == ("4", None, None, None)


def test_every_number_of_every_list_has_its_source_on_the_page(shared_screen):
    nora = shared_screen.user("nora")
    for slug in ("low_b12_untreated", "metformin_unmonitored", "older_adult_unscreened"):
        page = nora.get(f"/definitions/{slug}").text
        rows = re.findall(
            r'<tr><th scope="row" class="mono dotted">(.*?)</th><td class="n">([^<]*)</td><td>([^<]*)</td><td>(.*?)</td>'
            r'<td><abbr title="[^"]+">(\w+)</abbr></td></tr>',
            page,
        )
        numbers = load_profile("uk_nice_ng239").parameters
        assert rows, slug
        for name, value, unit, source, tag in rows:
            number = numbers[name.replace("<wbr>", "")]
            told = (number.shown_value, number.shown_unit, number.source.title, number.tag)
            assert (value, unescape(unit), re.sub("<[^>]*>", "", unescape(source)), tag) == told
            assert (number.source.url or "") in unescape(source)
