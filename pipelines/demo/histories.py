"""The diagnoses and procedures of a block."""

from datetime import date

import numpy as np
import polars as pl

from pipelines.demo.catalogue import OTHER_DIAGNOSES
from pipelines.demo.coding import DIAGNOSES, PROCEDURES
from pipelines.demo.layout import fitted
from pipelines.demo.people import NEVER, PEOPLE_PER_BLOCK, People, days_ago

PREGNANCY_DAYS = 210
"""From the first antenatal record to delivery."""

_OPERATIONS = ("bariatric_surgery", "gastrectomy_total", "gastrectomy_partial", "ileal_resection")


def diagnoses_table(
    people: People, *, others: float, block: int, as_of: date, rng: np.random.Generator
) -> pl.DataFrame:
    """What people have, first recorded when it began, and ``others`` unrelated diagnoses a person."""
    parts = [
        _recorded(people.traits[trait], coded.code, coded.system, coded.name)
        for trait, coded in DIAGNOSES.items()
        if trait in people.traits and trait not in _OPERATIONS
    ]
    diabetes, delivery = DIAGNOSES["type2_diabetes"], DIAGNOSES["pregnancy_end"]
    parts.append(_recorded(people.traits["metformin"], diabetes.code, diabetes.system, diabetes.name))
    pregnant = people.traits["pregnancy"]
    ended = np.where(pregnant >= PREGNANCY_DAYS, pregnant - PREGNANCY_DAYS, NEVER)
    parts.append(_recorded(ended, delivery.code, delivery.system, delivery.name))
    count = rng.poisson(others * PEOPLE_PER_BLOCK)
    which = rng.integers(0, len(OTHER_DIAGNOSES), count)
    parts.append(
        pl.DataFrame(
            {
                "person": rng.integers(0, PEOPLE_PER_BLOCK, count),
                "ago": rng.integers(0, 3650, count),
                "code": pl.Series([code for code, _ in OTHER_DIAGNOSES]).gather(which),
                "code_system": pl.Series(["ICD10CM"]).new_from_index(0, count),
                "description": pl.Series([name for _, name in OTHER_DIAGNOSES]).gather(which),
            }
        )
    )
    columns = _delivered(pl.concat(parts), "diagnosis", people, block=block, as_of=as_of)
    return fitted(columns.rename({"day": "recorded_date"}).with_columns(status=pl.lit("active")), "diagnoses")


def procedures_table(people: People, *, block: int, as_of: date) -> pl.DataFrame:
    """The operations that people had."""
    frame = pl.concat(
        _recorded(people.traits[trait], PROCEDURES[trait].code, PROCEDURES[trait].system, PROCEDURES[trait].name)
        for trait in _OPERATIONS
    )
    columns = _delivered(frame, "procedure", people, block=block, as_of=as_of)
    return fitted(columns.rename({"day": "performed_date"}).with_columns(status=pl.lit("completed")), "procedures")


def _recorded(since: np.ndarray, code: str, system: str, name: str) -> pl.DataFrame:
    person = np.flatnonzero(since != NEVER)
    return pl.DataFrame({"person": person, "ago": since[person]}).with_columns(
        pl.lit(code).alias("code"), pl.lit(system).alias("code_system"), pl.lit(name).alias("description")
    )


def _delivered(frame: pl.DataFrame, noun: str, people: People, *, block: int, as_of: date) -> pl.DataFrame:
    """The records with their patient, an identifier, the code under the name of its table, and the ``day``."""
    frame = frame.filter(pl.Series(people.was_there(frame["person"].to_numpy(), frame["ago"].to_numpy())))
    person, ago = frame["person"].to_numpy(), frame["ago"].to_numpy()
    numbers = pl.Series(block * 1_000_000 + np.arange(len(frame))).cast(pl.String)
    day = days_ago(ago, as_of)
    return frame.select("code_system", "description", pl.col("code").alias(f"{noun}_code")).with_columns(
        people.ids.gather(person).alias("patient_id"),
        numbers.str.zfill(11).str.replace("^", noun[0].upper()).alias(f"{noun}_id"),
        day.alias("day"),
        day.cast(pl.Datetime("us")).alias("recorded_at"),
    )
