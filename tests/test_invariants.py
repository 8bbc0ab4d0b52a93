"""Laws that hold for every list, on populations drawn from the boundary days of the rules."""

from datetime import date, timedelta
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.contract import core_schema
from pipelines.profile import load_profile
from pipelines.worklists import Judgement, judge, worklists
from tests.tables import DATE_OF, EVERYTHING, defaults

AS_OF = date(2026, 11, 22)
PEOPLE = [f"p{number:02}" for number in range(40)]
UNTREATED = set(PEOPLE[::2])  # who is on B12 leaves most lists: half of the people never are
PROFILES = ("uk_nice_ng239", "us")
BOUNDARIES = (0, 7, 14, 21, 28, 30, 42, 45, 56, 60, 70, 84, 90, 120, 180, 183, 280, 294, 365, 550, 730, 1095, 1461)
LENGTHS = (None, None, 0, 27, 364, 1500, 1500)
BIRTHS = (None, date(2010, 11, 22), date(2008, 11, 23), date(1961, 11, 22), date(1950, 2, 28))
VALUES = {
    "serum_b12": (73.9, 74, 100, 132.9, 133, 200, 258, 258.1),
    "active_b12": (24.9, 25, 70, 70.1),
    "mma_serum": (271, 280, 280.1, 399, 400),
    "mma_urine": (3.6, 3.7),
    "homocysteine": (15, 15.1),
    "hemoglobin": (79.9, 80, 119.9, 120, 129.9, 130),
    "mcv": (94.9, 95, 100, 100.1, 105, 105.1),
    "egfr": (29.9, 30, 59.9, 60),
    "creatinine": (60, 150, 400),
    "intrinsic_factor_ab": (0, 1, None),
    "folate_serum": (6.7, 6.8),
    "ferritin": (29.9, 30),
}
OTHER_DRUGS = ("metformin", "metformin", "ppi", "ppi", "h2ra", "folic_acid", "folic_acid", "methotrexate", "iron")
DRUGS = (*("b12_injectable",) * 4, "b12_oral", "b12_nasal", "b12_unknown_route", *OTHER_DRUGS)
CONDITIONS = (
    *("neuropathy", "gait_ataxia", "diabetic_neuropathy", "fatigue", "pregnancy", "pregnancy", "pregnancy_end"),
    *("pernicious_anemia", "celiac_disease", "palliative_care", "vegan_diet", "nitrous_oxide_misuse"),
    *("b12_deficiency", "bariatric_surgery"),
)
PROCEDURES = ("bariatric_surgery", "ileal_resection", "gastrectomy_partial", "gastrectomy_total")
Tables = dict[str, pl.DataFrame]
law = settings(max_examples=12, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def a_day(draw: Random) -> date:
    """A boundary of the rules, or a day or a fortnight beside it."""
    return AS_OF - timedelta(days=draw.choice(BOUNDARIES) + draw.choice((-1, 0, 0, 1, 14)))


def a_person(draw: Random) -> dict:
    return {
        "birth_date": draw.choice(BIRTHS),
        "sex": draw.choice(("F", "M", None)),
        "site": draw.choice(("A", "B", None)),
        "death_date": draw.choice((None, None, None, None, AS_OF, AS_OF + timedelta(days=1))),
        "registered_from": draw.choice((None, None, AS_OF - timedelta(days=400), AS_OF)),
        "in_patients": draw.choice((True, True, False)),
    }


def a_result(draw: Random) -> dict:
    concept = draw.choice(("serum_b12", "serum_b12", *VALUES))
    return {
        "concept": concept,
        "measurement_date": a_day(draw),
        "value": draw.choice(VALUES[concept]),
        "comparator": draw.choice("=" * 8 + "<>"),
        "status": draw.choice(("final", "final", "final", "corrected", "preliminary")),
    }


def an_exposure(draw: Random) -> dict:
    start, length = a_day(draw), draw.choice(LENGTHS)
    return {
        "concept": draw.choice(DRUGS),
        "drug_exposure_start_date": start,
        "drug_exposure_end_date": None if length is None else start + timedelta(days=length),
        "kind": draw.choice(("prescribed", "dispensed", "administered", "administered")),
        "ingredient": draw.choice((None, "hydroxocobalamin", "cyanocobalamin")),
        "daily_dose": draw.choice((None, 49.9, 50, 1000, 1500)),
        "doses": draw.choice((None, 0.5, 1, 5, 10)),
        "source_closes_rows": draw.choice((True, False)),
    }


def a_condition(draw: Random) -> dict:
    told = {"concept": draw.choice(CONDITIONS), "condition_start_date": a_day(draw)}
    return told | {"is_counted": draw.choice((True, True, True, False))}


def a_procedure(draw: Random) -> dict:
    return {"concept": draw.choice(PROCEDURES), "procedure_date": a_day(draw)}


ROWS = {
    "measurement": (a_result, 5),
    "drug_exposure": (an_exposure, 3),
    "condition_occurrence": (a_condition, 3),
    "procedure_occurrence": (a_procedure, 0.2),
}


def drawn(seed: int) -> Tables:
    """Core tables of forty people whose events lie on and beside the boundary days of the rules."""
    draw = Random(seed)
    people = [defaults("person", {}, 0) | a_person(draw) | {"person_id": person} for person in PEOPLE]
    tables = {"person": pl.DataFrame(people, schema=core_schema("person"))}
    for table, (make, per_person) in ROWS.items():
        rows = []
        for number in range(int(len(PEOPLE) * per_person)):
            row = {"person_id": draw.choice(PEOPLE), **make(draw)}
            if row["person_id"] in UNTREATED and row["concept"] in DRUGS:
                row["concept"] = draw.choice(OTHER_DRUGS)
            rows.append(defaults(table, row, number) | row)
        tables[table] = pl.DataFrame(rows, schema=core_schema(table), strict=False)
    return tables


def first_exposure(tables: Tables) -> pl.DataFrame:
    """The earliest exposure of each site, and of all."""
    started = tables["drug_exposure"].join(tables["person"].select("person_id", "site"), on="person_id")
    earliest = pl.col("drug_exposure_start_date").min().alias("first_start")
    sites = started.filter(pl.col("site").is_not_null()).group_by("site").agg(earliest)
    return pl.concat([sites, started.select(pl.lit(None, dtype=pl.String).alias("site"), earliest)])


def judged(tables: Tables, profile: str, *, exposures: pl.DataFrame | None = None) -> Judgement:
    return judge(
        {table: rows.lazy() for table, rows in tables.items()},
        as_of=AS_OF,
        profile=load_profile(profile),
        delivered=EVERYTHING,
        first_exposure=first_exposure(tables) if exposures is None else exposures,
    )


def assert_same(left: Judgement, right: Judgement) -> None:
    for table in ("care_gap", "evidence"):
        assert_frame_equal(getattr(left, table), getattr(right, table), check_row_order=False)


@pytest.mark.parametrize("profile", PROFILES)
@law
@given(seed=seeds)
def test_a_person_is_on_a_list_once_and_only_if_known_and_open_gaps_have_a_priority_a_reason_and_evidence(
    profile, seed
):
    tables = drawn(seed)
    judgement = judged(tables, profile)
    gaps = judgement.care_gap
    assert not gaps.select("worklist", "person_id").is_duplicated().any()
    assert gaps["item_key"].n_unique() == gaps.height
    assert set(gaps["person_id"]) <= set(tables["person"]["person_id"])
    assert gaps.select((pl.col("closed_by").is_null() == pl.col("priority").is_not_null()).all()).item()
    assert gaps.drop("closed_by", "priority").null_count().sum_horizontal().sum() == 0
    assert gaps.filter(~pl.col("priority").is_between(1, 4)).is_empty()
    bare = gaps.filter(pl.col("closed_by").is_null()).join(judgement.evidence, on=["worklist", "person_id"], how="anti")
    assert bare.is_empty()
    assert judgement.evidence.drop("value", "unit").null_count().sum_horizontal().sum() == 0
    assert judgement.evidence.is_unique().all()
    assert judgement.evidence.filter(pl.col("event_date") > AS_OF).is_empty()
    assert judgement.evidence.join(gaps, on=["worklist", "person_id"], how="anti").is_empty()


@pytest.mark.parametrize("profile", PROFILES)
@law
@given(seed=seeds)
def test_shuffled_and_duplicated_rows_change_nothing(profile, seed):
    tables = drawn(seed)
    shuffled = {
        table: pl.concat([rows, rows.sample(fraction=0.5, seed=seed)]).sample(fraction=1, shuffle=True, seed=seed)
        for table, rows in tables.items()
    }
    assert_same(judged(tables, profile), judged(shuffled, profile))


@pytest.mark.parametrize("profile", PROFILES)
@law
@given(seed=seeds)
def test_rows_after_the_as_of_date_and_rows_that_do_not_count_change_nothing(profile, seed):
    tables = drawn(seed)
    more = dict(tables)
    for table, day in DATE_OF.items():
        later = tables[table].with_columns(pl.lit(AS_OF + timedelta(days=1)).alias(day))
        uncounted = tables[table].clear()
        if table == "measurement":
            uncounted = tables[table].with_columns(status=pl.lit("preliminary"))
        elif table != "drug_exposure":
            uncounted = tables[table].with_columns(is_counted=pl.lit(value=False))
        more[table] = pl.concat([tables[table], later, uncounted])
    assert_same(judged(tables, profile), judged(more, profile, exposures=first_exposure(tables)))


@pytest.mark.parametrize("profile", PROFILES)
@law
@given(seed=seeds, cut=st.integers(1, len(PEOPLE) - 1))
def test_judging_two_shards_is_judging_all(profile, seed, cut):
    tables = drawn(seed)
    shards = [
        judged(
            {table: rows.filter(pl.col("person_id").is_in(ids)) for table, rows in tables.items()},
            profile,
            exposures=first_exposure(tables),
        )
        for ids in (PEOPLE[:cut], PEOPLE[cut:])
    ]
    whole = judged(tables, profile)
    for table in ("care_gap", "evidence"):
        together = pl.concat([getattr(shard, table) for shard in shards])
        assert_frame_equal(together, getattr(whole, table), check_row_order=False)
    assert all(shard.parameters == whole.parameters for shard in shards)


def test_the_drawn_people_reach_every_list():
    """A law about lists that nobody is on says nothing."""
    profile = load_profile("uk_nice_ng239")
    enabled = {name for name in worklists() if profile.get(f"{name}.enabled", True)}
    gaps = pl.concat(judged(drawn(seed), profile.name).care_gap for seed in range(40))
    assert set(gaps.filter(pl.col("closed_by").is_null())["worklist"]) == enabled
    assert gaps.filter(pl.col("closed_by").is_not_null())["closed_by"].n_unique() > 12
