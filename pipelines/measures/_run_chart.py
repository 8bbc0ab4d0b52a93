"""Run charts: the series of one measure with its median, and where it is more than chance.

Rules of Perla, Provost, Murray: The run chart: a simple analytical tool for learning from variation in healthcare
processes. BMJ Qual Saf 2011;20:46-51, https://doi.org/10.1136/bmjqs.2009.037895. A shift is six or more consecutive
points all above or all below the median; points on the median are skipped, they neither make nor break one. A trend is
five or more consecutive points all going up or all going down; of equal consecutive points one counts.
"""

from itertools import groupby
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import altair as alt

SHIFT = 6
TREND = 5
POINTS = {
    "as_of": pl.Date,
    "share": pl.Float64,
    "eligible": pl.Int64,
    "open": pl.Int64,
    "median": pl.Float64,
    "is_shift": pl.Boolean,
    "is_trend": pl.Boolean,
}


def run_chart(series: pl.DataFrame) -> pl.DataFrame:
    """The points of a series, oldest first, with the median of all of them and the signals of non-random variation.

    Args:
        series: rows of ``measure`` of one measure, site, age band and sex, in any order: ``as_of``, ``share``,
            ``eligible``, ``open``. A suppressed date has no point; the dates around it are neighbors.

    Returns:
        ``as_of``, ``share``, ``eligible``, ``open``, ``median``, ``is_shift`` and ``is_trend``: whether the point
        belongs to a shift or a trend. A point on the median belongs to no shift; equal neighbors share a trend.

    Raises:
        ValueError: a date occurs twice: the rows are of more than one series.
    """
    points = series.filter(pl.col("share").is_not_null()).sort("as_of")
    if points["as_of"].n_unique() != points.height:
        raise ValueError("A run chart is of one series. Choose one measure, kind, site, age band and sex.")
    shares = points["share"].to_list()
    median = points["share"].median()
    return points.with_columns(
        median=pl.lit(median, pl.Float64),
        is_shift=pl.Series(in_shift(shares, median), dtype=pl.Boolean),
        is_trend=pl.Series(in_trend(shares), dtype=pl.Boolean),
    ).select(pl.col(name).cast(kind) for name, kind in POINTS.items())


def in_shift(shares: list[float], median: float | None) -> list[bool]:
    """Which points belong to a shift: six or more in a row on one side, not counting those on the median."""
    off_median = [place for place, share in enumerate(shares) if share != median]
    found = [False] * len(shares)
    for _, side in groupby(off_median, key=lambda place: shares[place] > median):
        run = list(side)
        for place in run if len(run) >= SHIFT else ():
            found[place] = True
    return found


def in_trend(shares: list[float]) -> list[bool]:
    """Which points belong to a trend: five or more in a row that all rise or all fall, equal neighbors as one point."""
    groups = [[place for place, _ in same] for _, same in groupby(enumerate(shares), key=lambda point: point[1])]
    values = [shares[group[0]] for group in groups]
    found = [False] * len(shares)
    for _, direction in groupby(range(1, len(groups)), key=lambda step: values[step] > values[step - 1]):
        steps = list(direction)
        run = groups[steps[0] - 1 : steps[-1] + 1]  # a point more than steps
        for place in (place for group in run for place in group) if len(run) >= TREND else ():
            found[place] = True
    return found


def draw_run_chart(points: pl.DataFrame, *, title: str, share_is: str) -> "alt.LayerChart":
    """The points of ``run_chart`` as a line with its median; points of a shift or trend stand out.

    ``share_is`` names the vertical axis: what the share is of what.
    """
    import altair as alt

    signal = (
        pl.when("is_shift").then(pl.lit("shift")).when("is_trend").then(pl.lit("trend")).otherwise(pl.lit("chance"))
    )
    told = points.with_columns(signal=signal)
    x = alt.X("as_of:T", title=None)
    y = alt.Y("share:Q", title=share_is, axis=alt.Axis(format="%"), scale=alt.Scale(zero=False))
    color = alt.Color(
        "signal:N",
        title=None,
        scale=alt.Scale(domain=["chance", "shift", "trend"], range=["#767676", "#b5460f", "#1f5fa8"]),
    )
    # Shape tells the signals apart too, where color does not reach.
    shape = alt.Shape("signal:N", title=None, scale=alt.Scale(domain=["chance", "shift", "trend"]))
    tooltip = ["as_of:T", alt.Tooltip("share:Q", format=".1%"), "open:Q", "eligible:Q", "signal:N"]
    base = alt.Chart(told, title=title)
    line = base.mark_line(color="#767676").encode(x=x, y=y)
    median = base.mark_rule(strokeDash=[6, 4]).encode(y=alt.Y("median:Q", aggregate="max"))
    marks = base.mark_point(filled=True, size=60).encode(x=x, y=y, color=color, shape=shape, tooltip=tooltip)
    return alt.layer(line, median, marks)
