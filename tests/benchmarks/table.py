"""Tables as text, and whether a target is met."""

from collections.abc import Sequence

Row = tuple[str, ...]


def verdict(found: float, limit: float) -> Row:
    """What was found, the most it may be, and whether that is met or by what factor it is missed."""
    return f"{found:.2f}", f"{limit:g}", "met" if found <= limit else f"missed, {found / limit:.1f} x"


def at_least(found: float, limit: float) -> Row:
    """What was found, the least it may be, and whether that is met or by what factor it is missed."""
    return f"{found:.2f}", f"{limit:g}", "met" if found >= limit else f"missed, {limit / max(found, 1e-9):.1f} x"


def printed(header: Row, rows: Sequence[Row], texts: set[str]) -> str:
    """The table with aligned columns; the columns named in ``texts`` to the left, numbers to the right."""
    table = [header, *rows]
    widths = [max(len(row[place]) for row in table) for place in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if name in texts else cell.rjust(width)
            for name, cell, width in zip(header, row, widths, strict=True)
        ).rstrip()
        for row in table
    )
