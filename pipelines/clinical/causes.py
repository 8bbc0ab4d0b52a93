"""Causes of malabsorption that are on record."""

import polars as pl

from pipelines.clinical._term import term
from pipelines.clinical.events import coded, first_by

AUTOIMMUNE = ("pernicious_anemia", "autoimmune_gastritis", "intrinsic_factor_ab")
LIFELONG = (*AUTOIMMUNE, "gastrectomy_total", "ileal_resection")
SURGERY = ("gastrectomy_total", "ileal_resection", "bariatric_surgery", "gastrectomy_partial")
DISEASE = (
    "pernicious_anemia",
    "autoimmune_gastritis",
    "celiac_disease",
    "crohns_disease",
    "pancreatic_insufficiency",
    "small_bowel_overgrowth",
)


@term
def malabsorption_records(
    condition_occurrence: pl.LazyFrame, procedure_occurrence: pl.LazyFrame, measurement: pl.LazyFrame
) -> pl.LazyFrame:
    """One row per record of a cause of malabsorption: ``concept``, ``known_on``, ``event``.

    Diseases from conditions, surgery from procedures or conditions, intrinsic factor antibodies when positive.
    """
    told = coded(condition_occurrence, *DISEASE, *SURGERY)
    operated = coded(procedure_occurrence, *SURGERY)
    positive = coded(measurement, "intrinsic_factor_ab").filter(pl.col("value") == 1)
    return pl.concat(
        rows.select("person_id", "event", "concept", known_on=on)
        for rows, on in (
            (told, "condition_start_date"),
            (operated, "procedure_date"),
            (positive, "measurement_date"),
        )
    )


def first_known(records: pl.LazyFrame, *concepts: str) -> pl.LazyFrame:
    """One row per person with any of these causes: the earliest record."""
    return first_by(coded(records, *concepts), "known_on", "concept")


@term
def malabsorption(malabsorption_records: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person with malabsorption of any cause: the earliest record, in ``evidence_cause``."""
    return first_by(malabsorption_records, "known_on", "concept").select("person_id", evidence_cause="event")


@term
def lifelong_cause(malabsorption_records: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person with a cause that stays for life: the earliest record, in ``evidence_cause``."""
    return first_known(malabsorption_records, *LIFELONG).select("person_id", evidence_cause="event")
