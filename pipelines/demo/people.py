"""The people of a block: who they are, what ails them, and which long treatments they are on.

Everything dated is a number of days before the as-of date. A block is always drawn whole, from a generator seeded with
its own number, so a person does not depend on how many people there are besides.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl

from pipelines.demo.layout import LABORATORIES, fitted

PEOPLE_PER_BLOCK = 2_000

SITES = (
    "Ashdown Demo Surgery", "Birchwood Demo Surgery", "Cedar Lane Demo Practice", "Dovecote Demo Medical Centre",
    "Elmfield Demo Surgery", "Foxglove Demo Practice", "Greenacre Demo Surgery", "Hawthorn Demo Health Centre",
)  # fmt: skip
CLINICIANS = tuple(f"Dr Demo {letter}" for letter in "ABCDEFGHIJKLMNOP")

NEVER = -1

PREVALENCE = {
    "metformin": 0.06,
    "ppi": 0.12,
    "h2ra": 0.012,
    "folic_acid": 0.015,
    "iron": 0.025,
    "oral_b12": 0.012,
    "injections": 0.018,
    "neuropathy": 0.012,
    "gait_ataxia": 0.004,
    "subacute_combined_degeneration": 0.0002,
    "optic_neuropathy": 0.0004,
    "diabetic_neuropathy": 0.006,
    "cognitive_impairment": 0.012,
    "fatigue": 0.05,
    "glossitis": 0.003,
    "pernicious_anemia": 0.003,
    "autoimmune_gastritis": 0.001,
    "celiac_disease": 0.006,
    "crohns_disease": 0.003,
    "pancreatic_insufficiency": 0.003,
    "bariatric_surgery": 0.003,
    "gastrectomy_total": 0.0004,
    "gastrectomy_partial": 0.0008,
    "ileal_resection": 0.0008,
    "vegan_diet": 0.006,
    "nitrous_oxide_misuse": 0.0006,
    "palliative_care": 0.004,
    "b12_deficiency": 0.012,
}
"""Share of adults with each trait; drugs are long courses, and ``injections`` those that began before the extract."""

LOWERS_B12 = {
    "metformin": 0.82, "ppi": 0.92, "pernicious_anemia": 0.4, "autoimmune_gastritis": 0.45, "celiac_disease": 0.8,
    "bariatric_surgery": 0.7, "gastrectomy_total": 0.4, "gastrectomy_partial": 0.7, "ileal_resection": 0.6,
    "vegan_diet": 0.6, "nitrous_oxide_misuse": 0.6, "subacute_combined_degeneration": 0.4, "b12_deficiency": 0.6,
}  # fmt: skip
"""What multiplies a person's B12 level."""


@dataclass(frozen=True)
class People:
    """The people of a block, as arrays of one length; ``NEVER`` (-1) where a date does not exist."""

    ids: pl.Series
    numbers: np.ndarray
    age_days: np.ndarray
    is_female: np.ndarray
    site: np.ndarray
    laboratory: np.ndarray
    b12_level: np.ndarray
    """Untreated serum B12, pmol/L."""
    registered_from: np.ndarray
    left: np.ndarray
    died: np.ndarray
    is_listed: np.ndarray
    """False for those whom the patients file does not know."""
    traits: dict[str, np.ndarray] = field(default_factory=dict)
    """By trait of ``PREVALENCE``: days since it was first recorded or began."""

    def was_there(self, person: np.ndarray, ago: np.ndarray) -> np.ndarray:
        """Whether each person was born, alive and not moved away on a day."""
        return (ago <= self.age_days[person]) & (ago > self.died[person]) & (ago > self.left[person])

    def has(self, trait: str) -> np.ndarray:
        """Who has the trait."""
        return self.traits[trait] != NEVER


def draw_people(block: int, rng: np.random.Generator) -> People:
    """The people of one block."""
    count = PEOPLE_PER_BLOCK
    numbers = block * count + np.arange(count)
    age_years = np.clip(
        rng.choice([8.0, 30.0, 52.0, 72.0], count, p=[0.17, 0.33, 0.32, 0.18]) + rng.normal(0, 9, count), 0, 99
    )
    age_days = (age_years * 365.25).astype(np.int64)
    is_adult = age_days > 18 * 366
    traits = {name: _since(share, is_adult, age_days, rng) for name, share in PREVALENCE.items()}
    traits["pregnancy"] = _pregnancies(age_years, rng)
    level = np.exp(rng.normal(np.log(350), 0.36, count)) * np.where(age_years > 75, 0.85, 1.0)
    for trait, factor in LOWERS_B12.items():
        level = level * np.where(traits[trait] == NEVER, 1.0, factor)
    left = np.where(rng.random(count) < 0.02, rng.integers(1, 1500, count), NEVER)
    died = np.where(rng.random(count) < 0.00035 * np.exp(age_years / 18), rng.integers(1, 1500, count), NEVER)
    is_female = rng.random(count) < 0.51
    traits["pregnancy"] = np.where(is_female, traits["pregnancy"], NEVER)
    site = rng.integers(0, len(SITES), count)
    return People(
        ids=pl.Series("patient_id", numbers).cast(pl.String).str.zfill(8).str.replace("^", "D"),
        numbers=numbers,
        age_days=age_days,
        is_female=is_female,
        site=site,
        laboratory=site % len(LABORATORIES),
        b12_level=level,
        registered_from=np.minimum(age_days, rng.integers(20, 9000, count)),
        left=left,
        died=np.where(left == NEVER, died, NEVER),
        is_listed=rng.random(count) > 0.004,
        traits=traits,
    )


def patients_table(people: People, as_of: date, rng: np.random.Generator) -> pl.DataFrame:
    """The rows of the patients file; sex is spelled as each site spells it."""
    spelling = np.array([["M", "F"], ["Male", "Female"], ["m", "f"], ["1", "2"]])[
        people.site % 3, people.is_female.astype(int)
    ]
    frame = pl.DataFrame(
        {
            "patient_id": people.ids,
            "birth_date": days_ago(people.age_days, as_of),
            "sex": np.where(rng.random(len(spelling)) < 0.003, "U", spelling),
            "death_date": days_ago(people.died, as_of),
            "site": pl.Series(SITES).gather(people.site),
            "clinician": pl.Series(CLINICIANS).gather(people.site * 2 + people.numbers % 2),
            "registered_from": days_ago(people.registered_from, as_of),
            "registered_until": days_ago(people.left, as_of),
            "display_name": pl.Series(people.numbers).cast(pl.String).str.zfill(5).str.replace("^", "Demo Patient "),
        }
    )
    return fitted(frame.filter(pl.Series(people.is_listed)), "patients")


def days_ago(days: np.ndarray, as_of: date) -> pl.Series:
    """Dates that lie so many days before the as-of date; null for ``NEVER``."""
    epoch_day = (as_of - date(1970, 1, 1)) // timedelta(1)
    dates = pl.Series(epoch_day - days).cast(pl.Int32).cast(pl.Date)
    return dates.zip_with(pl.Series(days != NEVER), pl.Series([None], dtype=pl.Date).new_from_index(0, len(days)))


def _since(share: float, is_adult: np.ndarray, age_days: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    count = len(age_days)
    has_it = is_adult & (rng.random(count) < share / 0.8)  # four in five are adults
    return np.where(has_it, np.minimum(rng.gamma(1.3, 900, count).astype(np.int64) + 1, age_days - 5000), NEVER)


def _pregnancies(age_years: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    may = (age_years > 18) & (age_years < 45)
    return np.where(may & (rng.random(len(age_years)) < 0.25), rng.integers(0, 1800, len(age_years)), NEVER)
