"""Who the lists speak of."""

from datetime import date

import polars as pl

from pipelines.clinical._term import term
from pipelines.clinical.dates import aged, plus_days
from pipelines.clinical.eligible import eligible_if
from pipelines.clinical.events import beside, coded, first_by
from pipelines.clinical.signs import has
from pipelines.profile import Profile


def scope_conditions(*, as_of: date, profile: Profile) -> dict[str, pl.Expr]:
    """What must hold of a person, beside the first palliative care record in ``evidence_palliative_care``."""
    lives = pl.col("death_date").is_null() | (pl.col("death_date") > as_of)
    has_joined = pl.col("registered_from").is_null() | (pl.col("registered_from") <= as_of)
    has_not_left = pl.col("registered_until").is_null() | (pl.col("registered_until") >= as_of)
    is_adult = aged("birth_date", profile["scope.adult_years"], on=as_of).fill_null(value=True)
    return {
        "alive": lives,
        "registered": has_joined,
        "still registered": has_not_left,
        f"age: {profile['scope.adult_years']} years or older": is_adult,
        "no palliative care record": ~has("palliative_care"),
    }


@term
def in_scope(
    person: pl.LazyFrame, condition_occurrence: pl.LazyFrame, *, as_of: date, profile: Profile
) -> pl.LazyFrame:
    """One row per person alive, registered and adult on the as-of date, without a palliative care record.

    Someone of unknown birth date counts as adult (``flag_age_unknown``); someone without a patients row counts as
    registered (``flag_not_in_patients``).
    """
    palliative = first_by(coded(condition_occurrence, "palliative_care"), "condition_start_date")
    return (
        person.pipe(beside, palliative.select("person_id", evidence_palliative_care="event"))
        .pipe(eligible_if, scope_conditions(as_of=as_of, profile=profile))
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
