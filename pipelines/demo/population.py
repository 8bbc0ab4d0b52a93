"""A synthetic population, block by block: people, results, prescriptions, diagnoses and procedures.

A block depends on the seed, its number and the as-of date alone, so a population is made in flat memory, and its first
thousand people are the same whether a thousand or a million are asked for.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from pipelines.demo.drugs import course_issues, injection_issues, prescriptions_table, start_treatment
from pipelines.demo.histories import diagnoses_table, procedures_table
from pipelines.demo.labs import TEST, draw_orders, labs_table, other_results, pathway_results
from pipelines.demo.people import PEOPLE_PER_BLOCK, draw_people, patients_table


@dataclass(frozen=True)
class Make:
    """What population to make."""

    people: int
    seed: int
    as_of: date
    background_labs_per_person: float
    """Results off the pathway; unrelated prescriptions and diagnoses come in proportion (3/8 and 1/6 of it)."""
    with_time: bool = True
    """False: results are dated by day alone."""

    @property
    def blocks(self) -> int:
        """How many blocks hold that many people."""
        return -(-self.people // PEOPLE_PER_BLOCK)


def draw_block(make: Make, block: int) -> dict[str, pl.DataFrame]:
    """The five tables of one block; people beyond the number asked for are left out."""
    rng = np.random.default_rng([make.seed, block])
    people = draw_people(block, rng)
    orders = draw_orders(people, rng)
    treated_since = start_treatment(people, orders, TEST["serum_b12"], rng)
    results = pl.concat(
        [pathway_results(people, orders, treated_since, rng), other_results(make.background_labs_per_person, rng)]
    )
    issues = [injection_issues(people, treated_since, rng), course_issues(people, rng)]
    rate = make.background_labs_per_person
    tables = {
        "patients": patients_table(people, make.as_of, rng),
        "labs": labs_table(results, people, block, make.as_of, with_time=make.with_time, rng=rng),
        "prescriptions": prescriptions_table(
            people, issues, others=rate * 3 / 8, block=block, as_of=make.as_of, rng=rng
        ),
        "diagnoses": diagnoses_table(people, others=rate / 6, block=block, as_of=make.as_of, rng=rng),
        "procedures": procedures_table(people, block=block, as_of=make.as_of),
    }
    beyond = people.ids.filter(pl.Series(people.numbers >= make.people))
    if len(beyond) == 0:
        return tables
    return {name: table.filter(~pl.col("patient_id").is_in(beyond.to_list())) for name, table in tables.items()}
