"""What the benchmarks print, and that what they compare makes the same lists."""

import polars as pl
import pytest

from tests.benchmarks import agreement, takein
from tests.benchmarks.bench import MOST_GROWTH, Bench, growth
from tests.benchmarks.deliveries import AS_OF
from tests.benchmarks.measure import Cost
from tests.benchmarks.review import LOADED
from tests.benchmarks.table import at_least, printed, verdict
from tests.benchmarks.workloads import LISTS


def test_a_target_is_met_at_its_limit_and_missed_beyond_it():
    assert verdict(1.5, 1.5) == ("1.50", "1.5", "met")
    assert verdict(3.0, 1.5) == ("3.00", "1.5", "missed, 2.0 x")
    assert at_least(0.5, 0.5) == ("0.50", "0.5", "met")
    assert at_least(0.25, 0.5) == ("0.25", "0.5", "missed, 2.0 x")


def test_words_stand_left_and_numbers_right():
    table = printed(("what", "s"), [("first row", "1.0"), ("save", "12.0")], {"what"})
    assert table.splitlines() == ["what          s", "first row   1.0", "save       12.0"]


@pytest.mark.parametrize(("cpu", "said"), [(10 * MOST_GROWTH, "met"), (10 * MOST_GROWTH + 0.1, "missed, 1.0 x")])
def test_growth_is_told_per_patient(tmp_path, cpu, said):
    smaller, larger = Bench(tmp_path, 100), Bench(tmp_path, 1000)
    smaller.costs["b12 run, Parquet"] = Cost(1.0, 1.0, 0.1)
    smaller.costs["b12 run, CSV"] = Cost(1.0, 1.0, 0.1)  # not measured for the larger
    larger.costs["b12 run, Parquet"] = Cost(cpu, 1.0, 0.1)
    (row,) = growth(smaller, larger)
    assert (row[0], row[1], row[-1]) == ("1,000", "b12 run, Parquet, CPU per patient", said)


def test_what_a_page_loads_is_told_from_what_it_links_to():
    page = '<a href="https://a.example">x</a><script src="https://b.example/x.js"></script><link rel="i" href="/static/c.css">'
    assert LOADED.findall(page) == ["https://b.example/x.js", "/static/c.css"]


def test_formats_are_those_that_have_a_module():
    assert "native" in takein.kinds()


def test_a_format_is_taken_in_and_parsed_in_full(tmp_path):
    from tests.benchmarks.formats import native

    native.write(tmp_path / "native", 20)
    records = native.bare(tmp_path / "native")
    assert records > 20 * 60
    assert takein.take_in(tmp_path / "native", tmp_path / "home") == records


@pytest.fixture(scope="module")
def extracts(tmp_path_factory):
    from pipelines.demo.extracts import write_extracts

    folder = tmp_path_factory.mktemp("clinic") / "extracts"
    write_extracts(folder, as_of=AS_OF, people=2000, planted=True, fmt="parquet", clean=True)
    return folder


def test_sql_polars_and_pandas_make_the_same_lists(extracts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for make in LISTS.values():
        make(extracts, AS_OF)
    for library in ("polars", "pandas"):
        told = agreement.of_scripts(tmp_path, f"{library}_")
        assert {name: said.partition(", ")[2] for name, said in told.items()} == dict.fromkeys(told, "agree")
    for name in agreement.LISTS:
        assert pl.read_csv(tmp_path / f"{name}.csv").height > 0, name
