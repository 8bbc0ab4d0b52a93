"""Testing of people on metformin by site, and how much is tested over time."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Testing rates")


@app.cell
def _():
    import os
    from pathlib import Path

    import altair as alt
    import marimo as mo
    import polars as pl

    from pipelines.duck import has_table, reading_connection

    db = reading_connection(Path(os.environ["B12_DATABASE"]))
    (run,) = db.sql("FROM this_run").pl().to_dicts()
    return alt, db, has_table, mo, pl, run


@app.cell
def _(mo, run):
    mo.md(
        f"""
        # Testing rates and run charts

        As of **{run["as_of"]}**. People on metformin now, and whether their vitamin B12 was tested in the last one, two
        and five years, whatever came of it. Published rates lie anywhere from 25 % (in five years) to 50 % (in one).
        Small sites swing widely: the bars of 95 % say how widely (Wilson).
        """
    )


@app.cell
def _(db, pl):
    counts = db.sql(
        """
        WITH rates AS (
            SELECT coalesce(site, 'unknown') AS site, users, tested_1_year, tested_2_years, tested_5_years
            FROM metformin_testing_rate
            UNION ALL
            SELECT 'all together', sum(users), sum(tested_1_year), sum(tested_2_years), sum(tested_5_years)
            FROM metformin_testing_rate
            HAVING sum(users) > 0
        ), long AS (
            UNPIVOT rates ON tested_1_year AS '1', tested_2_years AS '2', tested_5_years AS '5'
            INTO NAME years VALUE tested
        )
        SELECT site, CAST(users AS BIGINT) AS users, years, CAST(tested AS BIGINT) AS tested
        FROM long
        ORDER BY site, years
        """
    ).pl()
    _n, _share = pl.col("users").cast(pl.Float64), pl.col("tested") / pl.col("users")
    _z = 1.96
    _center = (_share + _z**2 / (2 * _n)) / (1 + _z**2 / _n)
    _reach = _z / (1 + _z**2 / _n) * (_share * (1 - _share) / _n + _z**2 / (4 * _n**2)).sqrt()
    rates = counts.with_columns(share=_share, low=_center - _reach, high=_center + _reach)
    return (rates,)


@app.cell
def _(alt, mo, rates):
    _base = alt.Chart(rates).encode(y=alt.Y("site:N", title=None, axis=alt.Axis(labelLimit=260)))
    chart_rates = (
        alt.layer(
            _base.mark_rule().encode(x=alt.X("low:Q", axis=alt.Axis(format="%"), title="tested"), x2="high:Q"),
            _base.mark_point(filled=True, size=60).encode(
                x="share:Q", tooltip=["site", "years", "users", "tested", alt.Tooltip("share:Q", format=".0%")]
            ),
        )
        .properties(width=180)
        .facet(column=alt.Column("years:N", title="in the last … years"))
    )
    mo.vstack([mo.md("## People on metformin, by site"), chart_rates, mo.ui.table(rates, selection=None)])
    return (chart_rates,)


@app.cell
def _(db, pl, run):
    # Whole months alone: the month of the as-of date is still running.
    months = pl.DataFrame(
        {
            "month": pl.date_range(
                run["as_of"].replace(day=1, year=run["as_of"].year - 2),
                run["as_of"].replace(day=1),
                "1mo",
                closed="left",
                eager=True,
            )
        }
    )
    _tests = db.sql(
        """
        SELECT
            coalesce(site, 'unknown') AS site,
            CAST(date_trunc('month', result_date) AS DATE) AS month,
            count(*) AS tests
        FROM (SELECT DISTINCT person_id, result_date FROM b12_history) JOIN person USING (person_id)
        GROUP BY ALL
        """
    ).pl()
    monthly = (
        months.join(_tests.select("site").unique(), how="cross")
        .join(_tests, on=["month", "site"], how="left")
        .with_columns(pl.col("tests").fill_null(0))
        .with_columns(median=pl.col("tests").median().over("site"))
        .sort("site", "month")
    )
    return (monthly,)


@app.cell
def _(alt, mo, monthly):
    _base = alt.Chart(monthly).encode(x=alt.X("month:T", title=None))
    chart_monthly = (
        alt.layer(
            _base.mark_line(point=True).encode(y=alt.Y("tests:Q", title="tests"), tooltip=["site", "month", "tests"]),
            _base.mark_line(strokeDash=[4, 4], color="gray").encode(y="median:Q"),
        )
        .properties(width=260, height=110)
        .facet(alt.Facet("site:N", title=None), columns=2, title="Vitamin B12 tests by month, and their median")
    )
    mo.vstack([mo.md("## How much is tested"), chart_monthly])
    return (chart_monthly,)


@app.cell
def _(alt, db, has_table, mo):
    series = None
    if has_table(db, "measure"):
        series = db.sql(
            """
            SELECT measure, as_of, coalesce(site, 'all together') AS site, share, median(share) OVER (
                PARTITION BY measure, site
            ) AS middle
            FROM measure
            WHERE kind = 'testing' AND age_band IS NULL AND sex IS NULL AND NOT suppressed
            ORDER BY measure, site, as_of
            """
        ).pl()
    if series is None or series["as_of"].n_unique() < 2:
        chart_series = None
        told = mo.md("Month ends that lie behind appear here after `b12 backfill`.")
    else:
        _base = alt.Chart(series).encode(x=alt.X("as_of:T", title=None))
        chart_series = (
            alt.layer(
                _base.mark_line(point=True).encode(
                    y=alt.Y("share:Q", axis=alt.Axis(format="%")), tooltip=["measure", "site", "as_of", "share"]
                ),
                _base.mark_line(strokeDash=[4, 4], color="gray").encode(y="middle:Q"),
            )
            .properties(width=200, height=90)
            .facet(column=alt.Column("measure:N", title=None), row=alt.Row("site:N", title=None))
        )
        told = chart_series
    mo.vstack([mo.md("## Testing rates by month end, and their median"), told])
    return chart_series, series


if __name__ == "__main__":
    app.run()
