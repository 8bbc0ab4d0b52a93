"""What a MIMIC laboratory event says its result is: in its number, its text, or only in what was commented on it."""

from pipelines.sources.columns import Columns

MASKED = "'___'"
"""What stands where text was taken out because it might name somebody."""

_BOUND = (
    r"^((?:[<>]=?|(?:greater|more|less) than(?: or equal to)?)\s*\d[\d,]*(?:\.\d+)?)"
    r"\s*\*?\s*([a-z%µ][a-z0-9%µ/.^]*?)?\s*\.*(?:\s|$)"
)
"""A comment that begins with a bound, ``GREATER THAN 2000.``, ``>2000*.``, and the unit that it may name."""

_LIKELY_EGFR = r"GFR\W.*is likely ([<>]?=? ?\d+) mL/min"
_EGFR_OF_ONE = r"GFR = ([<>]?=? ?\d+) if non.African"
_EGFR_OF_OTHERS = r"GFR = ([<>]?=? ?\d+) if African"

EGFR_UNIT = "mL/min/1.73 m2"


def lab_value(columns: Columns) -> tuple[str, str]:
    """The terms of the value and the unit of a laboratory event.

    The text of the value comes first, for only there comparators stand; a masked one gives way to the number. Where
    there is neither, a comment counts that begins with a bound and names no other unit, or that estimates one
    filtration rate; any other comment is handed on, without its closing marks, to be read as a word or refused. A rate
    given as a range, or differently for people of different descent, is no value.
    """
    said, comment = columns.text("value"), columns.text("comments")
    number, unit = columns.number("valuenum"), columns.text("valueuom")
    bound, of = (f"regexp_extract({comment}, '{_BOUND}', {group}, 'i')" for group in (1, 2))
    agrees = f"({of} = '' OR lower({of}) = lower(coalesce({unit}, {of})))"
    likely, one, others = (
        f"replace(regexp_extract({comment}, '{pattern}', 1, 'is'), ' ', '')"
        for pattern in (_LIKELY_EGFR, _EGFR_OF_ONE, _EGFR_OF_OTHERS)
    )
    rate = f"coalesce(nullif({likely}, ''), CASE WHEN {one} = {others} THEN nullif({one}, '') END)"
    # Most rows have a value: only where there is none are comments searched.
    commented = f"CASE WHEN {bound} <> '' AND {agrees} THEN {bound} ELSE coalesce({rate}, rtrim({comment}, ' .*')) END"
    plain = f"coalesce(nullif({said}, {MASKED}), {number})"
    is_rate = f"{unit} IS NULL AND {plain} IS NULL AND {rate} IS NOT NULL"
    return f"coalesce({plain}, {commented}, {said})", f"CASE WHEN {is_rate} THEN '{EGFR_UNIT}' ELSE {unit} END"
