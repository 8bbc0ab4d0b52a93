"""Prescriptions, dispensings and administrations: extract rows to drug exposures."""

import polars as pl

from pipelines.codes import ingredients_of_names, routes_of_texts
from pipelines.ingest.dates import date_faults, day_of, over_distinct, with_clocks, with_times
from pipelines.ingest.doses import with_daily_dose
from pipelines.ingest.outcome import (
    Fault,
    Outcome,
    ReadSettings,
    cleaned,
    coded,
    concepts_of,
    core_frame,
    missing,
    settle,
)
from pipelines.ingest.status import unknown_status, with_status
from pipelines.ingest.values import leading_number

DEFAULT_DAYS = 28
"""Days that an issue covers when nothing says how long it lasts."""

MOST_DAYS = 36_500
"""A supply is taken to end within a century, so that a typing error cannot leave the calendar."""

_DAYS_IN = (
    (r"/ ?52|(?:w|wks?|weeks?|wochen?|semaines?|semanas?)\b", 7.0),
    (r"/ ?12|(?:mths?|months?|monate?n?|mois|mes|meses)\b", 30.0),
    (r"[x×*] ?\d", None),
)
"""What may follow the number of a supply that is no number of days, and the days in one; null where that is unknown."""

_DATES = ["start_date", "end_date", "recorded_at"]

KINDS = {
    "prescribed": ("prescribed", "prescribe", "prescription", "rx", "ordered", "order", "issued", "issue"),
    "dispensed": ("dispensed", "dispense", "dispensing", "supplied", "supply", "filled", "fill"),
    "administered": ("administered", "administer", "administration", "admin", "given"),
}

ANY_ROUTE = "b12_any_route"

_B12_BY_ROUTE = {
    "injection": "b12_injectable",
    "oral": "b12_oral",
    "nasal": "b12_nasal",
    "other": "b12_other_route",
    "unknown": "b12_unknown_route",
}
"""What B12 is to the pathway, by the route it is given; no rule uses the other routes."""


def read_prescriptions(rows: pl.DataFrame, mapping: pl.DataFrame, settings: ReadSettings) -> Outcome:
    """Drug exposures, one per record and ingredient that is on the pathway.

    Cancelled, erroneous, declined, drafted and not taken records become withdrawals. Quantities, days and doses that
    cannot be read are unknown; they refuse nothing.
    """
    read = (
        cleaned(rows)
        .pipe(coded, mapping, "drug_code", "drug_name")
        .pipe(with_status, "prescriptions")
        .pipe(with_times, _DATES, settings)
        .pipe(with_clocks, settings, said="recorded_at", event="start_date")
        .with_columns(
            _kind(),
            person_id="patient_id",
            origin_id="prescription_id",
            is_provisional=pl.lit(False),
            is_superseding=pl.lit(True),
            replaces=pl.lit(None, pl.String),
        )
    )
    kept, outcome = settle(read, withdrawing=[missing("prescription_id")], others=_faults(settings))
    exposures = (
        kept.pipe(_with_amounts, settings)
        .pipe(_with_concepts, mapping)
        .pipe(_with_route)
        .pipe(with_daily_dose, decimal=settings.decimal)
        .unique(["source_row", "concept"], keep="first", maintain_order=True)
    )
    outcome.core["drug_exposure"] = _exposures(exposures, settings)
    return outcome


def _kind() -> pl.Expr:
    spellings = {spelling: kind for kind, spellings in KINDS.items() for spelling in spellings}
    kind = pl.col("kind").str.to_lowercase().fill_null("prescribed")
    return kind.replace_strict(spellings, default=None, return_dtype=pl.String).alias("kind")


def _faults(settings: ReadSettings) -> list[Fault]:
    return [
        unknown_status("prescriptions"),
        Fault("unknown_status", pl.col("kind").is_null(), f"kind: expected one of {', '.join(KINDS)}"),
        *(missing(name) for name in ("patient_id", "prescription_id")),
        missing("drug_code", "drug_name"),
        missing("start_date"),
        *date_faults(_DATES, ["start_date", "recorded_at"], settings),
        Fault(
            "end_before_start",
            day_of("end_date") < day_of("start_date"),
            "end_date: expected a date not before start_date",
        ),
    ]


