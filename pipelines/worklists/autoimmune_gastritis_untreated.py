"""Autoimmune gastritis without B12 treatment."""

from datetime import date

import polars as pl

from pipelines.clinical.causes import AUTOIMMUNE, first_known
from pipelines.clinical.dates import days_before, plus_days
from pipelines.clinical.events import beside
from pipelines.clinical.signs import has, with_neuro
from pipelines.clinical.words import day, label, sentence
from pipelines.profile import Profile
from pipelines.worklists import because, by_b12_now, close_gap, eligible_if, eligible_on, worklist


@worklist(
    title="Pernicious anemia or autoimmune gastritis, no record of treatment",
    action="Start lifelong vitamin B12 replacement",
    owner="practice",
    sources=("S1", "S11"),
    reviewed=date(2026, 11, 22),
)
def autoimmune_gastritis_untreated(
    malabsorption_records: pl.LazyFrame,
    neuro: pl.LazyFrame,
    b12_now: pl.LazyFrame,
    maintenance_stopped: pl.LazyFrame,
    oral_replacement_stopped: pl.LazyFrame,
    *,
    as_of: date,
    profile: Profile,
) -> pl.LazyFrame:
    """People with pernicious anemia, autoimmune gastritis or intrinsic factor antibodies, known for two weeks.

    Closed by B12 treatment that runs now, or by the lists of stopped injections and stopped tablets.
    """
    after = profile["autoimmune_gastritis_untreated.after_days"]
    known = (
        first_known(malabsorption_records, *AUTOIMMUNE)
        .pipe(
            eligible_if,
            {f"known: for {after} days or longer": pl.col("known_on") <= days_before(as_of, after)},
            record="pernicious anemia, autoimmune gastritis or intrinsic factor antibodies",
        )
        .pipe(beside, neuro)
    )
    listed = eligible_on(maintenance_stopped, oral_replacement_stopped)
    return close_gap(
        known,
        on_b12_now=by_b12_now(b12_now),
        maintenance_listed=because("listed for stopped replacement", listed),
    ).with_columns(
        index_date="known_on",
        due_date=plus_days("known_on", after),
        priority=pl.when(has("neuro")).then(1).otherwise(2),
        evidence_index="event",
        found=sentence(label(), " on record since ", day("known_on"), with_neuro()),
        missing=pl.lit("no record of B12 treatment now"),
    )
