"""Laboratory results: extract rows to measurements."""

import polars as pl

from pipelines.ingest import values
from pipelines.ingest.dates import date_faults, day_of, over_distinct, with_clocks, with_times
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
from pipelines.ingest.units import known_units, read_units

DEFAULT_CODE_SYSTEM = "LOINC"
KEY = ["code_system", "test_code", "test_name"]


def read_labs(rows: pl.DataFrame, mapping: pl.DataFrame, settings: ReadSettings) -> Outcome:
    """Measurements, one per result that is on the pathway and can be read.

    The status is read before the value. A preliminary, registered or partial result is kept even when its value or
    unit cannot be read (value null): it says that a test is under way, and never opens or closes a gap. A cancelled,
    deleted or erroneous one becomes a withdrawal and needs only its id. Any other result without a readable value is
    refused: no value, no test.
    """
    read = (
        cleaned(rows)
        .pipe(_with_concept, mapping)
        .pipe(with_status, "labs")
        .pipe(with_times, ["collected_at", "reported_at"], settings)
        .pipe(with_clocks, settings, said="reported_at", event="collected_at", whole_days=False)
        .pipe(_with_value, settings)
        .with_columns(
            person_id="patient_id",
            origin_id="result_id",
            is_provisional=pl.col("effect") == "provisional",
            is_superseding=(pl.col("effect") != "provisional").fill_null(True),
        )
    )
    kept, outcome = settle(read, withdrawing=[missing("result_id")], others=_faults(settings))
    outcome.core["measurement"] = _measurements(kept)
    return outcome


