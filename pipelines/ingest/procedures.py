"""Procedures: extract rows to procedure occurrences, and B12 injections given to drug exposures."""

import polars as pl

from pipelines.ingest.occurrences import Occurrence, read_occurrences
from pipelines.ingest.outcome import Outcome, ReadSettings

_PROCEDURES = Occurrence(
    table="procedures",
    id="procedure_id",
    code="procedure_code",
    event="performed_date",
    end=None,
    core_table="procedure_occurrence",
    core_id="procedure_occurrence_id",
    core_start="procedure_date",
    core_end=None,
    injection_concept="b12_injection_administration",
)


def read_procedures(rows: pl.DataFrame, mapping: pl.DataFrame, settings: ReadSettings) -> Outcome:
    """Procedures, one per record on the pathway, and an exposure per record of a B12 injection.

    Status is read as for diagnoses.
    """
    return read_occurrences(rows, mapping, settings, _PROCEDURES)
