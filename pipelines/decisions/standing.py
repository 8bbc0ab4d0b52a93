"""What stands: the decision that holds for each item, and the share of items that a list was right about."""

import polars as pl

MISTAKEN = ("data_error", "clinically_inappropriate")
"""Reasons of a dismissal that say the list was wrong about the person; the others say something about the person."""


def standing(decisions: pl.LazyFrame) -> pl.LazyFrame:
    """One row per item with a decision that holds: its latest entry that is no comment.

    An item whose latest such entry is ``undo`` has none and is absent. "Latest" goes by the order of the log, not by
    the clocks of those who decided.
    """
    return _latest(decisions, "item_key")


def comments(decisions: pl.LazyFrame) -> pl.LazyFrame:
    """One row per item with a comment that is newer than the decision that holds: the latest, and who made it.

    An older one was known to whoever decided, and is left to the log.

    Returns:
        ``item_key``, ``comment``, ``comment_by``.
    """
    latest = (
        decisions.filter(pl.col("decision") == "comment")
        .group_by("item_key")
        .agg(pl.col("decision_id", "note", "decided_by").sort_by("decision_id").last())
    )
    holds = standing(decisions).select("item_key", holding="decision_id")
    return (
        latest.join(holds, on="item_key", how="left")
        .filter(pl.col("decision_id") > pl.col("holding").fill_null(0))
        .select("item_key", comment="note", comment_by="decided_by")
    )


def precision(decisions: pl.LazyFrame) -> pl.LazyFrame:
    """Per worklist and month of ``decided_at``: how many decided items the list was right about.

    An item counts in a month in which somebody decided on it, with what stood for it at the end of that month; one
    whose decision was taken back by then is not decided. Months with comments alone are not shown.

    Returns:
        ``worklist``, ``month`` (its first day), ``decided`` (items), ``dismissed`` (those found not applicable as data
        error or clinically inappropriate), ``precision`` (1 − dismissed ÷ decided; null when none is decided).
    """
    months = decisions.filter(pl.col("decision") != "comment").with_columns(
        month=pl.col("decided_at").dt.date().dt.month_start()
    )
    counts = (
        _latest(months, "item_key", "month")
        .group_by("worklist", "month")
        .agg(
            decided=pl.len().cast(pl.Int64),
            dismissed=pl.col("reason").is_in(MISTAKEN).sum().cast(pl.Int64),  # only dismissals have a reason
        )
    )
    return (
        months.select("worklist", "month")
        .unique()
        .join(counts, on=["worklist", "month"], how="left")
        .with_columns(pl.col("decided", "dismissed").fill_null(0))
        .with_columns(
            precision=pl.when(pl.col("decided") > 0).then(1 - pl.col("dismissed") / pl.col("decided")),
        )
        .sort("worklist", "month")
    )


def _latest(decisions: pl.LazyFrame, *by: str) -> pl.LazyFrame:
    """The latest entry that is no comment, per group; groups in which that is ``undo`` are left out."""
    return decisions.filter(pl.col("decision") != "comment").filter(
        # Both at once: an undo must win over what it takes back before it leaves.
        pl.col("decision_id") == pl.col("decision_id").max().over(*by),
        pl.col("decision") != "undo",
    )
