"""The rows of the table ``measure``: counts with their totals, small numbers withheld."""

from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
import polars as pl

from pipelines.contract import core_schema
from pipelines.measures._counts import CELL, MEASURE
from pipelines.measures._suppression import Told, families, what_is_told
from pipelines.profile import Profile

SMALL = "measure.small_number"
"""The profile number under which a count is withheld."""


def measure_rows(
    counts: pl.DataFrame, *, as_of: date, profile: Profile, hashes: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """The rows of ``measure`` for one as-of date, in no order.

    A row each for all together and for every site (null site: all together); under it, where its total is told, a row
    for each age band, each sex, and, where the age bands are told, each of both. A row tells all its numbers or none.

    Args:
        counts: counts by measure, site, age band and sex, of the whole population: ``added(...)``.
        as_of: the date the counts look from.
        profile: gives the limit under which a count is withheld.
        hashes: the definition hash of each measure and list; null where there is none.
    """
    schema = core_schema("measure")
    if counts.is_empty():
        return pl.DataFrame(schema=schema)
    names = counts.select(MEASURE).unique().sort(MEASURE).rows()
    axes = [counts[column].unique().sort().to_list() for column in CELL]
    eligible, counted = (_cube(counts, names, axes, column) for column in ("eligible", "open"))
    rows: list[tuple] = []
    for family in families(list(eligible)):
        parts = [part[place] for place in family for part in (counted, eligible - counted)]
        told = what_is_told(np.stack(parts, axis=-1), profile[SMALL])
        for place in family:
            kind, name = names[place]
            rows += [
                (name, kind, as_of, *cell, (hashes or {}).get(name))
                for cell in _told_cells(told, eligible[place], counted[place], axes)
            ]
    columns = ["measure", "kind", "as_of", *CELL, "eligible", "open", "suppressed", "definition_hash"]
    kinds = {column: schema[column] for column in columns}
    share = pl.col("open") / pl.col("eligible")
    return pl.DataFrame(rows, schema=kinds, orient="row").with_columns(share=share).select(*schema)


def precision_rows(precision: pl.DataFrame, *, known_at: date, profile: Profile) -> pl.DataFrame:
    """The rows of ``measure`` for the precision of lists: one per worklist and month with decisions.

    They are dated the last day of their month, or ``known_at`` while the month goes on: a run of a past date that knows
    of later decisions has later months, each with a date of its own.

    Args:
        precision: ``worklist``, ``month`` (its first day), ``decided``, ``dismissed`` (items, of these, dismissed as
            data error or clinically inappropriate).
        known_at: the knowledge date of the run, up to which decisions were read.
        profile: gives the limit; a month with fewer decided items, or fewer not dismissed, is withheld. How many
            were dismissed is no limit: they are decisions of reviewers on items, and no group of patients.
    """
    kept = pl.col("decided") - pl.col("dismissed")
    is_told = (pl.col("decided") >= profile[SMALL]) & (kept >= profile[SMALL])
    nothing = pl.lit(None)
    return precision.select(
        measure="worklist",
        kind=pl.lit("precision"),
        as_of=pl.min_horizontal(pl.col("month").dt.month_end(), pl.lit(known_at)),
        site=nothing,
        age_band=nothing,
        sex=nothing,
        eligible=pl.when(is_told).then("decided"),
        open=pl.when(is_told).then(kept),
        share=pl.when(is_told).then(kept / pl.col("decided")),
        suppressed=~is_told,
        definition_hash=nothing,
    ).select(pl.col(name).cast(kind) for name, kind in core_schema("measure").items())


def _cube(counts: pl.DataFrame, names: list[tuple], axes: list[list[str]], column: str) -> np.ndarray:
    """The counts as an array by measure, site, age band and sex; zero where there is no row."""
    cube = np.zeros((len(names), *map(len, axes)), dtype=np.int64)
    places = [{value: place for place, value in enumerate(axis)} for axis in (names, *axes)]
    for kind, name, site, band, sex, people in counts.select(*MEASURE, *CELL, column).iter_rows():
        cube[places[0][kind, name], places[1][site], places[2][band], places[3][sex]] += people
    return cube


def _told_cells(told: Told, eligible: np.ndarray, counted: np.ndarray, axes: list[list[str]]) -> Iterator[tuple]:
    """Site, age band, sex, eligible, open and whether suppressed, of every row of one measure."""
    sites, bands, sexes = axes
    together = (told.all_total, told.all_by_age, told.all_by_sex, told.all_by_age_and_sex)
    places = [(None, slice(None), together)]
    each = zip(told.total, told.by_age, told.by_sex, told.by_age_and_sex, strict=True)
    places += [
        (site, slice(place, place + 1), sheets) for place, (site, sheets) in enumerate(zip(sites, each, strict=True))
    ]
    for site, of_site, (total, by_age, by_sex, by_both) in places:
        people = np.stack([eligible[of_site].sum(axis=0), counted[of_site].sum(axis=0)])
        yield _cell((site, None, None), people.sum(axis=(1, 2)), is_told=total)
        if not total:
            continue
        for a, band in enumerate(bands):
            yield _cell((site, band, None), people[:, a].sum(axis=1), is_told=by_age and told.ages[a])
        for s, sex in enumerate(sexes):
            yield _cell((site, None, sex), people[:, :, s].sum(axis=1), is_told=by_sex and told.sexes[s])
        if not by_age:
            continue
        for a, band in enumerate(bands):
            for s, sex in enumerate(sexes):
                is_told = by_both and told.ages[a] and told.sexes[s]
                yield _cell((site, band, sex), people[:, a, s], is_told=is_told)


def _cell(cell: tuple, people: np.ndarray, *, is_told: bool) -> tuple:
    eligible, counted = (int(number) for number in people) if is_told else (None, None)
    return (*cell, eligible, counted, not is_told)
