"""Every fuzzer for about a second: what it begins with, what once failed, and drawn pieces of its language."""

from collections.abc import Iterable
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.finding import fuzzer, names
from tests.fuzz.material import BETWEEN

DRAWN = {"csv_records": 60, "workbooks": 30, "forms": 20, "rows": 40, "codes": 30, "configuration": 60, "values": 60}
"""How many cases are drawn where a case takes long; 150 otherwise."""


@cache
def pieces(name: str) -> st.SearchStrategy[bytes]:
    """Choices, then pieces of the language of a parser among bytes of any kind; or a seed with such an end."""
    module = fuzzer(name)
    words = st.sampled_from([word.encode("utf-8", "surrogatepass") for word in module.WORDS])
    some = st.lists(st.one_of(words, st.just(BETWEEN), st.binary(max_size=4)), max_size=40).map(b"".join)
    cut = st.tuples(st.sampled_from(module.SEEDS), st.integers(0, 200), some).map(lambda it: it[0][: it[1]] + it[2])
    return st.one_of(some, cut)


@pytest.mark.parametrize("name", names())
def test_what_a_fuzzer_begins_with_and_what_once_failed(name):
    seeds: Iterable[bytes] = fuzzer(name).SEEDS
    for data in (b"", *seeds):
        fuzzer(name).check(data)


@pytest.mark.parametrize("name", names())
def test_drawn_input(name):
    drawn = settings(max_examples=DRAWN.get(name, 150), suppress_health_check=list(HealthCheck), database=None)
    drawn(given(pieces(name))(lambda data: fuzzer(name).check(data)))()
