"""What a configuration understands of the files it reads, in counts: codes, units, dates, persons, volume.

Everything comes from a scratch store, by DuckDB over its Parquet files, so that memory does not follow the population.
"""

from dataclasses import dataclass

import duckdb
import polars as pl

from pipelines.config import Settings
from pipelines.duck import literal
from pipelines.ingest.core import EVENT_DATES
from pipelines.onboarding.discretion import FEWEST_ROWS, LONGEST
from pipelines.onboarding.trial import Trial

TABLE_OF = {
    "measurement": "labs",
    "drug_exposure": "prescriptions",
    "condition_occurrence": "diagnoses",
    "procedure_occurrence": "procedures",
}
"""The extract table that the rows of a core table mostly come from."""

UNMAPPED_SHOWN = 20
LONGEST_UNIT = 20
NO_SITE = "(no site)"


@dataclass(frozen=True)
class SourceFacts:
    """Counts of what was read.

    Attributes:
        files: ``Trial.read``: a row per file and extract table.
        reasons: ``source``, ``table``, ``reason``, ``rows`` in quarantine, the most frequent first.
        concepts: ``source``, ``table``, ``concept``, ``rows`` kept.
        unmapped: ``source``, ``table``, ``code_system``, ``code``, ``name``, ``rows``, ``looks_like``: the codes of no
            concept, those that look like one first, then the most frequent; of rare ones neither code nor name is told.
        units: ``source``, ``concept``, ``unit`` (as reported; null for none), ``rows``, ``is_understood``.
        people: counts by name, in the order of ``PEOPLE``; null where no patients were delivered.
        volume: ``table``, ``site``, ``month`` (its first day), ``rows`` kept.
    """

    files: pl.DataFrame
    reasons: pl.DataFrame
    concepts: pl.DataFrame
    unmapped: pl.DataFrame
    units: pl.DataFrame
    people: dict[str, int | None]
    volume: pl.DataFrame


PEOPLE = {
    "with_events": "people with results, prescriptions, diagnoses or procedures on the pathway",
    "in_patients": "people in the files of patients",
    "results_without_person": "people with results who are in no file of patients",
    "without_birth_date": "people in patients without a date of birth",
    "without_sex": "people in patients without a sex that is understood",
    "without_site": "people in patients without a site",
}
"""What is counted of people, and what each count says."""


def facts_of(trial: Trial, settings: Settings, con: duckdb.DuckDBPyConnection) -> SourceFacts:
    """The counts of everything in the scratch store."""
    for part in (*EVENT_DATES, "person", "quarantine", "unmapped"):
        _create_view(con, trial, part)
    reasons = con.sql(
        'SELECT source, extract_table AS "table", reason, count(*) AS rows FROM quarantine'
        ' GROUP BY ALL ORDER BY rows DESC, source, "table", reason'
    ).pl()
    concepts = pl.concat(
        [
            con.sql(f'SELECT source, extract_table AS "table", concept, count(*) AS rows FROM {core} GROUP BY ALL').pl()
            for core in EVENT_DATES
        ]
    ).sort("source", "table", "rows", "concept", descending=[False, False, True, False])
    return SourceFacts(
        files=trial.read,
        reasons=reasons,
        concepts=concepts,
        unmapped=_unmapped(con),
        units=_units(con, settings),
        people=_people(con),
        volume=_volume(con),
    )


def _create_view(con: duckdb.DuckDBPyConnection, trial: Trial, part: str) -> None:
    """A view of one part of the store with the ``source`` and ``extract_table`` of each row."""
    entries = trial.store.entries()
    con.execute("CREATE TABLE IF NOT EXISTS reading (entry BIGINT, source VARCHAR, extract_table VARCHAR)")
    if not con.execute("SELECT count(*) FROM reading").fetchall()[0][0] and entries:
        con.executemany("INSERT INTO reading VALUES (?, ?, ?)", [(e.number, e.source, e.table) for e in entries])
    paths = trial.store.paths(entries, part)
    if paths:
        files = ", ".join(literal(path) for path in paths)
        rows = f"read_parquet([{files}], union_by_name = true)"
    else:
        columns = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in _columns_of(part).items())
        rows = f"(SELECT {columns} WHERE false)"
    con.execute(f"CREATE OR REPLACE TEMP VIEW {part} AS SELECT * FROM {rows} JOIN reading USING (entry)")


