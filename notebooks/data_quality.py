"""How good the data are: feeds, quarantine, unknown codes, units, and what the checks found."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Data quality")


@app.cell
def _():
    import os
    from pathlib import Path

    import altair as alt
    import marimo as mo

    from pipelines.duck import reading_connection

    db = reading_connection(Path(os.environ["B12_DATABASE"]))
    (run,) = db.sql("FROM this_run").pl().to_dicts()
    return alt, db, mo, run


@app.cell
def _(mo, run):
    mo.md(
        f"""
        # Data quality

        The run **{run["run_id"]}**, as of {run["as_of"]}. Every record that was delivered is kept, off the pathway, or
        in quarantine with a reason; none is lost on the way.
        """
    )


@app.cell
def _(db, mo):
    feeds = db.sql(
        """
        SELECT
            source,
            extract_table,
            count(*) AS files,
            CAST(sum(rows_read) AS BIGINT) AS rows_read,
            CAST(sum(rows_kept) AS BIGINT) AS rows_kept,
            CAST(sum(rows_off_pathway) AS BIGINT) AS rows_off_pathway,
            CAST(sum(rows_quarantined) AS BIGINT) AS rows_quarantined,
            CAST(sum(rows_read - rows_kept - rows_off_pathway - rows_quarantined) AS BIGINT) AS rows_lost,
            max(first_read_at) AS last_file_read_at
        FROM source_file
        GROUP BY ALL
        ORDER BY ALL
        """
    ).pl()
    mo.vstack([mo.md("## Feeds"), mo.ui.table(feeds, selection=None)])
    return (feeds,)


@app.cell
def _(alt, db, mo):
    reasons = db.sql(
        """
        SELECT extract_table, reason, detail, count(*) AS records
        FROM quarantine
        GROUP BY ALL
        ORDER BY records DESC, extract_table, reason, detail
        """
    ).pl()
    chart_reasons = (
        alt.Chart(reasons)
        .mark_bar()
        .encode(
            x=alt.X("sum(records):Q", title="records"),
            y=alt.Y("reason:N", sort="-x", title=None),
            color=alt.Color("extract_table:N", title="table"),
            tooltip=["extract_table", "reason", "detail", "records"],
        )
        .properties(width=480)
    )
    mo.vstack([mo.md("## Quarantine, by reason"), chart_reasons, mo.ui.table(reasons, selection=None)])
    return chart_reasons, reasons


@app.cell
def _(db, mo):
    unmapped = db.sql(
        """
        SELECT extract_table, code_system, code, name, looks_like, row_count, last_date
        FROM unmapped_code
        ORDER BY looks_like IS NULL, row_count DESC, extract_table, code_system, code, name
        LIMIT 50
        """
    ).pl()
    mo.vstack(
        [
            mo.md("## Codes that mean nothing here: those that look like a concept first"),
            mo.ui.table(unmapped, selection=None),
        ]
    )
    return (unmapped,)


@app.cell
def _(alt, db, mo):
    units = db.sql(
        """
        SELECT
            concept,
            CAST(date_trunc('quarter', measurement_date) AS DATE) AS quarter,
            coalesce(unit_reported, 'none') AS unit,
            count(*) AS results,
            count(*) FILTER (WHERE is_implausible) AS implausible,
            count(*) FILTER (WHERE comparator <> '=') AS bounds,
            median(value) AS median
        FROM counted_result
        JOIN this_run ON measurement_date > as_of - INTERVAL 3 YEAR
        WHERE concept IN ('serum_b12', 'active_b12', 'mma_serum')
        GROUP BY ALL
        ORDER BY ALL
        """
    ).pl()
    chart_units = (
        alt.Chart(units)
        .mark_bar()
        .encode(
            x=alt.X("yearquarter(quarter):O", title=None),
            y=alt.Y("results:Q", title="results"),
            color=alt.Color("unit:N", title="unit as reported"),
            tooltip=["concept", "quarter", "unit", "results", "implausible", "bounds", "median"],
        )
        .properties(width=560, height=120)
        .facet(row=alt.Row("concept:N", title=None))
        .resolve_scale(y="independent")
    )
    mo.vstack(
        [mo.md("## Units over time: a sudden change is a laboratory that changed, or a feed that broke"), chart_units]
    )
    return chart_units, units


@app.cell
def _(db, mo):
    failed = db.sql(
        """
        SELECT severity, layer, table_name, check_name, unexpected_count, row_count, detail, why
        FROM check_result
        JOIN this_run USING (run_id)
        WHERE status IN ('failed', 'error')
        ORDER BY severity, layer, check_name
        """
    ).pl()
    _looked = db.sql(
        "SELECT status, count(*) AS checks FROM check_result JOIN this_run USING (run_id) GROUP BY ALL ORDER BY ALL"
    )
    checks = _looked.pl()
    mo.vstack([mo.md("## Checks"), mo.ui.table(checks, selection=None), mo.ui.table(failed, selection=None)])
    return checks, failed


if __name__ == "__main__":
    app.run()
