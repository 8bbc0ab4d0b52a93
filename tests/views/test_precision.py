"""The view of precision, beside what the decision log says of itself."""

from datetime import date, datetime

import polars as pl

from pipelines.decisions import DECISION_SCHEMA
from pipelines.decisions.standing import precision
from pipelines.publish.life import decided_events
from tests.publication import publication_of
from tests.tables import parse, shown

LOG = """
    item  | worklist             | decision       | reason                   | decided_at
    plain | low_b12_untreated    | done           |                          | 2026-10-01T09:00
    wrong | low_b12_untreated    | not_applicable | data_error               | 2026-10-31T09:00
    unfit | low_b12_untreated    | not_applicable | clinically_inappropriate | 2026-10-02T09:00
    moved | low_b12_untreated    | not_applicable | moved                    | 2026-10-02T09:00  # rightly listed
    quiet | low_b12_untreated    | snooze         |                          | 2026-10-02T09:00  # a decision too
    said  | low_b12_untreated    | comment        |                          | 2026-10-02T09:00
    back  | low_b12_untreated    | not_applicable | data_error               | 2026-10-02T09:00
    back  | low_b12_untreated    | undo           |                          | 2026-10-03T09:00
    again | low_b12_untreated    | not_applicable | data_error               | 2026-10-04T09:00
    again | low_b12_untreated    | undo           |                          | 2026-10-04T09:01  # on one day
    again | low_b12_untreated    | done           |                          | 2026-10-04T09:02
    later | low_b12_untreated    | done           |                          | 2026-10-05T09:00
    later | low_b12_untreated    | not_applicable | data_error               | 2026-10-06T09:00  # the later one counts
    both  | low_b12_untreated    | done           |                          | 2026-10-31T09:00
    both  | low_b12_untreated    | not_applicable | data_error               | 2026-11-01T09:00  # in each month, by its own
    none  | maintenance_overdue  | contacted      |                          | 2026-10-02T09:00
    none  | maintenance_overdue  | undo           |                          | 2026-10-02T09:00  # nothing is left
    chat  | metformin_unmonitored | comment       |                          | 2026-10-02T09:00
"""


def log() -> pl.DataFrame:
    """The log drawn above, as the decision store gives it."""
    rows = [
        {
            "decision_id": number,
            "worklist": row["worklist"],
            "person_id": row["item"],
            "item_key": row["item"],
            "decision": row["decision"],
            "reason": row["reason"],
            "snooze_until": date(2027, 1, 1) if row["decision"] == "snooze" else None,
            "decided_by": "nurse",
            "decided_at": datetime.fromisoformat(row["decided_at"]),
            "channel": "review",
            "seen_run_id": "a",
        }
        for number, row in enumerate(parse(LOG), start=1)
    ]
    return pl.DataFrame(rows, schema=DECISION_SCHEMA)


def test_precision_is_what_the_log_says():
    with publication_of({"item_history": decided_events(log())}) as con:
        found = con.sql("FROM precision_by_month").pl()
    columns = ("worklist", "month", "decided", "dismissed", "precision")
    assert shown(found, *columns) == [
        ("low_b12_untreated", "2026-10-01", 8, 3, 0.625),
        ("low_b12_untreated", "2026-11-01", 1, 1, 0.0),
        ("maintenance_overdue", "2026-10-01", 0, 0, None),
    ]
    assert shown(found, *columns) == shown(precision(log().lazy()).collect(), *columns)
