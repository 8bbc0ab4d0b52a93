"""The laboratory results of a block: what is ordered, what comes back, and how each laboratory writes it."""

from datetime import date

import numpy as np
import polars as pl

from pipelines.demo.catalogue import ANTIBODY_WORDS, OTHER_TESTS, PATHWAY_TESTS
from pipelines.demo.coding import LAB_TESTS
from pipelines.demo.layout import LABORATORIES, fitted
from pipelines.demo.people import NEVER, PEOPLE_PER_BLOCK, People

HISTORY_DAYS = 1825
"""Laboratory results reach back five years."""

TEST = {test.concept: place for place, test in enumerate(PATHWAY_TESTS)}
_POOL = 256  # distinct values drawn per unrelated test and block: enough to look real, few enough to stay fast

_PANELS = {
    "blood_count": (0.65, ("hemoglobin", "mcv", "platelets", "neutrophils")),
    "kidney": (0.7, ("creatinine", "egfr")),
    "hematinics": (0.42, ("serum_b12", "folate_serum", "ferritin")),
    "hba1c": (0.3, ("hba1c",)),
}
"""Mean number in five years, before age and illness, and the tests of the panel."""


class Orders:
    """Tests done: person, days ago and test, as arrays that grow together."""

    def __init__(self) -> None:
        """Nothing ordered yet."""
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def add(self, person: np.ndarray, ago: np.ndarray, concept: str) -> None:
        """Order one test for each person on their day."""
        self._parts.append((person, ago, np.full(len(person), TEST[concept])))

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Person, days ago, test."""
        person, ago, test = zip(*self._parts, strict=True)
        return np.concatenate(person), np.concatenate(ago), np.concatenate(test)


def draw_orders(people: People, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which pathway tests are done, on whom, and when: person, days ago, test."""
    orders = Orders()
    age_factor = np.clip(people.age_days / 20_000, 0.1, 1.6)
    ill = 1 + sum(
        people.has(trait) for trait in ("metformin", "neuropathy", "fatigue", "celiac_disease", "pernicious_anemia")
    )
    for rate, concepts in _PANELS.values():
        person = np.repeat(np.arange(PEOPLE_PER_BLOCK), rng.poisson(rate * age_factor * ill))
        ago = rng.integers(0, HISTORY_DAYS, len(person))
        for concept in concepts:
            orders.add(person, ago, concept)
        if concepts[0] == "serum_b12":
            _follow_up(orders, people, person, ago, rng)
    return orders.arrays()


def _follow_up(orders: Orders, people: People, person: np.ndarray, ago: np.ndarray, rng: np.random.Generator) -> None:
    """Second-line tests after some borderline results, antibodies after some low ones."""
    level, chance = people.b12_level[person], rng.random(len(person))
    later = np.maximum(ago - rng.integers(0, 40, len(ago)), 0)
    borderline, low = (level >= 133) & (level <= 258), level < 133
    for concept, is_done in (
        ("mma_serum", borderline & (chance < 0.25)),
        ("homocysteine", borderline & (chance > 0.93)),
        ("active_b12", borderline & (chance > 0.5) & (chance < 0.6)),
        ("intrinsic_factor_ab", low & (chance < 0.5)),
    ):
        orders.add(person[is_done], later[is_done], concept)


