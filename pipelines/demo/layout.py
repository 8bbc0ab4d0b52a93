"""The tables of the demonstration before they are spoiled: columns, types, and the laboratories that report."""

import polars as pl

LABORATORIES = ("northgate", "riverside", "hillview")
"""Northgate reports mass units in plain CSV, Riverside local codes and decimal commas, Hillview SI units in Parquet."""

_DATE, _TIME = pl.Date, pl.Datetime("us")

SCHEMAS: dict[str, dict[str, type[pl.DataType] | pl.DataType]] = {
    "patients": {
        "patient_id": pl.String,
        "birth_date": _DATE,
        "sex": pl.String,
        "death_date": _DATE,
        "site": pl.String,
        "clinician": pl.String,
        "registered_from": _DATE,
        "registered_until": _DATE,
        "display_name": pl.String,
        "recorded_at": _TIME,
    },
    "labs": {
        "patient_id": pl.String,
        "result_id": pl.String,
        "test_code": pl.String,
        "code_system": pl.String,
        "test_name": pl.String,
        "value": pl.String,
        "unit": pl.String,
        "ref_low": pl.String,
        "ref_high": pl.String,
        "abnormal_flag": pl.String,
        "collected_at": _TIME,
        "reported_at": _TIME,
        "status": pl.String,
        "replaces": pl.String,
        "laboratory": pl.String,
        "local_code": pl.String,
    },
    "prescriptions": {
        "patient_id": pl.String,
        "prescription_id": pl.String,
        "drug_code": pl.String,
        "code_system": pl.String,
        "drug_name": pl.String,
        "route": pl.String,
        "form": pl.String,
        "strength": pl.String,
        "daily_dose": pl.String,
        "quantity": pl.String,
        "days_supply": pl.String,
        "start_date": _DATE,
        "end_date": _DATE,
        "status": pl.String,
        "kind": pl.String,
        "recorded_at": _TIME,
    },
    "diagnoses": {
        "patient_id": pl.String,
        "diagnosis_id": pl.String,
        "diagnosis_code": pl.String,
        "code_system": pl.String,
        "description": pl.String,
        "recorded_date": _DATE,
        "resolved_date": _DATE,
        "status": pl.String,
        "recorded_at": _TIME,
    },
    "procedures": {
        "patient_id": pl.String,
        "procedure_id": pl.String,
        "procedure_code": pl.String,
        "code_system": pl.String,
        "description": pl.String,
        "performed_date": _DATE,
        "status": pl.String,
        "recorded_at": _TIME,
    },
}
"""By table: the native columns. ``laboratory`` and ``local_code`` say how a lab row travels, and are not delivered."""


def fitted(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """The frame with exactly the columns of its table, in order; those it lacks are null."""
    schema = SCHEMAS[table]
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    )
