"""Synthea's CSV export, beside DuckDB's reader."""

from pathlib import Path

from tests.benchmarks.formats._from_native import bare_csv as bare
from tests.benchmarks.formats._from_native import write_from_native

__all__ = ["bare", "write"]

_TABLES = {
    "patients": """
        SELECT patient_id AS Id, birth_date AS BIRTHDATE, death_date AS DEATHDATE, NULL AS FIRST, display_name AS LAST,
            sex AS GENDER
        FROM patients
    """,
    "encounters": """
        SELECT 'home of ' || patient_id AS Id, '2020-01-01T12:00:00Z' AS START, patient_id AS PATIENT,
            site AS ORGANIZATION, clinician AS PROVIDER, 'wellness' AS ENCOUNTERCLASS
        FROM patients
    """,
    "observations": """
        SELECT strftime(collected_at, '%Y-%m-%dT%H:%M:%SZ') AS DATE, patient_id AS PATIENT, result_id AS ENCOUNTER,
            'laboratory' AS CATEGORY, test_code AS CODE, test_name AS DESCRIPTION, value AS VALUE, unit AS UNITS,
            'numeric' AS TYPE
        FROM labs
    """,
    "medications": """
        SELECT strftime(start_date, '%Y-%m-%dT12:00:00Z') AS START, strftime(end_date, '%Y-%m-%dT12:00:00Z') AS STOP,
            patient_id AS PATIENT, prescription_id AS ENCOUNTER, NULL AS CODE, drug_name AS DESCRIPTION, 1 AS DISPENSES
        FROM prescriptions
    """,
    "conditions": """
        SELECT recorded_date AS START, resolved_date AS STOP, patient_id AS PATIENT, diagnosis_id AS ENCOUNTER,
            code_system AS SYSTEM, diagnosis_code AS CODE, description AS DESCRIPTION
        FROM diagnoses
    """,
    "procedures": """
        SELECT strftime(performed_date, '%Y-%m-%dT12:00:00Z') AS START, patient_id AS PATIENT,
            procedure_id AS ENCOUNTER, code_system AS SYSTEM, procedure_code AS CODE, description AS DESCRIPTION
        FROM procedures
    """,
}


def write(folder: Path, people: int) -> None:
    """A population with its results off the pathway, as Synthea exports it; the configuration lies beside it."""
    write_from_native(folder, people, source='kind = "synthea"', tables=_TABLES)
