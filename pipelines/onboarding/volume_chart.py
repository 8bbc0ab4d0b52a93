"""The volume of each extract table by month and site, as a chart; and the same months as a table for the terminal."""

from io import StringIO
from typing import Any

import polars as pl

from pipelines.onboarding.source_facts import TABLE_OF

SITES_DRAWN = 7
"""Sites that are told apart: more colors than this are told apart by nobody. The rest is drawn as one."""

OTHERS = "(other sites)"
MONTHS_DRAWN = 60
MONTHS_TOLD = 12
_WIDTH, _HEIGHT = 760, 120  # pixels
_COLORS = ["#1f4e79", "#c44900", "#00755e", "#7a3e9d", "#8a6d00", "#a3123f", "#3f7fbf", "#8a8f98"]


def drawn_volume(volume: pl.DataFrame) -> pl.DataFrame:
    """The last months with the busiest sites by name, every month of every line there: one without rows is zero."""
    if not volume.height:
        return volume
    busiest = volume.group_by("site").agg(pl.col("rows").sum()).sort("rows", "site", descending=[True, False])
    named = busiest["site"].head(SITES_DRAWN).to_list()
    site = pl.when(pl.col("site").is_in(named)).then("site").otherwise(pl.lit(OTHERS))
    last = volume["month"].max()
    recent = volume.filter(pl.col("month") > pl.lit(last).dt.offset_by(f"-{MONTHS_DRAWN}mo")).with_columns(site=site)
    months = pl.DataFrame({"month": pl.date_range(recent["month"].min(), last, "1mo", eager=True)})
    lines = recent.select("table", "site").unique()
    counted = recent.group_by("table", "site", "month").agg(pl.col("rows").sum())
    return (
        lines.join(months, how="cross")
        .join(counted, on=["table", "site", "month"], how="left")
        .with_columns(pl.col("rows").fill_null(0))
        .sort("table", "site", "month")
    )


def volume_svg(volume: pl.DataFrame) -> str:
    """The chart as SVG text: a panel for each table, a line for each site; empty when nothing was kept."""
    if not volume.height:
        return ""
    import altair as alt

    drawn = drawn_volume(volume)
    sites = [name for name in drawn["site"].unique(maintain_order=True).sort() if name != OTHERS]
    sites += [OTHERS] if OTHERS in drawn["site"] else []
    color = alt.Color("site:N", title="Site", scale=alt.Scale(domain=sites, range=_COLORS[: len(sites)]))
    panels = [
        _panel(drawn.filter(pl.col("table") == table), table, color)
        for table in TABLE_OF.values()
        if table in drawn["table"]
    ]
    chart = (
        alt.vconcat(*panels, spacing=10)
        .resolve_scale(x="shared")
        .properties(title=alt.TitleParams("Rows on the pathway by month and site", anchor="start", fontSize=14))
        .configure(font="sans-serif", background="white")
        .configure_view(stroke="#d1d5db")
        .configure_axis(gridColor="#eef0f3", labelColor="#374151", titleColor="#374151", titleFontWeight="normal")
    )
    written = StringIO()
    chart.save(written, format="svg")
    return written.getvalue()


def _panel(rows: pl.DataFrame, table: str, color: Any) -> Any:
    import altair as alt

    points = [{"month": f"{row['month']}", "rows": row["rows"], "site": row["site"]} for row in rows.to_dicts()]
    return (
        alt.Chart(alt.Data(values=points), width=_WIDTH, height=_HEIGHT)
        .mark_line(point=alt.OverlayMarkDef(size=14), strokeWidth=1.5)
        .encode(
            x=alt.X("month:T", title=None, axis=alt.Axis(format="%b %Y", labelOverlap=True)),
            y=alt.Y("rows:Q", title=table, axis=alt.Axis(tickCount=4)),
            color=color,
        )
    )


def monthly_rows(volume: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows of each table in the last months that hold any, the newest first; the number of sites that sent any."""
    if not volume.height:
        return []
    counted = volume.group_by("month").agg(
        *(pl.col("rows").filter(pl.col("table") == table).sum().alias(table) for table in TABLE_OF.values()),
        sites=pl.col("site").n_unique(),
    )
    recent = counted.sort("month", descending=True).head(MONTHS_TOLD)
    return recent.with_columns(month=pl.col("month").dt.strftime("%Y-%m")).to_dicts()


def site_rows(volume: pl.DataFrame) -> list[dict[str, Any]]:
    """Of each site: the rows of each table, and the first and last month of its results."""
    labs = pl.col("month").filter(pl.col("table") == "labs")
    counted = volume.group_by("site").agg(
        *(pl.col("rows").filter(pl.col("table") == table).sum().alias(table) for table in TABLE_OF.values()),
        labs_from=labs.min().dt.strftime("%Y-%m"),
        labs_until=labs.max().dt.strftime("%Y-%m"),
    )
    return counted.sort("labs", "site", descending=[True, False]).to_dicts()
