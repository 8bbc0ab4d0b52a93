"""Who the lists speak of."""

from datetime import date

import polars as pl

from pipelines.clinical._term import term
from pipelines.clinical.dates import aged
from pipelines.clinical.events import coded
from pipelines.profile import Profile


@term
def in_scope(
    person: pl.LazyFrame, condition_occurrence: pl.LazyFrame, *, as_of: date, profile: Profile
) -> pl.LazyFrame:
    """One row per person alive, registered and adult on the as-of date, without a palliative care record.

    Someone of unknown birth date counts as adult (``flag_age_unknown``); someone without a patients row counts as
    registered (``flag_not_in_patients``).
    """
    lives = pl.col("death_date").is_null() | (pl.col("death_date") > as_of)
    has_joined = pl.col("registered_from").is_null() | (pl.col("registered_from") <= as_of)
    has_not_left = pl.col("registered_until").is_null() | (pl.col("registered_until") >= as_of)
    is_adult = aged("birth_date", profile["scope.adult_years"], on=as_of).fill_null(value=True)
    return (
        person.filter(lives, has_joined, has_not_left, is_adult)
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