def _with_amounts(rows: pl.DataFrame, settings: ReadSettings) -> pl.DataFrame:
    """Quantity and days supplied as numbers; what is not above zero is missing, and weeks and months are days."""

    def read(texts: pl.Series) -> pl.DataFrame:
        number = leading_number(texts, decimal=settings.decimal).rename("number")
        return number.to_frame().select(pl.when(pl.col("number") > 0).then("number"))

    def read_days(texts: pl.Series) -> pl.DataFrame:
        text, days = pl.col("text").cast(pl.String).str.strip_chars().str.to_lowercase(), pl.col("number")
        for unit, size in _DAYS_IN:
            days = pl.when(text.str.contains(rf"^[\d., ']+ ?(?:{unit})")).then(pl.col("number") * size).otherwise(days)
        return texts.to_frame("text").hstack(read(texts)).select(days.alias("number"))

    return rows.with_columns(
        over_distinct(rows["quantity"], read)["number"].alias("quantity"),
        over_distinct(rows["days_supply"], read_days)["number"].alias("days_supply"),
    )


def _with_concepts(rows: pl.DataFrame, mapping: pl.DataFrame) -> pl.DataFrame:
    """One row per ingredient; a product of several is a combination."""
    keys = ["code_system", "drug_code", "drug_name"]
    concepts = concepts_of(mapping, "drug_code", "drug_name").select(*keys, "concept", "ingredient", "route_of_code")
    concepts = concepts.unique([*keys, "concept"], keep="first", maintain_order=True).with_columns(
        is_combination=pl.len().over(keys) > 1
    )
    return rows.join(concepts, on=keys, nulls_equal=True, maintain_order="left_right")


def _with_route(rows: pl.DataFrame) -> pl.DataFrame:
    """Resolve ``route`` (route, form, product code, name), name the B12 substance and give B12 its route's concept."""
    route, form, name = (
        over_distinct(rows[column], lambda texts: routes_of_texts(texts).rename("route").to_frame())["route"]
        for column in ("route", "form", "drug_name")
    )
    substance = over_distinct(rows["drug_name"], lambda names: ingredients_of_names(names).rename("of").to_frame())[
        "of"
    ]
    is_b12 = pl.col("concept") == ANY_ROUTE
    return rows.with_columns(
        route=pl.coalesce(route, form, "route_of_code", name, pl.lit("unknown")),
        ingredient=pl.when(is_b12).then(pl.coalesce("ingredient", substance)),
    ).with_columns(
        concept=pl.when(is_b12)
        .then(pl.col("route").replace_strict(_B12_BY_ROUTE, return_dtype=pl.String))
        .otherwise("concept")
    )


def _end_date() -> pl.Expr:
    """The last day covered: as delivered, by the days supplied, null while open, else a usual issue."""
    start, days = day_of("start_date"), pl.col("days_supply").ceil().clip(1, MOST_DAYS)
    is_open = (
        (pl.col("kind") == "prescribed") & pl.col("status").is_in(["active", "unknown"]) & pl.col("quantity").is_null()
    )
    return (
        pl.when(pl.col("end_date").is_not_null())
        .then(day_of("end_date"))
        .when(pl.col("days_supply").is_not_null())
        .then(start + pl.duration(days=days.cast(pl.Int64) - 1))
        .when(~is_open)
        .then(start + pl.duration(days=DEFAULT_DAYS - 1))
    )


def _exposures(rows: pl.DataFrame, settings: ReadSettings) -> pl.DataFrame:
    doses = pl.when(pl.col("concept") == "b12_injectable").then(pl.col("quantity") * settings.doses_per_quantity)
    named = rows.with_columns(
        drug_exposure_id="prescription_id",
        drug_exposure_start_date=day_of("start_date"),
        drug_exposure_end_date=_end_date(),
        doses=doses,
        source_closes_rows=pl.lit(settings.closes_rows),
        source_code="drug_code",
        source_vocabulary="code_system",
        source_name="drug_name",
    )
    return core_frame("drug_exposure", named, "origin_id", "is_provisional")
