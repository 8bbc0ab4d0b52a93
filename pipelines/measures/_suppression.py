"""Which counts may be told: none under the limit, and none from which one under the limit could be worked out.

The tables of one measure lie in sheets: of a place (a site, or all together) its total, its age bands, its age bands by
sex; and of all together the sexes. Three rules, none of them clever, keep what is withheld from being computed:

1. A category of age or sex that is too rare over all sites is told nowhere. It is withheld together with the next
   smallest, until what is withheld makes up the limit.
2. The sheet of a site is told whole or not at all, and the finer sheet only where the coarser one is told.
3. The sites whose sheet is withheld are none, or several that together make up the limit in every cell of it; while
   they do not, the smallest site whose sheet could be told is withheld too.

So every sum that the reader can form of withheld counts has at least two of them and is no smaller than the limit: the
counts can be shifted between two withheld sites, or two withheld categories, without changing anything that is told.
Sexes of a site are told only beside its age bands by sex, of which they are sums: told alone, they would tie the tables
of ages and of sexes together in three directions, and such ties can leave a single solution.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Told:
    """What is told of one table: categories (rule 1), and by place whether each sheet is (rules 2 and 3)."""

    ages: Array
    sexes: Array
    total: Array
    by_age: Array
    by_sex: Array
    by_age_and_sex: Array
    all_total: bool
    all_by_age: bool
    all_by_sex: bool
    all_by_age_and_sex: bool


def what_is_told(parts: Array, small: int) -> Told:
    """What may be told of a table.

    Args:
        parts: people by site, age band, sex and part. The parts of a cell are the counts each of which must reach the
            limit for the cell to be told: those counted and those eligible but not counted, of one measure or of
            several that share their eligible people.
        small: the limit; counts below it are withheld.
    """
    ages, sexes = _frequent(parts.sum(axis=(0, 2)), small), _frequent(parts.sum(axis=(0, 1)), small)
    coarse = _merged(_merged(parts, ages, axis=1), sexes, axis=2)
    whole = coarse.sum(axis=0)
    all_total = _reaches(whole.sum(axis=(0, 1)), small)
    all_by_age = all_total and _reaches(whole.sum(axis=1), small)
    all_by_sex = all_total and _reaches(whole.sum(axis=0), small)
    all_by_age_and_sex = all_by_age and _reaches(whole, small)
    together = (all_total, all_by_age, all_by_sex, all_by_age_and_sex)
    if len(parts) == 1:  # a single site is all of them, and says what they say
        return Told(ages, sexes, *(np.array([told]) for told in together), *together)
    total = _told_sites(coarse.sum(axis=(1, 2)), np.ones(len(parts), dtype=bool), small)
    by_age = _told_sites(coarse.sum(axis=2), total, small)
    by_age_and_sex = _told_sites(coarse, by_age, small)
    by_sex = total if len(sexes) == 1 else by_age_and_sex  # where everybody is of one sex it says what the total says
    return Told(ages, sexes, total, by_age, by_sex, by_age_and_sex, *together)


def _reaches(counts: Array, small: int) -> bool:
    return bool((counts >= small).all())


def _frequent(counts: Array, small: int) -> Array:
    """Rule 1: which categories are told. ``counts`` are by category and part, over all sites."""
    is_rare = (counts < small).any(axis=1)
    for category in np.argsort(counts.sum(axis=1), kind="stable"):
        if not is_rare.any() or _reaches(counts[is_rare].sum(axis=0), small):  # one alone does not reach it
            break
        is_rare[category] = True
    return ~is_rare


def _merged(parts: Array, told: Array, *, axis: int) -> Array:
    """The table with the categories that are not told added up into one."""
    kept = np.compress(told, parts, axis=axis)
    if told.all():
        return kept
    rest = np.compress(~told, parts, axis=axis).sum(axis=axis, keepdims=True)
    return np.concatenate([kept, rest], axis=axis)


def _told_sites(sheets: Array, candidates: Array, small: int) -> Array:
    """Rules 2 and 3: the sites, among the candidates, whose sheets are told."""
    told = candidates & np.array([_reaches(sheet, small) for sheet in sheets])
    for site in np.argsort(_sizes(sheets), kind="stable"):
        withheld = ~told
        if not withheld.any() or _reaches(sheets[withheld].sum(axis=0), small):  # one alone does not reach it
            break
        told[site] = False
    return told


def _sizes(sheets: Array) -> Array:
    return sheets.reshape(len(sheets), -1).sum(axis=1)


def families(eligible: Sequence[Array]) -> list[list[int]]:
    """The tables, by their place in the sequence, that share their eligible people cell by cell.

    What one of them told of its eligible people would be known of the others, so all tell the same cells or none.
    """
    found: dict[bytes, list[int]] = {}
    for place, counts in enumerate(eligible):
        found.setdefault(counts.tobytes(), []).append(place)
    return list(found.values())
