"""Who the lists speak of."""

from datetime import date

import polars as pl

from pipelines.clinical._term import term
from pipelines.clinical.dates import aged, plus_days
from pipelines.clinical.events import coded
from pipelines.profile import Profile


def scope_conditions(*, as_of: date, profile: Profile) -> dict[str, pl.Expr]:
    """What must hold of a person's own row, each under what is said of somebody for whom it does not."""
    lives = pl.col("death_date").is_null() | (pl.col("death_date") > as_of)
    has_joined = pl.col("registered_from").is_null() | (pl.col("registered_from") <= as_of)
    has_not_left = pl.col("registered_until").is_null() | (pl.col("registered_until") >= as_of)
    is_adult = aged("birth_date", profile["scope.adult_years"], on=as_of).fill_null(value=True)
    return {
        "died": lives,
        "not registered yet": has_joined,
        "no longer registered": has_not_left,
        f"younger than {profile['scope.adult_years']}": is_adult,
    }


@term
def in_scope(
    person: pl.LazyFrame, condition_occurrence: pl.LazyFrame, *, as_of: date, profile: Profile
) -> pl.LazyFrame:
    """One row per person alive, registered and adult on the as-of date, without a palliative care record.

    Someone of unknown birth date counts as adult (``flag_age_unknown``); someone without a patients row counts as
    registered (``flag_not_in_patients``).
    """
    return (
        person.filter(*scope_conditions(as_of=as_of, profile=profile).values())
        .join(coded(condition_occurrence, "palliative_care"), on="person_id", how="anti")
        .select(
            "person_id",
            "birth_date",
            "sex",
            "site",
            "registered_from",
            flag_age_unknown=pl.col("birth_date").is_null(),
            flag_not_in_patients=~pl.col("in_patients"),
        )
    )


def out_of_scope(
    person: pl.LazyFrame, condition_occurrence: pl.LazyFrame, *, as_of: date, profile: Profile
) -> str | None:
    """Why the one person in these tables is on no list at all; null for somebody in scope."""
    conditions = scope_conditions(as_of=as_of, profile=profile)
    held = person.select(**{f"condition_{place}": holds for place, holds in enumerate(conditions.values())}).collect()
    reasons = [why for why, holds in zip(conditions, held.row(0), strict=True) if not holds]
    palliative = coded(condition_occurrence, "palliative_care").filter(
        "is_counted", pl.col("condition_start_date") <= as_of
    )
    if palliative.select(pl.len()).collect().item():
        reasons.append("a palliative care record")
    return ", ".join(reasons) or None


def with_trusted_start(
    points: pl.LazyFrame, in_scope: pl.LazyFrame, *, at: str, first_exposure: pl.DataFrame, profile: Profile
) -> pl.LazyFrame:
    """The points whose start, in ``at``, lies far enough inside what can be seen to be one.

    Prescriptions of the person's site (of all sites, for a person without one) and the person's registration both
    reach back 365 days before it.
    """
    seen = in_scope.select("person_id", "site", "registered_from").join(
        first_exposure.lazy(), on="site", how="left", nulls_equal=True
    )
    begins = plus_days(at, -profile["trusted_start.history_days"])
    is_registered = pl.col("registered_from").is_null() | (pl.col("registered_from") <= begins)
    return points.join(seen, on="person_id").filter(pl.col("first_start") <= begins, is_registered)
