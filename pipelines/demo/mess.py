"""What makes real extracts hard: versions, duplicates, spoiled values, and rows that must be refused."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from pipelines.demo.coding import LAB_TESTS

_LOCAL_CODES = [test.local for test in LAB_TESTS.values()]


def spoil_labs(labs: pl.DataFrame, as_of: date, rng: np.random.Generator) -> pl.DataFrame:
    """The results with what laboratories do to them: earlier and later versions, repeats, spoiled samples.

    Results off the pathway stay as they are.
    """
    is_pathway = labs["local_code"].is_in(_LOCAL_CODES).to_numpy()
    fate = np.where(is_pathway, rng.random(len(labs)), 1.0)

    def drawn(low: float, high: float) -> pl.DataFrame:
        return labs.filter(pl.Series((fate >= low) & (fate < high)))

    later = pl.min_horizontal(
        pl.col("reported_at") + timedelta(days=2), pl.lit(as_of).cast(pl.Datetime("us")) + timedelta(hours=20)
    )
    mistyped, spoiled = (0.010, 0.015), (0.032, 0.035)
    is_corrected = (fate >= mistyped[0]) & (fate < mistyped[1])
    is_spoiled = (fate >= spoiled[0]) & (fate < spoiled[1])
    stands = labs.with_columns(
        pl.when(pl.Series(is_corrected)).then(pl.lit("corrected")).otherwise("status").alias("status"),
        pl.when(pl.Series(is_corrected)).then(later).otherwise("reported_at").alias("reported_at"),
        pl.when(pl.Series(is_spoiled)).then(pl.lit("Haemolysed")).otherwise("value").alias("value"),
    )
    return pl.concat(
        [
            drawn(0.0, 0.010).with_columns(
                status=pl.lit("preliminary"), reported_at=pl.col("collected_at") + timedelta(hours=1)
            ),
            drawn(*mistyped).with_columns(value=pl.col("value") + "0"),
            stands,
            drawn(0.015, 0.017).with_columns(status=pl.lit("entered-in-error"), reported_at=later),
            drawn(0.017, 0.022),
            drawn(0.022, 0.025).with_columns(result_id=pl.col("result_id") + "-B"),
        ]
    )


def spoil_diagnoses(diagnoses: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The diagnoses with a few only suspected, some codes without their dot, and some rows sent twice."""
    fate = pl.Series(rng.random(len(diagnoses)))
    spelled = diagnoses.with_columns(
        pl.when(fate < 0.01).then(pl.lit("provisional")).otherwise("status").alias("status"),
        pl.when(fate > 0.95)
        .then(pl.col("diagnosis_code").str.replace(".", "", literal=True))
        .otherwise("diagnosis_code")
        .alias("diagnosis_code"),
    )
    return pl.concat([spelled, spelled.filter((fate > 0.5) & (fate < 0.502))])


def refused_labs(as_of: date) -> tuple[pl.DataFrame, list[str]]:
    """Rows of the northgate feed that must be quarantined, one defect each, and the reasons in their order."""
    day = (as_of - timedelta(400)).isoformat()
    sound = {
        "patient_id": "D00000000", "test_code": "2132-9", "code_system": "LOINC", "test_name": "Vitamin B12",
        "value": "412", "unit": "pg/mL", "collected_at": day, "reported_at": day, "status": "final",
    }  # fmt: skip
    defects = [
        ("missing_required", {"patient_id": None}),
        ("missing_required", {"value": None}),
        ("bad_date", {"collected_at": "2025-02-31"}),
        ("bad_date", {"reported_at": "yesterday"}),
        ("future_date", {"collected_at": "2999-12-31", "reported_at": None}),
        ("unknown_unit", {"unit": "mmol/L"}),
        ("missing_unit", {"unit": None}),
        ("impossible_value", {"value": "3"}),
        ("unknown_status", {"status": "guessed"}),
        ("not_a_result", {"value": "Haemolysed - please repeat"}),
    ]
    rows = [
        sound | {"result_id": f"REFUSED-{number:02d}"} | defect for number, (_, defect) in enumerate(defects, start=1)
    ]
    return pl.DataFrame(rows), [reason for reason, _ in defects]


MALFORMED_LINES = (
    "D00000000,REFUSED-90,2132-9\n"
    'D00000000,REFUSED-91,2132-9,LOINC,"Vitamin B12,250,pg/mL,,,,2025-01-05,2025-01-06,final,\n'
)
"""Two records that are none: fields missing, and a quote that never closes."""


def refused_prescriptions(as_of: date) -> tuple[pl.DataFrame, list[str]]:
    """Rows of the practice feed that must be quarantined, and the reasons in their order."""
    start, before = (as_of - timedelta(400)).isoformat(), (as_of - timedelta(430)).isoformat()
    sound = {
        "patient_id": "D00000000", "drug_code": "109081006", "code_system": "DMD_VTM", "drug_name": "Metformin tablets",
        "start_date": start, "days_supply": "28", "status": "active", "kind": "prescribed",
    }  # fmt: skip
    defects = [
        ("end_before_start", {"end_date": before}),
        ("bad_date", {"start_date": "00/00/2020"}),
        ("future_date", {"start_date": "2999-12-31"}),
        ("missing_required", {"start_date": None}),
        ("unknown_status", {"status": "perhaps"}),
    ]
    rows = [
        sound | {"prescription_id": f"REFUSED-{number:02d}"} | defect
        for number, (_, defect) in enumerate(defects, start=1)
    ]
    return pl.DataFrame(rows, infer_schema_length=None), [reason for reason, _ in defects]
