"""Run charts: the median, shifts of six points and trends of five."""

from datetime import date, timedelta

import polars as pl
import pytest

from pipelines.measures import draw_run_chart, run_chart
from pipelines.measures._run_chart import POINTS, in_shift, in_trend


def series(*shares: float | None) -> pl.DataFrame:
    """Month after month; an empty share is a suppressed date."""
    days = [date(2024, 1, 31) + timedelta(days=30 * place) for place in range(len(shares))]
    open_ = [None if share is None else round(share * 1000) for share in shares]
    eligible = [None if share is None else 1000 for share in shares]
    columns = {"as_of": days, "share": shares, "eligible": eligible, "open": open_}
    return pl.DataFrame(columns, schema={name: POINTS[name] for name in columns})


def flags(text: str) -> list[bool]:
    return [letter == "x" for letter in text]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([6, 6, 6, 6, 6, 6, 4, 4, 4, 4, 4, 4], "xxxxxxxxxxxx"),  # six above, six below
        ([6, 6, 6, 6, 6, 4, 6, 4, 4, 4, 4, 4], "............"),  # five are chance
        ([6, 6, 6, 5, 6, 6, 6, 4, 5, 4], "xxx.xxx..."),  # a point on the median is skipped: it does not break the run
        ([6, 6, 6, 5, 5, 6, 6, 4], "........"),  # nor does it make one
        ([5, 5, 5, 5, 5, 5, 5], "......."),
        ([], ""),
    ],
)
def test_six_points_on_one_side_of_the_median_are_a_shift(shares, expected):
    assert in_shift(shares, 5) == flags(expected)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([1, 2, 3, 4, 5], "xxxxx"),
        ([1, 2, 3, 4], "...."),  # four are chance
        ([5, 4, 3, 2, 1], "xxxxx"),
        ([9, 1, 2, 3, 4, 5, 0], ".xxxxx."),  # the point it turns at belongs to both directions, and makes five here
        ([3, 1, 2, 3, 4, 0], "......"),
        ([1, 2, 2, 3, 4, 5], "xxxxxx"),  # equal neighbors count as one point
        ([1, 2, 2, 3, 4], "....."),
        ([1, 2, 3, 4, 5, 4, 3, 2, 1], "xxxxxxxxx"),  # up and down again
        ([7], "."),
        ([], ""),
    ],
)
def test_five_points_that_all_rise_or_all_fall_are_a_trend(shares, expected):
    assert in_trend(shares) == flags(expected)


def test_the_median_is_that_of_the_shares_and_every_point_carries_it():
    points = run_chart(series(0.4, 0.1, 0.2, 0.3))
    assert points["median"].to_list() == [0.25] * 4
    assert points.schema == POINTS


def test_a_suppressed_date_has_no_point_and_its_neighbors_meet():
    points = run_chart(series(0.1, 0.2, None, 0.3, 0.4, 0.5))
    assert points.height == 5
    assert points["is_trend"].all()


def test_the_order_of_the_rows_does_not_matter():
    rows = series(0.1, 0.2, 0.3, 0.4, 0.5, 0.4)
    assert run_chart(rows.reverse()).equals(run_chart(rows))


def test_a_series_without_a_point_is_an_empty_chart():
    assert run_chart(series(None, None)).is_empty()
    assert draw_run_chart(run_chart(series()), title="Nothing", share_is="Open").to_dict()


def test_rows_of_two_series_are_refused():
    with pytest.raises(ValueError, match="of one series"):
        run_chart(pl.concat([series(0.1), series(0.2)]))


def test_the_chart_shows_the_points_the_median_and_the_signals():
    import vl_convert

    chart = draw_run_chart(run_chart(series(0.1, 0.2, 0.3, 0.4, 0.5)), title="Low B12, untreated", share_is="Open")
    svg = vl_convert.vegalite_to_svg(chart.to_json())
    assert "Low B12, untreated" in svg
    assert "trend" in svg
