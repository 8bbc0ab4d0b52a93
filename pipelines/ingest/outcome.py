"""What becomes of the rows of an extract: core rows, withdrawals, quarantine, off the pathway. Every row, once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import polars as pl

from pipelines.contract import core_schema
from pipelines.errors import B12Error

FILLED_LATER = ("known_until", "source_file")
"""Columns of the core tables that only a run can know: which version stands, and the file read."""

WITHDRAWAL_SCHEMA = {
    "origin_id": pl.String,
    "known_from": pl.Datetime("us"),
    "is_undated": pl.Boolean,
    "because": pl.String,
    "source_row": pl.Int64,
    "event_date": pl.Date,
    "person_id": pl.String,
}


@dataclass(frozen=True)
class ReadSettings:
    """How the rows of one table of one source are to be read.

    ``units`` gives the unit of a test, by source code, where the unit column is empty. With ``date_formats`` every
    date must match one of them; without, dates are ISO 8601. ``timezone`` is the local time of the source.
    """

    source: str
    first_read_on: date
    timezone: str = "UTC"
    date_formats: tuple[str, ...] = ()
    decimal: str = "."
    shifts_dates: bool = False
    closes_rows: bool = False
    doses_per_quantity: float = 1
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of the rows that were handed in.

    Attributes:
        core: Rows by core table: the columns of its DDL without ``known_until`` and ``source_file``, and besides them
            ``origin_id`` (the id whose versions these are) and ``is_provisional`` (kept, and counts for nothing);
            measurements also ``replaces``, the result that a counting row takes the place of.
        withdrawals: A row per id that is no longer to be believed. ``known_from`` is null when no date can be read;
            ``is_undated`` when the row carries no reported or recorded time of its own. ``because`` is status,
            off_pathway, quarantined, or replaced by a row that was quarantined; only the rows of the first are counted
            as withdrawals.
        quarantined: ``source_row``, ``reason`` and ``detail``, which names the column and what was expected.
        off_pathway: ``source_row`` of the rows whose code and name belong to no concept.
    """

    core: dict[str, pl.DataFrame]
    withdrawals: pl.DataFrame
    quarantined: pl.DataFrame
    off_pathway: pl.DataFrame


Transform = Callable[..., Outcome]
"""(rows, mapping, settings) -> Outcome, or (rows, settings) for patients."""


class Fault(NamedTuple):
    """A reason to refuse a row, when it applies, and what to tell about it."""

    reason: str
    when: pl.Expr
    detail: str | pl.Expr


def missing(*columns: str) -> Fault:
    """Required columns that are all empty."""
    detail = f"{' or '.join(columns)}: expected a value, found none"
    return Fault("missing_required", pl.all_horizontal(pl.col(name).is_null() for name in columns), detail)


def first_reason(faults: Iterable[Fault]) -> pl.Expr:
    """``reason``: that of the first fault, in the order given, that applies; null when none does."""
    return pl.coalesce(*(pl.when(fault.when).then(pl.lit(fault.reason)) for fault in faults)).alias("reason")


def first_detail(faults: Iterable[Fault]) -> pl.Expr:
    """``detail`` of the fault that ``first_reason`` names."""
    told = ((fault.when, fault.detail) for fault in faults)
    return pl.coalesce(
        *(pl.when(when).then(detail if isinstance(detail, pl.Expr) else pl.lit(detail)) for when, detail in told)
    ).alias("detail")


def cleaned(rows: pl.DataFrame) -> pl.DataFrame:
    """Text without surrounding blanks; nothing but blanks is null."""
    text = pl.all().exclude("source_row").cast(pl.String).str.strip_chars()
    return rows.with_columns(
        pl.when(text.str.len_bytes() > 0).then(text).name.keep(), pl.col("source_row").cast(pl.Int64)
    )


def coded(rows: pl.DataFrame, mapping: pl.DataFrame, code: str, name: str) -> pl.DataFrame:
    """Add ``is_on_pathway``: does any concept claim the row, or has it neither code nor name to tell by?"""
    claimed = concepts_of(mapping, code, name).select("code_system", code, name).unique()
    neither = pl.col(code).is_null() & pl.col(name).is_null()
    return rows.join(
        claimed.with_columns(is_claimed=pl.lit(True)),
        on=["code_system", code, name],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    ).with_columns(is_on_pathway=pl.col("is_claimed").fill_null(False) | neither)


def concepts_of(mapping: pl.DataFrame, code: str, name: str) -> pl.DataFrame:
    """The part of a mapping that is on the pathway, under the column names of the extract table."""
    keys = [pl.col(key).cast(pl.String).str.strip_chars().replace("", None) for key in ("code_system", "code", "name")]
    return mapping.filter(pl.col("concept").is_not_null()).with_columns(keys).rename({"code": code, "name": name})


