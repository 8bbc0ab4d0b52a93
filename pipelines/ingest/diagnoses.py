"""Diagnoses: extract rows to condition occurrences, and recorded B12 injections to drug exposures."""

import polars as pl

from pipelines.ingest.occurrences import Occurrence, read_occurrences
from pipelines.ingest.outcome import Outcome, ReadSettings

_DIAGNOSES = Occurrence(
    table="diagnoses",
    id="diagnosis_id",
    code="diagnosis_code",
    event="recorded_date",
    end="resolved_date",
    core_table="condition_occurrence",
    core_id="condition_occurrence_id",
    core_start="condition_start_date",
    core_end="condition_end_date",
    injection_concept="b12_injection_recorded",
)


def read_diagnoses(rows: pl.DataFrame, mapping: pl.DataFrame, settings: ReadSettings) -> Outcome:
    """Conditions, one per diagnosis on the pathway, and an exposure per diagnosis that records a B12 injection.

    Provisional, differential and unconfirmed diagnoses are kept and do not count. Refuted, erroneous and cancelled
    ones become withdrawals.
    """
    return read_occurrences(rows, mapping, settings, _DIAGNOSES)
