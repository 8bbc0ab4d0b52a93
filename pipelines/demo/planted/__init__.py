"""Planted cases: synthetic persons whose state on each worklist is known beforehand, and written down with the reason.

One module a worklist (one for the two maintenance lists), one line a person. The rows stand as days before the as-of
date, so the cases hold on any date.
"""

import polars as pl

from pipelines.demo.planted import (
    acid_suppression_unscreened,
    autoimmune_gastritis_untreated,
    borderline_without_mma,
    cause_uninvestigated,
    deficiency_diagnosed_untreated,
    diet_risk_unscreened,
    folate_without_b12,
    indeterminate_unresolved,
    loading_incomplete,
    low_b12_untreated,
    macrocytosis_untested,
    maintenance,
    malabsorption_unprotected,
    malabsorption_unscreened,
    metformin_unmonitored,
    neuro_untested,
    nitrous_oxide_untested,
    older_adult_unscreened,
    oral_replacement_stopped,
    pregnancy_b12_unresolved,
    raised_mma_untreated,
    response_inadequate,
    response_unmonitored,
    route_mismatch,
)
from pipelines.demo.planted.case import NOT_ELIGIBLE, PROFILES, Case

CASES: tuple[Case, ...] = tuple(
    case
    for module in (
        low_b12_untreated,
        borderline_without_mma,
        raised_mma_untreated,
        metformin_unmonitored,
        maintenance,
        oral_replacement_stopped,
        autoimmune_gastritis_untreated,
        malabsorption_unprotected,
        loading_incomplete,
        neuro_untested,
        pregnancy_b12_unresolved,
        deficiency_diagnosed_untreated,
        route_mismatch,
        response_inadequate,
        folate_without_b12,
        nitrous_oxide_untested,
        macrocytosis_untested,
        malabsorption_unscreened,
        acid_suppression_unscreened,
        indeterminate_unresolved,
        cause_uninvestigated,
        response_unmonitored,
        diet_risk_unscreened,
        older_adult_unscreened,
    )
    for case in module.CASES
)

EXPECTED_COLUMNS = {
    "patient_id": pl.String,
    "profile": pl.String,
    "worklist": pl.String,
    "expected": pl.String,
    "priority": pl.Int64,
    "why": pl.String,
}


def all_expected() -> pl.DataFrame:
    """What must come out: a row per planted person, profile and worklist, in the order of the cases.

    ``expected`` is ``open``, a ``closed_by`` value or ``not_eligible``; ``priority`` is null unless open.
    """
    rows = [
        (case.patient_id, profile, worklist, state.state, state.priority, case.why)
        for case in CASES
        for (profile, worklist), state in case.expected.items()
    ]
    return pl.DataFrame(rows, schema=EXPECTED_COLUMNS, orient="row")


def expected(profile: str) -> pl.DataFrame:
    """What one profile must say: ``patient_id``, ``worklist``, ``expected``, ``priority``, ``why``.

    Raises:
        ValueError: Nothing was planted for that profile.
    """
    if profile not in PROFILES:
        raise ValueError(
            f"No planted cases for profile {profile!r}. Profiles with planted cases: {', '.join(PROFILES)}."
        )
    return all_expected().filter(pl.col("profile") == profile).drop("profile")


def differences(care_gap: pl.DataFrame, profile: str) -> pl.DataFrame:
    """The planted persons whose state is not the expected one; no rows when the rules do what was written down.

    Reads ``worklist``, ``person_id``, ``closed_by`` and ``priority`` of the care gaps of one run. Returns the columns
    of :func:`expected` and, beside them, ``found`` and ``found_priority``.
    """
    found = care_gap.select(
        "worklist",
        patient_id="person_id",
        found=pl.col("closed_by").fill_null("open"),
        found_priority=pl.col("priority").cast(pl.Int64),
    )
    both = expected(profile).join(found, on=["patient_id", "worklist"], how="left", maintain_order="left")
    both = both.with_columns(pl.col("found").fill_null(NOT_ELIGIBLE))
    return both.remove(
        (pl.col("expected") == pl.col("found")) & pl.col("priority").eq_missing(pl.col("found_priority"))
    )
