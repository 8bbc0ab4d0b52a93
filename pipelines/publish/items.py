"""Open gaps as a reviewer reads them: each with the person, the latest results and the treatment on record."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from pipelines.clinical.dates import completed_years
from pipelines.contract import core_schema
from pipelines.publish.life import QUIET

LATEST = {
    "serum_b12": "min",
    "mma_serum": "max",
    "hemoglobin": "min",
    "mcv": "max",
    "folate_serum": "min",
    "ferritin": "min",
    "egfr": "min",
}
"""The results shown beside an item; of several on the latest date the most abnormal, which is the lowest or highest."""

ADDED_LATER = (
    *("state", "evidence_hash", "first_listed", "days_listed", "decision", "decision_reason", "decision_note"),
    *("decided_by", "decided_at", "snoozed_until", "comment", "comment_by", "decision_id", "rank"),
)
"""Columns of ``worklist_item`` that follow from what was published and decided before, and from the other items."""

COLUMN_OF = {"mma_serum": "mma", "folate_serum": "folate"}


def open_items(
    care_gap: pl.LazyFrame,
    evidence: pl.LazyFrame,
    tables: Mapping[str, pl.LazyFrame],
    treatment: pl.LazyFrame,
    *,
    as_of: date,
) -> pl.LazyFrame:
    """One row per open gap, with the columns of ``worklist_item`` that the facts of today give, and ``weight``.

    Its life and its ``rank`` among the others come later; ``weight`` orders it.

    ``weight`` is the result that the item rests on: the B12 or second-line result in its evidence, as it stands there,
    else the latest serum B12; null where the person has neither.

    ``treatment`` is one row per treated person: person_id, treatment, last_injection, next_due.
    """
    gaps = care_gap.filter(pl.col("closed_by").is_null())
    people = gaps.select("person_id").unique()
    items = (
        gaps.join(_person_columns(tables["person"], as_of), on="person_id", how="left")
        .join(
            latest_results(tables["measurement"].join(people, on="person_id", how="semi")), on="person_id", how="left"
        )
        .join(treatment, on="person_id", how="left")
        .join(_deciding_results(evidence), on=["worklist", "person_id"], how="left")
        .with_columns(treatment=pl.col("treatment").fill_null("no record"))
    )
    columns = {name: kind for name, kind in core_schema("worklist_item").items() if name not in ADDED_LATER}
    weight = pl.coalesce("deciding", "serum_b12").alias("weight")
    return items.select(*(pl.col(name).cast(kind) for name, kind in columns.items()), weight)


def _deciding_results(evidence: pl.LazyFrame) -> pl.LazyFrame:
    """By list and person the result that an item rests on: the second-line one where there is one, else the index."""
    of_role = [pl.col("value").filter(pl.col("role") == role).first() for role in ("second_line", "index")]
    is_b12 = (pl.col("role") == "index") & (pl.col("unit") == "pmol/L")
    results = evidence.filter(pl.col("event_table") == "measurement", is_b12 | (pl.col("role") == "second_line"))
    return results.group_by("worklist", "person_id").agg(deciding=pl.coalesce(*of_role))


def rank_items(items: pl.DataFrame, *, by_mma: frozenset[str]) -> pl.DataFrame:
    """The rows of ``worklist_item``, ranked in each list.

    By priority, lower B12 (higher MMA on ``by_mma``), longest past due and person; behind them those kept quiet.
    """
    weight = pl.when(pl.col("worklist").is_in(sorted(by_mma))).then(-pl.col("weight")).otherwise(pl.col("weight"))
    place = (
        pl.col("state").is_in(QUIET),
        pl.col("priority"),
        weight.fill_null(float("inf")),
        pl.col("due_date").fill_null(date.max),
        pl.col("person_id"),
    )
    ordered = items.sort("worklist", *place)
    ranked = ordered.with_columns(rank=pl.int_range(1, pl.len() + 1).over("worklist"))
    return ranked.select(pl.col(name).cast(kind) for name, kind in core_schema("worklist_item").items())


def latest_results(measurement: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person: the latest counting result of each concept in ``LATEST`` and its date, in canonical units."""
    counted = measurement.filter(
        pl.col("status").is_in(["final", "corrected", "amended", "appended"]) & pl.col("value").is_not_null()
    )
    reported = pl.concat_str(
        pl.when(pl.col("comparator") != "=").then(pl.col("comparator")).otherwise(pl.lit("")),
        pl.col("value_reported").str.strip_chars_start("<>=≤≥ "),
        pl.lit(" "),
        pl.col("unit_reported").fill_null(""),
    ).str.strip_chars()
    results = None
    for concept, most_abnormal in LATEST.items():
        name = COLUMN_OF.get(concept, concept)
        worst_last = pl.col("value") if most_abnormal == "max" else -pl.col("value")
        latest = (
            counted.filter(pl.col("concept") == concept)
            .with_columns(
                place=pl.struct("measurement_date", worst_last.alias("abnormality"), "measurement_id", "source_row")
            )
            .with_columns(reported=reported)
            .group_by("person_id")
            .agg(pl.col("value", "measurement_date", "reported").sort_by("place").last())
            .select(
                "person_id",
                pl.col("value").alias(name),
                pl.col("measurement_date").alias(f"{name}_date"),
                pl.col("reported").alias(f"{name}_reported"),
            )
        )
        results = latest if results is None else results.join(latest, on="person_id", how="full", coalesce=True)
    return results


def _person_columns(person: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    aged = person.with_columns(as_of=pl.lit(as_of)).with_columns(age=completed_years("birth_date", "as_of"))
    return aged.select("person_id", "site", "clinician", "display_name", "sex", pl.col("age").cast(pl.Int32))
