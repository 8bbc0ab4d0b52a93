"""MIMIC-IV ``hosp``, CSV, beside DuckDB's reader."""

from pathlib import Path

from tests.benchmarks.formats._from_native import bare_csv as bare
from tests.benchmarks.formats._from_native import write_from_native

__all__ = ["bare", "write"]

_ITEMS = """
    SELECT 90000 + row_number() OVER (ORDER BY test_code, test_name) AS itemid, test_name AS label, 'Blood' AS fluid,
        test_code AS loinc_code
    FROM (SELECT DISTINCT test_code, test_name FROM labs)
"""

_STAYS = """
    SELECT patient_id AS subject_id, diagnosis_id AS hadm_id, CAST(recorded_date AS TIMESTAMP) AS admittime,
        CAST(recorded_date AS TIMESTAMP) AS dischtime
    FROM diagnoses
"""

_TABLES = {
    "patients": """
        SELECT patient_id AS subject_id, sex AS gender, 2026 - year(birth_date) AS anchor_age, 2026 AS anchor_year,
            death_date AS dod
        FROM patients
    """,
    "d_labitems": _ITEMS,
    "labevents": f"""
        SELECT result_id AS labevent_id, patient_id AS subject_id, itemid, collected_at AS charttime,
            reported_at AS storetime, if(value LIKE '<%' OR value LIKE '>%', NULL, value) AS value,
            TRY_CAST(value AS DOUBLE) AS valuenum, unit AS valueuom, ref_low AS ref_range_lower,
            ref_high AS ref_range_upper, 'ROUTINE' AS priority,
            if(value LIKE '<%' OR value LIKE '>%', value || '.', NULL) AS comments
        FROM labs JOIN ({_ITEMS}) AS item
            ON loinc_code IS NOT DISTINCT FROM test_code AND label IS NOT DISTINCT FROM test_name
    """,
    "admissions": _STAYS,
    "diagnoses_icd": """
        SELECT patient_id AS subject_id, diagnosis_id AS hadm_id, 1 AS seq_num,
            replace(diagnosis_code, '.', '') AS icd_code, 10 AS icd_version
        FROM diagnoses
    """,
    "prescriptions": """
        SELECT patient_id AS subject_id, prescription_id AS pharmacy_id, CAST(start_date AS TIMESTAMP) AS starttime,
            CAST(start_date + 27 AS TIMESTAMP) AS stoptime, 'MAIN' AS drug_type, drug_name AS drug, '0' AS ndc,
            strength AS prod_strength, daily_dose AS dose_val_rx, 'mcg' AS dose_unit_rx, 1 AS doses_per_24_hrs, route
        FROM prescriptions
    """,
    "emar": """
        SELECT patient_id AS subject_id, 'given ' || prescription_id AS emar_id, prescription_id AS pharmacy_id,
            CAST(start_date AS TIMESTAMP) AS charttime, drug_name AS medication,
            if(hash(prescription_id) % 10 = 0, 'Not Given', 'Administered') AS event_txt
        FROM prescriptions
    """,
}


def write(folder: Path, people: int) -> None:
    """A population with its results off the pathway, as MIMIC files; the configuration lies beside them."""
    write_from_native(folder, people, source='kind = "mimic"', tables=_TABLES)
