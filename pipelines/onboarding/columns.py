"""Which delivered column is which of ours: by its name in any of some languages, then by what stands in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines.config import CODE_COLUMNS, EVENT_DATE, EXTRACT_COLUMNS, REQUIRED_COLUMNS
from pipelines.onboarding.content import Content
from pipelines.onboarding.headers import EXACT, likeness, unit_in

DATES = frozenset(
    {
        "birth_date", "death_date", "registered_from", "registered_until", "recorded_at", "collected_at", "reported_at",
        "start_date", "end_date", "recorded_date", "resolved_date", "performed_date",
    }
)  # fmt: skip
"""The native columns that hold a date or time."""

ROW_IDS = ("result_id", "prescription_id", "diagnosis_id", "procedure_id")
NUMBERS = ("value", "ref_low", "ref_high", "quantity", "days_supply")


@dataclass(frozen=True)
class Choice:
    """A delivered column for a native one, and why; ``is_sure`` when its name alone says it."""

    native: str
    delivered: str
    is_sure: bool
    why: str


def choose_columns(table: str, contents: Mapping[str, Content]) -> dict[str, Choice]:
    """The delivered column of each native one that was found, each used once."""
    scored = [
        (score, native, header, likeness(header, table, native) >= EXACT)
        for native in EXTRACT_COLUMNS[table]
        for header, content in contents.items()
        if (score := _score(table, native, header, content)) > 0
    ]
    chosen: dict[str, Choice] = {}
    used: set[str] = set()
    order = {native: place for place, native in enumerate(EXTRACT_COLUMNS[table])}
    for _, native, header, is_exact in sorted(scored, key=lambda found: (-found[0], order[found[1]], found[2])):
        if native not in chosen and header not in used:
            chosen[native] = Choice(native, header, is_exact, "by its name" if is_exact else "by a part of its name")
            used.add(header)
    return _names_as_codes(table, contents, _by_content(table, contents, chosen))


def _names_as_codes(table: str, contents: Mapping[str, Content], chosen: dict[str, Choice]) -> dict[str, Choice]:
    """Where names stand and no codes do, or the other way round: one column says both of a test, the name of a drug."""
    if table not in ("labs", "prescriptions"):
        return chosen
    code, name = CODE_COLUMNS[table]
    if code in chosen and name not in chosen and contents[chosen[code].delivered].words > 0.5:
        chosen[name] = replace(chosen[code], native=name, is_sure=False, why="its texts are names, not codes")
        if table == "prescriptions":
            del chosen[code]
    elif table == "labs" and name in chosen and code not in chosen:
        chosen[code] = replace(
            chosen[name], native=code, is_sure=False, why="there are names alone; they serve as codes"
        )
    return chosen


def misses(table: str, chosen: Mapping[str, Choice]) -> list[tuple[str, ...]]:
    """The required columns of a table that nothing was found for; of several alternatives one is enough."""
    return [needed for needed in REQUIRED_COLUMNS[table] if not any(native in chosen for native in needed)]


def _score(table: str, native: str, header: str, content: Content) -> float:
    likely = likeness(header, table, native)
    if not likely:
        return 0
    if native in ROW_IDS and likely < EXACT and content.distinct < 0.95:
        return 0  # rows that share an id are versions of one
    fit = _fit(native, content) if content.filled else 0.0
    return 0 if fit is None else likely + fit


def _fit(native: str, content: Content) -> float | None:  # noqa: PLR0911 - a line for each kind of column
    """How well the texts fit a native column: from -1 to 1, null when they cannot be it."""
    if native in DATES:
        return 1 if content.dates > 0.5 else 0 if content.is_excel_serial or content.filled < 0.05 else None
    if native in ROW_IDS:
        return 1 if content.distinct > 0.95 else -1
    if native == "patient_id":
        return 0.2 if content.dates < 0.5 else None
    if native in NUMBERS:
        return 0.5 if content.numbers > 0.6 else 0 if native == "value" else -1
    if content.dates > 0.9 and content.length >= 8:
        return None
    if native in _CODES:
        return 0.3 if content.words < 0.2 and content.length <= 20 else -1.5
    if native in _NAMES:
        return 0.3 if content.words > 0.2 else -0.3
    if native == "unit":
        return 0.5 if content.units > 0.3 else 0 if content.length < 20 else None
    if native in ("sex", "status", "kind", "abnormal_flag"):
        return 0.2 if content.variety <= 30 and content.length <= 20 else None
    return 0


_CODES = frozenset(code for code, _ in CODE_COLUMNS.values())
_NAMES = frozenset(name for _, name in CODE_COLUMNS.values())


def _by_content(table: str, contents: Mapping[str, Content], chosen: dict[str, Choice]) -> dict[str, Choice]:
    """What is still missing and required, by what stands in the columns that are left."""
    for native, is_it, why in _LOOKS.get(table, ()) + _looks_of_all(table):
        left = [header for header in contents if header not in {choice.delivered for choice in chosen.values()}]
        fitting = [header for header in left if is_it(contents[header])]
        if native in chosen or not fitting:
            continue
        several = f"; {len(fitting)} columns do, this is the first" if len(fitting) > 1 else ""
        chosen[native] = Choice(native, fitting[0], False, f"{why}{several}")
    return chosen


_Looks = tuple[str, Callable[[Content], bool], str]

_LOOKS: Mapping[str, tuple[_Looks, ...]] = {
    "labs": (
        ("unit", lambda content: content.units > 0.6 and content.filled > 0.2, "its texts are units"),
        (
            "value",
            lambda content: content.numbers > 0.7 and content.dates < 0.5 and 0 < content.distinct < 0.95,
            "its texts are numbers",
        ),
    ),
}


def _looks_of_all(table: str) -> tuple[_Looks, ...]:
    looks: list[_Looks] = []
    if table in EVENT_DATE:
        looks.append(
            (EVENT_DATE[table], lambda content: content.dates > 0.8 and content.filled > 0.5, "its texts are dates")
        )
    if table in ("labs", "prescriptions"):
        row_id = {"labs": "result_id", "prescriptions": "prescription_id"}[table]
        looks.append((row_id, _is_row_id, "each of its texts occurs once"))
    return tuple(looks)


def _is_row_id(content: Content) -> bool:
    """Different in every row, and neither date nor measured number."""
    return content.filled == 1 and content.distinct == 1 and content.dates < 0.5 and content.words < 0.5


def measured_headers(contents: Mapping[str, Content], is_test: Callable[[Sequence[str]], list[bool]]) -> list[str]:
    """The columns that are named after a test and hold numbers: one for each test, where rows should be."""
    named = {header: " ".join((unit_in(header) or (header.replace("_", " "), ""))[0].split()) for header in contents}
    tests = is_test(list(named.values()))
    return [
        header
        for (header, content), test in zip(contents.items(), tests, strict=True)
        if test and content.filled and content.numbers > 0.6
    ]
