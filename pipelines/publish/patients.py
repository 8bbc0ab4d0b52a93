"""One row per person with any open gap: what to treat first, what to test first, and how many others."""

from datetime import date

import polars as pl

from pipelines.contract import core_schema
from pipelines.publish.life import QUIET

TREATMENT = (
    "low_b12_untreated",
    "raised_mma_untreated",
    "deficiency_diagnosed_untreated",
    "autoimmune_gastritis_untreated",
    "maintenance_stopped",
    "oral_replacement_stopped",
    "route_mismatch",
    "folate_without_b12",
    "malabsorption_unprotected",
    "maintenance_overdue",
    "loading_incomplete",
    "response_inadequate",
)
"""Lists that ask for treatment, the first to act on first."""

TEST = (
    "neuro_untested",
    "nitrous_oxide_untested",
    "pregnancy_b12_unresolved",
    "macrocytosis_untested",
    "borderline_without_mma",
    "metformin_unmonitored",
    "malabsorption_unscreened",
    "acid_suppression_unscreened",
    "indeterminate_unresolved",
    "cause_uninvestigated",
    "response_unmonitored",
    "diet_risk_unscreened",
    "older_adult_unscreened",
)
"""Lists that ask for a test, in the same order of importance; a list named in neither stands behind these."""

OF_PERSON = ("site", "clinician", "display_name", "age", "sex")
OF_ITEM = ("worklist", "item_key", "priority", "reason", "state")


def clinical_order() -> pl.Expr:
    """The place of a list: those that ask for treatment before those that ask for a test."""
    places = {name: place for place, name in enumerate((*TREATMENT, *TEST))}
    return pl.col("worklist").replace_strict(places, default=len(places), return_dtype=pl.Int32)


def _most_pressing(of: str) -> pl.Expr:
    """The least of the two items shown; one that is kept quiet counts only where every item of the person is."""
    awake = [
        pl.when(~pl.col(f"{kind}_state").is_in(QUIET)).then(pl.col(f"{kind}_{of}")) for kind in ("treatment", "test")
    ]
    of_all = pl.min_horizontal(f"treatment_{of}", f"test_{of}")
    return pl.when("is_quiet").then(of_all).otherwise(pl.min_horizontal(*awake))


def by_patient(items: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """The rows of ``worklist_patient``, from those of ``worklist_item``."""
    ordered = items.with_columns(is_quiet=pl.col("state").is_in(QUIET)).sort(
        "person_id", "is_quiet", pl.col("priority") != 1, clinical_order(), "worklist", "item_key"
    )
    treat = pl.col("worklist").is_in(TREATMENT)
    firsts = [
        pl.col(column).filter(is_kind).first().alias(f"{kind}_{column}")
        for kind, is_kind in (("treatment", treat), ("test", ~treat))
        for column in (*OF_ITEM, "due_date")
    ]
    people = ordered.group_by("person_id", maintain_order=True).agg(
        *(pl.col(column).first() for column in OF_PERSON),
        *firsts,
        pl.col("first_listed").min(),
        is_quiet=pl.col("is_quiet").all(),
        other_items=pl.len() - treat.any().cast(pl.Int32) - (~treat).any().cast(pl.Int32),
    )
    told = people.with_columns(
        priority=_most_pressing("priority"),
        due_date=_most_pressing("due_date"),
        days_listed=(pl.lit(as_of) - pl.col("first_listed")).dt.total_days(),
    ).sort("is_quiet", "priority", pl.col("due_date").fill_null(date.max), "person_id")
    ranked = told.with_columns(rank=pl.int_range(1, pl.len() + 1))
    return ranked.select(pl.col(name).cast(kind) for name, kind in core_schema("worklist_patient").items())
