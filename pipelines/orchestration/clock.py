"""The local time, asked in one place by the commands that need it."""

from datetime import datetime
from zoneinfo import ZoneInfo


def local_now(timezone: str) -> datetime:
    """The time now in a time zone, without the zone and to the second, as everything here keeps time."""
    return datetime.now(ZoneInfo(timezone)).replace(tzinfo=None, microsecond=0)
