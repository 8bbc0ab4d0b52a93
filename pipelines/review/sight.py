"""What one visitor may see of one publication, for one request: the only place where patient rows are reached from.

Every query of the room reads the views below and no published table of patients itself (a test holds the modules to
it). They carry the sites of the visitor and the decisions made since the publication, so that neither can be forgotten.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import duckdb

from pipelines.duck import has_table
from pipelines.review.access import Visitor
from pipelines.review.decided import STANDING, Standing
from pipelines.review.publication import Publication

QUIET = "('snoozed', 'dismissed')"
ACTED = "('done', 'ordered', 'contacted')"

VIEWS = f"""
CREATE TEMP VIEW seen_person AS
SELECT * FROM person WHERE (SELECT every FROM visible) OR site IN (SELECT site FROM visible_site);

CREATE TEMP VIEW seen_item AS
WITH item AS (
    SELECT i.* EXCLUDE (
            state, decision, decision_reason, decision_note, decided_by, decided_at, snoozed_until, comment, comment_by,
            decision_id
        ),
        l.latest_id, l.decision_id, l.decision, l.reason AS decision_reason, l.note AS decision_note,
        l.decided_by, l.decided_at, l.snooze_until AS snoozed_until, l.seen_evidence_hash, l.comment, l.comment_by,
        CASE
            WHEN i.state = 'snoozed' AND l.snooze_until <= (SELECT today FROM visible) THEN 'continuing'
            WHEN l.decision_id <= i.decision_id THEN i.state
            WHEN l.decision_id IS NULL AND i.decision IS NULL THEN i.state
            WHEN l.decision = 'snooze' AND l.snooze_until > (SELECT today FROM visible) THEN 'snoozed'
            WHEN l.decision = 'not_applicable' THEN 'dismissed'
            WHEN i.state IN {QUIET} THEN 'continuing'
            ELSE i.state
        END AS state
    FROM published_item AS i
    LEFT JOIN live AS l USING (item_key)
    WHERE (SELECT every FROM visible) OR i.site IN (SELECT site FROM visible_site)
)
SELECT *,
    CASE
        WHEN state IN {QUIET} THEN state
        WHEN decision IN {ACTED} AND seen_evidence_hash = evidence_hash THEN 'waiting'
        ELSE 'todo'
    END AS turn
FROM item;

CREATE TEMP VIEW seen_patient AS
SELECT * FROM worklist_patient WHERE (SELECT every FROM visible) OR site IN (SELECT site FROM visible_site);

CREATE TEMP VIEW seen_gap AS
SELECT g.* FROM care_gap AS g JOIN seen_person AS p USING (person_id);

CREATE TEMP VIEW seen_evidence AS
SELECT e.* FROM evidence AS e JOIN seen_person AS p USING (person_id);

CREATE TEMP VIEW seen_history AS
SELECT h.* FROM item_history AS h JOIN seen_person AS p USING (person_id);

CREATE TEMP VIEW seen_attrition AS
SELECT * FROM attrition WHERE (SELECT every FROM visible) OR site IN (SELECT site FROM visible_site);
"""
"""``state`` is the publication's where it knew the standing decision already, for it may have woken the item since.
``turn``: todo; waiting (somebody acted, and nothing newer has come in since); snoozed; dismissed."""


PUBLISHED = """
CREATE TEMP VIEW published_item AS
FROM worklist_item
UNION ALL BY NAME SELECT NULL::VARCHAR AS comment, NULL::VARCHAR AS comment_by WHERE false;
"""
"""The items with their comments; those that an earlier release published have none."""

MEASURE_VIEW = """
CREATE TEMP VIEW seen_measure AS
SELECT * FROM measure WHERE (SELECT every FROM visible) OR site IN (SELECT site FROM visible_site);
"""


class Sight:
    """Queries over what a visitor may see."""

    def __init__(self, publication: Publication, visitor: Visitor, told: str | None) -> None:
        self.publication = publication
        self.visitor = visitor
        self.decisions_told = told
        self._con = publication.con

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The answer, a dictionary a row."""
        answer = self._con.execute(query, list(parameters))
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def value(self, query: str, parameters: Sequence[Any] = ()) -> Any:
        """The single value of the answer."""
        return self._con.execute(query, list(parameters)).fetchall()[0][0]

    def frame(self, query: str, parameters: Sequence[Any] = ()) -> Any:
        """The answer as a polars frame."""
        return self._con.sql(query, params=list(parameters)).pl()

    def has(self, table: str) -> bool:
        """Whether the publication carries this table."""
        return has_table(self._con, table)


@contextmanager
def sight_of(publication: Publication, visitor: Visitor, standing: Standing, today: date) -> Iterator[Sight]:
    """Lay the views over a publication for one visitor; ``today`` decides whether a snooze still lasts."""
    con = publication.con
    sites = visitor.access.sites()
    con.execute("CREATE TEMP TABLE visible (every BOOLEAN, today DATE)")
    con.execute("INSERT INTO visible VALUES (?, ?)", [sites is None, today])
    con.execute("CREATE TEMP TABLE visible_site (site VARCHAR)")
    for site in sites or ():
        con.execute("INSERT INTO visible_site VALUES (?)", [site])
    con.execute(PUBLISHED)
    _lay_decisions(con, standing)
    con.execute(VIEWS)
    if has_table(con, "measure"):
        con.execute(MEASURE_VIEW)
    yield Sight(publication, visitor, standing.told)


def _lay_decisions(con: duckdb.DuckDBPyConnection, standing: Standing) -> None:
    """What stands now; when the log cannot be read, what stood at the publication."""
    if standing.rows is not None:
        con.register("live", standing.rows.select(list(STANDING)).to_arrow())
        return
    con.execute(
        """
        CREATE TEMP VIEW live AS
        SELECT item_key, decision_id AS latest_id, decision_id, decision, decision_reason AS reason,
            decision_note AS note, decided_by, decided_at, snoozed_until AS snooze_until,
            evidence_hash AS seen_evidence_hash, comment, comment_by
        FROM published_item WHERE decision_id IS NOT NULL
        """
    )