def core_frame(table: str, rows: pl.DataFrame, *extra: str) -> pl.DataFrame:
    """The columns of a core table that reading can fill, in the order and types of its DDL, then ``extra`` ones."""
    schema = {name: kind for name, kind in core_schema(table).items() if name not in FILLED_LATER}
    return rows.select(*(pl.col(name).cast(kind) for name, kind in schema.items()), *extra)


def settle(read: pl.DataFrame, *, withdrawing: list[Fault], others: list[Fault]) -> tuple[pl.DataFrame, Outcome]:
    """Part the rows of a coded table, and return those to be kept with an outcome that lacks only them.

    ``read`` has a row per record with ``source_row``, ``person_id``, ``origin_id``, ``is_on_pathway``, ``effect``
    (counts, provisional, withdraws; null when unknown), ``is_correcting`` (the status says that an earlier version was
    wrong), ``is_superseding`` (a refused version of this kind takes its earlier ones along), ``said_at`` (reported or
    recorded), ``event_at``, ``known_from``, ``is_undated`` and ``replaces``. A row that withdraws is refused only for
    ``withdrawing`` faults, any other on the pathway for ``others``.
    """
    withdraws = (pl.col("effect") == "withdraws").fill_null(False)
    off_pathway = read.filter(~pl.col("is_on_pathway"))
    on_pathway = read.filter("is_on_pathway")
    withdrawing_rows = on_pathway.filter(withdraws).with_columns(first_reason(withdrawing))
    other_rows = on_pathway.filter(~withdraws).with_columns(first_reason(others))
    refused = pl.concat(
        [
            withdrawing_rows.filter(pl.col("reason").is_not_null()).with_columns(first_detail(withdrawing)),
            other_rows.filter(pl.col("reason").is_not_null()).with_columns(first_detail(others)),
        ]
    )
    superseding = refused.filter("is_superseding", pl.col("known_from").is_not_null())
    withdrawn = [
        _withdrawals(withdrawing_rows.filter(pl.col("reason").is_null()), "status"),
        _withdrawals(off_pathway.filter(withdraws | pl.col("is_correcting")), "off_pathway"),
        _withdrawals(superseding, "quarantined"),
        _replaced(off_pathway.filter("is_correcting"), "off_pathway"),
        _replaced(superseding, "replaced"),
    ]
    outcome = Outcome(
        core={},
        withdrawals=pl.concat(withdrawn).sort("source_row", "origin_id"),
        quarantined=refused.select("source_row", "reason", "detail").sort("source_row"),
        off_pathway=off_pathway.select("source_row").sort("source_row"),
    )
    return other_rows.filter(pl.col("reason").is_null()).drop("reason"), outcome


def _withdrawals(rows: pl.DataFrame, because: str) -> pl.DataFrame:
    made = rows.filter(pl.col("origin_id").is_not_null()).with_columns(
        because=pl.lit(because), event_date=pl.col("event_at").dt.date()
    )
    return made.select(pl.col(name).cast(kind) for name, kind in WITHDRAWAL_SCHEMA.items())


def _replaced(rows: pl.DataFrame, because: str) -> pl.DataFrame:
    """Withdrawals of the ids that the rows replace, other than their own."""
    other = rows.filter(pl.col("replaces") != pl.col("origin_id").fill_null(""))
    return _withdrawals(other.with_columns(origin_id="replaces"), because)


def check_conservation(rows: pl.DataFrame, outcome: Outcome) -> None:
    """Hold the rows handed in against the outcome: each is kept, off the pathway or quarantined, exactly once.

    Raises:
        B12Error: Rows were lost, invented or counted twice; the message gives counts only.
    """
    kept = [frame.select("source_row") for frame in outcome.core.values()]
    kept.append(outcome.withdrawals.filter(pl.col("because") == "status").select("source_row"))
    counted = pl.concat(
        [pl.concat(kept).unique(), outcome.quarantined.select("source_row"), outcome.off_pathway.select("source_row")]
    )
    handed_in = rows.select(pl.col("source_row").cast(pl.Int64))
    lost = handed_in.join(counted, on="source_row", how="anti").height
    invented = counted.join(handed_in, on="source_row", how="anti").height
    twice = counted.height - counted.n_unique()
    if lost or invented or twice:
        raise B12Error(
            f"Of {handed_in.height} rows, {lost} are unaccounted for, {twice} are counted twice and {invented} were "
            "never handed in. Each row must be kept, off the pathway or quarantined, exactly once. "
            "This is a defect of the reading, not of the data: report it with the table's name."
        )
