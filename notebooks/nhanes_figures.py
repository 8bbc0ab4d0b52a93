"""The definitions on a national survey, beside published figures (NHANES 2003-2004 and 2013-2014)."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="NHANES beside published figures")


@app.cell
def _():
    import os
    from pathlib import Path

    import altair as alt
    import marimo as mo
    import polars as pl
    from nhanes import validate

    folder = Path(os.environ.get("B12_VALIDATION", validate.HOME))
    databases = {cycle: folder / cycle / "published" / "b12.duckdb" for cycle in validate.CYCLES}
    found = {cycle: validate.shares(path) for cycle, path in databases.items() if path.exists()}
    return alt, folder, found, mo, pl, validate


@app.cell
def _(folder, found, mo, validate):
    _told = (
        f"Cycles found under `{folder}`: {', '.join(found)}."
        if found
        else f"Nothing is under `{folder}` yet: run `make validate`, with `B12_REAL_DATA` naming the survey files."
    )
    mo.md(
        f"""
        # Vitamin B12 deficiency in a national survey

        People of 50 and over with a serum B12 at or below 148 pmol/L, of those tested, by metformin and diabetes,
        beside {validate.SOURCE}.
        The weights of the survey are not applied, and the years differ: look for the same order and size, not for the
        same decimals. {_told}
        """
    )


@app.cell
def _(found, pl, validate):
    def row(group, cycle, share):
        """A share in percent, with its Wilson interval of 95 %."""
        tested, z = share.tested, 1.96
        if not tested:
            return {"people": group, "cycle": cycle, "tested": 0, "deficient": 0}
        p = share.deficient / tested
        center = (p + z**2 / (2 * tested)) / (1 + z**2 / tested)
        reach = z / (1 + z**2 / tested) * (p * (1 - p) / tested + z**2 / (4 * tested**2)) ** 0.5
        return {
            "people": group,
            "cycle": cycle,
            "tested": tested,
            "deficient": share.deficient,
            "percent": 100 * p,
            "low": 100 * (center - reach),
            "high": 100 * (center + reach),
        }

    _rows = []
    for _group in validate.PUBLISHED:
        _each = {cycle: groups.get(_group, validate.Share(0, 0)) for cycle, groups in found.items()}
        _both = validate.Share(sum(s.tested for s in _each.values()), sum(s.deficient for s in _each.values()))
        _rows += [row(_group, cycle, share) for cycle, share in (_each | {"both": _both}).items()]
    _schema = {
        "people": pl.String, "cycle": pl.String, "tested": pl.Int64, "deficient": pl.Int64,
        "percent": pl.Float64, "low": pl.Float64, "high": pl.Float64,
    }  # fmt: skip
    figures = pl.DataFrame(_rows, schema=_schema).with_columns(
        published=pl.col("people").replace_strict(validate.PUBLISHED, return_dtype=pl.Float64)
    )
    return (figures,)


@app.cell
def _(alt, figures, mo):
    _base = alt.Chart(figures).encode(y=alt.Y("cycle:N", title=None))
    chart_figures = (
        alt.layer(
            _base.mark_rule().encode(x=alt.X("low:Q", title="deficient, percent"), x2="high:Q"),
            _base.mark_point(filled=True, size=60).encode(
                x="percent:Q", tooltip=["people", "cycle", "tested", "deficient", "percent", "published"]
            ),
            _base.mark_tick(color="firebrick", thickness=2).encode(x="published:Q"),
        )
        .properties(width=480, height=80)
        .facet(row=alt.Row("people:N", title="point: found, with 95 %; red: published"))
    )
    mo.vstack([chart_figures, mo.ui.table(figures, selection=None)])
    return (chart_figures,)


if __name__ == "__main__":
    app.run()
