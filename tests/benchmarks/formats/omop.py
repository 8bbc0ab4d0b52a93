"""OMOP CDM, CSV, beside DuckDB's reader."""

from pathlib import Path

from tests.benchmarks.formats._from_native import bare_csv as bare
from tests.benchmarks.formats._from_native import write_from_native

__all__ = ["bare", "write"]

_CODED = {
    "labs": "test_code, test_name",
    "prescriptions": "drug_code, drug_name",
    "diagnoses": "diagnosis_code, description",
    "procedures": "procedure_code, description",
}

_CODES = " UNION ".join(
    f"SELECT code_system, {columns.split(', ')[0]} AS code, {columns.split(', ')[1]} AS name FROM {table}"
    for table, columns in _CODED.items()
)

_CONCEPT = f"""
    SELECT 2000000000 + row_number() OVER (ORDER BY code_system, code, name) AS concept_id, name AS concept_name,
        code_system AS vocabulary_id, code AS concept_code
    FROM ({_CODES}) WHERE code IS NOT NULL
"""


def _events(table: str, prefix: str, columns: str) -> str:
    code, name = _CODED[table].split(", ")
    return f"""
        SELECT row_number() OVER () AS {table}_number, patient_id AS person_id, 0 AS {prefix}_concept_id,
            coalesce(concept_id, 0) AS {prefix}_source_concept_id, {code} AS {prefix}_source_value, {columns}
        FROM {table} LEFT JOIN ({_CONCEPT}) AS concept
            ON vocabulary_id = code_system AND concept_code = {code} AND concept_name IS NOT DISTINCT FROM {name}
    """


_TABLES = {
    "CONCEPT": _CONCEPT,
    "PERSON": """
        SELECT patient_id AS person_id, if(sex = 'F', 8532, 8507) AS gender_concept_id, year(birth_date) AS year_of_birth,
            month(birth_date) AS month_of_birth, day(birth_date) AS day_of_birth, site AS care_site_id
        FROM patients
    """,
    "DEATH": "SELECT patient_id AS person_id, death_date FROM patients WHERE death_date IS NOT NULL",
    "MEASUREMENT": _events(
        "labs",
        "measurement",
        """
            result_id AS measurement_id, CAST(collected_at AS DATE) AS measurement_date,
            collected_at AS measurement_datetime, 0 AS operator_concept_id, TRY_CAST(value AS DOUBLE) AS value_as_number,
            0 AS value_as_concept_id, 0 AS unit_concept_id, ref_low AS range_low, ref_high AS range_high,
            unit AS unit_source_value, value AS value_source_value
        """,
    ),
    "DRUG_EXPOSURE": _events(
        "prescriptions",
        "drug",
        """
            prescription_id AS drug_exposure_id, start_date AS drug_exposure_start_date,
            end_date AS drug_exposure_end_date, quantity, days_supply, route AS route_source_value, daily_dose AS sig,
            CASE kind WHEN 'prescribed' THEN 32838 WHEN 'dispensed' THEN 32825 ELSE 32818 END AS drug_type_concept_id
        """,
    ),
    "CONDITION_OCCURRENCE": _events(
        "diagnoses",
        "condition",
        """
            diagnosis_id AS condition_occurrence_id, recorded_date AS condition_start_date,
            resolved_date AS condition_end_date
        """,
    ),
    "PROCEDURE_OCCURRENCE": _events(
        "procedures", "procedure", "procedure_id AS procedure_occurrence_id, performed_date AS procedure_date"
    ),
}


def write(folder: Path, people: int) -> None:
    """A population with its results off the pathway, as the files of a CDM; the configuration lies beside them."""
    write_from_native(folder, people, source='kind = "omop"', tables=_TABLES)
