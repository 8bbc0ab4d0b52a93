"""What the feeds have been doing, from everything stored of them: the newest row, the last weeks, open prescriptions.

Reads the views that ``build_core`` makes: ``stored_<part>``, ``entry`` and ``person``.
"""

from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from pipelines.contract import CORE_TABLES
from pipelines.publish.facts import WEEKS_COMPARED

DAYS_COMPARED = 7 * (WEEKS_COMPARED + 1)


@dataclass(frozen=True)
class Activity:
    """What each feed, an extract table of a source, has delivered up to the knowledge date.

    Attributes:
        feeds: ``source``, ``extract_table``, ``newest_known``, null for a feed without a dated row.
        recent: ``source``, ``extract_table``, ``person_id``, ``site``, ``known_on``: the patient-days of the weeks up
            to the newest of each feed.
        open_prescriptions: ``source``, ``rows``, ``open_rows``.
    """

    feeds: pl.DataFrame
    recent: pl.DataFrame
    open_prescriptions: pl.DataFrame


def feed_activity(con: duckdb.DuckDBPyConnection, known_at: date) -> Activity:
    """The activity of every feed in the store."""
    every = " UNION ALL ".join(
        f"SELECT entry, person_id, CAST(known_from AS DATE) AS known_on FROM stored_{part}" for part in CORE_TABLES
    )
    known = f"""
        SELECT source, origin AS extract_table, stored.person_id, known_on
        FROM ({every}) AS stored JOIN entry USING (entry)
        WHERE known_on <= DATE '{known_at}'
    """
    newest = f"SELECT source, extract_table, max(known_on) AS newest_known FROM ({known}) GROUP BY ALL"
    feeds = con.sql(
        f"""
        SELECT source, extract_table, newest_known
        FROM (SELECT DISTINCT source, origin AS extract_table FROM entry)
        LEFT JOIN ({newest}) USING (source, extract_table)
        ORDER BY ALL
        """
    ).pl()
    recent = con.sql(
        f"""
        SELECT DISTINCT source, extract_table, known.person_id, site, known_on
        FROM ({known}) AS known
        JOIN ({newest}) USING (source, extract_table)
        LEFT JOIN person ON person.person_id = known.person_id
        WHERE known_on > newest_known - {DAYS_COMPARED}
        """
    ).pl()
    open_prescriptions = con.sql(
        """
        SELECT source, count(*) AS rows, count(*) FILTER (drug_exposure_end_date IS NULL) AS open_rows
        FROM stored_drug_exposure JOIN entry USING (entry)
        WHERE origin = 'prescriptions' GROUP BY source
        """
    ).pl()
    return Activity(feeds, recent, open_prescriptions)


def delivered_tables(con: duckdb.DuckDBPyConnection, known_at: date) -> frozenset[str]:
    """The extract tables that had been delivered at the knowledge date: a row was read by then, or tells of then.

    A table that began later must not count, or a past run repeated would see what it could not see.
    """
    return delivered_by(entries_since(con), known_at)


def delivered_by(since: pl.DataFrame, known_at: date) -> frozenset[str]:
    """Of the readings of ``entries_since``, the extract tables that had been delivered at the knowledge date."""
    seen = since.filter(pl.col("rows_read") > 0, pl.col("delivered_since") <= known_at)
    return frozenset(seen["origin"].unique())


def entries_since(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per reading: ``entry``, ``origin``, ``rows_read``, and the first days at which it says anything.

    ``delivered_since`` is the day of its first reading or the earliest that a row of it tells of, an undated row
    telling of every day; ``known_since`` is that, or the earliest day of a withdrawal.
    """
    always = "DATE '0001-01-01'"
    told = " UNION ALL ".join(
        f"SELECT entry, coalesce(CAST(known_from AS DATE), {always}) AS day FROM stored_{part}" for part in CORE_TABLES
    )
    withdrawn = "SELECT entry, CAST(known_from AS DATE) AS day FROM stored_withdrawal"
    return con.sql(
        f"""
        WITH told AS (
            SELECT entry, min(day) AS told_since FROM (
                {told} UNION ALL SELECT entry, first_date FROM stored_unmapped
            ) GROUP BY entry
        ), withdrawn AS (
            SELECT entry, min(day) AS withdrawn_since FROM ({withdrawn}) GROUP BY entry
        )
        SELECT entry, origin, rows_read,
            least(CAST(first_read_at AS DATE), told_since) AS delivered_since,
            least(CAST(first_read_at AS DATE), told_since, withdrawn_since) AS known_since
        FROM entry LEFT JOIN told USING (entry) LEFT JOIN withdrawn USING (entry)
        """
    ).pl()
