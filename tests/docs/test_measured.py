"""The measures in the catalogue: every one, with its rule in words, its sources and its numbers."""

import re

import pytest

from pipelines.docs import checkout, pages
from pipelines.measures import measures


@pytest.fixture(scope="module")
def page():
    return pages(checkout())["pipelines/worklists/README.md"]


@pytest.mark.parametrize("name", list(measures()))
def test_a_measure_is_shown_with_its_rule_and_sources(page, name):
    measure = measures()[name]
    section = page.split(f'<a id="{name}"></a>')[1].split("<a id=")[0]
    assert f"**{measure.title}** · `{name}`" in section
    assert measure.rationale.partition("\n")[0] in section
    assert f"**Counted** {measure.counted}." in section
    assert measure.sources[0].title in section


def test_a_number_of_a_measure_is_shown_in_each_profile_with_what_it_rests_on(page):
    row = next(line for line in page.splitlines() if line.startswith("| `metformin_tested.short_years`"))
    assert re.fullmatch(r"\| `metformin_tested.short_years` \| 1 \| 1 \| years \| .+ \|", row)


def test_every_link_inside_the_page_leads_somewhere(page):
    anchors = set(re.findall(r'<a id="([^"]+)"', page))
    assert {link for link in re.findall(r"\]\(#([^)]+)\)", page)} <= anchors
