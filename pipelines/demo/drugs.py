"""The prescriptions of a block: monthly issues of long courses, B12 injections, and everything else."""

from datetime import date

import numpy as np
import polars as pl

from pipelines.demo.catalogue import OTHER_DRUGS, PRODUCTS
from pipelines.demo.layout import fitted
from pipelines.demo.people import NEVER, PEOPLE_PER_BLOCK, People, days_ago

HISTORY_DAYS = 2190
"""Prescriptions reach back six years."""

_COURSES = ("metformin", "ppi", "h2ra", "folic_acid", "iron", "oral_b12")
_PRODUCT = {name: place for place, name in enumerate(PRODUCTS)}
_ISSUE_DAYS = 56
_GIVEN, _HANDED_OUT = "administered", "dispensed"

Issues = dict[str, np.ndarray]
"""Rows to be: person, days ago, product and kind, as arrays of one length."""


def start_treatment(
    people: People, orders: tuple[np.ndarray, np.ndarray, np.ndarray], serum_b12: int, rng: np.random.Generator
) -> np.ndarray:
    """By person, how many days ago B12 injections began: long ago, or after a low result; ``NEVER`` for most."""
    person, ago, test = orders
    is_low = (test == serum_b12) & (people.b12_level[person] < 133)
    first_low = np.full(PEOPLE_PER_BLOCK, NEVER)
    np.maximum.at(first_low, person[is_low], ago[is_low])
    after = np.maximum(first_low - rng.integers(1, 40, PEOPLE_PER_BLOCK), 0)
    started = np.where((first_low != NEVER) & (rng.random(PEOPLE_PER_BLOCK) < 0.7), after, NEVER)
    return np.maximum(started, people.traits["injections"])


def injection_issues(people: People, treated_since: np.ndarray, rng: np.random.Generator) -> Issues:
    """B12 injections: a loading course, then one every three months (or month), until now or until track was lost."""
    person = np.flatnonzero(treated_since != NEVER)
    since = treated_since[person]
    is_monthly = rng.random(len(person)) < 0.2
    gap = np.where(is_monthly, 30, 84)
    fate = rng.random(len(person))
    until = np.where(
        fate < 0.15, rng.integers(0, 900, len(person)), np.where(fate < 0.25, rng.integers(0, 200, len(person)), 0)
    )
    loading = np.where(rng.random(len(person)) < 0.12, rng.integers(1, 5, len(person)), 6)
    given = _expand(person, since, loading, 2)
    later = np.clip((np.minimum(since, HISTORY_DAYS) - until) // gap, 0, None)
    kept = _expand(person, np.minimum(since, HISTORY_DAYS) - gap, later, gap)
    owner = np.concatenate([given[0], kept[0]])
    ago = np.concatenate([given[1], kept[1] + rng.integers(-6, 7, len(kept[1]))])
    who = np.searchsorted(person, owner)
    is_self = (people.numbers[owner] % 10) == 0  # one in ten is handed ampoules and injects at home
    product = np.where(is_monthly[who], _PRODUCT["cyanocobalamin"], _PRODUCT["hydroxocobalamin"])
    return {"person": owner, "ago": ago, "product": product, "kind": np.where(is_self, _HANDED_OUT, _GIVEN)}


def course_issues(people: People, rng: np.random.Generator) -> Issues:
    """Issues every eight weeks of each long course, some of which have ended."""
    parts = []
    for name in _COURSES:
        person = np.flatnonzero(people.has(name))
        since = np.minimum(people.traits[name][person], HISTORY_DAYS)
        has_ended = rng.random(len(person)) < 0.25
        until = np.where(has_ended, rng.integers(0, 1200, len(person)), 0)
        owner, ago = _expand(person, since, np.clip((since - until) // _ISSUE_DAYS + 1, 1, None), _ISSUE_DAYS)
        parts.append((owner, np.maximum(ago + rng.integers(-5, 6, len(ago)), 0), np.full(len(ago), _PRODUCT[name])))
    person, ago, product = (np.concatenate(each) for each in zip(*parts, strict=True))
    kind = np.where(rng.random(len(person)) < 0.2, _HANDED_OUT, "prescribed")
    return {"person": person, "ago": ago, "product": product, "kind": kind}


def prescriptions_table(
    people: People, issues: list[Issues], *, others: float, block: int, as_of: date, rng: np.random.Generator
) -> pl.DataFrame:
    """The issues, and ``others`` rows of unrelated drugs a person, as rows of the prescriptions table."""
    joined = {name: np.concatenate([each[name] for each in issues]) for name in issues[0]}
    product = joined["product"]
    columns = {
        name: pl.Series([getattr(each, attribute) for each in PRODUCTS.values()], dtype=pl.String).gather(product)
        for name, attribute in (
            ("drug_code", "code"), ("code_system", "system"), ("drug_name", "name"), ("route", "route"), ("form", "form"),
            ("quantity", "quantity"), ("days_supply", "days_supply"),
        )
    }  # fmt: skip
    pathway = pl.DataFrame({"person": joined["person"], "ago": joined["ago"], **columns, "kind": joined["kind"]})
    frame = pl.concat([pathway, _other_drugs(others, rng)], how="diagonal").filter(
        pl.col("ago").is_between(0, HISTORY_DAYS)
    )
    frame = frame.filter(pl.Series(people.was_there(frame["person"].to_numpy(), frame["ago"].to_numpy())))
    person, ago = frame["person"].to_numpy(), frame["ago"].to_numpy()
    numbers = pl.Series(block * 10_000_000 + np.arange(len(frame))).cast(pl.String)
    start = days_ago(ago, as_of)
    frame = frame.drop("person", "ago").with_columns(
        people.ids.gather(person).alias("patient_id"),
        numbers.str.zfill(12).str.replace("^", "P").alias("prescription_id"),
        start.alias("start_date"),
        start.cast(pl.Datetime("us")).alias("recorded_at"),
        pl.when(pl.col("kind") == "prescribed").then(pl.lit("active")).otherwise(pl.lit("completed")).alias("status"),
    )
    return fitted(frame, "prescriptions")


def _other_drugs(per_person: float, rng: np.random.Generator) -> pl.DataFrame:
    count = rng.poisson(per_person * PEOPLE_PER_BLOCK)
    drug = rng.integers(0, len(OTHER_DRUGS), count)
    return pl.DataFrame(
        {
            "person": rng.integers(0, PEOPLE_PER_BLOCK, count),
            "ago": rng.integers(0, HISTORY_DAYS, count),
            "drug_code": pl.Series([code for code, _ in OTHER_DRUGS]).gather(drug),
            "drug_name": pl.Series([name for _, name in OTHER_DRUGS]).gather(drug),
        }
    ).with_columns(
        pl.lit("BNF").alias("code_system"),
        pl.lit("28").alias("quantity"),
        pl.lit("28").alias("days_supply"),
        pl.lit("prescribed").alias("kind"),
    )


def _expand(
    person: np.ndarray, since: np.ndarray, count: np.ndarray, gap: np.ndarray | int
) -> tuple[np.ndarray, np.ndarray]:
    """``count`` events for each person, ``gap`` days apart, the first ``since`` days ago: person and days ago."""
    owner = np.repeat(np.arange(len(person)), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    gaps = np.broadcast_to(np.asarray(gap), (len(person),))
    return person[owner], since[owner] - place * gaps[owner]
