"""What another threshold would do to a list: the published core tables, judged again with one number changed."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Another threshold")


@app.cell
def _():
    import os
    from pathlib import Path

    import altair as alt
    import marimo as mo
    import polars as pl

    from pipelines import errors
    from pipelines.duck import reading_connection
    from pipelines.publish.what_if import judged_again, published_profile

    db = reading_connection(Path(os.environ["B12_DATABASE"]))
    profile = published_profile(db)
    (run,) = db.sql("FROM this_run").pl().to_dicts()
    return alt, db, errors, judged_again, mo, pl, profile, run


@app.cell
def _(mo, run):
    mo.md(
        f"""
        # What would another threshold do to the list?

        The people of the publication of **{run["as_of"]}** (profile {run["profile"]}), judged again with one number
        changed. Nothing is written: to change a number for good, put it under `[overrides]` in `b12.toml`.
        """
    )


@app.cell
def _(db, mo, profile):
    _read = db.execute("SELECT title, worklist, json_keys(parameters) FROM worklist ORDER BY title").fetchall()
    numbers = {
        _list: [name for name in sorted(_all) if not isinstance(profile[name], bool)] for _, _list, _all in _read
    }
    _lists = {_title: _list for _title, _list, _ in _read if numbers[_list]}
    mo.stop(not _lists, mo.md("No list of this publication reads a number: there is nothing to change."))
    _first = next((_title for _title, _list in _lists.items() if _list == "low_b12_untreated"), next(iter(_lists)))
    worklist = mo.ui.dropdown(_lists, value=_first, label="list")
    worklist
    return numbers, worklist


@app.cell
def _(mo, numbers, worklist):
    _names = numbers[worklist.value]
    _first = "b12_total.substance_low_pmol_l"
    number = mo.ui.dropdown(_names, value=_first if _first in _names else _names[0], label="number")
    number
    return (number,)


@app.cell
def _(mo, number, profile):
    parameter = profile.parameters[number.value]
    _low, _high = parameter.between
    value = mo.ui.number(
        start=_low,
        stop=_high,
        step=1 if isinstance(parameter.value, int) else 0.1,
        value=parameter.value,
        label=f"{parameter.unit}, now {parameter.value}",
    )
    mo.vstack([value, mo.md(f"Source: {parameter.source.title} (evidence tag {parameter.tag}).")])
    return parameter, value


@app.cell
def _(judged_again, pl):
    def opened(gaps):
        """The open items of judged gaps: person, and priority."""
        return gaps.filter(pl.col("closed_by").is_null()).select("person_id", "priority")

    def counted(db, worklist, overrides):
        """Eligible and open people of a list with these overrides."""
        gaps = judged_again(db, overrides, lists=[worklist])
        return {"eligible": gaps.height, "open": opened(gaps).height}

    return counted, opened


@app.cell
def _(db, judged_again, mo, number, opened, pl, value, worklist):
    before = opened(judged_again(db, {}, lists=[worklist.value]))
    after = opened(judged_again(db, {number.value: value.value}, lists=[worklist.value]))
    _sites = db.sql("SELECT person_id, coalesce(site, 'unknown') AS site FROM person").pl()
    both = before.join(after, on="person_id", how="full", coalesce=True, suffix="_after").join(_sites, on="person_id")
    _fate = (
        pl.when(pl.col("priority").is_null())
        .then(pl.lit("would come"))
        .when(pl.col("priority_after").is_null())
        .then(pl.lit("would go"))
        .when(pl.col("priority") != pl.col("priority_after"))
        .then(pl.lit("would change priority"))
        .otherwise(pl.lit("would stay"))
    )
    changes = both.group_by("site", fate=_fate).len("people").sort("site", "fate")
    mo.vstack(
        [
            mo.hstack(
                [mo.stat(before.height, label="open now"), mo.stat(after.height, label="open then")], justify="start"
            ),
            mo.ui.table(changes.pivot("fate", index="site", values="people").fill_null(0), selection=None),
        ]
    )
    return after, before, changes


@app.cell
def _(alt, counted, db, errors, mo, number, parameter, pl, worklist):
    _low, _high = parameter.between
    _whole = isinstance(parameter.value, int)
    _around = [parameter.value * share for share in (0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3)]
    _values = sorted({round(each) if _whole else each for each in _around if _low <= each <= _high})
    series = []
    for _value in _values:
        try:
            series.append({"value": float(_value), **counted(db, worklist.value, {number.value: _value})})
        except errors.ConfigurationError as error:  # such as two limits of one thing that were turned around
            mo.output.append(mo.md(f"Left out {_value}: {error}"))
    series = pl.DataFrame(series)
    chart_series = (
        alt.Chart(series.unpivot(index="value", variable_name="people", value_name="count"))
        .mark_line(point=True)
        .encode(
            x=alt.X("value:Q", scale=alt.Scale(zero=False), title=f"{number.value} ({parameter.unit})"),
            y=alt.Y("count:Q", title="people"),
            color=alt.Color("people:N", title=None),
            tooltip=["value", "people", "count"],
        )
        .properties(width=560, height=260)
    )
    mo.vstack([mo.md("## From three tenths less to three tenths more"), chart_series])
    return chart_series, series


if __name__ == "__main__":
    app.run()
