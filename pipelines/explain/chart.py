"""The timeline of a person as a chart: results in panels with the limits of the profile, treatment below them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.clinical.words import label
from pipelines.errors import ConfigurationError
from pipelines.explain.judging import Explanation

if TYPE_CHECKING:
    import altair

WIDTH, PANEL_HEIGHT, ROW_HEIGHT = 720, 96, 20  # pixels
PNG_SCALE = 2
INK, LIMIT, GRAY, TREATMENT, OTHER = "#1f4e79", "#c44900", "#6b7280", "#00755e", "#8a8f98"  # told apart when colorblind
ROOT = "sqrt"  # keeps the levels under injections in the picture without flattening those near the limits
B12 = ("b12_injectable", "b12_oral", "b12_nasal", "b12_unknown_route")


@dataclass(frozen=True)
class Panel:
    """One test: its title with the unit, and the limits to draw, each a word and a profile number."""

    title: str
    limits: tuple[tuple[str, str], ...]
    scale: str = "linear"


PANELS: Mapping[str, Panel] = {
    "serum_b12": Panel(
        "Serum B12, pmol/L",
        (("low below", "b12_total.substance_low_pmol_l"), ("unlikely above", "b12_total.substance_high_pmol_l")),
        scale=ROOT,
    ),
    "active_b12": Panel(
        "Active B12, pmol/L",
        (("low below", "b12_active.substance_low_pmol_l"), ("unlikely above", "b12_active.substance_high_pmol_l")),
        scale=ROOT,
    ),
    "mma_serum": Panel("Serum MMA, nmol/L", (("raised", "second_line.mma_serum_nmol_l"),)),
    "mma_urine": Panel("Urine MMA, mmol/mol", (("raised", "second_line.mma_urine_mmol_mol"),)),
    "homocysteine": Panel("Homocysteine, umol/L", (("raised", "second_line.homocysteine_umol_l"),)),
    "hemoglobin": Panel("Hemoglobin, g/L", ()),
    "mcv": Panel("MCV, fL", (("large", "macrocytosis.mcv_fl"),)),
}


def save_chart(explanation: Explanation, path: Path) -> None:
    """Draw the timeline into an SVG or PNG file.

    Raises:
        ConfigurationError: The name ends in something else.
    """
    if path.suffix.lower() not in (".svg", ".png"):
        raise ConfigurationError(f"--chart {path.name}: charts are written as .svg or .png. Give a name that ends so.")
    timeline_chart(explanation).save(str(path), scale_factor=PNG_SCALE)


def as_svg(explanation: Explanation) -> str:
    """The timeline as SVG text, to stand in a page."""
    written = StringIO()
    timeline_chart(explanation).save(written, format="svg")
    return written.getvalue()


def timeline_chart(explanation: Explanation) -> "altair.VConcatChart":
    """The results that count, a panel per test that has any, and below them treatment and what else is on record.

    Limits of the profile are dashed lines; a result that is a bound ("<80") is a triangle that points where the truth
    lies. Injections are ticks, what runs over days is a bar, and the as-of date a line through all panels.
    """
    import altair as alt

    told = explanation
    rows = [row for row in told.timeline if row["counts"]]
    span = _span(rows, told.as_of)
    panels = [
        _results(panel, [row for row in rows if row["what"] == test and row["value"] is not None], told, span)
        for test, panel in PANELS.items()
        if any(row["what"] == test and row["value"] is not None for row in rows)
    ]
    events = [row for row in rows if row["event_table"] != "measurement" or _is_a_cause(row)]
    title = alt.TitleParams(
        f"Person {told.person_id}: results and treatment up to {told.as_of}",
        subtitle=f"Limits of the profile {told.profile}; the line marks the as-of date",
        anchor="start",
        fontSize=14,
        subtitleColor=GRAY,
    )
    return (
        alt.vconcat(*panels, _events(events, told.as_of, span), spacing=8, title=title, description=title.text)
        .resolve_scale(x="shared", color="independent")
        .configure(font="sans-serif", background="white")
        .configure_view(stroke="#d1d5db")
        .configure_axis(gridColor="#eef0f3", labelColor="#374151", titleColor="#374151", titleFontWeight="normal")
    )


def _results(
    panel: Panel, rows: list[dict[str, Any]], told: Explanation, span: tuple[date, date]
) -> "altair.LayerChart":
    import altair as alt

    points = [
        {"date": f"{row['date']}", "value": row["value"], "bound": _bound(row["comparator"]), "said": row["detail"]}
        for row in rows
    ]
    limits = [{"limit": value, "said": f"{word} {value:g}"} for word, value in _limits(panel, told)]
    domain = _padded([*(row["value"] for row in rows), *(limit["limit"] for limit in limits)])
    scale = alt.Scale(type=panel.scale, domain=domain, zero=False, nice=False)
    results = alt.Chart(alt.Data(values=points)).encode(
        x=_time(span, labels=False),
        y=alt.Y("value:Q", title=None, scale=scale, axis=alt.Axis(tickCount=4)),
    )
    dots = results.mark_point(filled=True, opacity=1, color=INK, size=48).encode(
        shape=alt.Shape(
            "bound:N",
            scale=alt.Scale(domain=list(SHAPES), range=list(SHAPES.values())),
            legend=None,
        ),
        tooltip=[alt.Tooltip("date:T", format="%Y-%m-%d"), alt.Tooltip("said:N", title="result")],
    )
    line = results.mark_line(color=INK, opacity=0.35, strokeWidth=1.5)
    drawn = alt.Chart(alt.Data(values=limits))
    dashes = drawn.mark_rule(color=LIMIT, strokeDash=[5, 3]).encode(y=alt.Y("limit:Q", scale=scale))
    words = drawn.mark_text(align="left", dx=5, color=LIMIT, fontSize=10).encode(
        x=alt.value(WIDTH), y=alt.Y("limit:Q", scale=scale), text="said:N"
    )
    return alt.layer(_as_of_line(told.as_of, span, labels=False), dashes, words, line, dots).properties(
        width=WIDTH, height=PANEL_HEIGHT, title=_heading(panel.title)
    )


def _events(rows: list[dict[str, Any]], as_of: date, span: tuple[date, date]) -> "altair.LayerChart":
    """A row per drug, diagnosis or procedure: ticks for what happens on a day, bars for what runs."""
    import altair as alt

    words = {what: _words(what) for what in {row["what"] for row in rows}}
    drawn = [
        {
            "date": f"{row['date']}",
            "until": f"{max(row['date'], row['until'] or row['date'])}",
            "what": words[row["what"]],
            "is_b12": row["what"] in B12,
            "runs": row["event_table"] == "drug_exposure" and row["what"] != "b12_injectable",
            "said": row["detail"],
        }
        for row in rows
    ]
    order = [words[what] for what in sorted(words, key=lambda what: _rank(what, rows))]
    base = alt.Chart(alt.Data(values=drawn)).encode(
        x=_time(span, labels=True),
        y=alt.Y("what:N", title=None, sort=order, axis=alt.Axis(labelLimit=200, ticks=False, grid=True)),
        color=alt.Color("is_b12:N", scale=alt.Scale(domain=[True, False], range=[TREATMENT, OTHER]), legend=None),
        tooltip=[alt.Tooltip("date:T", format="%Y-%m-%d"), "what:N", alt.Tooltip("said:N", title="as delivered")],
    )
    bars = base.transform_filter("datum.runs").mark_bar(height=8, opacity=0.75, clip=True).encode(x2="until:T")
    ticks = base.transform_filter("!datum.runs").mark_tick(thickness=2, size=14, opacity=1)
    return alt.layer(_as_of_line(as_of, span, labels=True), bars, ticks).properties(
        width=WIDTH,
        height=max(ROW_HEIGHT, ROW_HEIGHT * len(order)),
        title=_heading("Treatment and diagnoses"),
    )


SHAPES = {"exact": "circle", "below": "triangle-down", "above": "triangle-up"}


def _bound(comparator: str | None) -> str:
    return {"<": "below", "<=": "below", ">": "above", ">=": "above"}.get(comparator or "=", "exact")


def _limits(panel: Panel, told: Explanation) -> Iterator[tuple[str, float]]:
    for word, number in panel.limits:
        yield word, told.thresholds[number]
    if panel.title.startswith("Hemoglobin"):
        yield "anemia", told.thresholds["anemia.men_g_l" if told.sex == "M" else "anemia.others_g_l"]


def _time(span: tuple[date, date], *, labels: bool) -> "altair.X":
    import altair as alt

    domain = [alt.DateTime(year=day.year, month=day.month, date=day.day) for day in span]
    axis = alt.Axis(title=None, labels=labels, ticks=labels, format="%Y-%m", tickCount=8, labelOverlap=True)
    return alt.X("date:T", scale=alt.Scale(domain=domain), axis=axis)


def _as_of_line(as_of: date, span: tuple[date, date], *, labels: bool) -> "altair.Chart":
    import altair as alt

    at = alt.Chart(alt.Data(values=[{"date": f"{as_of}"}]))
    return at.mark_rule(color="#111827", strokeWidth=1).encode(x=_time(span, labels=labels))


def _span(rows: list[dict[str, Any]], as_of: date) -> tuple[date, date]:
    """From the first event, a year before the as-of date at least, to that date, with some room on both sides."""
    first = min([as_of - timedelta(days=365), *(row["date"] for row in rows)])
    room = timedelta(days=max(14, (as_of - first).days // 40))
    return first - room, as_of + room


def _is_a_cause(row: dict[str, Any]) -> bool:
    """Is it a positive test for intrinsic factor antibodies? A negative one would look like a diagnosis."""
    return row["what"] == "intrinsic_factor_ab" and row["value"] == 1


def _rank(what: str, rows: list[dict[str, Any]]) -> tuple[int, int, str]:
    """B12 first, in the order of its routes, then other drugs, then diagnoses and procedures."""
    is_drug = any(row["event_table"] == "drug_exposure" for row in rows if row["what"] == what)
    return (B12.index(what) if what in B12 else len(B12), 0 if is_drug else 1, what)


def _heading(text: str) -> "altair.TitleParams":
    import altair as alt

    return alt.TitleParams(text, anchor="start", frame="group", fontSize=11, fontWeight="bold", offset=4)


def _padded(values: list[float]) -> list[float]:
    """The lowest and highest of these, with a tenth of room on both sides."""
    low, high = min(values), max(values)
    room = (high - low) / 10 or abs(high) / 10 or 1.0
    return [max(0.0, low - room), high + room]


def _words(concept: str) -> str:
    import polars as pl

    return pl.DataFrame({"concept": [concept]}).select(label()).item()
