"""How a gap is closed, and how that is said."""

import polars as pl

from pipelines.clinical.eligible import noted_closing
from pipelines.clinical.events import inside
from pipelines.clinical.maintenance import cause_resolved
from pipelines.clinical.therapy import treated_since
from pipelines.clinical.words import day
from pipelines.profile import Profile


def because(phrase: str, people: pl.LazyFrame, *, event: str | None = None, on: str | None = None) -> pl.LazyFrame:
    """A closing rule: the people it holds for, with the words that say so.

    ``event`` names the column of the row that closes the gap, ``on`` the one of the date to say after the phrase.
    """
    closing = pl.lit(phrase)
    if on:
        closing = pl.concat_str(pl.lit(f"{phrase} ("), day(on), pl.lit(")"))
    key = pl.col(event) if event else pl.lit(None)
    return people.select("person_id", closing=closing, evidence_closed_by=key.cast(pl.UInt64))


def close_gap(eligible: pl.LazyFrame, **rules: pl.LazyFrame) -> pl.LazyFrame:
    """Add ``closed_by``: the first rule, in the order given, that names the person; null while the gap is open.

    Each rule is made by ``because``. ``closing`` and ``evidence_closed_by`` come from the rule that closes.
    """
    noted_closing(rules)
    ranked = [
        people.with_columns(rank=pl.lit(rank, dtype=pl.UInt8), closed_by=pl.lit(name))
        for rank, (name, people) in enumerate(rules.items())
    ]
    named = pl.concat(ranked).join(eligible.select("person_id"), on="person_id", how="semi")
    return eligible.join(first_closing(named, "rank").drop("rank"), on="person_id", how="left")


def first_closing(named: pl.LazyFrame, *order: str) -> pl.LazyFrame:
    """One row per person that closing rules name: the first in this order, then by its words and its row."""
    in_order = named.sort("person_id", *order, "closing", "evidence_closed_by", nulls_last=True)
    return in_order.unique("person_id", keep="first", maintain_order=True)


def eligible_on(*judged: pl.LazyFrame) -> pl.LazyFrame:
    """The people on any of these other lists, whether their gap is open or closed."""
    return pl.concat([rows.select("person_id") for rows in judged])


def open_on(*judged: pl.LazyFrame) -> pl.LazyFrame:
    """The people whose gap is open on any of these other lists."""
    return eligible_on(*(rows.filter(pl.col("closed_by").is_null()) for rows in judged))


def by_treatment(points: pl.LazyFrame, b12_therapy: pl.LazyFrame, *, at: str, profile: Profile) -> pl.LazyFrame:
    """Closed by B12 treatment since the date in ``at``."""
    treated = treated_since(points, b12_therapy, at=at, profile=profile)
    return because("B12 treatment is on record", treated, event="event", on="closed_on")


def by_treatment_around(
    points: pl.LazyFrame, treatment_spans: pl.LazyFrame, b12_therapy: pl.LazyFrame, *, at: str, profile: Profile
) -> pl.LazyFrame:
    """Closed by B12 treatment on the date in ``at`` or since."""
    before = inside(points, treatment_spans, at=at).select("person_id", "event")
    since = treated_since(points, b12_therapy, at=at, profile=profile).select("person_id", "event")
    return because("B12 treatment is on record", pl.concat([before, since]), event="event")


def by_b12_now(b12_now: pl.LazyFrame) -> pl.LazyFrame:
    """Closed by B12 treatment that is running now."""
    return because("B12 treatment is running", b12_now, event="event")


def by_oral_switch(oral_switch: pl.LazyFrame) -> pl.LazyFrame:
    """Closed by B12 in place of injections."""
    return because("B12 in place of injections is running", oral_switch, event="event", on="closed_on")


def by_cause_resolved(
    points: pl.LazyFrame, b12_index: pl.LazyFrame, lifelong_cause: pl.LazyFrame, *, at: str
) -> pl.LazyFrame:
    """Closed by a result after the date in ``at`` that makes deficiency unlikely, where no cause is lifelong."""
    resolved = cause_resolved(points, b12_index, lifelong_cause, at=at)
    return because("a later B12 result makes deficiency unlikely", resolved, event="event", on="closed_on")
