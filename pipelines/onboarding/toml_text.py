"""A proposal as the text of a b12.toml: what is known as keys, what is doubted as comments above them."""

import json
import textwrap
from collections.abc import Iterable, Mapping

from pipelines.onboarding.grouping import NOTHING
from pipelines.onboarding.kinds import TITLES
from pipelines.onboarding.plans import Leftover, Proposal, SourcePlan, TablePlan, UnitSeen

_WIDTH = 100

_HEAD = """\
# Proposed by `b12 init` from the first {rows:,} rows of each file. Lines with "?" are doubts: look at them with
# somebody who knows the files. Then: b12 check-source --extracts FOLDER, and b12 run --extracts FOLDER.

profile = "uk_nice_ng239"            # ? or us, us_conventional, us_aafp2017
timezone = "UTC"                     # ? local time of the files, such as Europe/London: no file says it
"""


def toml_text(proposal: Proposal, *, rows: int) -> str:
    """The text of the file; ``load_settings`` reads it."""
    parts = [_HEAD.format(rows=rows)]
    parts += [_source(source) for source in proposal.sources]
    parts += [_codes(source.name, plan) for source in proposal.sources for plan in source.tables if plan.codes]
    if proposal.leftovers:
        parts.append(_leftovers(proposal.leftovers))
    return "\n".join(parts)


def _source(source: SourcePlan) -> str:
    lines = ["[[source]]", f"name = {_text(source.name)}"]
    if source.kind != "native":
        lines.append(
            f"kind = {_text(source.kind)}".ljust(36)
            + f" # {TITLES.get(source.kind, source.kind)}, {source.files} files"
        )
    if source.path != ".":
        lines.append(f"path = {_text(source.path)}")
    for note in source.notes:
        lines[0:0] = _comment(note.text, doubt=note.is_doubt)
    if source.shifts_dates:
        lines.append("shifts_dates = true")
    for plan in source.tables:
        lines += ["", *_table(plan)]
    for table in source.closed:
        lines += ["", f"[source.{table}]", f"files = {_text(NOTHING)}".ljust(36) + " # nothing: not from this source"]
    return "\n".join(lines) + "\n"


def _table(plan: TablePlan) -> list[str]:
    lines = [f"[source.{plan.table}]"]
    count = len(plan.files)
    lines[0:0] = _comment(f"{plan.files[0]}" if count == 1 else f"{count} files, such as {plan.files[0]}", doubt=False)
    lines += _notes(plan, None)
    keys: list[tuple[str, str | None]] = [
        ("files", _text(plan.pattern) if plan.pattern else None),
        ("encoding", _text(plan.encoding) if plan.encoding not in ("utf-8", "ascii") else None),
        ("delimiter", _text(plan.delimiter) if plan.delimiter != "," else None),
        ("decimal", _text(plan.decimal) if plan.decimal != "." else None),
        ("date_formats", f"[{', '.join(map(_text, plan.date_formats))}]" if plan.date_formats else None),
        ("columns", _inline(plan.columns) if plan.columns else None),
        ("constants", _inline(plan.constants) if plan.constants else None),
    ]
    for key, value in keys:
        lines += _notes(plan, key)
        if value is not None:
            lines.append(f"{key} = {value}")
    lines += _units(plan)
    if plan.systems:
        lines += _comment(
            "code systems: " + ", ".join(f"{name} {rows:,}" for name, rows in plan.systems.items()), doubt=False
        )
    return lines


def _notes(plan: TablePlan, key: str | None) -> list[str]:
    return [line for note in plan.notes if note.key == key for line in _comment(note.text, doubt=note.is_doubt)]


def _units(plan: TablePlan) -> list[str]:
    lines = _notes(plan, "units")
    if plan.units:
        off = "# " if "?" in plan.units.values() else ""
        lines.append(f"{off}units = {_inline(plan.units)}")
    if plan.seen:
        lines.append("# Units seen in the sample, rows:")
        lines += [f"#   {concept}: {', '.join(map(_unit, seen))}" for concept, seen in _by_concept(plan.seen).items()]
    return lines


def _unit(seen: UnitSeen) -> str:
    unit = "no unit" if seen.unit is None else seen.unit
    return f"{unit} {seen.rows:,}" + ("" if seen.is_known or seen.unit is None else " (? not understood)")


def _by_concept(seen: Iterable[UnitSeen]) -> Mapping[str, list[UnitSeen]]:
    found: dict[str, list[UnitSeen]] = {}
    for each in seen:
        found.setdefault(each.concept, []).append(each)
    return found


def _codes(source: str, plan: TablePlan) -> str:
    """A ``[[code]]`` entry for local codes: those whose own letters name a concept; what only resembles is off."""
    is_any_sure = any(code.is_sure for code in plan.codes)
    off = "" if is_any_sure else "# "
    doubt = (
        ""
        if is_any_sure and all(code.is_sure for code in plan.codes)
        else ("; those behind # only resemble one: compare each with its test or drug before you take the # away")
    )
    lines = _comment(f"codes of {source} that no list holds{doubt}", doubt=True)
    lines += [f"{off}[[code]]", f"{off}table = {_text(plan.table)}"]
    if system := plan.constants.get("code_system"):
        lines.append(f"{off}code_system = {_text(system)}")
    lines.append(f"{off}[code.concepts]")
    for code in plan.codes:
        line = f"{'' if code.is_sure else '# '}{_text(code.code)} = {_text(code.concept)}"
        lines.append(line.ljust(48) + f" # {code.rows:,} rows")
    return "\n".join(lines) + "\n"


def _leftovers(leftovers: Iterable[Leftover]) -> str:
    lines = ["# Files that this configuration does not read:"]
    for each in leftovers:
        lines += _comment(f"{each.name} {each.why}", doubt=False, first="#   ")
        lines += [f"#     {line}" for line in each.to_do.splitlines()]
    return "\n".join(lines) + "\n"


def _comment(text: str, *, doubt: bool, first: str = "") -> list[str]:
    start = first or ("# ? " if doubt else "# ")
    indent = "# " + " " * (len(start) - 2)
    return textwrap.wrap(
        " ".join(text.split()), _WIDTH, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False
    )


def _inline(pairs: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{_key(key)} = {_text(value)}" for key, value in pairs.items()) + " }"


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _text(key)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
