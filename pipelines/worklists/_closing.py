"""How a gap is closed, and how that is said."""

import polars as pl

from pipelines.clinical.words import day


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
    ranked = [
        people.with_columns(rank=pl.lit(rank, dtype=pl.UInt8), closed_by=pl.lit(name))
        for rank, (name, people) in enumerate(rules.items())
    ]
    first = (
        pl.concat(ranked)
        .join(eligible.select("person_id"), on="person_id", how="semi")
        .sort("person_id", "rank", "closing", "evidence_closed_by", nulls_last=True)
        .unique("person_id", keep="first", maintain_order=True)
        .drop("rank")
    )
    return eligible.join(first, on="person_id", how="left")


def open_on(judged: pl.LazyFrame) -> pl.LazyFrame:
    """The people whose gap is open on another list."""
    return judged.filter(pl.col("closed_by").is_null()).select("person_id")
