"""What the definitions and data quality pages tell: funnels, checks, quarantine and codes, as counts."""

from typing import Any

import polars as pl

from pipelines.decisions import precision
from pipelines.review.decided import LiveDecisions
from pipelines.review.overview import said_because
from pipelines.review.sight import Sight

CODES_SHOWN = 100
RUNS_SHOWN = 10


def funnel(sight: Sight, slug: str) -> list[dict[str, Any]]:
    """The way from everybody in scope to the open items of a list, a row per step, with the change since before."""
    rows = sight.rows(
        """
        WITH funnel AS (
            SELECT step, closed_by, sum(people)::BIGINT AS people,
                CASE WHEN bool_and(previous_people IS NOT NULL) THEN sum(change)::BIGINT END AS change
            FROM seen_attrition WHERE worklist = ? GROUP BY step, closed_by
        )
        SELECT * FROM funnel
        ORDER BY list_position(['in_scope', 'eligible', 'closed', 'open'], step), people DESC, closed_by
        """,
        [slug],
    )
    words = {"in_scope": "in scope", "eligible": "eligible for this list", "open": "open"}
    most = max((row["people"] for row in rows), default=0)
    return [
        row | {"said": words.get(row["step"]) or f"closed: {said_because(row['closed_by'])}",
               "share": row["people"] / most if most else 0}
        for row in rows
    ]  # fmt: skip


def how_right(sight: Sight, log: LiveDecisions, slug: str) -> list[dict[str, Any]]:
    """The months in which somebody decided on items of a list, at the sites that are seen, oldest first.

    ``month``, ``decided``, ``dismissed`` and ``precision`` as in ``pipelines.decisions.precision``, up to this moment.
    """
    entries = log.entries().filter(pl.col("worklist") == slug)
    decided = entries["person_id"].unique().to_list()
    seen = sight.rows("SELECT person_id FROM seen_person WHERE list_contains(?, person_id)", [decided])
    of_seen = entries.lazy().filter(pl.col("person_id").is_in([row["person_id"] for row in seen]))
    return precision(of_seen).collect().to_dicts()


def data_quality(sight: Sight) -> dict[str, list[dict[str, Any]]]:
    """Checks of this run that did not pass, refused rows by reason, codes that mean nothing here, files, and runs."""
    run = sight.publication.run_id
    return {
        "checks": sight.rows(
            """
            SELECT severity, status, check_name, detail, why FROM check_result
            WHERE run_id = ? AND status IN ('failed', 'error') ORDER BY severity, check_name
            """,
            [run],
        ),
        "counts": sight.rows(
            "SELECT layer, status, count(*) AS checks FROM check_result WHERE run_id = ? GROUP BY ALL ORDER BY ALL",
            [run],
        ),
        "quarantine": sight.rows(
            """
            SELECT reason, source, extract_table, count(*) AS records, count(DISTINCT source_file) AS files
            FROM quarantine GROUP BY ALL ORDER BY records DESC, reason, source, extract_table
            """
        ),
        "codes": sight.rows(
            """
            SELECT extract_table, code_system, code, name, sum(row_count)::BIGINT AS records,
                max(last_date) AS last_date, max(looks_like) AS looks_like
            FROM unmapped_code GROUP BY ALL
            ORDER BY max(looks_like) IS NULL, records DESC, extract_table, code_system, code, name LIMIT ?
            """,
            [CODES_SHOWN],
        ),
        "files": sight.rows(
            """
            SELECT source, extract_table, count(*) AS files, sum(rows_read)::BIGINT AS records,
                sum(rows_kept)::BIGINT AS kept, sum(rows_off_pathway)::BIGINT AS off_pathway,
                sum(rows_quarantined)::BIGINT AS quarantined, max(read_at) AS read_at
            FROM source_file GROUP BY ALL ORDER BY source, extract_table
            """
        ),
        "runs": sight.rows(
            """
            SELECT r.run_id, r.ended_at, r.as_of, r.outcome, r.because,
                count(c.run_id) FILTER (c.status = 'passed') AS passed,
                count(c.run_id) FILTER (c.status IN ('failed', 'error')) AS failed
            FROM run AS r LEFT JOIN check_result AS c USING (run_id)
            GROUP BY ALL ORDER BY r.run_id DESC LIMIT ?
            """,
            [RUNS_SHOWN],
        ),
    }
