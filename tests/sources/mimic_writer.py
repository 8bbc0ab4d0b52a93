"""The demonstration's people as MIMIC-IV ``hosp`` tells of them."""

from collections.abc import Mapping

import polars as pl

from tests.sources.population import WITHDRAWN, ends, native_tables

NUMBER = r"^\d+(\.\d+)?$"


def as_far_as_mimic_says() -> dict[str, pl.DataFrame]:
    """The native tables without what MIMIC has no place for, and with what it says less exactly."""
    tables = native_tables()
    is_given = pl.col("kind") == "administered"
    ordered = {name: pl.when(~is_given).then(name) for name in ("form", "strength", "daily_dose")}
    coded = {"diagnoses": "ICD10CM", "procedures": "ICD10PCS"}
    return {
        "patients": tables["patients"].select(
            "patient_id", "sex", "death_date", birth_date=pl.date(pl.col("birth_date").dt.year(), 7, 1)
        ),
        "labs": tables["labs"]
        .filter(pl.col("status").is_in(["final", "corrected"]))
        .drop("status", "replaces", "abnormal_flag"),
        "prescriptions": tables["prescriptions"].select(
            "patient_id", "prescription_id", "drug_name", "route", "start_date",
            **ordered,
            end_date=pl.when(is_given).then("start_date").otherwise(ends()),
            status=pl.when(WITHDRAWN).then(pl.lit("not-done")),
            kind=pl.when(is_given).then("kind").otherwise(pl.lit("prescribed")),
        ),
        **{
            table: tables[table]
            .filter(~WITHDRAWN, pl.col("code_system") == system, pl.col("status").is_in(["active", "completed"]))
            .select(*columns, recorded_at=pl.coalesce("recorded_at", pl.col(columns[-1]).cast(pl.Datetime("us"))))
            for (table, system), columns in zip(
                coded.items(),
                (
                    ("patient_id", "diagnosis_id", "diagnosis_code", "code_system", "recorded_date"),
                    ("patient_id", "procedure_id", "procedure_code", "code_system", "performed_date"),
                ),
                strict=True,
            )
        },
    }  # fmt: skip


def mimic_tables(told: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The same as MIMIC has it, every table under its name."""
    labs, drugs = told["labs"], told["prescriptions"]
    items = (
        labs.select("test_code", "test_name").unique().sort("test_code", "test_name").with_row_index("itemid", 90001)
    )
    stays = pl.concat(
        [
            told["diagnoses"].select("patient_id", id="diagnosis_id", begun="recorded_date", ended="recorded_at"),
            told["procedures"].select("patient_id", id="procedure_id", begun="performed_date", ended="recorded_at"),
        ]
    )
    return {
        "patients": told["patients"].select(
            subject_id="patient_id", gender="sex", dod="death_date",
            anchor_age=2026 - pl.col("birth_date").dt.year(), anchor_year=pl.lit(2026),
        ),
        "d_labitems": items.select("itemid", label="test_name", fluid=pl.lit("Blood"), loinc_code="test_code"),
        "labevents": _labevents(labs.join(items, on=["test_code", "test_name"], nulls_equal=True)),
        "admissions": stays.select(
            subject_id="patient_id", hadm_id="id", admittime=pl.col("begun").cast(pl.Datetime("us")), dischtime="ended"
        ),
        "diagnoses_icd": _coded(told["diagnoses"], "diagnosis"),
        "procedures_icd": _coded(told["procedures"], "procedure", chartdate="performed_date"),
        "prescriptions": _orders(drugs.filter(pl.col("kind") == "prescribed")),
        **_doses(drugs.filter(pl.col("kind") == "administered")),
    }  # fmt: skip


def _labevents(labs: pl.DataFrame) -> pl.DataFrame:
    """Bounds and words stand in comments alone, and every other number only beside its masked text."""
    is_number = pl.col("value").str.contains(NUMBER)
    is_masked = pl.int_range(pl.len()) % 2 == 0
    mark = pl.when(pl.col("value").str.contains("^[<>]")).then(pl.lit("*.")).otherwise(pl.lit("."))
    return labs.select(
        "itemid", labevent_id="result_id", subject_id="patient_id", charttime="collected_at", storetime="reported_at",
        value=pl.when(is_number & ~is_masked).then("value").when(is_masked).then(pl.lit("___")),
        valuenum=pl.when(is_number).then("value"),
        comments=pl.when(~is_number).then(pl.col("value") + mark),
        valueuom="unit", ref_range_lower="ref_low", ref_range_upper="ref_high",
    )  # fmt: skip


def _orders(drugs: pl.DataFrame) -> pl.DataFrame:
    """Every dose in two halves a day; what was recorded in error stopped before it began."""
    starts = pl.col("start_date").cast(pl.Datetime("us"))
    unit = pl.when(pl.col("drug_name").str.contains("(?i)metformin")).then(pl.lit("mg")).otherwise(pl.lit("mcg"))
    return drugs.select(
        "route", subject_id="patient_id", hadm_id=pl.lit(None, pl.String), pharmacy_id="prescription_id",
        starttime=starts,
        stoptime=pl.when(pl.col("status") == "not-done").then(starts.dt.offset_by("-1h")).otherwise("end_date"),
        drug_type=pl.lit("MAIN"), drug="drug_name", ndc=pl.lit("0"), prod_strength="strength", form_rx="form",
        dose_val_rx=pl.col("daily_dose").cast(pl.Float64) / 2, dose_unit_rx=unit, doses_per_24_hrs=pl.lit(2),
    )  # fmt: skip


def _doses(drugs: pl.DataFrame) -> dict[str, pl.DataFrame]:
    given = pl.when(pl.col("status") == "not-done").then(pl.lit("Not Given")).otherwise(pl.lit("Administered"))
    return {
        "emar": drugs.select(
            subject_id="patient_id", emar_id="prescription_id", pharmacy_id=pl.lit(None, pl.String),
            medication="drug_name", event_txt=given, charttime=pl.col("start_date").cast(pl.Datetime("us")),
        ),
        "emar_detail": drugs.select("route", emar_id="prescription_id"),
    }  # fmt: skip


def _coded(rows: pl.DataFrame, word: str, **more: str) -> pl.DataFrame:
    return rows.select(
        subject_id="patient_id", hadm_id=f"{word}_id", seq_num=pl.lit(1),
        icd_code=pl.col(f"{word}_code").str.replace_all(".", "", literal=True), icd_version=pl.lit(10), **more,
    )  # fmt: skip
