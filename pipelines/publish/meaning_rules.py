"""Rules of the gate about what the rows say: concepts, codes, and how far the lists moved."""

from collections.abc import Iterator

import polars as pl

from pipelines.publish.facts import GateFacts
from pipelines.publish.rules import Finding, in_order, rule

MIN_OPEN = 50
"""Open items, in either run, from which the change of a list is judged."""

DEFAULT_MAX_CHANGE = 0.5
"""Share by which a list may grow or shrink between two publications, where the configuration names no other."""

B12_THERAPY = ("b12_injectable", "b12_oral", "b12_nasal", "b12_unknown_route")


@rule(
    "critical",
    why="Without one vitamin B12 result the laboratory feed is not understood at all.",
    to_do="Look among the unmapped codes of labs for vitamin B12, and map it in a [[code]] entry.",
)
def labs_hold_serum_b12(facts: GateFacts) -> Iterator[Finding]:
    """Labs hold at least one serum vitamin B12, of whatever status."""
    rows = _matched(facts, "labs", ["serum_b12"])
    yield Finding(
        "", rows > 0, f"{rows:,} of {_read(facts, 'labs'):,} rows of labs are a serum vitamin B12.", "labs", rows
    )


@rule(
    "critical",
    why="Without B12 and metformin the prescriptions are not understood: everybody would look untreated.",
    to_do="Look among the unmapped codes of prescriptions, and map them in a [[code]] entry.",
)
def prescriptions_hold_therapy(facts: GateFacts) -> Iterator[Finding]:
    """Prescriptions themselves hold at least one row of vitamin B12, as treatment, or of metformin."""
    rows = _matched(facts, "prescriptions", [*B12_THERAPY, "metformin"])
    found = f"{rows:,} of {_read(facts, 'prescriptions'):,} rows of prescriptions are vitamin B12 or metformin."
    yield Finding("", rows > 0, found, "prescriptions", rows)


@rule(
    "critical",
    why="A code or a mapping broke: whoever rests on this concept would be listed, or lost, by mistake.",
    to_do="Look among the unmapped codes for its new code. If no feed carries it any more, declare it absent.",
)
def concept_has_not_vanished(facts: GateFacts) -> Iterator[Finding]:
    """What matched rows in the standing publication still matches some."""
    for concept in in_order(_by_concept(facts), "concept"):
        name, before, now = concept["concept"], concept["rows_published"], concept["rows_known"]
        if before is None:
            yield Finding(name, None, "No earlier publication to compare with.")
            continue
        gone = before > 0 and now == 0 and name not in facts.absent | facts.accepted
        found = f"{name} matched {before:,} rows in the last publication and {now:,} now."
        yield Finding(name, not gone, found, None, now, before)


@rule(
    "critical",
    why="A list that jumps has mostly lost a feed or gained a fault, not patients.",
    to_do="Read the evidence of a few items. If the change is real, run again with --accept-change LIST.",
)
def list_changed_little(facts: GateFacts) -> Iterator[Finding]:
    """A list of at least ``MIN_OPEN`` open items, now or before, changed by no more than its ``max_change``."""
    for row in in_order(facts.lists, "worklist"):
        name, now, before = row["worklist"], row["open_now"], row["open_before"]
        if before is None:
            yield Finding(name, None, "No earlier publication to compare with.")
            continue
        allowed = DEFAULT_MAX_CHANGE if row["max_change"] is None else row["max_change"]
        redefined = row["definition_hash"] != row["definition_before"]
        if max(now, before) < MIN_OPEN or redefined or name in facts.accepted:
            yield Finding(name, None, f"Fewer than {MIN_OPEN} open items, a changed definition, or accepted.")
            continue
        found = f"{name} went from {before:,} to {now:,} open items; a change of {allowed:.0%} is allowed."
        yield Finding(name, abs(now - before) <= allowed * before, found, name, now, before)


@rule(
    "warning",
    why="A rule looks for something that no feed seems to carry, and cannot see who has it.",
    to_do="Map its local code in a [[code]] entry, or declare the concept absent.",
)
def concept_matches_rows(facts: GateFacts) -> Iterator[Finding]:
    """Every concept that a rule reads matches a row in the tables that were delivered, or is declared absent."""
    delivered = facts.concepts.filter("is_read", pl.col("extract_table").is_in(sorted(facts.delivered)))
    for concept in in_order(_by_concept(facts).join(delivered, on="concept", how="semi"), "concept"):
        name, tables = concept["concept"], concept["extract_table"]
        held = concept["rows_known"] > 0 or name in facts.absent
        found = f"{name} is read by a rule and matches no row of {tables}."
        yield Finding(name, held, found, tables, concept["rows_known"])


@rule(
    "warning",
    why="A code that matches nothing is mostly mistyped.",
    to_do="Compare it with the unmapped codes, and correct or remove it.",
)
def codes_are_used(facts: GateFacts) -> Iterator[Finding]:
    """Every ``[[code]]`` entry and user list matches something."""
    for name in facts.idle_codes:
        yield Finding(name, False, f"{name} matches no row of any feed.")


def _by_concept(facts: GateFacts) -> pl.DataFrame:
    """Concepts with their rows over all extract tables; published rows are null where no table was published."""
    published = pl.col("rows_published")
    return facts.concepts.group_by("concept").agg(
        pl.col("rows_known").sum(),
        rows_published=pl.when(published.is_not_null().any()).then(published.sum()),
        extract_table=pl.col("extract_table").sort().str.join(", "),
    )


def _matched(facts: GateFacts, table: str, concepts: list[str]) -> int:
    """The rows of these concepts that files of this extract table brought."""
    rows = facts.concepts.filter(pl.col("extract_table") == table, pl.col("concept").is_in(concepts))
    return rows.select(pl.coalesce("rows_prescribed", "rows_known").sum()).item()


def _read(facts: GateFacts, table: str) -> int:
    """The rows of the files of a table, as delivered: none where a file is empty."""
    return facts.files.filter(pl.col("extract_table") == table)["rows_read"].sum()
