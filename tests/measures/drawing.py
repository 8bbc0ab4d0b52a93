"""What the tests of measures share: a measure on tables drawn in text."""

from collections.abc import Callable, Mapping
from datetime import date

import polars as pl

from pipelines.profile import load_profile
from pipelines.worklists import judge
from tests.tables import EVERYTHING, exposures, tables_of

AS_OF = date(2026, 11, 22)


def counted(
    rule: Callable[..., pl.LazyFrame],
    *,
    given: Mapping[str, str],
    as_of: date = AS_OF,
    profile: str = "uk_nice_ng239",
    first_exposure: str | None = None,
) -> dict[str, bool]:
    """Who is eligible for a measure, and whether the measure counts them."""
    judgement = judge(
        {table: rows.lazy() for table, rows in tables_of(given).items()},
        as_of=as_of,
        profile=load_profile(profile),
        delivered=EVERYTHING,
        first_exposure=exposures(first_exposure),
        lists=[],
        also=[rule],
    )
    rows = judgement.terms[rule.__name__].select("person_id", "is_counted").rows()
    assert len(rows) == len(dict(rows)), "everybody once"
    return dict(rows)


def monthly(*people: str, start: str, times: int, every: int = 28, kind: str = "administered") -> str:
    """Rows of injections at a fixed distance: person_id | concept | drug_exposure_start_date | kind."""
    first = date.fromisoformat(start)
    days = [date.fromordinal(first.toordinal() + place * every) for place in range(times)]
    return "\n".join(f"{person} | b12_injectable | {day} | {kind}" for person in people for day in days)
