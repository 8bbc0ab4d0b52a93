"""What the readings of diagnoses and procedures share: an id that may be missing, and recorded injections."""

from dataclasses import dataclass

import polars as pl

from pipelines.ingest.dates import date_faults, day_of, with_clocks, with_times
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


@dataclass(frozen=True)
class Occurrence:
    """An extract table of coded records, the core table they become, and the columns of both."""

    table: str
    id: str
    code: str
    event: str
    end: str | None
    core_table: str
    core_id: str
    core_start: str
    core_end: str | None
    injection_concept: str


def read_occurrences(rows: pl.DataFrame, mapping: pl.DataFrame, settings: ReadSettings, of: Occurrence) -> Outcome:
    """Core rows of one table, its recorded B12 injections as drug exposures, and what was not kept.

    A record without an id of its own is known by its patient, code and date.
    """
    dates = [of.event, *([of.end] if of.end else []), "recorded_at"]
    identity = _identity(of)
    read = (
        cleaned(rows)
        .pipe(coded, mapping, of.code, "description")
        .pipe(with_status, of.table)
        .pipe(with_times, dates, settings)
        .pipe(with_clocks, settings, said="recorded_at", event=of.event)
        .with_columns(
            person_id="patient_id",
            origin_id=pl.coalesce(of.id, identity),
            is_provisional=pl.col("effect") == "provisional",
            is_superseding=pl.lit(True),
            replaces=pl.lit(None, pl.String),
        )
    )
    others = [
        unknown_status(of.table),
        *(missing(name) for name in ("patient_id", of.code, "code_system", of.event)),
        *date_faults(dates, [of.event, "recorded_at"], settings),
    ]
    kept, outcome = settle(read, withdrawing=_faults_of_identity(of, settings), others=others)
    concepts = concepts_of(mapping, of.code, "description")
    keys = ["code_system", of.code, "description"]
    known = kept.join(concepts.unique([*keys, "concept"]), on=keys, nulls_equal=True, maintain_order="left")
    is_injection = pl.col("concept") == of.injection_concept
    outcome.core[of.core_table] = _core(known.filter(~is_injection), of)
    outcome.core["drug_exposure"] = _injections(known.filter(is_injection), of, settings)
    return outcome


def _identity(of: Occurrence) -> pl.Expr:
    """Patient, code and date in one; null where one of them is missing."""
    day = day_of(of.event).dt.to_string("%Y-%m-%d")
    return pl.concat_str("patient_id", of.code, day, separator="|", ignore_nulls=False)


def _faults_of_identity(of: Occurrence, settings: ReadSettings) -> list[Fault]:
    """Why a row without an id of its own cannot be told from others."""
    parts = [*(missing(name) for name in ("patient_id", of.code, of.event)), *date_faults([of.event], [], settings)]
    return [part._replace(when=pl.col(of.id).is_null() & part.when) for part in parts]


def _core(known: pl.DataFrame, of: Occurrence) -> pl.DataFrame:
    named = known.with_columns(
        day_of(of.event).alias(of.core_start),
        pl.col("origin_id").alias(of.core_id),
        is_counted=~pl.col("is_provisional"),
        source_code=of.code,
        source_vocabulary="code_system",
        source_name="description",
    )
    if of.end and of.core_end:
        named = named.with_columns(day_of(of.end).alias(of.core_end))
    return core_frame(of.core_table, named, "origin_id", "is_provisional")


def _injections(known: pl.DataFrame, of: Occurrence, settings: ReadSettings) -> pl.DataFrame:
    """Recorded B12 injections: given on their date, one dose each, of an unknown amount."""
    day = day_of(of.event)
    nothing = pl.lit(None)
    given = known.with_columns(
        drug_exposure_id="origin_id",
        concept=pl.lit("b12_injectable"),
        drug_exposure_start_date=day,
        drug_exposure_end_date=day,
        route=pl.lit("injection"),
        kind=pl.lit("administered"),
        daily_dose=nothing,
        dose_unit=pl.lit("mcg"),
        quantity=nothing,
        days_supply=nothing,
        doses=nothing,
        source_closes_rows=pl.lit(settings.closes_rows),
        source_code=of.code,
        source_vocabulary="code_system",
        source_name="description",
    )
    return core_frame("drug_exposure", given, "origin_id", "is_provisional")