def _columns_of(part: str) -> dict[str, str]:
    """The columns that are asked for, of a part that nothing was stored of."""
    text = dict.fromkeys(
        (
            "person_id",
            "concept",
            "unit_reported",
            "reason",
            "raw",
            "code_system",
            "code",
            "name",
            "looks_like",
            "site",
            "sex",
        ),
        "VARCHAR",
    )
    days = dict.fromkeys((EVENT_DATES.get(part, "birth_date"), "birth_date"), "DATE")
    return {"entry": "BIGINT", "row_count": "BIGINT", "source_row": "BIGINT", **text, **days}


def _unmapped(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    told = f"sum(row_count) >= {FEWEST_ROWS} AND length(coalesce(name, '')) <= {LONGEST}"
    return con.sql(
        f"""
        SELECT source, extract_table AS "table", code_system,
            CASE WHEN {told} THEN code ELSE '(rare)' END AS code,
            CASE WHEN {told} THEN name ELSE '(rare)' END AS name,
            sum(row_count)::BIGINT AS rows, looks_like
        FROM unmapped GROUP BY source, extract_table, code_system, unmapped.code, unmapped.name, looks_like
        ORDER BY looks_like IS NULL, rows DESC, source, "table", code_system, 4, 5 LIMIT {UNMAPPED_SHOWN}
        """
    ).pl()


def _units(con: duckdb.DuckDBPyConnection, settings: Settings) -> pl.DataFrame:
    """Units as reported: of the rows that are kept, and of those that were refused for their unit."""
    kept = con.sql(
        "SELECT source, concept, unit_reported AS unit, count(*) AS rows, true AS is_understood"
        " FROM measurement GROUP BY ALL"
    ).pl()
    refused = [kept]
    for source in settings.source:
        column = source.labs.columns.get("unit", "unit")
        refused.append(
            con.sql(
                """
                SELECT source, CAST(NULL AS VARCHAR) AS concept, raw ->> ? AS unit, count(*) AS rows,
                    false AS is_understood
                FROM quarantine WHERE source = ? AND reason IN ('unknown_unit', 'missing_unit') GROUP BY ALL
                """,
                params=[f'$."{column}"', source.name],
            ).pl()
        )
    told = (pl.col("rows") >= FEWEST_ROWS) & (pl.col("unit").str.len_chars() <= LONGEST_UNIT)
    is_told = pl.col("unit").is_null() | told | pl.col("is_understood")
    return (
        pl.concat(refused)
        .with_columns(unit=pl.when(is_told).then("unit").otherwise(pl.lit("(rare)")))
        .group_by("source", "concept", "unit", "is_understood")
        .agg(pl.col("rows").sum())
        .sort("is_understood", "source", "concept", "rows", "unit", descending=[False, False, False, True, False])
        .select("source", "concept", "unit", "rows", "is_understood")
    )


def _people(con: duckdb.DuckDBPyConnection) -> dict[str, int | None]:
    people = " UNION ".join(f"SELECT person_id FROM {core}" for core in EVENT_DATES)
    con.execute(f"CREATE OR REPLACE TEMP TABLE seen AS {people}")
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE known AS
        SELECT person_id, arg_max(birth_date, (entry, source_row)) AS birth_date,
            arg_max(sex, (entry, source_row)) AS sex, arg_max(site, (entry, source_row)) AS site
        FROM person GROUP BY person_id
        """
    )
    [counted] = con.execute(
        """
        SELECT (SELECT count(*) FROM seen), (SELECT count(*) FROM known),
            (SELECT count(DISTINCT person_id) FROM measurement ANTI JOIN known USING (person_id)),
            (SELECT count(*) FROM known WHERE birth_date IS NULL), (SELECT count(*) FROM known WHERE sex IS NULL),
            (SELECT count(*) FROM known WHERE site IS NULL)
        """
    ).fetchall()
    delivered = con.execute("SELECT count(*) FROM reading WHERE extract_table = 'patients'").fetchall()[0][0] > 0
    found = dict(zip(PEOPLE, counted, strict=True))
    return found if delivered else {name: found[name] if name == "with_events" else None for name in found}


def _volume(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    counted = [
        con.sql(
            f"""
            SELECT '{table}' AS "table", coalesce(known.site, '{NO_SITE}') AS site,
                CAST(date_trunc('month', {EVENT_DATES[core]}) AS DATE) AS month, count(*) AS rows
            FROM {core} LEFT JOIN known USING (person_id) GROUP BY ALL
            """
        ).pl()
        for core, table in TABLE_OF.items()
    ]
    return pl.concat(counted).sort("table", "site", "month")
