"""The part of a table's plan that concerns its codes: their system, and local ones that look like a concept."""

from typing import TYPE_CHECKING

import polars as pl

from pipelines.codelists.systems import is_known_system
from pipelines.config import CODE_COLUMNS
from pipelines.onboarding.coding import codes_to_map, system_of_codes, told_triples

if TYPE_CHECKING:
    from pipelines.onboarding.planning import TablePlanner

_SYSTEMS_TOLD = 12
UNMAPPED_TOLD = 8


def name_code_system(planner: "TablePlanner", local_system: str) -> None:
    """A constant for rows that name no code system, and what those that do name."""
    plan = planner.plan
    code, name = CODE_COLUMNS[planner.table]
    column = planner.delivered("code_system")
    if column is not None:
        _say_systems(planner, column)
        if not planner.frame[column].null_count():
            return
    if "test_code" in plan.constants:
        plan.constants["code_system"] = local_system
        return
    if code not in planner.choices:
        return
    blank = planner.frame if column is None else planner.frame.filter(pl.col(column).is_null())
    triples = told_triples(blank, planner.delivered(code), planner.delivered(name), None)
    if not triples["code"].drop_nulls().len():
        return
    found = system_of_codes(planner.book, planner.table, triples, planner.delivered(code))
    if found.name != "LOINC" or planner.table != "labs":
        plan.constants["code_system"] = found.name or local_system
    plan.note(f"code system: {found.why}", "constants", doubt=not found.is_sure)


def _say_systems(planner: "TablePlanner", column: str) -> None:
    counted = (
        planner.frame.filter(pl.col(column).is_not_null())
        .group_by(column)
        .agg(rows=pl.len())
        .sort("rows", column, descending=[True, False])
    )
    told = set(planner.shared(column))
    planner.plan.systems = {text: rows for text, rows in counted.head(_SYSTEMS_TOLD).iter_rows() if text in told}
    other = sum(rows for text, rows in counted.iter_rows() if not is_known_system(text))
    if other:
        planner.plan.note(
            f"{other:,} rows name a code system that is not known here: their codes match [[code]] entries and own "
            "lists alone, and their names the patterns",
            "columns",
        )


def find_local_codes(planner: "TablePlanner") -> None:
    """Codes that no list holds and that look like a concept; and codes or ids that a spreadsheet rounded."""
    plan = planner.plan
    code, name = (planner.delivered(native) for native in CODE_COLUMNS[planner.table])
    for column in (code, planner.delivered("patient_id")):
        if column and (rounded := planner.contents[column].rounded_ids):
            plan.note(
                f"{rounded:,} rows of {column!r} look like 1.07E+15: rounded by a spreadsheet, and lost. Export the "
                "column as text",
                "columns",
                doubt=True,
            )
    if code is None:
        return
    triples = told_triples(planner.frame, code, name, planner.delivered("code_system")).with_columns(
        pl.col("code_system").fill_null(pl.lit(plan.constants.get("code_system"), pl.String))
    )
    plan.codes = tuple(codes_to_map(planner.book, planner.table, triples, planner.shared(code)))
    if not planner.recognized.reading.pathway and not _any_mapped(planner, triples):
        codes = ", ".join(f"{text} {rows:,}" for text, rows in _most_frequent(triples, planner.shared(code)))
        plan.note(
            "no row of the sample is on the pathway. Map what its codes mean in a [[code]] entry or a list of your own"
            + (f"; the most frequent: {codes}" if codes else ""),
            doubt=True,
        )


def _any_mapped(planner: "TablePlanner", triples: pl.DataFrame) -> bool:
    told = triples.head(2_000).select("code_system", "code", "name")
    return planner.book.match(planner.table, told)["concept"].drop_nulls().len() > 0


def _most_frequent(triples: pl.DataFrame, shared: list[str]) -> list[tuple[str, int]]:
    codes = triples.filter(pl.col("code").is_in(shared)).group_by("code").agg(pl.col("rows").sum())
    return codes.sort("rows", "code", descending=[True, False]).head(UNMAPPED_TOLD).rows()
