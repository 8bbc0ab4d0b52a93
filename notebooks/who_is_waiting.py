"""Who is waiting, for how long, and where: the open items of the standing publication."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Who is waiting?")


@app.cell
def _():
    import os
    from pathlib import Path

    import altair as alt
    import marimo as mo
    import polars as pl

    from pipelines.duck import reading_connection

    shown_days = 1_080  # three years by bars of 90 days; beyond, the chart would be empty space
    db = reading_connection(Path(os.environ["B12_DATABASE"]))
    (run,) = db.sql("FROM this_run").pl().to_dicts()
    return alt, db, mo, pl, run, shown_days


@app.cell
def _(mo, run):
    mo.md(
        f"""
        # Who is waiting?

        Open items of the lists as of **{run["as_of"]}** (profile {run["profile"]}). Items that a reviewer snoozed or
        dismissed are open too, and are shown apart. Three clocks run: since the event that made somebody eligible,
        since the day it should have been settled, and since somebody could have seen it on a list.
        """
    )


@app.cell
def _(db):
    by_list = db.sql(
        """
        SELECT
            title,
            priority,
            state IN ('snoozed', 'dismissed') AS is_quiet,
            count(*) AS items,
            count(*) FILTER (WHERE is_overdue) AS overdue,
            CAST(median(days_since_index) AS INTEGER) AS median_days,
            max(days_since_index) AS longest_days
        FROM waiting_time
        GROUP BY ALL
        ORDER BY ALL
        """
    ).pl()
    return (by_list,)


@app.cell
def _(alt, by_list, mo):
    chart_by_list = (
        alt.Chart(by_list)
        .mark_bar()
        .encode(
            x=alt.X("sum(items):Q", title="open items"),
            y=alt.Y("title:N", sort="-x", title=None, axis=alt.Axis(labelLimit=420)),
            color=alt.Color("priority:O", scale=alt.Scale(scheme="orangered", reverse=True), title="priority"),
            opacity=alt.Opacity("is_quiet:N", scale=alt.Scale(domain=[False, True], range=[1, 0.4]), title="quiet"),
            tooltip=["title", "priority", "items", "overdue", "median_days", "longest_days"],
        )
        .properties(width=420)
    )
    mo.vstack([mo.md("## By list and priority"), chart_by_list, mo.ui.table(by_list, selection=None)])
    return (chart_by_list,)


@app.cell
def _(by_list, mo):
    chosen = mo.ui.dropdown(
        by_list["title"].unique(maintain_order=True).to_list(), label="list", allow_select_none=True
    )
    chosen
    return (chosen,)


@app.cell
def _(alt, chosen, db, mo, pl, shown_days):
    waiting = db.sql(
        """
        SELECT coalesce(site, 'unknown') AS site, days_since_index, days_past_due, days_listed
        FROM waiting_time
        WHERE title = coalesce($1, title) AND state NOT IN ('snoozed', 'dismissed')
        ORDER BY ALL
        """,
        params=[chosen.value],
    ).pl()
    by_site = waiting.group_by("site").len("items").sort("items", "site", descending=[True, False])
    _from_day = (pl.col("days_since_index") // 90 * 90).clip(upper_bound=shown_days)
    chart_waiting = (
        alt.Chart(waiting.group_by("site", from_day=_from_day).len("items"))
        .mark_bar()
        .encode(
            x=alt.X("from_day:O", title=f"days since the event, from; {shown_days} and more in the last bar"),
            y=alt.Y("sum(items):Q", title="items that nobody keeps quiet"),
            color=alt.Color("site:N", title="site"),
            tooltip=["site", "sum(items)"],
        )
        .properties(width=560, height=260)
    )
    mo.vstack(
        [mo.md(f"## How long: {chosen.value or 'all lists'}"), chart_waiting, mo.ui.table(by_site, selection=None)]
    )
    return by_site, chart_waiting, waiting


@app.cell
def _(chosen, db, mo):
    steps = db.sql(
        """
        SELECT title, place, step, people, previous_people
        FROM (
            SELECT title, min(place) AS place, step, CAST(sum(people) AS BIGINT) AS people,
                CAST(sum(previous_people) AS BIGINT) AS previous_people
            FROM funnel
            WHERE title = coalesce($1, title)
            GROUP BY title, step
        )
        ORDER BY title, step = 'Open', place, people DESC, step
        """,
        params=[chosen.value],
    ).pl()
    mo.vstack([mo.md("## Where the others went"), mo.ui.table(steps.drop("place"), selection=None)])
    return (steps,)


if __name__ == "__main__":
    app.run()
