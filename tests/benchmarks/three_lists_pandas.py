"""The lists of ``three_lists.sql`` in pandas, as a good analyst would write them."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from tests.benchmarks.events_pandas import (
    ON,
    Frame,
    days,
    deciding_results,
    first_by,
    lacking,
    off_treatment,
    out_of_scope,
    pregnancy_spans,
    read,
    read_drugs,
    read_labs,
    read_records,
    signs,
    treatment_spans,
    within,
)


def three_lists(extracts: Path, as_of: date) -> None:
    """Write the open gaps of each list to the current folder as ``pandas_<list>.csv``."""
    today = pd.Timestamp(as_of)
    labs = read_labs(extracts, today)
    drugs = read_drugs(extracts, today)
    records = read_records(extracts, today, labs)
    people = read(extracts, "patients", [ON, "sex", "birth_date", "death_date", "registered_from", "registered_until"])
    outside = out_of_scope(people, records, today)
    spans = treatment_spans(drugs)
    pregnancies = pregnancy_spans(records)
    off = off_treatment(labs, spans, pregnancies)
    index = deciding_results(off)
    features = signs(people, labs, records, today)
    b12 = drugs[drugs["concept"] == "b12"]
    unresolved = _unresolved(records, pregnancies, off, today)
    lists = {
        "low_b12_untreated": _low(index, features, pregnancies, b12, today),
        "borderline_without_mma": _borderline(lacking(index, unresolved), features, labs, b12, today),
        "metformin_unmonitored": _metformin(drugs, labs, records, features, spans, today),
    }
    for name, rows in lists.items():
        told = lacking(rows, outside)[[ON, "index_date", "due_date", "priority"]].sort_values(ON)
        told.to_csv(f"pandas_{name}.csv", index=False, date_format="%Y-%m-%d")


def _treated(index: Frame, b12: Frame) -> pd.Series:
    """The people whose gap treatment closed."""
    both = index[[ON, "index_date"]].merge(b12[[ON, "start_date", "last_date", "is_injected"]], on=ON)
    running = ~both["is_injected"] & within(both, both["start_date"], both["last_date"], "index_date")
    return both.loc[(both["start_date"] >= both["index_date"] - days(14)) | running, ON]


def _low(index: Frame, features: Frame, pregnancies: Frame, b12: Frame, today: pd.Timestamp) -> Frame:
    low = index[(index["rank"] == 1) & within(index, today - days(1095), today - days(7))]
    low = low.rename(columns={"on_date": "index_date"}).merge(features, on=ON, how="left")
    now = pregnancies[(pregnancies["first_day"] <= today) & (pregnancies["last_day"] >= today)]
    exact, below = low["comparator"].isin(["", "<="]), low["comparator"] == "<"
    is_severe = (low["concept"] == "serum_b12") & (
        (low["value"] < low["severe"]) & exact | (low["value"] <= low["severe"]) & below
    )
    had = low["neuro"].eq(True) | low["severe_anemia"].eq(True)
    is_urgent = had | is_severe | low[ON].isin(now[ON])
    low = low.assign(
        due_date=low["index_date"] + days(pd.Series(np.where(is_urgent, 7, 14), index=low.index)),
        priority=np.where(is_urgent, 1, 2),
    )
    low = low[is_urgent | (low["index_date"] <= today - days(14))]
    return lacking(low, _treated(low, b12))


def _unresolved(records: Frame, pregnancies: Frame, off: Frame, today: pd.Timestamp) -> pd.Series:
    """People pregnant now or lately whose last serum B12 from then on is not clearly normal."""
    ends = records.loc[records["concept"] == "pregnancy_end", [ON, "on_date"]].drop_duplicates()
    lately = ends[ends["on_date"] >= today - days(365)]
    both = lately.merge(ends.rename(columns={"on_date": "other"}), on=ON)
    follow = both[within(both, both["on_date"] - days(180), both["on_date"] - days(1), "other")]
    ended = lately.merge(follow[[ON, "on_date"]].drop_duplicates(), how="left", indicator=True)
    ended = first_by(ended[ended["_merge"] == "left_only"], ON, "on_date")[[ON, "on_date"]]
    of_it = ended.merge(pregnancies, on=ON, how="left")
    is_its = (of_it["ended_next"] == of_it["on_date"]) & (of_it["ended_next"] <= of_it["first_day"] + days(280))
    of_it = of_it.assign(first_record=of_it["first_record"].where(is_its))
    lately_since = of_it.groupby([ON, "on_date"])["first_record"].min().reset_index()
    lately_since = lately_since.assign(first_record=lately_since["first_record"].fillna(lately_since["on_date"]))
    now = pregnancies[(pregnancies["first_day"] <= today) & (pregnancies["last_day"] >= today)]
    concern = pd.concat([now[[ON, "first_record"]], lately_since[[ON, "first_record"]]])
    since = concern.groupby(ON)["first_record"].min().reset_index()
    serum = off[off["concept"] == "serum_b12"].merge(since, on=ON)
    serum = serum[serum["on_date"] >= serum["first_record"] - days(280)]
    last = first_by(serum, ON, "on_date", "rank", "pmol_l", "result_id")
    return last.loc[last["rank"].isin([1, 2]), ON]


def _borderline(index: Frame, features: Frame, labs: Frame, b12: Frame, today: pd.Timestamp) -> Frame:
    found = index[(index["rank"] == 2) & within(index, today - days(365), today - days(28))]
    found = found.rename(columns={"on_date": "index_date"}).merge(features, on=ON)
    markers = labs.loc[labs["concept"].isin(["mma_serum", "mma_urine", "homocysteine"]), [ON, "on_date"]]
    both = found[[ON, "index_date"]].merge(markers, on=ON)
    tested = both.loc[both["on_date"] >= both["index_date"] - days(30), ON]
    found = lacking(lacking(found, tested), _treated(found, b12))
    return found.assign(
        due_date=found["index_date"] + days(84), priority=np.select([found["neuro"], found["blood"]], [1, 2], 3)
    )


def _current(drugs: Frame, today: pd.Timestamp) -> Frame:
    """The courses of metformin and of acid suppression that run today."""
    key = [ON, "concept"]
    rows = drugs[drugs["concept"].isin(["metformin", "acid"])].sort_values([*key, "start_date", "last_date"])
    covered = rows.groupby(key)["last_date"].cummax().groupby([rows[ON], rows["concept"]]).shift()
    begins = rows["start_date"] - covered > days(90)
    rows = rows.assign(
        course=begins.groupby([rows[ON], rows["concept"]]).cumsum(),
        dose=rows["dose_mg"].where(rows["last_date"] >= today - days(365)),
    )
    courses = rows.groupby([*key, "course"]).agg(
        since=("start_date", "min"), ends=("last_date", "max"), newest=("start_date", "max"), dose=("dose", "median")
    )
    courses = courses[(courses["ends"] >= today) | (courses["newest"] >= today - days(120))].reset_index()
    courses = courses.sort_values("since").drop_duplicates(key)
    return courses.assign(days=(today - courses["since"]).dt.days)


def _metformin(drugs: Frame, labs: Frame, records: Frame, features: Frame, spans: Frame, today: pd.Timestamp) -> Frame:
    current = _current(drugs, today)
    tests = labs[labs["concept"].isin(["serum_b12", "active_b12"])]
    last = first_by(tests, ON, "on_date", "rank", "pmol_l")[[ON, "on_date", "rank"]]
    neuro = records[records["concept"] == "neuro"].groupby(ON)["on_date"].min().rename("neuro_since").reset_index()
    acid = (current["concept"] == "acid") & (current["days"] >= 365)
    risky = pd.concat(
        [
            current.loc[acid, ON],
            records.loc[records["concept"] == "malabsorption", ON],
            labs.loc[labs["rank"] == 2, ON],
        ]
    )
    rows = lacking(current[current["concept"] == "metformin"], spans.loc[spans["last_day"] >= today, ON])
    rows = rows.merge(last, on=ON, how="left").merge(neuro, on=ON, how="left").merge(features, on=ON, how="left")
    is_long = rows["days"] >= 180
    is_a = rows[ON].isin(features[ON]) & is_long
    at_risk = is_a | is_long & ((rows["dose"] >= 1500) | rows[ON].isin(risky))
    again = days(pd.Series(np.where(~is_a & (rows["rank"] == 3), 730, 365), index=rows.index))
    answered = rows["on_date"] >= rows["neuro_since"]
    first = rows["since"] + days(pd.Series(np.where(at_risk, 180, 1461), index=rows.index))
    has_neuro = rows["neuro"].eq(True)
    listed = (at_risk | (rows["days"] >= 1461)) & ~(rows["on_date"] >= today - again)
    return rows.assign(
        index_date=rows["since"],
        due_date=(rows["on_date"] + again).fillna(first),
        priority=np.select([~is_a, has_neuro & ~answered], [3, 1], 2),
    )[listed]
