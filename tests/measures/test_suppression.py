"""What is withheld cannot be worked out from what is told: an audit by linear programming on small tables."""

from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pipelines.measures._counts import COUNTS
from pipelines.measures._rows import measure_rows
from pipelines.profile import load_profile
from tests.measures.drawing import AS_OF

SMALL = 5  # the least that the profile allows: small tables then tell something
PROFILE = load_profile("uk_nice_ng239", {"measure.small_number": SMALL})
AXES = ("site", "age_band", "sex")
PARTS = ("open", "closed")


def rows_of(tables: dict[str, np.ndarray]) -> pl.DataFrame:
    """The published rows of tables of people by site, age band, sex and part (open, closed)."""
    counts = [
        (
            "worklist",
            name,
            *(f"{axis[:2]}{place}" for axis, place in zip(AXES, cell, strict=True)),
            int(sum(table[cell])),
            int(table[cell][0]),
        )
        for name, table in tables.items()
        for cell in product(*map(range, table.shape[:3]))
    ]
    return measure_rows(pl.DataFrame(counts, schema=COUNTS, orient="row"), as_of=AS_OF, profile=PROFILE)


def cells_of(row: dict, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The finest cells that a row adds up."""
    return list(
        product(*(range(n) if row[axis] is None else [int(row[axis][2:])] for axis, n in zip(AXES, shape, strict=True)))
    )


def every_row(shape: tuple[int, ...]) -> list[dict]:
    """The key of every row there could be, published or left out."""
    names = [[None, *(f"{axis[:2]}{place}" for place in range(n))] for axis, n in zip(AXES, shape, strict=True)]
    return [dict(zip(AXES, key, strict=True)) for key in product(*names)]


def recoverable(rows: pl.DataFrame, shape: tuple[int, ...]) -> list[tuple]:
    """Counts that are not told and yet have one possible value, given all that is told of one measure."""
    place = {cell: 2 * i for i, cell in enumerate(product(*map(range, shape)))}
    told, known = [], []

    def weights(row: dict, column: str) -> np.ndarray:
        vector = np.zeros(2 * len(place))
        for cell in cells_of(row, shape):
            vector[place[cell]] = 1
            vector[place[cell] + 1] = column == "eligible"
        return vector

    published = {tuple(row[axis] for axis in AXES): row for row in rows.to_dicts()}
    for row in published.values():
        if not row["suppressed"]:
            for column in ("eligible", "open"):
                told.append(weights(row, column))
                known.append(row[column])
    found = []
    for key in every_row(shape):
        row = published.get(tuple(key.values()), {"suppressed": True})
        if not row["suppressed"]:
            continue
        for column in ("eligible", "open"):
            asked = weights(key, column)
            ends = [_end(sign * asked, told, known) for sign in (1, -1)]
            if ends[1] is not None and -ends[1] - ends[0] < 1 - 1e-6:
                found.append((*key.values(), column))
    return found


def _end(costs: np.ndarray, told: list[np.ndarray], known: list[int]) -> float | None:
    """The least that this sum of counts can be; null when there is no least."""
    if not told:
        return None
    outcome = linprog(costs, A_eq=np.array(told), b_eq=known, bounds=(0, None), method="highs")
    assert outcome.status in (0, 3), outcome.message
    return outcome.fun if outcome.status == 0 else None


def small_tables(parts: int = 2):
    shapes = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
    people = st.one_of(
        st.sampled_from([0, 1, SMALL - 1, SMALL, SMALL + 1, 2 * SMALL, 30]), st.integers(0, 40), st.integers(SMALL, 60)
    )
    return shapes.flatmap(
        lambda shape: st.lists(people, min_size=parts * int(np.prod(shape)), max_size=parts * int(np.prod(shape))).map(
            lambda counts: np.array(counts).reshape(*shape, parts)
        )
    )


def mostly_large(shape: tuple[int, ...], **small: int) -> np.ndarray:
    table = np.full((*shape, 2), 20)
    for cell, people in small.items():
        table[tuple(int(digit) for digit in cell[1:])] = people
    return table


@settings(max_examples=150)
@given(small_tables())
@example(mostly_large((3, 2, 2), c0000=1))  # one small cell of one site
@example(mostly_large((3, 2, 2), c0000=0, c1110=0))  # two whose zeros would tie each other
@example(mostly_large((2, 2, 2), c0001=2, c1101=2))
@example(mostly_large((2, 3, 3), c0020=0, c1020=0))  # a category that is rare everywhere
@example(mostly_large((1, 3, 3), c0020=0))
@example(mostly_large((4, 1, 1), c0000=4))
def test_no_withheld_count_has_a_single_possible_value(table):
    assert recoverable(rows_of({"a": table}), table.shape[:3]) == []


@settings(max_examples=150)
@given(small_tables())
def test_no_count_under_the_limit_is_told_nor_left_over_between_eligible_and_open(table):
    told = rows_of({"a": table}).filter(~pl.col("suppressed"))
    assert (told["open"] >= SMALL).all()
    assert (told["eligible"] - told["open"] >= SMALL).all()
    assert (told["share"] == told["open"] / told["eligible"]).all()


@settings(max_examples=100)
@given(small_tables())
def test_what_is_told_is_true_and_what_is_withheld_is_null(table):
    rows = rows_of({"a": table})
    for row in rows.to_dicts():
        cells = [table[cell] for cell in cells_of(row, table.shape[:3])]
        truth = (int(np.sum(cells)), int(np.sum([cell[0] for cell in cells])))
        assert (row["eligible"], row["open"]) == ((None, None) if row["suppressed"] else truth)
        assert row["suppressed"] == (row["share"] is None)
    assert rows.select(AXES).is_duplicated().sum() == 0


@settings(max_examples=60)
@given(small_tables(parts=3))
def test_two_measures_of_the_same_people_withhold_the_same_cells(table):
    """As maintenance stopped and overdue: other people are open, of the same eligible ones."""
    first = np.stack([table[..., 0], table[..., 1] + table[..., 2]], axis=-1)
    second = np.stack([table[..., 1], table[..., 0] + table[..., 2]], axis=-1)
    rows = rows_of({"a": first, "b": second})
    withheld = [rows.filter(pl.col("measure") == name, pl.col("suppressed")).select(AXES) for name in ("a", "b")]
    assert withheld[0].sort(AXES, nulls_last=True).equals(withheld[1].sort(AXES, nulls_last=True))


def told_rows(table: np.ndarray) -> set[tuple]:
    return set(rows_of({"a": table}).filter(~pl.col("suppressed")).select(AXES).rows())


def test_a_table_without_small_numbers_is_told_whole():
    shape = (3, 2, 2)
    assert told_rows(mostly_large(shape)) == {tuple(key.values()) for key in every_row(shape)}


@pytest.mark.parametrize("part", [0, 1])
def test_the_limit_itself_is_told_and_one_less_is_not(part):
    for people, is_told in ((SMALL, True), (SMALL - 1, False)):
        table = mostly_large((3, 1, 1), **{f"c000{part}": people})
        assert (("si0", None, None) in told_rows(table)) == is_told


def test_a_withheld_site_takes_the_smallest_other_with_it():
    table = mostly_large((3, 1, 1), c0000=1, c1000=19)
    assert told_rows(table) & {(f"si{place}", None, None) for place in range(3)} == {("si2", None, None)}
    assert (None, None, None) in told_rows(table)


def test_two_withheld_sites_that_make_up_the_limit_need_no_third():
    table = mostly_large((3, 1, 1), c0000=2, c1000=3)
    assert ("si2", None, None) in told_rows(table)
    table = mostly_large((3, 1, 1), c0000=2, c1000=2)
    assert ("si2", None, None) not in told_rows(table)


def test_a_rare_category_is_withheld_everywhere_with_the_next_smallest():
    table = mostly_large((3, 1, 3))
    table[:, :, 1] = 15
    table[:, :, 2] = 1  # three people over all sites
    told = told_rows(table)
    assert {sex for site, _, sex in told if site is None} == {None, "se0"}
    assert {sex for site, _, sex in told if site is not None} == {None, "se0"}


def test_a_site_too_small_for_its_age_bands_still_tells_its_total():
    table = mostly_large((3, 2, 1), c0000=1, c1000=1, c2000=40)
    told = told_rows(table)
    assert ("si0", None, None) in told
    assert ("si0", "ag0", None) not in told
    assert (None, "ag0", None) in told


def test_nothing_is_told_of_a_measure_of_nobody():
    rows = rows_of({"a": np.zeros((2, 2, 2, 2), dtype=int)})
    assert rows["suppressed"].all()
    assert rows.select(AXES).rows() == [(None, None, None), ("si0", None, None), ("si1", None, None)]