def _with_concept(rows: pl.DataFrame, mapping: pl.DataFrame) -> pl.DataFrame:
    """Add ``concept``; a result measures one thing."""
    system = pl.col("code_system").fill_null(DEFAULT_CODE_SYSTEM)
    mapping = mapping.with_columns(pl.col("code_system").cast(pl.String).fill_null(DEFAULT_CODE_SYSTEM))
    concepts = concepts_of(mapping, "test_code", "test_name").select(*KEY, "concept")
    return (
        rows.with_columns(system)
        .pipe(coded, mapping, "test_code", "test_name")
        .join(
            concepts.sort("concept").unique(KEY, keep="first"),
            on=KEY,
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
    )


def _with_value(rows: pl.DataFrame, settings: ReadSettings) -> pl.DataFrame:
    """Add the parsed value, unit and reference range, in the canonical unit of the concept."""
    declared = pl.col("test_code").replace_strict(dict(settings.units), default=None, return_dtype=pl.String)
    rows = rows.with_columns(
        unit_reported=pl.coalesce("unit", declared) if settings.units else pl.col("unit"),
        is_qualitative=pl.col("concept").is_in(values.QUALITATIVE).fill_null(False),
    ).drop("unit")
    units = read_units(rows["concept"], rows["unit_reported"])
    flags = over_distinct(rows["abnormal_flag"], values.read_flags)
    words = over_distinct(rows["value"], values.read_words).rename({"value": "word_value"})
    numbers = over_distinct(rows["value"], lambda texts: values.read_values(texts, decimal=settings.decimal))
    limits = rows.select("concept").join(values.limits(), on="concept", how="left", maintain_order="left")
    low, high = (
        over_distinct(rows[name], lambda texts: values.read_values(texts, decimal=settings.decimal))["number"]
        for name in ("ref_low", "ref_high")
    )
    comparator = pl.coalesce(numbers["comparator"], flags["comparator"], pl.lit("="))
    return (
        rows.hstack(units)
        .hstack(words)
        .hstack(limits.drop("concept", "note"))
        .with_columns(numbers["number"], low.alias("low"), high.alias("high"), flags["is_raised"])
        .with_columns(comparator=comparator)
        .with_columns(_canonical("number").alias("canonical"), is_positive=_is_positive().cast(pl.Float64))
    )


def _canonical(column: str) -> pl.Expr:
    """A reported quantity in the canonical unit; null where the unit is not known."""
    converted = (pl.col(column) - pl.col("offset")) * pl.col("factor")
    return pl.when("is_known").then(converted.round_sig_figs(values.STORED_DIGITS))


def _is_positive() -> pl.Expr:
    """Does a number mean positive? Above the laboratory's limit or, where it gives none, flagged by it."""
    above = values.is_above(pl.col("number"), pl.col("comparator"), pl.col("high"))
    return pl.when(pl.col("number").is_not_null()).then(pl.coalesce(above, "is_raised"))


def _value_faults() -> list[Fault]:
    """Why a value cannot be taken. Qualitative results have neither unit nor limits."""
    is_qualitative, concept = pl.col("is_qualitative"), pl.col("concept")
    is_quantity, has_number = ~is_qualitative, pl.col("number").is_not_null()
    canonical = dict(known_units().select("concept", "unit").unique().iter_rows())
    unit = concept.replace_strict(canonical, default="", return_dtype=pl.String)
    such_as = pl.when(unit != "").then(pl.format(" such as {}", unit)).otherwise(pl.lit(""))
    hard = pl.col("hard_low"), pl.col("hard_high")
    number_expected = "value: expected a number, with or without a comparator"
    word_expected = "value: expected positive, negative, equivocal or a number"
    unit_expected = pl.format("unit: expected a unit of {}{}", concept, such_as)
    limits_expected = pl.format("value: expected {} of {} to {} {}", concept, *hard, unit)
    return [
        missing("value"),
        Fault("not_a_result", is_quantity & ~has_number, number_expected),
        Fault("not_a_result", is_qualitative & ~has_number & ~pl.col("is_word"), word_expected),
        Fault("missing_unit", is_quantity & pl.col("unit_reported").is_null(), unit_expected),
        Fault("unknown_unit", is_quantity & ~pl.col("is_known"), unit_expected),
        Fault(
            "impossible_value",
            is_quantity & values.is_outside(pl.col("canonical"), pl.col("comparator"), *hard),
            limits_expected,
        ),
    ]


def _faults(settings: ReadSettings) -> list[Fault]:
    """Why a result is refused, in the order in which it is told; a preliminary one needs no value."""
    value_missing, *value_unreadable = (
        fault._replace(when=fault.when & (pl.col("effect") != "provisional").fill_null(True))
        for fault in _value_faults()
    )
    dates = ["collected_at", "reported_at"]
    return [
        unknown_status("labs"),
        *(missing(name) for name in ("patient_id", "result_id", "test_code", "collected_at")),
        value_missing,
        *date_faults(dates, dates, settings),
        *value_unreadable,
    ]


def _measurements(kept: pl.DataFrame) -> pl.DataFrame:
    """Core rows; a preliminary row whose value cannot be read has none, and replaces nothing."""
    is_unreadable = pl.any_horizontal(fault.when.fill_null(False) for fault in _value_faults())
    is_qualitative = pl.col("is_qualitative")
    said = pl.when("is_word").then("word_value").otherwise("is_positive")
    is_quantity = ~is_qualitative & pl.col("value").is_not_null()
    in_family = (pl.col("number") * pl.col("family_factor")).round_sig_figs(values.STORED_DIGITS)
    measured = kept.with_columns(
        value_reported="value",
        value=pl.when(~is_unreadable).then(pl.when(is_qualitative).then(said).otherwise("canonical")),
    ).with_columns(
        comparator=pl.when(is_quantity).then("comparator").otherwise(pl.lit("=")),
        value_in_family=pl.when(is_quantity).then(pl.coalesce(in_family, "value")).otherwise("value"),
        is_implausible=is_quantity
        & values.is_outside(pl.col("value"), pl.col("comparator"), pl.col("soft_low"), pl.col("soft_high")),
    )
    core = measured.with_columns(
        measurement_id="result_id",
        measurement_date=day_of("collected_at"),
        measured_at="collected_at_read",
        unit=pl.when(~is_qualitative).then("unit"),
        unit_family=pl.when(~is_qualitative).then("family"),
        range_low=pl.when(~is_qualitative).then(_canonical("low")),
        range_high=pl.when(~is_qualitative).then(_canonical("high")),
        source_code="test_code",
        source_vocabulary="code_system",
        source_name="test_name",
        replaces=pl.when(~pl.col("is_provisional")).then("replaces"),
    )
    return core_frame("measurement", core, "origin_id", "is_provisional", "replaces")
