"""The rows that gaps rest on, gathered for the events that the rules named and no others."""

from collections.abc import Mapping

import polars as pl

from pipelines.clinical.words import label, result_in_words
from pipelines.contract import core_schema
from pipelines.worklists._tables import EVENT_TABLES, table_of

PREFIX = "evidence_"


def named_events(judged: pl.DataFrame, worklist: str) -> pl.DataFrame:
    """One row per person, role and event: the ``evidence_<role>`` columns of a judged list, turned long."""
    parts = []
    for column in judged.columns:
        if column.startswith(PREFIX):
            part = judged.select("person_id", event=pl.col(column)).filter(pl.col("event").is_not_null())
            if part.schema["event"] == pl.List(pl.UInt64):
                part = part.explode("event")
            parts.append(part.with_columns(pl.col("event").cast(pl.UInt64), role=pl.lit(column.removeprefix(PREFIX))))
    named = (
        pl.concat(parts)
        if parts
        else pl.DataFrame(schema={"person_id": pl.UInt32, "event": pl.UInt64, "role": pl.String})
    )
    return named.unique().with_columns(worklist=pl.lit(worklist))


def gather(named: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The evidence table, for the events that were named; ``person_id`` is still the number."""
    named = named.with_columns(event_table=table_of("event"))
    wanted = [column for column in core_schema("evidence") if column != "person_id"]
    parts = []
    for table in EVENT_TABLES:
        used = named.filter(pl.col("event_table") == table)
        rows = tables[table].join(used.select("event").unique(), on="event", how="semi")
        said = rows.select("person_id", "event", "source_file", "source_row", **_shown(table))
        parts.append(used.join(said.unique(), on=["person_id", "event"]).select("person_id", *wanted))
    return pl.concat(parts)


def showable(table: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of a core table of events that count, as evidence would show them, without list, role and place."""
    counting = rows.filter(EVENT_TABLES[table].counts)
    return counting.select("person_id", event_table=pl.lit(table), **_shown(table))


def _shown(table: str) -> dict[str, pl.Expr]:
    """Identifier, date, value, unit and text of the rows of a core table."""
    core = EVENT_TABLES[table]
    which = {"event_id": pl.col(core.id), "event_date": pl.col(core.date)}
    if table == "measurement":
        return {**which, "value": pl.col("value"), "unit": pl.col("unit"), "text": result_in_words()}
    named = pl.coalesce("source_name", label())
    if table == "drug_exposure":
        return {
            **which,
            "value": pl.col("daily_dose"),
            "unit": pl.when(pl.col("daily_dose").is_not_null()).then("dose_unit"),
            "text": pl.concat_str(named, pl.lit(", "), "kind"),
        }
    nothing = pl.lit(None, dtype=pl.Float64)
    return {**which, "value": nothing, "unit": pl.lit(None, dtype=pl.String), "text": named}
