"""The demonstration's people as Synthea exports them."""

from collections.abc import Mapping

import polars as pl

from tests.sources.population import WITHDRAWN, ends, native_tables


def as_far_as_synthea_says() -> dict[str, pl.DataFrame]:
    """The native tables without what Synthea has no place for: no status, no second clock, no amounts."""
    tables = native_tables()
    codes = {"diagnoses": ["ICD10CM", "CTV3"], "procedures": ["ICD10PCS", "HCPCS"]}
    events = {
        table: tables[table].filter(
            pl.col("code_system").is_in(codes[table]), pl.col("status").is_in(["active", "completed"])
        )
        for table in codes
    }
    labs = tables["labs"].filter(pl.col("status") == "final")
    drugs = tables["prescriptions"].filter(~WITHDRAWN, pl.col("kind") != "administered")
    return {
        "patients": tables["patients"].select(
            "patient_id", "birth_date", "sex", "death_date", "site", "clinician", "display_name"
        ),
        "labs": labs.select(
            "patient_id", "result_id", "test_code", "code_system", "test_name", "value", "unit", "collected_at"
        ),
        "prescriptions": drugs.select(
            "patient_id", "prescription_id", "drug_name", "start_date", end_date=ends(), kind=pl.lit("prescribed")
        ),
        "diagnoses": events["diagnoses"].select(
            "patient_id", "diagnosis_id", "diagnosis_code", "code_system", "description", "recorded_date", "resolved_date"
        ),
        "procedures": events["procedures"].select(
            "patient_id", "procedure_id", "procedure_code", "code_system", "description", "performed_date"
        ),
    }  # fmt: skip


def synthea_tables(told: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The same as Synthea has it: times with a zone, visits that say where a patient belongs."""
    patients = told["patients"]
    at_noon = "%Y-%m-%dT12:00:00Z"
    return {
        "patients": patients.select(
            Id="patient_id", BIRTHDATE="birth_date", DEATHDATE="death_date", FIRST=pl.lit(None, pl.String),
            LAST="display_name", GENDER="sex",
        ),
        "organizations": _named(patients["site"]),
        "providers": _named(patients["clinician"]),
        "encounters": patients.select(
            Id=pl.format("visit of {}", "patient_id"), START=pl.lit("2020-01-01T12:00:00Z"), PATIENT="patient_id",
            ORGANIZATION=pl.format("id of {}", "site"), PROVIDER=pl.format("id of {}", "clinician"),
            ENCOUNTERCLASS=pl.lit("wellness"),
        ),
        "observations": told["labs"].select(
            DATE=pl.col("collected_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"), CODE="test_code", DESCRIPTION="test_name",
            VALUE="value", UNITS="unit", PATIENT="patient_id", ENCOUNTER="result_id",
        ),
        "medications": told["prescriptions"].select(
            START=pl.col("start_date").dt.strftime(at_noon), STOP=pl.col("end_date").dt.strftime(at_noon),
            CODE=pl.lit(None, pl.String), DESCRIPTION="drug_name", PATIENT="patient_id", ENCOUNTER="prescription_id",
        ),
        "conditions": told["diagnoses"].select(
            START="recorded_date", STOP="resolved_date", SYSTEM="code_system", CODE="diagnosis_code",
            DESCRIPTION="description", PATIENT="patient_id", ENCOUNTER="diagnosis_id",
        ),
        "procedures": told["procedures"].select(
            START=pl.col("performed_date").dt.strftime(at_noon), SYSTEM="code_system", CODE="procedure_code",
            DESCRIPTION="description", PATIENT="patient_id", ENCOUNTER="procedure_id",
        ),
    }  # fmt: skip


def _named(names: pl.Series) -> pl.DataFrame:
    return (
        names.drop_nulls()
        .unique(maintain_order=True)
        .to_frame("NAME")
        .select(Id=pl.format("id of {}", "NAME"), NAME="NAME")
    )