def pathway_results(
    people: People,
    orders: tuple[np.ndarray, np.ndarray, np.ndarray],
    treated_since: np.ndarray,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """The pathway results: person index, days ago, and value, unit and limits as the laboratory reports them."""
    person, ago, test = orders
    laboratory = people.laboratory[person]
    median, spread = (np.array([getattr(each, name) for each in PATHWAY_TESTS]) for name in ("median", "spread"))
    value = (
        median[test]
        * np.exp(rng.normal(0, 1, len(test)) * spread[test])
        * _personal(people, person, ago, test, treated_since)
    )
    ways = [way for each in PATHWAY_TESTS for way in each.reported]
    way = test * len(LABORATORIES) + laboratory
    factor, decimals = (np.array([getattr(each, name) for each in ways]) for name in ("factor", "decimals"))
    text = decimal_text(value * factor[way], decimals[way])
    text = _censored(text, test, value, laboratory)
    positive = people.has("pernicious_anemia") | people.has("autoimmune_gastritis")
    words = pl.Series([word for pair in ANTIBODY_WORDS for word in pair]).gather(laboratory * 2 + positive[person])
    text = text.zip_with(pl.Series(test != TEST["intrinsic_factor_ab"]), words)
    codes = pl.Series([LAB_TESTS[each.concept].code_for(way.unit) for each in PATHWAY_TESTS for way in each.reported])
    return pl.DataFrame(
        {
            "person": person,
            "ago": ago,
            "test_code": codes.gather(way),
            "test_name": pl.Series([LAB_TESTS[each.concept].name for each in PATHWAY_TESTS]).gather(test),
            "local_code": pl.Series([LAB_TESTS[each.concept].local for each in PATHWAY_TESTS]).gather(test),
            "value": text,
            "unit": pl.Series([each.unit or None for each in ways]).gather(way),
            "ref_low": pl.Series([each.low for each in ways], dtype=pl.String).gather(way),
            "ref_high": pl.Series([each.high for each in ways], dtype=pl.String).gather(way),
        }
    )


def other_results(per_person: float, rng: np.random.Generator) -> pl.DataFrame:
    """Results off the pathway, ``per_person`` on average, in the columns of :func:`pathway_results`."""
    count = rng.poisson(per_person * PEOPLE_PER_BLOCK)
    share = np.append(np.full(len(OTHER_TESTS) - 1, 1.0), 0.01)
    test = rng.choice(len(OTHER_TESTS), count, p=share / share.sum())
    texts = pl.concat(
        decimal_text(median * np.exp(rng.normal(0, spread, _POOL)), np.full(_POOL, decimals))
        for _, _, _, median, spread, decimals in OTHER_TESTS
    )
    code, name, unit = (pl.Series([each[place] for each in OTHER_TESTS]) for place in range(3))
    return pl.DataFrame(
        {
            "person": rng.integers(0, PEOPLE_PER_BLOCK, count),
            "ago": rng.integers(0, HISTORY_DAYS, count),
            "test_code": code.gather(test),
            "test_name": name.gather(test),
            "local_code": code.gather(test),
            "value": texts.gather(test * _POOL + rng.integers(0, _POOL, count)),
            "unit": unit.gather(test),
            "ref_low": pl.Series([None], dtype=pl.String).new_from_index(0, count),
            "ref_high": pl.Series([None], dtype=pl.String).new_from_index(0, count),
        }
    )


def labs_table(
    results: pl.DataFrame, people: People, block: int, as_of: date, *, with_time: bool, rng: np.random.Generator
) -> pl.DataFrame:
    """Results as rows of the labs table: identifiers, times of collection and report, status."""
    results = results.filter(pl.Series(people.was_there(results["person"].to_numpy(), results["ago"].to_numpy())))
    count = len(results)
    day = 86_400
    midnight = (as_of - date(1970, 1, 1)).days * day
    collected = midnight - results["ago"].to_numpy() * day
    delay = rng.integers(1, 4, count) * day
    last = midnight
    if with_time:
        collected = collected + rng.integers(7 * 12, 16 * 12, count) * 300
        last = midnight + 18 * 3600
    person = results["person"].to_numpy()
    numbers = pl.Series("result_id", block * 10_000_000 + np.arange(count)).cast(pl.String)
    frame = results.drop("person", "ago").with_columns(
        people.ids.gather(person).alias("patient_id"),
        numbers.str.zfill(12).str.replace("^", "R"),
        pl.lit("LOINC").alias("code_system"),
        pl.lit("final").alias("status"),
        _moments(collected).alias("collected_at"),
        _moments(np.minimum(collected + delay, last)).alias("reported_at"),
        pl.Series(LABORATORIES).gather(people.laboratory[person]).alias("laboratory"),
    )
    return fitted(frame, "labs")


def decimal_text(values: np.ndarray, decimals: np.ndarray) -> pl.Series:
    """Numbers as text, each with its own number of decimals (0 to 3)."""
    text = pl.Series(np.rint(values).astype(np.int64)).cast(pl.String)
    for places in (1, 2, 3):
        if (decimals == places).any():
            scaled = pl.Series(np.rint(np.abs(values) * 10**places).astype(np.int64))
            whole, rest = (
                (scaled // 10**places).cast(pl.String),
                (scaled % 10**places).cast(pl.String).str.zfill(places),
            )
            text = text.zip_with(pl.Series(decimals != places), whole + "." + rest)
    return text


def _personal(
    people: People, person: np.ndarray, ago: np.ndarray, test: np.ndarray, treated_since: np.ndarray
) -> np.ndarray:
    """What multiplies the median of a test in this person on that day."""
    factor = np.ones(len(test))
    level = people.b12_level[person]
    is_treated = (treated_since[person] != NEVER) & (ago < treated_since[person])
    b12 = np.where(is_treated, 900.0, level) / 350
    lack = np.clip((180 - np.where(is_treated, 400.0, level)) / 180, 0, 1)
    old = np.clip(people.age_days[person] / 365.25 - 60, 0, 40)
    effects = {
        "serum_b12": b12,
        "active_b12": b12,
        "mma_serum": 1 + 4 * lack,
        "homocysteine": 1 + 2 * lack,
        "hemoglobin": np.where(people.is_female[person], 0.96, 1.04) * (1 - 0.3 * lack),
        "mcv": 1 + 0.25 * lack,
        "egfr": 1 - old / 80,
        "creatinine": 1 + old / 80,
        "hba1c": np.where(people.has("metformin")[person], 1.4, 1.0),
    }
    for concept, effect in effects.items():
        factor = np.where(test == TEST[concept], effect, factor)
    return factor


def _censored(text: pl.Series, test: np.ndarray, value: np.ndarray, laboratory: np.ndarray) -> pl.Series:
    """Northgate reports low and high B12 and good kidneys with a comparator."""
    is_northgate, is_b12 = laboratory == 0, test == TEST["serum_b12"]
    for bound, applies in (
        ("<150", is_b12 & (value < 110)),
        (">2000", is_b12 & (value > 1476)),
        (">90", (test == TEST["egfr"]) & (value > 90)),
    ):
        text = text.zip_with(pl.Series(~(is_northgate & applies)), pl.Series([bound]).new_from_index(0, len(text)))
    return text


def _moments(seconds: np.ndarray) -> pl.Series:
    return pl.Series(seconds * 1_000_000).cast(pl.Datetime("us"))
