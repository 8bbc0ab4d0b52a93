"""When an HL7 v2 order began that a message ends or holds: what the file told of it before."""

from dataclasses import replace

import duckdb

from pipelines.ingest.records import Records
from pipelines.sources.hl7_drugs import ENDED


def with_starts(records: Records, con: duckdb.DuckDBPyConnection) -> Records:
    """The records with the start that the file told of an order before a message ended or held it and said none.

    Where it told none, the record has neither start nor time: it is refused, and takes the course that was told in
    another file from nobody.
    """
    states = ", ".join(f"'{state}'" for state in ENDED)
    waits = f"start_date IS NULL AND kind = 'prescribed' AND status IN ({states})"
    earlier = "(coalesce(told.recorded_at, ''), told.source_row)"
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE hl7_start AS
        SELECT source_row, began
        FROM (SELECT source_row, patient_id, prescription_id, recorded_at FROM {records.relation} WHERE {waits}) AS r
        LEFT JOIN LATERAL (
            SELECT arg_max(told.start_date, {earlier}) AS began
            FROM {records.relation} AS told
            WHERE told.start_date IS NOT NULL AND told.kind = 'prescribed'
              AND told.patient_id = r.patient_id AND told.prescription_id = r.prescription_id
              AND {earlier} < (coalesce(r.recorded_at, ''), r.source_row)
        ) ON true
        """
    )
    told = {
        "start_date": "coalesce(r.start_date, began)",
        "end_date": "CASE WHEN r.end_date < began THEN began ELSE r.end_date END",
        "recorded_at": "CASE WHEN began IS NOT NULL OR hl7_start.source_row IS NULL THEN r.recorded_at END",
    }
    terms = ", ".join(f"{term} AS {column}" for column, term in told.items())
    relation = f"(SELECT r.* REPLACE ({terms}) FROM {records.relation} AS r LEFT JOIN hl7_start USING (source_row))"
    return replace(records, relation=relation)
