"""Patients: extract rows to persons."""

from datetime import date

import polars as pl

from pipelines.ingest.dates import date_faults, day_of, with_times
from pipelines.ingest.outcome import (
    WITHDRAWAL_SCHEMA,
    Fault,
    Outcome,
    ReadSettings,
    cleaned,
    core_frame,
    first_detail,
    first_reason,
    missing,
)

FIRST_CREDIBLE_BIRTH = date(1900, 1, 1)

_SEXES = {
    "F": (
        "f",
        "female",
        "woman",
        "girl",
        "w",
        "weiblich",
        "frau",
        "femme",
        "féminin",
        "feminin",
        "femenino",
        "feminino",
        "mujer",
    ),
    "M": ("m", "male", "man", "boy", "männlich", "maennlich", "mann", "homme", "masculin", "masculino", "hombre"),
}
"""Spellings of sex, lower case. Numbers are left out: sources disagree on them."""

_DATES = ["birth_date", "death_date", "registered_from", "registered_until", "recorded_at"]


def read_patients(rows: pl.DataFrame, settings: ReadSettings) -> Outcome:
    """Persons, one per row that can be read; the rows of one patient_id are versions of one person.

    ``known_from`` is the recorded time, null where none was delivered. A sex that is spelled in no known way is null.
    A refused row withdraws nothing. Some layouts say more: ``unsaid`` goes along (see ``versions``), and what
    ``is_undated`` is known from the day that its file was first read.
    """
    spellings = {spelling: sex for sex, spellings in _SEXES.items() for spelling in spellings}
    sex = pl.col("sex").str.to_lowercase().replace_strict(spellings, default=None, return_dtype=pl.String)
    faults = [missing("patient_id"), *date_faults(_DATES, ["recorded_at"], settings), _impossible_birth(settings)]
    read = cleaned(rows).pipe(with_times, _DATES, settings).with_columns(first_reason(faults))
    refused = read.filter(pl.col("reason").is_not_null()).with_columns(first_detail(faults))
    kept = read.filter(pl.col("reason").is_null()).with_columns(
        *(day_of(name).alias(name) for name in _DATES if name != "recorded_at"),
        sex=sex,
        person_id="patient_id",
        origin_id="patient_id",
        in_patients=pl.lit(True),
        known_from="recorded_at_read",
    )
    if "is_undated" in rows.columns:
        first_read = pl.lit(settings.first_read_on).cast(pl.Datetime("us"))
        kept = kept.with_columns(
            known_from=pl.when(pl.col("is_undated") == "true").then(first_read).otherwise("known_from")
        )
    besides = [name for name in ("unsaid",) if name in rows.columns]
    return Outcome(
        core={"person": core_frame("person", kept, "origin_id", "known_from", "source_row", *besides)},
        withdrawals=pl.DataFrame(schema=WITHDRAWAL_SCHEMA),
        quarantined=refused.select("source_row", "reason", "detail").sort("source_row"),
        off_pathway=pl.DataFrame(schema={"source_row": pl.Int64}),
    )


def _impossible_birth(settings: ReadSettings) -> Fault:
    """Born before 1900 or, unless the source shifts its dates, after the day the file was first read."""
    born = day_of("birth_date")
    too_late = pl.lit(False) if settings.shifts_dates else born > settings.first_read_on
    return Fault(
        "impossible_value",
        (born < FIRST_CREDIBLE_BIRTH) | too_late,
        f"birth_date: expected a date from {FIRST_CREDIBLE_BIRTH} to {settings.first_read_on}",
    )
