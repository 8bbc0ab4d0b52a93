"""A list over time: the share of eligible people with an open gap, and where it is more than chance."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipelines.review.sight import Sight

ALL_SITES = ""


def sites_of(sight: Sight) -> list[str]:
    """Whose series can be looked at: all sites together, for a visitor who sees every one, then each."""
    rows = sight.rows("SELECT DISTINCT site FROM seen_item WHERE site IS NOT NULL ORDER BY site")
    every = [ALL_SITES] if sight.visitor.access.sites() is None else []
    return [*every, *(row["site"] for row in rows)]


def points_of(sight: Sight, slug: str, site: str) -> pl.DataFrame:
    """The points of the run chart of a list, oldest first, with ``is_redefined`` where its definition changed.

    Empty for a publication without measures, and where every number is withheld for being small.
    """
    if not sight.has("measure"):
        return pl.DataFrame()
    from pipelines.measures import run_chart

    series = sight.frame(
        """
        SELECT as_of, eligible, open, share, definition_hash FROM seen_measure
        WHERE measure = ? AND kind = 'worklist' AND site IS NOT DISTINCT FROM ? AND age_band IS NULL AND sex IS NULL
        ORDER BY as_of
        """,
        [slug, site or None],
    )
    changed = (pl.col("definition_hash") != pl.col("definition_hash").shift(1)).fill_null(False)
    marks = series.select("as_of", is_redefined=changed)
    return run_chart(series).join(marks, on="as_of", how="left", maintain_order="left")


def told(points: pl.DataFrame) -> list[dict[str, Any]]:
    """The points, newest first, each with what is to be said of it."""
    said = {"is_shift": "shift", "is_trend": "trend", "is_redefined": "the definition changed"}
    rows = points.reverse().to_dicts()
    return [row | {"said": ", ".join(words for name, words in said.items() if row[name])} for row in rows]


def chart_of(points: pl.DataFrame, notes: Sequence[Mapping[str, Any]], title: str) -> str:
    """The run chart as SVG, with the number of each note above its day; what notes say stands in the table alone."""
    import altair as alt

    from pipelines.measures import draw_run_chart

    chart = draw_run_chart(points.drop("is_redefined"), title=title, share_is="open, of the eligible")
    shown = [{"on_date": note["on_date"], "number": str(note["number"])} for note in notes]
    marks = pl.DataFrame(shown, schema={"on_date": pl.Date, "number": pl.String})
    marks = marks.filter(pl.col("on_date") >= points["as_of"].min())  # an older day would squeeze the line
    if not marks.is_empty():
        of_day = marks.group_by("on_date", maintain_order=True).agg(pl.col("number").str.join(", "))
        base = alt.Chart(of_day).encode(x=alt.X("on_date:T", title=None))
        line = base.mark_rule(color="#5b3a8c", strokeDash=[2, 3])
        number = base.mark_text(baseline="top", align="left", dx=3, fontWeight="bold", color="#5b3a8c")
        chart = chart + line + number.encode(text="number:N", y=alt.value(0))
    drawn = io.StringIO()
    chart.properties(width=520, height=200).save(drawn, format="svg")
    return drawn.getvalue()
