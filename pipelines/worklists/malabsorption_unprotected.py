"""Surgery that takes away the absorption of B12, without replacement."""

from datetime import date

import polars as pl

from pipelines.clinical.causes import first_known
from pipelines.clinical.dates import days_before, plus_days
from pipelines.clinical.events import beside
from pipelines.clinical.signs import has
from pipelines.clinical.words import day, label, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_b12_now, close_gap, eligible_if, eligible_on, worklist

COMPLETE = ("gastrectomy_total", "ileal_resection")


@worklist(
    title="Gastrectomy, ileal resection or bariatric surgery, no record of vitamin B12 replacement",
    action="Ask about supplements bought over the counter; prescribe vitamin B12",
    owner="practice",
    sources=("S24", "S1"),
    reviewed=date(2026, 11, 22),
)
def malabsorption_unprotected(
    malabsorption_records: pl.LazyFrame,
    b12_now: pl.LazyFrame,
    maintenance_stopped: pl.LazyFrame,
    oral_replacement_stopped: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People with total gastrectomy, ileal resection or bariatric surgery, known for 90 days.

    Closed by B12 treatment that runs now, or by the lists of stopped injections and stopped tablets.
    """
    after = profile["malabsorption_unprotected.after_days"]
    complete = first_known(malabsorption_records, *COMPLETE).select("person_id", evidence_surgery="event")
    known = (
        first_known(malabsorption_records, *COMPLETE, "bariatric_surgery")
        .pipe(
            eligible_if,
            {f"known: for {after} days or longer": pl.col("known_on") <= days_before(as_of, after)},
            record="total gastrectomy, ileal resection or bariatric surgery",
        )
        .pipe(beside, complete)
    )
    listed = eligible_on(maintenance_stopped, oral_replacement_stopped)
    return close_gap(
        known,
        on_b12_now=by_b12_now(b12_now),
        maintenance_listed=because("listed for stopped replacement", listed),
    ).with_columns(
        index_date="known_on",
        due_date=plus_days("known_on", after),
        priority=pl.when(has("surgery")).then(2).otherwise(3),
        evidence_index="event",
        found=sentence(label(), " on record since ", day("known_on")),
        missing=pl.lit("no record of B12 replacement now"),
    )
