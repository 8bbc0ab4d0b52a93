"""The timeline of a person as a chart."""

import json

import pytest

from pipelines.errors import ConfigurationError
from pipelines.explain import as_svg, save_chart, timeline_chart
from tests.explain.near_misses import drug, injected, lab, told
from tests.explain.test_conditions import explanation

RESULTS = lab("serum_b12 | 2026-01-01 | 100", "hemoglobin | 2026-01-02 | 110", "serum_b12 | 2026-06-01 | 600")
TREATED = injected("2026-01-10", "2026-01-20") | RESULTS | told("neuropathy | 2026-02-01")


def drawn(given, **asked) -> tuple[dict, str]:
    spec = timeline_chart(explanation(given, "low_b12_untreated", **asked)).to_dict()
    return spec, json.dumps(spec)


def panels(spec: dict) -> list[str]:
    return [panel["title"]["text"] for panel in spec["vconcat"]]


def test_there_is_a_panel_for_each_test_that_has_results_and_one_for_treatment():
    spec, _ = drawn(TREATED)
    assert panels(spec) == ["Serum B12, pmol/L", "Hemoglobin, g/L", "Treatment and diagnoses"]
    assert panels(drawn(drug("metformin | 2026-01-01 | 2026-12-24 | 1000"))[0]) == ["Treatment and diagnoses"]


def test_the_limits_are_those_of_the_profile_and_of_the_sex():
    _, text = drawn(TREATED)
    for limit in ("low below 133", "unlikely above 258", "anemia 120"):
        assert limit in text
    men = TREATED | {"person": "person_id | sex\np | M"}
    assert "anemia 130" in drawn(men)[1]
    assert "low 148" in drawn(TREATED, profile="us_conventional")[1]


def test_injections_are_ticks_and_what_runs_is_a_bar_as_long_as_the_rules_take_it():
    given = drug("b12_oral | 2026-01-01 | | 1000", "b12_injectable | 2026-03-01 | 2026-03-01 |")
    rows = drawn(given)[0]["vconcat"][0]["layer"][1]["data"]["values"]
    assert [(row["what"], row["until"], row["runs"]) for row in rows] == [
        ("Oral B12", "2026-12-31", True),
        ("B12 injection", "2026-03-01", False),
    ]


def test_a_result_that_is_a_bound_points_where_the_truth_lies():
    given = {
        "measurement": "person_id | concept | measurement_date | value | comparator\np | serum_b12 | 2026-01-01 | 80 | <"
    }
    assert '"bound": "below"' in drawn(given)[1]


def test_only_positive_antibodies_stand_among_the_diagnoses():
    rows = drawn(lab("intrinsic_factor_ab | 2026-01-01 | 0", "intrinsic_factor_ab | 2026-02-01 | 1"))[0]
    values = rows["vconcat"][0]["layer"][1]["data"]["values"]
    assert [(row["date"], row["what"]) for row in values] == [("2026-02-01", "Intrinsic factor antibodies")]


def test_results_that_do_not_count_are_not_drawn():
    given = {
        "measurement": "person_id | concept | measurement_date | value | status\np | mcv | 2026-01-01 | 101 | preliminary"
    }
    assert panels(drawn(given)[0]) == ["Treatment and diagnoses"]


@pytest.mark.parametrize(("name", "begins"), [("p.svg", b"<svg"), ("p.png", b"\x89PNG")])
def test_it_is_saved_as_svg_or_png(tmp_path, name, begins):
    save_chart(explanation(TREATED, "low_b12_untreated"), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_it_is_handed_out_as_svg_text_for_a_page():
    assert as_svg(explanation(TREATED, "low_b12_untreated")).startswith("<svg")


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"\.svg or \.png"):
        save_chart(explanation(TREATED, "low_b12_untreated"), tmp_path / "p.pdf")


def test_somebody_with_nothing_on_record_gets_an_empty_chart(tmp_path):
    save_chart(explanation({"person": "person_id\np"}, "low_b12_untreated"), tmp_path / "p.svg")
    assert (tmp_path / "p.svg").exists()
